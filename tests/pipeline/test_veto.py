"""A look at the words of two questions: what keeps them apart, and what does not."""

from __future__ import annotations

import pytest

from any_llm.pipeline.paraphrases import Judged, interval, judge, load_pairs, recommended, scored, texts_of
from any_llm.pipeline.veto import veto


@pytest.mark.parametrize(
    ("one", "other", "reason"),
    [
        ("What is 15 % of 80?", "What is 25 % of 80?", "numbers"),
        ("Give me three ideas.", "Give me 3 ideas.", ""),
        ("Pay 1,000 euros", "Pay 1000 euros", ""),
        ("From 3 to 5", "From 5 to 3", "numbers"),
        ("Can I go with it?", "Can't I go with it?", "negation"),
        ("Darf ich das?", "Darf ich das nicht?", "negation"),
        ("What is the capital of France?", "What is the capital of Germany?", "names"),
        ("what is the capital of france", "What is the capital of France?", ""),
        ("Is the iPhone good?", "Is the iPad good?", "names"),
        ("¿Cuál es la capital?", "¿Qué es la capital?", ""),
        ('What does "a" mean?', 'What does "b" mean?', "quotations"),
        ("Run `git pull` now", "Run `git push` now", "quotations"),
        ("Is it 5$?", "Is it 5€?", "quotations"),
        ("How do I lock it?", "How do I unlock it?", "opposites"),
        ("How tall in feet is it?", "How tall in foot is it?", ""),
        ("How many litres fit in?", "How many liters fit in?", ""),
        ("When was it built?", "Where was it built?", "what is asked"),
        ("Who's that man there?", "Who is that man there?", ""),
        ("is that in the way of you", "ist das im weg von dem", "language"),
        ("Где вокзал", "Gde vokzal", "language"),
        ("Does the dog chase the wolf?", "Does the wolf chase the dog?", "order of words"),
        ("How is cheese made?", "How is butter made?", "one word"),
        ("How do I restart it?", "How do I restrat it?", ""),
        ("How do I make coffee?", "How do I make iced coffee?", "an addition"),
        ("Please tell me how to bake bread", "how do I bake bread", ""),
        ("", "", ""),
    ],
)
def test_questions_are_kept_apart_by_what_differs(one: str, other: str, reason: str) -> None:
    assert veto(one, other) == reason
    assert veto(other, one) == reason


def test_of_the_shipped_pairs_hardly_any_that_differ_pass_and_most_that_do_not() -> None:
    pairs = load_pairs()
    passed = {
        same: [pair for pair in pairs if pair.same is same and not veto(pair.one, pair.other)] for same in (True, False)
    }
    counts = {same: sum(pair.same is same for pair in pairs) for same in (True, False)}
    assert counts[True] >= 140
    assert counts[False] >= 200
    assert len(passed[True]) / counts[True] > 0.75
    assert len(passed[False]) / counts[False] < 0.1


def test_the_shipped_pairs_are_each_there_once() -> None:
    pairs = load_pairs()
    assert len({(pair.one, pair.other) for pair in pairs}) == len(pairs)
    assert all(pair.one != pair.other for pair in pairs)
    assert {"number", "negation", "name", "role", "language"} <= {pair.kind for pair in pairs if not pair.same}


def test_an_interval_is_that_of_wilson() -> None:
    found = interval(1, 10)
    assert (found.part, round(found.low, 4), round(found.high, 4)) == (0.1, 0.0179, 0.4042)
    assert interval(0, 0).high == 1
    assert interval(0, 200).low == 0
    assert interval(200, 200).high == 1


def test_pairs_are_judged_by_their_vectors_and_their_words() -> None:
    pairs = load_pairs()
    measured = scored(pairs, dict.fromkeys(texts_of(pairs), (0.5, 2.0)))
    assert {round(each.similarity, 9) for each in measured} == {1.0}
    bare, looked = judge(measured, 0.9, vetoed=False), judge(measured, 0.9)
    assert bare.false_hit_rate.part == 1
    assert bare.precision == pytest.approx(sum(pair.same for pair in pairs) / len(pairs))
    assert looked.false_hits < bare.false_hits
    assert judge(measured, 1.1).precision == 1


def judged(threshold: float, false_hits: int) -> Judged:
    return Judged(threshold, 1, false_hits, interval(1, 2), interval(false_hits, 1_000))


def test_the_lowest_threshold_is_recommended_above_which_all_are_safe() -> None:
    measured = [judged(0.7, 0), judged(0.8, 50), judged(0.9, 1), judged(0.95, 0)]
    found = recommended(measured, 0.02)
    assert found is not None
    assert found.threshold == 0.9
    assert recommended([judged(0.9, 50)], 0.02) is None
