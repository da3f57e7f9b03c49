"""The mock without a socket: a transport that answers in this process."""

from __future__ import annotations

import asyncio
import contextlib
import math
import zlib
from collections.abc import Callable, Mapping

from any_llm.exceptions import (
    AnyLLMError,
    ConnectionFailedError,
    FirstTokenTimeoutError,
    IdleTimeoutError,
    MalformedResponseError,
    ProviderError,
    RequestTimeoutError,
    StreamClosedError,
    TotalTimeoutError,
)
from any_llm.testing.mock.clock import Clock
from any_llm.testing.mock.plan import BreakTls, Close, Data, Forever, Head, Plan, Raw, Refuse, Step, Wait
from any_llm.testing.mock.request import MockRequest, request_of
from any_llm.testing.mock.responder import Responder
from any_llm.transport.uploads import read_blocks
from any_llm.types.http import HttpRequest, Timeouts

_WHERE = "the mock"
_PACKED = frozenset({"gzip", "deflate"})
_ANY_ZLIB = 47
"""Tells zlib to find out itself whether it reads gzip's format or its own."""


class MockTransport:
    """Answers requests in this process; see `any_llm.spec.transport.Transport`.

    Timeouts count on the mock's clock, so that a jumping one makes them pass at once.

    Attributes:
        open: how many answers are neither read to their end nor closed.
    """

    def __init__(self, responder: Responder) -> None:
        self._responder = responder
        self.open = 0

    async def send(self, request: HttpRequest, timeouts: Timeouts) -> MockExchange:
        """Answer a request.

        Raises:
            ConnectionFailedError: a fault broke the connection before the head of the answer.
            MalformedResponseError: a fault sent what is not HTTP.
            RequestTimeoutError: the subclass that names the exceeded limit.
        """
        body = request.body if isinstance(request.body, bytes) else b"".join(map(bytes, read_blocks(request.body)))
        clock = self._responder.behaviour.clock
        limits = _Limits(timeouts, clock.now())
        received = request_of(request.method, request.url, request.headers, body)
        plan = await self._responder.respond(received)
        exchange = MockExchange(self, received, plan, clock, limits)
        try:
            await exchange.begin()
        except BaseException as error:
            exchange.fail(error)
            raise
        return exchange

    async def aclose(self) -> None:
        """Do nothing: nothing is held between exchanges."""


class _Limits:
    """Which limit of time ends a wait, and when."""

    def __init__(self, timeouts: Timeouts, now: float) -> None:
        self._timeouts = timeouts
        self._started = self._since = now
        self._silent = True

    def heard(self, now: float) -> None:
        """Start waiting for the next piece of the body."""
        self._since, self._silent = now, False

    def left(self, now: float) -> float:
        """Return the seconds until the nearest limit."""
        total, quiet = self._timeouts.total, self._quiet
        return min(
            math.inf if total is None else self._started + total - now,
            math.inf if quiet is None else self._since + quiet - now,
        )

    def exceeded(self, now: float) -> RequestTimeoutError:
        """Return the error that names the limit which was exceeded."""
        elapsed, total = now - self._started, self._timeouts.total
        if total is not None and elapsed >= total:
            return TotalTimeoutError(f"{_WHERE} did not finish within total={total} s", elapsed=elapsed)
        kind, name = (FirstTokenTimeoutError, "first_token") if self._silent else (IdleTimeoutError, "idle")
        return kind(f"{_WHERE} sent nothing within {name}={self._quiet} s", elapsed=elapsed)

    @property
    def _quiet(self) -> float | None:
        return self._timeouts.first_token if self._silent else self._timeouts.idle


