"""Streams as objects: five endings, each told once; taps, folds and conversions."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from any_llm.exceptions import ProviderError, StreamClosedError
from any_llm.pipeline.call import Reply
from any_llm.pipeline.stream import EventStream, Outcome, is_stream
from any_llm.pipeline.tap import tap
from any_llm.types.report import Report, Reported


class Total(Reported):
    """A whole answer: the sum of numbers."""

    total: int = 0


class Adding:
    """Adds numbers up."""

    def __init__(self) -> None:
        self.total = Total()

    def add(self, item: int) -> None:
        self.total.total += item

    def result(self) -> Total:
        return self.total


class Batches:
    """An upstream of prepared batches; an exception among them is raised, and `hang` waits for ever."""

    def __init__(self, *batches: Sequence[int] | BaseException, hang: bool = False) -> None:
        self.batches = list(batches)
        self.hang = hang
        self.closed = 0

    async def pull(self) -> list[int] | None:
        await asyncio.sleep(0)
        if not self.batches:
            if self.hang:
                await asyncio.Event().wait()
            return None
        batch = self.batches.pop(0)
        if isinstance(batch, BaseException):
            raise batch
        return list(batch)

    def close(self) -> None:
        self.closed += 1


class Again(Batches):
    """An upstream that can give its first items once more, and counts how many it was asked for."""

    def __init__(self, *batches: Sequence[int]) -> None:
        super().__init__(*batches)
        self.items = [item for batch in batches for item in batch]
        self.given = 0

    def again(self, count: int) -> list[int]:
        self.given += count
        return self.items[:count]


def stream_of(upstream: Batches) -> EventStream[int]:
    return EventStream(upstream, fold=Adding, report=Report(provider="p"))


def watch(stream: EventStream[int]) -> list[Outcome]:
    told: list[Outcome] = []
    stream.tap(on_end=told.append)
    return told


async def test_items_come_in_order_and_add_up() -> None:
    stream = stream_of(Batches([1, 2], [], [3]))
    seen: list[int] = []
    stream.tap(on_item=seen.append)
    told = watch(stream)
    assert [item async for item in stream] == seen == [1, 2, 3]
    assert stream.response.total == 6
    assert stream.usage is None
    assert [outcome.ending for outcome in told] == ["complete"]
    with pytest.raises(StopAsyncIteration):
        await anext(stream)


async def test_the_answer_so_far_can_be_read_at_any_time() -> None:
    stream = stream_of(Batches([1, 2], [3]))
    assert stream.response.total == 0
    await anext(stream)
    assert stream.response.total == 1
    await anext(stream)
    assert stream.response.total == 3
    stream.close()
    assert stream.response.total == 3


async def test_long_streams_are_added_up_as_they_go() -> None:
    stream = stream_of(Batches([1] * 1_000))
    assert len([item async for item in stream]) == 1_000
    assert len(stream._unfolded) < 300
    assert stream.response.total == 1_000


async def test_a_stream_that_does_not_add_up_says_so() -> None:
    stream = EventStream(Batches([1]), fold=None, report=Report())
    assert [item async for item in stream] == [1]
    with pytest.raises(TypeError, match="does not add up"):
        _ = stream.response


async def test_batches_bring_what_has_arrived() -> None:
    stream = stream_of(Batches([1, 2], [3]))
    await stream.prime()
    await stream.prime()
    assert await stream.batch() == [1, 2]
    assert await stream.batch() == [3]
    assert await stream.batch() == []
    assert await stream.batch() == []


async def test_priming_raises_what_fails_before_the_first_item() -> None:
    upstream = Batches(ProviderError("early"))
    stream = stream_of(upstream)
    told = watch(stream)
    with pytest.raises(ProviderError, match="early"):
        await stream.prime()
    assert [outcome.ending for outcome in told] == ["failed"]
    assert upstream.closed == 1


async def test_a_tap_after_the_end_is_told_at_once() -> None:
    stream = stream_of(Batches())
    await stream.prime()
    assert [outcome.ending for outcome in watch(stream)] == ["complete"]


async def test_one_watchers_error_does_not_silence_the_others() -> None:
    def fail(_: Outcome) -> None:
        raise KeyError("watcher")

    upstream = Batches([1])
    stream = stream_of(upstream)
    stream.tap(on_end=fail)
    told = watch(stream)
    with pytest.raises(KeyError):
        stream.close()
    assert len(told) == upstream.closed == 1
    assert stream.closed


async def test_an_error_of_a_tap_ends_the_stream() -> None:
    def fail(item: int) -> None:
        raise KeyError(item)

    upstream = Batches([1, 2])
    stream = stream_of(upstream)
    stream.tap(on_item=fail)
    told = watch(stream)
    with pytest.raises(KeyError):
        await anext(stream)
    with pytest.raises(StreamClosedError, match="has ended with KeyError"):
        await anext(stream)
    assert [outcome.ending for outcome in told] == ["failed"]
    assert upstream.closed == 1


async def test_a_conversion_applies_to_pieces_and_whole() -> None:
    stream = stream_of(Batches([1, 2]))
    stream.convert = str
    pieces: list[object] = [item async for item in stream]
    assert pieces == ["1", "2"]
    assert stream.response == "Total(total=3)"


async def test_closing_between_the_items_refuses_the_rest() -> None:
    upstream = Batches([1, 2, 3])
    stream = stream_of(upstream)
    await anext(stream)
    stream.close()
    with pytest.raises(StreamClosedError, match="closed by this program") as caught:
        await anext(stream)
    assert caught.value.provider_name == "p"
    with pytest.raises(StreamClosedError):
        await stream.batch()


async def test_a_close_in_the_moment_of_taking_is_no_index_error() -> None:
    stream = stream_of(Batches([1]))

    class Emptied(list[int]):
        def __bool__(self) -> bool:
            return True

        def popleft(self) -> int:
            raise IndexError

    stream._ready = Emptied()  # type: ignore[assignment]  # a queue that another thread empties
    with pytest.raises(StreamClosedError):
        await anext(stream)


def test_a_coroutine_that_is_thrown_away_while_it_waits_counts_as_cancelled() -> None:
    upstream = Batches(hang=True)
    stream = stream_of(upstream)
    told = watch(stream)
    waiting = stream.__anext__()
    waiting.send(None)
    waiting.close()
    assert [outcome.ending for outcome in told] == ["cancelled"]
    assert upstream.closed == 1


async def test_a_dropped_stream_tells_its_end_but_leaves_the_upstream_to_itself() -> None:
    upstream = Batches([1])
    stream = stream_of(upstream)
    told = watch(stream)
    await stream.prime()
    del stream
    gc.collect()
    assert [outcome.ending for outcome in told] == ["closed"]
    assert upstream.closed == 0


def test_half_a_stream_is_dropped_without_a_word() -> None:
    EventStream.__new__(EventStream).__del__()


ENDINGS = st.sampled_from(["complete", "early", "middle", "cancelled", "never"])


@given(ENDINGS, st.lists(st.lists(st.integers(0, 9), max_size=3), max_size=4), st.integers(0, 3))
def test_however_a_stream_ends_it_is_told_once_and_closed_once(
    ending: str, batches: list[list[int]], watchers: int
) -> None:
    async def live() -> tuple[Batches, list[list[Outcome]]]:
        error = ProviderError("broken")
        upstream = {
            "complete": lambda: Batches(*batches),
            "early": lambda: Batches(error),
            "middle": lambda: Batches(*batches, error),
            "cancelled": lambda: Batches(*batches, hang=True),
            "never": lambda: Batches(*batches, hang=True),
        }[ending]()
        stream = stream_of(upstream)
        told = [watch(stream) for _ in range(watchers)]

        async def read() -> list[int]:
            return [item async for item in stream]

        task = asyncio.ensure_future(read())
        for _ in range(0 if ending == "never" else 20):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        if ending == "never":
            stream.close()
        stream.close()
        return upstream, told

    upstream, told = asyncio.run(live())
    expected = {"early": "failed", "middle": "failed", "never": "closed"}.get(ending, ending)
    assert [[outcome.ending for outcome in one] for one in told] == [[expected]] * watchers
    assert upstream.closed == 1


async def test_a_tap_sees_a_whole_reply_end_at_once() -> None:
    told: list[Outcome] = []
    reply = Reply(value=Total(total=1), report=Report())
    assert tap(reply, told.append) is reply
    assert not reply.streamed
    assert [outcome.ending for outcome in told] == ["complete"]


async def test_a_tap_sees_a_streamed_reply_end_later() -> None:
    told: list[Outcome] = []
    stream = stream_of(Batches([1]))
    reply = tap(Reply(value=stream, report=Report()), told.append)
    assert reply.streamed
    assert is_stream(reply.value)
    assert told == []
    async with stream as same:
        assert [item async for item in same] == [1]
    assert [outcome.ending for outcome in told] == ["complete"]


async def test_who_looks_at_each_piece_has_nothing_added_up_anew() -> None:
    upstream = Again(*([number, number] for number in range(300)))
    stream = EventStream(upstream, fold=Adding, report=Report())
    seen = [stream.response.total async for _ in stream]
    assert seen == [sum(upstream.items[: taken + 1]) for taken in range(600)]
    assert upstream.given == 1
    assert stream.response.total == sum(upstream.items)
