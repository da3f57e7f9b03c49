"""What metrics look at, rather than being told of: how full and how healthy things are right now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from time import perf_counter
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from any_llm.pipeline.surroundings import Surroundings

Look: TypeAlias = Callable[[], Iterable[tuple[tuple[str, ...], float]]]
"""Returns what is to be seen now: the labels of each series, in the order of its instrument, and its value."""

POOL = "anyllm.pool.connections"
BUDGET = "anyllm.budget.remaining"
QUEUE = "anyllm.queue.depth"
BREAKER = "anyllm.breaker.state"
LIMITER = "anyllm.limiter.decisions"


def watched(surroundings: Surroundings) -> dict[tuple[str, str], Look]:
    """Return what is looked at in these surroundings, by the instrument that shows it and what it is a part of.

    Whoever has something to show puts it in: a layer when it is made, the engine its pools.
    """
    return surroundings.shared("watched", dict[tuple[str, str], Look])


def decisions(surroundings: Surroundings) -> Counter[str]:
    """Return how often limits let a call on at once (`allowed`), later (`waited`), or not (`rejected`)."""
    return surroundings.shared("limiter decisions", Counter[str])


class Waits:
    """How many seconds of a call somebody waited for a provider, at the latest until the first piece of a stream.

    Waits at the same time, as of two targets of which the first to answer serves, count once.
    """

    __slots__ = ("_running", "_since", "seconds")

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self._running = 0
        self._since = 0.0

    def begin(self) -> None:
        """Note that somebody begins to wait."""
        if not self._running:
            self._since = perf_counter()
        self._running += 1

    def end(self) -> None:
        """Note that one of those who wait has what it waited for."""
        self._running -= 1
        if not self._running:
            self.seconds += perf_counter() - self._since


WAITS: ContextVar[Waits | None] = ContextVar("any_llm waits", default=None)
"""Where the waits of the call that is being made here are added up, if anybody wants to know."""
