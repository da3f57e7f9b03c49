"""Health that processes share, in a time of its own: found down and well again soon, tried by one, never in the way."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Sequence

import msgspec
import pytest
from typing_extensions import override

from any_llm.exceptions import AnyLLMError, OverloadedError
from any_llm.middleware.breaker import Breaker
from any_llm.pipeline.call import Call, Reply
from any_llm.pipeline.health import Circuit, circuits
from any_llm.pipeline.health_sharing import Sharing, sharing_of
from any_llm.pipeline.surroundings import Surroundings, SystemClock
from any_llm.refusals import StoreError
from any_llm.spec.dialect import Target
from any_llm.spec.provider import Operation, Provider
from any_llm.spec.store import Pinned
from any_llm.stores.memory import MemoryStore
from any_llm.testing.clock import VirtualClock
from any_llm.types.completion import ChatCompletion
from any_llm.types.health import Health
from any_llm.types.report import Report

TARGET = Target(provider=Provider(name="p"), model="m", base_url="http://p.example")


class Store(MemoryStore):
    """A store that counts the trips to it, and may be away or slow."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(clock)
        self.pins = 0
        self.away = False
        self.seconds = 0.0
        self.clock = clock

    @override
    async def pin(self, board: str, owner: str, value: bytes, *, seconds: float) -> Sequence[Pinned]:
        self.pins += 1
        await self.clock.sleep(self.seconds)
        if self.away:
            raise StoreError("it is away")
        return await super().pin(board, owner, value, seconds=seconds)


class Process:
    """One process that asks a target, which is out when the world says so."""

    def __init__(self, world: World, policy: Health) -> None:
        self.world = world
        self.surroundings = msgspec.structs.replace(world.clock.surroundings(), store=world.store)
        self.breaker = Breaker(policy, self.surroundings)
        self.out = False

    @property
    def circuit(self) -> Circuit:
        return circuits(self.surroundings).of(TARGET)

    async def call(self) -> str:
        try:
            call = Call(operation=Operation.COMPLETION, target=TARGET, options={})
            await self.breaker(call, self.inner)
        except AnyLLMError as error:
            return type(error).__name__
        return "ok"

    async def inner(self, call: Call) -> Reply:
        world = self.world
        world.asked += 1
        world.inside += 1
        world.most = max(world.most, world.inside)
        try:
            await world.clock.sleep(world.seconds)
        finally:
            world.inside -= 1
        if world.out or self.out:
            raise OverloadedError
        return Reply(value=ChatCompletion(), report=Report())


class World:
    """Processes with one store."""

    def __init__(self, count: int = 4, policy: Health | None = None) -> None:
        self.clock = VirtualClock()
        self.store = Store(self.clock)
        self.out = False
        self.seconds = 0.0
        self.asked = self.inside = self.most = 0
        self.policy = policy or Health()
        self.processes = [Process(self, self.policy) for _ in range(count)]

    @property
    def states(self) -> list[str]:
        return [process.circuit.state for process in self.processes]

    async def calls(self, seconds: float, each: float = 0.5) -> None:
        """Have every process make a call every so many seconds, one after the other."""
        until = self.clock.now + seconds
        while self.clock.now < until:
            for process in self.processes:
                await process.call()
                await self.clock.sleep(each / len(self.processes))

    def run(self, story: Callable[[], Awaitable[None]]) -> None:
        self.clock.run(story())


def test_five_failures_wherever_they_are_seen_are_enough_for_all() -> None:
    world = World()

    async def story() -> None:
        await world.calls(5)
        world.out, world.asked = True, 0
        await world.calls(4)

    world.run(story)
    assert world.states == ["down"] * 4
    # Whoever was asking while the fifth was told may come on top.
    assert world.asked <= 5 + 3


@pytest.mark.parametrize("outage", [3.0, 12.0, 47.0, 180.0])
def test_it_is_found_well_by_all_within_half_a_minute(outage: float) -> None:
    world = World()

    async def story() -> None:
        world.out = True
        await world.calls(outage)
        world.out, began = False, world.clock.now
        while set(world.states) != {"healthy"}:
            await world.calls(0.5)
        assert world.clock.now - began <= 30

    world.run(story)
    assert "another process" in {process.circuit.source for process in world.processes}


def test_one_call_at_a_time_tries_it_however_many_processes_there_are() -> None:
    world = World(6)

    async def story() -> None:
        world.out = True
        await world.calls(5)
        world.most, world.seconds = 0, 15.0

        async def busy(process: Process) -> None:
            for _ in range(100):
                await process.call()
                await world.clock.sleep(0.3)

        await asyncio.gather(*(busy(process) for process in world.processes))

    world.run(story)
    assert world.most == 1


def test_a_process_that_is_cut_off_itself_takes_nobody_with_it() -> None:
    world = World()
    world.processes[0].out = True
    world.run(lambda: world.calls(60))
    assert world.states == ["down", "healthy", "healthy", "healthy"]


