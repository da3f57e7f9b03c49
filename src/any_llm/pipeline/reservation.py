"""What one attempt reserves of its limits, and what becomes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import product
from math import inf
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from any_llm.exceptions import AnyLLMError
from any_llm.pipeline.learned import Learned
from any_llm.pipeline.ledger import Grant, Ledger
from any_llm.pipeline.names import new_name
from any_llm.refusals import StoreError
from any_llm.spec.store import Draw, Drawn
from any_llm.types.estimate import Amounts
from any_llm.types.json import JSON
from any_llm.types.limits import Limit
from any_llm.types.report import Warning as CallWarning

if TYPE_CHECKING:
    from any_llm.pipeline.call import Call
    from any_llm.pipeline.stream import EventStream, Outcome

_NOT_TAKEN = frozenset({None, 429, 503, 529})
"""Statuses by which a provider says that it has done nothing; none where it has not answered at all."""


class Plan:
    """A limit, and how its buckets are called."""

    __slots__ = ("_lasts", "_prefix", "capacity", "limit", "window")

    def __init__(self, limit: Limit) -> None:
        self.limit = limit
        self.capacity = limit.amount if limit.burst is None else limit.burst
        self.window = limit.window if limit.burst is None else limit.window * limit.burst / limit.amount
        only = (f"{word}={value}" for word, value in sorted(limit.only.items()))
        self._prefix = _joined(("limit", limit.called, limit.of, *only, *limit.per))

    def draws(self, facts: Mapping[str, Sequence[str]], expected: Amounts) -> list[Draw]:
        """Return what a call draws: from one bucket for each combination of what has amounts of its own."""
        limit = self.limit
        if limit.only and any(value not in facts[word] for word, value in limit.only.items()):
            return []
        amount = min(expected.of(limit.of), self.capacity)
        lease = new_name() if limit.of == "concurrency" else ""
        places = product(*(facts[word] for word in limit.per))
        buckets = (f"{self._prefix}:{_joined(place)}" if place else self._prefix for place in places)
        return [
            Draw(bucket=bucket, amount=amount, capacity=self.capacity, window=self.window, lease=lease)
            for bucket in buckets
        ]


class Reserved(NamedTuple):
    """One draw and the limit that it is for."""

    limit: Limit
    draw: Draw


class Shortage(NamedTuple):
    """Why a call cannot go now.

    Attributes:
        bucket: what is short.
        seconds: in how many seconds there is enough, if nothing comes back before.
        limit: the program's own limit; `None` for the provider's.
        sure: whether that is so, as nothing but time fills the bucket.
    """

    bucket: str
    seconds: float
    limit: Limit | None
    sure: bool


class Provider(NamedTuple):
    """What is known about the provider's own limits, and what the line is called that waits for them."""

    learned: Learned
    bucket: str


