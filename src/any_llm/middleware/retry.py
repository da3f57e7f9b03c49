"""Make a call again that failed, where that may help, as long as there is time and not too much is made again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from any_llm.exceptions import (
    AnyLLMError,
    ConnectTimeoutError,
    FirstTokenTimeoutError,
    IdleTimeoutError,
    TotalTimeoutError,
)
from any_llm.pipeline.opening import wait_for_content
from any_llm.pipeline.retry_budget import RetryBudget
from any_llm.pipeline.stream import EventStream
from any_llm.spec.provider import Operation
from any_llm.types.policies import Retry as Policy
from any_llm.types.policies import RetryRule

if TYPE_CHECKING:
    from any_llm.pipeline.call import Call, Handler, Reply
    from any_llm.pipeline.surroundings import Surroundings

_AGAIN = frozenset({408, 409, 425, 429})
"""The statuses from 400 to 499 after which a request may be made again as it was."""

_NOT_TAKEN = frozenset({409, 425, 429, 503, 529})
"""Statuses by which a provider says that it has done nothing."""

_SILENT = (FirstTokenTimeoutError, IdleTimeoutError, TotalTimeoutError)
"""After these a target is not asked again while another one waits: its silence would only be heard twice."""

_LASTING = frozenset({
    Operation.CREATE_BATCH, Operation.UPLOAD_FILE, Operation.VIDEO_GENERATION, Operation.REQUEST,
})  # fmt: skip
"""Operations that leave something behind, so that a second one makes a second of it."""


class Retry:
    """The layer that makes calls again by a policy; one call of it makes all attempts at one target."""

    __slots__ = ("_budgets", "_monotonic", "_policy", "_surroundings")

    def __init__(self, policy: Policy, surroundings: Surroundings) -> None:
        self._policy = policy
        self._surroundings = surroundings
        self._monotonic = surroundings.clock.monotonic
        self._budgets = surroundings.shared("retry budgets", _no_budgets)

    async def __call__(self, call: Call, inner: Handler) -> Reply:
        """Answer a call, with further attempts if need be; the last error is raised as it is."""
        policy = self._policy
        most: object = None
        if call.overrides:
            policy, most = _policy_of(call, policy), call.overrides.get("most_retries")
        target = call.target
        place = target.base_url or target.provider.name
        budget = self._budgets.get(place) or self._budgets.setdefault(place, RetryBudget())
        budget.count(self._monotonic())
        made = 1
        while True:
            try:
                if policy.attempt_timeout is not None:
                    return await _in_time(call, inner, policy.attempt_timeout)
                reply = await inner(call)
                return await wait_for_content(reply) if isinstance(reply.value, EventStream) else reply
            except AnyLLMError as error:
                enough = isinstance(most, int) and (made > most or isinstance(error, _SILENT))
                wait = None if enough else self._wait(policy, call, error, made)
                if wait is None or not budget.allows(policy.budget, policy.budget_floor):
                    raise
            await self._surroundings.clock.sleep(wait)
            call = msgspec.structs.replace(call, waited=wait)
            made += 1

    def _wait(self, policy: Policy, call: Call, error: AnyLLMError, made: int) -> float | None:
        """Return how many seconds to wait before the next attempt, or `None` when there shall be none."""
        if not _may_help(call, error):
            return None
        attempts, base, cap = _limits(policy, error)
        if made >= attempts:
            return None
        wait = self._surroundings.chance() * min(cap, base * 2 ** (made - 1))
        if error.retry_after is not None:
            if error.retry_after > policy.max_retry_after:
                return None
            wait += error.retry_after
        if call.deadline is not None and self._surroundings.clock.monotonic() + wait >= call.deadline:
            return None
        return wait


def _no_budgets() -> dict[str, RetryBudget]:
    """Return what was made again of late, by where it went: nothing yet."""
    return {}


async def _in_time(call: Call, inner: Handler, seconds: float) -> Reply:
    limit = asyncio.timeout(seconds)
    try:
        async with limit:
            return await wait_for_content(await inner(call))
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise _too_slow(call, seconds) from error


def _may_help(call: Call, error: AnyLLMError) -> bool:
    status = error.status_code
    if not error.retryable or (status is not None and 400 <= status < 500 and status not in _AGAIN):
        return False
    # Another target may be asked at the same time.
    made = call.made
    if made and made[-1].requests > 1:
        # The first request was taken: to begin again would have the provider do the work a second time.
        return False
    if call.operation not in _LASTING or call.target.provider.idempotency:
        return True
    return status in _NOT_TAKEN or isinstance(error, ConnectTimeoutError)


def _limits(policy: Policy, error: AnyLLMError) -> tuple[int, float, float]:
    """Return how many attempts there may be, the first wait and the longest, as the closest class of errors says."""
    rule: int | RetryRule | None = None
    rules: Mapping[str, int | RetryRule] = policy.errors
    if rules:
        rule = next((rules[kind.__name__] for kind in type(error).__mro__ if kind.__name__ in rules), None)
    if rule is None:
        return policy.max_attempts, policy.base, policy.cap
    if isinstance(rule, int):
        return rule, policy.base, policy.cap
    return (
        policy.max_attempts if rule.max_attempts is None else rule.max_attempts,
        policy.base if rule.base is None else rule.base,
        policy.cap if rule.cap is None else rule.cap,
    )


def _policy_of(call: Call, policy: Policy) -> Policy:
    said = call.overrides.get("retry")
    return said if isinstance(said, Policy) else policy


def _too_slow(call: Call, seconds: float) -> FirstTokenTimeoutError:
    target = call.target
    error = FirstTokenTimeoutError(
        f"The attempt took longer than the attempt_timeout of {seconds} s",
        provider_name=target.provider.name,
        model=target.model or None,
        operation=call.operation.value,
        client_request_id=call.request_id or None,
    )
    error.attempts = call.attempts
    made = call.made
    if made and made[-1].outcome == "cancelled":
        made[-1].outcome = "failed"
        made[-1].error = type(error).__name__
    return error
