"""Small functions around a call: what they see, what they may change, and that the end is told exactly once."""

from __future__ import annotations

import asyncio
import gc
import logging
import random
from collections.abc import AsyncIterator, Callable
from typing import NamedTuple

import msgspec
import pytest

from any_llm import AnyLLM, Hooks, Layer
from any_llm.exceptions import ConfigurationError, InvalidRequestError, ProviderError
from any_llm.pipeline.call import Call, Handler, Middleware, Reply
from any_llm.pipeline.compose import compose
from any_llm.pipeline.hooks import End
from any_llm.pipeline.stream import EventStream
from any_llm.spec.dialect import Target
from any_llm.spec.provider import Operation, Provider
from any_llm.types.completion import ChatCompletion, ChatCompletionChunk, ChoiceDelta, ChunkChoice, CompletionUsage
from any_llm.types.completion_fold import CompletionFold
from any_llm.types.json import JSON
from any_llm.types.report import Report
from tests.client.answers import KEY, MESSAGES
from tests.pipeline.test_middleware import replay

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


@pytest.mark.unmeasured
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


async def asked(hooks: Middleware, handler: Handler, call: Call = WHOLE) -> Reply:
    return await compose([hooks], handler)(call)


async def test_a_request_is_rewritten_or_refused() -> None:
    seen: list[JSON] = []

    async def centre(call: Call) -> Reply:
        seen.append(call.options)
        return await whole()(call)

    await asked(Hooks(on_request=lambda call: msgspec.structs.replace(call, options={"seed": 7})), centre)
    await asked(Hooks(on_request=lambda call: None), centre)
    assert seen == [{"seed": 7}, {}]

    async def refuse(call: Call) -> None:
        raise InvalidRequestError("not today")

    ends: list[End] = []
    with pytest.raises(InvalidRequestError, match="not today"):
        await asked(Hooks(on_request=refuse, on_end=lambda call, end: ends.append(end)), centre)
    assert len(seen) == 2
    assert [end.outcome.ending for end in ends] == ["failed"]


async def test_a_response_is_replaced() -> None:
    other = Reply(value=ChatCompletion(id="2"), report=Report())
    assert (await asked(Hooks(on_response=lambda call, reply: other), whole())) is other


async def test_a_middleware_may_buffer_a_stream_and_rewrite_it() -> None:
    async def joined(chunks: AsyncIterator[JSON]) -> AsyncIterator[JSON]:
        texts = [chunk.choices[0].delta.content async for chunk in chunks]
        yield piece("+".join(texts))

    async def buffer(call: Call, inner: Handler) -> Reply:
        reply = await inner(call)
        reply.value = reply.value.through(joined)
        return reply

    source = Source(3)
    stream = (await asked(buffer, streaming(source), STREAMED)).value
    assert await take_all(stream) == ["2+1+0"]
    assert stream.response.choices[0].message.content == "2+1+0"
    assert source.closed


async def test_a_middleware_may_end_a_stream_early_and_nothing_stays_open() -> None:
    async def first(chunks: AsyncIterator[JSON]) -> AsyncIterator[JSON]:
        async for chunk in chunks:
            yield chunk
            break

    source = Source(3)
    stream = (await streaming(source)(STREAMED)).value.through(first)
    assert await take_all(stream) == ["2"]
    assert source.closed


@pytest.mark.parametrize("later", [False, True])
async def test_chunks_are_changed_as_they_are_taken_and_so_is_the_whole(later: bool) -> None:
    def shout(call: Call, chunk: JSON) -> JSON:
        text = chunk.choices[0].delta.content
        return None if text == "1" else piece(f"<{text}>")

    async def shout_later(call: Call, chunk: JSON) -> JSON:
        return shout(call, chunk)

    hooks = Hooks(on_chunk=shout_later if later else shout)
    stream = (await asked(hooks, streaming(Source(3)), STREAMED)).value
    assert await take_all(stream) == ["<2>", "1", "<0>"]
    assert stream.response.choices[0].message.content == "<2>1<0>"


async def test_a_chunk_that_is_only_looked_at_is_not_kept_twice() -> None:
    class Again(Source):
        def again(self, count: int) -> list[ChatCompletionChunk]:
            return [piece(str(2 - number)) for number in range(count)]

    seen: list[JSON] = []
    stream = (await asked(Hooks(on_chunk=lambda call, chunk: seen.append(chunk)), streaming(Again(3)), STREAMED)).value
    await take_all(stream)
    assert len(seen) == 3
    assert stream.response.choices[0].message.content == "210"