class Reservation:
    """What one attempt reserves.

    Args:
        ledger: the buckets.
        expected: what the attempt may use.
        reserved: what is to be drawn for it.
        provider: the provider's own limits, where they are kept to.
        measure: tells from an answer, or from a stream as far as it has come, what was really used.
    """

    def __init__(
        self,
        ledger: Ledger,
        expected: Amounts,
        reserved: Sequence[Reserved],
        provider: Provider | None,
        measure: Callable[[JSON], Amounts],
    ) -> None:
        self._ledger = ledger
        self._expected = expected
        self._provider = provider
        self._measure = measure
        self._items = [item for item in reserved if item.limit.mode != "shadow"]
        self._draws = [item.draw for item in self._items]
        self._grant: Grant | None = None
        self._answers = 0
        self._renewal: asyncio.TimerHandle | None = None
        several = len(reserved) > len(self._items)
        self._shadowed = [item for item in reserved if item.limit.mode == "shadow"] if several else ()
        self._shadows: asyncio.Task[list[tuple[Reserved, Grant]]] | None = None

    @property
    def buckets(self) -> Sequence[str]:
        """What there must be room in."""
        buckets = [draw.bucket for draw in self._draws]
        return buckets if self._provider is None else [self._provider.bucket, *buckets]

    def limit_of(self, bucket: str) -> Limit | None:
        """Return the limit that a bucket is of; `None` for the provider's own."""
        return next((item.limit for item in self._items if item.draw.bucket == bucket), None)

    async def take(self) -> Shortage | None:
        """Reserve everything, or return what is short."""
        if self._provider is not None:
            learned, bucket = self._provider
            seconds = learned.take(self._expected, self._ledger.clock.monotonic())
            if seconds > 0:
                return Shortage(bucket, seconds, None, sure=seconds < inf)
            self._answers = learned.answers
        if not self._draws:
            self._see_shadows()
            return None
        try:
            grant = await self._ledger.draw(self._draws)
        except BaseException:
            self._leave_provider()
            raise
        if grant.drawn.granted:
            self._grant = grant
            self._renew_later()
            self._see_shadows()
            return None
        self._leave_provider()
        return self._shortage(grant.drawn)

    def _see_shadows(self) -> None:
        """See what limits that only tell say of an attempt that is made; one that is refused is none of theirs."""
        if self._shadowed:
            self._shadows = self._ledger.behind(self._try(self._shadowed))

    def answered(self, headers: Mapping[str, str]) -> None:
        """Learn from the headers of an answer."""
        if self._provider is not None:
            clock, (learned, bucket) = self._ledger.clock, self._provider
            learned.come_back(self._expected, self._answers, headers, clock.monotonic(), clock.time())
            self._ledger.lines.wake(bucket)

    async def settle(self, answer: JSON) -> None:
        """Give back what was reserved for an answer and not used, or take what was used beyond."""
        used = self._measure(answer)
        await self._end([*_rests(self._grant.draws, self._items, used)] if self._grant is not None else ())

    async def fail(self, error: BaseException) -> None:
        """Give back what a failed attempt has not used: its tokens, and itself where the provider took nothing."""
        status = error.status_code if isinstance(error, AnyLLMError) else None
        taken = status not in _NOT_TAKEN
        if self._provider is not None:
            learned, bucket = self._provider
            after = error.retry_after if isinstance(error, AnyLLMError) and status in _NOT_TAKEN else None
            learned.fail(self._expected, after, self._ledger.clock.monotonic(), taken=taken or status is None)
            self._ledger.lines.wake(bucket)
        grant = self._grant
        pairs = zip(grant.draws, self._items, strict=False) if grant is not None else ()
        await self._end([draw for draw, item in pairs if not (taken and item.limit.of == "requests")])

    def follow(self, stream: EventStream[JSON]) -> None:
        """Settle when a stream has ended, in whichever way: what it used until then is what it used."""
        if self._grant is not None or self._shadows is not None:
            stream.follow(partial(self._ended, asyncio.get_running_loop()))

    async def warnings(self) -> Sequence[CallWarning]:
        """Return what there is to tell of limits that do not hold calls up, and of a store that fails."""
        told: list[CallWarning] = []
        if self._grant is not None and self._grant.warning is not None:
            told.append(self._grant.warning)
        if self._shadows is not None:
            tried = await asyncio.shield(self._shadows)
            told += [
                CallWarning("exceeded", f"limit {item.limit.called}", "its mode is shadow, so the call was made")
                for item, grant in tried
                if not grant.drawn.granted
            ]
        return told

    def _shortage(self, drawn: Drawn) -> Shortage:
        """Return what is short; a limit for which nobody waits goes before those for which one does."""
        short = [item for item, left in zip(self._items, drawn.left, strict=True) if left < item.draw.amount]
        strict = [item for item in short if item.limit.mode != "wait"]
        longest = [item for item in short if item.draw.bucket == drawn.short]
        item = (strict or longest or short or self._items)[0]
        return Shortage(item.draw.bucket, max(drawn.wait, 0.0), item.limit, sure=not item.draw.lease)

    def _leave_provider(self) -> None:
        if self._provider is not None:
            self._provider.learned.undo(self._expected)
            self._ledger.lines.wake(self._provider.bucket)

    def _ended(self, loop: asyncio.AbstractEventLoop, stream: EventStream[JSON], _outcome: Outcome) -> None:
        try:
            used = self._measure(stream)
        except (AnyLLMError, TypeError):
            # What does not add up has told nobody what it used.
            used = self._expected
        rests = [*_rests(self._grant.draws, self._items, used)] if self._grant is not None else ()
        self._ledger.afterwards(loop, partial(self._end, rests))

    async def _end(self, draws: Sequence[Draw]) -> None:
        if self._renewal is not None:
            self._renewal.cancel()
            self._renewal = None
        if self._grant is not None and draws:
            await self._ledger.give_back(self._grant, draws)
        if self._shadows is not None:
            for _, grant in await asyncio.shield(self._shadows):
                if grant.drawn.granted:
                    await self._ledger.give_back(grant, [draw for draw in grant.draws if draw.lease])

    async def _try(self, shadows: Sequence[Reserved]) -> list[tuple[Reserved, Grant]]:
        tried: list[tuple[Reserved, Grant]] = []
        for item in shadows:
            try:
                tried.append((item, await self._ledger.draw([item.draw])))
            except StoreError:
                # A limit that only tells does not stop a call.
                continue
        return tried

    def _renew_later(self) -> None:
        """Keep the place of a call that takes longer than places may be kept by a process that does not answer."""
        windows = [draw.window for draw in self._draws if draw.lease]
        if windows:
            self._renewal = asyncio.get_running_loop().call_later(min(windows) / 3, self._renew)

    def _renew(self) -> None:
        grant = self._grant
        if grant is not None and grant.store is not None:
            self._ledger.behind(self._draw_again([draw for draw in grant.draws if draw.lease]))
            self._renew_later()

    async def _draw_again(self, leases: Sequence[Draw]) -> None:
        grant = self._grant
        if grant is not None and grant.store is not None:
            try:
                await grant.store.draw(leases)
            except StoreError:
                # The next renewal tries again, and two may fail before the place is lost.
                return


def facts_of(call: Call) -> Mapping[str, Sequence[str]]:
    """Return what a call is, by the words of `Limit.per`."""
    target, caller = call.target, call.caller
    return {
        "key": (target.key.fingerprint if target.key else "",),
        "model": (target.model,),
        "provider": (target.provider.name,),
        "user": (call.user,),
        "tenant": (caller.tenant,),
        "project": (caller.project,),
        "tag": tuple(dict.fromkeys(caller.tags)) or ("",),
    }


def _rests(draws: Sequence[Draw], items: Sequence[Reserved], used: Amounts) -> Iterator[Draw]:
    """Return what is to be given back of draws; less than nothing where more was used."""
    # Nobody was asked where there are no draws.
    for draw, item in zip(draws, items, strict=False):
        if draw.lease:
            yield draw
        elif item.limit.of != "requests" and (rest := draw.amount - used.of(item.limit.of)):
            yield msgspec.structs.replace(draw, amount=rest)


def _joined(words: Sequence[str]) -> str:
    return ":".join(word.replace("%", "%25").replace(":", "%3A") for word in words)
