"""Calls are sent when they should be, and what is measured of them is what a scripted server did."""

from __future__ import annotations

import asyncio

import pytest

from any_llm.exceptions import AnyLLMError, AuthenticationError
from any_llm.testing.bench.figures import Figures, figures
from any_llm.testing.bench.load import Ask, asker, measure
from any_llm.testing.bench.plan import Plan
from any_llm.testing.bench.sample import Sample
from any_llm.types.capabilities import Capabilities
from tests.testing.bench.skipping import Slow, skipping, streamed, whole


def run(plan: Plan, ask: Ask) -> list[Sample]:
    samples: list[Sample] = []
    skipping(lambda: measure(plan, ask, samples.append))
    return samples


def told(plan: Plan, ask: Ask) -> Figures:
    return figures("m", run(plan, ask), Capabilities(provider="p", model="m"))


def test_times_of_a_stream_are_those_of_the_server() -> None:
    server = Slow(lambda _number, _now: streamed(0.5, [0.1, 0.1, 0.1, 0.3]))

    (sample,) = run(Plan(requests=1, warm_up=0), server.ask(stream=True))

    assert sample.time_to_first_token == pytest.approx(0.5)
    assert sample.gaps == pytest.approx([0.1, 0.1, 0.1, 0.3])
    assert sample.total == pytest.approx(1.1)
    assert (sample.read, sample.written, sample.failed) == (7, 5, False)
    # Five tokens, the first of which took no time between arrivals.
    assert sample.tokens_per_second == pytest.approx(4 / 0.6)


def test_a_whole_answer_has_no_first_token_and_the_speed_of_all() -> None:
    (sample,) = run(Plan(requests=1, warm_up=0), Slow(lambda _number, _now: whole(2.0)).ask())

    assert (sample.time_to_first_token, sample.gaps) == (None, [])
    assert sample.total == pytest.approx(2.0)
    assert sample.tokens_per_second == pytest.approx(2.5)


def test_tokens_that_the_provider_does_not_tell_are_unknown() -> None:
    ask = Slow(lambda _number, _now: streamed(0.5, [0.1], usage=False)).ask(stream=True)

    found = told(Plan(requests=2, warm_up=0), ask)

    assert (found.tokens_per_second, found.output_tokens, found.output_tokens_per_second) == (None, None, None)
    assert found.time_to_first_token is not None


def test_at_a_rate_calls_are_sent_at_fixed_times_however_long_the_answers_take() -> None:
    server = Slow(lambda _number, _now: whole(5.0))

    samples = run(Plan(requests=10, rate=10, warm_up=0), server.ask())

    assert server.sent == pytest.approx([number / 10 for number in range(10)])
    assert [sample.total for sample in samples] == pytest.approx([5.0] * 10)


def _stalling(_number: int, now: float) -> list[tuple[float, bytes]]:
    """Answer in 10 ms, but for two seconds not at all."""
    return whole(3.0 - now if 1.0 <= now < 3.0 else 0.01)


def test_a_server_that_stalls_shows_in_the_percentiles_at_a_rate_and_hides_in_a_closed_loop() -> None:
    open_loop = told(Plan(duration=5, rate=100, warm_up=0), Slow(_stalling).ask())
    closed_loop = told(Plan(duration=5, warm_up=0), Slow(_stalling).ask())

    # Of the 500 calls those 200 that were to be sent during the stall waited for its end, from 2 s down to nothing.
    assert open_loop.total is not None
    assert open_loop.total.p50 == pytest.approx(0.01)
    assert open_loop.total.p90 == pytest.approx(1.51, abs=0.02)
    assert open_loop.total.p99 == pytest.approx(1.96, abs=0.02)
    # A caller who waits for the answer sent a single call in that time, and does not see how long it was.
    assert closed_loop.total is not None
    assert closed_loop.total.p99 == pytest.approx(0.01)
    assert closed_loop.total.worst == pytest.approx(2.0, abs=0.02)


def test_a_call_that_waits_for_its_turn_is_as_late_as_it_is() -> None:
    server = Slow(lambda _number, _now: whole(0.2))

    samples = run(Plan(requests=10, rate=10, concurrency=1, warm_up=0), server.ask())

    # The last is to be sent at 0.9 s, when half of the others are still to be answered.
    assert samples[-1].total == pytest.approx(10 * 0.2 - 0.9)
    assert samples[-1].sent - samples[-1].intended == pytest.approx(9 * 0.2 - 0.9)


