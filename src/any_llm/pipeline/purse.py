"""Where a store counts what is spent of a budget: one purse for each who has a budget of its own.

A purse is a bucket of leases, in billionths of a dollar. What a call may cost is a lease that ends by itself if the
process dies; what was spent is a lease that ends with the window, of the calendar or rolling. So a store needs nothing
beyond what it needs for limits, and what is left is always the amount less all leases.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import ROUND_CEILING, Decimal
from itertools import product

import msgspec

from any_llm.spec.store import Draw
from any_llm.types.budgets import Budget

_NANO = 1_000_000_000
_SLOTS = 60
"""A rolling window moves on in so many steps: what was spent stays for up to one of them too long, never too short."""

_GRACE = 60.0
"""For how many seconds the purse of a window of the calendar is kept after it, for calls that end then."""

PREFIX = "budget"


class Purse(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """What is spent of a budget by one who has it.

    Attributes:
        budget: the budget.
        whose: whose of them.
        bucket: what it is called in the store.
        slot: the lease to which what is spent now is added.
        keep: for how many seconds from now it is kept there.
        resets: when the window of the calendar ends; `None` for a rolling one.
    """

    budget: Budget
    whose: Mapping[str, str]
    bucket: str
    slot: str
    keep: float
    resets: dt.datetime | None

    @property
    def capacity(self) -> int:
        """The whole amount, in billionths of a dollar."""
        return nano(self.budget.amount)

    def hold(self, amount: int, name: str, seconds: float) -> Draw:
        """Return the draw of what a call may cost, under its name."""
        return Draw(bucket=self.bucket, amount=amount, capacity=self.capacity, window=seconds, lease=f"held {name}")

    def alone(self, name: str, seconds: float) -> Draw:
        """Return the draw of what only one call at a time has: the right to go by its expected cost."""
        return Draw(bucket=f"{self.bucket}:last", amount=1, capacity=1, window=seconds, lease=name)

    def spend(self, amount: int) -> list[Draw]:
        """Return what is to be given back where so much was spent: less than nothing."""
        return [
            Draw(bucket=bucket, amount=-amount, capacity=self.capacity, window=self.keep, lease=self.slot)
            for bucket in (self.bucket, self._spent)
        ]

    def look(self, *, spent: bool) -> Draw:
        """Return a draw that is always refused, and so tells what is left: of all, or of what is `spent` alone."""
        bucket = self._spent if spent else self.bucket
        return Draw(bucket=bucket, amount=self.capacity + 1, capacity=self.capacity, window=1.0, lease="look")

    @property
    def _spent(self) -> str:
        return f"{self.bucket}:spent"


def nano(dollars: Decimal) -> int:
    """Return dollars as billionths, rounded up: what is spent never counts as less."""
    return int((dollars * _NANO).to_integral_value(ROUND_CEILING))


def dollars(amount: float) -> Decimal:
    """Return billionths of a dollar as dollars, exactly."""
    return Decimal(round(amount)) / _NANO


def purses_of(budget: Budget, facts: Mapping[str, Sequence[str]], now: float) -> Sequence[Purse]:
    """Return the purses that a call is paid from: one for each combination of what has a budget of its own.

    Args:
        budget: the budget.
        facts: what the call is, by the words of `Budget.per`.
        now: the time, in seconds since 1970.
    """
    if budget.only and any(value not in facts[word] for word, value in budget.only.items()):
        return ()
    places = product(*(facts[word] for word in budget.per))
    return [purse_of(budget, dict(zip(budget.per, place, strict=True)), now) for place in places]


def purse_of(budget: Budget, whose: Mapping[str, str], now: float) -> Purse:
    """Return the purse of one who has a budget."""
    bucket = joined((PREFIX, budget.called, *(f"{word}={value}" for word, value in whose.items())))
    period = budget.period(now)
    if period is not None:
        first, following = period
        keep = max(0.0, following.timestamp() - now) + _GRACE
        return Purse(
            budget=budget,
            whose=whose,
            bucket=f"{bucket}:{joined((first.isoformat(),))}",
            slot="spent",
            keep=keep,
            resets=following,
        )
    window = float(budget.window)
    slot = f"spent {int(now / (window / _SLOTS))}"
    return Purse(budget=budget, whose=whose, bucket=bucket, slot=slot, keep=window, resets=None)


def joined(words: Sequence[str]) -> str:
    """Return words as one name, from which no other words make the same."""
    return ":".join(word.replace("%", "%25").replace(":", "%3A") for word in words)
