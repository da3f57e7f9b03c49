"""Limits that processes share: never more than the limit, nearly all of it, also after some are killed."""

from __future__ import annotations

import json
from asyncio.subprocess import Process
from collections.abc import Mapping

import pytest

from any_llm.types.json import JSON
from tests.stores.crowd import Crowd, crowd, said

__all__ = ["crowd"]

pytestmark = pytest.mark.unmeasured  # what these processes run is measured where other tests run it in theirs

PROCESSES, TASKS = 8, 200

_CALLING = """
import asyncio, json, sys, time
from any_llm import Limit, LimitExceededError, Limits, Settings
from any_llm.engine.stack import stack
from any_llm.pipeline.call import Call, Reply
from any_llm.pipeline.compose import compose
from any_llm.spec.dialect import Target
from any_llm.spec.provider import Operation, Provider
from any_llm.types.completion import ChatCompletion
from any_llm.types.report import Report

TARGET = Target(provider=Provider(name="p"), model="m", base_url="http://p.example")
asked = json.loads(sys.argv[1])
times = []

async def inner(call):
    times.append(time.time())
    await asyncio.sleep(asked["seconds"])
    return Reply(value=ChatCompletion(id="1"), report=Report())

async def main():
    limits = Limits(limits=(Limit(**asked["limit"]),), learn=False, on_unavailable="reject")
    handler = compose(stack(Settings(retry=None, limits=limits, store=asked["place"])), inner)

    async def one(number):
        call = Call(operation=Operation.COMPLETION, target=TARGET, options={})
        try:
            await handler(call)
        except LimitExceededError:
            return

    # Everybody begins at once, however long it took to start them all.
    print("ready", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    calls = [asyncio.create_task(one(number)) for number in range(asked["tasks"])]
    if asked["stay"]:
        while True:
            await asyncio.sleep(0.05)
            print(len(times), flush=True)
    try:
        async with asyncio.timeout(asked["most"]):
            await asyncio.gather(*calls)
    except TimeoutError:
        pass
    print(json.dumps(times), flush=True)

asyncio.run(main())
"""


async def start(
    crowd: Crowd, place: str, limit: Mapping[str, JSON], count: int = PROCESSES, **more: JSON
) -> list[Process]:
    """Have so many processes make their calls through the layer of limits at the same time."""
    usual = {"tasks": TASKS, "seconds": 0.0, "stay": False, "most": 60.0}
    return await crowd.start(_CALLING, {**usual, "place": place, "limit": limit, **more}, count)


@pytest.mark.parametrize("place", ["sqlite", "redis"], indirect=True)
async def test_of_1600_calls_exactly_as_many_go_as_may(place: str, name: str, crowd: Crowd) -> None:
    started = await start(crowd, place, {"amount": 1_000, "window": 1e9, "mode": "reject", "name": name})
    assert sum([len(json.loads(await said(process))) for process in started]) == 1_000


@pytest.mark.parametrize("place", ["sqlite", "redis"], indirect=True)
async def test_calls_that_wait_use_nearly_all_of_a_limit_and_never_more(place: str, name: str, crowd: Crowd) -> None:
    rate, burst = 40, 100
    limit = {"amount": rate, "window": 1.0, "burst": burst, "mode": "wait", "name": name}
    started = await start(crowd, place, limit, most=6.0)
    times = sorted([at for process in started for at in json.loads(await said(process))])
    # When a call is admitted is seen a little later than the store has admitted it.
    for number, at in enumerate(times):
        assert number + 1 <= burst + rate * (at - times[0] + 0.25)
    may = burst + rate * (times[-1] - times[0])
    assert len(times) >= 0.98 * may


@pytest.mark.parametrize("place", ["sqlite", "redis"], indirect=True)
async def test_after_processes_are_killed_nothing_is_admitted_beyond(place: str, name: str, crowd: Crowd) -> None:
    rate = {"amount": 300, "window": 1e9, "mode": "reject", "name": name}
    killed = await start(crowd, place, rate, count=2, tasks=100, stay=True, seconds=60.0)
    gone = 0
    for process in killed:
        while (count := int(await said(process))) == 0:
            pass
        process.kill()
        await process.wait()
        # What it has drawn in between is gone, and may not be given to others.
        gone += count
    rest = await start(crowd, place, rate, count=4, tasks=100)
    admitted = sum([len(json.loads(await said(process))) for process in rest])
    assert 300 - 2 * 100 <= admitted <= 300 - gone


@pytest.mark.parametrize("place", ["sqlite", "redis"], indirect=True)
async def test_places_of_killed_processes_come_back_and_no_others(place: str, name: str, crowd: Crowd) -> None:
    at_once = {"amount": 10, "of": "concurrency", "window": 6.0, "mode": "reject", "name": name}
    (killed,) = await start(crowd, place, at_once, count=1, tasks=50, stay=True, seconds=600.0)
    while int(await said(killed)) < 10:
        pass
    others = await start(crowd, place, at_once, count=1, tasks=50)
    assert json.loads(await said(others[0])) == []
    killed.kill()
    await killed.wait()
    waiting = await start(crowd, place, {**at_once, "mode": "wait"}, count=1, tasks=30)
    assert len(json.loads(await said(waiting[0]))) == 30