@pytest.mark.parametrize("streamed", [False, True])
async def test_an_error_is_seen_and_replaced(streamed: bool) -> None:
    failure = ProviderError("it broke")
    told: list[BaseException] = []

    async def replaced(call: Call, error: Exception) -> Exception:
        told.append(error)
        return InvalidRequestError("something else")

    ends: list[End] = []
    hooks = Hooks(on_error=replaced, on_end=lambda call, end: ends.append(end))

    async def use() -> None:
        if streamed:
            await take_all((await asked(hooks, streaming(Source(2, failure)), STREAMED)).value)
        else:
            await asked(hooks, whole(failure=failure))

    with pytest.raises(InvalidRequestError, match="something else") as caught:
        await use()
    assert told == [failure]
    assert caught.value.__cause__ is failure
    (end,) = ends
    assert end.outcome.ending == "failed"
    assert end.outcome.error is caught.value


def broken(*arguments: object) -> None:
    raise ZeroDivisionError


async def broken_later(*arguments: object) -> None:
    raise ZeroDivisionError


@pytest.mark.parametrize("hook", [broken, broken_later])
@pytest.mark.parametrize("name", ["on_request", "on_response", "on_chunk", "on_end"])
async def test_a_hook_that_breaks_is_passed_by_when_it_may(
    name: str, hook: Callable[..., object], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger="any_llm"):
        hooks = Hooks(**{name: hook, "on_failure": "fail_open"})  # type: ignore[arg-type]  # they are what they must be
        assert await take_all((await asked(hooks, streaming(Source(2)), STREAMED)).value) == ["1", "0"]
        await asyncio.sleep(0)
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize("hook", [broken, broken_later])
async def test_a_hook_that_breaks_fails_the_call_otherwise_but_for_the_one_at_the_end(hook: JSON) -> None:
    with pytest.raises(ZeroDivisionError):
        await asked(Hooks(on_response=hook), whole())
    with pytest.raises(ZeroDivisionError):
        await take_all((await asked(Hooks(on_chunk=hook), streaming(Source(2)), STREAMED)).value)
    assert (await asked(Hooks(on_end=hook), whole())).value.id == "1"


def test_an_end_after_the_event_loop_is_still_told() -> None:
    told: list[str] = []

    async def on_end(call: Call, end: End) -> None:
        told.append(end.outcome.ending)
        await asyncio.sleep(0)

    async def make() -> EventStream[JSON]:
        stream: EventStream[JSON] = (await asked(Hooks(on_end=on_end), streaming(Source(2)), STREAMED)).value
        return stream

    asyncio.run(make()).close()
    assert told == ["closed"]


async def test_an_end_on_another_thread_is_told_on_the_loop_of_the_call() -> None:
    told: list[object] = []
    ended = asyncio.Event()

    async def on_end(call: Call, end: End) -> None:
        told.append(asyncio.get_running_loop())
        ended.set()

    stream = (await asked(Hooks(on_end=on_end), streaming(Source(2)), STREAMED)).value
    await asyncio.to_thread(stream.close)
    await ended.wait()
    assert told == [asyncio.get_running_loop()]


async def test_a_coroutine_that_is_thrown_away_tells_its_end() -> None:
    ends: list[End] = []
    coroutine = Hooks(on_end=lambda call, end: ends.append(end))(WHOLE, whole())
    coroutine.send(None)
    coroutine.close()
    assert [end.outcome.ending for end in ends] == ["cancelled"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"on_chunk": 3}, "on_chunk is 3, which cannot be called"),
        ({"on_failure": "open"}, "on_failure is 'open'; use one of"),
    ],
)
def test_hooks_that_cannot_be_are_refused(arguments: dict[str, JSON], told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        Hooks(**arguments)


async def test_a_stream_that_has_ended_is_told_of_at_once() -> None:
    ends: list[str] = []
    stream = (await streaming(Source(1))(STREAMED)).value
    stream.close()
    stream.follow(lambda stream, outcome: ends.append(outcome.ending))
    assert ends == ["closed"]


@pytest.mark.parametrize("stream", [False, True])
async def test_hooks_of_a_client_see_usage_and_how_it_went(stream: bool) -> None:
    ends: list[End] = []
    hooks = Hooks(on_end=lambda call, end: ends.append(end))
    client = AnyLLM.create("openai", KEY, transport=replay(stream=stream), middleware=[Layer(middleware=hooks)])
    answer = await client.acompletion("m", MESSAGES, stream=stream)
    if stream:
        async for _ in answer:  # type: ignore[union-attr]  # a stream was asked for
            continue
    (end,) = ends
    assert end.outcome.ending == "complete"
    assert end.report.elapsed is not None
    assert (end.usage is not None) != stream
    assert end.report.attempts[0].outcome == "ok"