def test_a_process_that_begins_knows_what_the_others_do_after_one_call() -> None:
    world = World(2)

    async def story() -> None:
        world.out = True
        await world.calls(5)
        late = Process(world, world.policy)
        assert await late.call() == "OverloadedError"
        await world.clock.sleep(0.1)
        assert await late.call() == "CircuitOpenError"
        assert late.circuit.told().changes[0].source == "another process"

    world.run(story)


def test_a_call_never_waits_for_the_store() -> None:
    world = World(1)
    world.store.seconds = 100.0

    async def story() -> None:
        for _ in range(20):
            await world.processes[0].call()
        assert world.clock.now == 0

    world.run(story)


def test_while_all_is_well_a_process_looks_once_a_second() -> None:
    world = World(1)
    world.run(lambda: world.calls(60, each=0.01))
    assert 55 <= world.store.pins <= 62


def test_without_the_store_each_process_goes_by_what_it_knows_and_comes_back_to_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = World(2)

    async def story() -> None:
        await world.calls(3)
        assert world.processes[0].circuit.shared
        world.store.away = True
        await world.calls(30)
        assert not world.processes[0].circuit.shared
        world.processes[0].out = True
        await world.calls(6)
        assert world.states == ["down", "healthy"]
        world.processes[0].out = False
        await world.calls(25)
        assert world.states == ["healthy", "healthy"]
        world.store.away = False
        await world.calls(8)
        assert world.processes[0].circuit.shared

    with caplog.at_level(logging.WARNING, logger="any_llm"):
        world.run(story)
    assert [record.getMessage() for record in caplog.records] == [
        "Health is not shared with other processes for now: it is away"
    ] * 2


def test_what_another_version_says_is_passed_over(caplog: pytest.LogCaptureFixture) -> None:
    world = World(1)

    async def story() -> None:
        await world.store.pin("health", "other", b"\xc1", seconds=60)
        await world.calls(3)

    with caplog.at_level(logging.WARNING, logger="any_llm"):
        world.run(story)
    assert "What other says about health cannot be read" in caplog.text
    assert world.states == ["healthy"]


class OnlyBoards:
    """A store on which something may be pinned up, and nothing claimed."""

    def __init__(self, store: MemoryStore) -> None:
        self.pin = store.pin


def test_a_store_that_gives_no_names_away_lets_each_process_try() -> None:
    world = World(0)
    world.store = OnlyBoards(world.store)  # type: ignore[assignment]  # it has what is asked of it
    world.processes = [Process(world, world.policy) for _ in range(2)]

    async def story() -> None:
        world.out = True
        await world.calls(5)
        world.out = False
        await world.calls(30)

    world.run(story)
    assert world.states == ["healthy", "healthy"]


@pytest.mark.parametrize(
    ("store", "policy"), [("memory", Health()), (object(), Health()), (None, Health(share_every=None))]
)
def test_there_may_be_nobody_to_share_with(store: object, policy: Health) -> None:
    clock = VirtualClock()
    surroundings = msgspec.structs.replace(clock.surroundings(), store=MemoryStore(clock) if store is None else store)
    assert sharing_of(policy, surroundings) is None


class Told(MemoryStore):
    """A store that knows the loops in which something was pinned up."""

    def __init__(self) -> None:
        super().__init__(SystemClock())
        self.loops: list[asyncio.AbstractEventLoop] = []

    @override
    async def pin(self, board: str, owner: str, value: bytes, *, seconds: float) -> Sequence[Pinned]:
        self.loops.append(asyncio.get_running_loop())
        return await super().pin(board, owner, value, seconds=seconds)


async def tell_through(sharing: Sharing, store: Told) -> bool:
    """Say whether what is told now is told by this loop."""
    sharing.tell()
    for _ in range(5):
        await asyncio.sleep(0)
    return asyncio.get_running_loop() in store.loops


def test_a_loop_that_stands_still_does_not_keep_another_one_from_telling() -> None:
    store = Told()
    sharing = sharing_of(Health(), Surroundings(store=store))
    assert sharing is not None
    with asyncio.Runner() as still:
        assert still.run(tell_through(sharing, store))
        with asyncio.Runner() as other:
            assert other.run(tell_through(sharing, store))


async def test_a_forked_child_tells_for_itself() -> None:
    store = Told()
    sharing = sharing_of(Health(), Surroundings(store=store))
    assert sharing is not None
    assert await tell_through(sharing, store)
    child = os.fork()
    if child == 0:
        with asyncio.Runner() as runner:
            os._exit(not runner.run(tell_through(sharing, store)))
    assert (await asyncio.to_thread(os.waitpid, child, 0))[1] == 0


async def test_what_ends_on_a_thread_without_a_loop_is_told_by_the_next_call() -> None:
    store = Told()
    sharing = sharing_of(Health(share_every=3600.0), Surroundings(store=store))
    assert sharing is not None
    await asyncio.to_thread(sharing.tell)
    assert not store.loops
    sharing.look()
    await sharing.settle()
    assert store.loops