class MockExchange:
    """An answer that is played step by step; see `any_llm.spec.transport.Exchange`."""

    def __init__(self, owner: MockTransport, request: MockRequest, plan: Plan, clock: Clock, limits: _Limits) -> None:
        self.status = 0
        self.headers: Mapping[str, str] = {}
        self._owner, self._request, self._clock, self._limits = owner, request, clock, limits
        self._steps = list(reversed(plan))
        self._missing: int | None = None
        self._unpack: Callable[[bytes], bytes] | None = None
        self._error: AnyLLMError | None = None
        self._sleeping: tuple[asyncio.AbstractEventLoop, asyncio.Task[None]] | None = None
        self._ended = self._closed = False
        self._open = True
        owner.open += 1

    async def begin(self) -> None:
        """Play the plan up to its head."""
        while not self.status:
            step = self._steps.pop() if self._steps else Close()
            match step:
                case Head():
                    self.status, self._missing = step.status, step.length
                    self.headers = {name.lower(): value for name, value in step.headers.items()}
                    if self.headers.get("content-encoding") in _PACKED:
                        self._unpack = zlib.decompressobj(_ANY_ZLIB).decompress
                case Wait():
                    await self._wait(step.seconds)
                case _:
                    raise _no_answer(step)

    async def chunk(self) -> bytes:
        """Return the next piece of the body; `b""` at its proper end."""
        if self._closed:
            raise self._error or StreamClosedError(f"The answer of {_WHERE} was closed by this program")
        try:
            data = b"" if self._ended else await self._next()
        except BaseException as error:
            self.fail(error)
            raise
        return data

    async def read(self) -> bytes:
        """Return the rest of the body."""
        pieces: list[bytes] = []
        while piece := await self.chunk():
            pieces.append(piece)
        return b"".join(pieces)

    def fail(self, error: BaseException) -> None:
        """Play no more after an error, which every further look at the body raises again if it is one of ours."""
        self._error = error if isinstance(error, AnyLLMError) else self._error
        self.close()

    def close(self) -> None:
        """Play no more; a wait for the next piece ends with an error. Idempotent, and callable from any thread."""
        if self._ended:
            return
        if not self._closed and not isinstance(self._error, ProviderError):
            self._request.abandoned = True
        self._closed = True
        self._release()
        if self._sleeping is not None:
            loop, task = self._sleeping
            with contextlib.suppress(RuntimeError):  # the loop is closed, and nobody waits any more
                loop.call_soon_threadsafe(task.cancel)

    def __del__(self) -> None:
        self._release()

    async def _next(self) -> bytes:
        while self._steps and self._missing != 0:
            step = self._steps.pop()
            match step:
                case Data(data=data):
                    if data := self._unpacked(self._within(data)):
                        return data
                case Wait():
                    await self._wait(step.seconds)
                case Forever():
                    self._steps.append(step)
                    await self._wait(step.every)
                    self._limits.heard(self._clock.now())
                    return step.data
                case Raw():
                    raise _not_http()
                case _:
                    raise self._broken()
        if self._missing:
            raise self._broken()
        self._ended = True
        self._release()
        return b""

    def _within(self, data: bytes) -> bytes:
        """Return what a client takes of the bytes: not more than the head has announced."""
        if self._missing is not None:
            data = data[: self._missing]
            self._missing -= len(data)
        self._limits.heard(self._clock.now())
        return data

    def _unpacked(self, data: bytes) -> bytes:
        """Return bytes as they were before they were packed, as HTTP clients do."""
        if self._unpack is None:
            return data
        try:
            return self._unpack(data)
        except zlib.error as error:
            raise MalformedResponseError(f"The body of {_WHERE} does not fit its content-encoding") from error

    async def _wait(self, seconds: float) -> None:
        left = self._limits.left(self._clock.now())
        sleeping = asyncio.ensure_future(self._clock.sleep(min(seconds, left)))
        self._sleeping = (asyncio.get_running_loop(), sleeping)
        try:
            await sleeping
        except asyncio.CancelledError:
            if self._closed and not sleeping.cancelling():
                raise
            if self._closed:
                raise StreamClosedError(f"The answer of {_WHERE} was closed before its end") from None
            sleeping.cancel()
            raise
        finally:
            self._sleeping = None
        if seconds >= left:
            raise self._limits.exceeded(self._clock.now())

    def _broken(self) -> ConnectionFailedError:
        return ConnectionFailedError(f"The connection to {_WHERE} broke inside the answer's body")

    def _release(self) -> None:
        if self._open:
            self._open = False
            self._owner.open -= 1


def _no_answer(step: Step) -> AnyLLMError:
    """Return the error that a step is where the head of the answer should be."""
    match step:
        case Raw() | Data() | Forever():
            return _not_http()
        case Refuse():
            return ConnectionFailedError(f"No connection to {_WHERE}; it was told to refuse")
        case BreakTls():
            error = ConnectionFailedError(f"TLS with {_WHERE} failed ({step.reason})")
            # As on a real connection: the same certificate will not be trusted later either.
            error.retryable = not step.certificate
            return error
        case _:
            return ConnectionFailedError(f"{_WHERE} closed the connection without an answer")


def _not_http() -> MalformedResponseError:
    return MalformedResponseError(f"What {_WHERE} answered is not HTTP; check the base URL")
