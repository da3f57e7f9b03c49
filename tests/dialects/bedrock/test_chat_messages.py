"""The messages of a chat as the turns of Converse."""

from __future__ import annotations

import base64
from collections import UserDict

import pytest

from any_llm.exceptions import InvalidMessageError
from any_llm.types.completion import ChatCompletionMessage
from any_llm.types.json import JSON, JSONObject
from tests.dialects.bedrock.calls import HELLO, body, body_of, decode, encode, turns, warned

MARK = {"type": "ephemeral"}
POINT = {"cachePoint": {"type": "default"}}


def call(**more: JSON) -> JSONObject:
    return {"id": "c1", "type": "function", "function": {"name": "look", "arguments": '{"a":1}'}, **more}


def answer(**members: JSON) -> list[JSONObject]:
    """Return the blocks of an answer that is sent again."""
    sent: list[JSONObject] = turns(HELLO, {"role": "assistant", **members})[1]["content"]
    return sent


def test_system_and_developer_messages_are_the_system_prompt() -> None:
    sent = body(
        messages=[
            {"role": "system", "content": "Be brief."},
            {"role": "developer", "content": [{"type": "text", "text": "Be kind."}], "cache_control": MARK},
            HELLO,
        ]
    )
    assert sent["system"] == [{"text": "Be brief."}, {"text": "Be kind."}, POINT]


def test_a_late_system_message_is_moved() -> None:
    encoded = encode(messages=[HELLO, {"role": "system", "content": "Be brief."}])
    assert body_of(encoded)["system"] == [{"text": "Be brief."}]
    assert warned(encoded) == [("approximated", "messages[1]")]


def test_turns_alternate() -> None:
    sent = turns(
        HELLO,
        {"role": "user", "content": "Anyone?"},
        {"role": "assistant", "content": "I look."},
        {"role": "assistant", "tool_calls": [call(), call(id="c2")]},
        {"role": "tool", "tool_call_id": "c1", "content": "One"},
        {"role": "tool", "tool_call_id": "c2", "content": [{"type": "text", "text": "Two"}], "is_error": True},
        {"role": "user", "content": "And?"},
    )
    assert sent == [
        {"role": "user", "content": [{"text": "Hello"}, {"text": "Anyone?"}]},
        {
            "role": "assistant",
            "content": [
                {"text": "I look."},
                {"toolUse": {"toolUseId": "c1", "name": "look", "input": {"a": 1}}},
                {"toolUse": {"toolUseId": "c2", "name": "look", "input": {"a": 1}}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"toolResult": {"toolUseId": "c1", "content": [{"text": "One"}]}},
                {"toolResult": {"toolUseId": "c2", "content": [{"text": "Two"}], "status": "error"}},
                {"text": "And?"},
            ],
        },
    ]


def test_markers_become_cache_points() -> None:
    sent = turns(
        {"role": "user", "content": [{"type": "text", "text": "Long", "cache_control": MARK}, "Short"]},
        {"role": "assistant", "tool_calls": [call(cache_control={**MARK, "ttl": "5m"})]},
        {
            "role": "tool",
            "tool_call_id": "c1",
            "content": [{"type": "text", "text": "One", "cache_control": MARK}],
        },
        {"role": "user", "content": "And?", "cache_control": {**MARK, "ttl": "2h"}},
    )
    assert sent[0]["content"] == [{"text": "Long"}, POINT, {"text": "Short"}]
    assert sent[1]["content"][1] == {"cachePoint": {"type": "default", "ttl": "5m"}}
    result = {"toolResult": {"toolUseId": "c1", "content": [{"text": "One"}]}}
    assert sent[2]["content"] == [result, POINT, {"text": "And?"}, POINT]


def test_blocks_of_converses_own_are_sent_as_they_are() -> None:
    guarded = {"guardContent": {"text": {"text": "Tokyo", "qualifiers": ["query"]}}}
    (turn,) = turns({"role": "user", "content": [guarded, POINT, {"text": "x", "cache_control": MARK}]})
    assert turn["content"] == [guarded, POINT, {"text": "x"}, POINT]


def test_parts_of_other_libraries_are_read() -> None:
    (turn,) = turns({"role": "user", "content": [UserDict(type="text", text="x")]})
    assert turn["content"] == [{"text": "x"}]


def test_texts_that_say_nothing_are_left_out() -> None:
    silent = [{"type": "text", "text": "", "cache_control": MARK}]
    encoded = encode(messages=[HELLO, {"role": "assistant", "content": ""}, {"role": "user", "content": silent}])
    assert body_of(encoded)["messages"] == [{"role": "user", "content": [{"text": "Hello"}]}]
    assert warned(encoded) == [("dropped", "messages[1]"), ("dropped", "messages[2]")]


def test_a_refusal_is_what_was_said() -> None:
    assert answer(refusal="No.") == [{"text": "No."}]
    assert answer(content=[{"type": "refusal", "refusal": "No."}]) == [{"text": "No."}]


def test_fields_that_converse_has_not_are_named() -> None:
    encoded = encode(messages=[{**HELLO, "name": "Ann", "audio": None, "annotations": []}])
    assert warned(encoded) == [("dropped", "messages[0].name")]


