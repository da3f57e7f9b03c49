"""What every store promises, of each of them."""

from __future__ import annotations

import asyncio
import os
import sys
import traceback
from asyncio.subprocess import PIPE
from math import inf
from pathlib import Path

import pytest

from any_llm.exceptions import ConfigurationError
from any_llm.pipeline.surroundings import SystemClock
from any_llm.refusals import StoreError
from any_llm.spec.store import Buckets, Claims, Counters, Draw, KeyValue
from any_llm.stores.opening import open_store
from any_llm.stores.redis import RedisStore
from any_llm.stores.sqlite import SqliteStore
from any_llm.testing.conformance.stores import checks
from any_llm.types.json import JSON

LONG, SOON, HELD = 3_600.0, 0.05, 6.0


async def after(seconds: float) -> None:
    await asyncio.sleep(seconds)


async def test_it_keeps_the_promises_of_the_conformance_suite(store: JSON) -> None:
    for _, check in checks("store", store):
        found = check()
        if found is not None:
            await found


async def test_it_has_every_protocol(store: JSON) -> None:
    assert all(isinstance(store, protocol) for protocol in (KeyValue, Counters, Claims, Buckets))


async def test_counts_add_up_and_end(store: Counters, name: str) -> None:
    assert await store.count(name) == 0
    assert await store.increment(name, 2.5, seconds=SOON) == 2.5
    assert await store.increment(name, 1.0, seconds=LONG) == 3.5
    assert await store.count(name) == 3.5
    await after(2 * SOON)
    assert await store.count(name) == 0
    assert await store.increment(name) == 1


async def test_a_name_has_one_owner_until_it_is_released_or_its_time_is_over(store: Claims, name: str) -> None:
    assert await store.claim(name, "a", seconds=LONG)
    assert await store.claim(name, "a", seconds=LONG)
    assert not await store.claim(name, "b", seconds=LONG)
    await store.release(name, "b")
    assert not await store.claim(name, "b", seconds=LONG)
    await store.release(name, "a")
    assert await store.claim(name, "b", seconds=SOON)
    await after(2 * SOON)
    assert await store.claim(name, "c", seconds=LONG)


async def test_a_bucket_gives_what_it_holds_and_says_when_there_is_more(store: Buckets, name: str) -> None:
    draw = Draw(bucket=name, amount=6, capacity=10, window=LONG)
    first, second = await store.draw([draw]), await store.draw([draw])
    assert (first.granted, round(first.left[0])) == (True, 4)
    assert (second.granted, second.short, round(second.wait)) == (False, name, round(2 * LONG / 10))


async def test_a_bucket_fills_again(store: Buckets, name: str) -> None:
    draw = Draw(bucket=name, amount=1, capacity=1, window=SOON)
    assert (await store.draw([draw])).granted
    assert not (await store.draw([draw])).granted
    await after(2 * SOON)
    assert (await store.draw([draw])).granted


async def test_of_several_buckets_all_or_none_is_drawn(store: Buckets, name: str) -> None:
    large = Draw(bucket=f"{name}-large", amount=1, capacity=10, window=LONG)
    small = Draw(bucket=f"{name}-small", amount=2, capacity=1, window=LONG)
    drawn = await store.draw([large, small])
    assert (drawn.granted, drawn.short) == (False, small.bucket)
    again = await store.draw([large])
    assert round(again.left[0]) == 9


async def test_what_is_given_back_can_be_drawn_and_no_more_than_there_was(store: Buckets, name: str) -> None:
    draw = Draw(bucket=name, amount=8, capacity=10, window=LONG)
    await store.draw([draw])
    await store.give_back([draw, draw])
    assert round((await store.draw([draw])).left[0]) == 2


async def test_a_bucket_can_be_in_debt(store: Buckets, name: str) -> None:
    await store.give_back([Draw(bucket=name, amount=-30, capacity=10, window=LONG)])
    drawn = await store.draw([Draw(bucket=name, amount=1, capacity=10, window=LONG)])
    assert (drawn.granted, round(drawn.left[0])) == (False, -20)
    assert round(drawn.wait) == round(21 * LONG / 10)


async def test_a_lease_is_held_until_it_is_returned(store: Buckets, name: str) -> None:
    leases = [Draw(bucket=name, amount=1, capacity=2, window=LONG, lease=lease) for lease in "abc"]
    assert [(await store.draw([lease])).granted for lease in leases] == [True, True, False]
    await store.give_back([leases[0]])
    assert (await store.draw([leases[2]])).granted
    await store.give_back([leases[0]])
    assert not (await store.draw([leases[0]])).granted


