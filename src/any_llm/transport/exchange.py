"""One request and its answer over aiohttp."""

from __future__ import annotations

import asyncio
from asyncio import Future
from collections.abc import AsyncGenerator, Mapping
from contextlib import closing
from functools import partial
from typing import Final

import aiohttp
from aiohttp.abc import AbstractStreamWriter
from aiohttp.payload import Payload
from typing_extensions import override

from any_llm.exceptions import AnyLLMError, ConnectionFailedError
from any_llm.transport.connections import LoopConnections
from any_llm.transport.failures import closed_here, find_failure, raise_from
from any_llm.transport.headers import join_headers
from any_llm.transport.uploads import read_blocks
from any_llm.transport.watchdog import Watchdog
from any_llm.types.http import Upload

_SLICE_BYTES: Final = 256 * 1024


class Body(Payload):
    """A request's body, written without a copy, piece by piece if it is large."""

    _autoclose = True

    def __init__(self, value: bytes, watchdog: Watchdog) -> None:
        super().__init__(value)
        self._size = len(value)
        self._bytes = value
        self._watchdog = watchdog

    @override
    async def write(self, writer: AbstractStreamWriter) -> None:
        """Write the whole body, and tell the watchdog how it goes."""
        if len(self._bytes) <= _SLICE_BYTES:
            await writer.write(self._bytes)
            return
        view = memoryview(self._bytes)
        for start in range(0, len(view), _SLICE_BYTES):
            self._watchdog.uploading()
            await writer.write(view[start : start + _SLICE_BYTES])
            await writer.drain()
        self._watchdog.awaiting()

    @override
    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        """Return the body as text."""
        return self._bytes.decode(encoding, errors)


class UploadBody(Payload):
    """A request's body whose files are read while it is written, so that it costs the memory of one block."""

    _autoclose = True

    def __init__(self, value: Upload, watchdog: Watchdog) -> None:
        super().__init__(value)
        self._size = value.size
        self._upload = value
        self._watchdog = watchdog

    @override
    async def write(self, writer: AbstractStreamWriter) -> None:
        """Write the whole body, and tell the watchdog how it goes."""
        with closing(read_blocks(self._upload)) as blocks:
            for block in blocks:
                self._watchdog.uploading()
                await writer.write(block)
                await writer.drain()
                # A fast server never makes the writer wait, and other tasks want their turn.
                await asyncio.sleep(0)
        self._watchdog.awaiting()

    @override
    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        """Return what the body is made of; the HTTP library shows it, and never sends it."""
        return repr(self._upload)


class PooledExchange:
    """An answer on a connection of the pool; see `any_llm.spec.transport.Exchange`."""

    __slots__ = (
        "_closed",
        "_connections",
        "_content",
        "_headers",
        "_keeper",
        "_lost",
        "_response",
        "_watchdog",
        "status",
    )

    def __init__(
        self,
        response: aiohttp.ClientResponse,
        watchdog: Watchdog,
        connections: LoopConnections,
        keeper: AsyncGenerator[None, None] | None,
    ) -> None:
        self.status: int = response.status
        self._response: aiohttp.ClientResponse | None = response
        self._content = response.content
        self._headers: Mapping[str, str] = response.headers
        self._watchdog = watchdog
        self._connections = connections
        # As long as an exchange is held, so are the connections it runs on.
        self._keeper = keeper
        self._closed = False
        self._lost = _watch_for_loss(response)
        connections.live.add(response)

    @property
    def headers(self) -> Mapping[str, str]:
        """The response headers, names in lower case; repeated ones are joined by commas."""
        if not isinstance(self._headers, dict):
            self._headers = join_headers(self._headers.items())
        return self._headers

    async def chunk(self) -> bytes:
        """Return what has arrived of the body, waiting for at least one byte; `b""` at its proper end."""
        response = self._response
        if response is None:
            return self._end_again()
        watchdog = self._watchdog
        watchdog.begin()
        try:
            data = await self._content.readany()
        except BaseException as error:
            raise_from(self._failure(error), error)
            raise
        watchdog.end()
        if data:
            watchdog.streaming()
            return data
        self._finish(response)
        return data

    async def read(self) -> bytes:
        """Read the rest of the body and release the connection."""
        response = self._response
        if response is not None and self._content.is_eof() and self._content.exception() is None:
            data = self._content.read_nowait()
            self._finish(response)
            return data
        pieces: list[bytes] = []
        while piece := await self.chunk():
            pieces.append(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def close(self) -> None:
        """Release the connection; an unfinished one is aborted. Idempotent, and callable from any thread."""
        response, self._response = self._response, None
        if response is None:
            return
        self._closed = True
        if _running_loop() is self._connections.loop:
            self._connections.abort_and_stop(response, self._watchdog)
        else:
            self._connections.abort_from_outside(response, self._watchdog)

    def __del__(self) -> None:
        response = self._response
        if response is None or self._connections.session.closed:
            return
        # A finaliser may run in the middle of anything, also of the event loop's own book-keeping: only ask.
        if _running_loop() is self._connections.loop:
            self._connections.loop.call_soon(self._connections.abort_and_stop, response, self._watchdog)
        else:
            self._connections.abort_from_outside(response, self._watchdog)

    def _finish(self, response: aiohttp.ClientResponse) -> None:
        self._response = None
        self._watchdog.stop()
        self._connections.live.discard(response)
        if self._lost is not None and self._lost.done() and self._lost.exception() is not None:
            raise ConnectionFailedError(f"The connection to {self._watchdog.where} broke inside the answer's body")

    def _failure(self, error: BaseException) -> AnyLLMError | None:
        watchdog = self._watchdog
        watchdog.end()
        was_closed = self._closed
        self.close()
        if was_closed and isinstance(error, Exception):
            return closed_here(watchdog.where)
        return find_failure(error, watchdog)

    def _end_again(self) -> bytes:
        if self._closed:
            raise closed_here(self._watchdog.where)
        return b""


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _watch_for_loss(response: aiohttp.ClientResponse) -> Future[None] | None:
    # A queue of the library, empty and so never true.
    protocol = None if response.connection is None else response.connection.protocol
    lost = None if protocol is None else protocol.closed
    if lost is None:
        return None
    lost.add_done_callback(partial(_retrieve, response.content))
    # A body without a length ends when the connection does, and the HTTP library does not tell a reset from an end.
    headers = response.headers
    return None if "content-length" in headers or "transfer-encoding" in headers else lost


def _retrieve(content: aiohttp.StreamReader, lost: Future[None]) -> None:
    # The error that tells of the loss was raised within the event loop. Its traceback holds the frames of whoever runs
    # the loop, and those the task whose result may be this very answer, which would then never be dropped.
    for error in (lost.exception(), content.exception()):
        while error is not None:
            error.__traceback__ = None
            error = error.__cause__ or error.__context__  # noqa: PLW2901  # along the chain
