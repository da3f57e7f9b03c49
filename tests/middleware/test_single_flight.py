"""Identical calls at the same time are one call, which goes on as long as anybody waits for it."""

from __future__ import annotations

import asyncio
import gc
import random
from collections import Counter

import msgspec
import pytest

from any_llm.exceptions import FirstTokenTimeoutError, ProviderError
from any_llm.pipeline.call import Reply
from any_llm.pipeline.stream import EventStream
from any_llm.refusals import DeadlineExceededError
from any_llm.types.completion import ChatCompletionChunk
from any_llm.types.http import Timeouts
from any_llm.types.json import JSON
from tests.middleware.answering import Answering, Cached, call, status, text_of

MANY = 1_000


async def read(stream: EventStream[ChatCompletionChunk]) -> str:
    return text_of([piece async for piece in stream])


async def turns(number: int = 5) -> None:
    for _ in range(number):
        await asyncio.sleep(0)


def nothing_runs() -> bool:
    return asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_thousand_identical_calls_are_one_call() -> None:
    cached = Cached(Answering())
    answers = await asyncio.gather(*(cached.ask() for _ in range(MANY)))
    assert cached.answering.calls == 1
    assert {answer.choices[0].message.content for answer in answers} == {"hello"}
    assert Counter(map(status, answers)) == {"miss": 1, "coalesced": MANY - 1}
    assert len({id(answer) for answer in answers}) == MANY
    assert nothing_runs()


async def test_a_thousand_identical_streams_are_one_call() -> None:
    cached = Cached(Answering())
    streams = await asyncio.gather(*(cached.ask(stream=True) for _ in range(MANY)))
    assert set(await asyncio.gather(*map(read, streams))) == {"hello"}
    assert cached.answering.calls == 1
    assert Counter(map(status, streams)) == {"miss": 1, "coalesced": MANY - 1}
    assert all(stream.response.choices[0].message.content == "hello" for stream in streams[:5])
    assert nothing_runs()


async def test_whole_and_streamed_calls_join_each_other() -> None:
    cached = Cached(Answering())
    first, stream = await asyncio.gather(cached.ask(), cached.ask(stream=True))
    assert await read(stream) == first.choices[0].message.content
    stream, whole = await asyncio.gather(cached.ask("b", stream=True), cached.ask("b"))
    assert await read(stream) == whole.choices[0].message.content
    assert cached.answering.calls == 2


async def test_one_who_comes_late_gets_what_was_there_and_then_goes_along_live() -> None:
    cached = Cached(Answering("a", "b", "c"))
    first = await cached.ask(stream=True)
    assert text_of([await anext(first), await anext(first)]) == "ab"
    cached.answering.may_go_on.clear()
    late = await cached.ask(stream=True)
    assert text_of([await anext(late), await anext(late)]) == "ab"
    third = asyncio.ensure_future(anext(late))
    await turns()
    assert not third.done()
    cached.answering.may_go_on.set()
    assert text_of([await third]) == "c"
    assert await read(first) == "c"
    assert await read(late) == ""
    assert cached.answering.calls == 1


async def test_a_cancelled_first_caller_leaves_the_call_to_the_others() -> None:
    cached = Cached(Answering())
    cached.answering.may_go_on.clear()
    first, second = asyncio.ensure_future(cached.ask()), asyncio.ensure_future(cached.ask())
    await turns()
    first.cancel()
    await turns()
    cached.answering.may_go_on.set()
    assert (await second).choices[0].message.content == "hello"
    assert cached.answering.calls == 1
    assert cached.answering.cancelled == 0


@pytest.mark.parametrize("stream", [False, True])
async def test_the_call_of_one_who_has_left_is_that_of_the_next_one_and_so_is_what_it_costs(*, stream: bool) -> None:
    cached = Cached(Answering())
    cached.answering.may_go_on.clear()
    first, *others = [asyncio.ensure_future(cached.ask(stream=stream)) for _ in range(3)]
    whole_or_not = asyncio.ensure_future(cached.ask(stream=not stream))
    await turns()
    first.cancel()
    await turns()
    cached.answering.may_go_on.set()
    told = [await one for one in others]
    assert [status(one) for one in told] == ["miss", "coalesced"]
    assert cached.answering.calls == 1
    assert status(await whole_or_not) == "coalesced"
    assert text_of([piece async for piece in told[0]]) == "hello" if stream else told[0].report.request_id == "r1"


async def test_when_the_last_one_leaves_the_call_is_given_up() -> None:
    cached = Cached(Answering())
    cached.answering.may_go_on.clear()
    waiting = [asyncio.ensure_future(cached.ask()) for _ in range(3)]
    await turns()
    for one in waiting:
        one.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    await turns()
    assert cached.answering.cancelled == 1
    assert nothing_runs()
    cached.answering.may_go_on.set()
    assert status(await cached.ask()) == "miss"


async def test_a_stream_goes_on_for_its_followers_and_is_closed_with_the_last() -> None:
    cached = Cached(Answering("a", "b", "c"))
    first, second, third = [await cached.ask(stream=True) for _ in range(3)]
    await anext(first)
    first.close()
    assert await read(second) == "abc"
    assert await read(third) == "abc"
    streams = [await cached.ask("another", stream=True) for _ in range(2)]
    for stream in streams:
        await anext(stream)
        assert cached.answering.closed == 1
        stream.close()
    assert cached.answering.closed == 2
    assert status(await cached.ask("another")) == "miss"