async def test_a_lease_that_is_drawn_again_lasts_longer(store: Buckets, name: str) -> None:
    def mine(amount: float = 2, window: float = LONG) -> Draw:
        return Draw(bucket=name, amount=amount, capacity=2, window=window, lease="a")

    other = Draw(bucket=name, amount=1, capacity=2, window=LONG, lease="b")
    assert (await store.draw([mine(window=SOON)])).granted
    assert (await store.draw([mine()])).granted
    await after(2 * SOON)
    assert not (await store.draw([other])).granted
    assert (await store.draw([mine(amount=1)])).granted
    assert (await store.draw([other])).granted
    assert (await store.draw([mine(amount=2)])).wait > SOON


async def test_what_is_added_to_a_lease_is_held_with_it_to_the_last_unit(store: Buckets, name: str) -> None:
    most = 2**53

    def draw(amount: int, lease: str = "spent", window: float = LONG) -> Draw:
        return Draw(bucket=name, amount=amount, capacity=most, window=window, lease=lease)

    assert (await store.draw([draw(5, "mine")])).granted
    await store.give_back([draw(5, "mine"), draw(-(2**52 + 1)), draw(-2)])
    assert (await store.draw([draw(most + 1, "look")])).left == (2**52 - 3,)
    assert (await store.draw([draw(2**52 - 3, "rest")])).granted
    await store.give_back([draw(-(10**6))])
    assert (await store.draw([draw(1, "more")])).left == (-(10**6),)


async def test_a_lease_that_is_added_to_ends_with_what_was_added_last(store: Buckets, name: str) -> None:
    def added(window: float) -> Draw:
        return Draw(bucket=name, amount=-1, capacity=10, window=window, lease="spent")

    look = Draw(bucket=name, amount=11, capacity=10, window=LONG, lease="look")
    await store.give_back([added(SOON)])
    await after(2 * SOON)
    await store.give_back([added(LONG)])
    assert (await store.draw([look])).left == (9,)
    await store.give_back([added(SOON)])
    await after(2 * SOON)
    assert (await store.draw([look])).left == (8,)


async def test_a_debt_is_not_forgotten_before_it_is_paid(store: Buckets, name: str) -> None:
    draw = Draw(bucket=name, amount=1, capacity=1, window=SOON)
    assert (await store.draw([draw])).granted
    await store.give_back([Draw(bucket=name, amount=-1e6, capacity=1, window=SOON)])
    await after(4 * SOON)
    assert (await store.draw([draw])).wait > LONG


async def test_a_lease_ends_by_itself(store: Buckets, name: str) -> None:
    brief = Draw(bucket=name, amount=1, capacity=1, window=SOON, lease="a")
    late = Draw(bucket=name, amount=1, capacity=1, window=LONG, lease="b")
    assert (await store.draw([brief])).granted
    refused = await store.draw([late])
    assert (refused.granted, 0 < refused.wait <= SOON) == (False, True)
    await after(2 * SOON)
    assert (await store.draw([late])).granted


async def test_what_a_bucket_never_holds_is_never_there(store: Buckets, name: str) -> None:
    refused = await store.draw([Draw(bucket=name, amount=3, capacity=2, window=LONG, lease="a")])
    assert (refused.granted, refused.wait > 1e9) == (False, True)
    assert refused.wait in {inf, 1e300}


_DRAWING = """
import asyncio, sys
from any_llm.pipeline.surroundings import SystemClock
from any_llm.spec.store import Draw
from any_llm.stores.opening import open_store

async def main(place, bucket, tasks, lease):
    store = open_store(place, SystemClock())
    window = float(sys.argv[6])
    async def one(number):
        name = f"{sys.argv[5]}-{number}" if lease else ""
        return (await store.draw([Draw(bucket=bucket, amount=1, capacity=1000, window=window, lease=name)])).granted
    # Everybody begins at once, however long it took to start them all.
    print("ready", flush=True)
    sys.stdin.readline()
    print(sum(await asyncio.gather(*(one(number) for number in range(tasks)))), flush=True)
    if lease:
        await asyncio.Event().wait()
    await store.aclose()

asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4] == "lease"))
"""


async def _processes(place: str, bucket: str, *, lease: bool, window: float) -> list[asyncio.subprocess.Process]:
    words = [place, bucket, "200", "lease" if lease else "rate"]
    running = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", _DRAWING, *words, str(number), str(window), stdin=PIPE, stdout=PIPE
        )
        for number in range(8)
    ]
    for process in running:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"ready\n"
    for process in running:
        assert process.stdin is not None
        process.stdin.write(b"\n")
    return running


async def _granted(process: asyncio.subprocess.Process) -> int:
    assert process.stdout is not None
    return int(await process.stdout.readline())


@pytest.mark.unmeasured
@pytest.mark.parametrize("place", ["sqlite", "redis"], indirect=True)
async def test_eight_processes_of_200_tasks_draw_exactly_what_there_is(place: str, name: str) -> None:
    running = await _processes(place, name, lease=False, window=1e9)
    granted = [await _granted(process) for process in running]
    assert sum(granted) == 1_000
    assert [await process.wait() for process in running] == [0] * 8


