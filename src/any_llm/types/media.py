"""Images, recordings, videos and documents on their way to a provider: where they are, and what they are."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Literal, TypeAlias, cast
from urllib.parse import unquote, unquote_to_bytes, urlsplit

import msgspec
from typing_extensions import override

from any_llm.exceptions import InvalidRequestError
from any_llm.types.http import FileSource
from any_llm.types.json import JSON, JSONObject, is_mapping
from any_llm.types.media_types import HEAD, ending_of, sniff, type_of_name

Kind: TypeAlias = Literal["image", "audio", "video", "file"]
"""What a piece of media is to a model."""

_SCHEMES = ("http://", "https://", "gs://", "s3://")
_FORMATS: Mapping[str, str] = {"mpeg": "mp3", "x-wav": "wav", "wave": "wav", "mp4": "m4a", "x-m4a": "m4a"}
_PARTS: Mapping[str, Kind] = {
    "image_url": "image",
    "input_image": "image",
    "audio_url": "audio",
    "input_audio": "audio",
    "video_url": "video",
    "document_url": "file",
    "file": "file",
    "input_file": "file",
}
"""What the parts of messages hold, by their types."""


class MediaNotReadError(InvalidRequestError):
    """What a wire format asks of media is not in memory: the engine fetches or reads it, and encodes once more.

    `media` is what was asked, and `whole` whether its bytes are needed rather than a file that is read when it is sent.
    """

    media: Media | None = None
    whole: bool = False


class Media(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of media: exactly one of `content`, `url` and `file_id` says where it is.

    It stands in the content of a message, beside plain parts, and wherever an operation takes a file.

    Attributes:
        kind: what it is to a model: `image`, `audio`, `video` or `file`.
        content: its bytes, or the file that they are read from when they are sent.
        url: where it can be fetched.
        file_id: by which the provider knows it among its files.
        filename: what it is called.
        media_type: what it is, such as `audio/mpeg`, by its content where that can be looked at.
        detail: how closely a model looks at an image: `low`, `high` or `auto`.
    """

    kind: Kind = "file"
    content: bytes | FileSource | None = None
    url: str | None = None
    file_id: str | None = None
    filename: str | None = None
    media_type: str | None = None
    detail: str | None = None

    @property
    def data(self) -> bytes:
        """The bytes. An encoder that asks for those of a file or a URL is asked again when they are here.

        Raises:
            MediaNotReadError: they are not in memory.
        """
        if isinstance(self.content, bytes):
            return self.content
        raise self._not_read(whole=True)

    @property
    def source(self) -> bytes | FileSource:
        """The bytes, or the file that they are read from when they are sent, as forms are made of; see `data`.

        Raises:
            MediaNotReadError: it is a URL, or a file of the provider's.
        """
        if self.content is not None:
            return self.content
        raise self._not_read(whole=False)

    def _not_read(self, *, whole: bool) -> MediaNotReadError:
        error = MediaNotReadError(f"{self!r} is not in memory; give a path or bytes")
        error.media, error.whole = self, whole
        return error

    @property
    def base64(self) -> str:
        """The bytes as base64; see `data` for errors."""
        return base64.b64encode(self.data).decode()

    @property
    def data_uri(self) -> str:
        """The bytes as a data URI (RFC 2397); see `data` for errors."""
        return f"data:{self.media_type or 'application/octet-stream'};base64,{self.base64}"

    @property
    def format(self) -> str:
        """The short name of its format, such as `mp3`; empty where the media type is not known."""
        subtype = (self.media_type or "").rpartition("/")[2]
        return _FORMATS.get(subtype, subtype) if self.kind == "audio" else ending_of(self.media_type or "") or subtype

    @property
    def size(self) -> int | None:
        """How many bytes it has, as far as that is known without reading."""
        if isinstance(self.content, FileSource):
            return self.content.length
        return None if self.content is None else len(self.content)

    def save(self, path: str | Path) -> Path:
        """Write the bytes to a file and return its path; see `data` for errors."""
        saved = Path(path)
        saved.write_bytes(self.data)
        return saved

    @override
    def __repr__(self) -> str:
        where = self.url or self.file_id or self.filename
        if isinstance(self.content, bytes):
            where = f"{len(self.content)} bytes"
        shown = f"{where!r:.80}" if where != self.url or where is None else f"{where.partition('?')[0]!r:.80}"
        return f"Media({self.kind} {shown}, media_type={self.media_type!r})"


