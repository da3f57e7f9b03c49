"""Time that passes only when everybody waits: hours of waits and retries in a moment, and always the same."""

from __future__ import annotations

import asyncio
import math
import selectors
from collections.abc import Awaitable, Callable
from typing import TypeVar

from typing_extensions import override

from any_llm.pipeline.surroundings import Surroundings

T = TypeVar("T")

_BEGINNING = 1_700_000_000.0


class VirtualClock:
    """A clock, and event loops that go by it. Not for code that talks to sockets, which know no such time.

    Attributes:
        now: how many seconds have passed; it may be set.
        began: when that was nothing, in seconds since 1970.
    """

    def __init__(self, began: float = _BEGINNING) -> None:
        self.now = 0.0
        self.began = began

    def monotonic(self) -> float:
        """Return the time, which only grows."""
        return self.now

    def time(self) -> float:
        """Return the time since 1970."""
        return self.began + self.now

    async def sleep(self, seconds: float) -> None:
        """Wait for so many seconds of this time."""
        await asyncio.sleep(seconds)

    def surroundings(self, chance: Callable[[], float] = lambda: 1.0) -> Surroundings:
        """Return new surroundings with this clock, and with the longest waits unless `chance` says otherwise."""
        return Surroundings(clock=self, chance=chance)

    def run(self, work: Awaitable[T]) -> T:
        """Run what can be awaited to its end on an event loop whose time is this one.

        Raises:
            RuntimeError: everybody waits for something that no time brings about.
        """
        with asyncio.Runner(loop_factory=lambda: _Loop(self)) as runner:
            return runner.run(_wait(work))


async def _wait(work: Awaitable[T]) -> T:
    return await work


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(_Selector(clock))
        self._clock = clock

    @override
    def time(self) -> float:
        return self._clock.now


class _Selector(selectors.DefaultSelector):
    """Passes the time instead of waiting when nothing has happened."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__()
        self._clock = clock

    @override
    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        happened = super().select(0)
        if happened or timeout == 0:
            return happened
        if timeout is None:
            raise RuntimeError("Everybody waits, and no time brings about what they wait for")
        # A time so short that adding it changes nothing would never pass.
        self._clock.now = max(self._clock.now + timeout, math.nextafter(self._clock.now, math.inf))
        return []
