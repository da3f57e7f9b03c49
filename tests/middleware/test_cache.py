"""Kept answers: what is answered from them, for how long, and what is never kept."""

from __future__ import annotations

import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from threading import Barrier

import msgspec
import pytest
from typing_extensions import override

from any_llm.exceptions import InvalidRequestError, ProviderError
from any_llm.pipeline.entry import Entry, Origin
from any_llm.pipeline.shelf import Cleared, Shelf
from any_llm.pipeline.surroundings import Surroundings, SystemClock
from any_llm.refusals import StoreError
from any_llm.stores.opening import open_store
from any_llm.testing.clock import VirtualClock
from any_llm.types.caching import Cache as Policy
from any_llm.types.completion import ChatCompletion
from any_llm.types.json import JSON
from tests.middleware.answering import Answering, Cached, call, status, text_of, with_store
from tests.stores.conftest import redis_url

__all__ = ["redis_url"]


async def test_the_same_call_is_answered_from_the_cache_with_all_that_came() -> None:
    cached = Cached(Answering())
    first, second = await cached.ask(), await cached.ask()
    assert first == second
    assert first is not second
    assert [status(first), status(second)] == ["miss", "hit"]
    assert second.report.request_id == "r1"
    assert second.cache.key == first.cache.key
    assert second.cache.key.startswith("@/@/openai:gpt-4o/")
    assert cached.answering.calls == 1


async def test_a_changed_answer_does_not_change_what_is_kept() -> None:
    cached = Cached(Answering())
    (await cached.ask()).choices[0].message.content = "changed"
    (await cached.ask()).choices[0].message.content = "changed again"
    assert (await cached.ask()).choices[0].message.content == "hello"


async def test_what_a_hit_saves_is_told_at_the_price_of_the_model() -> None:
    cached = Cached(Answering())
    await cached.ask()
    saved = (await cached.ask()).cache.saved
    assert saved is not None
    assert saved > Decimal(1)
    assert cached.layer._shelf.stats.saved == saved


async def test_a_whole_answer_is_given_as_a_stream_and_a_stream_as_a_whole_answer() -> None:
    cached = Cached(Answering())
    whole = await cached.ask()
    stream = await cached.ask(stream=True)
    assert text_of([piece async for piece in stream]) == "hello"
    assert stream.response == whole
    assert status(stream) == "hit"
    pieces = [piece async for piece in await cached.ask("Another.", stream=True)]
    again = [piece async for piece in await cached.ask("Another.", stream=True)]
    assert again == pieces
    folded = await cached.ask("Another.")
    assert isinstance(folded, ChatCompletion)
    assert folded.choices[0].message.content == "hello"
    assert folded.usage is not None
    assert cached.answering.calls == 2


def test_a_stream_is_replayed_as_slowly_as_it_came_if_that_is_asked_for() -> None:
    clock = VirtualClock()

    async def replay() -> list[float]:
        answering = Answering("a", "b", "c")
        answering.pause = 2.0
        cached = Cached(answering, clock.surroundings())
        async for _ in await cached.ask(stream=True):
            pass
        started = clock.monotonic()
        times = [
            clock.monotonic() - started async for _ in await cached.ask(stream=True, cache={"replay_timing": True})
        ]
        at_once = clock.monotonic()
        async for _ in await cached.ask(stream=True):
            pass
        assert clock.monotonic() == at_once
        return times

    assert clock.run(replay()) == pytest.approx([2, 4, 6, 8])


@pytest.mark.parametrize("finish", ["length", "content_filter", None])
@pytest.mark.parametrize("stream", [False, True])
async def test_an_answer_that_is_not_complete_is_not_kept(finish: JSON, stream: bool) -> None:
    cached = Cached(Answering(finish=finish))
    for _ in range(2):
        answer = await cached.ask(stream=stream)
        if stream:
            assert text_of([piece async for piece in answer]) == "hello"
        assert status(answer) == "miss"
        assert "not kept: it ended with" in answer.report.cache.detail
    assert cached.answering.calls == 2


async def test_a_stream_that_breaks_is_not_kept() -> None:
    cached = Cached(Answering())
    cached.answering.failure_within = ProviderError("broken")
    for _ in range(2):
        with pytest.raises(ProviderError, match="broken"):
            async for _ in await cached.ask(stream=True):
                pass
    assert cached.answering.calls == 2


