"""The parts of a chat message as blocks of Anthropic's format.

https://platform.claude.com/docs/en/build-with-claude/vision and .../pdf-support
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from urllib.parse import unquote_to_bytes

from any_llm.exceptions import InvalidMessageError
from any_llm.schemas.shapes import is_list, is_mapping
from any_llm.types.json import JSON, JSONObject
from any_llm.types.report import Warning as CallWarning

_PDF = "application/pdf"
_TEXT = "text/plain"
_PDF_BEGINNING = "JVBER"
_KEPT = ("cache_control", "citations", "context", "title")


def encode_parts(parts: JSON, where: str, warnings: list[CallWarning]) -> list[JSONObject]:
    """Return the blocks of a content, a text or a list of parts; empty texts, which the API refuses, are left out.

    Raises:
        InvalidMessageError: a part is malformed or cannot be expressed; the error's `param` is its path.
    """
    if isinstance(parts, str):
        return [{"type": "text", "text": parts}] if parts else []
    if not is_list(parts):
        raise invalid(where, f"a content is a text or a list of parts, not {parts!r:.100}")
    blocks = [encode_part(part, f"{where}[{index}]", warnings) for index, part in enumerate(parts)]
    return [block for block in blocks if block.get("type") != "text" or block.get("text")]


def encode_part(part: JSON, where: str, warnings: list[CallWarning]) -> JSONObject:
    """Return the block that one part becomes; a part of a type that is not OpenAI's is passed on as it is."""
    if isinstance(part, str):
        return {"type": "text", "text": part}
    if not is_mapping(part):
        raise invalid(where, f"a part is an object with a 'type', not {part!r:.100}")
    kind: JSON = part.get("type")
    if not isinstance(kind, str):
        raise invalid(f"{where}.type", f"a text is needed, found {kind!r:.100}")
    encode = _ENCODERS.get(kind)
    if encode is None:
        return dict(part)
    return encode(part, where, warnings) | {name: part[name] for name in _KEPT if name in part}


def invalid(where: str, message: str) -> InvalidMessageError:
    """Return the error of a malformed item, by its path."""
    return InvalidMessageError(f"{where}: {message}", param=where)


def _encode_text(part: Mapping[str, JSON], where: str, _warnings: list[CallWarning]) -> JSONObject:
    text = part.get("text")
    if not isinstance(text, str):
        raise invalid(f"{where}.text", f"a text is needed, found {text!r:.100}")
    return {"type": "text", "text": text}


def _encode_refusal(part: Mapping[str, JSON], _where: str, _warnings: list[CallWarning]) -> JSONObject:
    return {"type": "text", "text": str(part.get("refusal") or "")}


def _encode_image(part: Mapping[str, JSON], where: str, warnings: list[CallWarning]) -> JSONObject:
    image = part.get("image_url")
    url = image.get("url") if is_mapping(image) else image
    if not isinstance(url, str) or not url:
        raise invalid(f"{where}.image_url", f"a URL is needed, found {url!r:.100}")
    detail = image.get("detail") if is_mapping(image) else None
    if detail not in (None, "auto"):
        warnings.append(CallWarning("dropped", f"{where}.image_url.detail", "images are seen at one level of detail"))
    if url.startswith("data:"):
        return _encode_data(url, f"{where}.image_url.url")
    return {"type": "image", "source": {"type": "url", "url": url}}


def _encode_file(part: Mapping[str, JSON], where: str, _warnings: list[CallWarning]) -> JSONObject:
    file = part.get("file")
    if not is_mapping(file):
        raise invalid(f"{where}.file", f"an object is needed, found {file!r:.100}")
    data, name = file.get("file_data"), file.get("filename")
    if isinstance(data, str) and data:
        block = _encode_data(_as_data_uri(data, name), f"{where}.file.file_data")
    elif file.get("file_id"):
        kind = "image" if str(file.get("format")).startswith("image/") else "document"
        block = {"type": kind, "source": {"type": "file", "file_id": file["file_id"]}}
    elif file.get("file_url"):
        block = {"type": "document", "source": {"type": "url", "url": file["file_url"]}}
    else:
        raise invalid(f"{where}.file", "give file_data (a data: URI), file_id or file_url")
    return block | ({"title": name} if name and block["type"] == "document" else {})


def _encode_audio(_part: Mapping[str, JSON], where: str, _warnings: list[CallWarning]) -> JSONObject:
    raise invalid(where, "the Messages API takes no audio; transcribe it first and send the text")


def _as_data_uri(data: str, name: JSON) -> str:
    """Return file data as a data URI; bare base64 is a PDF where its first bytes or the file's name say so."""
    if data.startswith("data:"):
        return data
    pdf = data.startswith(_PDF_BEGINNING) or str(name or "").lower().endswith(".pdf")
    return f"data:{_PDF if pdf else ''};base64,{data}"


def _encode_data(uri: str, where: str) -> JSONObject:
    """Return the block of a data URI (RFC 2397): an image, a PDF or a plain text."""
    head, comma, data = uri.partition(",")
    media, *parameters = head.removeprefix("data:").split(";")
    if not comma or not media:
        raise invalid(
            where, f"a data: URI needs a media type and data, as in data:image/png;base64,…; found {head!r:.60}"
        )
    encoded = "base64" in parameters
    if media.startswith("text/"):
        return {
            "type": "document",
            "source": {"type": "text", "media_type": _TEXT, "data": _text(data, where, encoded)},
        }
    if not media.startswith("image/") and media != _PDF:
        raise invalid(where, f"the Messages API takes images, PDFs and plain text, not {media!r}; convert it first")
    if not encoded:
        data = base64.b64encode(unquote_to_bytes(data)).decode()
    kind = "document" if media == _PDF else "image"
    return {"type": kind, "source": {"type": "base64", "media_type": media, "data": data}}


def _text(data: str, where: str, encoded: bool) -> str:  # noqa: FBT001  # private, and said by name of the URI's own flag
    try:
        raw = base64.b64decode(data, validate=True) if encoded else unquote_to_bytes(data)
        return raw.decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise invalid(where, f"the text is not base64 of UTF-8: {error}") from error


_ENCODERS: Mapping[str, Callable[[Mapping[str, JSON], str, list[CallWarning]], JSONObject]] = {
    "text": _encode_text,
    "refusal": _encode_refusal,
    "image_url": _encode_image,
    "file": _encode_file,
    "input_audio": _encode_audio,
}
"""How the parts of OpenAI's chat messages are encoded, by their types."""
