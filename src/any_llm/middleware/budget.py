"""Keep what is spent within budgets: reserved before a call, settled with what it cost, the rest given back."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, NoReturn, Protocol

import msgspec

from any_llm.exceptions import AnyLLMError
from any_llm.pipeline.candidates import Chain, candidates_of
from any_llm.pipeline.ledger import Ledger
from any_llm.pipeline.purse import Purse, dollars, nano, purses_of
from any_llm.pipeline.reservation import facts_of
from any_llm.pipeline.spending import Outlay, Short, Spending, Told, exceeded, named
from any_llm.pipeline.stream import is_stream
from any_llm.pipeline.watched import BUDGET, watched
from any_llm.providers.estimates import estimate_of
from any_llm.refusals import BudgetExceededError
from any_llm.spec.provider import Operation
from any_llm.types.costs import UNPAID, cost_in, costs_of
from any_llm.types.estimate import estimate_answer
from any_llm.types.report import Warning as CallWarning
from any_llm.types.usage import Usage

if TYPE_CHECKING:
    from any_llm.attempts import Attempt
    from any_llm.pipeline.call import Call, Handler, Reply
    from any_llm.pipeline.stream import EventStream, Outcome
    from any_llm.pipeline.surroundings import Surroundings
    from any_llm.spec.dialect import Target
    from any_llm.types.budgets import Budgets
    from any_llm.types.cost import Cost
    from any_llm.types.json import JSON
    from any_llm.types.price_list import PriceList
    from any_llm.types.report import Report

_BILLED = frozenset({
    Operation.COMPLETION, Operation.RESPONSES, Operation.MESSAGES, Operation.TEXT_COMPLETION, Operation.EMBEDDING,
    Operation.RERANK, Operation.DECIDE, Operation.OCR, Operation.IMAGE_GENERATION, Operation.IMAGE_EDIT,
    Operation.IMAGE_VARIATION, Operation.SPEECH, Operation.TRANSCRIPTION, Operation.TRANSLATION,
    Operation.VIDEO_GENERATION, Operation.COMPACT_RESPONSE,
})  # fmt: skip
"""What vendors bill by the call; all else is free, or billed when the results of a batch are."""


class _Prices(Protocol):
    """What layers are told of prices; see `any_llm.engine.pricing`."""

    @property
    def prices(self) -> PriceList:
        """A user's own prices."""
        ...

    def of_attempt(self, attempt: Attempt) -> Cost | None:
        """Return what an attempt cost, by what it is known to have used."""
        ...

    def of_usage(self, usage: Usage | None, provider: str, model: str, at: dt.datetime) -> Cost | None:
        """Return what a usage cost."""
        ...


class _Admitted:
    """A call that may go on: how it does, what it may cost, and what there is to tell of that."""

    __slots__ = ("call", "outlay", "read", "spending", "warnings")

    def __init__(self, call: Call, outlay: Outlay | None, read: int, spending: Spending) -> None:
        self.call = call
        self.outlay = outlay
        self.read = read
        self.spending = spending
        self.warnings: list[CallWarning] = []


