"""Images, documents, audio and video as blocks of Converse, which takes bytes or an object in S3, and no other URL.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ContentBlock.html
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from urllib.parse import unquote_to_bytes

from any_llm.types.conversation import invalid
from any_llm.types.json import JSON, JSONObject

_S3 = "s3://"
_PDF_BEGINNING = "JVBERi"
_UNNAMED = "document"
_NAME_LIMIT = 200
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9()\[\] _-]+")
_SPACES = re.compile(r"\s+")

_DOCUMENTS: Mapping[str, str] = {
    "application/pdf": "pdf",
    "text/csv": "csv",
    "application/csv": "csv",
    "application/msword": "doc",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.ms-excel": "xls",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "text/html": "html",
    "text/plain": "txt",
    "text/markdown": "md",
    "application/json": "txt",
}
_DOCUMENT_FORMATS = frozenset(_DOCUMENTS.values())
_IMAGE_FORMATS = frozenset({"png", "jpeg", "gif", "webp"})
_VIDEO_FORMATS = frozenset({"mkv", "mov", "mp4", "webm", "flv", "mpeg", "mpg", "wmv", "three_gp"})
_AUDIO_FORMATS = frozenset({
    "mp3", "opus", "wav", "aac", "flac", "mp4", "ogg", "mkv", "mka", "x-aac", "m4a", "mpeg", "mpga", "pcm", "webm",
})  # fmt: skip
_FORMATS: Mapping[str, frozenset[str]] = {
    "image": _IMAGE_FORMATS,
    "video": _VIDEO_FORMATS,
    "audio": _AUDIO_FORMATS,
    "document": _DOCUMENT_FORMATS,
}
_RENAMED: Mapping[str, str] = {
    "jpg": "jpeg",
    "quicktime": "mov",
    "x-matroska": "mkv",
    "x-flv": "flv",
    "x-ms-wmv": "wmv",
    "3gpp": "three_gp",
    "3gp": "three_gp",
    "x-wav": "wav",
    "wave": "wav",
    "htm": "html",
    "markdown": "md",
    "text": "txt",
}


def image_block(url: str, where: str) -> JSONObject:
    """Return the block of an image by its URL, a data URI or one of S3.

    Raises:
        InvalidMessageError: the image cannot be sent.
    """
    return _media_block("image", url, where)


def video_block(url: str, where: str) -> JSONObject:
    """Return the block of a video by its URL, a data URI or one of S3.

    Raises:
        InvalidMessageError: the video cannot be sent.
    """
    return _media_block("video", url, where)


def audio_block(data: str, form: str, where: str) -> JSONObject:
    """Return the block of a sound: base64, and the name of its format.

    Raises:
        InvalidMessageError: the format is none that Converse takes.
    """
    return {"audio": {"format": _checked("audio", form, where), "source": {"bytes": data}}}


def file_block(data: str, name: JSON, where: str) -> JSONObject:
    """Return the block of a file: a data URI, a URL of S3, or bare base64 whose `name` says what it is.

    Raises:
        InvalidMessageError: the file is nothing that Converse takes.
    """
    title = name if isinstance(name, str) else ""
    extension = title.rpartition(".")[2].lower() if "." in title else ""
    if data.startswith(_S3):
        kind, form = _by_extension(data.rpartition(".")[2].lower(), where)
        source: JSONObject = {"s3Location": {"uri": data}}
        title = title or data.rpartition("/")[2]
    else:
        if not data.startswith("data:"):
            extension = "pdf" if data.startswith(_PDF_BEGINNING) else extension
            kind, form = _by_extension(extension, where)
            encoded = data
        else:
            media, encoded = _parse_data(data, where)
            kind, form = _by_media(media, extension, where)
        source = {"bytes": encoded}
    block: JSONObject = {"format": form, "source": source}
    return {kind: {"name": document_name(title), **block} if kind == "document" else block}


def document_name(title: str) -> str:
    """Return a name that Converse takes for a document: letters, digits, single spaces and a few signs."""
    stem = title.rpartition(".")[0] or title
    return _SPACES.sub(" ", _NOT_IN_NAMES.sub("-", stem)).strip(" -")[:_NAME_LIMIT] or _UNNAMED


def _media_block(kind: str, url: str, where: str) -> JSONObject:
    if url.startswith(_S3):
        form = _checked(kind, url.rpartition(".")[2].lower(), where)
        return {kind: {"format": form, "source": {"s3Location": {"uri": url}}}}
    if not url.startswith("data:"):
        raise invalid(
            where, f"Converse fetches nothing: give the bytes as a data: URI, or an s3:// URL; found {url!r:.80}"
        )
    media, data = _parse_data(url, where)
    form = _checked(kind, media.rpartition("/")[2], where)
    return {kind: {"format": form, "source": {"bytes": data}}}


def _parse_data(uri: str, where: str) -> tuple[str, str]:
    """Return the media type and the base64 of a data URI (RFC 2397)."""
    head, comma, data = uri.partition(",")
    media, *parameters = head.removeprefix("data:").lower().split(";")
    if not comma or not media:
        raise invalid(
            where, f"a data: URI needs a media type and data, as in data:image/png;base64,…; found {head!r:.60}"
        )
    if "base64" not in parameters:
        data = base64.b64encode(unquote_to_bytes(data)).decode()
    return media, data


def _by_media(media: str, extension: str, where: str) -> tuple[str, str]:
    if media in _DOCUMENTS:
        return "document", _DOCUMENTS[media]
    kind = media.partition("/")[0]
    if kind in _FORMATS:
        return kind, _checked(kind, media.rpartition("/")[2], where)
    if kind == "text":
        return "document", extension if extension in _DOCUMENT_FORMATS else "txt"
    return _by_extension(extension, where)


def _by_extension(extension: str, where: str) -> tuple[str, str]:
    form = _RENAMED.get(extension, extension)
    for kind in ("document", "image", "video", "audio"):
        if form in _FORMATS[kind]:
            return kind, form
    raise invalid(
        where, f"Converse takes documents ({_listed('document')}), images, audio and video, not {extension!r}"
    )


def _checked(kind: str, form: str, where: str) -> str:
    known = _RENAMED.get(form, form)
    if known not in _FORMATS[kind]:
        raise invalid(where, f"Converse takes {kind} as {_listed(kind)}, not {form!r:.60}; convert it first")
    return known


def _listed(kind: str) -> str:
    return ", ".join(sorted(_FORMATS[kind]))
