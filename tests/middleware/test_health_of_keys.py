"""Where keys take turns, each has a health of its own beside that of all together; so has each region."""

from __future__ import annotations

import json

import pytest

from any_llm import AnyLLM, Health, Keys
from any_llm.exceptions import AuthenticationError, ProviderError
from any_llm.pipeline.health import circuits, place_of
from any_llm.refusals import CircuitOpenError
from any_llm.spec.dialect import Target
from any_llm.spec.provider import Provider
from any_llm.testing.clock import VirtualClock
from any_llm.transport.replay import Replay, Scripted
from any_llm.types.health import TargetHealth
from any_llm.types.http import HttpRequest
from any_llm.types.json import JSON
from any_llm.types.secret import Secret
from tests.client.answers import MESSAGES, completion

HEAD = {"content-type": "application/json"}


class Vendor:
    """Answers each key with its own status."""

    def __init__(self, **statuses: int) -> None:
        self.statuses = statuses
        self.seen: list[str] = []
        self.transport = Replay(self.answer)

    def answer(self, request: HttpRequest) -> Scripted:
        key = request.headers["Authorization"].removeprefix("Bearer ")
        self.seen.append(key)
        if self.statuses[key] >= 300:
            return Scripted(status=self.statuses[key], headers=HEAD, chunks=[b'{"error": {"message": "no"}}'])
        body = json.loads(request.body if isinstance(request.body, bytes) else b"")
        if body.get("stream"):
            chunk = {"id": "1", "choices": [{"index": 0, "delta": {"content": "hi"}, "finish_reason": "stop"}]}
            events = f"data: {json.dumps(chunk)}\n\ndata: [DONE]\n\n".encode()
            return Scripted(headers={"content-type": "text/event-stream"}, chunks=[events])
        return Scripted(headers=HEAD, chunks=[json.dumps(completion()).encode()])


class World:
    """A client with two keys that take turns, in a time of its own."""

    def __init__(self, **statuses: int) -> None:
        self.clock = VirtualClock()
        self.vendor = Vendor(**statuses)
        keys = Keys(sources=tuple((lambda key=key: key) for key in statuses))
        self.client = AnyLLM.create(
            "openai",
            transport=self.vendor.transport,
            keys=keys,
            retry=None,
            health=Health(),
            surroundings=self.clock.surroundings(),
        )

    async def call(self, *, stream: bool = False) -> str:
        try:
            answer: JSON = await self.client.acompletion("m", MESSAGES, stream=stream)
            if stream:
                _ = [chunk async for chunk in answer]
        except (AuthenticationError, ProviderError, CircuitOpenError) as error:
            return type(error).__name__
        return "ok"

    def health(self, key: str = "") -> TargetHealth:
        fingerprint = Secret(key).fingerprint if key else ""
        (found,) = (each for each in self.client.health() if each.key == fingerprint)
        return found


@pytest.mark.parametrize("stream", [False, True])
async def test_a_key_that_fails_is_left_alone_and_the_others_go_on(stream: bool) -> None:
    world = World(good=200, bad=503)
    told = [await world.call(stream=stream) for _ in range(30)]
    # Keys take turns, so it fails as long as it is not known to be down.
    assert told.count("ok") == 25
    assert (world.health("bad").state, world.health("bad").failures) == ("down", 5)
    assert (world.health("good").state, world.health().state) == ("healthy", "healthy")
    assert world.vendor.seen.count("bad") == 5
    assert world.health("good").attempts == 25


async def test_a_key_that_is_well_again_is_used_again() -> None:
    world = World(good=200, bad=503)
    for _ in range(10):
        await world.call()
    world.vendor.statuses["bad"] = 200
    world.clock.now += 5.0
    assert [await world.call() for _ in range(4)] == ["ok"] * 4
    assert world.health("bad").state == "healthy"


async def test_where_all_keys_fail_the_target_is_down_after_five_calls() -> None:
    world = World(one=500, two=500)
    told = [await world.call() for _ in range(8)]
    assert told[5:] == ["CircuitOpenError"] * 3
    assert world.health().state == "down"
    assert len(world.vendor.seen) == 5


async def test_where_each_key_is_down_for_itself_the_call_is_turned_away() -> None:
    world = World(one=200, two=200)
    await world.call()
    await world.call()
    for circuit in circuits(world.client.settings.surroundings).all():
        for _ in range(5 if circuit.place.key else 0):
            circuit.failed("OverloadedError")
    assert await world.call() == "CircuitOpenError"
    # That no key may be asked says nothing new about any.
    assert world.health().failures == 0
    world.clock.now += 5.0
    assert await world.call() == "ok"


def test_regions_of_one_place_have_a_health_each() -> None:
    places = {
        place_of(Target(provider=Provider(name="p"), model="m", base_url="http://proxy", placeholders=said))
        for said in ({}, {"region": "eu-west-1"}, {"region": "us-east-1"}, {"location": "global"})
    }
    assert sorted(place.region for place in places) == ["", "eu-west-1", "global", "us-east-1"]


def test_what_changes_is_told_at_once() -> None:
    told: list[tuple[str, str]] = []

    def tell(health: TargetHealth) -> None:
        told.append((health.state, health.changes[-1].reason))
        raise RuntimeError("nobody minds")

    clock = VirtualClock()
    vendor = Vendor(key=500)
    client = AnyLLM.create(
        "openai",
        "key",
        transport=vendor.transport,
        retry=None,
        health=Health(failures=1, on_change=tell),
        surroundings=clock.surroundings(),
    )

    async def story() -> None:
        with pytest.raises(ProviderError):
            await client.acompletion("m", MESSAGES)
        vendor.statuses["key"] = 200
        await clock.sleep(5.0)
        for _ in range(2):
            await client.acompletion("m", MESSAGES)

    clock.run(story())
    assert [state for state, _ in told] == ["down", "recovering", "healthy"]
