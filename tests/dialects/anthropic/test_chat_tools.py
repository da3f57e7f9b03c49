from __future__ import annotations

import copy

import pytest

from any_llm.exceptions import InvalidMessageError
from any_llm.types.json import JSON, JSONObject
from tests.dialects.anthropic.calls import body_of, encode, warned

SCHEMA = {
    "type": "object",
    "properties": {"place": {"$ref": "#/$defs/Place"}},
    "$defs": {"Place": {"type": "object", "properties": {"city": {"type": ["string", "null"]}}}},
    "additionalProperties": False,
    "required": ["place"],
}
LOOK = {"type": "function", "function": {"name": "look", "description": "Look", "parameters": SCHEMA}}
NOW = {"type": "function", "function": {"name": "now"}}
MARK = {"type": "ephemeral"}


def test_a_schema_is_sent_whole() -> None:
    (tool,) = body_of(encode(tools=[LOOK]))["tools"]
    assert tool == {"name": "look", "description": "Look", "input_schema": SCHEMA}


def test_a_tool_without_parameters_takes_an_empty_object() -> None:
    (tool,) = body_of(encode(tools=[NOW]))["tools"]
    assert tool == {"name": "now", "input_schema": {"type": "object", "properties": {}}}


def test_markers_and_further_fields_of_tools_are_kept() -> None:
    function = {"name": "look", "strict": True, "input_examples": [{}]}
    (tool,) = body_of(encode(tools=[{"type": "function", "function": function, "cache_control": MARK}]))["tools"]
    assert tool["cache_control"] == MARK
    assert tool["strict"] is True
    assert tool["input_examples"] == [{}]


def test_tools_of_the_vendors_own_formats_are_passed_on() -> None:
    tools = [
        {"type": "web_search_20250305", "name": "web_search"},
        {"name": "look", "input_schema": {"type": "object"}},
    ]
    assert body_of(encode(tools=tools))["tools"] == tools


def test_tools_with_free_text_are_dropped_with_a_warning() -> None:
    encoded = encode(tools=[NOW, {"type": "custom", "custom": {"name": "sql"}}])
    assert [tool["name"] for tool in body_of(encoded)["tools"]] == ["now"]
    assert warned(encoded) == [("dropped", "tools[1]")]


def test_a_model_that_cannot_be_strict_is_not_asked_to_be() -> None:
    strict = {"type": "function", "function": {"name": "look", "strict": True}}
    encoded = encode("claude-sonnet-4-0", tools=[strict, NOW])
    assert all("strict" not in tool for tool in body_of(encoded)["tools"])
    assert warned(encoded) == [("dropped", "tools")]


@pytest.mark.parametrize(
    ("choice", "sent"),
    [
        ("auto", {"type": "auto"}),
        ("none", {"type": "none"}),
        ("required", {"type": "any"}),
        ({"type": "function", "function": {"name": "now"}}, {"type": "tool", "name": "now"}),
        ({"type": "tool", "name": "now"}, {"type": "tool", "name": "now"}),
        ({"type": "any"}, {"type": "any"}),
    ],
)
def test_choices_are_said_in_anthropics_words(choice: JSON, sent: JSONObject) -> None:
    assert body_of(encode(tools=[NOW], tool_choice=choice))["tool_choice"] == sent


def test_a_choice_among_allowed_tools_leaves_the_others_out() -> None:
    allowed = {"mode": "required", "tools": [{"type": "function", "function": {"name": "now"}}, {"name": "x"}, "odd"]}
    body = body_of(encode(tools=[LOOK, NOW], tool_choice={"type": "allowed_tools", "allowed_tools": allowed}))
    assert [tool["name"] for tool in body["tools"]] == ["now"]
    assert body["tool_choice"] == {"type": "any"}


@pytest.mark.parametrize(
    ("options", "sent"),
    [
        ({"parallel_tool_calls": False}, {"type": "auto", "disable_parallel_tool_use": True}),
        (
            {"parallel_tool_calls": False, "tool_choice": "required"},
            {"type": "any", "disable_parallel_tool_use": True},
        ),
        ({"parallel_tool_calls": False, "tool_choice": "none"}, {"type": "none"}),
        ({"parallel_tool_calls": True}, None),
        ({}, None),
    ],
)
def test_calls_can_be_asked_for_one_by_one(options: JSONObject, sent: JSON) -> None:
    assert body_of(encode(tools=[NOW], **options)).get("tool_choice") == sent


def test_a_choice_without_tools_is_dropped() -> None:
    assert warned(encode(tool_choice="required")) == [("dropped", "tool_choice")]
    encoded = encode(tool_choice="none", parallel_tool_calls=False)
    assert "tool_choice" not in body_of(encoded)
    assert encoded.warnings == ()


def test_a_model_that_cannot_be_made_to_call_is_left_to_choose() -> None:
    encoded = encode("claude-opus-5-5", tools=[NOW], tool_choice="required")
    assert body_of(encoded)["tool_choice"] == {"type": "auto"}
    assert warned(encoded) == [("approximated", "tool_choice")]
    assert encode("claude-opus-5-5", tools=[NOW], tool_choice="auto").warnings == ()


def test_the_tools_given_are_not_changed() -> None:
    tools = [{"type": "function", "function": {"name": "look", "strict": True, "parameters": SCHEMA}}]
    before = copy.deepcopy(tools)
    encode("claude-sonnet-4-0", tools=tools)
    assert tools == before


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ({"tools": ["look"]}, "tools[0]"),
        ({"tools": [NOW, {"type": "function"}]}, "tools[1].function"),
        ({"tools": [{"type": "function", "function": {}}]}, "tools[0].function"),
        (
            {"tools": [{"type": "function", "function": {"name": "a", "parameters": []}}]},
            "tools[0].function.parameters",
        ),
        ({"tools": [NOW], "tool_choice": "sometimes"}, "tool_choice"),
        ({"tools": [NOW], "tool_choice": {"type": "function"}}, "tool_choice"),
        ({"tools": [NOW], "tool_choice": 7}, "tool_choice"),
    ],
)
def test_a_malformed_tool_is_named_by_its_path(options: JSONObject, path: str) -> None:
    with pytest.raises(InvalidMessageError) as caught:
        encode(**options)
    assert caught.value.param == path
