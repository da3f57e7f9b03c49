"""What one call reserves of its budgets, what it spent in the end, and who is told when a part of a budget is gone."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from math import inf
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from any_llm.pipeline.ledger import Grant, Ledger
from any_llm.pipeline.names import new_name
from any_llm.pipeline.payers import Claim, Outlay
from any_llm.pipeline.purse import Purse, dollars, joined, nano
from any_llm.refusals import StoreError
from any_llm.spec.store import Buckets, Claims, Counters, Draw, KeyValue
from any_llm.types.budgets import BudgetAlert, Budgets
from any_llm.types.report import Warning as CallWarning

if TYPE_CHECKING:
    from any_llm.pipeline.call import Call

_LOG = logging.getLogger("any_llm")
_LOOK = 0.1
_LEAST = 1e-3
_MANY = 10_000
"""So much may be remembered before it is looked what of it is over."""


class Short(NamedTuple):
    """Why a call cannot go.

    Attributes:
        purse: what has not enough.
        spent: what is spent of it, in billionths of a dollar.
        exhausted: whether it is spent; else others have reserved it and may give some back.
        wait: in how many seconds there may be enough.
        waits: whether the call waits for that.
    """

    purse: Purse
    spent: float
    exhausted: bool
    wait: float
    waits: bool


class Spent(NamedTuple):
    """What was spent from a purse in US dollars; `None` where nobody knows."""

    purse: Purse
    cost: Decimal | None


class Told:
    """What this process has told of budgets already, and which of them are near a part that is to be told of.

    Attributes:
        left: what was left of the budgets that all calls have together, when they were looked at last, in US dollars.
    """

    __slots__ = ("_enough", "left", "near", "parts", "seen")

    def __init__(self) -> None:
        # Each until when that counts.
        self.parts: dict[tuple[str, float], float] = {}
        self.near: dict[str, float] = {}
        self.seen: dict[str, float] = {}
        self.left: dict[str, float] = {}
        self._enough = _MANY

    @property
    def size(self) -> int:
        """How much it remembers."""
        return len(self.parts) + len(self.near) + len(self.seen)

    def sweep(self, now: float) -> None:
        """Forget what is over, once that may be much: each who has a budget has another one in every window."""
        if self.size > self._enough:
            self.parts = {name: until for name, until in tuple(self.parts.items()) if until > now}
            self.near = {name: until for name, until in tuple(self.near.items()) if until > now}
            self.seen = {name: until for name, until in tuple(self.seen.items()) if until > now}
            self._enough = max(_MANY, 2 * self.size)

    def see(self, purses: Sequence[Purse], left: Sequence[float]) -> None:
        """Note what is left, in billionths of a dollar."""
        for purse, amount in zip(purses, left, strict=False):
            if not purse.whose:
                self.left[purse.budget.called] = float(dollars(amount))

    def look(self) -> list[tuple[tuple[str, ...], float]]:
        """Return what is left of each budget, as metrics show it."""
        return [((name,), left) for name, left in self.left.items()]


class Spending:
    """What one call reserves and spends.

    Args:
        ledger: the purses' store.
        policy: the budgets.
        told: what this process has told of already.
    """

    def __init__(self, ledger: Ledger, policy: Budgets, told: Told) -> None:
        self._ledger = ledger
        self._policy = policy
        self._told = told
        self._name = new_name()
        self._grant: Grant | None = None
        self._renewal: asyncio.TimerHandle | None = None

    async def take(self, call: Call, claims: Sequence[Claim]) -> Short | None:
        """Reserve what a call may cost in the purses that may stop it, and wait for what others may give back.

        Returns:
            Why it cannot go, or `None` where it can.

        Raises:
            StoreError: the store fails, and the policy is to refuse calls then.
        """
        lines, clock = self._ledger.lines, self._ledger.clock
        waiter, began = lines.waiter(call.caller.priority), clock.monotonic()
        patience = min((claim.purse.budget.max_wait for claim in claims), default=0.0)
        until = min(began + patience, inf if call.deadline is None else call.deadline)
        try:
            while True:
                short = await self._try(claims)
                now = clock.monotonic()
                if short is None or short.exhausted or not short.waits or now >= until:
                    return short
                await lines.wait(waiter, short.purse.bucket, max(min(_LOOK, until - now), _LEAST))
        finally:
            lines.leave(waiter)

    async def settle(self, spent: Sequence[Spent] = ()) -> None:
        """Give back what was reserved, and spend what the call cost."""
        if self._renewal is not None:
            self._renewal.cancel()
            self._renewal = None
        grant, self._grant = self._grant, None
        if grant is None or grant.store is None:
            return
        sums: dict[str, Decimal] = {}
        purses = {one.purse.bucket: one.purse for one in spent}
        for one in spent:
            sums[one.purse.bucket] = sums.get(one.purse.bucket, Decimal(0)) + (one.cost or 0)
        draws = [msgspec.structs.replace(draw, amount=abs(draw.amount)) for draw in grant.draws]
        for bucket, purse in purses.items():
            draws += purse.spend(nano(sums[bucket])) if sums[bucket] else ()
        await self._ledger.give_back(grant, draws)
        try:
            await self._note(grant.store, purses.values(), {one.purse.bucket for one in spent if one.cost is None})
            watched = [purse for bucket, purse in purses.items() if sums[bucket] and self._may_reach(purse, grant)]
            if watched:
                await self._alert(grant.store, watched)
        except StoreError as error:
            # What was spent is written; the next call tells of it, and of the store.
            _LOG.warning("Nobody could be told how much of a budget is spent: %s", error)

    async def exceeded(self, purses: Sequence[Purse]) -> Sequence[CallWarning]:
        """Return what there is to tell of budgets that stop nothing and of which nothing is left."""
        store = self._grant.store if self._grant is not None else None
        if not purses or store is None:
            return ()
        try:
            looked = await store.draw([purse.look(spent=True) for purse in purses])
            self._told.see(purses, looked.left)
        except BaseException as error:
            if isinstance(error, StoreError):
                return [CallWarning("skipped", "budgets", error.message)]
            await self.settle()
            raise
        return [
            exceeded(purse, purse.capacity - left, "so the call was made")
            for purse, left in zip(purses, looked.left, strict=True)
            if left <= 0
        ]

    @property
    def warning(self) -> CallWarning | None:
        """What there is to tell of the store."""
        return None if self._grant is None else self._grant.warning

    async def _try(self, claims: Sequence[Claim]) -> Short | None:
        hold, name = self._policy.hold, self._name
        # What nobody can reckon is not reserved, and goes as long as something is left.
        wanted = [(claim.purse, claim.outlay or Outlay(1, 1)) for claim in claims]
        grant = await self._ledger.draw(
            [
                purse.hold(outlay.high if purse.budget.reserve == "high" else outlay.expected, name, hold)
                for purse, outlay in wanted
            ]
        )
        if not grant.drawn.granted and any(outlay.high > outlay.expected for _, outlay in wanted):
            # One call at a time may go by its expected cost alone, so that only one can be off.
            draws = [purse.hold(outlay.expected, name, hold) for purse, outlay in wanted]
            draws += [purse.alone(name, hold) for purse, _ in wanted if purse.budget.reserve == "high"]
            grant = await self._ledger.draw(draws)
        self._told.see([claim.purse for claim in claims], grant.drawn.left)
        if grant.drawn.granted:
            self._grant = grant
            self._renew_later(loop=asyncio.get_running_loop())
            return None
        return await self._short(grant, claims)

    async def _short(self, grant: Grant, claims: Sequence[Claim]) -> Short:
        assert grant.store is not None, "who is not asked refuses nothing"
        looked = await grant.store.draw([claim.purse.look(spent=True) for claim in claims])
        share = grant.draws[0].capacity / claims[0].purse.capacity
        spent = [claim.purse.capacity - left for claim, left in zip(claims, looked.left, strict=True)]
        wait = grant.drawn.wait
        for claim, used in zip(claims, spent, strict=True):
            needed = claim.outlay.expected if claim.outlay else 1
            if claim.purse.capacity * share - used < needed:
                return Short(claim.purse, used, exhausted=True, wait=wait, waits=claim.waits)
        place = min(range(len(claims)), key=lambda number: grant.drawn.left[number])
        return Short(claims[place].purse, spent[place], exhausted=False, wait=wait, waits=claims[place].waits)

    def _renew_later(self, loop: asyncio.AbstractEventLoop) -> None:
        """Keep what is reserved for a call that takes longer than it is kept for a process that does not answer."""
        if self._grant is not None and self._grant.draws:
            self._renewal = loop.call_later(self._policy.hold / 3, self._renew, loop)

    def _renew(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._grant is not None and self._grant.store is not None:
            self._ledger.behind(self._draw_again(self._grant.store, self._grant.draws))
            self._renew_later(loop)

    async def _draw_again(self, store: Buckets, draws: Sequence[Draw]) -> None:
        try:
            if self._grant is not None:
                await store.draw(draws)
        except StoreError:
            # The next renewal tries again, and two may fail before it is lost.
            return

    async def _note(self, store: Buckets, purses: Iterable[Purse], unknown: Collection[str]) -> None:
        """Write down who has budgets, for those who ask how they stand, and count what has no price."""
        now = self._ledger.clock.time()
        self._told.sweep(now)
        for purse in purses:
            if purse.whose and isinstance(store, KeyValue) and self._told.seen.get(purse.bucket, 0.0) <= now:
                self._told.seen[purse.bucket] = now + purse.keep / 2
                value = msgspec.json.encode({"whose": purse.whose})
                await store.set(who(purse.budget.called) + purse.bucket, value, seconds=purse.keep)
            if purse.bucket in unknown and isinstance(store, Counters):
                await store.increment(f"{purse.bucket}:unpriced", 1, seconds=purse.keep)

    def _may_reach(self, purse: Purse, grant: Grant) -> bool:
        """Say whether this call, or one beside it, may have brought a budget to a part that is to be told of."""
        parts = [part for part in purse.budget.alerts if not self._was_told(purse, part)]
        if not parts:
            return False
        for draw, left in zip(grant.draws, grant.drawn.left, strict=True):
            if draw.bucket == purse.bucket and draw.capacity - left < min(parts) * draw.capacity:
                return self._told.near.get(purse.bucket, 0.0) > self._ledger.clock.time()
        # What calls at the same time add is seen only when the last one of them has ended.
        self._told.near[purse.bucket] = self._ledger.clock.time() + purse.keep
        return True

    def _was_told(self, purse: Purse, part: float) -> bool:
        return self._told.parts.get((purse.bucket, part), 0.0) > self._ledger.clock.time()

    async def _alert(self, store: Buckets, purses: Sequence[Purse]) -> None:
        looked = await store.draw([purse.look(spent=True) for purse in purses])
        for purse, left in zip(purses, looked.left, strict=True):
            spent = purse.capacity - left
            for part in sorted(purse.budget.alerts):
                if spent >= part * purse.capacity and not self._was_told(purse, part):
                    self._told.parts[purse.bucket, part] = self._ledger.clock.time() + purse.keep
                    name = f"{purse.bucket}:told {part:g}"
                    if not isinstance(store, Claims) or await store.claim(name, self._name, seconds=purse.keep):
                        self._tell(purse, part, spent)

    def _tell(self, purse: Purse, part: float, spent: float) -> None:
        alert = BudgetAlert(
            budget=purse.budget.called,
            whose=purse.whose,
            part=part,
            spent=dollars(spent),
            limit=purse.budget.amount,
            resets=purse.resets,
        )
        _LOG.warning("%s: $%f of $%f are spent (%d %%)", named(purse), alert.spent, alert.limit, round(part * 100))
        if self._policy.on_alert is not None:
            try:
                self._policy.on_alert(alert)
            except Exception as error:  # noqa: BLE001  # who is told must not fail what it is told of
                _LOG.warning("on_alert failed: %r", error)


def exceeded(purse: Purse, spent: float, then: str) -> CallWarning:
    """Return what a report tells of a budget that stopped nothing."""
    detail = f"${dollars(spent):f} of ${purse.budget.amount:f} are spent, {then}"
    return CallWarning("exceeded", named(purse), detail)


def named(purse: Purse) -> str:
    """Return what messages call a budget, and whose it is."""
    whose = ", ".join(f"{word} {value or 'nobody'}" for word, value in purse.whose.items())
    return f"budget {purse.budget.called!r}" + (f" of {whose}" if whose else "")


def who(budget: str) -> str:
    """Return what the names begin with under which a store keeps who has a budget of its own."""
    return f"{joined(('who has', budget))}:"


def facts_from(kept: bytes) -> Mapping[str, str]:
    """Return whose a purse is, as a store keeps it."""
    return msgspec.json.decode(kept, type=dict[str, dict[str, str]])["whose"]
