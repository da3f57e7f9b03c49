"""An image, a recording, a video or a document on its way to a provider."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO, TypeAlias

import msgspec

from any_llm.exceptions import InvalidRequestError
from any_llm.types.http import FileSource
from any_llm.types.json import JSON

FileInput: TypeAlias = "bytes | str | Path | BinaryIO | Media | Mapping[str, JSON]"
"""What can be given where a file is wanted: bytes, a path, an open file, an `http` or `data` URL, or a content part."""


_URLS = ("http://", "https://", "data:")


class Media(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of media: exactly one of `content`, `url` and `file_id` says where it is.

    Attributes:
        content: its bytes, or the file that they are read from when they are sent.
        url: where the provider can fetch it.
        file_id: by which the provider knows it among its files.
        filename: what it is called.
        media_type: what it is, such as `audio/mpeg`.
    """

    content: bytes | FileSource | None = None
    url: str | None = None
    file_id: str | None = None
    filename: str | None = None
    media_type: str | None = None


def as_media(given: FileInput, *, filename: str | None = None, media_type: str | None = None) -> Media:
    """Return what stands for a file: bytes, a path, an open file, a URL, or a content part in OpenAI's shape.

    Raises:
        InvalidRequestError: it is none of these.
    """
    media = _media(given)
    changes = {"filename": filename or media.filename, "media_type": media_type or media.media_type}
    return msgspec.structs.replace(media, **changes)


def _media(given: JSON) -> Media:
    match given:
        case Media():
            return given
        case bytes() | bytearray() | memoryview():
            media = Media(content=bytes(given))
        case str() if given.startswith(_URLS):
            media = Media(url=given)
        case str() | Path():
            media = _of_path(Path(given))
        case Mapping():
            media = _of_part(given)
        case _ if callable(getattr(given, "read", None)):
            media = _of_file(given)
        case _:
            raise _no_file(given)
    return media


def _no_file(given: JSON) -> InvalidRequestError:
    return InvalidRequestError(
        f"{given!r:.80} is no file: give bytes, a path, an open binary file or a URL", param="file"
    )


def _of_path(path: Path) -> Media:
    return Media(content=FileSource(path), filename=path.name, media_type=mimetypes.guess_type(path.name)[0])


def _of_file(file: BinaryIO) -> Media:
    named = getattr(file, "name", None)
    name = Path(named).name if isinstance(named, str) else None
    place = file.tell() if file.seekable() else None
    return Media(
        content=FileSource(file, place), filename=name, media_type=mimetypes.guess_type(name)[0] if name else None
    )


def _of_part(part: Mapping[str, JSON]) -> Media:
    """Read a content part in OpenAI's shape, or Mistral's document."""
    for name in ("file", "image_url", "document_url", "input_audio"):
        held = part.get(name)
        if isinstance(held, str):
            return Media(url=held)
        if isinstance(held, Mapping):
            return Media(
                url=held.get("url") or held.get("file_data"), file_id=held.get("file_id"), filename=held.get("filename")
            )
    if isinstance(part.get("file_id"), str):
        return Media(file_id=part["file_id"])
    raise InvalidRequestError(f"a content part with {sorted(part)} is no file", param="file")
