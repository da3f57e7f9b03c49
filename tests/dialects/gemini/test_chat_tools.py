"""Tools and the choice among them."""

from __future__ import annotations

import pytest

from any_llm.exceptions import InvalidMessageError
from any_llm.types.json import JSON, JSONObject
from tests.dialects.gemini.calls import body_of, encode, warned

SCHEMA: JSONObject = {
    "type": "object",
    "$defs": {"place": {"type": "object", "properties": {"name": {"type": "string", "format": "uri"}}}},
    "properties": {
        "at": {"$ref": "#/$defs/place"},
        "many": {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}], "default": None},
    },
    "required": ["at"],
    "additionalProperties": False,
}


def tool(name: str = "look", **function: JSON) -> JSONObject:
    return {"type": "function", "function": {"name": name, **function}}


def choice_of(choice: JSON, *names: str) -> JSON:
    sent = body_of(encode(tools=[tool(name) for name in names or ("look",)], tool_choice=choice))
    return sent.get("toolConfig", {}).get("functionCallingConfig")


def test_functions_keep_their_whole_schemas() -> None:
    encoded = encode(tools=[tool(description="Look there", parameters=SCHEMA), tool("hear", parameters=None)])
    assert body_of(encoded)["tools"] == [
        {
            "functionDeclarations": [
                {"name": "look", "description": "Look there", "parametersJsonSchema": SCHEMA},
                {"name": "hear"},
            ]
        }
    ]
    assert encoded.warnings == ()


def test_the_vendors_own_tools_are_sent_as_they_are() -> None:
    encoded = encode(tools=[{"googleSearch": {}}, tool(behavior="NON_BLOCKING")])
    assert body_of(encoded)["tools"] == [
        {"functionDeclarations": [{"name": "look", "behavior": "NON_BLOCKING"}]},
        {"googleSearch": {}},
    ]


def test_a_web_search_is_the_vendors() -> None:
    encoded = encode(web_search_options={"search_context_size": "low"})
    assert body_of(encoded)["tools"] == [{"googleSearch": {}}]
    assert warned(encoded) == [("approximated", "web_search_options")]


def test_what_tools_cannot_be_is_warned_about() -> None:
    encoded = encode(
        tools=[{"type": "custom", "custom": {"name": "free"}}, tool(strict=True)], parallel_tool_calls=False
    )
    assert body_of(encoded)["tools"] == [{"functionDeclarations": [{"name": "look"}]}]
    assert warned(encoded) == [
        ("dropped", "tools[0]"),
        ("dropped", "tools[1].function.strict"),
        ("dropped", "parallel_tool_calls"),
    ]


def test_parallel_calls_need_no_words() -> None:
    assert encode(tools=[tool()], parallel_tool_calls=True).warnings == ()


@pytest.mark.parametrize(
    ("choice", "mode"),
    [("auto", "AUTO"), ("none", "NONE"), ("required", "ANY"), ("any", "ANY"), ("validated", "VALIDATED")],
)
def test_modes_are_translated(choice: str, mode: str) -> None:
    assert choice_of(choice) == {"mode": mode}


def test_a_named_function_is_the_only_one_allowed() -> None:
    named = {"type": "function", "function": {"name": "hear"}}
    assert choice_of(named, "look", "hear") == {"mode": "ANY", "allowedFunctionNames": ["hear"]}


def test_allowed_functions_are_demanded_by_name() -> None:
    allowed = {"mode": "required", "tools": [{"type": "function", "name": "hear"}, tool("look")]}
    sent = choice_of({"type": "allowed_tools", "allowed_tools": allowed}, "look", "hear")
    assert sent == {"mode": "ANY", "allowedFunctionNames": ["hear", "look"]}


def test_allowed_functions_are_the_only_ones_told_where_none_is_demanded() -> None:
    allowed = {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [tool("hear")]}}
    body = body_of(encode(tools=[tool("look"), tool("hear")], tool_choice=allowed))
    assert body["tools"] == [{"functionDeclarations": [{"name": "hear"}]}]
    assert body["toolConfig"] == {"functionCallingConfig": {"mode": "AUTO"}}


def test_a_choice_is_added_to_the_callers_own_config() -> None:
    body = body_of(encode(tools=[tool()], tool_choice="auto", tool_config={"retrievalConfig": {}}))
    assert body["toolConfig"] == {"functionCallingConfig": {"mode": "AUTO"}, "retrievalConfig": {}}


def test_a_choice_without_tools_is_warned_about() -> None:
    encoded = encode(tool_choice="required")
    assert "toolConfig" not in body_of(encoded)
    assert warned(encoded) == [("dropped", "tool_choice")]
    assert encode(tool_choice="none").warnings == ()


def test_a_choice_among_cached_tools_is_sent() -> None:
    body = body_of(encode(tool_choice="required", cached_content="cachedContents/1"))
    assert body["toolConfig"] == {"functionCallingConfig": {"mode": "ANY"}}


@pytest.mark.parametrize(
    ("given", "param"),
    [
        (7, "tools[0]"),
        ({"type": "function"}, "tools[0].function"),
        ({"type": "function", "function": {"name": 1}}, "tools[0].function"),
        (tool(parameters="{}"), "tools[0].function.parameters"),
    ],
)
def test_a_malformed_tool_is_named(given: JSON, param: str) -> None:
    with pytest.raises(InvalidMessageError) as caught:
        encode(tools=[given])
    assert caught.value.param == param


@pytest.mark.parametrize("choice", ["maybe", 7, {"type": "function"}, {"type": "allowed_tools", "allowed_tools": {}}])
def test_a_malformed_choice_is_named(choice: JSON) -> None:
    with pytest.raises(InvalidMessageError, match="'required'") as caught:
        encode(tools=[tool()], tool_choice=choice)
    assert caught.value.param == "tool_choice"
