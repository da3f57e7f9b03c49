"""A line that calls wait in: by priority, then by turn."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from heapq import heappop, heappush
from itertools import count
from typing import TypeAlias

_Waiter: TypeAlias = "tuple[int, int, asyncio.Future[None]]"


class Line:
    """Lets one at a time try to get on; the one whose turn it is tries again until it succeeds or gives up.

    One that comes with a higher priority while the first waits goes before it. For one event loop.
    """

    def __init__(self) -> None:
        self._waiting: list[_Waiter] = []
        self._turns = count()
        self._busy = False

    def __len__(self) -> int:
        return len(self._waiting) + self._busy

    async def stand(
        self, priority: int, attempt: Callable[[], Awaitable[float]], wait: Callable[[float], Awaitable[None]]
    ) -> None:
        """Return when `attempt` was successful.

        Args:
            priority: who goes first: the larger number.
            attempt: tries to get on, and returns in how many seconds it may succeed; none when it did.
            wait: waits for so many seconds, or raises when that is too long.
        """
        turn = next(self._turns)
        await self._come(priority, turn)
        try:
            while (seconds := await attempt()) > 0:
                await wait(seconds)
                if self._waiting and self._waiting[0][:2] < (-priority, turn):
                    self._leave()
                    await self._come(priority, turn)
        finally:
            self._leave()

    async def _come(self, priority: int, turn: int) -> None:
        if not self._busy:
            self._busy = True
            return
        called: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heappush(self._waiting, (-priority, turn, called))
        try:
            await called
        except asyncio.CancelledError:
            if called.done() and not called.cancelled():
                self._leave()
            raise

    def _leave(self) -> None:
        while self._waiting:
            called = heappop(self._waiting)[2]
            if not called.done():
                called.set_result(None)
                return
        self._busy = False
