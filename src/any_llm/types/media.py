"""An image, a recording, a video or a document on its way to a provider."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO, TypeAlias

import msgspec

from any_llm.exceptions import InvalidRequestError
from any_llm.types.http import FileSource
from any_llm.types.json import JSON

FileInput: TypeAlias = "bytes | str | Path | BinaryIO | Media | Mapping[str, JSON]"
"""What can be given where a file is wanted: bytes, a path, an open file, an `http` or `data` URL, or a content part."""


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
