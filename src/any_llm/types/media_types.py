"""What bytes are, told by how they begin: https://mimesniff.spec.whatwg.org/ and the formats' own specifications."""

from __future__ import annotations

import codecs
from collections.abc import Mapping, Sequence

HEAD = 4096
"""How many bytes from the beginning say what a file is."""

_BEGINNINGS: Sequence[tuple[int, bytes, str]] = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
    (0, b"\x00\x00\x01\x00", "image/x-icon"),
    (0, b"\x00\x00\x00\x0cJXL \r\n\x87\n", "image/jxl"),
    (0, b"\x00\x00\x00\x0cjP  \r\n\x87\n", "image/jp2"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"{\\rtf", "application/rtf"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"#!AMR", "audio/amr"),
    (0, b"MThd", "audio/midi"),
    (0, b".snd", "audio/basic"),
    (0, b"FLV\x01", "video/x-flv"),
    (0, b"\x00\x00\x01\xba", "video/mpeg"),
    (0, b"\x00\x00\x01\xb3", "video/mpeg"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video/x-ms-wmv"),
    (0, b"\x1f\x8b\x08", "application/gzip"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"PAR1", "application/vnd.apache.parquet"),
    (0, b"SQLite format 3\x00", "application/vnd.sqlite3"),
    (8, b"WEBP", "image/webp"),
    (8, b"WAVE", "audio/wav"),
    (8, b"AVI ", "video/x-msvideo"),
    (8, b"AIFF", "audio/aiff"),
    (8, b"AIFC", "audio/aiff"),
)
"""Where, what, and what it means."""

_BRANDS: Mapping[bytes, str] = {
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"hevc": "image/heic",
    b"mif1": "image/heif",
    b"msf1": "image/heif",
    b"M4A ": "audio/mp4",
    b"M4B ": "audio/mp4",
    b"qt  ": "video/quicktime",
    b"3gp4": "video/3gpp",
    b"3gp5": "video/3gpp",
    b"3gp6": "video/3gpp",
}
"""Major brands of ISO base media files (ISO 14496-12); another one is a video."""

_OFFICE = "application/vnd.openxmlformats-officedocument."
_INSIDE_ZIP: Sequence[tuple[bytes, str]] = (
    (b"word/", f"{_OFFICE}wordprocessingml.document"),
    (b"xl/", f"{_OFFICE}spreadsheetml.sheet"),
    (b"ppt/", f"{_OFFICE}presentationml.presentation"),
    (b"application/epub+zip", "application/epub+zip"),
    (b"application/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.text"),
)
_ZIP, _OLE, _EBML, _OGG = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\x1a\x45\xdf\xa3", b"OggS"
_MARKUP: Sequence[tuple[str, str]] = (
    ("<!doctype html", "text/html"),
    ("<html", "text/html"),
    ("<?xml", "application/xml"),
)
_TEXTS = frozenset({"application/json", "application/jsonl", "application/xml", "application/yaml"})
_NOT_IN_TEXTS = frozenset(range(32)) - frozenset(b"\t\n\r\f\x1b")

