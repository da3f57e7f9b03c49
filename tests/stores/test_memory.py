"""The store in memory: what every store promises, and that what is over goes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from any_llm.exceptions import ConfigurationError
from any_llm.pipeline.surroundings import SystemClock
from any_llm.spec.store import Buckets, Claims, Counters, Draw, KeyValue
from any_llm.stores.memory import MemoryStore
from any_llm.stores.opening import open_store
from any_llm.testing.clock import VirtualClock
from any_llm.testing.conformance.stores import checks

PROMISES = dict(checks("memory", MemoryStore(VirtualClock())))


@pytest.mark.parametrize("promise", PROMISES)
def test_it_keeps_each_promise(promise: str) -> None:
    clock = VirtualClock()
    kept = dict(checks("memory", MemoryStore(clock)))[promise]()
    if kept is not None:
        clock.run(kept)


def test_it_has_every_protocol() -> None:
    store = open_store("memory", SystemClock())
    assert all(isinstance(store, protocol) for protocol in (KeyValue, Counters, Claims, Buckets))


def test_a_store_of_ones_own_is_taken_as_it_is() -> None:
    mine = object()
    assert open_store(mine, SystemClock()) is mine


def test_a_place_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="store is 'nonsense:1'; give a store, or a place that"):
        open_store("nonsense:1", SystemClock())


def test_a_bucket_fills_with_time_and_says_how_long_it_takes() -> None:
    clock = VirtualClock()
    store = MemoryStore(clock)
    draw = Draw(bucket="b", amount=6, capacity=10, window=60)

    async def make() -> None:
        assert (await store.draw([draw])).granted
        refused = await store.draw([draw])
        assert not refused.granted
        assert refused.wait == pytest.approx(12)
        await clock.sleep(refused.wait)
        assert (await store.draw([draw])).granted

    clock.run(make())


def test_a_lease_says_when_it_ends() -> None:
    clock = VirtualClock()
    store = MemoryStore(clock)

    def draw(lease: str, amount: float = 1, window: float = 60) -> Draw:
        return Draw(bucket="b", amount=amount, capacity=2, window=window, lease=lease)

    async def make() -> None:
        await store.draw([draw("one", window=30)])
        await store.draw([draw("two")])
        assert (await store.draw([draw("three")])).wait == pytest.approx(30)
        assert (await store.draw([draw("four", amount=2)])).wait == pytest.approx(60)
        assert (await store.draw([draw("five", amount=3)])).wait == float("inf")

    clock.run(make())


def test_what_is_over_is_swept_out() -> None:
    clock = VirtualClock()
    store = MemoryStore(clock)

    async def make() -> None:
        for number in range(5_000):
            await store.set(str(number), b"", seconds=1)
            clock.now += 0.01

    asyncio.run(make())
    (values,) = (kept for kept in vars(store).values() if isinstance(kept, Mapping) and kept)
    assert len(values) < 1_200


def test_what_is_over_is_swept_out_of_every_kind_however_writes_take_turns() -> None:
    clock = VirtualClock()
    store = MemoryStore(clock)

    async def make() -> None:
        for number in range(5_000):
            name = str(number)
            await store.set(name, b"", seconds=1)
            await store.claim(name, "me", seconds=1)
            await store.increment(name, seconds=1)
            await store.pin(name, "me", b"", seconds=1)
            await store.draw([Draw(bucket=name, amount=1, capacity=2, window=1)])
            await store.draw([Draw(bucket=name, amount=1, capacity=2, window=1, lease="one")])
            clock.now += 0.01

    asyncio.run(make())
    kinds = [kept for kept in vars(store).values() if isinstance(kept, Mapping)]
    assert len(kinds) == 6
    assert all(0 < len(kept) < 400 for kept in kinds), [len(kept) for kept in kinds]