FileInput: TypeAlias = bytes | str | Path | BinaryIO | Media | tuple[str, bytes | BinaryIO] | Mapping[str, JSON]
"""What can be given where a file is wanted: bytes, a path, an open binary file, an `http`, `data` or vendor's URL, a
name with bytes or an open file, or a part of a message that holds one."""


def image(source: FileInput, *, detail: str | None = None, media_type: str | None = None) -> Media:
    """Return an image for the content of a message.

    Args:
        source: a path, a URL, bytes, an open file, a data URI, or `{"file_id": …}` of an uploaded file. A file is
            read when it is sent.
        detail: how closely the model looks: `low`, `high` or `auto`.
        media_type: what it is, where its content shall not say.

    Raises:
        InvalidRequestError: the source is nothing of that kind.
    """
    media = as_media(source, kind="image", media_type=media_type)
    return media if detail is None else msgspec.structs.replace(media, detail=detail)


def audio(source: FileInput, *, media_type: str | None = None) -> Media:
    """Return a recording for the content of a message; the arguments are those of `image`.

    Raises:
        InvalidRequestError: the source is nothing of that kind.
    """
    return as_media(source, kind="audio", media_type=media_type)


def video(source: FileInput, *, media_type: str | None = None) -> Media:
    """Return a video for the content of a message; the arguments are those of `image`.

    Raises:
        InvalidRequestError: the source is nothing of that kind.
    """
    return as_media(source, kind="video", media_type=media_type)


def file(source: FileInput, *, filename: str | None = None, media_type: str | None = None) -> Media:
    """Return a document for the content of a message; the arguments are those of `image`.

    Args:
        source: see `image`.
        filename: what the model shall know it by.
        media_type: what it is, where its content shall not say.

    Raises:
        InvalidRequestError: the source is nothing of that kind.
    """
    return as_media(source, kind="file", filename=filename, media_type=media_type)


def as_media(
    given: FileInput, *, kind: Kind | None = None, filename: str | None = None, media_type: str | None = None
) -> Media:
    """Return a piece of media from whatever stands for one; nothing is read from files.

    Args:
        given: where it is.
        kind: what it is to a model; by default what `given` says, and a `file` if that says nothing.
        filename: what it is called, where `given` does not say or says otherwise.
        media_type: what it is, likewise.

    Raises:
        InvalidRequestError: nothing of that kind was given.
    """
    media = given if isinstance(given, Media) else _read(given, filename)
    changes: dict[str, JSON] = {"kind": kind, "filename": filename, "media_type": media_type}
    media = msgspec.structs.replace(media, **{name: value for name, value in changes.items() if value is not None})
    return identified(media, media.content[:HEAD]) if isinstance(media.content, bytes) else media


def identified(media: Media, head: bytes) -> Media:
    """Return a piece of media with the type that its beginning says, and a name; what the caller said stays.

    Raises:
        InvalidRequestError: it is not of the kind that it was said to be.
    """
    kind = media.media_type or _within(media.kind, sniff(head, media.filename)) or type_of_name(media.filename)
    wanted = media.kind
    if wanted != "file" and kind is not None and not kind.startswith(f"{wanted}/"):
        raise InvalidRequestError(f"{media!r} is {kind}, and no {wanted}; say what it is by any_llm.{_maker(kind)}()")
    ending = ending_of(kind or "")
    name = media.filename or f"{wanted}.{ending}".rstrip(".")
    return msgspec.structs.replace(media, media_type=kind or "application/octet-stream", filename=name)


