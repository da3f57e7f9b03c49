"""Every way in which a call can end is one line, which its schema takes and which tells what is special about it."""

from __future__ import annotations

import asyncio
import gc
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from decimal import Decimal
from typing import get_args

import jsonschema
import pytest

from any_llm import AnyLLM, Budget, Cache, Fallback, Guards, Limit, Limits, Logs, Route, RouteTarget
from any_llm.attempts import AttemptOutcome
from any_llm.exceptions import AnyLLMError
from any_llm.pipeline.stream import Ending
from any_llm.testing import Mock
from any_llm.testing.clock import VirtualClock
from any_llm.testing.mock.request import MockRequest
from any_llm.types.caching import CacheStatus
from any_llm.types.json import JSON, JSONObject
from tests.observers.test_logs import SCHEMA, Lines

ASKED = [{"role": "user", "content": "Say hello to all of the people there, and to ann@example.org."}]
CHECK = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
FAIL = {"x-mock-fault": "status=503"}

Kind = Callable[["World"], Awaitable[object]]


class World:
    """A mock, and clients of it whose lines are kept."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.mock = Mock()
        self.lines = Lines(self.clock.surroundings())
        self.seconds: dict[str, float] = {}

    def client(self, provider: str = "openai", **said: JSON) -> AnyLLM:
        return self.lines.client(self.mock, provider, **said)

    def route(self, **fallback: JSON) -> AnyLLM:
        models = ("openai:gpt-5", "anthropic:claude-sonnet-4-5")
        targets = tuple(RouteTarget(model=model, api_key=f"key-of-{model}") for model in models)
        return AnyLLM.create(
            "route",
            routes={"fast": Route(targets=targets, fallback=Fallback(**fallback))},
            logs=Logs(to=self.lines.take),
            surroundings=self.lines.surroundings,
            transport=self.mock.transport,
        )

    async def slow(self, request: MockRequest) -> JSON:
        await self.clock.sleep(self.seconds.get(request.vendor, 0.1))
        return "hello"


async def ask(client: AnyLLM, model: str = "gpt-5", **said: JSON) -> JSON:
    return await client.acompletion(model=model, messages=ASKED, **said)


async def read(stream: JSON, most: int = 1_000) -> None:
    taken = 0
    async for _ in stream:
        taken += 1
        if taken == most:
            break


async def closed(world: World) -> None:
    stream = await ask(world.client(), stream=True)
    await read(stream, 4)
    await stream.aclose()


async def abandoned(world: World) -> None:
    stream = await ask(world.client(), stream=True)
    await read(stream, 4)
    del stream
    gc.collect()


async def retried(world: World) -> None:
    world.mock.fault("status=503", times=1)
    await ask(world.client(), max_retries=2)


async def fallen_back(world: World) -> None:
    world.mock.fault("status=503", times=1)
    await ask(world.route(), "fast")


async def fallen(world: World) -> None:
    world.mock.fault("status=503", times=2)
    await ask(world.route(), "fast", max_retries=0)


async def begun_anew(world: World) -> None:
    world.mock.reply("one two three four five six seven")
    world.mock.fault("cut-short=1500", times=1)
    await read(await ask(world.route(mid_stream="restart"), "fast", stream=True))


async def hedged(world: World) -> None:
    world.mock.answer_with(world.slow)
    client = world.route(hedge=1.0)
    for _ in range(20):
        await ask(client, "fast")
    world.lines.flush()
    world.lines.records.clear()
    world.seconds["openai"] = 30.0
    await ask(client, "fast")


async def cut(world: World) -> None:
    world.mock.reply("one two three four five six seven")
    world.mock.fault("cut-short=1500", times=1)
    await read(await ask(world.client(), stream=True))


async def cached(world: World) -> None:
    client = world.client(cache=Cache())
    await ask(client)
    world.lines.flush()
    world.lines.records.clear()
    await ask(client)


async def cancelled(world: World) -> None:
    world.mock.answer_with(world.slow)
    world.seconds["openai"] = 30.0
    task = asyncio.ensure_future(ask(world.client()))
    await asyncio.wait([task], timeout=1.0)
    task.cancel()
    await asyncio.wait([task])


async def waited(world: World) -> None:
    client = world.client(limits=Limits(limits=(Limit(amount=1, window=60.0),)))
    await ask(client)
    world.lines.flush()
    world.lines.records.clear()
    await ask(client)


async def batched(world: World) -> None:
    requests = [{"custom_id": "a", "body": {"model": "gpt-5", "messages": ASKED}}]
    await world.client().acreate_batch(requests=requests, model="gpt-5")


KINDS: Mapping[str, tuple[Kind, JSONObject]] = {
    "whole": (
        lambda world: ask(world.client()),
        {"outcome": "complete", "attempt": 1, "stream": False, "level": "info"},
    ),
    "streamed": (
        lambda world: _then(ask(world.client(), stream=True), read),
        {"outcome": "complete", "stream": True, "chunks": ..., "time_to_first_chunk_ms": ..., "cost_usd": ...},
    ),
    "closed": (closed, {"outcome": "closed", "chunks": 4, "estimated": True, "input_tokens": ..., "cost_usd": ...}),
    "abandoned": (abandoned, {"outcome": "closed", "chunks": 4, "estimated": True, "cost_usd": ...}),
    "cut": (cut, {"outcome": "failed", "error": "StreamTruncatedError", "estimated": True, "lost_usd": ...}),
    "failed": (
        lambda world: ask(world.client(), extra_headers=FAIL, max_retries=0),
        {"outcome": "failed", "error": "OverloadedError", "status": 503, "level": "error", "cost_usd": "0"},
    ),
    "cancelled": (cancelled, {"outcome": "cancelled", "level": "warning", "error": "CancelledError"}),
    "retried": (retried, {"outcome": "complete", "attempt": 2, "attempts": ..., "waited_ms": ...}),
    "fallback": (fallen_back, {"outcome": "complete", "route": "fast", "provider": "anthropic", "attempts": ...}),
    "no target left": (fallen, {"outcome": "failed", "route": "fast", "attempt": 2, "attempts": ...}),
    "begun anew": (begun_anew, {"outcome": "complete", "route": "fast", "lost_usd": ..., "attempts": ...}),
    "hedged": (hedged, {"outcome": "complete", "route": "fast", "provider": "anthropic", "attempt": 2}),
    "cached": (cached, {"outcome": "complete", "cache": "hit", "attempt": 0, "cost_usd": "0", "upstream_ms": 0.0}),
    "no budget": (
        lambda world: ask(world.client(budgets=[Budget(amount=Decimal("0.0000001"), max_wait=0.0)])),
        {"outcome": "failed", "error": "BudgetExceededError", "attempt": 0, "retry_after": ...},
    ),
    "guarded": (
        lambda world: ask(world.client(guards=Guards(requests="block", detect=("personal",)))),
        {"outcome": "failed", "error": "GuardrailError", "attempt": 0, "findings": 1},
    ),
    "limited": (waited, {"outcome": "complete", "waited_ms": ..., "overhead_ms": ...}),
    "embedding": (
        lambda world: world.client().aembedding(model="text-embedding-3-small", inputs="a"),
        {"operation": "embedding", "input_tokens": ..., "cost_usd": ...},
    ),
    "messages": (
        lambda world: world.client("anthropic").amessages(model="claude-sonnet-4-5", messages=ASKED, max_tokens=9),
        {"operation": "messages", "provider": "anthropic", "cost_usd": ...},
    ),
    "responses": (
        lambda world: world.client().aresponses(model="gpt-5", input_data="hi"),
        {"operation": "responses", "cost_usd": ...},
    ),
    "image": (
        lambda world: world.client().aimage_generation(model="gpt-image-1", prompt="a cat"),
        {"operation": "image_generation", "cost_usd": ...},
    ),
    "batch": (batched, {"operation": "create_batch", "outcome": "complete"}),
    "models": (lambda world: world.client().alist_models(), {"operation": "list_models", "outcome": "complete"}),
}


async def _then(first: Awaitable[JSON], after: Callable[[JSON], Awaitable[object]]) -> None:
    await after(await first)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_call_is_one_line(kind: str) -> None:
    world = World()
    make, wanted = KINDS[kind]
    # How it fails is what its line is looked at for.
    with suppress(AnyLLMError):
        world.clock.run(make(world))
    lines = world.lines.flush()
    line = lines[-1]
    assert len(lines) == 1
    CHECK.validate(line)
    assert {name: line.get(name) for name, value in wanted.items() if value is not ...} == {
        name: value for name, value in wanted.items() if value is not ...
    }
    assert wanted.keys() <= line.keys()
    assert "hello" not in json.dumps(line)
    assert re.fullmatch(r"[\d.]+", line.get("cost_usd", "0"))
    assert line["duration_ms"] == pytest.approx(line["upstream_ms"] + line["waited_ms"] + line["overhead_ms"], abs=0.01)


def test_the_schema_knows_every_word_that_there_is() -> None:
    words = SCHEMA["properties"]
    assert set(words["cache"]["enum"]) == set(get_args(CacheStatus))
    assert set(SCHEMA["$defs"]["attempt"]["properties"]["outcome"]["enum"]) == set(get_args(AttemptOutcome))
    assert set(words["outcome"]["enum"]) == set(get_args(Ending))


def test_what_a_batch_used_counts_once_however_often_it_is_looked_at() -> None:
    world = World()

    async def story() -> None:
        client = world.client()
        requests = [{"custom_id": "a", "body": {"model": "gpt-5", "messages": ASKED}}]
        batch = await client.acreate_batch(requests=requests, model="gpt-5")
        await client.aretrieve_batch(batch.id)
        await client.aretrieve_batch_results(batch.id)

    world.clock.run(story())
    tokens = {line["operation"]: "input_tokens" in line for line in world.lines.flush()}
    assert tokens == {"create_batch": False, "retrieve_batch": False, "retrieve_batch_results": True}
