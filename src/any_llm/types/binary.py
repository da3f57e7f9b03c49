"""Bytes that a provider answered with: spoken audio, the content of a file, a video."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterable
from pathlib import Path
from typing import Self

from typing_extensions import override

from any_llm.types.report import Report
from any_llm.types.report import Warning as CallWarning


class Binary(bytes):
    """The bytes themselves, with what is known about them.

    Attributes:
        media_type: what they are, such as `audio/mpeg`; empty where the provider does not say.
        filename: what the provider calls them, if anything.
        report: how the call went.
    """

    media_type: str
    filename: str | None
    report: Report

    def __new__(cls, content: bytes = b"", *, media_type: str = "", filename: str | None = None) -> Self:
        """Make a value of bytes."""
        value = super().__new__(cls, content)
        value.media_type = media_type.partition(";")[0].strip().lower()
        value.filename = filename
        value.report = Report()
        return value

    @property
    def content(self) -> bytes:
        """The bytes as plain `bytes`."""
        return bytes(self)

    @property
    def warnings(self) -> tuple[CallWarning, ...]:
        """What could not be said to the provider as it was meant."""
        return self.report.warnings

    @property
    def extension(self) -> str:
        """The usual ending of a file of this media type, such as `.mp3`; empty for an unknown one."""
        return mimetypes.guess_extension(self.media_type) or ""

    def save(self, path: str | Path) -> Path:
        """Write the bytes to a file and return its path."""
        file = Path(path)
        file.write_bytes(self)
        return file

    @override
    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self)} bytes, media_type={self.media_type!r})"

    def to_openai(self) -> bytes:
        """Return the bytes as plain `bytes`, as the vendor's SDK would."""
        return bytes(self)


class BinaryFold:
    """Adds up the pieces of streamed bytes."""

    def __init__(self, media_type: str = "") -> None:
        self._media_type = media_type
        self._pieces: list[bytes] = []

    def add(self, item: bytes) -> None:
        """Take one piece into account."""
        self._pieces.append(item)

    def extend(self, items: Iterable[bytes]) -> None:
        """Take several pieces into account."""
        self._pieces.extend(items)

    def result(self) -> Binary:
        """Return the bytes so far."""
        return Binary(b"".join(self._pieces), media_type=self._media_type)
