"""Budgets that processes share: no more is spent than there is but for one call's error, also after a kill -9."""

from __future__ import annotations

import json
from asyncio.subprocess import Process
from decimal import Decimal
from pathlib import Path

import pytest

from any_llm import AnyLLM, Budget
from any_llm.types.json import JSON
from tests.stores.conftest import name, redis_url
from tests.stores.crowd import Crowd, crowd, said

__all__ = ["crowd", "name", "redis_url"]

pytestmark = pytest.mark.unmeasured  # what these processes run is measured where other tests run it in theirs

PROCESSES, CALLERS = 8, 8
EXPECTED, HIGH, LIMIT = 22, 152, 2_000
"""What a call is expected to cost, and at most, in dollars; and what there is. See `test_budgets`."""

_CALLING = """
import asyncio, json, sys
from decimal import Decimal
from any_llm import Budget, BudgetExceededError, Budgets, Settings
from any_llm.engine.stack import stack
from any_llm.pipeline.call import Call, Reply
from any_llm.pipeline.compose import compose
from any_llm.spec.dialect import Target
from any_llm.spec.provider import Operation, Provider
from any_llm.types.completion import ChatCompletion, CompletionUsage
from any_llm.types.report import Report

asked = json.loads(sys.argv[1])
target = Target(provider=Provider(name="p"), model="dear", base_url="http://p.example")
prices = {"p:dear": {"input_price": 1_000_000, "output_price": 1_000_000}}
budgets = Budgets(
    budgets=(Budget(amount=asked["limit"], name=asked["name"], max_wait=asked["patience"]),),
    on_unavailable="reject",
    hold=asked["hold"],
)
settings = Settings(retry=None, prices=prices, budgets=budgets, store=asked["place"])
spent = sent = 0

async def inner(call):
    global spent, sent
    sent += 1
    await asyncio.sleep(asked["seconds"])
    spent += asked["cost"]
    usage = CompletionUsage(prompt_tokens=asked["cost"], completion_tokens=0, total_tokens=asked["cost"])
    report = Report(provider="p", model="dear", pricing=settings.budgeting[1])
    return Reply(value=ChatCompletion(id="1", usage=usage), report=report)

async def main():
    handler = compose(stack(settings), inner)
    options = {"messages": [{"role": "user", "content": "hi"}], "max_tokens": 10}

    async def caller():
        while True:
            try:
                await handler(Call(operation=Operation.COMPLETION, target=target, options=options))
            except BudgetExceededError:
                return

    print("ready", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    calls = [asyncio.create_task(caller()) for _ in range(asked["callers"])]
    while asked["stay"]:
        await asyncio.sleep(0.05)
        print(sent, flush=True)
    await asyncio.gather(*calls)
    print(json.dumps([sent, spent]), flush=True)

asyncio.run(main())
"""


async def start(crowd: Crowd, place: str, name: str, count: int = PROCESSES, **more: JSON) -> list[Process]:
    """Have the callers of so many processes spend at the same time, until they are refused."""
    usual = {"callers": CALLERS, "seconds": 0.001, "stay": False, "hold": 60.0, "patience": 20.0, "limit": LIMIT}
    return await crowd.start(_CALLING, {**usual, "place": place, "name": name, **more}, count)


@pytest.fixture(params=["sqlite", "redis"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"sqlite:{tmp_path / 'b.db'}" if request.param == "sqlite" else str(request.getfixturevalue("redis_url"))


@pytest.mark.parametrize("cost", [HIGH, 7])
async def test_64_callers_in_8_processes_never_overspend_by_more_than_one_calls_error(
    place: str, name: str, crowd: Crowd, cost: int
) -> None:
    started = await start(crowd, place, name, cost=cost, limit=LIMIT if cost > EXPECTED else 500)
    told = [json.loads(await said(process)) for process in started]
    spent = sum(spent for _, spent in told)

    limit = LIMIT if cost > EXPECTED else 500
    assert spent <= limit + max(0, cost - EXPECTED)
    # And nothing is left that another call could have had.
    assert spent > limit - EXPECTED - cost
    client = AnyLLM.create("openai", api_key="k", store=place, budgets=[Budget(amount=Decimal(limit), name=name)])
    (state,) = await client.abudgets()
    assert (state.spent, state.reserved, state.left) == (Decimal(spent), Decimal(0), Decimal(limit - spent))


async def test_what_killed_processes_reserved_comes_back_and_not_before(place: str, name: str, crowd: Crowd) -> None:
    hold = 4.0
    killed = await start(crowd, place, name, 2, cost=1, seconds=600.0, stay=True, hold=hold)
    for process in killed:
        while int(await said(process)) == 0:
            pass
    # Thirteen times the most that a call may cost, and one more by its expected cost, is out.
    while sum([int(await said(process)) for process in killed]) < 14:
        pass
    for process in killed:
        process.kill()
        await process.wait()
    client = AnyLLM.create("openai", api_key="k", store=place, budgets=[Budget(amount=Decimal(LIMIT), name=name)])
    (before,) = await client.abudgets()
    refused = await start(crowd, place, name, 1, cost=HIGH, patience=0.0, callers=1)
    assert json.loads(await said(refused[0])) == [0, 0]
    again = await start(crowd, place, name, 1, cost=HIGH, patience=3 * hold, callers=4)
    sent, spent = json.loads(await said(again[0]))

    assert (before.spent, before.reserved) == (Decimal(0), Decimal(13 * HIGH + EXPECTED))
    assert (sent, spent) == (14, 14 * HIGH)
