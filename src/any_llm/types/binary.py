"""Bytes that a provider answered with: spoken audio, the content of a file, a video."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

from typing_extensions import override

from any_llm.types.http import Frame, HttpResponse
from any_llm.types.json import JSON
from any_llm.types.report import Report
from any_llm.types.report import Warning as CallWarning

if TYPE_CHECKING:
    from any_llm.types.cost import Cost
    from any_llm.types.costs import Costs


class Binary(bytes):
    """The bytes themselves, with what is known about them.

    Attributes:
        media_type: what they are, such as `audio/mpeg`; empty where the provider does not say.
        filename: what the provider calls them, if anything.
        usage: what it took to make them, in OpenAI's words, where the provider tells.
        report: how the call went.
    """

    media_type: str
    filename: str | None
    usage: JSON
    report: Report

    def __new__(cls, content: bytes = b"", *, media_type: str = "", filename: str | None = None) -> Self:
        """Make a value of bytes."""
        value = super().__new__(cls, content)
        value.media_type = media_type.partition(";")[0].strip().lower()
        value.filename = filename
        value.usage = None
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
    def cost(self) -> Cost | None:
        """What the answer cost, reckoned now from what it used; `None` where its usage or its price is not known."""
        from any_llm.types.costs import cost_in  # noqa: PLC0415  # most answers are never asked what they cost

        return cost_in(self, self.report)

    @property
    def costs(self) -> Costs:
        """What the whole call cost: the answer, and apart from it what failed, was retried, hedged or passed on."""
        from any_llm.types.costs import costs_in  # noqa: PLC0415  # most answers are never asked what they cost

        return costs_in(self, self.report)

    @property
    def extension(self) -> str:
        """The usual ending of a file of this media type, such as `.mp3`; empty for an unknown one."""
        return mimetypes.guess_extension(self.media_type) or ""

    def save(self, path: str | Path) -> Path:
        """Write the bytes to a file and return its path."""
        file = Path(path)
        file.write_bytes(self)
        return file

    @classmethod
    def of(cls, response: HttpResponse) -> Self:
        """Return the body of an answer, with what its head says of it."""
        headers = response.headers
        _, named, name = headers.get("content-disposition", "").partition("filename=")
        filename = name.partition(";")[0].strip().strip('"') if named else None
        return cls(response.body, media_type=headers.get("content-type", ""), filename=filename)

    @override
    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self)} bytes, media_type={self.media_type!r})"

    def to_openai(self) -> bytes:
        """Return the bytes as plain `bytes`, as the vendor's SDK would."""
        return bytes(self)


class BinaryStream:
    """Hands on bytes as they come; that they are all there is the transport's to tell."""

    def __init__(self, _target: object, _options: object) -> None:
        self.complete = False

    def feed(self, frame: Frame) -> Sequence[bytes]:
        """Return what has come."""
        return (frame.data,) if frame.data else ()

    def finish(self) -> Sequence[bytes]:
        """Return nothing: nothing is held back."""
        return ()


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
