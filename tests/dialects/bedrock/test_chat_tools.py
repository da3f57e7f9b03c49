"""Tools and the choice among them in Converse's words."""

from __future__ import annotations

import pytest

from any_llm.exceptions import InvalidMessageError
from any_llm.types.json import JSON, JSONObject
from tests.dialects.bedrock.calls import HELLO, LLAMA, MODEL, NOVA, body, body_of, encode, warned

PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER: JSONObject = {
    "type": "function",
    "function": {"name": "weather", "description": "Tell it", "parameters": PARAMETERS},
}
TIME: JSONObject = {"type": "function", "function": {"name": "time"}}
CALLED = [
    HELLO,
    {"role": "assistant", "tool_calls": [{"id": "c1", "function": {"name": "weather", "arguments": "{}"}}]},
    {"role": "tool", "tool_call_id": "c1", "content": "Sun"},
]


def test_a_function_is_a_tool() -> None:
    assert body(tools=[WEATHER, TIME])["toolConfig"] == {
        "tools": [
            {"toolSpec": {"name": "weather", "description": "Tell it", "inputSchema": {"json": PARAMETERS}}},
            {"toolSpec": {"name": "time", "inputSchema": {"json": {"type": "object", "properties": {}}}}},
        ]
    }


def test_a_marked_tool_is_followed_by_a_cache_point() -> None:
    marked = {**WEATHER, "cache_control": {"type": "ephemeral", "ttl": "1h"}}
    assert body(tools=[marked])["toolConfig"]["tools"][1] == {"cachePoint": {"type": "default", "ttl": "1h"}}


@pytest.mark.parametrize(("model", "strict"), [(MODEL, True), (NOVA, None)])
def test_strictness_is_asked_of_models_that_have_it(model: str, strict: bool | None) -> None:
    tool = {"type": "function", "function": {"name": "f", "strict": True}}
    encoded = encode(model, tools=[tool])
    assert body_of(encoded)["toolConfig"]["tools"][0]["toolSpec"].get("strict") is strict
    assert warned(encoded) == ([] if strict else [("dropped", "tools[0].function.strict")])


def test_tools_in_converses_own_words_are_sent_as_they_are() -> None:
    own = [{"systemTool": {"name": "nova_code_interpreter"}}, {"cachePoint": {"type": "default"}}]
    assert body(tools=own)["toolConfig"] == {"tools": own}


def test_tools_of_other_types_are_named() -> None:
    encoded = encode(tools=[{"type": "web_search_20250305", "name": "web_search"}], tool_choice="auto")
    assert warned(encoded) == [("dropped", "tools[0]"), ("dropped", "tool_choice")]
    assert "toolConfig" not in body_of(encoded)


@pytest.mark.parametrize(
    ("choice", "sent"),
    [
        ("auto", {"auto": {}}),
        ("required", {"any": {}}),
        ({"type": "any"}, {"any": {}}),
        ({"type": "function", "function": {"name": "time"}}, {"tool": {"name": "time"}}),
        (None, None),
    ],
)
def test_a_choice_has_its_word(choice: JSON, sent: JSON) -> None:
    encoded = encode(tools=[WEATHER, TIME], tool_choice=choice)
    assert body_of(encoded)["toolConfig"].get("toolChoice") == sent
    assert encoded.warnings == ()


def test_a_choice_may_be_restricted() -> None:
    choice = {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [TIME, "x", {"function": 1}]}}
    assert body(tools=[WEATHER, TIME], tool_choice=choice)["toolConfig"] == {
        "tools": [{"toolSpec": {"name": "time", "inputSchema": {"json": {"type": "object", "properties": {}}}}}],
        "toolChoice": {"auto": {}},
    }


def test_several_allowed_tools_are_any_of_them() -> None:
    choice = {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [TIME, WEATHER]}}
    config = body(tools=[WEATHER, TIME, {"function": {"name": "other"}}], tool_choice=choice)["toolConfig"]
    assert (len(config["tools"]), config["toolChoice"]) == (2, {"any": {}})


def test_forbidden_tools_are_not_named() -> None:
    encoded = encode(tools=[WEATHER], tool_choice="none")
    assert "toolConfig" not in body_of(encoded)
    assert encoded.warnings == ()
    assert encode(tool_choice="none").warnings == ()


def test_forbidden_tools_that_were_called_are_named_as_the_api_demands() -> None:
    encoded = encode(messages=CALLED, tools=[WEATHER], tool_choice="none")
    assert "toolChoice" not in body_of(encoded)["toolConfig"]
    assert warned(encoded) == [("approximated", "tool_choice")]


def test_called_tools_that_are_not_given_are_named_as_the_api_demands() -> None:
    encoded = encode(messages=CALLED)
    assert body_of(encoded)["toolConfig"] == {
        "tools": [{"toolSpec": {"name": "weather", "inputSchema": {"json": {"type": "object"}}}}]
    }
    assert warned(encoded) == [("emulated", "tools")]


def test_a_call_cannot_be_demanded_of_every_model() -> None:
    encoded = encode(LLAMA, tools=[WEATHER], tool_choice="required")
    assert "toolChoice" not in body_of(encoded)["toolConfig"]
    assert warned(encoded) == [("approximated", "tool_choice")]


def test_one_call_at_a_time_cannot_be_asked_for() -> None:
    assert warned(encode(tools=[WEATHER], parallel_tool_calls=False)) == [("dropped", "parallel_tool_calls")]
    assert encode(tools=[WEATHER], parallel_tool_calls=True).warnings == ()
    assert encode(parallel_tool_calls=False).warnings == ()


@pytest.mark.parametrize(
    ("options", "param"),
    [
        ({"tools": ["f"]}, "tools[0]"),
        ({"tools": [{"type": "function"}]}, "tools[0].function"),
        ({"tools": [{"type": "function", "function": {"name": 1}}]}, "tools[0].function"),
        ({"tools": [{"function": {"name": "f", "parameters": []}}]}, "tools[0].function.parameters"),
        ({"tool_choice": "perhaps"}, "tool_choice"),
        ({"tool_choice": 7}, "tool_choice"),
        ({"tool_choice": {"auto": {}, "any": {}}}, "tool_choice"),
        ({"tool_choice": {"type": "function"}}, "tool_choice"),
    ],
)
def test_a_malformed_tool_or_choice_is_named(options: JSONObject, param: str) -> None:
    with pytest.raises(InvalidMessageError) as caught:
        encode(**options)
    assert caught.value.param == param
