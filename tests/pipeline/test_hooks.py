"""Small functions around a call: what they see, what they may change, and that the end is told exactly once."""

from __future__ import annotations

import asyncio
import gc
import random
from typing import NamedTuple

import msgspec

from any_llm import Hooks
from any_llm.exceptions import ProviderError
from any_llm.pipeline.call import Call, Handler, Reply
from any_llm.pipeline.compose import compose
from any_llm.pipeline.hooks import End
from any_llm.pipeline.stream import EventStream
from any_llm.spec.dialect import Target
from any_llm.spec.provider import Operation, Provider
from any_llm.types.completion import ChatCompletion, ChatCompletionChunk, ChoiceDelta, ChunkChoice, CompletionUsage
from any_llm.types.completion_fold import CompletionFold
from any_llm.types.json import JSON
from any_llm.types.report import Report

WHOLE = Call(
    operation=Operation.COMPLETION, target=Target(provider=Provider(name="p"), model="m", base_url=""), options={}
)
STREAMED = msgspec.structs.replace(WHOLE, options={"stream": True})
USAGE = CompletionUsage(prompt_tokens=3, completion_tokens=4, total_tokens=7)


def piece(text: str, usage: CompletionUsage | None = None) -> ChatCompletionChunk:
    return ChatCompletionChunk(id="1", choices=[ChunkChoice(index=0, delta=ChoiceDelta(content=text))], usage=usage)


class Source:
    """Pieces for a stream, each after a turn of the event loop; then the end, or a failure."""

    def __init__(self, pieces: int, failure: Exception | None = None) -> None:
        self.left = pieces
        self.failure = failure
        self.closed = False

    async def pull(self) -> list[ChatCompletionChunk] | None:
        await asyncio.sleep(0)
        if self.left:
            self.left -= 1
            return [piece(str(self.left), None if self.left else USAGE)]
        if self.failure is not None:
            raise self.failure
        return None

    def close(self) -> None:
        self.closed = True


def streaming(source: Source) -> Handler:
    async def handler(call: Call) -> Reply:
        await asyncio.sleep(0)
        stream = EventStream(source, fold=CompletionFold, report=Report(provider="p"))
        await stream.prime()
        return Reply(value=stream, report=stream.report)

    return handler


def whole(answer: JSON = None, failure: Exception | None = None) -> Handler:
    async def handler(call: Call) -> Reply:
        await asyncio.sleep(0)
        if failure is not None:
            raise failure
        return Reply(value=answer or ChatCompletion(id="1", usage=USAGE), report=Report(provider="p"))

    return handler


async def take_all(stream: EventStream[JSON]) -> list[str]:
    return [item.choices[0].delta.content async for item in stream]


class Plan(NamedTuple):
    """One of the ways in which a call may go."""

    streamed: bool
    pieces: int
    fails: bool
    taken: int
    cancelled_after: int | None
    left: str
    layers: int

    @property
    def complete(self) -> bool:
        return not self.fails and (not self.streamed or self.left == "read" or not self.pieces)


def draw(chance: random.Random) -> Plan:
    pieces = chance.randrange(4)
    return Plan(
        streamed=chance.random() < 0.8,
        pieces=pieces,
        fails=chance.random() < 0.4,
        taken=chance.randrange(pieces + 1),
        cancelled_after=chance.randrange(1, 13) if chance.random() < 0.4 else None,
        left=chance.choice(["read", "closed", "dropped", "never iterated"]),
        layers=chance.randrange(1, 4),
    )


def hooks_for(chance: random.Random, ends: list[End]) -> Hooks:
    def told(call: Call, end: End) -> None:
        ends.append(end)

    async def told_later(call: Call, end: End) -> None:
        ends.append(end)

    def see(call: Call, chunk: JSON) -> JSON:
        return None

    async def see_later(call: Call, chunk: JSON) -> JSON:
        await asyncio.sleep(0)
        return chunk

    def seen(call: Call, error: Exception) -> None:
        return None

    return Hooks(
        on_end=chance.choice([told, told_later]),
        on_chunk=chance.choice([None, see, see_later]),
        on_error=chance.choice([None, seen]),
    )


async def use(plan: Plan, handler: Handler) -> None:
    reply = await handler(STREAMED if plan.streamed else WHOLE)
    if not reply.streamed:
        return
    stream = reply.value
    if plan.left == "read":
        await take_all(stream)
        return
    if plan.left != "never iterated":
        for _ in range(plan.taken):
            await anext(stream)
    if plan.left == "closed":
        stream.close()


async def go(plan: Plan, chance: random.Random) -> list[list[End]]:
    ends: list[list[End]] = [[] for _ in range(plan.layers)]
    failure = ProviderError("it broke") if plan.fails else None
    source = Source(plan.pieces, failure)
    centre = streaming(source) if plan.streamed else whole(failure=failure)
    task = asyncio.ensure_future(use(plan, compose([hooks_for(chance, told) for told in ends], centre)))
    if plan.cancelled_after is not None:
        for _ in range(plan.cancelled_after):
            await asyncio.sleep(0)
        task.cancel()
    await asyncio.wait([task])
    if not task.cancelled():
        assert isinstance(task.exception(), ProviderError | None)
    del task, centre
    for _ in range(4):
        await asyncio.sleep(0)
    return ends


async def test_the_end_is_told_exactly_once_in_each_of_ten_thousand_interleavings() -> None:
    chance = random.Random(5)  # noqa: S311  # nothing is kept secret with it
    endings: dict[str, int] = {}
    for number in range(10_000):
        plan = draw(chance)
        for told in await go(plan, chance):
            if not told:
                # A stream that was dropped inside a cycle ends when it is collected.
                gc.collect()
                await asyncio.sleep(0)
                await asyncio.sleep(0)
            assert len(told) == 1, (number, plan, told)
            (end,) = told
            endings[end.outcome.ending] = endings.get(end.outcome.ending, 0) + 1
            if end.outcome.ending == "complete":
                assert plan.complete
                assert plan.streamed is False or plan.pieces == 0 or end.usage == USAGE
            if plan.complete and plan.cancelled_after is None and (plan.pieces or plan.left == "read"):
                assert end.outcome.ending == "complete"
            if plan.fails and not plan.streamed and plan.cancelled_after is None:
                assert end.outcome.ending == "failed"
    assert min(endings.get(name, 0) for name in ("complete", "failed", "cancelled", "closed")) > 500, endings
