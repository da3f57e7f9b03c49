"""Calls through routes are measured as what they were: fallbacks, hedges, retries, the first chunk, the overhead."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from any_llm import AnyLLM, Fallback, Layer, Retry, Route
from any_llm.exceptions import AnyLLMError
from any_llm.pipeline.call import Call, Handler, Reply
from any_llm.pipeline.watched import WAITS, Waits
from any_llm.testing import Failure, Mock
from any_llm.testing.clock import VirtualClock
from any_llm.testing.mock.request import MockRequest
from any_llm.types.json import JSON
from tests.observers.kept import Kept, measured

MESSAGES = [{"role": "user", "content": "Say hello."}]


@pytest.fixture
def kept() -> Kept:
    return Kept()


class World:
    """Two targets that take as long as they are told, and whose calls are measured."""

    def __init__(self, kept: Kept, hedge: float | None = None, **said: JSON) -> None:
        self.clock = VirtualClock()
        self.seconds = {"openai": 0.1, "groq": 0.1}
        self.answers: dict[str, JSON] = {}
        mock = Mock()
        mock.answer_with(self.answer)
        targets = tuple({"model": model, "api_key": "k"} for model in ("openai:gpt-5", "groq:llama"))
        self.client = AnyLLM.create(
            Route(targets=targets, fallback=Fallback(hedge=hedge)),
            transport=mock.transport,
            **{"retry": None, **measured(kept, self.clock.surroundings()), **said},
        )
        self._kept = kept

    async def answer(self, request: MockRequest) -> JSON:
        await self.clock.sleep(self.seconds[request.vendor])
        return self.answers.get(request.vendor, "hello")

    async def ask(self, *, stream: bool = False) -> JSON:
        answer: JSON = await self.client.acompletion("auto", MESSAGES, stream=stream)
        if stream:
            _ = [piece async for piece in answer]
        return answer

    def tell(self, story: Callable[[], Awaitable[None]], *, calls: int = 0) -> None:
        """Run a story, after so many calls whose measures are forgotten."""

        async def whole() -> None:
            for _ in range(calls):
                await self.ask()
            self._kept.values.clear()
            await story()

        self.clock.run(whole())


@pytest.mark.parametrize(("seconds", "won"), [({"openai": 30.0}, "true"), ({"openai": 0.3, "groq": 5.0}, "false")])
def test_a_hedge_is_counted_by_whether_it_won(kept: Kept, seconds: dict[str, float], won: str) -> None:
    world = World(kept, hedge=1.0)

    async def story() -> None:
        world.seconds |= seconds
        await world.ask()

    world.tell(story, calls=20)
    assert kept.of("anyllm.hedges") == {("auto", won): [1]}
    winner = ("groq", "llama") if won == "true" else ("openai", "gpt-5")
    assert {labels[:3]: values for labels, values in kept.of("anyllm.attempts").items() if values} == {
        (*winner, "ok"): [1],
        (*({("groq", "llama"), ("openai", "gpt-5")} - {winner}).pop(), "cancelled"): [1],
    }
    ((labels, _),) = kept.of("gen_ai.client.operation.duration").items()
    assert labels[1:3] == winner
    assert labels[4:6] == (f"api.{winner[0]}.com", "443"), "who served it, not who was asked first"


def test_fallbacks_are_counted_of_calls_that_are_answered_and_of_those_that_fail(kept: Kept) -> None:
    world = World(kept)

    async def story() -> None:
        world.answers["openai"] = Failure(status=503)
        await world.ask()
        world.answers["groq"] = Failure(status=503)
        with pytest.raises(AnyLLMError) as caught:
            await world.ask()
        assert caught.value.routing is not None
        assert caught.value.routing.passed == ["openai:gpt-5: OverloadedError"]

    world.tell(story)
    assert kept.of("anyllm.fallbacks") == {("auto",): [1, 1]}
    assert kept.of("anyllm.retries") == {}


def test_retries_are_those_of_each_target(kept: Kept) -> None:
    world = World(kept, retry=Retry(max_attempts=3, base=0.01))

    async def story() -> None:
        world.answers["groq"] = world.answers["openai"] = Failure(status=503)
        with pytest.raises(AnyLLMError):
            await world.ask()

    world.tell(story)
    attempts = {labels[:2]: sum(values) for labels, values in kept.of("anyllm.attempts").items()}
    retries = {labels: sum(values) for labels, values in kept.of("anyllm.retries").items()}
    assert retries == {target: made - 1 for target, made in attempts.items() if made > 1}
    assert retries[("groq", "llama")] == 2


@pytest.mark.parametrize("hedge", [None, 1.0])
def test_the_first_chunk_is_as_late_as_the_caller_sees_it(kept: Kept, hedge: float | None) -> None:
    world = World(kept, hedge=hedge)

    async def story() -> None:
        # Without a hedge the first target fails late; with one, it is asked first and still answers first.
        world.seconds |= {"openai": 5.0, "groq": 30.0 if hedge else 0.5}
        if hedge is None:
            world.answers["openai"] = Failure(status=503)
        await world.ask(stream=True)

    world.tell(story, calls=20)
    ((_, (first,)),) = kept.of("gen_ai.client.operation.time_to_first_chunk").items()
    assert first == pytest.approx(5.0 if hedge else 5.5)


def test_waits_at_the_same_time_count_once() -> None:
    waits = Waits()
    waits.begin()
    waits.begin()
    waits.end()
    assert waits.seconds == 0, "somebody still waits"
    waits.end()
    once = waits.seconds
    waits.begin()
    waits.end()
    assert 0 < once < waits.seconds


async def test_a_call_within_a_call_does_not_take_its_waits(kept: Kept) -> None:
    seen: list[object] = []
    with Mock() as mock:
        said = measured(kept)
        inner_client = mock.client("openai", **said)

        async def asking(call: Call, inner: Handler) -> Reply:
            """Ask something before the call goes on."""
            seen.append(WAITS.get())
            await inner_client.acompletion(model="guard", messages=MESSAGES)
            seen.append(WAITS.get())
            return await inner(call)

        client = mock.client("openai", middleware=[Layer(middleware=asking, after="telemetry")], **said)
        await client.acompletion(model="gpt-5", messages=MESSAGES)
    before, after = seen
    assert isinstance(before, Waits)
    assert after is before
    assert WAITS.get() is None
    assert len(kept.of("anyllm.overhead")) == 2


async def test_each_further_chunk_is_measured_where_that_is_wanted(kept: Kept) -> None:
    with Mock() as mock:
        client = mock.client("openai", **measured(kept, each_chunk=True))
        pieces = [piece async for piece in await client.acompletion(model="gpt-5", messages=MESSAGES, stream=True)]
        await client.acompletion(model="gpt-5", messages=MESSAGES)
    ((labels, gaps),) = kept.of("gen_ai.client.operation.time_per_output_chunk").items()
    ((_, (first,)),) = kept.of("gen_ai.client.operation.time_to_first_chunk").items()
    assert labels == ("chat", "openai", "gpt-5", "gpt-5", "api.openai.com", "443")
    assert len(gaps) == len(pieces) - 1 > 1
    assert all(gap >= 0 for gap in gaps)
    durations = [value for values in kept.of("gen_ai.client.operation.duration").values() for value in values]
    assert first + sum(gaps) <= max(durations)
