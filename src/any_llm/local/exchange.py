"""Answers in this process: whole ones, and those that a model is still working on."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import TypeAlias

from any_llm.exceptions import (
    AnyLLMError,
    FirstTokenTimeoutError,
    IdleTimeoutError,
    RequestTimeoutError,
    StreamClosedError,
    TotalTimeoutError,
)
from any_llm.local.process import Event, Item
from any_llm.types.http import Timeouts

JSON_HEADERS: Mapping[str, str] = {"content-type": "application/json"}
STREAM_HEADERS: Mapping[str, str] = {"content-type": "text/event-stream"}

Render: TypeAlias = Callable[[Event], bytes]
"""Turns what a model's process says about a call into bytes of the answer's body."""


class WholeExchange:
    """An answer that is there already."""

    def __init__(self, status: int, body: bytes) -> None:
        self.status = status
        self.headers = JSON_HEADERS
        self._body = body

    async def read(self) -> bytes:
        """Return the rest of the body."""
        body, self._body = self._body, b""
        return body

    async def chunk(self) -> bytes:
        """Return the rest of the body."""
        return await self.read()

    def close(self) -> None:
        """Do nothing: nothing is held."""


class Inbox:
    """Takes what other threads say about a call, and lets one task wait for it."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._lock = threading.Lock()
        self._items: deque[Item] = deque()
        self._waiting: asyncio.Future[None] | None = None

    def put(self, item: Item) -> None:
        """Take the next item, from any thread."""
        with self._lock:
            self._items.append(item)
            waiting, self._waiting = self._waiting, None
        if waiting is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed, and nobody waits any more
                self._loop.call_soon_threadsafe(_wake, waiting)

    async def take(self, timeout: float | None) -> list[Item]:
        """Wait for at least one item, and return all there are.

        Raises:
            TimeoutError: there was none in so many seconds.
        """
        with self._lock:
            if not self._items:
                self._waiting = self._loop.create_future()
            waiting = self._waiting
        if waiting is not None:
            async with asyncio.timeout(timeout):
                await waiting
        with self._lock:
            items = list(self._items)
            self._items.clear()
        return items


def _wake(waiting: asyncio.Future[None]) -> None:
    if not waiting.done():
        waiting.set_result(None)


class Clock:
    """Knows how long the next wait may be, and which limit it is that was exceeded.

    Fetching and loading a model count for `total` alone: `first_token` starts when the model is ready.
    """

    def __init__(self, timeouts: Timeouts) -> None:
        self._timeouts = timeouts
        self._started = time.monotonic()
        self._since: float | None = None
        self._limit: tuple[float, type[RequestTimeoutError], str] | None = None

    def ready(self) -> None:
        """Start waiting for the first piece: the model is there."""
        self._start(self._timeouts.first_token, FirstTokenTimeoutError, "first_token")

    def piece(self) -> None:
        """Start waiting for the next piece."""
        self._start(self._timeouts.idle, IdleTimeoutError, "idle")

    def left(self) -> float | None:
        """Return the seconds until the nearest limit, `None` if there is none."""
        now = time.monotonic()
        limits: list[float] = []
        if self._limit is not None and self._since is not None:
            limits.append(self._since + self._limit[0] - now)
        if self._timeouts.total is not None:
            limits.append(self._started + self._timeouts.total - now)
        return max(0.0, min(limits)) if limits else None

    def exceeded(self) -> RequestTimeoutError:
        """Return the error that names the limit which was exceeded."""
        elapsed = time.monotonic() - self._started
        total = self._timeouts.total
        if (total is not None and elapsed >= total) or self._limit is None:
            return TotalTimeoutError(f"The local model did not finish within total={total} s", elapsed=elapsed)
        seconds, kind, name = self._limit
        return kind(f"The local model sent nothing within {name}={seconds} s", elapsed=elapsed)

    def _start(self, seconds: float | None, kind: type[RequestTimeoutError], name: str) -> None:
        self._since = time.monotonic()
        self._limit = None if seconds is None else (seconds, kind, name)


class RunningExchange:
    """An answer that a model is working on. Closing or dropping it stops the model."""

    def __init__(self, inbox: Inbox, cancel: Callable[[], None], render: Render, clock: Clock) -> None:
        self.status = 200
        self.headers: Mapping[str, str] = STREAM_HEADERS
        self._inbox = inbox
        self._cancel = cancel
        self._render = render
        self._clock = clock
        self._body = b""
        self._ended = False
        self._closed = False
        self._error: AnyLLMError | None = None

    async def begin(self) -> None:
        """Wait until the first bytes of the body are there.

        Raises:
            AnyLLMError: the model cannot be had, or not in time.
        """
        self._body = await self.chunk()

    async def read(self) -> bytes:
        """Read the rest of the body."""
        pieces: list[bytes] = []
        while piece := await self.chunk():
            pieces.append(piece)
        return b"".join(pieces)

    async def chunk(self) -> bytes:
        """Return what has arrived of the body, waiting for at least one byte; `b""` at its proper end."""
        body, self._body = self._body, b""
        while not (body or self._ended):
            if self._closed:
                raise self._error or StreamClosedError("The answer of the local model was closed before its end")
            body = await self._wait()
        return body

    def close(self) -> None:
        """Stop the model, if it is still working on this answer. Idempotent, and callable from any thread."""
        if not self._ended and not self._closed:
            self._cancel()
        self._closed = True
        self._body = b""

    async def _wait(self) -> bytes:
        safe = False
        try:
            items = await self._inbox.take(self._clock.left())
            body = b"".join(self._take(item) for item in items)
            safe = True
        except TimeoutError:
            self._error = self._clock.exceeded()
            raise self._error from None
        finally:
            if not safe:
                self.close()
        return body

    def _take(self, item: Item) -> bytes:
        if isinstance(item, AnyLLMError):
            self._error = copy.copy(item)
            raise self._error
        if item.event == "ready":
            self._clock.ready()
            return b""
        body = self._render(item)
        self._ended = self._ended or item.event != "chunk"
        if body:
            self._clock.piece()
        return body

    def __del__(self) -> None:
        self.close()
