"""What a layer is handed of the world around it: time, chance, a store, and what a process keeps in one place."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Hashable
from typing import TypeVar, cast

import msgspec
from typing_extensions import override

from any_llm.spec.clock import Clock
from any_llm.spec.transport import Transport
from any_llm.types.secret import show

T = TypeVar("T")

_NOTHING = object()


class SystemClock:
    """The machine's own time."""

    __slots__ = ()

    monotonic = staticmethod(time.monotonic)
    time = staticmethod(time.time)

    async def sleep(self, seconds: float) -> None:
        """Wait for so many seconds."""
        await asyncio.sleep(seconds)


class Surroundings(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """What layers are made with, so that nothing in them reaches for the world by itself.

    Clients are cheap and made often; what must be one for a whole process (counters, budgets, what is known about a
    provider's health) is kept by `shared`, and goes with the surroundings it was made in: a test that brings its own
    surroundings starts with nothing.

    Attributes:
        clock: the time.
        chance: a random number from 0 up to 1, as `random.random`.
        store: where layers keep what others shall see, as `any_llm.stores.opening.open_store` takes it.
        transport: what sends requests of a layer's own, such as those to managers of secrets; set for the layers.
        kept: what `shared` has made so far.
    """

    clock: Clock = SystemClock()
    chance: Callable[[], float] = random.random
    store: object = "memory"
    transport: Transport | None = None
    kept: dict[Hashable, object] = msgspec.field(default_factory=dict)

    def shared(self, name: Hashable, make: Callable[[], T]) -> T:
        """Return what has this name here, made on first use; it must be safe to use from any thread."""
        found = self.kept.get(name, _NOTHING)
        if found is _NOTHING:
            # Of two threads that come here at once, both get what the first put in.
            found = self.kept.setdefault(name, make())
        return cast("T", found)

    @override
    def __repr__(self) -> str:
        # What is kept has the names of stores, with their passwords.
        return f"Surroundings(clock={self.clock!r}, store={show(self.store)}, kept={len(self.kept)})"


PROCESS = Surroundings()
"""The real ones, of this process."""
