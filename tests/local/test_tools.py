"""Tool calls by a schema: what the model must write, and how that is read."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from any_llm.local.tools import CallReader, Tools, ask_for_calls, check_tools
from any_llm.types.json import JSON, JSONObject


def tool(name: str, **properties: JSON) -> JSONObject:
    return {"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": properties}}}


HI: list[JSONObject] = [{"role": "user", "content": "Hi"}]
RESULT: list[JSONObject] = [*HI, {"role": "tool", "tool_call_id": "c1", "content": "2"}]
TWO = [tool("add"), tool("sub")]


def names(tools: Tools) -> list[str]:
    return [offered["function"]["name"] for offered in tools.offered]


def branches(tools: Tools, **body: JSON) -> list[JSONObject]:
    asked: JSONObject = {"messages": HI, **body}
    assert ask_for_calls(asked, tools)
    found: list[JSONObject] = asked["response_format"]["json_schema"]["schema"]["anyOf"]
    return found


@pytest.mark.parametrize(
    ("choice", "messages", "offered", "required"),
    [
        (None, HI, ["add", "sub"], False),
        ("auto", HI, ["add", "sub"], False),
        ("required", HI, ["add", "sub"], True),
        ("none", HI, [], False),
        ({"type": "function", "function": {"name": "sub"}}, HI, ["sub"], True),
        ("auto", RESULT, [], False),
        ("required", RESULT, ["add", "sub"], True),
    ],
)
def test_choice_decides_what_is_offered(
    choice: JSON, messages: list[JSONObject], offered: list[str], required: bool
) -> None:
    tools = check_tools({"tools": TWO, "tool_choice": choice}, messages)
    assert (names(tools), tools.required) == (offered, required)


def test_answer_must_be_a_call_or_a_reply() -> None:
    call, reply = branches(check_tools({"tools": [tool("add", a={"type": "number"})]}, HI))
    assert call["properties"]["tool"] == {"const": "add"}
    assert call["properties"]["arguments"]["properties"] == {"a": {"type": "number"}}
    assert reply["properties"] == {"reply": {"type": "string"}}


def test_required_leaves_no_reply() -> None:
    assert len(branches(check_tools({"tools": TWO, "tool_choice": "required"}, HI))) == 2


def test_result_of_a_tool_is_followed_by_a_reply() -> None:
    (reply,) = branches(check_tools({"tools": TWO}, RESULT))
    assert list(reply["properties"]) == ["reply"]


def test_reply_keeps_to_the_format_that_was_asked_for() -> None:
    schema = {"type": "object", "properties": {"b": {"$ref": "#/$defs/B"}}, "$defs": {"B": {"type": "string"}}}
    chosen = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    *_, reply = branches(check_tools({"tools": TWO}, HI), response_format=chosen)
    assert reply["properties"]["reply"]["properties"]["b"] == {"$ref": "#/anyOf/2/properties/reply/$defs/B"}
    *_, reply = branches(check_tools({"tools": TWO}, HI), response_format={"type": "json_object"})
    assert reply["properties"]["reply"] == {"type": "object"}


def test_references_of_a_tool_are_lifted_through_lists() -> None:
    nested = tool("add", a={"anyOf": [{"$ref": "#/$defs/A"}, {"$ref": "other.json"}]})
    call, _ = branches(check_tools({"tools": [nested]}, HI))
    assert call["properties"]["arguments"]["properties"]["a"]["anyOf"] == [
        {"$ref": "#/anyOf/0/properties/arguments/$defs/A"},
        {"$ref": "other.json"},
    ]


@pytest.mark.parametrize("first", [[], [{"role": "system", "content": "Be brief."}]])
def test_tools_are_told_in_the_system_message(first: list[JSONObject]) -> None:
    body: JSONObject = {"messages": [*first, *HI]}
    ask_for_calls(body, check_tools({"tools": [tool("add")]}, HI))
    system = body["messages"][0]
    assert system["role"] == "system"
    assert system["content"].startswith("Be brief." if first else "You can call these tools")
    assert '"name":"add"' in system["content"]
    assert len(body["messages"]) == 2


def test_nothing_is_asked_where_there_are_no_tools() -> None:
    body: JSONObject = {"messages": HI}
    assert not ask_for_calls(body, check_tools({}, HI))
    assert body == {"messages": HI}


def read(pieces: list[str]) -> tuple[CallReader, str, str, str]:
    """Read pieces, and return the content, and the call's name and arguments."""
    reader, content, name, arguments = CallReader(), "", "", ""
    for piece in pieces:
        for delta in reader.feed(piece):
            content += delta.get("content", "")
            for call in delta.get("tool_calls", ()):
                name += call["function"].get("name", "")
                arguments += call["function"]["arguments"]
    return reader, content, name, arguments


@st.composite
def split(draw: st.DrawFn, text: str) -> list[str]:
    """Any pieces that a text can come in."""
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=12)))
    return [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]


REPLIES = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(st.data(), REPLIES, st.booleans(), st.sampled_from([None, 2]))
def test_reply_is_read_the_same_in_any_pieces(data: st.DataObject, reply: str, ascii_only: bool, indent: int) -> None:
    text = json.dumps({"reply": reply}, ensure_ascii=ascii_only, indent=indent)
    reader, content, _, _ = read(data.draw(split(text)))
    assert (content, reader.called) == (reply, False)


VALUES = st.recursive(
    st.integers() | st.text('ab"}\\{', max_size=5), lambda inner: st.dictionaries(REPLIES, inner, max_size=3)
)


@given(st.data(), st.text('ab"_', min_size=1, max_size=5), st.dictionaries(REPLIES, VALUES, max_size=3))
def test_call_is_read_the_same_in_any_pieces(data: st.DataObject, name: str, arguments: JSONObject) -> None:
    text = json.dumps({"tool": name, "arguments": arguments}, indent=data.draw(st.sampled_from([None, 2])))
    reader, content, called, written = read(data.draw(split(text)))
    assert (content, called, json.loads(written)) == ("", name, arguments)
    assert reader.called


@given(st.data(), st.dictionaries(REPLIES, VALUES, max_size=3))
def test_reply_of_another_form_is_told_as_its_json(data: st.DataObject, reply: JSONObject) -> None:
    _, content, _, _ = read(data.draw(split(json.dumps({"reply": reply}))))
    assert json.loads(content) == reply


def test_half_of_a_pair_of_escapes_does_not_stop_the_text() -> None:
    assert read(['{"reply": "a\\ud83d', 'b\\udc00c"}'])[1] == "a\ufffdb\ufffdc"
