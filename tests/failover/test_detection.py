"""How soon an outage is noticed and its end, and what becomes of the second attempt at a slow answer: end to end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from any_llm import AnyLLM, Fallback, Health, Route, Timeouts
from any_llm.exceptions import AnyLLMError, FirstTokenTimeoutError, IdleTimeoutError
from any_llm.pipeline.stream import EventStream
from any_llm.pipeline.surroundings import Surroundings
from any_llm.testing import Answer, Failure, Mock
from any_llm.testing.clock import VirtualClock
from any_llm.testing.mock.clock import TimeOf
from any_llm.testing.mock.request import MockRequest
from any_llm.types.json import JSON

QUESTION = [{"role": "user", "content": "Count."}]
MODELS = ("openai:gpt-5-mini", "groq:llama-3.3-70b-versatile")
TIMEOUTS = Timeouts(first_token=2.0, idle=2.0)
STREAM = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])


class World:
    """A route of two targets on virtual time, of which the first does as it is told."""

    def __init__(self, first: Callable[[], JSON], **policy: JSON) -> None:
        self.clock = VirtualClock()
        self.mock = Mock(clock=TimeOf(self.clock))
        self.mock.answer_with(lambda request: first() if request.vendor == "openai" else "two")
        targets = tuple({"model": model, "api_key": "k"} for model in MODELS)
        self.client = AnyLLM.create(
            Route(targets=targets, fallback=Fallback(**policy)),
            transport=self.mock.transport,
            surroundings=self.clock.surroundings(),
            retry=None,
        )

    async def ask(self, *, stream: bool = False) -> AnyLLMError | None:
        try:
            answer = await self.client.acompletion("auto", QUESTION, stream=stream, timeout=TIMEOUTS)
            if isinstance(answer, EventStream):
                _ = [piece async for piece in answer]
        except AnyLLMError as error:
            return error
        return None

    @property
    def state(self) -> str:
        """How the first target is."""
        return next((each.state for each in self.client.health() if each.provider == "openai"), "healthy")

    def asked(self) -> int:
        return sum(call.vendor == "openai" for call in self.mock.calls)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("slow-headers", FirstTokenTimeoutError),
        ("slow-first-token", FirstTokenTimeoutError),
        ("stall", IdleTimeoutError),
    ],
)
@STREAM
def test_silence_counts_as_a_failure_and_takes_a_target_down(
    fault: str, error: type[Exception], *, stream: bool
) -> None:
    world = World(lambda: Answer(text="one two three four five", fault=fault), mid_stream="restart")

    async def story() -> None:
        for _ in range(30):
            assert await world.ask(stream=stream) is None
            await world.clock.sleep(0.1)

    world.clock.run(story())
    told = world.client.health()[0]
    assert told.last_error == error.__name__
    down = told.changes[0]
    assert down.state == "down"
    # Five failures of two seconds each: within ten seconds and a bit.
    assert down.at - world.clock.began <= 10.0 + TIMEOUTS.first_token  # type: ignore[operator]  # it is set
    assert world.asked() < 12


@pytest.mark.parametrize("every", [0.05, 1.0, 4.0, 20.0])
def test_an_outage_is_noticed_within_five_failures_or_ten_seconds(every: float) -> None:
    world = World(lambda: Failure(status=503))

    async def story() -> None:
        while world.state == "healthy":
            assert await world.ask() is None
            if world.state == "healthy":
                await world.clock.sleep(every)

    world.clock.run(story())
    # By the fifth failure, or by the first one that comes when ten seconds have passed.
    assert world.asked() == 5 or 10.0 <= world.clock.now < 10.0 + every or every > 10.0
    assert 2 <= world.asked() <= 5


@pytest.mark.parametrize("outage", [1.0, 7.0, 30.0, 60.0, 600.0])
@pytest.mark.parametrize("every", [0.2, 1.0, 5.0])
def test_a_target_that_is_back_serves_again_within_thirty_seconds(outage: float, every: float) -> None:
    world = World(lambda: Failure(status=503) if world.clock.now < outage else "one")

    async def story() -> None:
        while world.clock.now < outage or world.state != "healthy":
            assert await world.ask() is None
            await world.clock.sleep(every)

    world.clock.run(story())
    assert world.clock.now - outage <= 30.0
    # It was looked after while it was down, and not asked in vain by every call.
    assert world.asked() <= 8 + outage / 5


def test_a_second_attempt_waits_for_the_live_95_of_100() -> None:
    clock = VirtualClock()
    taken = [number / 100 for number in range(100, 0, -1)]
    seen: list[tuple[str, float]] = []

    async def answer(request: MockRequest) -> JSON:
        seen.append((request.vendor, clock.now))
        await clock.sleep(taken.pop(0) if request.vendor == "openai" else 0.1)
        return f"from {request.vendor}"

    mock = Mock(answer)
    client = client_of(mock, hedge=0.05, surroundings=clock.surroundings(), transport=mock.transport)

    async def second_after() -> float:
        """Return after how many seconds the second target was asked, once that is allowed."""
        while True:
            taken[:0] = [600.0]
            seen.clear()
            answer = await client.acompletion("auto", QUESTION, deadline=30)
            if answer.report.routing is not None and answer.report.routing.hedged:
                return seen[1][1] - seen[0][1]

    async def story() -> None:
        for _ in range(100):
            await client.acompletion("auto", QUESTION)
        assert await second_after() == pytest.approx(0.95, abs=0.03)
        taken.clear()
        taken.extend([3.0] * 250)
        for _ in range(210):
            await client.acompletion("auto", QUESTION)
        # Answers have become slower, and so has what is usual.
        assert await second_after() == pytest.approx(3.0, abs=0.01)

    clock.run(story())
    assert mock.transport.open == 0


@STREAM
async def test_the_slower_of_two_attempts_is_cancelled_upstream(*, stream: bool) -> None:
    slow: list[str] = []

    def answer(request: MockRequest) -> JSON:
        return Answer(text="one", fault="slow-first-token=60" if request.vendor in slow else "")

    async with Mock(answer) as mock:
        client = client_of(mock, hedge=1.0, surroundings=Surroundings(), sockets=True)
        for _ in range(20):
            await whole(await client.acompletion("auto", QUESTION, stream=stream))
        slow.append("openai")
        served = await client.acompletion("auto", QUESTION, stream=stream)
        await whole(served)
        assert served.report.provider == "groq"
        lost = next(call for call in reversed(mock.calls) if call.vendor == "openai")
        async with asyncio.timeout(10):
            # The server notices it in a thread of its own, which has no event for it.
            while not lost.abandoned:  # noqa: ASYNC110  # see above
                await asyncio.sleep(0)
    assert [(each.provider, each.outcome) for each in served.report.attempts] == [
        ("openai", "cancelled"),
        ("groq", "ok"),
    ]


async def whole(answer: JSON) -> None:
    """Read an answer to its end."""
    if isinstance(answer, EventStream):
        _ = [piece async for piece in answer]


def client_of(mock: Mock, *, hedge: float, sockets: bool = False, **given: JSON) -> AnyLLM:
    """Return a client whose second target is asked when the first is slow."""
    targets: list[dict[str, JSON]] = [{"model": model, "api_key": "k"} for model in MODELS]
    for target in targets if sockets else ():
        target["api_base"] = mock.url(target["model"].partition(":")[0])
    route = Route(targets=tuple(targets), fallback=Fallback(hedge=hedge))
    return AnyLLM.create(route, retry=None, health=Health(failures=1_000), **given)


def test_two_streams_that_begin_in_the_same_moment_leave_one_open() -> None:
    clock = VirtualClock()
    seconds = {"openai": 0.1, "groq": 0.1}

    async def answer(request: MockRequest) -> JSON:
        await clock.sleep(seconds[request.vendor])
        return f"from {request.vendor}"

    mock = Mock(answer)
    client = client_of(mock, hedge=1.0, surroundings=clock.surroundings(), transport=mock.transport)

    async def story() -> str:
        for _ in range(20):
            await whole(await client.acompletion("auto", QUESTION, stream=True))
        # The second one is asked after a tenth of a second, and both answer two tenths later.
        seconds.update(openai=0.25, groq=0.15)
        stream = await client.acompletion("auto", QUESTION, stream=True)
        assert isinstance(stream, EventStream)
        assert mock.transport.open == 1
        return "".join([piece.choices[0].delta.content or "" async for piece in stream if piece.choices])

    assert clock.run(story()) in {"from openai", "from groq"}
    assert mock.transport.open == 0
