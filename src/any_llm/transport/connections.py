"""The open connections of one event loop, and how they end: with the loop, the process, or a fork."""

from __future__ import annotations

import asyncio
import atexit
import gc
import os
import socket
import warnings
from asyncio import AbstractEventLoop, Task, Transport
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from contextvars import ContextVar
from functools import partial
from ssl import SSLContext
from time import monotonic, sleep
from typing import Final, NamedTuple, cast
from weakref import WeakSet

import aiohttp
from aiohttp.abc import ResolveResult
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from aiohttp.tracing import Trace
from typing_extensions import override

from any_llm.transport.names import NameResolver
from any_llm.transport.watchdog import Watchdog

_SECONDS_AT_EXIT: Final = 1.0
_SECONDS_BETWEEN_LOOKS: Final = 0.002
_MAX_HEAD_FIELD_BYTES: Final = 65_536
_MAX_HEAD_FIELDS: Final = 512


class Attempt:
    """What is learnt about the connection of one request while the HTTP library is busy with it."""

    __slots__ = ("connected", "demand_fresh", "fresh", "transport", "watchdog")

    def __init__(self, watchdog: Watchdog, *, demand_fresh: bool) -> None:
        self.watchdog = watchdog
        self.demand_fresh = demand_fresh
        self.connected = False
        self.fresh = False
        self.transport: Transport | None = None

    def abort(self) -> None:
        """Drop the connection at once, without the good-byes of TLS."""
        if self.transport is not None:
            self.transport.abort()

    def forget(self) -> None:
        """Let go of the connection: what the loop runs for it later holds the context, and so this attempt."""
        self.transport = None


ATTEMPT: Final[ContextVar[Attempt]] = ContextVar("any_llm_attempt")
"""The attempt that the current task is making; how the connector knows for whom it connects."""


class ConnectorSettings(NamedTuple):
    """How to connect: the most connections, the seconds an idle one is kept and a resolved name counts, and TLS.

    With `guarded` only hosts on the open Internet are connected to, and those in there.
    """

    max_connections: int
    keep_alive: float
    name_lifetime: int
    tls: SSLContext | bool
    guarded: frozenset[str] | None = None


class HonestHandler(ResponseHandler):
    """A connection that tells the reader of a body when what arrives of it is no HTTP.

    The HTTP library tells it only to who waits for a head, and lets the reader wait for ever.
    """

    @override
    def set_exception(self, exc: BaseException, exc_cause: BaseException | None = None) -> None:
        """Take the error that ends the connection."""
        if exc_cause is None:
            super().set_exception(exc)
        else:
            super().set_exception(exc, exc_cause)
        body = self._payload
        if body is not None and not body.is_eof() and body.exception() is None:
            body.set_exception(exc)


