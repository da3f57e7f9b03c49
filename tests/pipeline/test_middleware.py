"""Middleware as one callable for whole and streamed replies, composed from a visible tuple."""

from __future__ import annotations

import json

import msgspec
import pytest

from any_llm import AnyLLM, Settings
from any_llm.pipeline.call import Call, Handler, Middleware, Reply
from any_llm.pipeline.compose import compose
from any_llm.pipeline.stream import Outcome
from any_llm.pipeline.tap import tap
from any_llm.spec.dialect import Target
from any_llm.spec.provider import Operation, Provider
from any_llm.transport.replay import Replay, Scripted
from any_llm.types.report import Report
from tests.client.answers import KEY, MESSAGES, chunk, completion

CALL = Call(
    operation=Operation.COMPLETION, target=Target(provider=Provider(name="p"), model="m", base_url=""), options={}
)


def named(name: str, order: list[str]) -> Middleware:
    async def layer(call: Call, inner: Handler) -> Reply:
        order.append(f"{name} in")
        reply = await inner(call)
        order.append(f"{name} out")
        return reply

    return layer


async def centre(call: Call) -> Reply:
    return Reply(value=call.operation, report=Report())


async def test_the_first_of_the_tuple_is_outermost() -> None:
    order: list[str] = []
    handler = compose((named("a", order), named("b", order)), centre)
    assert (await handler(CALL)).value is Operation.COMPLETION
    assert order == ["a in", "b in", "b out", "a out"]


def test_without_middleware_the_handler_is_the_centre_itself() -> None:
    assert compose((), centre) is centre


def test_a_call_is_frozen_and_changes_by_replacement() -> None:
    with pytest.raises(AttributeError):
        CALL.operation = Operation.EMBEDDING  # type: ignore[misc]  # it is frozen
    assert msgspec.structs.replace(CALL, options={"stream": True}).stream
    assert not CALL.stream


def replay(*, stream: bool) -> Replay:
    events = [chunk("hel"), chunk("lo"), chunk(finish="stop")]
    sse = [b"data: " + json.dumps(event).encode() + b"\n\n" for event in events] + [b"data: [DONE]\n\n"]
    if stream:
        return Replay(lambda _: Scripted(headers={"content-type": "text/event-stream"}, chunks=sse))
    whole = json.dumps(completion()).encode()
    return Replay(lambda _: Scripted(headers={"content-type": "application/json"}, chunks=[whole]))


@pytest.mark.parametrize("stream", [False, True])
async def test_one_middleware_changes_the_call_and_sees_the_end_of_both_kinds_of_reply(stream: bool) -> None:
    told: list[Outcome] = []

    async def layer(call: Call, inner: Handler) -> Reply:
        changed = msgspec.structs.replace(call, options={**call.options, "seed": 7})
        return tap(await inner(changed), told.append)

    transport = replay(stream=stream)
    client = AnyLLM.create("openai", KEY, settings=Settings(transport=transport), middleware=[layer])
    answer = await client.acompletion("m", MESSAGES, stream=stream)
    if stream:
        assert told == []
        assert len([piece async for piece in answer]) == 3  # type: ignore[union-attr]  # a stream was asked for
    assert [outcome.ending for outcome in told] == ["complete"]
    sent = transport.requests[0].body
    assert isinstance(sent, bytes)
    assert json.loads(sent)["seed"] == 7
    assert transport.open == 0


async def test_a_middleware_may_answer_itself() -> None:
    async def layer(call: Call, inner: Handler) -> Reply:
        return Reply(value="cached", report=Report(provider="cache"))

    transport = replay(stream=False)
    client = AnyLLM.create("openai", KEY, settings=Settings(transport=transport, middleware=(layer,)))
    answer: object = await client.acompletion("m", MESSAGES)
    assert answer == "cached"
    assert transport.requests == []


async def test_a_middleware_may_call_several_times() -> None:
    async def layer(call: Call, inner: Handler) -> Reply:
        await inner(call)
        return await inner(call)

    transport = replay(stream=False)
    client = AnyLLM.create("openai", KEY, transport=transport, middleware=(layer,))
    assert (await client.acompletion("m", MESSAGES)).choices
    assert len(transport.requests) == 2
