"""Sending calls as a plan says, and seeing how each went.

The clock is that of the running event loop, so that a loop with a clock of its own measures by it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import nullcontext
from typing import TYPE_CHECKING, TypeAlias, cast

import any_llm
from any_llm.exceptions import AnyLLMError
from any_llm.pipeline.stream import EventStream
from any_llm.testing.bench.plan import Plan
from any_llm.testing.bench.sample import Sample
from any_llm.types.json import JSON

if TYPE_CHECKING:
    from any_llm.types.completion import ChatCompletion, ChatCompletionChunk, CompletionUsage

    Answer: TypeAlias = ChatCompletion | EventStream[ChatCompletionChunk]

Ask: TypeAlias = Callable[[int], Awaitable[object]]
"""Makes the call of a number, and returns its answer: a `ChatCompletion`, or the stream of its chunks."""


def asker(reference: str, options: Callable[[int], Mapping[str, JSON]]) -> Ask:
    """Return what asks a model, with the parameters of each call by its number."""
    return lambda number: cast("Awaitable[object]", any_llm.acompletion(reference, **options(number)))


async def measure(plan: Plan, ask: Ask, keep: Callable[[Sample], None]) -> None:
    """Make the calls of a plan; each is handed to `keep` when it has ended.

    When this is cancelled, so are the calls on their way, and their connections are closed.

    Raises:
        AnyLLMError: a call that only warms up fails, and would again, such as for want of a key.
    """
    for number in range(plan.warm_up):
        await _warm_up(ask, number)
    start = asyncio.get_running_loop().time()
    if plan.rate is None:
        await _closed_loop(plan, ask, keep, start)
    else:
        await _open_loop(plan, plan.rate, ask, keep, start)


async def _warm_up(ask: Ask, number: int) -> None:
    try:
        answer = await ask(number)
        if isinstance(answer, EventStream):
            async with answer:
                while await cast("EventStream[ChatCompletionChunk]", answer).batch():
                    pass
    except AnyLLMError as error:
        if not error.retryable:
            raise


async def _closed_loop(plan: Plan, ask: Ask, keep: Callable[[Sample], None], start: float) -> None:
    loop = asyncio.get_running_loop()
    numbers = iter(plan.numbers())

    async def caller() -> None:
        """Make one call after the other, of those that are left."""
        for number in numbers:
            intended = loop.time() - start
            if plan.duration is not None and intended >= plan.duration:
                return
            keep(await _observe(ask, number, start, intended))

    async with asyncio.TaskGroup() as group:
        for _ in range(plan.concurrency or 1):
            group.create_task(caller())


async def _open_loop(plan: Plan, rate: float, ask: Ask, keep: Callable[[Sample], None], start: float) -> None:
    loop = asyncio.get_running_loop()
    turn = asyncio.Semaphore(plan.concurrency) if plan.concurrency else nullcontext()

    async def call(number: int, intended: float) -> None:
        """Make one call when its turn has come."""
        async with turn:
            keep(await _observe(ask, number, start, intended))

    async with asyncio.TaskGroup() as group:
        for number, intended in plan.schedule(rate):
            # What is late already is sent at once; sleeping for no time still lets the others go on.
            await asyncio.sleep(max(0.0, start + intended - loop.time()))
            group.create_task(call(number, intended))


async def _observe(ask: Ask, number: int, start: float, intended: float) -> Sample:
    """Make one call and tell how it went."""
    loop = asyncio.get_running_loop()
    sent = loop.time() - start
    sample = Sample(number=number, intended=intended, sent=sent, ended=sent, arrivals=[])
    try:
        answer = cast("Answer", await ask(number))
        usage = answer.usage if not isinstance(answer, EventStream) else await _read(answer, sample, start)
        _note_usage(sample, usage)
    except AnyLLMError as error:
        sample.error, sample.status = type(error).__name__, error.status_code
    sample.ended = loop.time() - start
    return sample


async def _read(stream: EventStream[ChatCompletionChunk], sample: Sample, start: float) -> CompletionUsage | None:
    """Read a stream to its end, and note when text came."""
    loop = asyncio.get_running_loop()
    usage: CompletionUsage | None = None
    async with stream:
        while chunks := await stream.batch():
            now = loop.time() - start
            if any(_has_text(chunk) for chunk in chunks):
                sample.arrivals.append(now)
            usage = next((chunk.usage for chunk in reversed(chunks) if chunk.usage), usage)
    return usage


def _has_text(chunk: ChatCompletionChunk) -> bool:
    return any(
        choice.delta.content or choice.delta.reasoning or choice.delta.refusal or choice.delta.tool_calls
        for choice in chunk.choices
    )


def _note_usage(sample: Sample, usage: CompletionUsage | None) -> None:
    if usage is None:
        return
    sample.read, sample.written = usage.prompt_tokens, usage.completion_tokens
    details = usage.prompt_tokens_details
    sample.cached = (details.cached_tokens or 0) if details else 0