def test_in_a_closed_loop_each_caller_waits_for_its_answer() -> None:
    server = Slow(lambda _number, _now: whole(0.5))

    samples = run(Plan(requests=6, concurrency=3, warm_up=0), server.ask())

    assert server.sent == pytest.approx([0.0] * 3 + [0.5] * 3)
    assert sorted(sample.number for sample in samples) == list(range(6))


@pytest.mark.parametrize(
    ("plan", "count"),
    [
        (Plan(duration=1.0, warm_up=0), 4),
        (Plan(duration=1.0, requests=2, warm_up=0), 2),
        (Plan(duration=1.0, rate=8, warm_up=0), 8),
        (Plan(duration=1.0, rate=8, requests=3, warm_up=0), 3),
    ],
    ids=str,
)
def test_calls_are_sent_until_the_time_or_the_number_is_reached(plan: Plan, count: int) -> None:
    samples = run(plan, Slow(lambda _number, _now: whole(0.3)).ask())

    assert len(samples) == count
    assert plan.expected in {count, None}


def test_warming_up_does_not_count_and_is_over_before_the_start() -> None:
    server = Slow(lambda number, _now: streamed(9.0 if number < 2 else 0.1, []))

    samples = run(Plan(requests=3, warm_up=2), server.ask(stream=True))

    assert len(server.sent) == 5
    assert [sample.total for sample in samples] == pytest.approx([0.1] * 3)
    assert samples[0].intended == pytest.approx(0.0)


def test_a_failure_that_would_come_again_ends_the_warming_up() -> None:
    server = Slow(lambda _number, _now: [(0.0, b'{"error": {"message": "no"}}')], status=401)

    with pytest.raises(AuthenticationError):
        run(Plan(requests=3), server.ask())

    assert len(server.sent) == 1


def test_failures_are_counted_by_class_and_their_times_left_out() -> None:
    def answer(number: int, _now: float) -> list[tuple[float, bytes]]:
        """Break off every other stream after a while."""
        return [(0.0, b'data: {"id": "c"}\n\n'), (7.0, b"BREAK")] if number % 2 else streamed(0.1, [0.1])

    found = told(Plan(requests=6), Slow(answer).ask(stream=True))

    assert (found.calls, found.failed) == (6, 3)
    assert list(found.errors.values()) == [3]
    assert found.total is not None
    assert found.total.worst == pytest.approx(0.2)


def test_an_error_keeps_its_status() -> None:
    server = Slow(lambda _number, _now: [(0.0, b'{"error": {"message": "slow down"}}')], status=429)

    samples = run(Plan(requests=2, warm_up=1), server.ask())

    assert [(sample.error, sample.status) for sample in samples] == [("RateLimitError", 429)] * 2


def test_what_is_cancelled_leaves_no_connection_open() -> None:
    server = Slow(lambda _number, _now: streamed(0.1, [1.0] * 100))
    samples: list[Sample] = []

    async def give_up() -> None:
        """Stop in the middle of all streams."""
        async with asyncio.timeout(3.0):
            await measure(Plan(requests=5, concurrency=5, warm_up=0), server.ask(stream=True), samples.append)

    with pytest.raises(TimeoutError):
        skipping(give_up)

    assert (len(server.sent), server.open, samples) == (5, 0, [])


def test_a_fault_of_this_program_is_not_taken_for_a_failed_call() -> None:
    async def wrong(_number: int) -> object:
        """Fail as a bug does."""
        raise ZeroDivisionError

    with pytest.raises(ExceptionGroup) as raised:
        run(Plan(requests=1, warm_up=0), wrong)

    assert raised.group_contains(ZeroDivisionError)


def test_each_call_has_the_parameters_of_its_number() -> None:
    asked: list[int] = []

    def options(number: int) -> dict[str, object]:
        """Note the number, and ask nobody."""
        asked.append(number)
        return {"messages": [], "api_key": "k", "api_base": "http://127.0.0.1:9/v1"}

    samples: list[Sample] = []
    asyncio.run(measure(Plan(requests=3, warm_up=0), asker("openai:m", options), samples.append))

    assert asked == [0, 1, 2]
    assert all(issubclass(getattr(__import__("any_llm").exceptions, sample.error), AnyLLMError) for sample in samples)