@pytest.mark.parametrize(("arguments", "sent"), [("", {}), (None, {}), ({"a": 1}, {"a": 1}), ('{"a": 1}', {"a": 1})])
def test_arguments_are_an_object(arguments: JSON, sent: JSONObject) -> None:
    (block,) = answer(tool_calls=[call(function={"name": "look", "arguments": arguments})])
    assert block["toolUse"]["input"] == sent


def test_thoughts_go_back_as_they_came() -> None:
    thought = {"reasoningContent": {"reasoningText": {"text": "Hm.", "signature": "c2ln+/=="}}}
    hidden = {"reasoningContent": {"redactedContent": "c2VjcmV0"}}
    said = {"toolUse": {"toolUseId": "c1", "name": "look", "input": {}}}
    message = decode(thought, hidden, {"text": "I look."}, said, stopReason="tool_use").choices[0].message
    assert isinstance(message, ChatCompletionMessage)
    assert turns(HELLO, message)[1]["content"] == [thought, hidden, {"text": "I look."}, said]


def test_thoughts_that_claude_signed_elsewhere_are_translated() -> None:
    extra = {
        "anthropic": {
            "thinking_blocks": [
                {"type": "thinking", "thinking": "Hm.", "signature": "sig"},
                {"type": "redacted_thinking", "data": "Eu8E"},
            ]
        }
    }
    assert answer(content="Yes.", reasoning="Hm.", extra_content=extra) == [
        {"reasoningContent": {"reasoningText": {"text": "Hm.", "signature": "sig"}}},
        {"reasoningContent": {"redactedContent": base64.b64encode(b"Eu8E").decode()}},
        {"text": "Yes."},
    ]


@pytest.mark.parametrize("name", ["reasoning", "reasoning_content"])
def test_unsigned_thoughts_are_not_sent_back(name: str) -> None:
    encoded = encode(messages=[HELLO, {"role": "assistant", "content": "Yes.", name: "Hm."}])
    assert body_of(encoded)["messages"][1]["content"] == [{"text": "Yes."}]
    assert warned(encoded) == [("dropped", "messages[1].reasoning")]


CITED = {"citationsContent": {"content": [{"text": "20 days."}], "citations": [{"title": "policy"}]}}
SERVED: list[JSONObject] = [
    {"toolUse": {"toolUseId": "s1", "name": "run", "input": {"x": 1}, "type": "server_tool_use"}},
    {"toolResult": {"toolUseId": "s1", "content": [{"json": {"out": 2}}], "type": "run_result"}},
]


def test_blocks_that_text_does_not_tell_go_back_exactly() -> None:
    called: JSONObject = {"toolUse": {"toolUseId": "c1", "name": "look", "input": {}}}
    blocks: list[JSONObject] = [{"text": "It is "}, CITED, *SERVED, called]
    message = decode(*blocks, stopReason="tool_use").choices[0].message
    sent = turns(HELLO, message)
    assert sent[1]["content"] == blocks
    assert body(messages=[HELLO, message])["toolConfig"]["tools"][0]["toolSpec"]["name"] == "look"


def test_a_changed_answer_is_sent_as_it_was_changed() -> None:
    message = decode({"text": "It is "}, CITED).choices[0].message
    message.content = "It is 30 days."
    assert turns(HELLO, message)[1]["content"] == [{"text": "It is 30 days."}]


@pytest.mark.parametrize(
    ("message", "param"),
    [
        ("Hello", "messages[0]"),
        ({"role": "critic", "content": "x"}, "messages[0].role"),
        ({"role": ["user"], "content": "x"}, "messages[0].role"),
        ({"role": "user", "content": 7}, "messages[0].content"),
        ({"role": "user", "content": [7]}, "messages[0].content[0]"),
        ({"role": "user", "content": [{}]}, "messages[0].content[0].type"),
        ({"role": "user", "content": [{"type": "poem"}]}, "messages[0].content[0].type"),
        ({"role": "user", "content": [{"type": "text", "text": 7}]}, "messages[0].content[0].text"),
        ({"role": "system", "content": [{"type": "file", "file": {"file_data": "JVBERi0="}}]}, "messages[0].content"),
        ({"role": "tool", "content": "x"}, "messages[0].tool_call_id"),
        ({"role": "assistant", "tool_calls": ["x"]}, "messages[0].tool_calls[0]"),
        ({"role": "assistant", "tool_calls": [call(id="")]}, "messages[0].tool_calls[0].id"),
        (
            {"role": "assistant", "tool_calls": [call(function={"arguments": ""})]},
            "messages[0].tool_calls[0].function.name",
        ),
        (
            {"role": "assistant", "tool_calls": [call(function={"name": "f", "arguments": "{"})]},
            "messages[0].tool_calls[0].function.arguments",
        ),
        (
            {"role": "assistant", "tool_calls": [call(function={"name": "f", "arguments": "[]"})]},
            "messages[0].tool_calls[0].function.arguments",
        ),
    ],
)
def test_a_malformed_message_is_named_by_its_path(message: JSON, param: str) -> None:
    with pytest.raises(InvalidMessageError) as caught:
        encode(messages=[message])
    assert caught.value.param == param
