from __future__ import annotations

import pytest

from any_llm.dialects.anthropic.families import FAMILIES, UNKNOWN, family_of
from any_llm.types.json import JSON, JSONObject
from tests.dialects.anthropic.calls import body_of, encode, warned

NOW = {"type": "function", "function": {"name": "now"}}
ADAPTIVE = {"type": "adaptive", "display": "summarized"}


def thinking_of(model: str, **options: JSON) -> tuple[JSON, JSON]:
    """Return what a request says of thinking and of effort."""
    body = body_of(encode(model, **options))
    return body.get("thinking"), body.get("output_config", {}).get("effort")


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("claude-opus-5-5", "opus-5-5"),
        ("claude-opus-5", "opus-5"),
        ("anthropic.claude-opus-4-8-v1:0", "opus-4-8"),
        ("claude-opus-4-6-20260205", "opus-4-6"),
        ("claude-opus-4-5-20251101", "opus-4-5"),
        ("claude-opus-4-1-20250805", "opus-4-1"),
        ("claude-opus-4-20250514", "opus-4"),
        ("claude-sonnet-4-0", "sonnet-4"),
        ("claude-3-7-sonnet@20250219", "3-7-sonnet"),
        ("claude-3-5-haiku-20241022", "claude-3-5"),
        ("claude-3-haiku-20240307", "claude-3"),
        ("claude-mythos-5-1", "mythos-5-1"),
        ("claude-fable-5", "fable"),
        ("qwen3-4b", ""),
    ],
)
def test_models_are_in_the_family_that_their_name_says(model: str, family: str) -> None:
    assert family_of(model).name == family


def test_no_family_hides_a_later_one() -> None:
    names = [family.name for family in FAMILIES]
    assert not [(a, b) for index, a in enumerate(names) for b in names[index + 1 :] if a in b]
    assert family_of("anything else") is UNKNOWN


@pytest.mark.parametrize("model", ["claude-opus-4-6", "claude-sonnet-5", "claude-fable-5", "some-new-model"])
def test_current_models_think_as_much_as_an_effort_says(model: str) -> None:
    for effort in ("low", "medium", "high", "max"):
        assert thinking_of(model, reasoning_effort=effort) == (ADAPTIVE, effort)


@pytest.mark.parametrize(
    ("model", "effort", "sent"),
    [
        ("claude-opus-4-6", "xhigh", "high"),
        ("claude-opus-4-6", "minimal", "low"),
        ("claude-opus-4-7", "minimal", "low"),
        ("claude-opus-4-7", "enormous", "high"),
    ],
)
def test_an_effort_that_a_model_does_not_know_becomes_the_nearest(model: str, effort: str, sent: str) -> None:
    encoded = encode(model, reasoning_effort=effort)
    assert body_of(encoded)["output_config"] == {"effort": sent}
    assert warned(encoded) == [("approximated", "reasoning_effort")]


@pytest.mark.parametrize(
    ("effort", "budget"), [("minimal", 1024), ("low", 2048), ("medium", 8192), ("high", 24_576), ("xhigh", 32_768)]
)
def test_older_models_are_given_a_budget(effort: str, budget: int) -> None:
    encoded = encode("claude-haiku-4-5", reasoning_effort=effort)
    assert body_of(encoded)["thinking"] == {"type": "enabled", "budget_tokens": budget}
    assert "output_config" not in body_of(encoded)
    assert encoded.warnings == ()


def test_a_budget_comes_on_top_of_a_limit_that_nobody_said() -> None:
    body = body_of(encode("claude-haiku-4-5", max_tokens=None, reasoning_effort="high"))
    assert (body["max_tokens"], body["thinking"]["budget_tokens"]) == (16_384 + 24_576, 24_576)
    assert body_of(encode("claude-haiku-4-5", max_tokens=None))["max_tokens"] == 16_384


@pytest.mark.parametrize(("limit", "budget"), [(4096, 2048), (1025, 1024), (1024, None)])
def test_a_budget_stays_below_the_limit_that_was_said(limit: int, budget: int | None) -> None:
    encoded = encode("claude-haiku-4-5", max_tokens=limit, reasoning_effort="high")
    body = body_of(encoded)
    assert body["max_tokens"] == limit
    assert body.get("thinking") == ({"type": "enabled", "budget_tokens": budget} if budget else None)
    assert warned(encoded) == [("approximated" if budget else "dropped", "reasoning_effort")]


