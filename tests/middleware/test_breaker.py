"""Targets that are down: found out soon, left alone, tried by one call at a time, and asked again when well."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable

import pytest

from any_llm import AnyLLM, Health, Retry, Route
from any_llm.attempts import Attempt
from any_llm.exceptions import (
    AnyLLMError,
    AuthenticationError,
    ConfigurationError,
    ConnectionFailedError,
    InvalidRequestError,
    OverloadedError,
)
from any_llm.middleware.breaker import Breaker
from any_llm.pipeline.call import Call, Reply
from any_llm.pipeline.health import Circuit, Circuits, Place, circuits
from any_llm.pipeline.stream import EventStream
from any_llm.refusals import CircuitOpenError, NoTargetError
from any_llm.spec.dialect import Target
from any_llm.spec.provider import Operation, Provider
from any_llm.testing import Failure, Mock
from any_llm.testing.clock import VirtualClock
from any_llm.testing.mock.request import MockRequest
from any_llm.types.completion import ChatCompletion, ChatCompletionChunk, ChoiceDelta, ChunkChoice
from any_llm.types.json import JSON
from any_llm.types.report import Report

TARGET = Target(provider=Provider(name="p"), model="m", base_url="http://p.example")
CALL = Call(operation=Operation.COMPLETION, target=TARGET, options={})
QUESTION = [{"role": "user", "content": "Count."}]
WORD = ChatCompletionChunk(id="1", choices=[ChunkChoice(index=0, delta=ChoiceDelta(content="word"))])


class Provided:
    """Stands in for what is inside: fails with its error while it has one."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.error: BaseException | None = None
        self.seconds = 0.0
        self.asked = 0
        self.sends = True

    async def __call__(self, call: Call) -> Reply:
        self.asked += 1
        try:
            await self.clock.sleep(self.seconds)
        except asyncio.CancelledError:
            if self.sends:
                call.attempts.append(Attempt(provider="p", model="m", outcome="cancelled", requests=1))
            raise
        if self.error is not None:
            raise self.error
        return Reply(value=ChatCompletion(), report=Report())


class World:
    """A breaker around a provider, in a time of its own."""

    def __init__(self, policy: Health | None = None) -> None:
        self.clock = VirtualClock()
        surroundings = self.clock.surroundings()
        self.breaker = Breaker(policy or Health(), surroundings)
        self.circuit: Circuit = circuits(surroundings).of(TARGET)
        self.provider = Provided(self.clock)

    async def call(self, call: Call = CALL) -> BaseException | None:
        """Make a call and return what it failed with."""
        try:
            await self.breaker(call, self.provider)
        except AnyLLMError as error:
            return error
        return None


async def fail(world: World, times: int, error: Exception | None = None) -> None:
    world.provider.error = error or OverloadedError()
    for _ in range(times):
        await world.call()


async def test_five_failures_in_a_row_are_enough() -> None:
    world = World()
    await fail(world, 4)
    assert world.circuit.told().state == "healthy"
    await fail(world, 1)
    assert world.circuit.told().state == "down"
    assert isinstance(await world.call(), CircuitOpenError)
    assert world.provider.asked == 5


async def test_two_failures_with_nothing_answered_for_ten_seconds_are_enough() -> None:
    world = World()
    await fail(world, 1)
    world.clock.now = 10.0
    await fail(world, 1)
    assert world.circuit.state == "down"
    assert "10 s" in world.circuit.told().changes[0].reason


async def test_more_failures_than_answers_are_enough() -> None:
    world = World()
    for _ in range(20):
        await fail(world, 3)
        world.provider.error = None
        await world.call()
        if world.circuit.state == "down":
            break
    assert "of the attempts of late failed" in world.circuit.told().changes[0].reason


@pytest.mark.parametrize("error", [InvalidRequestError(), ConfigurationError()])
async def test_what_the_caller_did_wrong_does_not_count(error: Exception) -> None:
    world = World()
    await fail(world, 50, error)
    assert (world.circuit.state, world.circuit.told().failures) == ("healthy", 0)