async def test_a_stream_that_is_left_is_not_kept_and_is_closed() -> None:
    cached = Cached(Answering())
    async with await cached.ask(stream=True) as stream:
        async for _ in stream:
            break
    assert cached.answering.closed == 1
    assert status(await cached.ask()) == "miss"


async def test_tenants_share_nothing() -> None:
    cached = Cached(Answering())
    assert status(await cached.ask(tenant="a")) == "miss"
    assert status(await cached.ask(tenant="b")) == "miss"
    assert status(await cached.ask(tenant="a")) == "hit"


def test_an_old_answer_is_asked_for_anew() -> None:
    clock = VirtualClock()

    async def ask() -> list[str]:
        cached = Cached(Answering(), clock.surroundings(), ttl=60)
        told = [status(await cached.ask())]
        for seconds in (59, 2, 61):
            clock.now += seconds
            answer = await cached.ask()
            told.append(f"{answer.cache} {answer.cache.age:g}")
        return told

    assert clock.run(ask()) == ["miss", "hit 59", "miss 0", "miss 0"]


def test_a_stale_answer_is_given_while_a_new_one_is_fetched_once() -> None:
    clock = VirtualClock()

    async def ask() -> None:
        cached = Cached(Answering(), clock.surroundings(), ttl=60, stale_while_revalidate=30)
        await cached.ask()
        clock.now += 70
        cached.answering.texts = ("new",)
        old = await asyncio.gather(cached.ask(), cached.ask(stream=True))
        assert [status(answer) for answer in old] == ["stale", "stale"]
        assert old[0].choices[0].message.content == "hello"
        await asyncio.sleep(1)
        fresh = await cached.ask()
        assert status(fresh) == "hit"
        assert fresh.choices[0].message.content == "new"
        assert cached.answering.calls == 2

    clock.run(ask())


def test_a_failed_refresh_leaves_the_old_answer() -> None:
    clock = VirtualClock()

    async def ask() -> None:
        cached = Cached(Answering(), clock.surroundings(), ttl=60, stale_while_revalidate=30)
        await cached.ask()
        clock.now += 70
        cached.answering.failure = ProviderError("down")
        assert status(await cached.ask()) == "stale"
        await asyncio.sleep(1)
        assert status(await cached.ask()) == "stale"

    clock.run(ask())


def test_a_stale_answer_stands_in_for_a_provider_that_fails_but_not_for_a_wrong_request() -> None:
    clock = VirtualClock()

    async def ask() -> None:
        cached = Cached(Answering(), clock.surroundings(), ttl=60, stale_if_error=600)
        await cached.ask()
        clock.now += 300
        cached.answering.failure = ProviderError("down")
        answer = await cached.ask()
        assert status(answer) == "stale"
        assert "ProviderError" in answer.cache.detail
        cached.answering.failure = InvalidRequestError("wrong")
        with pytest.raises(InvalidRequestError):
            await cached.ask()
        cached.answering.failure = ProviderError("down")
        clock.now += 400
        with pytest.raises(ProviderError):
            await cached.ask()

    clock.run(ask())


async def test_a_call_may_pass_by_the_cache_read_only_or_write_only() -> None:
    cached = Cached(Answering())
    for mode in ("read_only", "read_only", "off", "write_only"):
        assert status(await cached.ask(cache={"mode": mode})) == ("bypass" if mode == "off" else "miss")
    assert status(await cached.ask(cache={"mode": "read_only"})) == "hit"
    assert status(await cached.ask(cache={"mode": "write_only"})) == "miss"
    assert status(await cached.ask(cache={"namespace": "v2"})) == "miss"
    assert cached.answering.calls == 6


def test_a_call_may_want_a_younger_answer_or_one_for_a_shorter_time() -> None:
    clock = VirtualClock()

    async def ask() -> list[str]:
        cached = Cached(Answering(), clock.surroundings(), stale_while_revalidate=600)
        await cached.ask()
        clock.now += 100
        answers = [await cached.ask(cache=said) for said in ({"max_age": 200}, {"ttl": 50})]
        await asyncio.sleep(0)
        answers.append(await cached.ask(cache={"max_age": 50}))
        return [status(answer) for answer in answers]

    # The last one joins the refresh that the one before it has begun.
    assert clock.run(ask()) == ["hit", "stale", "coalesced"]


