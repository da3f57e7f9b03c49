"""The mock's time: the real one, or one that jumps from each awaited moment to the next."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import math
import threading
import time
from typing import Protocol

from any_llm.spec.clock import Clock as LibraryClock

EPOCH = 1_767_225_600.0
"""When such a time begins: the start of 2026, in seconds since 1970."""

_ROUNDS = 5
"""How often the event loop may go round before a jumping clock believes that everybody waits."""


class Clock(Protocol):
    """Tells the time and lets a task wait."""

    def now(self) -> float:
        """Return seconds since 1970."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait; `math.inf` waits until the task is cancelled."""
        ...


class RealClock:
    """The time of this machine."""

    def now(self) -> float:
        """Return seconds since 1970."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Wait; `math.inf` waits until the task is cancelled."""
        if seconds == math.inf:
            await asyncio.Event().wait()
        await asyncio.sleep(seconds)


class ClockOf:
    """A mock's time, as what waits in the library is handed it (`any_llm.spec.clock`)."""

    def __init__(self, clock: Clock) -> None:
        self.monotonic = self.time = clock.now
        self.sleep = clock.sleep


class TimeOf:
    """The time of the library (`any_llm.spec.clock`) as a mock's, so that both go by one clock."""

    def __init__(self, clock: LibraryClock) -> None:
        self._clock = clock

    def now(self) -> float:
        """Return seconds since 1970."""
        return self._clock.time()

    async def sleep(self, seconds: float) -> None:
        """Wait; `math.inf` waits until the task is cancelled."""
        if seconds == math.inf:
            await asyncio.Event().wait()
        await self._clock.sleep(seconds)


class JumpingClock:
    """A time that stands still while anybody works, and jumps to the next awaited moment when all wait.

    Waiters wake in the order of their moments, so that streams which run side by side interleave as in real time. An
    hour of traffic takes as long as its work. It serves several event loops, each of which moves the time on, whatever
    they talk to; `any_llm.testing.clock.VirtualClock` makes a loop whose own time is virtual, which sockets know not.
    """

    def __init__(self, start: float = EPOCH) -> None:
        self._now = start
        self._lock = threading.Lock()
        self._count = itertools.count()
        self._waiting: dict[asyncio.AbstractEventLoop, list[tuple[float, int, asyncio.Future[None]]]] = {}

    def now(self) -> float:
        """Return seconds since 1970."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move the time on; who waits for a moment that is past wakes when the loop comes round."""
        with self._lock:
            self._now += seconds

    async def sleep(self, seconds: float) -> None:
        """Wait; `math.inf` waits until the task is cancelled."""
        if seconds == math.inf:
            await asyncio.Event().wait()
        if seconds <= 0:
            return
        loop = asyncio.get_running_loop()
        woken: asyncio.Future[None] = loop.create_future()
        with self._lock:
            first = loop not in self._waiting
            waiting = self._waiting.setdefault(loop, [])
            heapq.heappush(waiting, (self._now + seconds, next(self._count), woken))
        if first:
            loop.call_soon(self._turn, loop, _ROUNDS)
        await woken

    def _turn(self, loop: asyncio.AbstractEventLoop, rounds: int) -> None:
        if rounds:
            loop.call_soon(self._turn, loop, rounds - 1)
            return
        with self._lock:
            waiting = self._waiting[loop]
            while waiting and waiting[0][2].done():
                heapq.heappop(waiting)
            if not waiting:
                del self._waiting[loop]
                return
            due, _, woken = heapq.heappop(waiting)
            self._now = max(self._now, due)
        woken.set_result(None)
        loop.call_soon(self._turn, loop, _ROUNDS)