@pytest.mark.parametrize("error", [AuthenticationError(), ConnectionFailedError(), OverloadedError()])
async def test_what_is_wrong_with_the_target_counts(error: Exception) -> None:
    world = World()
    await fail(world, 5, error)
    assert world.circuit.told().last_error == type(error).__name__
    assert world.circuit.state == "down"


async def test_the_refusal_says_when_to_come_back() -> None:
    world = World()
    await fail(world, 5)
    error = await world.call()
    assert isinstance(error, CircuitOpenError)
    assert error.retry_after == pytest.approx(5.0)
    assert "p:m has failed of late" in str(error)


def test_one_call_at_a_time_tries_a_target_that_was_down() -> None:
    world = World()

    async def story() -> list[BaseException | None]:
        await fail(world, 5)
        await world.clock.sleep(5.0)
        world.provider.error, world.provider.seconds = None, 1.0
        return await asyncio.gather(*(world.call() for _ in range(10)))

    ended = world.clock.run(story())
    assert [type(error) for error in ended].count(CircuitOpenError) == 9
    assert world.provider.asked == 6
    assert world.circuit.state == "recovering"


async def test_it_is_well_after_two_successes_and_asked_by_everybody_again() -> None:
    world = World()
    await fail(world, 5)
    world.clock.now += 5.0
    world.provider.error = None
    await world.call()
    assert world.circuit.told().state == "recovering"
    await world.call()
    assert world.circuit.told().state == "healthy"
    assert [change.state for change in world.circuit.told().changes] == ["down", "recovering", "healthy"]


@pytest.mark.parametrize("outage", [1.0, 7.0, 20.0, 59.0, 300.0, 3_600.0])
async def test_it_is_found_well_within_half_a_minute(outage: float) -> None:
    world = World()
    await fail(world, 5)
    while world.clock.now < outage:
        world.clock.now += 0.5
        await world.call()
    world.provider.error = None
    while world.circuit.state != "healthy":
        world.clock.now += 0.5
        await world.call()
    assert world.clock.now - outage <= 30.0


async def test_it_does_not_flap() -> None:
    world = World()
    turn = 0
    while world.clock.now < 600.0:
        # Down for four seconds of every five.
        turn += 1
        world.clock.now += 0.25
        world.provider.error = None if world.clock.now % 5.0 >= 4.0 else OverloadedError()
        await world.call()
    healthy = [change for change in world.circuit.told().changes if change.state == "healthy"]
    assert turn == 2_400
    assert len(healthy) <= 12
    assert world.provider.asked < 300


async def test_a_target_that_is_down_again_soon_is_left_alone_longer() -> None:
    world, waited = World(), 0.0
    for _ in range(2):
        await fail(world, 5)
        waited = world.circuit.wait
        world.clock.now += waited
        world.provider.error = None
        await world.call()
        await world.call()
    assert waited == 10.0


def test_a_cancelled_probe_leaves_its_place_to_the_next() -> None:
    world = World()

    async def story() -> None:
        await fail(world, 5)
        await world.clock.sleep(5.0)
        world.provider.error, world.provider.seconds = None, 60.0
        probe = asyncio.ensure_future(world.call())
        await world.clock.sleep(1.0)
        probe.cancel()
        await asyncio.wait([probe])
        world.provider.seconds = 0.0
        assert await world.call() is None

    world.clock.run(story())
    assert world.circuit.pending == 0


def test_a_deadline_that_passes_counts_against_the_target_and_a_cancellation_does_not() -> None:
    world = World()

    async def story(deadline: float | None) -> None:
        call = Call(operation=Operation.COMPLETION, target=TARGET, options={}, deadline=deadline)
        world.provider.seconds = 60.0
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.0):
                await world.call(call)

    world.clock.run(story(None))
    assert world.circuit.told().attempts == 0
    world.provider.sends = False
    world.clock.run(story(world.clock.now + 1.0))
    assert world.circuit.told().attempts == 0, "nobody was asked"
    world.provider.sends = True
    world.clock.run(story(world.clock.now + 1.0))
    assert world.circuit.told().last_error == "TimeoutError"