@pytest.mark.unmeasured
@pytest.mark.parametrize("place", ["sqlite", "redis"], indirect=True)
async def test_what_killed_processes_held_comes_back_and_never_too_much_is_out(
    place: str, store: Buckets, name: str
) -> None:
    running = await _processes(place, name, lease=True, window=HELD)
    assert sum([await _granted(process) for process in running]) == 1_000
    for process in running:
        process.kill()
        await process.wait()
    one = Draw(bucket=name, amount=1, capacity=1000, window=HELD, lease="new")
    refused = await store.draw([one])
    assert (refused.granted, refused.wait <= HELD) == (False, True)
    all_of_it = Draw(bucket=name, amount=1000, capacity=1000, window=HELD, lease="all")
    await after(HELD)
    assert (await store.draw([all_of_it])).granted
    assert not (await store.draw([one])).granted


async def test_a_draw_is_one_round_trip(redis_url: str, name: str) -> None:
    store = RedisStore(redis_url)
    draws = [Draw(bucket=f"{name}-{number}", amount=1, capacity=9, window=LONG) for number in range(3)]
    await store.draw(draws)
    client = (await store._connected()).client
    before = (await client.info("stats"))["total_commands_processed"]
    calls = (await client.info("commandstats"))["cmdstat_evalsha"]["calls"]
    await store.draw(draws)
    assert (await client.info("commandstats"))["cmdstat_evalsha"]["calls"] == calls + 1
    assert (await client.info("stats"))["total_commands_processed"] > before
    await store.aclose()
    await store.aclose()


def test_connections_close_with_their_loop(redis_url: str) -> None:
    store = RedisStore(redis_url)

    async def count() -> int:
        connected = await store._connected()
        return len(await connected.client.client_list())

    assert asyncio.run(count()) == asyncio.run(count()) == asyncio.run(count())
    assert not store._clients


def test_a_loop_that_was_closed_by_hand_is_forgotten() -> None:
    store = RedisStore("redis://127.0.0.1:1/0", timeout=0.2)
    by_hand = asyncio.new_event_loop()
    by_hand.run_until_complete(store._connected())
    by_hand.close()
    assert set(store._clients) == {by_hand}
    with asyncio.Runner() as runner:
        runner.run(store._connected())
        assert set(store._clients) == {runner.get_loop()}


@pytest.mark.parametrize("url", ["redis://:hunter2/x@host:6379", "redis://me:hunter2#x@host", "redis://host:hunter2"])
def test_a_url_that_cannot_be_read_is_refused_at_once_and_not_shown(url: str) -> None:
    with pytest.raises(ConfigurationError, match="whose port is no number") as caught:
        open_store(url, SystemClock())
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


async def test_a_server_that_is_away_is_told_of_soon() -> None:
    store = RedisStore("redis://127.0.0.1:1/0", timeout=0.2)
    with pytest.raises(StoreError, match=r"The store at 127.0.0.1:1 failed"):
        await store.get("a")
    await store.aclose()


async def test_a_forked_child_opens_the_file_for_itself(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.db", SystemClock())
    await store.set("a", b"1")
    store._process = os.getpid() + 1
    assert await store.get("a") == b"1"
    await store.aclose()
    assert await store.get("a") == b"1"
    await store.aclose()
    await store.aclose()


async def test_what_is_over_is_swept_out(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.db", SystemClock())
    await store.set("old", b"1", seconds=0.001)
    for number in range(520):
        await store.increment(str(number))
    assert await store._run(lambda database: database.execute("SELECT count(*) FROM kept").fetchone()[0]) == 0
    await store.aclose()


async def test_a_full_disk_is_told_of_and_does_no_lasting_harm(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.db", SystemClock())
    await store.set("a", b"1")
    await store._run(lambda _: store._database and store._database.execute("PRAGMA max_page_count = 20"))
    with pytest.raises(StoreError, match="database or disk is full"):
        await store.set("b", bytes(1_000_000))
    await store.set("c", b"2")
    assert [await store.get(name) for name in "abc"] == [b"1", None, b"2"]
    await store.aclose()


async def test_what_fails_changes_nothing(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.db", SystemClock())

    def fail(database: JSON) -> None:
        database.execute("INSERT INTO kept VALUES ('a', 'b', 1e99)")
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await store._run(fail)
    assert await store.get("a") is None
    await store.aclose()


async def test_a_file_that_is_none_is_told_of(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path, SystemClock())
    with pytest.raises(StoreError, match="unable to open database file"):
        await store.get("a")
    await store.aclose()


@pytest.mark.parametrize("place", ["file:x", "sqlite:", ""])
def test_a_place_that_no_store_has_is_refused(place: str) -> None:
    with pytest.raises(ConfigurationError, match="store is"):
        open_store(place, SystemClock())
