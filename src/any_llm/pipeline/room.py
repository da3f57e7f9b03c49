"""Whether the program's own limits leave room at a target, told before anybody asks it, and without taking any."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from any_llm.pipeline.ledger import Ledger
from any_llm.pipeline.reservation import Plan, facts_of
from any_llm.types.estimate import Amounts

if TYPE_CHECKING:
    from any_llm.pipeline.call import Call
    from any_llm.pipeline.surroundings import Surroundings
    from any_llm.types.limits import Limits

_HOLDING_UP = frozenset({"wait", "fallback"})
"""What limits do for which another target is the better one: others refuse the call, wherever it goes, or only tell."""


class Short(NamedTuple):
    """Which limit leaves no room, and in how many seconds it does; infinity when a call must end first."""

    limit: str
    seconds: float


class Room:
    """Looks at the buckets of limits as far as this process knows them: no store is asked for it.

    Attributes:
        prices: whether it matters what a call costs.
    """

    __slots__ = ("_ledger", "_output", "_plans", "prices")

    def __init__(self, policy: Limits, surroundings: Surroundings) -> None:
        self._ledger = Ledger(policy, surroundings)
        self._plans = [Plan(limit) for limit in policy.limits if limit.mode in _HOLDING_UP]
        self._output = policy.output_tokens
        self.prices = any(plan.limit.of == "cost" for plan in self._plans)

    def short(self, call: Call, expected: Amounts) -> Short | None:
        """Return the limit that holds the call up for the longest time; `None` where none does.

        Args:
            call: with the target that it would go to.
            expected: what it may use; nothing as its output stands for what limits reserve then.
        """
        if not self._plans:
            return None
        facts = facts_of(call)
        usual = expected if expected.output_tokens else expected._replace(output_tokens=self._output)
        found = [
            Short(plan.limit.called, wait)
            for plan in self._plans
            for draw in plan.draws(facts, usual)
            if (wait := self._ledger.look(draw)) > 0
        ]
        return max(found, key=lambda each: each.seconds, default=None)
