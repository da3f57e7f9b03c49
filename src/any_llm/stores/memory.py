"""A store in the memory of this process: lost with it, and seen by nobody else."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from math import inf
from threading import Lock
from typing import TypeVar

from any_llm.spec.clock import Clock
from any_llm.spec.store import Draw, Drawn, Pinned

V = TypeVar("V")

_SWEEP_AFTER = 1_024


def open_memory(_place: str, clock: Clock) -> MemoryStore:
    """Open a store in memory."""
    return MemoryStore(clock)


class MemoryStore:
    """Has every protocol of `any_llm.spec.store`. Nothing in it waits, so each method is one step for all tasks.

    For any number of event loops and threads. Names whose time is over are swept out now and then.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._values: dict[str, tuple[bytes, float]] = {}
        self._counts: dict[str, tuple[float, float]] = {}
        self._claims: dict[str, tuple[str, float]] = {}
        self._levels: dict[str, tuple[tuple[float, float], float]] = {}
        self._leases: dict[str, dict[str, tuple[float, float]]] = {}
        self._boards: dict[str, dict[str, tuple[bytes, float, float]]] = {}
        self._lock = Lock()
        self._writes = 0

    async def get(self, name: str) -> bytes | None:
        """Return what is kept, `None` where there is nothing or its time is over."""
        return self._live(self._values, name)

    async def set(self, name: str, value: bytes, *, seconds: float | None = None) -> None:
        """Keep a value, for so many seconds or until it is replaced."""
        with self._lock:
            self._keep(self._values, name, value, seconds)

    async def delete(self, name: str) -> None:
        """Forget a value; one that is not there is no error."""
        with self._lock:
            self._values.pop(name, None)

    async def names(self, prefix: str) -> Sequence[tuple[str, int]]:
        """Return the names that begin so of what is kept, and how many bytes each has."""
        now = self._clock.monotonic()
        kept = list(self._values.items())
        return [(name, len(value)) for name, (value, until) in kept if name.startswith(prefix) and until > now]

    async def increment(self, name: str, amount: float = 1.0, *, seconds: float | None = None) -> float:
        """Add to a count and return what it is now; a new one begins at nothing and ends after so many seconds."""
        with self._lock:
            before = self._live(self._counts, name)
            if before is None:
                self._keep(self._counts, name, amount, seconds)
                return amount
            self._counts[name] = (before + amount, self._counts[name][1])
            return before + amount

    async def count(self, name: str) -> float:
        """Return a count; nothing where there is none or its time is over."""
        return self._live(self._counts, name) or 0.0

    async def claim(self, name: str, owner: str, *, seconds: float) -> bool:
        """Give the name to this owner for so many seconds, and say whether it is theirs; one who has it has it anew."""
        with self._lock:
            if self._live(self._claims, name) not in {None, owner}:
                return False
            self._keep(self._claims, name, owner, seconds)
            return True

    async def release(self, name: str, owner: str) -> None:
        """Take the name back from this owner; one who does not have it is no error."""
        with self._lock:
            if self._live(self._claims, name) == owner:
                del self._claims[name]

    async def pin(self, board: str, owner: str, value: bytes, *, seconds: float) -> Sequence[Pinned]:
        """Pin up a value in place of the owner's last one, for so many seconds; return what all have pinned up."""
        with self._lock:
            now = self._wrote()
            pinned = self._boards.setdefault(board, {})
            pinned[owner] = (value, now, now + seconds)
            for name in [name for name, (_, _, until) in pinned.items() if until <= now]:
                del pinned[name]
            return [Pinned(name, now - since, said) for name, (said, since, _) in pinned.items()]

    async def draw(self, draws: Sequence[Draw]) -> Drawn:
        """Draw from several buckets, all or nothing, in one step."""
        with self._lock:
            now = self._clock.monotonic()
            left = [self._left(draw, now) for draw in draws]
            waits = [
                (self._wait(draw, has, now), draw.bucket)
                for draw, has in zip(draws, left, strict=True)
                if has < draw.amount
            ]
            if waits:
                wait, short = max(waits)
                return Drawn(granted=False, wait=wait, short=short, left=tuple(left))
            for draw, has in zip(draws, left, strict=True):
                if draw.lease:
                    self._wrote()
                    self._leases.setdefault(draw.bucket, {})[draw.lease] = (draw.amount, now + draw.window)
                else:
                    self._set_level(draw, has - draw.amount, now)
            return Drawn(granted=True, left=tuple(has - draw.amount for draw, has in zip(draws, left, strict=True)))

    def look(self, draw: Draw) -> float:
        """Return in how many seconds so much could be drawn, and draw nothing; infinity when something must come back.

        How long a lease may be held says nothing about when it is returned.
        """
        with self._lock:
            now = self._clock.monotonic()
            has = self._left(draw, now)
            if has >= draw.amount:
                return 0.0
            return inf if draw.lease else self._wait(draw, has, now)

    async def give_back(self, draws: Sequence[Draw]) -> None:
        """Put amounts back, or take more where one is negative: more than there is leaves the bucket in debt."""
        with self._lock:
            now = self._clock.monotonic()
            for draw in draws:
                if draw.lease:
                    self._add_to_lease(draw, now)
                    leases = self._leases.get(draw.bucket, {})
                    if not leases:
                        self._leases.pop(draw.bucket, None)
                else:
                    self._set_level(draw, min(draw.capacity, self._left(draw, now) + draw.amount), now)

    def _add_to_lease(self, draw: Draw, now: float) -> None:
        leases = self._leases.setdefault(draw.bucket, {})
        held, until = leases.pop(draw.lease, (0.0, now))
        if draw.amount < 0:
            leases[draw.lease] = ((held if until > now else 0) - draw.amount, max(until, now + draw.window))

    def _left(self, draw: Draw, now: float) -> float:
        if draw.lease:
            leases = self._leases.get(draw.bucket, {})
            for name in [name for name, (_, until) in leases.items() if until <= now]:
                del leases[name]
            return draw.capacity - sum(amount for name, (amount, _) in leases.items() if name != draw.lease)
        kept = self._levels.get(draw.bucket)
        if kept is None:
            return draw.capacity
        (level, since), _ = kept
        return min(draw.capacity, level + (now - since) * draw.capacity / draw.window)

    def _set_level(self, draw: Draw, level: float, now: float) -> None:
        # When it is full again there is nothing to know about it.
        self._keep(self._levels, draw.bucket, (level, now), (draw.capacity - level) * draw.window / draw.capacity)

    def _wait(self, draw: Draw, has: float, now: float) -> float:
        if not draw.lease:
            return (draw.amount - has) * draw.window / draw.capacity
        leases = self._leases.get(draw.bucket, {})
        ends = sorted((until, amount) for name, (amount, until) in leases.items() if name != draw.lease)
        for until, amount in ends:
            has += amount
            if has >= draw.amount:
                return until - now
        return inf

    def _live(self, kept: MutableMapping[str, tuple[V, float]], name: str) -> V | None:
        entry = kept.get(name)
        if entry is None or entry[1] <= self._clock.monotonic():
            return None
        return entry[0]

    def _keep(self, kept: MutableMapping[str, tuple[V, float]], name: str, value: V, seconds: float | None) -> None:
        now = self._wrote()
        kept[name] = (value, inf if seconds is None else now + seconds)

    def _wrote(self) -> float:
        """Count a write, and return what time it is."""
        now = self._clock.monotonic()
        self._writes += 1
        if self._writes % _SWEEP_AFTER == 0:
            self._sweep(now)
        return now

    def _sweep(self, now: float) -> None:
        """Take out what is over of every kind: some are written too rarely to be swept by their own writes."""
        for kept in (self._values, self._counts, self._claims, self._levels):
            for over in [name for name, (_, until) in kept.items() if until <= now]:
                del kept[over]
        for bucket, leases in list(self._leases.items()):
            if all(until <= now for _, until in leases.values()):
                del self._leases[bucket]
        for board, pinned in list(self._boards.items()):
            if all(until <= now for _, _, until in pinned.values()):
                del self._boards[board]
