"""The parts of a message's content in Gemini's format: text, images, audio, video, PDFs and other files.

https://ai.google.dev/api/caching#Part and https://ai.google.dev/gemini-api/docs/file-input-methods
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from urllib.parse import unquote_to_bytes, urlsplit

from any_llm.dialects.gemini.wire import camel, plain
from any_llm.exceptions import InvalidMessageError
from any_llm.schemas.shapes import is_list, is_mapping, is_object
from any_llm.types.json import JSON, JSONObject
from any_llm.types.report import Warning as CallWarning

_MEDIA_TYPES: Mapping[str, str] = {
    "avi": "video/avi",
    "csv": "text/csv",
    "flac": "audio/flac",
    "gif": "image/gif",
    "heic": "image/heic",
    "heif": "image/heif",
    "html": "text/html",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "json": "application/json",
    "m4a": "audio/m4a",
    "md": "text/md",
    "mov": "video/mov",
    "mp3": "audio/mp3",
    "mp4": "video/mp4",
    "mpeg": "video/mpeg",
    "mpg": "video/mpg",
    "ogg": "audio/ogg",
    "pdf": "application/pdf",
    "png": "image/png",
    "txt": "text/plain",
    "wav": "audio/wav",
    "webm": "video/webm",
    "webp": "image/webp",
    "wmv": "video/wmv",
}
"""What the endings of names say about files, in the media types that the API lists."""

_BEGINNINGS: Mapping[str, str] = {
    "JVBER": "application/pdf",
    "iVBOR": "image/png",
    "/9j/": "image/jpeg",
    "R0lGOD": "image/gif",
}
"""What the first characters of base64 say about files."""

_OWN = frozenset({"mediaResolution", "partMetadata", "videoMetadata"})
"""What of the vendor's own a part may say beside what OpenAI's part says: https://ai.google.dev/api/caching#Part."""

_UNSAID: Mapping[str, str] = {
    "cache_control": "the API caches by itself; name a cache in cachedContent",
    "detail": "say mediaResolution",
}


def encode_parts(content: JSON, where: str, warnings: list[CallWarning]) -> list[JSONObject]:
    """Return the parts of a content, a text or a list of parts; empty texts, which the API refuses, are left out.

    Raises:
        InvalidMessageError: a part is malformed or cannot be expressed; the error's `param` is its path.
    """
    if isinstance(content, str):
        return [{"text": content}] if content else []
    if not is_list(content):
        raise invalid(where, f"a content is a text or a list of parts, not {content!r:.100}")
    parts = [encode_part(part, f"{where}[{index}]", warnings) for index, part in enumerate(content)]
    return [part for part in parts if part != {"text": ""}]


def encode_part(given: JSON, where: str, warnings: list[CallWarning]) -> JSONObject:
    """Return one part; a part of the vendor's own, which has no `type`, is passed on as it is."""
    part = plain(given)
    if isinstance(part, str):
        return {"text": part}
    if not is_object(part) or not part:
        raise invalid(where, f"a part is an object with a 'type', not {given!r:.100}")
    kind: JSON = part.get("type")
    if kind is None:
        return part
    encode = _ENCODERS.get(kind) if isinstance(kind, str) else None
    if encode is None:
        raise invalid(f"{where}.type", f"one of {', '.join(_ENCODERS)} is needed, found {kind!r:.100}")
    _warn(part, ("cache_control",), where, warnings)
    own = {camel(name): value for name, value in part.items() if camel(name) in _OWN and value is not None}
    return encode(part, where, warnings) | own


def invalid(where: str, message: str) -> InvalidMessageError:
    """Return the error of a malformed item, by its path."""
    return InvalidMessageError(f"{where}: {message}", param=where)


def encode_media(url: str, where: str, media: str | None = None) -> JSONObject:
    """Return the part of a file given by a `data:` URI, whose data is sent, or by a URL, which the vendor reads."""
    if url.startswith("data:"):
        return _encode_data(url, where)
    known = media or _media_type(urlsplit(url).path)
    return {"fileData": ({"mimeType": known} if known else {}) | {"fileUri": url}}


