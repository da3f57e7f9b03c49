"""Who pays for a call: for each target that it may reach, what it may cost there and the purses it is paid from."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from any_llm.pipeline.purse import Purse
    from any_llm.spec.dialect import Target


class Outlay(NamedTuple):
    """What a call may cost, in billionths of a dollar: probably, and at most."""

    expected: int
    high: int


class Payer(NamedTuple):
    """A target that a call may reach.

    Attributes:
        target: where it is.
        candidate: by what a route knows it: the `id` of its candidate; `None` outside of a route.
        outlay: what the call may cost there; `None` where nobody knows.
        purses: all that it is paid from there.
    """

    target: Target
    candidate: int | None
    outlay: Outlay | None
    purses: Sequence[Purse]

    @property
    def name(self) -> str:
        """The target as messages call it."""
        return f"{self.target.provider.name}:{self.target.model}"

    def is_paid_from(self, purse: Purse) -> bool:
        """Say whether a call to it is paid from a purse."""
        return any(one.bucket == purse.bucket for one in self.purses)

    def is_at(self, provider: str, model: str, key: str) -> bool:
        """Say whether an attempt was made there."""
        target = self.target
        known = target.key.fingerprint if target.key else ""
        return (target.provider.name, target.model, known) == (provider, model, key)


class Claim(NamedTuple):
    """What a call wants to reserve in a purse.

    Attributes:
        purse: where.
        outlay: what it may cost at the dearest of the targets that it is paid from there; `None` where nobody knows.
        waits: whether it waits for what others may give back: where another purse could pay for another target it does
            not.
    """

    purse: Purse
    outlay: Outlay | None
    waits: bool


def claims_of(payers: Sequence[Payer], passed: Collection[str]) -> list[Claim]:
    """Return what is to be reserved before a call, in the purses that may stop it.

    Args:
        payers: all targets that it may reach: each of them has to be paid for, should it come to it.
        passed: the names of budgets that do not stop it any more.
    """
    claims: dict[str, Claim] = {}
    for payer in payers:
        for purse in payer.purses:
            if purse.budget.on_exhausted == "warn" or purse.budget.called in passed:
                continue
            known = claims.get(purse.bucket)
            outlay = dearest([payer.outlay, None if known is None else known.outlay])
            claims[purse.bucket] = Claim(purse, outlay, all(one.is_paid_from(purse) for one in payers))
    return list(claims.values())


def dearest(outlays: Sequence[Outlay | None]) -> Outlay | None:
    """Return the one that may cost the most, of those that are known."""
    return max((one for one in outlays if one is not None), key=lambda outlay: outlay.high, default=None)
