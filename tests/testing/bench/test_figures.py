"""Figures are what the values say, no more."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from any_llm.exceptions import ConfigurationError
from any_llm.testing.bench.figures import Spread, cost, figures, spread
from any_llm.testing.bench.plan import Plan
from any_llm.testing.bench.sample import Sample
from any_llm.types.capabilities import Capabilities, Fact

UNPRICED = Capabilities(provider="p", model="m")


def priced(**prices: str) -> Capabilities:
    known = {name: Fact(Decimal(price), "declared") for name, price in prices.items()}
    return Capabilities(provider="p", model="m", **known)  # type: ignore[arg-type]  # fields of this type


def sample(**values: object) -> Sample:
    return Sample(**({"number": 0, "intended": 0.0, "sent": 0.0, "ended": 1.0} | values))  # type: ignore[arg-type]  # fields


def test_percentiles_are_values_that_occurred() -> None:
    assert spread(range(1, 101)) == Spread(p50=50, p90=90, p99=99, worst=100, count=100)
    assert spread([3, None, 1, 2]) == Spread(p50=2, p90=3, p99=3, worst=3, count=3)


def test_where_more_is_better_the_percentiles_count_from_the_fastest() -> None:
    assert spread(range(1, 101), more_is_better=True) == Spread(p50=51, p90=11, p99=2, worst=1, count=100)


def test_of_nothing_there_are_no_percentiles() -> None:
    assert spread([]) is None
    assert spread([None]) is None


@given(some.lists(some.floats(0, 1e6), min_size=1))
def test_so_many_percent_are_as_good_as_a_percentile(values: list[float]) -> None:
    found = spread(values)

    assert found is not None
    for percent, value in ((50, found.p50), (90, found.p90), (99, found.p99)):
        assert sum(one <= value for one in values) * 100 >= percent * len(values)
        assert sum(one < value for one in values) * 100 < percent * len(values)
    assert found.worst == max(values)


def test_what_was_sent_and_written_is_added_up() -> None:
    samples = [
        sample(intended=1.0, sent=1.5, ended=3.0, read=10, written=30),
        sample(intended=2.0, sent=2.0, ended=6.0, read=20, written=70),
        sample(intended=2.5, sent=2.5, ended=5.0, error="RateLimitError", status=429),
    ]

    found = figures("p:m", samples, UNPRICED)

    assert (found.calls, found.failed, found.errors) == (3, 1, {"RateLimitError": 1})
    assert (found.seconds, found.calls_per_second) == (5.0, 0.4)
    assert (found.input_tokens, found.output_tokens, found.output_tokens_per_second) == (30, 100, 20.0)
    assert found.wait is not None
    assert found.wait.worst == 0.5


def test_of_no_calls_nothing_is_known() -> None:
    found = figures("p:m", [], priced(input_price="1", output_price="1"))

    assert (found.calls, found.calls_per_second, found.total, found.cost) == (0, None, None, None)


def test_a_call_costs_what_it_read_and_wrote() -> None:
    known = priced(input_price="2", output_price="10", cache_read_price="0.5")

    assert cost([sample(read=1_000, cached=400, written=50)], known) == Decimal("0.0019")
    assert cost([sample(read=1_000, cached=400, written=50)], priced(input_price="2", output_price="10")) == Decimal(
        "0.0025"
    )


@pytest.mark.parametrize(
    ("known", "call"),
    [
        (UNPRICED, {"read": 1, "written": 1}),
        (priced(input_price="1"), {"read": 1, "written": 1}),
        (priced(input_price="1", output_price="1"), {"read": None, "written": None}),
    ],
)
def test_a_cost_that_nobody_knows_is_not_zero(known: Capabilities, call: dict[str, object]) -> None:
    assert cost([sample(**call)], known) is None


def test_what_comes_all_at_once_has_no_speed() -> None:
    assert sample(arrivals=[0.5], written=9).tokens_per_second is None
    assert sample(sent=1.0, ended=1.0, written=9).tokens_per_second is None


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "give requests, or a duration"),
        ({"requests": 0}, "requests is 0"),
        ({"requests": 1, "rate": -1.0}, "rate is -1.0"),
        ({"duration": float("inf")}, "duration is inf"),
        ({"requests": 1, "concurrency": 0}, "concurrency is 0"),
        ({"requests": 1, "warm_up": -1}, "warm_up is -1"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(values: dict[str, float], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        Plan(**values)  # type: ignore[arg-type]  # of several types
