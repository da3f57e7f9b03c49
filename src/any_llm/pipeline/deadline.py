"""The deadline of a call, kept for everything inside: attempts, waits, other targets, layers of the program's own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

import msgspec

from any_llm.pipeline.call import Call, Handler, Reply
from any_llm.refusals import DeadlineExceededError
from any_llm.spec.clock import Clock


def keeping_deadlines(inner: Handler, clock: Clock) -> Handler:
    """Return a handler that keeps the deadline of each call which has one, and costs the others nothing."""

    def answer(call: Call) -> Awaitable[Reply]:
        return inner(call) if call.deadline is None else _in_time(call, inner, call.deadline - clock.monotonic())

    return answer


async def _in_time(call: Call, inner: Handler, seconds: float) -> Reply:
    limit = asyncio.timeout(max(0.0, seconds))
    try:
        async with limit:
            return await inner(call)
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise exceeded(call) from (error if call.attempts else None)


def exceeded(call: Call) -> DeadlineExceededError:
    """Return the error of a call whose deadline has passed."""
    made = len(call.attempts)
    attempts = "1 attempt" if made == 1 else f"{made} attempts"
    error = DeadlineExceededError(
        f"The deadline passed after {attempts}; give the call a larger deadline=, or look at the error's attempts",
        provider_name=call.target.provider.name,
        model=call.target.model or None,
        operation=call.operation.value,
        client_request_id=call.request_id or None,
    )
    error.attempts = tuple(call.attempts)
    return error


def within(call: Call, clock: Clock) -> Call:
    """Return a call whose exchange with a provider ends with its deadline, also in the middle of a stream."""
    if call.deadline is None:
        return call
    left = call.deadline - clock.monotonic()
    if left <= 0:
        raise exceeded(call)
    total = call.timeouts.total
    if total is not None and total <= left:
        return call
    return msgspec.structs.replace(call, timeouts=msgspec.structs.replace(call.timeouts, total=left))
