"""Refusals that are given again, restarts in kept streams, and what a gateway tells of the cache."""

from __future__ import annotations

import asyncio
import gc
from decimal import Decimal
from weakref import ref

import pytest

from any_llm.exceptions import AnyLLMError, InvalidRequestError, ProviderError, RateLimitError
from any_llm.pipeline.call import Call, Reply
from any_llm.pipeline.shelf import Cleared
from any_llm.pipeline.stream import EventStream
from any_llm.pipeline.surroundings import Surroundings
from any_llm.testing.clock import VirtualClock
from any_llm.types.caching import CacheInfo
from any_llm.types.completion import ChatCompletionChunk, ChoiceDelta, ChunkChoice
from any_llm.types.completion_fold import CompletionFold
from any_llm.types.json import JSON
from any_llm.types.report import Report
from any_llm.types.restart import Restart
from tests.middleware.answering import Answering, Cached, call, status, text_of, with_store
from tests.stores.test_sealed import Plain


class Request(dict[str, str]):
    """What a request holds, which can be watched."""


async def refused(cached: Cached, text: str = "a", **said: JSON) -> AnyLLMError:
    with pytest.raises(AnyLLMError) as error:
        await cached.ask(text, **said)
    return error.value


async def test_a_refusal_is_asked_for_anew_unless_it_is_to_be_kept() -> None:
    cached = Cached(Answering())
    cached.answering.failure = InvalidRequestError("wrong", status_code=400)
    for _ in range(2):
        await refused(cached)
    assert cached.answering.calls == 2


async def test_a_refusal_that_is_remembered_holds_nothing_of_the_request() -> None:
    cached = Cached(Answering(), negative_ttl=10)
    cached.answering.failure = InvalidRequestError("wrong", status_code=400)
    asked = Request()
    held = ref(asked)
    await refused(cached, metadata=asked)
    del asked
    cached.answering.failure = None
    # The loop itself lets go of what has ended.
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    gc.collect()
    assert held() is None
    assert str(await refused(cached)) == "wrong"


def test_a_refusal_is_given_again_for_a_while_as_another_error_of_its_kind() -> None:
    clock = VirtualClock()

    async def ask() -> None:
        cached = Cached(Answering(), clock.surroundings(), negative_ttl=10)
        cached.answering.failure = InvalidRequestError("wrong", status_code=400)
        first, second = await refused(cached), await refused(cached)
        assert first is not second
        assert (type(second), str(second), second.status_code) == (InvalidRequestError, "wrong", 400)
        assert cached.answering.calls == 1
        await refused(cached, "b")
        await refused(cached, cache={"mode": "write_only"})
        await refused(cached, cache={"negative_ttl": 0})
        assert cached.answering.calls == 4
        await cached.layer._shelf.invalidate(Cleared(at=clock.time()))
        await refused(cached)
        clock.now += 11
        cached.answering.failure = None
        assert status(await cached.ask("a")) == "miss"

    clock.run(ask())


@pytest.mark.parametrize(
    "error", [ProviderError("down", status_code=500), RateLimitError("slow", status_code=429), InvalidRequestError("x")]
)
async def test_what_may_go_well_the_next_time_is_asked_anew(error: AnyLLMError) -> None:
    cached = Cached(Answering(), negative_ttl=10)
    cached.answering.failure = error
    for _ in range(2):
        await refused(cached)
    assert cached.answering.calls == 2


async def test_only_so_many_refusals_are_remembered() -> None:
    cached = Cached(Answering(), negative_ttl=10)
    shelf = cached.layer._shelf
    for number in range(1_001):
        shelf.refuse(str(number), InvalidRequestError("wrong"), 10)
    assert shelf.refused("0") is None
    assert shelf.refused("1000") is not None


class Restarting:
    """The pieces of a stream whose first target failed in the middle."""

    def __init__(self) -> None:
        self._left: list[ChatCompletionChunk] = [
            ChatCompletionChunk(choices=[ChunkChoice(delta=ChoiceDelta(content="hal"))]),
            Restart(reason="down", provider="other"),
            *(ChatCompletionChunk(choices=[ChunkChoice(delta=ChoiceDelta(content=text))]) for text in ("hel", "lo")),
            ChatCompletionChunk(choices=[ChunkChoice(finish_reason="stop")]),
        ]

    async def pull(self) -> list[ChatCompletionChunk] | None:
        return [self._left.pop(0)] if self._left else None

    def close(self) -> None:
        """Hold nothing."""


async def restarting(_asked: Call) -> Reply:
    report = Report(provider="openai", model="gpt-4o", operation="completion")
    return Reply(value=EventStream(Restarting(), fold=CompletionFold, report=report), report=report)


async def test_of_a_stream_that_began_anew_only_what_came_then_is_kept() -> None:
    store = Plain()
    cached = Cached(Answering(), with_store(Surroundings(), store))
    first, second = [(await cached.layer(call(stream=True), restarting)).value for _ in range(2)]
    pieces = [piece async for piece in first]
    assert pieces == [piece async for piece in second]
    assert [type(piece) for piece in pieces].index(Restart) == 1
    again = (await cached.layer(call(stream=True), restarting)).value
    assert text_of([piece async for piece in again]) == "hello"
    whole = (await Cached(Answering(), with_store(Surroundings(), store)).layer(call(), restarting)).value
    assert status(whole) == "hit"
    assert whole.choices[0].message.content == "hello"


class Odd(Restarting):
    """Pieces that add up to nothing."""

    def __init__(self) -> None:
        self._left = [ChatCompletionChunk(choices=[ChunkChoice(delta=ChoiceDelta(tool_calls=[7]))])]  # type: ignore[list-item]  # so

    def again(self, count: int) -> list[ChatCompletionChunk]:
        return Odd()._left[:count]


async def test_a_stream_that_adds_up_to_nothing_is_passed_on_and_not_kept() -> None:
    async def odd(_asked: Call) -> Reply:
        report = Report(provider="openai", model="gpt-4o", operation="completion")
        return Reply(value=EventStream(Odd(), fold=CompletionFold, report=report), report=report)

    cached = Cached(Answering())
    for _ in range(2):
        stream = (await cached.layer(call(stream=True), odd)).value
        assert len([piece async for piece in stream]) == 1
    assert cached.layer._shelf.stats.entries == 0


@pytest.mark.parametrize(
    ("info", "headers"),
    [
        (CacheInfo(status="miss"), {"x-anyllm-cache": "miss"}),
        (CacheInfo(status="bypass", detail="off"), {"x-anyllm-cache": "bypass"}),
        (
            CacheInfo(status="hit", age=12.3, saved=Decimal("0.00012")),
            {"x-anyllm-cache": "hit", "x-anyllm-cache-age": "12", "x-anyllm-cache-saved": "0.00012"},
        ),
        (
            CacheInfo(status="semantic", similarity=0.98765),
            {"x-anyllm-cache": "semantic", "x-anyllm-cache-age": "0", "x-anyllm-cache-similarity": "0.9877"},
        ),
    ],
)
def test_a_gateway_tells_it_in_headers(info: CacheInfo, headers: JSON) -> None:
    assert info.headers() == headers