class Pieces:
    """A stream of one word, and then perhaps an error."""

    def __init__(self, error: Exception | None = None) -> None:
        self.left: list[list[ChatCompletionChunk] | Exception | None] = [[WORD], error]

    async def pull(self) -> list[ChatCompletionChunk] | None:
        step = self.left.pop(0)
        if isinstance(step, Exception):
            raise step
        return step

    def close(self) -> None:
        """Hold nothing."""


def streaming(error: Exception | None = None) -> Callable[[Call], object]:
    async def answer(call: Call) -> Reply:
        stream = EventStream(Pieces(error), fold=None, report=Report())
        await stream.prime()
        return Reply(value=stream, report=stream.report)

    return answer


@pytest.mark.parametrize(("error", "failures"), [(None, 0), (ConnectionFailedError(), 1)])
async def test_a_stream_counts_as_it_ends(error: Exception | None, failures: int) -> None:
    world = World()
    reply = await world.breaker(CALL, streaming(error))  # type: ignore[arg-type]  # a handler
    assert world.circuit.pending == 1
    try:
        _ = [piece async for piece in reply.value]
    except ConnectionFailedError:
        assert failures
    told = world.circuit.told()
    assert (told.attempts, told.failures, world.circuit.pending) == (1, failures, 0)


async def test_a_stream_that_nobody_reads_gives_its_place_back() -> None:
    world = World()
    reply = await world.breaker(CALL, streaming())  # type: ignore[arg-type]  # a handler
    reply.value.close()
    assert (world.circuit.pending, world.circuit.told().failures) == (0, 0)


def test_high_latency_counts_for_a_while() -> None:
    clock = VirtualClock()
    circuit = Circuit(Place("p", "m", "", ""), Health(), clock)
    for seconds, latency in ((0.1, 0.1), (5.0, 5.0), (0.1, 5.0)):
        circuit.took(seconds)
        assert circuit.latency == pytest.approx(latency)
    clock.now += 60.0
    circuit.took(0.1)
    assert circuit.latency == pytest.approx(0.112, abs=0.01)
    assert circuit.percentile(0.95, 4) == 5.0
    assert circuit.percentile(0.95, 5) is None


def test_a_route_leaves_a_target_alone_that_is_down_and_comes_back_to_it() -> None:
    clock = VirtualClock()
    mock = Mock()
    mock.answer_with(lambda request: Failure(status=503) if request.vendor == "openai" else "hello")
    targets = [{"model": model, "api_key": "k"} for model in ("openai:gpt-5-mini", "groq:llama-3.3-70b-versatile")]
    client = AnyLLM.create(targets, transport=mock.transport, surroundings=clock.surroundings(), retry=None)

    async def story() -> list[str]:
        for _ in range(20):
            await client.acompletion("auto", QUESTION)
        vendors = [call.vendor for call in mock.calls]
        assert vendors.count("openai") == 5
        assert client.health()[0].state == "down"
        dropped = client.explain("auto", messages=QUESTION)[1]
        assert (dropped.target, dropped.place) == ("openai:gpt-5-mini", None)
        assert "it is down (OverloadedError), and is tried again in 5.0 s" in dropped.reason
        mock.answer_with(lambda _: "hello")
        await clock.sleep(5.0)
        return [(await client.acompletion("auto", QUESTION)).report.provider for _ in range(3)]

    assert clock.run(story()) == ["openai", "openai", "openai"]
    assert client.health()[0].state == "healthy"


