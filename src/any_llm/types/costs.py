"""What a whole call cost: the answer, and apart from it every other attempt that was made on the way to it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Literal, Protocol, TypeAlias

import msgspec

from any_llm.attempts import Attempt, Routing
from any_llm.types.caching import CacheInfo
from any_llm.types.cost import Cost
from any_llm.types.json import JSONObject
from any_llm.types.metering import usage_of
from any_llm.types.usage import Usage

Role: TypeAlias = Literal["answer", "failed", "retried", "hedged", "fallback"]
"""What an attempt was for the call: the `answer`; one that `failed` for good; one that was made again by the same
target (`retried`); one that another ran ahead of (`hedged`); one after which another target was asked (`fallback`)."""


class CallReport(Protocol):
    """What must be known of a call to tell what it cost: a part of its report."""

    @property
    def provider(self) -> str:
        """Who answered."""
        ...

    @property
    def model(self) -> str:
        """Which model was asked for."""
        ...

    @property
    def attempts(self) -> Sequence[Attempt]:
        """Every attempt that was made."""
        ...

    @property
    def cache(self) -> CacheInfo | None:
        """What the cache did, where there is one."""
        ...

    @property
    def routing(self) -> Routing | None:
        """How the target was found, where there were several."""
        ...

    @property
    def pricing(self) -> Pricing | None:
        """What reckons what something cost."""
        ...

    @property
    def metered(self) -> Usage | None:
        """What is known of its usage beside the answer."""
        ...


class Pricing(Protocol):
    """Reckons what something cost, when somebody asks."""

    def cost(self, answer: object, report: CallReport, usage: Usage | None = None) -> Cost | None:
        """Return what an answer cost; `None` where its usage or its price is not known."""
        ...

    def of_attempt(self, attempt: Attempt) -> Cost | None:
        """Return what an attempt cost that gave no answer; `None` where that is not known."""
        ...


class AttemptCost(msgspec.Struct, frozen=True, kw_only=True):
    """What one attempt cost.

    Attributes:
        provider: who was asked.
        model: which model.
        role: what the attempt was for the call.
        cost: in US dollars; `None` where that is not known.
        source: whose prices it is reckoned by, or why it is nothing.
        version: which version of these.
        date: of which day they are, where that is known.
    """

    provider: str
    model: str
    role: Role
    cost: Decimal | None
    source: str = ""
    version: str = ""
    date: dt.date | None = None


class Costs(msgspec.Struct, frozen=True, kw_only=True):
    """What a call cost in US dollars, by what its attempts were for it. Unknown costs are counted, never 0.

    Attributes:
        total: the sum of what is known.
        answer: what the answer cost; 0 from the cache.
        failed: attempts that failed and had no other after them.
        retried: attempts that were made again by the same target.
        hedged: attempts that another one ran ahead of.
        fallback: attempts after which another target was asked.
        saved: what the cache saved; `None` where nothing was saved, or nobody knows how much.
        unknown: how many attempts there are whose cost nobody knows; they are not in the sums.
        attempts: one by one, in the order they were made.
        currency: what all of it is in.
    """

    total: Decimal = Decimal(0)
    answer: Decimal = Decimal(0)
    failed: Decimal = Decimal(0)
    retried: Decimal = Decimal(0)
    hedged: Decimal = Decimal(0)
    fallback: Decimal = Decimal(0)
    saved: Decimal | None = None
    unknown: int = 0
    attempts: tuple[AttemptCost, ...] = ()
    currency: str = "USD"

    def to_dict(self) -> JSONObject:
        """Return it as plain values that JSON can hold: money as texts."""
        tree: JSONObject = msgspec.to_builtins(self)
        return tree


_NOTHING = Decimal(0)
UNPAID = frozenset({"hit", "semantic", "stale", "coalesced"})
"""What a cache says of answers that nobody was asked for on behalf of their call."""

_UNSENT = "ConnectTimeoutError"
"""The error of an attempt that never reached its provider."""

_REFUSED = 400
"""From this HTTP status on an answer says that nothing was done, and vendors bill nothing."""


def cost_in(answer: object, report: CallReport, usage: Usage | None = None) -> Cost | None:
    """Return what an answer cost: nothing when it came from a cache; `None` where its usage or price is not known.

    Args:
        answer: the answer.
        report: what is known of its call.
        usage: what it used, where that is known already.
    """
    if report.cache is not None and report.cache.status in UNPAID:
        nothing = Decimal(0)
        return Cost(
            total=nothing,
            computed=nothing,
            usage=usage or usage_of(answer) or report.metered or Usage(requests=0),
            source="the cache",
        )
    return None if report.pricing is None else report.pricing.cost(answer, report, usage)


def costs_in(answer: object, report: CallReport) -> Costs:
    """Return what a whole call cost, by its answer and its report."""
    cost, pricing = cost_in(answer, report), report.pricing
    if report.cache is not None and report.cache.status in UNPAID:
        return Costs(saved=report.cache.saved)
    return costs_of(report.attempts, cost, _unknown if pricing is None else pricing.of_attempt, report.routing)


def _unknown(_attempt: Attempt) -> Cost | None:
    return None


def costs_of(
    attempts: Sequence[Attempt],
    answer: Cost | None,
    priced: Callable[[Attempt], Cost | None],
    routing: Routing | None = None,
) -> Costs:
    """Return what the attempts of a call cost.

    Args:
        attempts: in the order they were made; none for an answer from the cache.
        answer: what the answer cost, if that is known.
        priced: tells what an attempt cost that is not the answer.
        routing: how the target was found, which tells whether attempts were hedged.
    """
    serving = next((number for number in range(len(attempts) - 1, -1, -1) if attempts[number].outcome == "ok"), None)
    if serving is None and attempts and attempts[-1].outcome in {"running", "closed"}:
        serving = len(attempts) - 1
    each: list[AttemptCost] = []
    sums: dict[Role, Decimal] = {}
    for number, attempt in enumerate(attempts):
        role: Role = "answer" if number == serving else _role(attempts, number, routing)
        cost = answer if role == "answer" and answer is not None else _spent(attempt, priced)
        each.append(_told(attempt, role, cost))
        if cost is not None:
            sums[role] = sums.get(role, _NOTHING) + cost.total
    return Costs(
        total=sum(sums.values(), _NOTHING),
        answer=sums.get("answer", _NOTHING),
        failed=sums.get("failed", _NOTHING),
        retried=sums.get("retried", _NOTHING),
        hedged=sums.get("hedged", _NOTHING),
        fallback=sums.get("fallback", _NOTHING),
        unknown=sum(one.cost is None for one in each),
        attempts=tuple(each),
    )


def _told(attempt: Attempt, role: Role, cost: Cost | None) -> AttemptCost:
    provider, model = attempt.provider, attempt.model
    if cost is None:
        return AttemptCost(provider=provider, model=model, role=role, cost=None)
    if cost.counts == "vendor":
        return AttemptCost(provider=provider, model=model, role=role, cost=cost.total, source="the provider's answer")
    return AttemptCost(
        provider=provider,
        model=model,
        role=role,
        cost=cost.total,
        source=cost.source,
        version=cost.version,
        date=cost.date,
    )


def _role(attempts: Sequence[Attempt], number: int, routing: Routing | None) -> Role:
    attempt = attempts[number]
    if attempt.outcome == "cancelled" and routing is not None and routing.hedged:
        return "hedged"
    after = attempts[number + 1 :]
    if not after:
        return "failed"
    same = any((other.provider, other.model) == (attempt.provider, attempt.model) for other in after)
    return "retried" if same else "fallback"


def _spent(attempt: Attempt, priced: Callable[[Attempt], Cost | None]) -> Cost | None:
    """Return what an attempt cost that gave no answer: nothing where the provider refused it, or was not reached."""
    if attempt.cost is not None:
        return Cost(total=attempt.cost, source="the attempt")
    if attempt.error == _UNSENT:
        return Cost(total=Decimal(0), source="not sent")
    if attempt.status is not None and attempt.status >= _REFUSED:
        return Cost(total=Decimal(0), source="refused")
    return priced(attempt)
