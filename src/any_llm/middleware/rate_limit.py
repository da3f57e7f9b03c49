"""Keep calls within limits: reserved before each attempt, settled with what was used, given back where nothing was."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import partial
from math import inf
from typing import TYPE_CHECKING, NoReturn

import msgspec

from any_llm.pipeline.learned import limits_learned, limits_name
from any_llm.pipeline.ledger import Ledger
from any_llm.pipeline.reservation import Plan, Provider, Reservation, Reserved, Shortage, facts_of
from any_llm.pipeline.stream import is_stream
from any_llm.pipeline.watched import QUEUE, decisions, watched
from any_llm.providers.prices import rates
from any_llm.refusals import LimitExceededError
from any_llm.types.cost import Rates, price
from any_llm.types.estimate import Amounts, estimate_answer, estimate_tokens
from any_llm.types.http import is_number
from any_llm.types.json import JSON
from any_llm.types.limits import Limits
from any_llm.types.metering import usage_of
from any_llm.types.report import Warning as CallWarning
from any_llm.types.usage import Usage

if TYPE_CHECKING:
    from any_llm.pipeline.call import Call, Handler, Reply
    from any_llm.pipeline.surroundings import Surroundings

_LOOK = 0.1
"""After how many seconds a call looks again whether what others hold is free: they may be in other processes."""

_LEAST = 1e-3
_FREE = "local"
_CAPS = ("max_tokens", "max_completion_tokens", "max_output_tokens")
_READ = ("prompt_tokens", "input_tokens")
_WRITTEN = ("completion_tokens", "output_tokens")


class RateLimit:
    """The layer of limits; one call of it is one attempt."""

    __slots__ = ("_decisions", "_ledger", "_plans", "_policy", "_prices", "_surroundings")

    def __init__(self, policy: Limits, surroundings: Surroundings) -> None:
        self._policy = policy
        self._surroundings = surroundings
        self._ledger = Ledger(policy, surroundings)
        self._plans = [Plan(limit) for limit in policy.limits]
        self._decisions = decisions(surroundings)
        watched(surroundings)[QUEUE, "limits"] = lambda: [(("limits",), self._ledger.waiting)]
        self._prices = any(limit.of == "cost" for limit in policy.limits)

    async def __call__(self, call: Call, inner: Handler) -> Reply:
        """Answer a call when there is room for it.

        Raises:
            LimitExceededError: there is none, and none in the time that the call or the limit has.
            StoreError: the store fails, and the policy is to refuse calls then.
        """
        reservation = self._reservation(call)
        try:
            waited = await self._take(call, reservation)
        except LimitExceededError:
            self._decisions["rejected"] += 1
            raise
        self._decisions["waited" if waited else "allowed"] += 1
        if waited:
            call = msgspec.structs.replace(call, waited=call.waited + waited)
        try:
            reply = await inner(call)
        except BaseException as error:
            await reservation.fail(error)
            raise
        reservation.answered(reply.report.headers)
        value: JSON = reply.value
        if is_stream(value):
            reservation.follow(value)
        else:
            await reservation.settle(value)
        warnings = await reservation.warnings()
        if self._prices and self._rates(call) is None:
            warnings = (*warnings, _unpriced(call))
        if warnings:
            reply.report.warnings = (*reply.report.warnings, *warnings)
        return reply

    def _reservation(self, call: Call) -> Reservation:
        policy, options = self._policy, call.options
        output = next((said for name in _CAPS if isinstance(said := options.get(name), int) and said), None)
        expected = self._amounts(call, estimate_tokens(options), policy.output_tokens if output is None else output)
        reserved: list[Reserved] = []
        if self._plans:
            facts = facts_of(call)
            reserved = [Reserved(plan.limit, draw) for plan in self._plans for draw in plan.draws(facts, expected)]
        provider = self._provider(call) if policy.learn else None
        return Reservation(self._ledger, expected, reserved, provider, partial(self._measure, call, expected))

    def _provider(self, call: Call) -> Provider:
        name = limits_name(call.target)
        return Provider(limits_learned(self._surroundings).of(name), name)

    def _amounts(self, call: Call, read: float, written: float) -> Amounts:
        cost = price(Usage(input_tokens=round(read), output_tokens=round(written)), self._rates(call))
        return Amounts(read, written, 0.0 if cost is None else float(cost.total))

    def _rates(self, call: Call) -> Rates | None:
        if not self._prices:
            return None
        now = dt.datetime.fromtimestamp(self._surroundings.clock.time(), dt.UTC)
        provider = call.target.provider
        return rates(_FREE if provider.transport == _FREE else provider.name, call.target.model, now)

    def _measure(self, call: Call, expected: Amounts, answer: JSON) -> Amounts:
        """Return what an answer used: as the provider says, else as its text has it."""
        # The answer itself: `response` may be parsed, or in another's types.
        whole: JSON = answer.whole() if is_stream(answer) else answer
        usage: JSON = getattr(whole, "usage", None)
        if usage is None:
            return self._amounts(call, expected.input_tokens, estimate_answer(whole))
        amounts = self._amounts(call, _said(usage, _READ, expected.input_tokens), _said(usage, _WRITTEN, 0.0))
        listed = self._rates(call)
        used = None if listed is None else usage_of(whole)
        cost = None if used is None else price(used, listed)
        return amounts if cost is None else amounts._replace(cost=float(cost.total))

    async def _take(self, call: Call, reservation: Reservation) -> float:
        """Reserve what the call needs, or wait until that is there; return how many seconds it had to wait."""
        lines, clock = self._ledger.lines, self._surroundings.clock
        waiter, began, waited = lines.waiter(call.caller.priority), clock.monotonic(), False
        try:
            while True:
                ahead = lines.before(waiter, reservation.buckets)
                if ahead is not None:
                    short = Shortage(ahead, inf, reservation.limit_of(ahead), sure=False)
                elif (found := await reservation.take()) is None:
                    return max(clock.monotonic() - began, _LEAST) if waited else 0.0
                else:
                    short = found if found.sure else found._replace(seconds=min(found.seconds, _LOOK))
                patience = _patience(call, short, began, clock.monotonic())
                waited = True
                await lines.wait(waiter, short.bucket, max(min(short.seconds, patience), _LEAST))
        finally:
            lines.leave(waiter)


def _patience(call: Call, short: Shortage, began: float, now: float) -> float:
    """Return how many seconds a call may go on waiting.

    Raises:
        LimitExceededError: none, or fewer than it must.
    """
    limit, until = short.limit, inf if call.deadline is None else call.deadline
    # A route asks the next target then.
    onward = call.overrides.get("wait_until")
    if isinstance(onward, float):
        until = min(until, onward - _LEAST)
    if limit is not None and limit.mode != "wait":
        _refuse(call, short)
    if limit is not None and limit.max_wait is not None:
        until = min(until, began + limit.max_wait)
    patience = until - now
    if patience <= 0 or (short.sure and short.seconds > patience):
        _refuse(call, short)
    return patience


def _refuse(call: Call, short: Shortage) -> NoReturn:
    limit = short.limit
    called = "the provider's own" if limit is None else limit.called
    when = f"; there is room again in {short.seconds:.3g} s" if short.sure else ""
    error = LimitExceededError(
        f"The limit {called!r} is reached{when}; wait longer, ask less, or raise the limit",
        provider_name=call.target.provider.name,
        model=call.target.model or None,
        operation=call.operation.value,
        client_request_id=call.request_id or None,
    )
    error.retry_after = short.seconds if short.sure else None
    error.limit = called
    error.fallback_ok = limit is None or limit.mode != "reject"
    error.of_key = limit is None or "key" in limit.per or "key" in limit.only
    error.attempts = tuple(call.attempts)
    raise error


def _said(usage: JSON, names: Sequence[str], usual: float) -> float:
    """Return the first count that is there; providers tell of what they like, so others are none."""
    return next((said for name in names if is_number(said := getattr(usage, name, None)) and said), usual)


def _unpriced(call: Call) -> CallWarning:
    model = f"{call.target.provider.name}:{call.target.model}"
    return CallWarning("skipped", "limits of cost", f"the price of {model} is not known, so the call counts as nothing")