async def test_what_has_no_key_or_is_too_warm_or_another_operation_passes_by() -> None:
    cached = Cached(Answering(), max_temperature=0.5)
    told = [
        await cached.ask(temperature=1),
        await cached.ask(metadata={}, background=True),
        await cached.ask(x=object()),
    ]
    assert [status(answer) for answer in told] == ["bypass"] * 3
    assert "temperature" in told[0].cache.detail
    assert "background" in told[1].cache.detail
    assert "object" in told[2].cache.detail
    other = Cached(Answering(), operations=("embedding",))
    assert status(await other.ask()) == "bypass"
    assert other.layer._shelf.stats.bypassed == 1


async def test_what_is_used_longest_ago_makes_room() -> None:
    cached = Cached(Answering("x" * 2_000), max_bytes=10_000)
    for text in "abcdefgh":
        await cached.ask(text)
        await cached.ask("a")
    stats = cached.layer._shelf.stats
    assert stats.bytes <= 10_000
    assert stats.evicted > 0
    assert status(await cached.ask("a")) == "hit"
    assert status(await cached.ask("b")) == "miss"


@pytest.mark.parametrize(
    ("limits", "why"), [({"max_entry_bytes": 1_024}, "max_entry_bytes"), ({"max_bytes": 1_024}, "max_bytes")]
)
async def test_an_answer_that_is_too_large_is_not_kept(limits: JSON, why: str) -> None:
    cached = Cached(Answering("x" * 2_000), **limits)
    await cached.ask()
    answer = await cached.ask()
    assert status(answer) == "miss"
    assert why in answer.cache.detail


async def test_entries_are_made_invalid_by_tag_model_and_prefix() -> None:
    cached = Cached(Answering())
    shelf = cached.layer._shelf
    selectors: list[JSON] = [
        {"tag": "news"},
        {"model": "gpt-4o"},
        {"model": "openai:gpt-4o"},
        {"prefix": "@/@/openai"},
        {},
    ]
    others: list[JSON] = [{"tag": "sport"}, {"model": "gpt-4"}, {"prefix": "x/"}, {"tag": "news", "model": "gpt-5"}]
    for selector in selectors:
        await cached.ask(cache={"tags": ("news",)})
        for other in others:
            assert await shelf.invalidate(Cleared(at=SystemClock.time(), **other)) == 0
        assert status(await cached.ask()) == "hit"
        assert await shelf.invalidate(Cleared(at=SystemClock.time(), **selector)) == 1
        assert status(await cached.ask(cache={"mode": "read_only"})) == "miss"


