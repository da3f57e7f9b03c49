"""Reasoning efforts in the words of each family."""

from __future__ import annotations

import pytest

from any_llm.types.json import JSON, JSONObject
from tests.dialects.gemini.calls import config_of, encode, warned


def thinking(model: str, effort: JSON) -> tuple[JSONObject, list[tuple[str, str]]]:
    encoded = encode(model, reasoning_effort=effort)
    told: JSONObject = config_of(encoded).get("thinkingConfig", {})
    return told, warned(encoded)


APPROXIMATED = [("approximated", "reasoning_effort")]
DROPPED = [("dropped", "reasoning_effort")]


@pytest.mark.parametrize("effort", ["auto", None])
@pytest.mark.parametrize("model", ["gemini-2.5-pro", "gemini-3-pro-preview", "gemini-1.5-flash"])
def test_the_model_decides_unless_told(model: str, effort: JSON) -> None:
    assert thinking(model, effort) == ({}, [])


@pytest.mark.parametrize(
    ("model", "effort", "level"),
    [
        ("gemini-3-flash-preview", "minimal", "minimal"),
        ("gemini-3-flash-preview", "medium", "medium"),
        ("gemini-3-pro-preview", "low", "low"),
        ("gemini-3.1-pro-preview", "medium", "medium"),
        ("gemini-3.6-flash", "minimal", "minimal"),
        ("gemini-3.8-flash", "high", "high"),
        ("models/gemini-flash-latest", "low", "low"),
    ],
)
def test_newer_models_take_a_level(model: str, effort: str, level: str) -> None:
    assert thinking(model, effort) == ({"thinkingLevel": level, "includeThoughts": True}, [])


@pytest.mark.parametrize(
    ("model", "effort", "level"),
    [
        ("gemini-3-pro-preview", "medium", "high"),
        ("gemini-3-pro-preview", "minimal", "low"),
        ("gemini-3.8-flash", "minimal", "low"),
        ("gemini-3.8-flash", "xhigh", "high"),
        ("gemini-3.1-flash-image", "low", "minimal"),
    ],
)
def test_the_nearest_level_is_sent_with_a_warning(model: str, effort: str, level: str) -> None:
    assert thinking(model, effort) == ({"thinkingLevel": level, "includeThoughts": True}, APPROXIMATED)


@pytest.mark.parametrize(("model", "level"), [("gemini-3-flash-preview", "minimal"), ("gemini-3.8-flash", "low")])
def test_newer_models_cannot_be_kept_from_thinking(model: str, level: str) -> None:
    assert thinking(model, "none") == ({"thinkingLevel": level}, APPROXIMATED)


@pytest.mark.parametrize(
    ("model", "effort", "budget"),
    [
        ("gemini-2.5-flash", "low", 1_024),
        ("gemini-2.5-flash", "max", 24_576),
        ("gemini-2.5-flash-lite", "minimal", 512),
        ("gemini-2.5-pro", "xhigh", 32_768),
        ("gemini-2.5-pro", "high", 24_576),
    ],
)
def test_older_models_take_a_budget(model: str, effort: str, budget: int) -> None:
    assert thinking(model, effort) == ({"thinkingBudget": budget, "includeThoughts": True}, [])


def test_a_budget_stays_in_the_models_limits_with_a_warning() -> None:
    assert thinking("gemini-2.5-flash", "xhigh") == ({"thinkingBudget": 24_576, "includeThoughts": True}, APPROXIMATED)


def test_thinking_is_turned_off_where_it_can_be() -> None:
    assert thinking("gemini-2.5-flash", "none") == ({"thinkingBudget": 0}, [])
    assert thinking("gemini-2.5-pro", "none") == ({"thinkingBudget": 128}, APPROXIMATED)


def test_an_unknown_effort_is_a_high_one() -> None:
    told, warnings = thinking("gemini-2.5-flash", "extreme")
    assert (told["thinkingBudget"], warnings) == (24_576, APPROXIMATED)


@pytest.mark.parametrize(
    "model", ["gemini-2.0-flash", "gemini-1.5-pro", "gemma-3-27b-it", "gemini-3-pro-image-preview"]
)
def test_models_without_a_control_of_thinking_are_left_alone(model: str) -> None:
    assert thinking(model, "high") == ({}, DROPPED)
    assert thinking(model, "none") == ({}, [])


def test_the_callers_own_thinking_config_counts() -> None:
    encoded = encode(reasoning_effort="high", thinkingConfig={"thinkingBudget": 5})
    assert config_of(encoded)["thinkingConfig"] == {"thinkingBudget": 5}
