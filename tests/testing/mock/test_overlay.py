"""What a vendor adds is laid over what everybody sends."""

from __future__ import annotations

import pytest

from any_llm.testing.mock.answer import Usage
from any_llm.testing.mock.asked import Asked
from any_llm.testing.mock.request import request_of
from any_llm.testing.mock.responder import Behaviour, Responder
from any_llm.testing.mock.wires.overlay import Facts, empty, fact, fresh, lay, uncached, without
from any_llm.testing.mock.wires.registry import wires
from any_llm.types.json import JSON


@pytest.fixture
def facts() -> Facts:
    context = Responder(Behaviour()).context(request_of("POST", "/v1/chat/completions", {}, b""), wires()[0])
    return Facts(Usage(input=5, cached=2), Asked(model="m"), context)


def test_empty_places_are_filled_and_full_ones_kept(facts: Facts) -> None:
    value = {"a": 1, "b": None, "c": {"d": 1}}

    laid = lay(value, {"a": 2, "b": 2, "c": {"d": 2, "e": 2}, "f": {"g": 2}}, facts)

    assert laid == {"a": 1, "b": None, "c": {"d": 1, "e": 2}, "f": {"g": 2}}


def test_the_item_of_a_list_is_laid_over_each_or_is_the_only_one(facts: Facts) -> None:
    assert lay({"a": [{"b": 1}, {}]}, {"a": [{"b": 2}], "c": [{"d": 3}]}, facts) == {
        "a": [{"b": 1}, {"b": 2}],
        "c": [{"d": 3}],
    }


def test_a_function_finds_its_value_in_the_facts(facts: Facts) -> None:
    laid = lay({}, {"n": fact("usage.input"), "m": fact("asked.model"), "u": uncached, "e": empty}, facts)

    assert laid == {"n": 5, "m": "m", "u": 3, "e": []}
    assert len(fresh("req_", 8)(facts)) == 12


@pytest.mark.parametrize(
    ("path", "left"),
    [
        (".a", {"b": [{"c": 1, "d": 2}]}),
        (".b[].c", {"a": 1, "b": [{"d": 2}]}),
        (".b", {"a": 1}),
        (".a.x", {"a": 1, "b": [{"c": 1, "d": 2}]}),
        (".none", {"a": 1, "b": [{"c": 1, "d": 2}]}),
    ],
)
def test_a_member_is_taken_away_by_its_path(path: str, left: JSON) -> None:
    value = {"a": 1, "b": [{"c": 1, "d": 2}]}

    without(value, path)

    assert value == left
