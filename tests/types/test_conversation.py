"""What a caller said, read as plain JSON."""

from __future__ import annotations

import types

import pytest

from any_llm.exceptions import InvalidMessageError
from any_llm.types.completion import ChatCompletionMessage, ChatCompletionMessageToolCall, Function
from any_llm.types.conversation import (
    ToolChoice,
    dump_arguments,
    name_of_tool,
    parse_arguments,
    plain,
    plain_call,
    plain_message,
    plain_part,
    plain_tool,
    read_tool_choice,
    schema_of_format,
    thought_of,
)
from any_llm.types.json import JSON


def test_values_become_dictionaries_and_plain_json_stays_the_same_object() -> None:
    message = {"role": "user"}
    assert plain(message) is message
    assert plain("text") == "text"
    assert plain(types.MappingProxyType(message)) == message
    assert plain(ChatCompletionMessage(content="x")) == {"role": "assistant", "content": "x"}


@pytest.mark.parametrize(
    ("given", "place"), [("Hello", "messages[0]"), ({}, "messages[0].role"), ({"role": 1}, "messages[0].role")]
)
def test_a_message_without_a_role_is_refused(given: JSON, place: str) -> None:
    with pytest.raises(InvalidMessageError) as caught:
        plain_message(given, "messages[0]")
    assert caught.value.param == place


def test_a_message_is_given_as_a_dictionary() -> None:
    assert plain_message(ChatCompletionMessage(content="x"), "")["content"] == "x"


@pytest.mark.parametrize(
    ("given", "place"),
    [(1, "p"), ({}, "p.type"), ({"type": "text"}, "p.text"), ({"type": "text", "text": 1}, "p.text")],
)
def test_a_malformed_part_is_refused_by_its_path(given: JSON, place: str) -> None:
    with pytest.raises(InvalidMessageError) as caught:
        plain_part(given, "p")
    assert caught.value.param == place


def test_a_bare_text_is_a_part_too() -> None:
    assert plain_part("Hi", "p") == {"type": "text", "text": "Hi"}
    assert plain_part({"type": "video"}, "p") == {"type": "video"}


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ("add", "c"),
        ({"id": "1"}, "c"),
        ({"function": {}}, "c.function.name"),
        ({"function": {"name": 1}}, "c.function.name"),
    ],
)
def test_a_call_of_nothing_is_refused(given: JSON, place: str) -> None:
    with pytest.raises(InvalidMessageError) as caught:
        plain_call(given, "c")
    assert caught.value.param == place


def test_a_call_is_given_with_its_function() -> None:
    call = ChatCompletionMessageToolCall(id="1", function=Function(name="add"))
    assert plain_call(call, "c")[1] == {"name": "add", "arguments": ""}


@pytest.mark.parametrize("given", ["add", {"type": "function"}, {"function": {"name": 1}}])
def test_a_tool_without_a_name_is_refused(given: JSON) -> None:
    with pytest.raises(InvalidMessageError):
        plain_tool(given, "tools[0]")


def test_a_tool_of_another_type_needs_no_function() -> None:
    assert plain_tool({"type": "custom", "custom": {}}, "t") == {"type": "custom", "custom": {}}
    assert plain_tool({"function": {"name": "add"}}, "t") == {"function": {"name": "add"}}


@pytest.mark.parametrize(
    ("message", "thought"),
    [
        ({}, ""),
        ({"reasoning": "a"}, "a"),
        ({"reasoning": {"content": "b"}}, "b"),
        ({"reasoning": {"content": None}}, ""),
        ({"reasoning_content": "c"}, "c"),
    ],
)
def test_thoughts_are_found_in_either_field(message: JSON, thought: str) -> None:
    assert thought_of(message) == thought


@pytest.mark.parametrize(
    ("arguments", "parsed"),
    [("", {}), (" ", {}), (None, {}), ("null", {}), ('{"a": 1}', {"a": 1}), ({"a": 1}, {"a": 1})],
)
def test_arguments_are_an_object(arguments: JSON, parsed: JSON) -> None:
    assert parse_arguments(arguments, "a") == parsed


@pytest.mark.parametrize("arguments", ["{", "[1]", 1])
def test_arguments_that_are_no_object_are_refused(arguments: JSON) -> None:
    with pytest.raises(InvalidMessageError, match="a: "):
        parse_arguments(arguments, "a")


@pytest.mark.parametrize(
    ("arguments", "text"), [("", "{}"), (None, "{}"), ("null", "null"), ({"a": 1}, '{"a":1}'), ('{"a": 1}', '{"a": 1}')]
)
def test_arguments_are_json_text(arguments: JSON, text: str) -> None:
    assert dump_arguments(arguments) == text


@pytest.mark.parametrize(
    ("choice", "read"),
    [
        (None, None),
        ("auto", ToolChoice("auto")),
        ("REQUIRED", ToolChoice("required")),
        ("any", ToolChoice("required")),
        ({"type": "none"}, ToolChoice("none")),
        ({"type": "function", "function": {"name": "add"}}, ToolChoice("required", ("add",))),
        (
            {"type": "allowed_tools", "allowed_tools": {"tools": [{"function": {"name": "add"}}, {"name": "sub"}]}},
            ToolChoice("auto", ("add", "sub")),
        ),
        (
            {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": []}},
            ToolChoice("required", ()),
        ),
    ],
)
def test_a_choice_of_tools_is_a_mode_and_names(choice: JSON, read: ToolChoice | None) -> None:
    assert read_tool_choice(choice) == read


@pytest.mark.parametrize("choice", ["perhaps", 1, {"type": "function"}, {"type": "function", "function": {}}])
def test_an_unknown_choice_of_tools_is_refused(choice: JSON) -> None:
    with pytest.raises(InvalidMessageError, match="tool_choice"):
        read_tool_choice(choice)


@pytest.mark.parametrize(
    ("tool", "name"), [({"name": "a"}, "a"), ({"function": {"name": "b"}}, "b"), ({"function": 1}, ""), (1, "")]
)
def test_a_tool_of_either_shape_has_a_name(tool: JSON, name: str) -> None:
    assert name_of_tool(tool) == name


def test_the_schema_of_a_format_is_found() -> None:
    schema = {"type": "object"}
    assert schema_of_format({"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}) == schema
    assert schema_of_format({"type": "json_schema", "schema": schema}) == schema


@pytest.mark.parametrize("wanted", [{}, {"json_schema": 1}, {"json_schema": {"schema": "x"}}])
def test_a_format_without_a_schema_is_refused(wanted: JSON) -> None:
    with pytest.raises(InvalidMessageError, match="response_format"):
        schema_of_format(wanted)