@pytest.fixture(params=["sqlite", "redis"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"sqlite:{tmp_path / 'cache.db'}" if request.param == "sqlite" else request.getfixturevalue("redis_url")


async def close(*surroundings: Surroundings) -> None:
    for one in surroundings:
        for name, kept in one.kept.items():
            if isinstance(name, tuple) and name[0] == "store":
                await kept.aclose()  # type: ignore[attr-defined]  # both stores have it


@pytest.mark.parametrize("said", [{"tag": "news"}, {"model": "gpt-4o"}, {"prefix": "@/"}])
@pytest.mark.parametrize("stored", [False, True])
async def test_an_answer_that_is_made_invalid_while_it_is_asked_for_is_given_to_nobody_later(
    said: JSON, stored: bool, tmp_path: Path
) -> None:
    surroundings = with_store(Surroundings(), f"sqlite:{tmp_path / 'c.db'}") if stored else Surroundings()
    cached = Cached(Answering(), surroundings)
    cached.answering.may_go_on.clear()
    before = asyncio.create_task(cached.ask(cache={"tags": ("news",)}))
    assert await cached.answering.begun.get() == 1
    await cached.layer._shelf.invalidate(Cleared(at=cached.surroundings.clock.time(), **said))
    after = asyncio.create_task(cached.ask(cache={"tags": ("news",)}))
    assert await cached.answering.begun.get() == 2
    cached.answering.may_go_on.set()
    assert (await before).cache.detail == "not kept: it was made invalid while it was asked for"
    assert (status(await after), (await after).cache.detail) == ("miss", "")
    later = await cached.ask()
    assert (status(later), later.report.request_id) == ("hit", "r2")
    assert cached.answering.calls == 2
    store: JSON = cached.layer._shelf._store
    if store is not None:
        await store.aclose()


async def test_what_one_process_keeps_another_one_finds_in_the_store(place: str) -> None:
    here, there = with_store(Surroundings(), place), with_store(Surroundings(), place)
    one, other = Cached(Answering(), here, namespace=place), Cached(Answering(), there, namespace=place)
    try:
        whole = await one.ask(cache={"tags": ("t",)})
        pieces = [piece async for piece in await one.ask("streamed", stream=True)]
        assert await other.ask() == whole
        assert [piece async for piece in await other.ask("streamed", stream=True)] == pieces
        assert other.answering.calls == 0
        listed = await other.layer._shelf.names()
        assert len([size for _, size in listed if size > 100]) == 2
        await one.layer._shelf.invalidate(Cleared(at=SystemClock.time(), tag="t"))
        other.layer._shelf._looked = 0.0
        assert status(await other.ask(cache={"mode": "read_only"})) == "miss"
        assert status(await other.ask("streamed")) == "hit"
        assert await one.layer._shelf.invalidate(Cleared(at=SystemClock.time())) == 2
        assert await other.layer._shelf.names() == []
    finally:
        await close(here, there)


class Broken:
    """A store that cannot be reached."""

    asked = 0

    async def get(self, name: str) -> bytes | None:
        self.asked += 1
        raise StoreError("away")

    async def set(self, name: str, value: bytes, *, seconds: float | None = None) -> None:
        self.asked += 1
        raise StoreError("away")

    async def delete(self, name: str) -> None:
        raise StoreError("away")


def test_a_store_that_is_away_leaves_the_memory_and_is_asked_again_later() -> None:
    clock, store = VirtualClock(), Broken()

    async def ask() -> None:
        cached = Cached(Answering(), with_store(clock.surroundings(), store))
        assert [status(await cached.ask()) for _ in range(3)] == ["miss", "hit", "hit"]
        assert store.asked == 1
        clock.now += 6
        await cached.ask("another")
        assert store.asked == 2
        with pytest.raises(StoreError, match="Listing"):
            await cached.layer._shelf.names()
        with pytest.raises(StoreError, match="away"):
            await cached.layer._shelf.invalidate(Cleared(at=clock.time()))

    clock.run(ask())


async def test_entries_of_another_version_count_as_absent(tmp_path: Path) -> None:
    place = f"sqlite:{tmp_path / 'cache.db'}"
    here, there = with_store(Surroundings(), place), with_store(Surroundings(), place)
    key = (await Cached(Answering(), here).ask()).cache.key
    store: JSON = open_store(place, SystemClock())
    await store.set(f"cache:{key}", b'{"version": 99}')
    other = Cached(Answering(), there)
    assert status(await other.ask()) == "miss"
    await store.aclose()
    await close(here, there)


async def test_a_reply_that_is_no_answer_of_the_operation_is_passed_on() -> None:
    async def odd(asked: JSON) -> JSON:
        reply = await Answering()(call())
        reply.value = "odd"
        return reply

    cached = Cached(Answering())
    replies = await asyncio.gather(*(cached.layer(call(), odd) for _ in range(2)))
    assert [reply.value for reply in replies] == ["odd", "odd"]


async def test_what_is_made_invalid_is_told_apart_only_so_far(tmp_path: Path) -> None:
    here = with_store(Surroundings(), f"sqlite:{tmp_path / 'cache.db'}")
    cached = Cached(Answering(), here)
    await cached.ask()
    shelf = cached.layer._shelf
    shelf._cleared = ()
    store: JSON = shelf._store
    old = [Cleared(at=0.5 + number / 10_000, tag=str(number)) for number in range(1_000)]
    await store.set("cache-cleared", msgspec.json.encode(old))
    await shelf.invalidate(Cleared(at=1.0, tag="another"))
    known = msgspec.json.decode(await store.get("cache-cleared"), type=list[Cleared])
    assert len(known) == 1_000
    assert known[0] == Cleared(at=old[1].at)
    assert known[-1].tag == "another"
    assert status(await cached.ask()) == "hit"
    await close(here)


async def test_who_makes_entries_invalid_waits_for_another_who_does(tmp_path: Path) -> None:
    here = with_store(Surroundings(), f"sqlite:{tmp_path / 'cache.db'}")
    shelf = Cached(Answering(), here).layer._shelf
    store: JSON = shelf._store
    assert await store.claim("cache-cleared", "another", seconds=30)
    waiting = asyncio.ensure_future(shelf.invalidate(Cleared(at=1.0, tag="a")))
    await asyncio.wait([waiting], timeout=0.05)
    assert not waiting.done()
    await store.release("cache-cleared", "another")
    assert await waiting == 0
    await close(here)


class Plain:
    """A store that keeps values and can do nothing else."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    async def get(self, name: str) -> bytes | None:
        return self.kept.get(name)

    async def set(self, name: str, value: bytes, *, seconds: float | None = None) -> None:
        self.kept[name] = value

    async def delete(self, name: str) -> None:
        del self.kept[name]


async def test_a_store_that_only_keeps_values_is_enough() -> None:
    store = Plain()
    one, other = (Cached(Answering(), with_store(Surroundings(), store)) for _ in range(2))
    await one.ask()
    assert status(await other.ask()) == "hit"
    await one.layer._shelf.invalidate(Cleared(at=SystemClock.time()))
    other.layer._shelf._looked = 0.0
    assert status(await other.ask(cache={"mode": "read_only"})) == "miss"


async def test_an_entry_that_the_store_gives_and_others_made_invalid_is_not_given() -> None:
    store = Plain()
    one, other = (Cached(Answering(), with_store(Surroundings(), store)) for _ in range(2))
    await one.ask()
    await other.layer._shelf.invalidate(Cleared(at=SystemClock.time()))
    assert status(await other.ask(cache={"mode": "read_only"})) == "miss"


def test_two_stale_answers_are_refreshed_by_one_call() -> None:
    clock = VirtualClock()

    async def ask() -> int:
        cached = Cached(Answering(), clock.surroundings(), ttl=60, stale_while_revalidate=30)
        async for _ in await cached.ask(stream=True):
            pass
        clock.now += 70
        for _ in range(3):
            assert status(await cached.ask(stream=True)) == "stale"
        await asyncio.sleep(1)
        assert status(await cached.ask()) == "hit"
        return cached.answering.calls

    assert clock.run(ask()) == 2


def test_a_hit_in_the_store_asks_it_once_and_now_and_then_what_is_invalid() -> None:
    clock, store = VirtualClock(), Counting()

    async def ask() -> list[int]:
        cached = Cached(Answering(), with_store(clock.surroundings(), store))
        key = (await cached.ask()).cache.key
        asked: list[int] = []
        for seconds in (0.0, 0.5, 2.0, 0.0):
            clock.now += seconds
            cached.layer._shelf._drop(key)
            before = store.asked
            assert status(await cached.ask()) == "hit"
            asked.append(store.asked - before)
        return asked

    assert clock.run(ask()) == [1, 1, 2, 1]


class Counting(Plain):
    """A store that counts how often it is asked."""

    asked = 0

    @override
    async def get(self, name: str) -> bytes | None:
        self.asked += 1
        return await super().get(name)


def test_the_loops_of_several_threads_keep_answers_without_losing_count() -> None:
    shelf = Shelf("memory", Policy(max_bytes=20_000), Surroundings())
    entry = Entry(made=0.0, ttl=9.0, origin=Origin(operation="completion"), answer=msgspec.Raw(b"x" * 300))

    together = Barrier(4)

    async def fill(first: int) -> None:
        together.wait()
        for number in range(first, first + 10_000):
            await shelf.put(f"a/b/c:{number * 7 % 97}/{number % 50}", entry, 9.0)
            await shelf.get(f"a/b/c:{number * 3 % 97}/{number % 50}")

    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as threads:
            for done in [threads.submit(asyncio.run, fill(first)) for first in range(4)]:
                done.result()
    finally:
        sys.setswitchinterval(usual)
    held = asyncio.run(shelf.names())
    assert (shelf.stats.bytes, shelf.stats.entries) == (sum(size for _, size in held), len(held))
    assert shelf.stats.bytes > 19_000
