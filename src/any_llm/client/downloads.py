"""Opening the content of a kept file: what can be awaited as well as entered, and the same for blocking code."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator
from functools import wraps
from types import TracebackType
from typing import Any, ParamSpec

from typing_extensions import override

from any_llm.client.blocking import RUNNER
from any_llm.exceptions import InvalidRequestError
from any_llm.types.downloads import AsyncFileDownload, FileDownload
from any_llm.types.json import JSON

P = ParamSpec("P")


class Opening(Coroutine[Any, Any, AsyncFileDownload]):
    """A download that is still to be asked for: await it, or enter it by `async with`."""

    def __init__(self, asked: Coroutine[Any, Any, AsyncFileDownload]) -> None:
        self._asked = asked
        self._download: AsyncFileDownload | None = None

    @override
    def __await__(self) -> Generator[Any, Any, AsyncFileDownload]:
        return self._asked.__await__()

    @override
    def send(self, value: object) -> object:
        """Go on, as coroutines do."""
        return self._asked.send(value)

    @override
    def throw(self, *error: Any) -> object:
        """Go on with an error, as coroutines do."""
        return self._asked.throw(*error)

    @override
    def close(self) -> None:
        """Give up, as coroutines do."""
        self._asked.close()

    async def __aenter__(self) -> AsyncFileDownload:
        self._download = await self._asked
        return self._download

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._download is not None:
            self._download.close()


def opens(method: Callable[P, Coroutine[Any, Any, AsyncFileDownload]]) -> Callable[P, Opening]:
    """Let what a method returns be entered as well as awaited."""

    @wraps(method)
    def opening(*arguments: P.args, **options: P.kwargs) -> Opening:
        return Opening(method(*arguments, **options))

    return opening


def run_download(download: JSON) -> JSON:
    """Return a download for blocking code in place of one for async code; anything else as it is."""
    return FileDownload(download, RUNNER.run) if isinstance(download, AsyncFileDownload) else download


def check_chunk_size(chunk_size: object) -> int:
    """Return how many bytes a piece shall have.

    Raises:
        InvalidRequestError: it is no positive whole number.
    """
    if isinstance(chunk_size, int) and not isinstance(chunk_size, bool) and chunk_size > 0:
        return chunk_size
    raise InvalidRequestError(f"chunk_size is {chunk_size!r}; give a number of bytes, 1 or more", param="chunk_size")