class QuietConnector(aiohttp.TCPConnector):
    """A connector that reports to the `ATTEMPT`, and says nothing when it is dropped."""

    def __init__(self, settings: ConnectorSettings, resolver: NameResolver) -> None:
        # aiohttp types an address, which is of no concern here, as an open tuple.
        super().__init__(  # pyright: ignore[reportUnknownMemberType]
            limit=settings.max_connections,
            keepalive_timeout=settings.keep_alive,
            ttl_dns_cache=settings.name_lifetime,
            ssl=settings.tls,
            resolver=resolver,
        )
        self._factory = cast("partial[ResponseHandler]", partial(HonestHandler, loop=self._loop))
        self._made: WeakSet[ResponseHandler] = WeakSet()
        self._guarded = settings.guarded

    @override
    async def connect(
        self, req: aiohttp.ClientRequest, traces: list[Trace], timeout: aiohttp.ClientTimeout
    ) -> Connection:
        """Return a connection, a fresh one where the attempt demands it."""
        attempt = ATTEMPT.get()
        connection = await super().connect(req, traces, timeout)
        while attempt.demand_fresh and not attempt.fresh:
            # The origin just dropped a kept connection; its other kept ones are as doubtful.
            connection.close()
            connection = await super().connect(req, traces, timeout)
        attempt.connected = True
        attempt.transport = connection.transport
        attempt.watchdog.awaiting()
        return connection

    @override
    async def _resolve_host(self, host: str, port: int, traces: Sequence[Trace] | None = None) -> list[ResolveResult]:
        """Return the addresses that are connected to next, and no others, so that what was checked is what counts."""
        if self._guarded is None:
            return await super()._resolve_host(host, port, traces)
        from any_llm.transport.guard import check_host  # noqa: PLC0415  # only what media are fetched over is guarded

        check_host(host, (), self._guarded)
        found = await super()._resolve_host(host, port, traces)
        check_host(host, [each["host"] for each in found], self._guarded)
        return found

    @override
    async def _create_connection(
        self, req: aiohttp.ClientRequest, traces: list[Trace], timeout: aiohttp.ClientTimeout
    ) -> ResponseHandler:
        protocol = await super()._create_connection(req, traces, timeout)
        self._made.add(protocol)
        ATTEMPT.get().fresh = True
        return protocol

    @override
    def __del__(self, _warnings: object = None) -> None:
        """Say nothing: whoever drops a connector here has closed it, or cannot any more."""

    @property
    def in_use(self) -> int:
        """How many connections answer a request right now."""
        return len(self._acquired)

    @property
    def waiting(self) -> int:
        """How many requests wait for a connection."""
        return sum(map(len, tuple(self._waiters.values())))

    def discard(self) -> None:
        """Forget every connection of a closed event loop, so that nothing here holds its transport."""
        self._close()
        for protocol in self._made:
            protocol.transport = None

    def disown(self) -> None:
        """Forget every connection without touching one: they belong to the process this one was forked from."""
        self._closed = True


