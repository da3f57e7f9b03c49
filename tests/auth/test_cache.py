"""Credentials that do not last: one fetch for all who ask, the next one before the end, and what failures do."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field

import msgspec
import pytest
from typing_extensions import override

from any_llm.auth.cache import CredentialCache
from any_llm.exceptions import AuthenticationError
from any_llm.spec.auth import Grant, Send
from any_llm.types.http import HttpRequest, HttpResponse
from tests.auth.conftest import NOW, Clock

HOUR = 3_600.0


@dataclass
class Bank:
    """What a source of a test gives, and how often it was asked."""

    lifetime: float | None = HOUR
    fails: int = 0
    asked: int = 0
    gate: asyncio.Event | None = None
    loops: set[int] = field(default_factory=set)


class Source(msgspec.Struct, frozen=True):
    """A source; equal to others of the same name."""

    name: str
    bank: Bank

    @override
    def __hash__(self) -> int:
        return hash(self.name)

    @override
    def __eq__(self, other: object) -> bool:
        return isinstance(other, Source) and other.name == self.name

    async def fetch(self, send: Send, now: float) -> Grant[str]:
        bank = self.bank
        bank.asked += 1
        bank.loops.add(id(asyncio.get_running_loop()))
        number = bank.asked
        if bank.gate is not None:
            await bank.gate.wait()
        if bank.fails:
            bank.fails -= 1
            raise AuthenticationError("refused")
        return Grant(value=f"{self.name}-{number}", expires_at=None if bank.lifetime is None else now + bank.lifetime)


async def send(request: HttpRequest, *, patience: float = 30.0) -> HttpResponse:
    raise AssertionError(request)


async def settle() -> None:
    """Let the tasks that have begun come to their end."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_hundred_calls_wait_for_one_fetch(clock: Clock) -> None:
    cache, bank = CredentialCache(clock), Bank(gate=asyncio.Event())
    assert bank.gate is not None
    waiting = [asyncio.create_task(cache.get(Source("a", bank), send)) for _ in range(100)]
    await settle()
    bank.gate.set()
    assert set(await asyncio.gather(*waiting)) == {"a-1"}
    assert bank.asked == 1


async def test_other_sources_are_others(clock: Clock) -> None:
    cache, bank = CredentialCache(clock), Bank()
    assert [await cache.get(Source(name, bank), send) for name in "aba"] == ["a-1", "b-2", "a-1"]


@pytest.mark.parametrize(("lifetime", "early"), [(HOUR, 300.0), (600.0, 120.0)])
async def test_the_next_one_is_fetched_before_the_end_while_calls_go_on(
    clock: Clock, lifetime: float, early: float
) -> None:
    cache, bank = CredentialCache(clock), Bank(lifetime)
    assert await cache.get(Source("a", bank), send) == "a-1"
    clock.now = NOW + lifetime - early - 1
    assert await cache.get(Source("a", bank), send) == "a-1"
    await settle()
    assert bank.asked == 1
    clock.now = NOW + lifetime - early
    bank.gate = asyncio.Event()
    assert [await cache.get(Source("a", bank), send) for _ in range(100)] == ["a-1"] * 100
    await settle()
    assert bank.asked == 2
    bank.gate.set()
    await settle()
    assert await cache.get(Source("a", bank), send) == "a-2"


async def test_an_expired_one_is_waited_for(clock: Clock) -> None:
    cache, bank = CredentialCache(clock), Bank()
    await cache.get(Source("a", bank), send)
    clock.now = NOW + HOUR - 9
    assert await cache.get(Source("a", bank), send) == "a-2"


async def test_one_without_an_end_is_fetched_once(clock: Clock) -> None:
    cache, bank = CredentialCache(clock), Bank(lifetime=None)
    await cache.get(Source("a", bank), send)
    clock.now = NOW + 1e9
    assert await cache.get(Source("a", bank), send) == "a-1"
    assert bank.asked == 1


async def test_one_that_comes_expired_is_given_once(clock: Clock) -> None:
    cache, bank = CredentialCache(clock), Bank(lifetime=-1.0)
    assert [await cache.get(Source("a", bank), send) for _ in range(2)] == ["a-1", "a-2"]


