"""A second target for a slow one: when it is asked, how often at most, and what becomes of who loses."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from any_llm import AnyLLM, Fallback, Route
from any_llm.client.routed import Routed
from any_llm.exceptions import InvalidRequestError, OverloadedError
from any_llm.pipeline.hedging import Hedges
from any_llm.pipeline.stream import EventStream
from any_llm.testing import Failure, Mock
from any_llm.testing.clock import VirtualClock
from any_llm.testing.mock.request import MockRequest
from any_llm.types.json import JSON

QUESTION = [{"role": "user", "content": "Count."}]


class World:
    """Two targets, of which the first takes as long as it is told."""

    def __init__(self, *more: str, hedge: float = 1.0, patience: float | None = None) -> None:
        self.clock = VirtualClock()
        self.mock = Mock()
        self.mock.answer_with(self.answer)
        self.seconds = {"openai": 0.1, "groq": 0.1}
        self.answers: dict[str, JSON] = {}
        models = ("openai:gpt-5-mini", "groq:llama-3.3-70b-versatile", *more)
        targets = tuple({"model": model, "api_key": "k"} for model in models)
        client = AnyLLM.create(
            Route(targets=targets, fallback=Fallback(hedge=hedge, patience=patience)),
            transport=self.mock.transport,
            surroundings=self.clock.surroundings(),
            retry=None,
        )
        assert isinstance(client, Routed)
        self.client = client

    async def answer(self, request: MockRequest) -> JSON:
        await self.clock.sleep(self.seconds.get(request.vendor, 0.1))
        return self.answers.get(request.vendor, f"from {request.vendor}")

    async def warm_up(self, *, stream: bool = False) -> None:
        """Have it known how long the first target takes."""
        for _ in range(20):
            answer = await self.client.acompletion("auto", QUESTION, stream=stream)
            if isinstance(answer, EventStream):
                _ = [piece async for piece in answer]


@pytest.mark.parametrize("stream", [True, False])
def test_the_second_target_is_asked_when_the_first_takes_longer_than_usual(*, stream: bool) -> None:
    world = World()

    async def story() -> None:
        await world.warm_up(stream=stream)
        world.seconds["openai"] = 30.0
        began = world.clock.now
        answer = await world.client.acompletion("auto", QUESTION, stream=stream)
        if isinstance(answer, EventStream):
            _ = [piece async for piece in answer]
        assert world.clock.now - began == pytest.approx(0.2, abs=0.05)
        assert answer.report.provider == "groq"
        assert answer.report.routing is not None
        assert answer.report.routing.hedged == 1
        assert [each.outcome for each in answer.report.attempts] == ["cancelled", "ok"]

    world.clock.run(story())
    assert world.mock.transport.open == 0


def test_the_first_target_may_still_win() -> None:
    world = World()

    async def story() -> None:
        await world.warm_up()
        world.seconds |= {"openai": 0.3, "groq": 5.0}
        answer = await world.client.acompletion("auto", QUESTION)
        assert answer.report.provider == "openai"
        assert [each.outcome for each in answer.report.attempts] == ["ok", "cancelled"]

    world.clock.run(story())


def test_nobody_else_is_asked_before_it_is_known_how_long_the_first_takes() -> None:
    world = World()
    world.seconds["openai"] = 30.0
    answer = world.clock.run(world.client.acompletion("auto", QUESTION))
    assert [each.provider for each in answer.report.attempts] == ["openai"]


def test_at_most_the_part_of_the_calls_gets_a_second_target() -> None:
    world = World(hedge=0.05)

    async def story() -> None:
        await world.warm_up()
        for number in range(380):
            world.seconds["openai"] = 2.0 if number % 4 else 0.1
            await world.client.acompletion("auto", QUESTION)

    world.clock.run(story())
    asked = Counter(call.vendor for call in world.mock.calls)
    assert asked["openai"] == 400
    assert 1 <= asked["groq"] <= 20


def test_who_fails_leaves_the_call_to_the_other() -> None:
    world = World()

    async def story() -> None:
        await world.warm_up()
        world.seconds |= {"openai": 1.0, "groq": 0.1}
        world.answers["groq"] = Failure(status=503)
        answer = await world.client.acompletion("auto", QUESTION)
        assert answer.report.provider == "openai"
        assert answer.report.routing is not None
        assert answer.report.routing.passed == ["groq:llama-3.3-70b-versatile: OverloadedError"]

    world.clock.run(story())


@pytest.mark.parametrize(("more", "provider"), [(("mistral:mistral-small-latest",), "mistral"), ((), None)])
def test_where_both_fail_the_next_one_is_asked(more: tuple[str, ...], provider: str | None) -> None:
    world = World(*more)

    async def story() -> None:
        await world.warm_up()
        world.seconds |= {"openai": 1.0}
        world.answers |= {"openai": Failure(status=503), "groq": Failure(status=503)}
        if provider is None:
            with pytest.raises(OverloadedError):
                await world.client.acompletion("auto", QUESTION)
        else:
            assert (await world.client.acompletion("auto", QUESTION)).report.provider == provider

    world.clock.run(story())


def test_what_no_other_could_do_better_is_raised_at_once() -> None:
    world = World()

    async def story() -> None:
        await world.warm_up()
        world.seconds |= {"openai": 30.0}
        world.answers["groq"] = Failure(status=400)
        began = world.clock.now
        with pytest.raises(InvalidRequestError):
            await world.client.acompletion("auto", QUESTION)
        assert world.clock.now - began < 1.0

    world.clock.run(story())
    assert world.mock.transport.open == 0


def test_each_attempt_bears_its_own_error_in_whatever_order_two_end() -> None:
    world = World("mistral:mistral-small-latest", patience=5.0)

    async def story() -> None:
        await world.warm_up()
        world.seconds |= {"openai": 30.0, "groq": 1.0}
        world.answers["groq"] = Failure(status=503)
        answer = await world.client.acompletion("auto", QUESTION)
        assert [(each.provider, each.error) for each in answer.report.attempts] == [
            ("openai", "FirstTokenTimeoutError"), ("groq", "OverloadedError"), ("mistral", None),
        ]  # fmt: skip
        world.seconds |= {"openai": 1.0, "groq": 0.2}
        world.answers["openai"] = ""
        answer = await world.client.acompletion("auto", QUESTION)
        assert [(each.provider, each.outcome, each.error) for each in answer.report.attempts] == [
            ("openai", "failed", "MalformedResponseError"),
            ("groq", "failed", "OverloadedError"),
            ("mistral", "ok", None),
        ]

    world.clock.run(story())


def test_a_caller_who_leaves_leaves_both() -> None:
    world = World()

    async def story() -> None:
        await world.warm_up()
        world.seconds |= {"openai": 30.0, "groq": 30.0}
        call = asyncio.ensure_future(world.client.acompletion("auto", QUESTION))
        await world.clock.sleep(1.0)
        call.cancel()
        await asyncio.wait([call])
        assert call.cancelled()

    world.clock.run(story())
    assert world.mock.transport.open == 0


def test_old_calls_count_less_and_less() -> None:
    hedges = Hedges()
    for _ in range(10_000):
        hedges.count()
    assert sum(hedges.allows(0.05) for _ in range(10_000)) <= 100