def _within(kind: Kind, found: str | None) -> str | None:
    """Return a type of sound for a container that may hold either, if sound is what was said."""
    if kind == "audio" and found in {"video/mp4", "video/webm", "video/ogg", "video/x-matroska"}:
        return found.replace("video/", "audio/")
    return found


def _maker(media_type: str) -> str:
    family = media_type.partition("/")[0]
    return family if family in {"image", "audio", "video"} else "file"


def _read(given: JSON, filename: str | None) -> Media:
    match given:
        case bytes() | bytearray() | memoryview():
            media = Media(content=bytes(cast("bytes", given)), filename=filename)
        case str():
            media = _read_text(given)
        case Path():
            media = Media(content=FileSource(given), filename=given.name)
        case (str(name), named):
            media = msgspec.structs.replace(_read(named, name), filename=name)
        case _:
            media = _read_part(given) if is_mapping(given) else _read_open(given)
    return media


def _read_text(text: str) -> Media:
    if text.startswith("data:"):
        return _read_data(text)
    if text.startswith(_SCHEMES):
        name = PurePosixPath(unquote(urlsplit(text).path)).name or None
        return Media(url=text, filename=name)
    return Media(content=FileSource(Path(text)), filename=Path(text).name)


def _read_data(uri: str) -> Media:
    head, comma, data = uri.partition(",")
    media_type, *parameters = head.removeprefix("data:").split(";")
    try:
        content = base64.b64decode(data, validate=True) if "base64" in parameters else unquote_to_bytes(data)
    except (binascii.Error, ValueError) as error:
        raise InvalidRequestError(f"{uri[:40]!r} is no data: URI such as 'data:image/png;base64,…': {error}") from error
    if not comma:
        raise InvalidRequestError(f"{uri[:40]!r} is no data: URI such as 'data:image/png;base64,…'")
    return Media(content=content, media_type=media_type or None)


def _read_open(opened: JSON) -> Media:
    if not callable(getattr(opened, "read", None)):
        raise InvalidRequestError(
            f"{opened!r:.100} is no media: give a path, a URL, bytes, an open binary file, or a part of a message"
        )
    name = getattr(opened, "name", None)
    try:
        place = opened.tell() if opened.seekable() else None
    except (AttributeError, OSError):
        place = None
    return Media(content=FileSource(opened, place), filename=Path(name).name if isinstance(name, str) else None)


def _read_part(part: Mapping[str, JSON]) -> Media:
    """Read a part of a message, or what stands within one."""
    said = part.get("type")
    kind = _PARTS.get(said) if isinstance(said, str) else None
    inner: JSON = part.get(cast("str", said)) if kind else part
    facts: Mapping[str, JSON] = inner if is_mapping(inner) else {**part, "url": inner} if inner else part
    url = facts.get("file_data") or facts.get("url") or facts.get("image_url") or facts.get("file_url")
    name, media_type = facts.get("filename"), facts.get("format")
    if isinstance(facts.get("data"), str):
        media = _read_data(f"data:audio/{facts.get('format', 'wav')};base64,{facts['data']}")
    elif isinstance(url, str):
        media = _read_text(url if facts.get("file_data") is None or url.startswith("data:") else f"data:;base64,{url}")
    elif isinstance(facts.get("file_id"), str):
        media = Media(file_id=facts["file_id"], media_type=media_type if isinstance(media_type, str) else None)
    else:
        raise InvalidRequestError(f"{dict(part)!r:.200} is no part of a message that holds media")
    detail: JSON = facts.get("detail")
    given: JSONObject = {"kind": kind, "filename": name, "detail": detail}
    return msgspec.structs.replace(media, **{key: value for key, value in given.items() if isinstance(value, str)})
