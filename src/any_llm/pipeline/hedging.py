"""Two targets asked for one answer, the second when the first is slow: who is first serves, the other is cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from typing import TYPE_CHECKING, TypeAlias

from any_llm.exceptions import AnyLLMError
from any_llm.spec.provider import Operation

if TYPE_CHECKING:
    from any_llm.pipeline.call import Reply
    from any_llm.pipeline.candidates import Candidate

HEDGED = frozenset({Operation.COMPLETION, Operation.RESPONSES, Operation.MESSAGES, Operation.EMBEDDING})
"""Operations that leave nothing behind, so that a second one does no harm."""

PART, LEAST = 0.95, 20
"""When the second target is asked: so large a part of the answers came sooner, of at least so many known."""

_KEPT = 2_000

Ask: TypeAlias = "Callable[[Candidate], Awaitable[Reply]]"
Failed: TypeAlias = "Callable[[Candidate, AnyLLMError, int], bool]"


class Hedges:
    """How many calls there were of late, and how many of them got a second target."""

    __slots__ = ("_calls", "_hedged")

    def __init__(self) -> None:
        self._calls = self._hedged = 0.0

    def count(self) -> None:
        """Take a call into account; old ones count less and less."""
        self._calls += 1
        if self._calls > _KEPT:
            self._calls, self._hedged = self._calls / 2, self._hedged / 2

    def allows(self, part: float) -> bool:
        """Say whether one more call may get a second target, and count it then."""
        if self._hedged + 1 > part * self._calls:
            return False
        self._hedged += 1
        return True


async def race(
    first: Candidate, wait: float, ask: Ask, failed: Failed, second: Callable[[], Candidate | None]
) -> tuple[Candidate, Reply] | None:
    """Return the first answer of two targets, of which the second is asked after `wait` seconds.

    `None` when both have failed and others may serve the call.

    Args:
        first: who is asked at once.
        wait: after how many seconds the second is.
        ask: asks a target.
        failed: is told what a target failed with and how many others are being asked, and says whether one may serve
            the call.
        second: gives the second target, if there shall be one.

    Raises:
        AnyLLMError: what one failed with that no other could do better.
    """
    running = {asyncio.ensure_future(ask(first)): first}
    try:
        done, _ = await asyncio.wait(running, timeout=wait)
        if not done and (other := second()) is not None:
            running[asyncio.ensure_future(ask(other))] = other
        while True:
            done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                candidate = running.pop(task)
                try:
                    return candidate, task.result()
                except AnyLLMError as error:
                    if not failed(candidate, error, len(running)):
                        raise
                    if not running:
                        return None
    finally:
        await _cancel(running)


async def _cancel(running: Collection[asyncio.Future[Reply]]) -> None:
    """Cancel who has lost, and close what came in the same moment."""
    for task in running:
        task.cancel()
    for ended in await asyncio.gather(*running, return_exceptions=True):
        if not isinstance(ended, BaseException) and ended.streamed:
            ended.value.close()
