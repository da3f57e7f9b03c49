"""Reasoning efforts in the words of the families of models, and what cannot stand beside them."""

from __future__ import annotations

import pytest

from any_llm.types.json import JSON, JSONObject
from tests.dialects.bedrock.calls import ADAPTIVE, LLAMA, MODEL, NOVA, body, body_of, encode, warned

ALWAYS = "anthropic.claude-opus-5-5"
GPT = "openai.gpt-oss-120b-1:0"
QWEN = "qwen.qwen3-32b-v1:0"
UNKNOWN = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc"
TOOL = {"type": "function", "function": {"name": "f"}}


def said(model: str, effort: str, **options: JSON) -> tuple[JSON, JSON]:
    """Return the fields of the model and the output's configuration."""
    sent = body(model, reasoning_effort=effort, **options)
    return sent.get("additionalModelRequestFields"), sent.get("outputConfig")


@pytest.mark.parametrize(
    ("model", "effort", "fields", "config"),
    [
        (MODEL, "low", {"thinking": {"type": "enabled", "budget_tokens": 2048}}, None),
        (MODEL, "none", {"thinking": {"type": "disabled"}}, None),
        (MODEL, "auto", None, None),
        (ADAPTIVE, "xhigh", {"thinking": {"type": "adaptive", "display": "summarized"}}, {"effort": "xhigh"}),
        (ADAPTIVE, "none", {"thinking": {"type": "disabled"}}, None),
        (NOVA, "low", {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "low"}}, None),
        (NOVA, "none", {"reasoningConfig": {"type": "disabled"}}, None),
        (GPT, "medium", {"reasoning_effort": "medium"}, None),
        (QWEN, "high", {"reasoning_config": "high"}, None),
        (UNKNOWN, "max", None, {"effort": "max"}),
    ],
)
def test_an_effort_is_said_in_the_words_of_the_family(model: str, effort: str, fields: JSON, config: JSON) -> None:
    encoded = encode(model, reasoning_effort=effort)
    assert (body_of(encoded).get("additionalModelRequestFields"), body_of(encoded).get("outputConfig")) == (
        fields,
        config,
    )
    assert encoded.warnings == ()


@pytest.mark.parametrize(
    ("model", "effort", "level"),
    [(GPT, "minimal", "low"), (GPT, "max", "high"), (QWEN, "medium", "high"), (UNKNOWN, "huge", "high")],
)
def test_the_nearest_level_is_named(model: str, effort: str, level: str) -> None:
    encoded = encode(model, reasoning_effort=effort)
    assert warned(encoded) == [("approximated", "reasoning_effort")]
    assert level in str(body_of(encoded))


def test_a_model_that_always_thinks_thinks_its_least() -> None:
    encoded = encode(ALWAYS, reasoning_effort="none")
    assert warned(encoded) == [("approximated", "reasoning_effort")]
    assert body_of(encoded)["outputConfig"] == {"effort": "low"}


@pytest.mark.parametrize(("effort", "warnings"), [("high", [("dropped", "reasoning_effort")]), ("none", [])])
def test_a_model_that_does_not_think_cannot_be_told_to(effort: str, warnings: list[tuple[str, str]]) -> None:
    encoded = encode(LLAMA, reasoning_effort=effort)
    assert warned(encoded) == warnings
    assert set(body_of(encoded)) == {"messages"}


@pytest.mark.parametrize(
    ("limit", "budget", "warnings"),
    [
        (50_000, 24_576, []),
        (4_000, 2_000, [("approximated", "reasoning_effort")]),
        (1_024, None, [("dropped", "reasoning_effort")]),
    ],
)
def test_a_budget_stays_below_the_limit(limit: int, budget: int | None, warnings: list[tuple[str, str]]) -> None:
    encoded = encode(reasoning_effort="high", max_tokens=limit)
    fields = body_of(encoded).get("additionalModelRequestFields", {})
    assert fields.get("thinking", {}).get("budget_tokens") == budget
    assert warned(encoded) == warnings


def test_what_is_said_in_the_models_words_stands() -> None:
    thinking = {"type": "enabled", "budget_tokens": 3000}
    assert said(MODEL, "low", thinking=thinking) == ({"thinking": thinking}, None)
    assert said(GPT, "low", additionalModelRequestFields={"reasoning_effort": "high"}) == (
        {"reasoning_effort": "high"},
        None,
    )


@pytest.mark.parametrize("model", [MODEL, ADAPTIVE])
def test_a_demanded_call_turns_thinking_off(model: str) -> None:
    encoded = encode(model, reasoning_effort="high", tools=[TOOL], tool_choice="required")
    assert warned(encoded) == [("dropped", "reasoning_effort")]
    assert "additionalModelRequestFields" not in body_of(encoded)


def test_an_effort_stands_beside_a_schema() -> None:
    form = {"type": "json_schema", "json_schema": {"schema": {"type": "object", "properties": {}}}}
    config: JSONObject = body(ADAPTIVE, reasoning_effort="low", response_format=form)["outputConfig"]
    assert set(config) == {"effort", "textFormat"}


def test_nova_at_its_most_takes_no_limits() -> None:
    encoded = encode(NOVA, reasoning_effort="high", temperature=0.1, top_p=0.5, max_tokens=9, stop="x")
    assert warned(encoded) == [("dropped", "temperature"), ("dropped", "top_p"), ("dropped", "max_tokens")]
    assert body_of(encoded)["inferenceConfig"] == {"stopSequences": ["x"]}
    assert encode(NOVA, reasoning_effort="high").warnings == ()


@pytest.mark.parametrize(
    ("model", "options", "config", "warnings"),
    [
        (ADAPTIVE, {"temperature": 0.5, "top_p": 0.5, "max_tokens": 5}, {"maxTokens": 5}, ["temperature", "top_p"]),
        (MODEL, {"temperature": 0.5, "top_p": 0.5}, {"temperature": 0.5}, ["top_p"]),
        (MODEL, {"top_p": 0.5}, {"topP": 0.5}, []),
        (MODEL, {"temperature": 0.5, "thinking": {"type": "enabled", "budget_tokens": 1024}}, {}, ["temperature"]),
        (MODEL, {"temperature": 1, "thinking": {"type": "enabled", "budget_tokens": 1024}}, {"temperature": 1}, []),
        (LLAMA, {"temperature": 1.5}, {"temperature": 1.0}, ["temperature"]),
        (LLAMA, {"temperature": 0.5, "top_p": 0.5}, {"temperature": 0.5, "topP": 0.5}, []),
    ],
)
def test_sampling_is_what_the_model_takes(model: str, options: JSONObject, config: JSON, warnings: list[str]) -> None:
    encoded = encode(model, **options)
    assert body_of(encoded)["inferenceConfig"] == config
    assert [warning.parameter for warning in encoded.warnings] == warnings