async def test_a_failed_refresh_is_tried_again_while_the_old_one_holds(clock: Clock) -> None:
    cache, bank = CredentialCache(clock), Bank()
    await cache.get(Source("a", bank), send)
    clock.now, bank.fails = NOW + HOUR - 200, 2
    assert await cache.get(Source("a", bank), send) == "a-1"
    await settle()
    assert await cache.get(Source("a", bank), send) == "a-1"
    await settle()
    assert bank.asked == 2
    clock.now += 10
    assert await cache.get(Source("a", bank), send) == "a-1"
    await settle()
    clock.now += 10
    assert await cache.get(Source("a", bank), send) == "a-1"
    await settle()
    assert await cache.get(Source("a", bank), send) == "a-4"


async def test_a_failure_reaches_everyone_who_waits_as_an_error_of_ones_own(clock: Clock) -> None:
    cache, bank = CredentialCache(clock), Bank(fails=1)
    told = await asyncio.gather(*(cache.get(Source("a", bank), send) for _ in range(3)), return_exceptions=True)
    assert [str(error) for error in told] == ["refused"] * 3
    assert len({id(error) for error in told}) == 3
    assert await cache.get(Source("a", bank), send) == "a-2"


async def test_one_who_gives_up_leaves_the_fetch_to_the_others(clock: Clock) -> None:
    cache, bank = CredentialCache(clock), Bank(gate=asyncio.Event())
    assert bank.gate is not None
    first, second = (asyncio.create_task(cache.get(Source("a", bank), send)) for _ in range(2))
    await settle()
    first.cancel()
    await settle()
    bank.gate.set()
    assert await second == "a-1"
    assert first.cancelled()
    assert bank.asked == 1


def test_event_loops_share_what_was_fetched(clock: Clock) -> None:
    cache, bank = CredentialCache(clock), Bank()
    found = [asyncio.run(cache.get(Source("a", bank), send)) for _ in range(3)]
    assert found == ["a-1"] * 3
    assert bank.asked == 1


def test_a_loop_that_ended_in_the_middle_holds_nobody_up(clock: Clock) -> None:
    cache, bank = CredentialCache(clock), Bank()

    async def begin_and_leave() -> None:
        bank.gate = asyncio.Event()
        task = asyncio.create_task(cache.get(Source("a", bank), send))
        await settle()
        assert not task.done()

    asyncio.run(begin_and_leave())
    bank.gate = None
    assert asyncio.run(cache.get(Source("a", bank), send)) == "a-2"


def test_a_loop_that_was_dropped_in_the_middle_of_a_refresh_holds_nobody_up(clock: Clock) -> None:
    cache, bank = CredentialCache(clock), Bank()
    asyncio.run(cache.get(Source("a", bank), send))
    clock.now = NOW + HOUR - 100
    entry = cache._entries[Source("a", bank)]
    dropped = asyncio.new_event_loop()
    dropped.close()

    async def use() -> str:
        entry.flights[dropped] = asyncio.create_task(Source("b", bank).fetch(send, NOW))
        await cache.get(Source("a", bank), send)
        await settle()
        return await cache.get(Source("a", bank), send)

    assert asyncio.run(use()) == "a-3"
    assert not entry.flights


def test_threads_with_loops_of_their_own_may_ask_at_once(clock: Clock) -> None:
    cache, bank = CredentialCache(clock), Bank()
    found: list[str] = []
    barrier = threading.Barrier(4)

    def ask() -> None:
        barrier.wait(10)
        found.append(asyncio.run(cache.get(Source("a", bank), send)))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(found) == 4
    assert {text[:2] for text in found} == {"a-"}
    assert 1 <= len(bank.loops) <= 4


async def test_not_more_is_kept_than_fits(clock: Clock) -> None:
    cache, bank = CredentialCache(clock), Bank()
    for number in range(1_030):
        await cache.get(Source(str(number), bank), send)
    assert len(cache._entries) == 1_024
    assert await cache.get(Source("0", bank), send) == "0-1031"