@pytest.mark.parametrize(
    ("model", "thinking", "effort", "warnings"),
    [
        ("claude-opus-4-8", {"type": "disabled"}, None, []),
        ("claude-haiku-4-5", {"type": "disabled"}, None, []),
        ("claude-sonnet-5-5", {"type": "between_tools"}, None, []),
        ("claude-fable-5", None, "low", [("approximated", "reasoning_effort")]),
        ("claude-3-haiku-20240307", None, None, []),
    ],
)
def test_thinking_is_turned_off_where_it_can_be(
    model: str, thinking: JSON, effort: JSON, warnings: list[tuple[str, str]]
) -> None:
    assert thinking_of(model, reasoning_effort="none") == (thinking, effort)
    assert warned(encode(model, reasoning_effort="none")) == warnings


@pytest.mark.parametrize("effort", ["auto", None])
def test_nothing_is_said_when_it_is_left_to_the_model(effort: str | None) -> None:
    assert thinking_of("claude-opus-4-6", reasoning_effort=effort) == (None, None)


def test_a_model_that_does_not_think_says_so() -> None:
    encoded = encode("claude-3-haiku-20240307", reasoning_effort="high")
    assert "thinking" not in body_of(encoded)
    assert warned(encoded) == [("dropped", "reasoning_effort")]


def test_thinking_that_the_caller_describes_himself_stands() -> None:
    thinking = {"type": "enabled", "budget_tokens": 5000}
    assert thinking_of("claude-sonnet-4-5", thinking=thinking, reasoning_effort="low") == (thinking, None)


@pytest.mark.parametrize("model", ["claude-sonnet-4-5", "claude-opus-4-6"])
def test_a_demanded_tool_call_comes_before_thinking(model: str) -> None:
    encoded = encode(model, reasoning_effort="high", tools=[NOW], tool_choice="required")
    assert "thinking" not in body_of(encoded)
    assert warned(encoded) == [("dropped", "reasoning_effort")]


def test_an_effort_stands_beside_the_callers_output_config() -> None:
    body = body_of(encode("claude-opus-4-6", reasoning_effort="low", output_config={"format": {"type": "x"}}))
    assert body["output_config"] == {"effort": "low", "format": {"type": "x"}}


@pytest.mark.parametrize(
    ("model", "options", "sent", "warnings"),
    [
        ("claude-3-haiku-20240307", {"temperature": 0.5, "top_p": 0.9}, {"temperature": 0.5, "top_p": 0.9}, []),
        ("claude-sonnet-4-5", {"temperature": 0, "top_p": 0.9}, {"temperature": 0}, [("dropped", "top_p")]),
        ("claude-sonnet-4-5", {"top_p": 0.9}, {"top_p": 0.9}, []),
        ("claude-sonnet-4-5", {"temperature": 1.7}, {"temperature": 1.0}, [("approximated", "temperature")]),
        ("claude-sonnet-4-5", {"temperature": "warm"}, {"temperature": "warm"}, []),
        (
            "claude-opus-4-7",
            {"temperature": 0.2, "top_p": 0.9, "top_k": 5},
            {},
            [("dropped", "temperature"), ("dropped", "top_p"), ("dropped", "top_k")],
        ),
        (
            "some-new-model",
            {"temperature": 0.2, "top_p": 0.9, "top_k": 5},
            {"temperature": 0.2, "top_p": 0.9, "top_k": 5},
            [],
        ),
        ("claude-sonnet-4-5", {"temperature": 0.2, "reasoning_effort": "low"}, {}, [("dropped", "temperature")]),
        ("claude-sonnet-4-5", {"temperature": 1, "reasoning_effort": "low"}, {"temperature": 1}, []),
    ],
)
def test_sampling_is_said_as_far_as_the_model_takes_it(
    model: str, options: JSONObject, sent: JSONObject, warnings: list[tuple[str, str]]
) -> None:
    encoded = encode(model, **options)
    body = body_of(encoded)
    assert {name: body[name] for name in ("temperature", "top_p", "top_k") if name in body} == sent
    assert warned(encoded) == warnings