class LoopConnections:
    """The connections of one pool on one event loop.

    It is held by `atexit` until it is closed, so that neither it nor the answers in `live` are ever found by the
    garbage collector: the HTTP library's own finalisers, which warn, do not run.
    """

    def __init__(
        self,
        loop: AbstractEventLoop,
        session: aiohttp.ClientSession,
        connector: QuietConnector | None = None,
        resolver: NameResolver | None = None,
    ) -> None:
        self.loop = loop
        self.session = session
        self.live: set[aiohttp.ClientResponse] = set()
        self._connector = connector
        self._resolver = resolver
        self._process = os.getpid()
        self._closing: Task[None] | None = None

    @classmethod
    def open(cls, settings: ConnectorSettings) -> LoopConnections:
        """Make an empty set of connections for the running loop."""
        loop = asyncio.get_running_loop()
        resolver = NameResolver()
        connector = QuietConnector(settings, resolver)
        session = aiohttp.ClientSession(
            connector=connector,
            connector_owner=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(),
            headers={"accept": "*/*", "accept-encoding": "gzip, deflate", "user-agent": "any-llm"},
            requote_redirect_url=False,
            max_line_size=_MAX_HEAD_FIELD_BYTES,
            max_field_size=_MAX_HEAD_FIELD_BYTES,
            max_headers=_MAX_HEAD_FIELDS,
        )
        connections = cls(loop, session, connector, resolver)
        atexit.register(connections.close_at_exit)
        return connections

    @classmethod
    def borrow(cls, session: aiohttp.ClientSession) -> LoopConnections:
        """Use a session of the user's on the running loop; it is never closed from here."""
        return cls(asyncio.get_running_loop(), session)

    @property
    def in_use(self) -> int:
        """How many connections answer a request right now; those of a user's session are not counted."""
        return 0 if self._connector is None else self._connector.in_use

    @property
    def waiting(self) -> int:
        """How many requests wait for a connection; those of a user's session are not counted."""
        return 0 if self._connector is None else self._connector.waiting

    @property
    def usable(self) -> bool:
        """Whether calls can be made: it is open, and of this process."""
        return not self.session.closed and self._process == os.getpid()

    async def close_with_loop(self) -> AsyncGenerator[None, None]:
        """Wait for the end of the event loop, which closes its generators, and close the connections then."""
        try:
            yield
        finally:
            await self.close()

    async def close(self) -> None:
        """Close every connection, idle or not, on the loop they belong to."""
        if self._process != os.getpid():
            return
        atexit.unregister(self.close_at_exit)
        for response in tuple(self.live):
            self.abort(response)
        if self._connector is not None:
            self.session.detach()
            await self._connector.close()
        if self._resolver is not None:
            await self._resolver.close()

    def abort(self, response: aiohttp.ClientResponse) -> None:
        """Drop an answer's connection at once, on the loop it belongs to; a finished answer is just forgotten."""
        self.live.discard(response)
        connection = response.connection
        if connection is not None and connection.transport is not None:
            connection.transport.abort()
        response.close()

    def abort_from_outside(self, response: aiohttp.ClientResponse, watchdog: Watchdog) -> None:
        """Drop an answer's connection from another thread, or while the loop stands still or is closed."""
        if self._process != os.getpid():
            return
        if not self.loop.is_running():
            _shut_down(response)
        try:
            self.loop.call_soon_threadsafe(self.abort_and_stop, response, watchdog)
        except RuntimeError:
            # The loop is closed: there is nobody left to tell, only memory to free.
            self._discard()

    def abort_and_stop(self, response: aiohttp.ClientResponse, watchdog: Watchdog) -> None:
        """Drop an answer's connection and its timer."""
        watchdog.stop()
        self.abort(response)

    def close_at_exit(self) -> None:
        """Close what is still open when the interpreter ends; at most a second is waited for a busy loop."""
        if self._process != os.getpid():
            self._disown()
        elif self.loop.is_closed():
            self._discard()
        elif self.loop.is_running():
            self.loop.call_soon_threadsafe(self._begin_close)
            deadline = monotonic() + _SECONDS_AT_EXIT
            while (self._closing is None or not self._closing.done()) and monotonic() < deadline:
                sleep(_SECONDS_BETWEEN_LOOKS)
        else:
            self.loop.run_until_complete(self.close())

    def _begin_close(self) -> None:
        self._closing = self.loop.create_task(self.close())

    def _discard(self) -> None:
        # The loop was closed by hand, without closing what ran on it. Its transports can only warn and close their
        # sockets when they are freed, so they are freed here, unheard.
        atexit.unregister(self.close_at_exit)
        if self._connector is not None:
            self.session.detach()
            self._connector.discard()
        for response in self.live:
            response.close()
            if (connection := response.connection) is not None and (protocol := connection.protocol) is not None:
                protocol.transport = None
                connection.close()
        self.live.clear()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()

    def _disown(self) -> None:
        # After a fork the sockets and the selector are shared with the parent: closing a transport here would take
        # it out of the parent's selector. They die with this process, silently.
        assert self._connector is not None, "a borrowed session is not closed at exit"
        self.session.detach()
        self._connector.disown()
        warnings.filterwarnings("ignore", "unclosed", ResourceWarning)


def connect_timeout(seconds: float | None) -> aiohttp.ClientTimeout:
    """Return the HTTP library's form of the connect limit; it knows no other limit."""
    return aiohttp.ClientTimeout(connect=seconds, ceil_threshold=float("inf"))


def _shut_down(response: aiohttp.ClientResponse) -> None:
    transport = response.connection and response.connection.transport
    held = transport.get_extra_info("socket") if transport and not transport.is_closing() else None
    if held is None:
        return
    with suppress(OSError, ValueError, TypeError):
        # uvloop's sockets cannot be shut down themselves, but a duplicate can.
        duplicate = socket.socket(fileno=os.dup(held.fileno()))
        with duplicate:
            duplicate.shutdown(socket.SHUT_RDWR)
