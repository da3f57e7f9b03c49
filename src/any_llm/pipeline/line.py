"""Lines that calls wait in for room in a bucket: by priority, then by turn."""

from __future__ import annotations

import asyncio
from bisect import insort
from collections.abc import Iterable
from itertools import count
from math import inf
from typing import TypeAlias

from typing_extensions import override

Order: TypeAlias = tuple[int, int]


class Waiter:
    """One call that waits, in one line at a time."""

    __slots__ = ("_woken", "bucket", "order")

    def __init__(self, order: Order) -> None:
        self.order = order
        self.bucket: str | None = None
        self._woken: asyncio.Future[None] | None = None

    def __lt__(self, other: Waiter) -> bool:
        return self.order < other.order

    @override
    def __repr__(self) -> str:
        return f"Waiter({self.order})"

    def wake(self) -> None:
        """Have it look again now."""
        if self._woken is not None and not self._woken.done():
            self._woken.set_result(None)

    async def nap(self, seconds: float) -> None:
        """Sleep for so many seconds, or until it is woken."""
        loop = asyncio.get_running_loop()
        self._woken = loop.create_future()
        timer = None if seconds == inf else loop.call_later(seconds, self.wake)
        try:
            await self._woken
        finally:
            self._woken = None
            if timer is not None:
                timer.cancel()


class Lines:
    """The lines of one event loop, one for each bucket that somebody waits for.

    Only who has nobody before it in any line that concerns it tries to get on, so nobody is overtaken, and a call that
    waits for one bucket holds up nobody who needs another. Orders are total, so somebody is always first.
    """

    def __init__(self) -> None:
        self._lines: dict[str, list[Waiter]] = {}
        self._turns = count()

    def __len__(self) -> int:
        return sum(map(len, self._lines.values()))

    def waiter(self, priority: int) -> Waiter:
        """Return one that waits behind those of its priority and above that came before."""
        return Waiter((-priority, next(self._turns)))

    def before(self, waiter: Waiter, buckets: Iterable[str]) -> str | None:
        """Return a bucket for which somebody waits whose turn comes before, if there is one."""
        if self._lines:
            for bucket in buckets:
                line = self._lines.get(bucket)
                if line is not None and line[0] < waiter:
                    return bucket
        return None

    async def wait(self, waiter: Waiter, bucket: str, seconds: float) -> None:
        """Stand in the line of a bucket for so many seconds, or until something has happened there."""
        if waiter.bucket != bucket:
            self.leave(waiter)
            waiter.bucket = bucket
            insort(self._lines.setdefault(bucket, []), waiter)
        await waiter.nap(seconds)

    def leave(self, waiter: Waiter) -> None:
        """Leave the line, if it stands in one, and let the next one try."""
        bucket, waiter.bucket = waiter.bucket, None
        if bucket is not None:
            line = self._lines[bucket]
            line.remove(waiter)
            if not line:
                del self._lines[bucket]
            self.wake(bucket)

    def wake(self, bucket: str) -> None:
        """Let the first one of a line look whether there is room now."""
        line = self._lines.get(bucket)
        if line is not None:
            line[0].wake()
