"""The order of middleware, in words."""

from __future__ import annotations

import pytest

from any_llm.engine.order import ORDER, PER_ATTEMPT, PER_CALL, PER_TARGET, arrange


@pytest.mark.parametrize(
    ("outer", "inner"),
    [
        ("audit", "cache"),
        ("telemetry", "cache"),
        ("sanitise", "cache"),
        ("budget", "cache"),
        ("cache", "fallback"),
        ("fallback", "breaker"),
        ("fallback", "cost"),
        ("capability", "cost"),
        ("cost", "retry"),
        ("retry", "rotate"),
        ("rotate", "rate_limit"),
        ("rate_limit", "telemetry_attempt"),
    ],
)
def test_one_stands_outside_the_other(outer: str, inner: str) -> None:
    assert ORDER.index(outer) < ORDER.index(inner)


def test_the_order_is_its_three_rings_and_names_each_once() -> None:
    assert (*PER_CALL, *PER_TARGET, *PER_ATTEMPT) == ORDER
    assert len(set(ORDER)) == len(ORDER)


@pytest.mark.parametrize(
    ("given", "arranged"),
    [
        ([], []),
        (["retry", "cache", "audit"], ["audit", "cache", "retry"]),
        (["mine"], ["mine"]),
        (["mine", "cache"], ["mine", "cache"]),
        (["cache", "mine", "audit"], ["audit", "cache", "mine"]),
        (["retry", "one", "two", "cache"], ["cache", "retry", "one", "two"]),
    ],
)
def test_names_are_put_into_order_and_others_follow_their_neighbour(given: list[str], arranged: list[str]) -> None:
    assert arrange(given) == arranged