class Budget:
    """The layer of budgets; one call of it is one call of the program's."""

    __slots__ = ("_ledger", "_policy", "_prices", "_told")

    def __init__(self, budgeting: tuple[Budgets, _Prices], surroundings: Surroundings) -> None:
        self._policy, self._prices = budgeting
        self._ledger = Ledger(self._policy, surroundings, "budgets")
        self._told = surroundings.shared("budgets told", Told)
        watched(surroundings)[BUDGET, "budgets"] = self._told.look

    async def __call__(self, call: Call, inner: Handler) -> Reply:
        """Answer a call for which there is enough left.

        Raises:
            BudgetExceededError: there is not, or nobody knows what the call costs and a budget refuses such calls.
            StoreError: the store fails, and the policy is to refuse calls then.
        """
        if call.operation not in _BILLED:
            return await inner(call)
        admitted = await self._admit(call)
        if admitted is None:
            return await inner(call)
        try:
            reply = await inner(admitted.call)
        except BaseException:
            await admitted.spending.settle(self._lost(call))
            raise
        value: object = reply.value
        if is_stream(value):
            value.follow(partial(self._ended, asyncio.get_running_loop(), admitted))
        else:
            spent = self._spent(admitted, value, reply.report)
            if spent is None:
                admitted.warnings.append(_unpriced(admitted.call))
            await admitted.spending.settle(spent)
        if admitted.warnings:
            reply.report.warnings = (*reply.report.warnings, *admitted.warnings)
        return reply

    async def _admit(self, call: Call) -> _Admitted | None:
        """Reserve what a call may cost, by itself or by a cheaper model; `None` where no budget is for it."""
        now = self._ledger.clock.time()
        facts = facts_of(msgspec.structs.replace(call, target=_targets(call)[0]))
        purses = [purse for budget in self._policy.budgets for purse in purses_of(budget, facts, now)]
        if not purses:
            return None
        loose = [purse for purse in purses if purse.budget.on_exhausted == "warn"]
        strict = [purse for purse in purses if purse.budget.on_exhausted != "warn"]
        spending = Spending(self._ledger, self._policy, purses, self._told)
        admitted = _Admitted(call, *self._outlay(call), spending)
        lowered: list[CallWarning] = []
        while True:
            self._refuse_unpriced(admitted, purses)
            short = await spending.take(admitted.call, strict, admitted.outlay)
            if short is None:
                break
            admitted = self._lower(admitted, short)
            strict = [purse for purse in strict if purse.budget is not short.purse.budget]
            lowered.append(exceeded(short.purse, short.spent, f"so {_name_of(admitted.call.target)} was asked"))
        admitted.warnings += lowered
        admitted.warnings += await spending.exceeded(loose)
        if spending.warning is not None:
            admitted.warnings.append(spending.warning)
        return admitted

    def _lower(self, admitted: _Admitted, short: Short) -> _Admitted:
        """Return the call as a cheaper model gets it.

        Raises:
            BudgetExceededError: the budget names none that the client can ask.
        """
        call, budget = admitted.call, short.purse.budget
        target = _cheaper(call, budget.tier) if budget.on_exhausted == "tier_down" else None
        if target is None:
            self._refuse(call, short)
        overrides = {name: said for name, said in call.overrides.items() if name != "fallback"}
        lower = msgspec.structs.replace(call, target=target, overrides=overrides)
        return _Admitted(lower, *self._outlay(lower), admitted.spending)

    def _outlay(self, call: Call) -> tuple[Outlay | None, int]:
        """Return what a call may cost at the dearest of its targets, and about how many tokens it has."""
        at = dt.datetime.fromtimestamp(self._ledger.clock.time(), dt.UTC)
        outlays: list[Outlay] = []
        read = 0
        for target in _targets(call):
            told = estimate_of(target.provider.name, target.model, call.options, at, prices=self._prices.prices)
            read = max(read, told.input_tokens.expected)
            if told.expected is not None and told.high is not None:
                outlays.append(Outlay(nano(told.expected), nano(told.high)))
        dearest = max(outlays, key=lambda outlay: outlay.high, default=None)
        return dearest, read

    def _spent(self, admitted: _Admitted, answer: JSON, report: Report) -> Decimal | None:
        """Return what a call cost, as far as it has come; `None` where nobody knows the price."""
        if report.cache is not None and report.cache.status in UNPAID:
            return Decimal(0)
        cost = cost_in(answer, report)
        spent = self._guessed(admitted, answer) if cost is None else cost.total
        costs = costs_of(report.attempts, cost, self._prices.of_attempt, report.routing)
        others = sum((one.cost or Decimal(0) for one in costs.attempts if one.role != "answer"), Decimal(0))
        return None if spent is None else spent + others

    def _guessed(self, admitted: _Admitted, answer: JSON) -> Decimal | None:
        """Return about what an answer cost whose provider did not tell what it used."""
        target = _targets(admitted.call)[0]
        at = dt.datetime.fromtimestamp(self._ledger.clock.time(), dt.UTC)
        usage = Usage(input_tokens=admitted.read, output_tokens=estimate_answer(answer))
        cost = self._prices.of_usage(usage, target.provider.name, target.model, at)
        return None if cost is None else cost.total

    def _lost(self, call: Call) -> Decimal:
        """Return what is known to have been paid for a call that failed."""
        return costs_of(call.attempts, None, self._prices.of_attempt).total

    def _ended(
        self, loop: asyncio.AbstractEventLoop, admitted: _Admitted, stream: EventStream[JSON], _outcome: Outcome
    ) -> None:
        spent: Decimal | None
        try:
            whole: JSON = stream.whole()
            spent = self._spent(admitted, whole, stream.report)
        except (AnyLLMError, TypeError):
            # What does not add up has told nobody what it used.
            spent = None if admitted.outlay is None else dollars(admitted.outlay.expected)
        settling = self._ledger.afterwards(loop, partial(admitted.spending.settle, spent))
        if settling is not None:
            stream.wait_for(settling)

    def _refuse_unpriced(self, admitted: _Admitted, purses: Sequence[Purse]) -> None:
        strict = next((purse for purse in purses if purse.budget.unpriced == "refuse"), None)
        if admitted.outlay is None and strict is not None:
            model = _name_of(_targets(admitted.call)[0])
            self._raise(
                admitted.call,
                strict,
                f"The price of {model} is not known, and {named(strict)} refuses such calls; set its price, as "
                f"Settings(prices={{{model!r}: …}}), or allow unpriced calls",
            )

    def _refuse(self, call: Call, short: Short) -> NoReturn:
        purse = short.purse
        spent, limit = dollars(short.spent), purse.budget.amount
        if short.exhausted:
            why = f"${spent:f} of ${limit:f} are spent, which leaves too little for the call"
        else:
            why = f"${spent:f} of ${limit:f} are spent, and calls under way have reserved what the call needs"
        when = f"; it begins anew at {purse.resets.isoformat()}" if purse.resets else ""
        wait = short.wait if purse.resets is None else purse.resets.timestamp() - self._ledger.clock.time()
        self._raise(call, purse, f"The {named(purse)} is exhausted: {why}{when}", spent=spent, wait=wait)

    def _raise(
        self, call: Call, purse: Purse, message: str, *, spent: Decimal = Decimal(0), wait: float = 0.0
    ) -> NoReturn:
        target = _targets(call)[0]
        error = BudgetExceededError(
            message,
            provider_name=target.provider.name,
            model=target.model or None,
            operation=call.operation.value,
            client_request_id=call.request_id or None,
        )
        error.budget, error.whose = purse.budget.called, purse.whose
        error.spent, error.limit = spent, purse.budget.amount
        error.resets = purse.resets
        error.retry_after = wait if 0 < wait < _NEVER else None
        raise error


_NEVER = 1e12


def _targets(call: Call) -> Sequence[Target]:
    """Return whom a call may reach: of a route, all of its targets, the first one first."""
    chain = call.overrides.get("fallback")
    return [each.target for each in candidates_of(chain)] if isinstance(chain, Chain) else [call.target]


def _cheaper(call: Call, tier: Sequence[str]) -> Target | None:
    """Return the first of some models that the client of a call can ask."""
    for name in tier:
        provider, _, model = name.partition(":")
        for target in _targets(call):
            if target.provider.name == provider:
                return msgspec.structs.replace(target, model=model)
    return None


def _name_of(target: Target) -> str:
    return f"{target.provider.name}:{target.model}"


def _unpriced(call: Call) -> CallWarning:
    return CallWarning(
        "skipped", "budgets", f"the price of {_name_of(_targets(call)[0])} is not known, so the call counts as nothing"
    )
