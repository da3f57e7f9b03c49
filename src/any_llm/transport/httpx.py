"""A transport over the user's own `httpx2` or `httpx` client, for HTTP/2, SOCKS proxies and whatever else it can do."""

from __future__ import annotations

import asyncio
from asyncio import Task
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Mapping
from contextlib import suppress
from typing import Final, Generic, Protocol, TypeAlias, TypeVar
from urllib.parse import urlsplit

from any_llm.exceptions import AnyLLMError
from any_llm.transport.failures import closed_here, find_failure, not_callable, raise_from
from any_llm.transport.headers import join_headers
from any_llm.transport.uploads import iterate_blocks
from any_llm.transport.watchdog import Watchdog
from any_llm.types.http import HttpRequest, Timeouts, Upload

RequestT = TypeVar("RequestT")
_HttpxTimeout: TypeAlias = tuple[float | None, float | None, float | None, float | None]


class HttpxHeaders(Protocol):
    """The headers of a response."""

    def multi_items(self) -> Iterable[tuple[str, str]]:
        """Return every name and value in order; repeated names are repeated."""
        ...


class HttpxResponse(Protocol):
    """What is used of `httpx2.Response`."""

    @property
    def status_code(self) -> int:
        """The HTTP status code."""
        ...

    @property
    def headers(self) -> HttpxHeaders:
        """The response headers."""
        ...

    def aiter_bytes(self) -> AsyncIterator[bytes]:
        """Iterate over the decoded body as it arrives."""
        ...

    async def aclose(self) -> None:
        """Close the response and release its connection."""
        ...


class HttpxClient(Protocol[RequestT]):
    """What is used of `httpx2.AsyncClient`."""

    def build_request(
        self,
        method: str,
        url: str,
        *,
        content: bytes | AsyncIterable[bytes],
        headers: Mapping[str, str],
        timeout: _HttpxTimeout,
    ) -> RequestT:
        """Make a request with the client's defaults."""
        ...

    async def send(self, request: RequestT, *, stream: bool, follow_redirects: bool) -> HttpxResponse:
        """Send a request and return when the head of its answer has arrived."""
        ...


class HttpxTransport(Generic[RequestT]):
    """Sends requests through a client of the user's, which is used as it is, on its own event loop, and never closed.

    The limits of `Timeouts` replace the client's own. Other than with `Pool`, the first-token limit includes the time
    until the connection is ready.
    """

    def __init__(self, client: HttpxClient[RequestT]) -> None:
        self._client = client
        self._closing: set[Task[None]] = set()

    async def send(self, request: HttpRequest, timeouts: Timeouts) -> HttpxExchange:
        """Send a request and return when the head of its answer has arrived; see `Transport.send`."""
        watchdog = Watchdog(asyncio.get_running_loop(), timeouts, _find_origin(request.url))
        watchdog.begin()
        watchdog.awaiting()
        body, headers = request.body, request.headers
        if isinstance(body, Upload) and (size := body.size) is not None:
            headers = {**headers, "Content-Length": str(size)}
        try:
            outgoing = self._client.build_request(
                request.method,
                request.url,
                content=body if isinstance(body, bytes) else iterate_blocks(body, watchdog),
                headers=headers,
                timeout=(timeouts.connect, None, None, timeouts.connect),
            )
            response = await self._client.send(outgoing, stream=True, follow_redirects=False)
        # The client's package may be any of two, absent or present, so its errors cannot be named in a clause.
        except BaseException as error:
            watchdog.end()
            watchdog.stop()
            raise_from(find_failure(error, watchdog), error)
            raise
        watchdog.end()
        return HttpxExchange(self, response, watchdog)

    async def aclose(self) -> None:
        """Wait until the connections of closed answers are released; the client itself is left open."""
        await asyncio.gather(*self._closing)

    def release(self, response: HttpxResponse) -> None:
        """Begin to close an answer, on the loop it belongs to."""
        task = asyncio.get_running_loop().create_task(_close(response))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)


class HttpxExchange:
    """An answer that came through a user's client; see `any_llm.spec.transport.Exchange`."""

    __slots__ = ("_closed", "_loop", "_pieces", "_release", "_response", "_watchdog", "headers", "status")

    def __init__(self, transport: HttpxTransport[RequestT], response: HttpxResponse, watchdog: Watchdog) -> None:
        self.status: Final = response.status_code
        self.headers: Final[Mapping[str, str]] = join_headers(response.headers.multi_items())
        self._loop = asyncio.get_running_loop()
        self._release: Callable[[HttpxResponse], None] = transport.release
        self._response: HttpxResponse | None = response
        self._pieces = response.aiter_bytes()
        self._watchdog = watchdog
        self._closed = False

    async def chunk(self) -> bytes:
        """Return what has arrived of the body, waiting for at least one byte; `b""` at its proper end."""
        if self._response is None:
            return self._end_again()
        watchdog = self._watchdog
        watchdog.begin()
        try:
            data = await anext(self._pieces, b"")
        # See `HttpxTransport.send`.
        except BaseException as error:
            raise_from(self._failure(error), error)
            raise
        watchdog.end()
        if data:
            watchdog.streaming()
        else:
            self._response = None
            watchdog.stop()
        return data

    async def read(self) -> bytes:
        """Read the rest of the body and release the connection."""
        pieces: list[bytes] = []
        while piece := await self.chunk():
            pieces.append(piece)
        return b"".join(pieces)

    def close(self) -> None:
        """Release the connection; an unfinished one is aborted. Idempotent, and callable from any thread."""
        response, self._response = self._response, None
        if response is not None:
            self._closed = True
            self._give_back(response)

    def __del__(self) -> None:
        if self._response is not None:
            self._give_back(self._response)

    def _give_back(self, response: HttpxResponse) -> None:
        # A closed loop has closed its connections, or nobody can.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._watchdog.stop)
            self._loop.call_soon_threadsafe(self._release, response)

    def _failure(self, error: BaseException) -> AnyLLMError | None:
        watchdog = self._watchdog
        watchdog.end()
        was_closed = self._closed
        self.close()
        if was_closed and isinstance(error, Exception):
            return closed_here(self._watchdog.where)
        return find_failure(error, watchdog)

    def _end_again(self) -> bytes:
        if self._closed:
            raise closed_here(self._watchdog.where)
        return b""


async def _close(response: HttpxResponse) -> None:
    await response.aclose()


def _find_origin(url: str) -> str:
    try:
        parts = urlsplit(url)
        # Reading the port checks it.
        port = "" if parts.port is None else f":{parts.port}"
    except ValueError as error:
        raise not_callable(url) from error
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise not_callable(url)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{port}"