async def test_one_cancelled_in_the_middle_of_a_stream_does_not_end_it_for_others() -> None:
    cached = Cached(Answering("a", "b"))
    first, second = await cached.ask(stream=True), await cached.ask(stream=True)
    await anext(first)
    cached.answering.may_go_on.clear()
    reading = [asyncio.ensure_future(read(stream)) for stream in (first, second)]
    await turns()
    reading[0].cancel()
    await turns()
    cached.answering.may_go_on.set()
    assert await reading[1] == "ab"
    assert cached.answering.calls == 1


async def test_streams_that_are_dropped_without_being_read_close_what_is_upstream() -> None:
    cached = Cached(Answering())
    streams = [await cached.ask(stream=True) for _ in range(2)]
    streams.clear()
    gc.collect()
    await turns()
    assert cached.answering.closed == 1
    assert nothing_runs()


async def test_a_stream_may_be_closed_from_another_thread() -> None:
    cached = Cached(Answering())
    stream = await cached.ask(stream=True)
    await asyncio.to_thread(stream.close)
    await turns()
    assert cached.answering.closed == 1


async def test_a_failure_is_that_of_all_and_is_not_kept() -> None:
    cached = Cached(Answering())
    cached.answering.failure = ProviderError("down")
    told = await asyncio.gather(*(cached.ask() for _ in range(10)), return_exceptions=True)
    assert {type(error) for error in told} == {ProviderError}
    assert cached.answering.calls == 1
    cached.answering.failure = None
    assert status(await cached.ask()) == "miss"


async def test_a_failure_within_a_stream_reaches_every_reader() -> None:
    cached = Cached(Answering())
    cached.answering.failure_within = ProviderError("broken")
    streams = [await cached.ask(stream=True) for _ in range(3)]
    told = await asyncio.gather(*map(read, streams), return_exceptions=True)
    assert {type(error) for error in told} == {ProviderError}
    assert nothing_runs()


async def test_one_with_more_time_asks_again_when_the_time_of_the_first_is_over() -> None:
    answering = Answering()
    cached = Cached(answering)
    answering.failure = DeadlineExceededError("over")
    answering.may_go_on.clear()
    short = msgspec.structs.replace(call(), deadline=1.0)
    first = asyncio.ensure_future(cached.reply(short))
    same = asyncio.ensure_future(cached.reply(short))
    patient = asyncio.ensure_future(cached.reply(call()))
    await turns()
    answering.may_go_on.set()
    await turns(3)
    answering.failure = None
    told = await asyncio.gather(first, same, patient, return_exceptions=True)
    assert [type(error) for error in told[:2]] == [DeadlineExceededError] * 2
    reply: JSON = told[2]
    assert reply.value.choices[0].message.content == "hello"
    assert answering.calls == 2


async def test_one_who_waits_longer_for_a_part_asks_again_too() -> None:
    answering = Answering()
    cached = Cached(answering)
    answering.failure = FirstTokenTimeoutError("too slow")
    answering.may_go_on.clear()
    hasty = msgspec.structs.replace(call(), timeouts=Timeouts(first_token=1.0))
    waiting = [asyncio.ensure_future(cached.reply(one)) for one in (hasty, hasty, call())]
    await turns()
    answering.may_go_on.set()
    await turns(3)
    answering.failure = None
    told = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(one) for one in told] == [FirstTokenTimeoutError, FirstTokenTimeoutError, Reply]
    assert answering.calls == 2


async def test_a_stream_with_more_time_does_not_join_one_that_ends_sooner() -> None:
    cached = Cached(Answering("a", "b"))
    short = msgspec.structs.replace(call(stream=True), deadline=1.0)
    first, second, third, fourth = [(await cached.reply(one)).value for one in (short, short, call(stream=True), short)]
    assert [status(one) for one in (first, second, third, fourth)] == ["miss", "coalesced", "miss", "coalesced"]
    assert await read(third) == await read(fourth) == "ab"
    cached.answering.failure_within = DeadlineExceededError("over")
    for one in (first, second):
        with pytest.raises(DeadlineExceededError):
            await read(one)
    assert cached.answering.calls == 2


async def test_without_single_flight_each_call_asks_for_itself() -> None:
    cached = Cached(Answering(), single_flight=False)
    await asyncio.gather(*(cached.ask() for _ in range(3)))
    assert cached.answering.calls == 3


@pytest.mark.parametrize("seed", range(20))
async def test_however_callers_come_and_go_each_who_stays_has_the_whole_answer(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  # the same interleavings each time
    cached = Cached(Answering(*"abcdef"))

    async def one() -> str | None:
        for _ in range(chance.randrange(8)):
            await asyncio.sleep(0)
        if chance.random() < 0.3:
            return str((await cached.ask()).choices[0].message.content)
        async with await cached.ask(stream=True) as stream:
            leaves = chance.choice([None, None, 0, 2, 4])
            text = ""
            async for piece in stream:
                text += text_of([piece])
                if leaves is not None and len(text) > leaves:
                    return None
                await asyncio.sleep(0)
            return text

    tasks = [asyncio.ensure_future(one()) for _ in range(30)]
    for task in tasks:
        if chance.random() < 0.2:
            asyncio.get_running_loop().call_later(chance.random() * 0.001, task.cancel)
    told = await asyncio.gather(*tasks, return_exceptions=True)
    whole = {answer for answer in told if isinstance(answer, str)}
    assert whole <= {"abcdef"}
    assert {type(answer) for answer in told} <= {str, type(None), asyncio.CancelledError}
    await turns()
    assert nothing_runs()