EXTENSIONS: Mapping[str, str] = {
    "aac": "audio/aac",
    "aiff": "audio/aiff",
    "avi": "video/x-msvideo",
    "avif": "image/avif",
    "bmp": "image/bmp",
    "csv": "text/csv",
    "doc": "application/msword",
    "docx": f"{_OFFICE}wordprocessingml.document",
    "flac": "audio/flac",
    "gif": "image/gif",
    "heic": "image/heic",
    "heif": "image/heif",
    "htm": "text/html",
    "html": "text/html",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "json": "application/json",
    "jsonl": "application/jsonl",
    "m4a": "audio/mp4",
    "md": "text/markdown",
    "mkv": "video/x-matroska",
    "mov": "video/quicktime",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "mpeg": "video/mpeg",
    "mpg": "video/mpeg",
    "mpga": "audio/mpeg",
    "oga": "audio/ogg",
    "ogg": "audio/ogg",
    "opus": "audio/ogg",
    "pdf": "application/pdf",
    "png": "image/png",
    "ppt": "application/vnd.ms-powerpoint",
    "pptx": f"{_OFFICE}presentationml.presentation",
    "rtf": "application/rtf",
    "svg": "image/svg+xml",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "txt": "text/plain",
    "wav": "audio/wav",
    "webm": "video/webm",
    "webp": "image/webp",
    "xls": "application/vnd.ms-excel",
    "xlsx": f"{_OFFICE}spreadsheetml.sheet",
    "xml": "application/xml",
    "yaml": "application/yaml",
    "yml": "application/yaml",
    "zip": "application/zip",
}
"""What the endings of names say: for texts, whose bytes are alike, and where there are no bytes to look at."""

_ENDINGS: Mapping[str, str] = {kind: ending for ending, kind in EXTENSIONS.items()} | {
    "audio/ogg": "ogg",
    "audio/mpeg": "mp3",
    "image/jpeg": "jpg",
    "image/tiff": "tiff",
    "text/html": "html",
    "video/mpeg": "mpeg",
}


def type_of_name(name: str | None) -> str | None:
    """Return the media type that a file's name or a URL's path says, `None` for an unknown ending."""
    return EXTENSIONS.get(name.rpartition(".")[2].lower()) if name and "." in name else None


def ending_of(media_type: str) -> str:
    """Return the usual ending of the names of such files, without a dot; empty where there is none."""
    return _ENDINGS.get(media_type, "")


def sniff(head: bytes, name: str | None = None) -> str | None:
    """Return what a file is by its first bytes, of which `HEAD` are enough; `None` where they do not say.

    Args:
        head: the beginning of the file.
        name: what it is called, which tells one text, or one old Office document, from another.
    """
    found = next((kind for place, begin, kind in _BEGINNINGS if head.startswith(begin, place)), None)
    return found or _container(head, name) or _sound(head) or _text(head, name)


def _container(head: bytes, name: str | None) -> str | None:
    if head.startswith(_ZIP):
        return next((kind for mark, kind in _INSIDE_ZIP if mark in head), type_of_name(name) or "application/zip")
    if head.startswith(_OLE):
        return type_of_name(name) or "application/msword"
    return _moving(head)


def _moving(head: bytes) -> str | None:
    if head.startswith(b"ftyp", 4):
        return _BRANDS.get(head[8:12], "video/mp4")
    if head.startswith(_EBML):
        return "video/webm" if b"webm" in head[:64] else "video/x-matroska"
    if head.startswith(_OGG):
        return "video/ogg" if b"theora" in head[:128] else "audio/ogg"
    return None


def _sound(head: bytes) -> str | None:
    """Return the type of sound whose frames begin with eleven or twelve set bits, or of a bitmap."""
    if head.startswith(b"BM") and len(head) > 14 and head[6:10] == bytes(4):
        return "image/bmp"
    if len(head) < 2 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    layer = head[1] & 0x06
    return "audio/aac" if not layer else "audio/mpeg"


def _text(head: bytes, name: str | None) -> str | None:
    text = _decode(head)
    if text is None:
        return None
    start = text.lstrip()[:512].lower()
    if start.startswith("<") and "<svg" in start:
        return "image/svg+xml"
    said = type_of_name(name)
    if (said is not None and said.startswith("text/")) or said in _TEXTS:
        return said
    return next((kind for begin, kind in _MARKUP if start.startswith(begin)), "text/plain")


def _decode(head: bytes) -> str | None:
    """Return the text that bytes are the beginning of, which may end within a letter."""
    if not head or not _NOT_IN_TEXTS.isdisjoint(head):
        return None
    try:
        return codecs.getincrementaldecoder("utf-8-sig")().decode(head)
    except UnicodeDecodeError:
        return None
