"""The 16 scenarios of FailoverBench (methodology 0.1), whole and streamed; `docs/survival.md` names the test of each.

Each passes as the list scores it: the whole answer came (of the thirteenth: the provider's own refusal), and every
check holds, those included that the list calls advisory. Nothing that is asserted is looked up inside the library.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from any_llm.exceptions import ContentFilterError, StreamTruncatedError
from any_llm.testing import Answer, Failure
from any_llm.testing.mock.asked import count_tokens
from any_llm.types.json import JSON
from tests.failover.wall import FALLBACK, NO_PREFILL, PRIMARY, TEXT, Carrier, Outcome, Wall, broken, failing

pytestmark = [
    pytest.mark.parametrize("carrier", ["virtual", "sockets"]),
    pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"]),
]
OVERLOADED = Failure(status=503, message="The engine is overloaded", code="overloaded")


def alive(wall: Wall, *, stream: bool) -> bool:
    """Say whether the same client gets a healthy answer afterwards, soon."""
    wall.attempts.clear()
    wall.mock.answer_with(lambda _: TEXT)
    after = wall.ask(stream=stream)
    return after.complete and after.elapsed < 10


def test_s01_a_429_with_retry_after_is_waited_for_and_asked_again(carrier: Carrier, *, stream: bool) -> None:
    fault = "429-seconds=2" if carrier == "virtual" else "429-milliseconds=0.2"
    with Wall(carrier, broken(fault, times=1)) as wall:
        outcome = wall.ask(stream=stream)
    first, second = wall.at(PRIMARY)
    assert outcome.complete
    assert second - first >= wall.times.retry_after * 0.9
    assert FALLBACK not in wall.asked_of


def test_s02_a_429_without_an_end_backs_off_and_falls_back(carrier: Carrier, *, stream: bool) -> None:
    with Wall(carrier, failing(Failure(status=429))) as wall:
        outcome = wall.ask(stream=stream)
    first = wall.at(PRIMARY)[0]
    assert outcome.complete
    assert len(wall.at(PRIMARY)) <= 6
    assert sum(at <= first + 3 for at in wall.at(PRIMARY)) <= 4
    assert outcome.elapsed < 40


def test_s03_a_500_is_asked_again_at_the_same_provider(carrier: Carrier, *, stream: bool) -> None:
    with Wall(carrier, failing(Failure(status=500), times=1)) as wall:
        outcome = wall.ask(stream=stream)
    assert outcome.complete
    assert wall.asked_of == {PRIMARY: 2}
    assert outcome.elapsed < 20


def test_s04_a_503_without_an_end_falls_back_within_its_retries(carrier: Carrier, *, stream: bool) -> None:
    with Wall(carrier, failing(OVERLOADED)) as wall:
        outcome = wall.ask(stream=stream)
    assert outcome.complete
    assert wall.asked_of == {PRIMARY: 3, FALLBACK: 1}
    assert outcome.elapsed < 40


def test_s05_a_connection_that_is_reset_before_the_head_is_made_again(carrier: Carrier, *, stream: bool) -> None:
    with Wall(carrier, broken("reset-before-headers", times=1)) as wall:
        outcome = wall.ask(stream=stream)
    assert outcome.complete
    assert wall.asked_of == {PRIMARY: 2}
    assert outcome.elapsed < 20


def test_s06_a_silent_provider_is_not_asked_again(carrier: Carrier, *, stream: bool) -> None:
    with Wall(carrier, broken("slow-headers=120")) as wall:
        outcome = wall.ask(stream=stream)
        assert wall.is_left(0)
    assert outcome.complete
    assert wall.asked_of == {PRIMARY: 1, FALLBACK: 1}
    assert outcome.elapsed < 15


def test_s07_a_slow_first_token_counts_as_a_failure(carrier: Carrier, *, stream: bool) -> None:
    def slow(wall: Wall, _number: int) -> JSON:
        return Answer(text=TEXT, fault=f"slow-first-token={wall.times.slow:g}")

    with Wall(carrier, slow) as wall:
        outcome = wall.ask(stream=stream)
    assert outcome.complete
    assert outcome.elapsed <= 15
    assert outcome.model == FALLBACK


def test_s08_a_stream_that_is_cut_is_delivered_whole_by_the_other(carrier: Carrier, *, stream: bool) -> None:
    with Wall(carrier, broken("truncated")) as wall:
        outcome = wall.ask(stream=stream)
    assert outcome.complete
    assert outcome.report.provider == "groq"
    assert outcome.elapsed < 40


def test_s09_a_stream_that_stalls_is_left_in_time(carrier: Carrier, *, stream: bool) -> None:
    with Wall(carrier, lambda wall, _: Answer(text=TEXT, fault=f"stall={wall.times.stall:g}")) as wall:
        outcome = wall.ask(stream=stream)
        assert outcome.complete
        assert outcome.elapsed <= 45
        assert alive(wall, stream=stream)


def test_s10_a_malformed_event_never_passes_for_an_answer(carrier: Carrier, *, stream: bool) -> None:
    with Wall(carrier, broken("malformed-event" if stream else "malformed-json")) as wall:
        outcome = wall.ask(stream=stream)
        assert outcome.complete
        assert outcome.report.provider == "groq"
        assert alive(wall, stream=stream)


def test_s11_a_stream_without_done_ends_promptly_with_its_usage(carrier: Carrier, *, stream: bool) -> None:
    with Wall(carrier, broken("missing-done")) as wall:
        outcome = wall.ask(stream=stream)
    assert outcome.complete
    assert outcome.elapsed < 8
    assert outcome.usage is not None
    assert outcome.usage.completion_tokens
    assert wall.asked_of == {PRIMARY: 1}


def test_s12_too_long_a_context_is_not_sent_again_and_goes_to_a_larger_window(
    carrier: Carrier, *, stream: bool
) -> None:
    with Wall(carrier, broken("context-length")) as wall:
        outcome = wall.ask(stream=stream)
    assert outcome.complete
    assert wall.asked_of == {PRIMARY: 1, FALLBACK: 1}


def test_s13_a_refusal_of_the_content_is_told_as_it_is(carrier: Carrier, *, stream: bool) -> None:
    reason = "Your request was rejected by our safety system"
    refusal = Failure(status=400, message=reason, code="content_policy_violation")
    with Wall(carrier, failing(refusal)) as wall:
        outcome = wall.ask(stream=stream)
    assert isinstance(outcome.error, ContentFilterError)
    assert reason in str(outcome.error)
    assert wall.asked_of == {PRIMARY: 1}


def test_s14_a_fallback_without_prefill_begins_anew(carrier: Carrier, *, stream: bool) -> None:
    with Wall(carrier, broken("truncated"), spare=NO_PREFILL) as wall:
        outcome = wall.ask(stream=stream)
    assert outcome.complete
    assert outcome.model == NO_PREFILL
    with Wall(carrier, broken("truncated"), spare=NO_PREFILL, mid_stream="continue") as wall:
        careful = wall.ask(stream=stream)
    assert not careful.truncated
    assert careful.error is None or "end with a user message" not in str(careful.error)


def test_s15_a_provider_that_was_down_is_returned_to(carrier: Carrier, *, stream: bool) -> None:
    outage = 60.0 if carrier == "virtual" else 1.0
    every = outage / 15
    began: list[float] = []

    def flapping(wall: Wall, _number: int) -> JSON:
        return OVERLOADED if wall.now() - began[0] < outage else TEXT

    with Wall(carrier, flapping) as wall:

        async def story() -> list[Outcome]:
            began.append(wall.now())
            outcomes: list[Outcome] = []
            for number in range(20):
                outcomes.append(await wall.asked(stream=stream))
                await wall.pause(max(0.0, began[0] + (number + 1) * every - wall.now()))
            return outcomes

        outcomes: list[Outcome] = wall.run(story)
    assert all(outcome.complete and outcome.elapsed < 30 for outcome in outcomes)
    asked = [at - began[0] for at in wall.at(PRIMARY)]
    if carrier == "virtual":
        # Sixteen calls came during the outage: three of them found it out, and single ones tried since.
        assert sum(at < outage for at in asked) <= 3 * 3 + 4 * 3
        assert min(at for at in asked if at >= outage) < outage + 30
        assert outcomes[-1].model == PRIMARY


def test_s16_the_fallback_is_accounted_for_and_the_failed_attempts_are_not(carrier: Carrier, *, stream: bool) -> None:
    with Wall(carrier, failing(OVERLOADED)) as wall:
        outcome = wall.ask(stream=stream)
    report = outcome.report
    assert outcome.complete
    assert (outcome.model, report.model, report.provider) == (FALLBACK, FALLBACK, "groq")
    assert outcome.usage is not None
    assert outcome.usage.completion_tokens == count_tokens(TEXT)
    told = [(each.provider, each.model, each.outcome, each.status) for each in report.attempts]
    assert told == [("openai", PRIMARY, "failed", 503)] * 3 + [("groq", FALLBACK, "ok", 200)]
    assert wall.asked_of == {PRIMARY: 3, FALLBACK: 1}
    # A thousandth of a dollar for each token that the fallback wrote; the primary's price is a thousand times that.
    assert outcome.cost == outcome.usage.completion_tokens * Decimal("0.001")
    spent = [(each.provider, each.role, each.cost) for each in outcome.costs.attempts]
    refused = [("openai", "retried", 0), ("openai", "retried", 0), ("openai", "fallback", 0)]
    assert spent == [*refused, ("groq", "answer", outcome.cost)]
    assert outcome.costs.total == outcome.cost


def test_a_cut_stream_raises_where_no_other_target_may_take_over(carrier: Carrier, *, stream: bool) -> None:
    with Wall(carrier, broken("cut-short"), mid_stream="error") as wall:
        outcome = wall.ask(stream=stream)
    assert not outcome.truncated
    assert outcome.complete or isinstance(outcome.error, StreamTruncatedError)
