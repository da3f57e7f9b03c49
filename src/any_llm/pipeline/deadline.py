"""The deadline of a call, kept for everything inside: attempts, waits, other targets, layers of the program's own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

import msgspec

from any_llm.pipeline.call import Call, Handler, Reply
from any_llm.refusals import DeadlineExceededError
from any_llm.spec.clock import Clock


class Deadline:
    """A handler that keeps the deadline of each call which has one, and costs the others nothing."""

    __slots__ = ("_clock", "_inner")

    def __init__(self, inner: Handler, clock: Clock) -> None:
        self._inner = inner
        self._clock = clock

    def __call__(self, call: Call) -> Awaitable[Reply]:
        """Answer a call."""
        return self._inner(call) if call.deadline is None else self._answer(call, call.deadline)

    async def _answer(self, call: Call, deadline: float) -> Reply:
        limit = asyncio.timeout(max(0.0, deadline - self._clock.monotonic()))
        try:
            async with limit:
                return await self._inner(call)
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
