"""What is learned of a provider's limits from its answers, in whichever order they come."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf

import msgspec
import pytest

from any_llm.pipeline.learned import Learned, LimitsLearned, limits_name
from any_llm.spec.dialect import Target
from any_llm.spec.provider import Provider
from any_llm.types.estimate import Amounts
from any_llm.types.secret import Secret

ONE = Amounts(10, 10)


def headers(remaining: int, reset: str, limit: int = 1_000) -> dict[str, str]:
    """Return headers as of OpenAI and those who speak like it."""
    return {
        "x-ratelimit-limit-requests": str(limit),
        "x-ratelimit-remaining-requests": str(remaining),
        "x-ratelimit-reset-requests": reset,
    }


def ask(learned: Learned, now: float, remaining: int, reset: str, limit: int = 1_000) -> None:
    """Make a call that is answered so."""
    assert learned.take(ONE, now) == 0
    learned.come_back(ONE, learned.answers, headers(remaining, reset, limit), now, 0)


def test_where_a_limit_comes_back_bit_by_bit_nobody_waits_for_the_whole() -> None:
    learned = Learned()
    ask(learned, 0.0, 983, "24m28.8s")
    ask(learned, 0.0, 900, "144m0.0s")
    ask(learned, 0.0, 0, "1440m0.0s")
    assert learned.take(ONE, 0.0) == pytest.approx(86.4)
    assert learned.take(ONE, 86.5) == 0


def test_where_it_comes_back_as_a_whole_that_is_waited_for() -> None:
    learned = Learned()
    ask(learned, 0.0, 983, "100.5s")
    ask(learned, 10.0, 900, "90.5s")
    ask(learned, 20.0, 0, "80.5s")
    assert learned.take(ONE, 20.0) == pytest.approx(80.5)
    assert learned.take(ONE, 100.6) == 0


def test_an_end_that_moves_for_another_reason_is_no_sign_of_coming_back_bit_by_bit() -> None:
    learned = Learned()
    ask(learned, 0.0, 983, "100.5s")
    ask(learned, 0.0, 0, "150.5s")
    assert learned.take(ONE, 0.0) == pytest.approx(150.5)


def test_of_answers_that_overtake_one_another_the_smaller_rest_counts() -> None:
    learned = Learned()
    ask(learned, 0.0, 3, "60.5s")
    assert [learned.take(ONE, 1.0) for _ in range(4)] == [0, 0, 0, inf]
    answers = learned.answers
    learned.come_back(ONE, answers, headers(1, "59.5s"), 2.0, 0)
    learned.come_back(ONE, answers, headers(2, "59.5s"), 2.0, 0)
    assert learned.take(ONE, 2.0) == inf
    learned.come_back(ONE, answers, headers(0, "59.5s"), 2.0, 0)
    assert learned.take(ONE, 2.0) == pytest.approx(59.5)


def test_an_answer_from_before_the_whole_came_back_says_nothing_about_what_is_there_now() -> None:
    learned = Learned()
    ask(learned, 0.0, 1, "60.5s", 2)
    assert learned.take(ONE, 50.0) == 0
    late = learned.answers
    assert learned.take(ONE, 61.0) == 0
    learned.come_back(ONE, late, headers(0, "1.5s", 2), 61.1, 0)
    assert learned.take(ONE, 61.2) == 0


def test_what_fails_without_a_word_counts_as_used() -> None:
    learned = Learned()
    ask(learned, 0.0, 2, "60.5s")
    for _ in range(2):
        assert learned.take(ONE, 1.0) == 0
        learned.fail(ONE, None, 1.0, taken=True)
    assert learned.take(ONE, 1.0) == pytest.approx(59.5)


def test_what_did_not_go_or_was_refused_does_not_count() -> None:
    learned = Learned()
    ask(learned, 0.0, 1, "60.5s")
    assert learned.take(ONE, 1.0) == 0
    learned.undo(ONE)
    assert learned.take(ONE, 1.0) == 0
    learned.fail(ONE, 5.0, 1.0, taken=False)
    assert learned.take(ONE, 1.0) == pytest.approx(5)
    assert learned.take(ONE, 6.0) == 0


def test_tokens_are_kept_to_as_well() -> None:
    learned = Learned()
    told = {
        "anthropic-ratelimit-output-tokens-limit": "100",
        "anthropic-ratelimit-output-tokens-remaining": "25",
        "anthropic-ratelimit-output-tokens-reset": "1970-01-01T00:00:30Z",
    }
    assert learned.take(ONE, 0.0) == 0
    learned.come_back(ONE, learned.answers, told, 0.0, 0.0)
    assert [learned.take(ONE, 0.0) for _ in range(3)] == [0, 0, inf]
    assert learned.take(Amounts(0, 50), 0.0) == pytest.approx(31)


def test_only_so_many_targets_are_known_and_what_was_used_last_stays() -> None:
    known, target = LimitsLearned(), Target(provider=Provider(name="p"), model="m", base_url="https://p.example")
    assert known.find(target) is None
    kept = known.of(limits_name(target))
    for number in range(15_000):
        known.of(str(number))
        assert known.of(limits_name(target)) is kept
    assert known.find(target) is kept
    assert known.find(msgspec.structs.replace(target, key=Secret("of another"))) is None
    (held,) = (each for each in vars(known).values() if isinstance(each, Mapping))
    assert len(held) == 10_000