def _warn(part: Mapping[str, JSON], names: tuple[str, ...], where: str, warnings: list[CallWarning]) -> None:
    warnings.extend(
        CallWarning("dropped", f"{where}.{name}", _UNSAID[name])
        for name in names
        if part.get(name) not in (None, "auto")
    )


def _encode_text(part: JSONObject, where: str, _warnings: list[CallWarning]) -> JSONObject:
    text = part.get("text")
    if not isinstance(text, str):
        raise invalid(f"{where}.text", f"a text is needed, found {text!r:.100}")
    return {"text": text}


def _encode_refusal(part: JSONObject, _where: str, _warnings: list[CallWarning]) -> JSONObject:
    return {"text": str(part.get("refusal") or "")}


def _encode_url(part: JSONObject, where: str, warnings: list[CallWarning]) -> JSONObject:
    kind: str = part["type"]
    named = part.get(kind)
    url = named.get("url") if is_mapping(named) else named
    if not isinstance(url, str) or not url:
        raise invalid(f"{where}.{kind}", f"a URL is needed, found {url!r:.100}")
    if is_mapping(named):
        _warn(named, ("detail",), f"{where}.{kind}", warnings)
    return encode_media(url, f"{where}.{kind}.url")


def _encode_audio(part: JSONObject, where: str, _warnings: list[CallWarning]) -> JSONObject:
    audio = part.get("input_audio")
    data = audio.get("data") if is_mapping(audio) else None
    kind = audio.get("format") if is_mapping(audio) else None
    if not isinstance(data, str) or not isinstance(kind, str):
        raise invalid(f"{where}.input_audio", f"'data' (base64) and 'format' are needed, found {audio!r:.100}")
    return {"inlineData": {"mimeType": f"audio/{kind}", "data": data}}


def _encode_file(part: JSONObject, where: str, _warnings: list[CallWarning]) -> JSONObject:
    file = part.get("file")
    if not is_mapping(file):
        raise invalid(f"{where}.file", f"an object is needed, found {file!r:.100}")
    data, name = file.get("file_data"), str(file.get("filename") or "")
    if isinstance(data, str) and data:
        return _encode_file_data(data, name, f"{where}.file.file_data")
    url = file.get("file_id") or file.get("file_url")
    if not isinstance(url, str) or not url:
        raise invalid(f"{where}.file", "give file_data (a data: URI), file_id (the URI of an upload) or file_url")
    return encode_media(url, f"{where}.file", file.get("format") or _media_type(name))


def _encode_file_data(data: str, name: str, where: str) -> JSONObject:
    if data.startswith("data:"):
        return _encode_data(data, where)
    media = next((media for begin, media in _BEGINNINGS.items() if data.startswith(begin)), _media_type(name))
    if media is None:
        raise invalid(where, "what it is cannot be told; give a data: URI, as in data:application/pdf;base64,…")
    return {"inlineData": {"mimeType": media, "data": data}}


def _media_type(name: str) -> str | None:
    return _MEDIA_TYPES.get(name.rpartition(".")[2].lower())


def _encode_data(uri: str, where: str) -> JSONObject:
    """Return the part of a data URI (RFC 2397)."""
    head, comma, data = uri.partition(",")
    media, *parameters = head.removeprefix("data:").split(";")
    if not comma or not media:
        raise invalid(
            where, f"a data: URI needs a media type and data, as in data:image/png;base64,…; found {head!r:.60}"
        )
    if "base64" not in parameters:
        data = base64.b64encode(unquote_to_bytes(data)).decode()
    return {"inlineData": {"mimeType": media, "data": data}}


_ENCODERS: Mapping[str, Callable[[JSONObject, str, list[CallWarning]], JSONObject]] = {
    "text": _encode_text,
    "refusal": _encode_refusal,
    "image_url": _encode_url,
    "video_url": _encode_url,
    "audio_url": _encode_url,
    "input_audio": _encode_audio,
    "file": _encode_file,
}
"""How the parts of OpenAI's chat messages are encoded, by their types."""
