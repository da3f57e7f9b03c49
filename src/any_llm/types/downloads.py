"""The content of a kept file on its way: its head is there, and its bytes come in pieces as they are read."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, Protocol

from any_llm.types.binary import Binary
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON

if TYPE_CHECKING:
    from typing import Self

    from any_llm.types.report import Report


class _Pieces(Protocol):
    """A stream of bytes."""

    report: Report

    async def __anext__(self) -> bytes: ...

    def __aiter__(self) -> Self: ...

    def close(self) -> None: ...


class _Head:
    """What is known of a file before its bytes are read."""

    def __init__(self, report: Report) -> None:
        self.report = report

    @property
    def status_code(self) -> int:
        """The HTTP status of the answer."""
        return self.report.status or 0

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers of the answer, by names in lower case."""
        return self.report.headers

    @property
    def media_type(self) -> str:
        """What the file is, such as `application/pdf`; empty where the provider does not say."""
        return self._whole(b"").media_type

    @property
    def filename(self) -> str | None:
        """What the provider calls the file, if anything."""
        return self._whole(b"").filename

    def _whole(self, content: bytes) -> Binary:
        whole = Binary.of(HttpResponse(self.status_code, self.headers, content))
        whole.report = self.report
        return whole


class AsyncFileDownload(_Head):
    """The content of a file that a provider keeps, read in pieces.

    Use it in `async for`, best inside `async with`; leaving early by any way closes the connection. A download that was
    cut short raises a `ProviderError`, such as `ConnectionFailedError`; it never looks finished.

    Attributes:
        report: how the call went.
    """

    def __init__(self, pieces: _Pieces, chunk_size: int) -> None:
        super().__init__(pieces.report)
        self._pieces = pieces
        self._size = chunk_size
        self._held = bytearray()

    @property
    def chunks(self) -> Self:
        """The pieces, which can be read once: the download itself."""
        return self

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        held = self._held
        while len(held) < self._size and (more := await anext(self._pieces, None)) is not None:
            held += more
        if not held:
            raise StopAsyncIteration
        piece = bytes(memoryview(held)[: self._size])
        del held[: self._size]
        return piece

    async def read(self) -> Binary:
        """Return what is left of the file, in memory."""
        return self._whole(b"".join([piece async for piece in self]))

    async def save(self, path: str | Path) -> Path:
        """Write what is left to a file, piece by piece, and return its path.

        Raises:
            OSError: the file cannot be written.
            AnyLLMError: the rest cannot be read; the file then holds what came before.
        """
        file = Path(path)
        with _written(file) as out:
            async for piece in self:
                out.write(piece)
        return file

    def close(self) -> None:
        """Leave the rest and release the connection. Idempotent, and callable from any thread."""
        self._held.clear()
        self._pieces.close()

    async def aclose(self) -> None:
        """The same as `close`, for use with `contextlib.aclosing`."""
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class FileDownload(_Head):
    """The content of a file that a provider keeps, for blocking code; see `AsyncFileDownload`."""

    def __init__(self, download: AsyncFileDownload, run: Callable[[Coroutine[object, object, JSON]], JSON]) -> None:
        super().__init__(download.report)
        self._download = download
        self._run = run

    @property
    def chunks(self) -> Self:
        """The pieces, which can be read once: the download itself."""
        return self

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        piece: bytes | None = self._run(self._next())
        if piece is None:
            raise StopIteration
        return piece

    def read(self) -> Binary:
        """Return what is left of the file, in memory."""
        whole: Binary = self._run(self._download.read())
        return whole

    def save(self, path: str | Path) -> Path:
        """Write what is left to a file, piece by piece, and return its path."""
        file = Path(path)
        with _written(file) as out:
            out.writelines(self)
        return file

    def close(self) -> None:
        """Leave the rest and release the connection. Idempotent, and callable from any thread."""
        self._download.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def _next(self) -> bytes | None:
        return await anext(self._download, None)


def _written(file: Path) -> BinaryIO:
    return file.open("wb")
