"""Draws from the buckets of limits and what goes back into them, also when a caller leaves and when the store fails."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeVar
from weakref import WeakKeyDictionary

import msgspec

from any_llm.exceptions import ConfigurationError
from any_llm.pipeline.line import Lines
from any_llm.pipeline.surroundings import Surroundings
from any_llm.refusals import StoreError
from any_llm.spec.store import Buckets, Draw, Drawn
from any_llm.stores.memory import MemoryStore
from any_llm.stores.opening import open_store
from any_llm.types.limits import Limits
from any_llm.types.report import Warning as CallWarning
from any_llm.types.secret import show

if TYPE_CHECKING:
    from any_llm.types.budgets import Budgets

T = TypeVar("T")

_REST = 1.0
"""For how many seconds a store that failed is not asked, so that calls do not each wait for it."""

_MOST_NOTED = 1_000
"""Of how many buckets it is known at most that they were short, before those are forgotten that are not any more."""

_GRANTED = Drawn(granted=True)


class Grant(NamedTuple):
    """What became of draws.

    Attributes:
        drawn: whether there was enough.
        draws: what was drawn, or would have been.
        store: where; `None` where nobody was asked.
        warning: what to tell about a store that failed.
    """

    drawn: Drawn
    draws: Sequence[Draw]
    store: Buckets | None
    warning: CallWarning | None = None


class Ledger:
    """The buckets of limits, in the store of the surroundings, or in its place as the policy says when it fails.

    Args:
        policy: what happens when the store fails.
        surroundings: where the store is.
        what: what the buckets are of, as warnings call it.

    Attributes:
        clock: the time.
    """

    def __init__(self, policy: Limits | Budgets, surroundings: Surroundings, what: str = "limits") -> None:
        self._policy = policy
        self._what = what
        self.clock = surroundings.clock
        self._surroundings = surroundings
        self._opened: Buckets | None = None
        self._near: MemoryStore = surroundings.shared("limits near by", partial(MemoryStore, surroundings.clock))
        self._rest: _Rest = surroundings.shared(("store of limits rests", surroundings.store), _Rest)
        self._lines: WeakKeyDictionary[asyncio.AbstractEventLoop, Lines]
        self._lines = surroundings.shared("lines of limits", WeakKeyDictionary)
        self._short: dict[str, float] = surroundings.shared(("limits seen short", surroundings.store), _nothing_short)
        self._tasks: set[asyncio.Task[object]] = surroundings.shared("tasks of limits", set)

    async def draw(self, draws: Sequence[Draw]) -> Grant:
        """Draw, all or nothing; one who is cancelled meanwhile has drawn nothing.

        Raises:
            StoreError: the store fails, and the policy is to refuse calls then.
        """
        store = self.store
        if isinstance(store, MemoryStore):
            return Grant(await store.draw(draws), draws, store)
        if (failure := self._rest.failure) is None or self.clock.monotonic() >= self._rest.until:
            try:
                drawn = await self._draw(store, draws)
                if not drawn.granted:
                    self._note(draws, drawn)
                return Grant(drawn, draws, store)
            except StoreError as error:
                failure = error
                self._rest.failure, self._rest.until = error, self.clock.monotonic() + _REST
        return await self._instead(draws, failure)

    def look(self, draw: Draw) -> float:
        """Return in how many seconds there may be so much, as far as is known here; infinity when a call must end.

        A store that others share is not asked: it counts when it said last that there would be room.
        """
        store = self.store
        if isinstance(store, MemoryStore):
            return store.look(draw)
        return max(0.0, self._short.get(draw.bucket, 0.0) - self.clock.monotonic())

    def _note(self, draws: Sequence[Draw], drawn: Drawn) -> None:
        """Note what is short, where time alone fills it."""
        now = self.clock.monotonic()
        if len(self._short) > _MOST_NOTED:
            for over in [bucket for bucket, until in self._short.items() if until <= now]:
                del self._short[over]
        if any(draw.bucket == drawn.short and not draw.lease for draw in draws):
            self._short[drawn.short] = now + drawn.wait

    @property
    def lines(self) -> Lines:
        """Who waits in the running event loop."""
        loop = asyncio.get_running_loop()
        lines = self._lines.get(loop)
        return self._lines.setdefault(loop, Lines()) if lines is None else lines

    @property
    def waiting(self) -> int:
        """How many wait for room, in every event loop."""
        return sum(map(len, tuple(self._lines.values())))

    async def give_back(self, grant: Grant, draws: Sequence[Draw]) -> None:
        """Put amounts back, or take more, where they were drawn, and let those look who wait for them.

        One who is cancelled meanwhile has put them back, too. A shared store is waited for only where calls at once are
        counted: their places would be lost if the program ended now.
        """
        if grant.store is None or not draws:
            return
        if isinstance(grant.store, MemoryStore):
            await self._return(grant.store, draws)
            return
        task = self.behind(self._return(grant.store, draws))
        if any(draw.lease for draw in draws):
            await asyncio.shield(task)

    def behind(self, work: Coroutine[object, object, T]) -> asyncio.Task[T]:
        """Have work done whatever becomes of who asked for it."""
        task = asyncio.get_running_loop().create_task(work)
        # A loop holds its tasks only weakly.
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def afterwards(
        self, loop: asyncio.AbstractEventLoop, work: Callable[[], Coroutine[object, object, object]]
    ) -> asyncio.Task[object] | None:
        """Have work done in a loop, from wherever this is called: in it, on another thread, or in a finaliser.

        With the loop closed nothing is done; leases end by themselves.

        Returns:
            The work, if this is called in the loop.
        """
        try:
            here = asyncio.get_running_loop() is loop
        except RuntimeError:
            here = False
        if here:
            return self.behind(work())
        if not loop.is_closed():
            loop.call_soon_threadsafe(self._begin, work)
        return None

    def _begin(self, work: Callable[[], Coroutine[object, object, object]]) -> None:
        self.behind(work())

    async def _draw(self, store: Buckets, draws: Sequence[Draw]) -> Drawn:
        task = self.behind(store.draw(draws))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(partial(self._undo, store, draws))
            raise

    def _undo(self, store: Buckets, draws: Sequence[Draw], task: asyncio.Task[Drawn]) -> None:
        if not task.cancelled() and task.exception() is None and task.result().granted:
            self.behind(self._return(store, draws))

    async def _return(self, store: Buckets, draws: Sequence[Draw]) -> None:
        try:
            await store.give_back(draws)
        except StoreError as error:
            # Leases end and buckets fill by themselves; the next draw tells of the store.
            self._rest.failure, self._rest.until = error, self.clock.monotonic() + _REST
        lines = self.lines
        for draw in draws:
            lines.wake(draw.bucket)

    async def _instead(self, draws: Sequence[Draw], failure: StoreError) -> Grant:
        policy = self._policy
        if policy.on_unavailable == "reject":
            raise StoreError(failure.message, failure)
        if policy.on_unavailable == "pass":
            warning = CallWarning("skipped", self._what, f"{failure.message}; the call went on without them")
            return Grant(_GRANTED, (), None, warning)
        share = policy.local_share
        near = [_part(draw, share) for draw in draws]
        warning = CallWarning("approximated", self._what, f"{failure.message}; this process keeps to {share:g} of them")
        return Grant(await self._near.draw(near), near, self._near, warning)

    @property
    def store(self) -> Buckets:
        """The store that is asked first.

        Raises:
            ConfigurationError: it has no buckets.
        """
        if self._opened is None:
            place, clock = self._surroundings.store, self._surroundings.clock
            store = self._surroundings.shared(("store", place), partial(open_store, place, clock))
            if not isinstance(store, Buckets):
                raise ConfigurationError(
                    f"store is {show(place)}, which has no buckets for {self._what}; give one with draw and give_back"
                )
            self._opened = store
        return self._opened


class _Rest:
    """How the store failed last, and until when it is not asked again."""

    __slots__ = ("failure", "until")

    def __init__(self) -> None:
        self.failure: StoreError | None = None
        self.until = 0.0


def _nothing_short() -> dict[str, float]:
    """Return until when which bucket is short: nothing yet."""
    return {}


def _part(draw: Draw, share: float) -> Draw:
    capacity = draw.capacity * share
    return msgspec.structs.replace(draw, capacity=capacity, amount=min(draw.amount, capacity))