def test_a_route_whose_targets_are_all_down_says_when_to_come_back() -> None:
    clock = VirtualClock()
    mock = Mock()
    mock.reply(Failure(status=503))
    route = Route(targets=({"model": "openai:gpt-5-mini", "api_key": "k"},))
    client = AnyLLM.create(route, transport=mock.transport, surroundings=clock.surroundings(), retry=None)

    async def story() -> None:
        for _ in range(5):
            with pytest.raises(OverloadedError):
                await client.acompletion("auto", QUESTION)
        with pytest.raises(NoTargetError) as raised:
            await client.acompletion("auto", QUESTION)
        assert raised.value.retry_after == pytest.approx(5.0)
        assert raised.value.retryable

    clock.run(story())


async def test_a_client_of_one_provider_may_watch_it_too() -> None:
    mock = Mock()
    mock.reply(Failure(status=503))
    surroundings = VirtualClock().surroundings()
    given: dict[str, JSON] = {"transport": mock.transport, "surroundings": surroundings, "retry": None}
    client = AnyLLM.create("openai", api_key="k", health=Health(failures=1), **given)
    for error in (OverloadedError, CircuitOpenError):
        with pytest.raises(error):
            await client.acompletion("gpt-5-mini", QUESTION)
    assert [(each.model, each.state) for each in client.health()] == [("gpt-5-mini", "down")]
    assert AnyLLM.create("openai", api_key="another", **given).health() == ()


@pytest.mark.parametrize(
    "said",
    [
        {"failures": 0},
        {"window": 0},
        {"probe_after": 30.0},
        {"successes": True},
        {"share_every": 0},
        {"checks": 3},
        {"on_change": 3},
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(said: dict[str, JSON]) -> None:
    with pytest.raises(ConfigurationError):
        Health(**said)


@pytest.mark.unmeasured
def test_calls_survive_targets_that_fail_at_random_and_one_that_is_out() -> None:
    clock = VirtualClock()
    chance = random.Random(5)  # noqa: S311  # not a secret
    mock = Mock()
    outage = range(20, 80)

    def answer(request: MockRequest) -> JSON:
        out = request.vendor == "openai" and int(clock.now) in outage
        return Failure(status=503) if out or chance.random() < 0.05 else f"from {request.vendor}"

    mock.answer_with(answer)
    models = ("openai:gpt-5-mini", "groq:llama-3.3-70b-versatile", "mistral:mistral-small-latest")
    targets = [{"model": model, "api_key": "k"} for model in models]
    client = AnyLLM.create(
        targets, transport=mock.transport, surroundings=clock.surroundings(chance.random), retry=Retry(base=0.1)
    )
    served: Counter[str] = Counter()

    async def story() -> None:
        for _ in range(2_000):
            await clock.sleep(0.06)
            try:
                answer = await client.acompletion("auto", QUESTION, deadline=10)
            except AnyLLMError:
                served["nobody"] += 1
            else:
                assert answer.choices[0].message.content == f"from {answer.report.provider}"
                assert [each.outcome for each in answer.report.attempts].count("ok") == 1
                served[answer.report.provider] += 1

    clock.run(story())
    assert served["nobody"] <= 2
    asked = sum(call.vendor == "openai" for call in mock.calls)
    # Without a breaker a thousand calls would have asked it in vain.
    assert asked - served["openai"] < 100
    # It was out for half of the time, and found well within half a minute.
    assert served["openai"] > 600


def test_the_health_of_so_many_places_is_known_at_most_and_what_is_down_stays() -> None:
    known, place = Circuits(VirtualClock()), Place("p", "m", "http://p.example", "key")
    down = known.at(place)
    for _ in range(down.policy.failures):
        down.failed("OverloadedError")
    asked = known.at(place._replace(key="asked"))
    asked.enter()
    for number in range(12_000):
        known.at(place._replace(key=str(number)))
    assert known.find_at(place) is down
    assert known.find_at(asked.place) is asked
    assert len(tuple(known.all())) <= 10_000
