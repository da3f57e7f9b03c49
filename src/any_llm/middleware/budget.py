"""Keep what is spent within budgets: reserved before a call, settled with what it cost, the rest given back."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, NoReturn, Protocol

import msgspec

from any_llm.exceptions import AnyLLMError
from any_llm.pipeline.candidates import OUT_OF_BUDGET, Chain, candidates_of
from any_llm.pipeline.ledger import Ledger
from any_llm.pipeline.payers import Outlay, Payer, claims_of
from any_llm.pipeline.purse import Purse, dollars, nano, purses_of
from any_llm.pipeline.reservation import facts_of
from any_llm.pipeline.spending import Short, Spending, Spent, Told, exceeded, named
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
    """A call that may go on: how it does, who would pay for it where, and what there is to tell of that."""

    __slots__ = ("call", "now", "passed", "payers", "read", "reasons", "spending", "warnings")

    def __init__(self, call: Call, now: float, spending: Spending) -> None:
        self.call = call
        self.now = now
        self.spending = spending
        self.payers: Sequence[Payer] = ()
        self.read = 0
        self.passed: set[str] = set()
        self.reasons: dict[int, str] = {}
        self.warnings: list[CallWarning] = []

    def payer_at(self, provider: str, model: str) -> Payer:
        """Return who pays at a target, or where that is not known at the first one."""
        found = (one for one in self.payers if (one.target.provider.name, one.target.model) == (provider, model))
        return next(found, self.payers[0])


class _Paid(NamedTuple):
    """What was paid where; `None` where nobody knows how much."""

    provider: str
    model: str
    key: str
    cost: Decimal | None


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
            await self._settle(admitted, self._lost(call))
            raise
        value: object = reply.value
        if is_stream(value):
            value.follow(partial(self._ended, asyncio.get_running_loop(), admitted))
        else:
            paid = self._paid(admitted, value, reply.report)
            admitted.warnings += (_unpriced(one) for one in paid[-1:] if one.cost is None)
            await self._settle(admitted, paid)
        if admitted.warnings:
            reply.report.warnings = (*reply.report.warnings, *admitted.warnings)
        return reply

    async def _admit(self, call: Call) -> _Admitted | None:
        """Reserve what a call may cost, wherever it may go, or at a cheaper model; `None` where no budget is for it."""
        now = self._ledger.clock.time()
        admitted = _Admitted(call, now, Spending(self._ledger, self._policy, self._told))
        self._reckon(admitted)
        if not any(payer.purses for payer in admitted.payers):
            return None
        lowered: list[CallWarning] = []
        while True:
            self._refuse_unpriced(admitted)
            short = await admitted.spending.take(admitted.call, claims_of(admitted.payers, admitted.passed))
            if short is None:
                break
            then = self._leave_out(admitted, short) or self._lower(admitted, short)
            lowered.append(exceeded(short.purse, short.spent, then))
        if admitted.reasons:
            overrides = {**admitted.call.overrides, OUT_OF_BUDGET: admitted.reasons}
            admitted.call = msgspec.structs.replace(admitted.call, overrides=overrides)
        loose = [purse for purse in admitted.payers[0].purses if purse.budget.on_exhausted == "warn"]
        admitted.warnings += lowered
        admitted.warnings += await admitted.spending.exceeded(loose)
        if admitted.spending.warning is not None:
            admitted.warnings.append(admitted.spending.warning)
        return admitted

    def _reckon(self, admitted: _Admitted) -> None:
        """Find out what a call may cost at each target that it may reach, and who pays for it there."""
        call, at = admitted.call, dt.datetime.fromtimestamp(admitted.now, dt.UTC)
        payers: list[Payer] = []
        for target, candidate in _targets(call):
            told = estimate_of(target.provider.name, target.model, call.options, at, prices=self._prices.prices)
            outlay = None
            if told.expected is not None and told.high is not None:
                outlay = Outlay(nano(told.expected), nano(told.high))
            facts = facts_of(msgspec.structs.replace(call, target=target))
            payers.append(Payer(target, candidate, outlay, self._purses(facts, admitted.now)))
            admitted.read = max(admitted.read, told.input_tokens.expected)
        admitted.payers = payers

    def _purses(self, facts: Mapping[str, Sequence[str]], now: float) -> Sequence[Purse]:
        return [purse for budget in self._policy.budgets for purse in purses_of(budget, facts, now)]

    def _leave_out(self, admitted: _Admitted, short: Short) -> str:
        """Have a route leave out the targets that are not paid for any more, and return what is told of it.

        Nothing comes back where that leaves nobody, or where a cheaper model is to answer instead.
        """
        left = [payer for payer in admitted.payers if not payer.is_paid_from(short.purse)]
        cheaper = short.purse.budget.on_exhausted == "tier_down" and admitted.payers[0].is_paid_from(short.purse)
        return "" if not left or cheaper else self._keep(admitted, left, f"the {named(short.purse)} is exhausted")

    @staticmethod
    def _keep(admitted: _Admitted, left: Sequence[Payer], reason: str) -> str:
        out = [payer for payer in admitted.payers if payer not in left]
        admitted.reasons |= {payer.candidate: reason for payer in out if payer.candidate is not None}
        admitted.payers = left
        return f"so {', '.join(payer.name for payer in out)} could not be asked"

    def _lower(self, admitted: _Admitted, short: Short) -> str:
        """Have a cheaper model get the call, and return what is told of it.

        Raises:
            BudgetExceededError: the budget names none that the client can ask.
        """
        call, budget = admitted.call, short.purse.budget
        target = _cheaper(call, budget.tier) if budget.on_exhausted == "tier_down" else None
        if target is None:
            self._refuse(call, short)
        overrides = {name: said for name, said in call.overrides.items() if name != "fallback"}
        admitted.call = msgspec.structs.replace(call, target=target, overrides=overrides)
        admitted.reasons = {}
        admitted.passed.add(budget.called)
        self._reckon(admitted)
        return f"so {admitted.payers[0].name} was asked"

    def _paid(self, admitted: _Admitted, answer: JSON, report: Report) -> list[_Paid]:
        """Return what a call cost, as far as it has come: attempt by attempt, what answered last."""
        first = admitted.payers[0].target
        provider, model = report.provider or first.provider.name, report.model or first.model
        if report.cache is not None and report.cache.status in UNPAID:
            return [_Paid(provider, model, _key_of(first), Decimal(0))]
        cost = cost_in(answer, report)
        total = self._guessed(admitted, answer, provider, model) if cost is None else cost.total
        costs = costs_of(report.attempts, cost, self._prices.of_attempt, report.routing)
        pairs = list(zip(report.attempts, costs.attempts, strict=True))
        paid = [_paid_for(attempt, one.cost) for attempt, one in pairs if one.role != "answer"]
        served = next((attempt.key for attempt, one in pairs if one.role == "answer"), None)
        key = _key_of(admitted.payer_at(provider, model).target) if served is None else served
        if cost is not None and not cost.complete and cost.counts == "computed":
            # A part of it has no price, which is counted, too.
            paid.append(_Paid(provider, model, key, None))
        return [*paid, _Paid(provider, model, key, total)]

    def _guessed(self, admitted: _Admitted, answer: JSON, provider: str, model: str) -> Decimal | None:
        """Return about what an answer cost whose provider did not tell what it used."""
        at = dt.datetime.fromtimestamp(self._ledger.clock.time(), dt.UTC)
        usage = Usage(input_tokens=admitted.read, output_tokens=estimate_answer(answer))
        cost = self._prices.of_usage(usage, provider, model, at)
        return None if cost is None else cost.total

    def _lost(self, call: Call) -> list[_Paid]:
        """Return what is known to have been paid for a call that failed."""
        costs = costs_of(call.attempts, None, self._prices.of_attempt).attempts
        return [_paid_for(attempt, one.cost) for attempt, one in zip(call.attempts, costs, strict=True)]

    async def _settle(self, admitted: _Admitted, paid: Sequence[_Paid]) -> None:
        """Spend what was paid where it was paid, and give back the rest of what was reserved."""
        spent: list[Spent] = []
        facts = facts_of(msgspec.structs.replace(admitted.call, target=admitted.payers[0].target))
        for provider, model, key, cost in paid:
            payer = next((one for one in admitted.payers if one.is_at(provider, model, key)), None)
            place = {"provider": (provider,), "model": (model,), "key": (key,)}
            purses = self._purses({**facts, **place}, admitted.now) if payer is None else payer.purses
            spent += (Spent(purse, cost) for purse in purses)
        await admitted.spending.settle(spent)

    def _ended(
        self, loop: asyncio.AbstractEventLoop, admitted: _Admitted, stream: EventStream[JSON], _outcome: Outcome
    ) -> None:
        try:
            whole: JSON = stream.whole()
            paid = self._paid(admitted, whole, stream.report)
        except (AnyLLMError, TypeError):
            # What does not add up has told nobody what it used.
            payer = admitted.payer_at(stream.report.provider, stream.report.model)
            expected = None if payer.outlay is None else dollars(payer.outlay.expected)
            paid = [_Paid(payer.target.provider.name, payer.target.model, _key_of(payer.target), expected)]
        settling = self._ledger.afterwards(loop, partial(self._settle, admitted, paid))
        if settling is not None:
            stream.wait_for(settling)

    def _refuse_unpriced(self, admitted: _Admitted) -> None:
        """Leave out targets that nobody knows the price of, where a budget refuses such calls."""
        for payer in admitted.payers:
            strict = next((purse for purse in payer.purses if purse.budget.unpriced == "refuse"), None)
            if payer.outlay is not None or strict is None:
                continue
            left = [one for one in admitted.payers if one is not payer]
            if left:
                self._keep(admitted, left, f"its price is not known, and {named(strict)} refuses such calls")
                continue
            self._raise(
                admitted.call,
                strict,
                f"The price of {payer.name} is not known, and {named(strict)} refuses such calls; set its price, as "
                f"Settings(prices={{{payer.name!r}: …}}), or allow unpriced calls",
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
        target = _targets(call)[0][0]
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


def _targets(call: Call) -> Sequence[tuple[Target, int | None]]:
    """Return whom a call may reach: of a route, all of its targets, the first one first, each with its candidate."""
    chain = call.overrides.get("fallback")
    if not isinstance(chain, Chain):
        return [(call.target, None)]
    return [(each.target, id(each)) for each in candidates_of(chain)]


def _cheaper(call: Call, tier: Sequence[str]) -> Target | None:
    """Return the first of some models that the client of a call can ask."""
    for name in tier:
        provider, _, model = name.partition(":")
        for target, _ in _targets(call):
            if target.provider.name == provider:
                return msgspec.structs.replace(target, model=model)
    return None


def _key_of(target: Target) -> str:
    return target.key.fingerprint if target.key else ""


def _paid_for(attempt: Attempt, cost: Decimal | None) -> _Paid:
    return _Paid(attempt.provider, attempt.model, attempt.key, cost)


def _unpriced(paid: _Paid) -> CallWarning:
    detail = f"the price of {paid.provider}:{paid.model} is not known, so the call counts as nothing"
    return CallWarning("skipped", "budgets", detail)
