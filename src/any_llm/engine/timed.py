"""Transports whose waits are timed, for metrics: what a call took beside them is this library's own."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import TYPE_CHECKING, TypeVar

from any_llm.pipeline.watched import WAITS

if TYPE_CHECKING:
    from any_llm.spec.transport import Exchange, Transport
    from any_llm.types.http import HttpRequest, Timeouts

T = TypeVar("T")


async def _timed(answer: Awaitable[T]) -> T:
    """Wait for what the provider says, and add up how long that took."""
    waits = WAITS.get()
    if waits is None:
        return await answer
    waits.begin()
    try:
        return await answer
    finally:
        waits.end()


class TimedTransport:
    """A transport that is another one, with its waits timed."""

    __slots__ = ("_inner",)

    def __init__(self, inner: Transport) -> None:
        self._inner = inner

    async def send(self, request: HttpRequest, timeouts: Timeouts) -> TimedExchange:
        """Send a request and return when the head of its answer has arrived; see `Transport.send`."""
        return TimedExchange(await _timed(self._inner.send(request, timeouts)))

    async def aclose(self) -> None:
        """Close what is open on the running loop."""
        await self._inner.aclose()


class TimedExchange:
    """An exchange that is another one, with its waits timed, of a stream that for its first bytes."""

    __slots__ = ("_begun", "_inner")

    def __init__(self, inner: Exchange) -> None:
        self._inner = inner
        self._begun = False

    @property
    def status(self) -> int:
        """The HTTP status code."""
        return self._inner.status

    @property
    def headers(self) -> Mapping[str, str]:
        """The response headers, names in lower case."""
        return self._inner.headers

    async def read(self) -> bytes:
        """Read the rest of the body and release the connection."""
        return await _timed(self._inner.read())

    async def chunk(self) -> bytes:
        """Return what has arrived of the body; see `Exchange.chunk`."""
        if self._begun:
            return await self._inner.chunk()
        self._begun = True
        return await _timed(self._inner.chunk())

    def close(self) -> None:
        """Release the connection."""
        self._inner.close()
