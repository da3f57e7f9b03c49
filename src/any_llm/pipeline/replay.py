"""A kept answer as a stream: its pieces at once, or as slowly as they came."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from any_llm.pipeline.entry import Entry
    from any_llm.spec.clock import Clock
    from any_llm.types.json import JSON


class Replayed:
    """The upstream of a stream that comes from an entry.

    Args:
        entry: the kept answer.
        options: those of the call, which may say how the pieces shall be.
        clock: by which to wait between pieces as long as they took; without one nothing is waited for.
    """

    __slots__ = ("_clock", "_entry", "_left", "_options", "_place", "_started")

    def __init__(self, entry: Entry, options: Mapping[str, JSON], clock: Clock | None) -> None:
        self._entry = entry
        self._options = options
        self._clock = clock
        self._left: list[JSON] | None = None
        self._place = 0
        self._started = 0.0 if clock is None else clock.monotonic()

    async def pull(self) -> list[JSON] | None:
        """Return the next pieces; `None` at the end."""
        if self._left is None:
            self._left = self._entry.streamed(self._options)
        pieces = self._left[self._place :]
        if not pieces:
            return None
        times = self._entry.times
        if self._clock is not None and len(times) == len(self._left):
            due = times[self._place]
            pieces = [piece for piece, time in zip(pieces, times[self._place :], strict=True) if time <= due]
            wait = self._started + due - self._clock.monotonic()
            if wait > 0:
                await self._clock.sleep(wait)
        self._place += len(pieces)
        return pieces

    def again(self, count: int) -> list[JSON]:
        """Return the first pieces once more."""
        return self._entry.streamed(self._options)[:count]

    def close(self) -> None:
        """Hold nothing."""
