from __future__ import annotations

import copy

import pytest

from any_llm.exceptions import InvalidMessageError
from any_llm.types.completion import ChatCompletionMessage, ChatCompletionMessageToolCall, Function, Reasoning
from any_llm.types.json import JSON, JSONObject
from tests.dialects.anthropic.calls import HELLO, body_of, encode, turns, warned

MARK = {"type": "ephemeral"}
CALL = {"id": "toolu_1", "type": "function", "function": {"name": "look", "arguments": '{"city": "Paris"}'}}
USED = {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {"city": "Paris"}}
THOUGHT = {"type": "thinking", "thinking": "Hm.", "signature": "EqQ+/="}
HIDDEN = {"type": "redacted_thinking", "data": "b2Jz"}


def answer(message: JSONObject) -> JSON:
    """Return the content of the turn that an assistant's message becomes."""
    return turns(HELLO, {"role": "assistant", **message})[1]["content"]


def test_plain_messages_stay_plain() -> None:
    messages = [HELLO, {"role": "assistant", "content": "Hi"}, {"role": "user", "content": "Bye"}]
    assert turns(*messages) == messages


def test_one_system_message_becomes_the_system_prompt() -> None:
    assert body_of(encode(messages=[{"role": "system", "content": "Be brief"}, HELLO]))["system"] == "Be brief"


def test_system_and_developer_messages_become_blocks_that_keep_their_markers() -> None:
    encoded = encode(
        messages=[
            {
                "role": "system",
                "content": [{"type": "text", "text": "A", "cache_control": MARK}, {"type": "text", "text": "B"}],
            },
            {"role": "developer", "content": "C", "cache_control": MARK},
            HELLO,
        ]
    )
    assert body_of(encoded)["system"] == [
        {"type": "text", "text": "A", "cache_control": MARK},
        {"type": "text", "text": "B"},
        {"type": "text", "text": "C", "cache_control": MARK},
    ]
    assert encoded.warnings == ()


def test_a_system_message_further_down_moves_up_with_a_warning() -> None:
    encoded = encode(messages=[HELLO, {"role": "system", "content": "Be brief"}])
    assert body_of(encoded)["system"] == "Be brief"
    assert warned(encoded) == [("approximated", "messages[1]")]


def test_a_system_parameter_stands_before_system_messages() -> None:
    body = body_of(encode(messages=[{"role": "system", "content": "B"}, HELLO], system="A"))
    assert body["system"] == [{"type": "text", "text": "A"}, {"type": "text", "text": "B"}]
    block = {"type": "text", "text": "A", "cache_control": MARK}
    assert body_of(encode(system=[block]))["system"] == [block]


def test_text_beside_tool_calls_is_kept() -> None:
    assert answer({"content": "I look.", "tool_calls": [CALL]}) == [{"type": "text", "text": "I look."}, USED]


@pytest.mark.parametrize("arguments", ["", "  ", "{}", {}, None])
def test_no_arguments_mean_an_empty_input(arguments: JSON) -> None:
    call = {**CALL, "function": {"name": "now", "arguments": arguments}}
    assert answer({"content": None, "tool_calls": [call]}) == [
        {"type": "tool_use", "id": "toolu_1", "name": "now", "input": {}}
    ]


def test_results_of_tools_become_one_turn_of_the_user_with_what_he_adds() -> None:
    sent = turns(
        HELLO,
        {"role": "assistant", "tool_calls": [CALL, {**CALL, "id": "toolu_2"}]},
        {"role": "tool", "tool_call_id": "toolu_1", "content": "Sunny"},
        {
            "role": "tool",
            "tool_call_id": "toolu_2",
            "content": [{"type": "image_url", "image_url": {"url": "https://a.example/b.png"}}],
            "is_error": True,
            "cache_control": MARK,
        },
        {"role": "user", "content": "And now?"},
    )
    assert sent[2:] == [
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "toolu_1", "content": "Sunny"},
                {
                    "type": "tool_result",
                    "tool_use_id": "toolu_2",
                    "content": [{"type": "image", "source": {"type": "url", "url": "https://a.example/b.png"}}],
                    "is_error": True,
                    "cache_control": MARK,
                },
                {"type": "text", "text": "And now?"},
            ],
        }
    ]


def test_a_tool_may_return_nothing() -> None:
    sent = turns(
        HELLO, {"role": "assistant", "tool_calls": [CALL]}, {"role": "tool", "tool_call_id": "t", "content": ""}
    )
    assert sent[2]["content"] == [{"type": "tool_result", "tool_use_id": "t"}]


def test_markers_on_parts_calls_and_messages_are_kept() -> None:
    sent = turns(
        {
            "role": "user",
            "content": [{"type": "text", "text": "A", "cache_control": MARK}, {"type": "text", "text": "B"}],
        },
        {"role": "assistant", "content": "C", "cache_control": MARK},
        {"role": "user", "content": "D"},
        {"role": "assistant", "tool_calls": [{**CALL, "cache_control": MARK}]},
    )
    assert sent[0]["content"] == [{"type": "text", "text": "A", "cache_control": MARK}, {"type": "text", "text": "B"}]
    assert sent[1]["content"] == [{"type": "text", "text": "C", "cache_control": MARK}]
    assert sent[3]["content"] == [{**USED, "cache_control": MARK}]


def test_thinking_is_sent_back_first_as_the_exact_blocks() -> None:
    extra = {"anthropic": {"signature": "EqQ+/=", "thinking_blocks": [THOUGHT, HIDDEN]}}
    content = answer({"content": "I look.", "tool_calls": [CALL], "extra_content": extra, "reasoning": "Hm."})
    assert content == [THOUGHT, HIDDEN, {"type": "text", "text": "I look."}, USED]


def test_thinking_is_made_again_from_its_text_and_signature() -> None:
    extra = {"anthropic": {"signature": "EqQ+/="}}
    for said in ({"reasoning": "Hm."}, {"reasoning": {"content": "Hm."}}, {"reasoning_content": "Hm."}):
        assert answer({"content": "A", "extra_content": extra, **said}) == [THOUGHT, {"type": "text", "text": "A"}]
    assert answer({"content": "A", "extra_content": extra})[0] == {**THOUGHT, "thinking": ""}


@pytest.mark.parametrize("extra", [None, {}, {"google": {"finish_reason": "STOP"}}, {"anthropic": "odd"}])
def test_thinking_without_a_signature_of_this_vendor_is_dropped_with_a_warning(extra: JSON) -> None:
    message = {"role": "assistant", "content": "A", "reasoning": "Hm.", "extra_content": extra}
    encoded = encode(messages=[HELLO, message])
    assert body_of(encoded)["messages"][1]["content"] == "A"
    assert warned(encoded) == [("dropped", "messages[1].reasoning")]


def test_all_blocks_are_sent_back_where_the_answer_kept_them() -> None:
    blocks = [
        {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}},
        {"type": "web_search_tool_result", "tool_use_id": "s", "content": []},
        {"type": "text", "text": "Sunny", "citations": [{"type": "web_search_result_location", "url": "u"}]},
        USED,
    ]
    extra = {"anthropic": {"content": blocks}}
    assert answer({"content": "Sunny", "tool_calls": [CALL], "extra_content": extra}) == blocks
    assert answer({"content": "Changed", "tool_calls": [CALL], "extra_content": extra}) == [
        {"type": "text", "text": "Changed"},
        USED,
    ]
    assert answer({"content": "Sunny", "extra_content": extra}) == "Sunny"


def test_message_objects_are_taken_as_they_come_from_an_answer() -> None:
    message = ChatCompletionMessage(
        content="I look.",
        tool_calls=[
            ChatCompletionMessageToolCall(id="toolu_1", function=Function(name="look", arguments='{"city": "Paris"}'))
        ],
        reasoning=Reasoning("Hm."),
        annotations=[{"type": "url_citation"}],
        extra_content={"anthropic": {"signature": "EqQ+/=", "thinking_blocks": [THOUGHT]}},
    )
    encoded = encode(messages=[HELLO, message])
    assert body_of(encoded)["messages"][1]["content"] == [THOUGHT, {"type": "text", "text": "I look."}, USED]
    assert encoded.warnings == ()
    assert answer({"tool_calls": message.tool_calls}) == [USED]


def test_a_refusal_is_sent_back_as_text() -> None:
    assert answer({"content": None, "refusal": "No."}) == "No."


def test_a_message_without_content_is_left_out_with_a_warning() -> None:
    encoded = encode(messages=[HELLO, {"role": "assistant", "content": ""}, {"role": "user", "content": "?"}])
    assert body_of(encoded)["messages"] == [HELLO, {"role": "user", "content": "?"}]
    assert warned(encoded) == [("dropped", "messages[1]")]


def test_fields_that_the_api_does_not_have_are_named_in_warnings() -> None:
    encoded = encode(messages=[{**HELLO, "name": "ada", "weight": None}])
    assert warned(encoded) == [("dropped", "messages[0].name")]


def test_what_was_given_is_not_changed() -> None:
    messages = [
        {"role": "system", "content": "S", "cache_control": MARK},
        HELLO,
        {"role": "assistant", "content": "A", "tool_calls": [CALL], "cache_control": MARK},
        {"role": "tool", "tool_call_id": "toolu_1", "content": "Sunny"},
        {"role": "user", "content": "?"},
    ]
    before = copy.deepcopy(messages)
    encode(messages=messages)
    assert messages == before


@pytest.mark.parametrize(
    ("message", "path"),
    [
        ("Hello", "messages[1]"),
        ({"content": "no role"}, "messages[1].role"),
        ({"role": "function", "name": "f", "content": "x"}, "messages[1].role"),
        ({"role": ["user"], "content": "x"}, "messages[1].role"),
        ({"role": "user", "content": 7}, "messages[1].content"),
        ({"role": "user", "content": [7]}, "messages[1].content[0]"),
        ({"role": "tool", "content": "x"}, "messages[1].tool_call_id"),
        ({"role": "assistant", "tool_calls": ["x"]}, "messages[1].tool_calls[0]"),
        ({"role": "assistant", "tool_calls": [{"id": "t"}]}, "messages[1].tool_calls[0]"),
        ({"role": "assistant", "tool_calls": [{**CALL, "id": ""}]}, "messages[1].tool_calls[0].id"),
        (
            {"role": "assistant", "tool_calls": [{**CALL, "function": {"arguments": "{}"}}]},
            "messages[1].tool_calls[0].function.name",
        ),
        (
            {"role": "assistant", "tool_calls": [{**CALL, "function": {"name": "f", "arguments": '{"a"'}}]},
            "messages[1].tool_calls[0].function.arguments",
        ),
        (
            {"role": "assistant", "tool_calls": [{**CALL, "function": {"name": "f", "arguments": "[1]"}}]},
            "messages[1].tool_calls[0].function.arguments",
        ),
    ],
)
def test_a_malformed_message_is_named_by_its_path(message: JSON, path: str) -> None:
    with pytest.raises(InvalidMessageError) as caught:
        turns(HELLO, message)
    assert caught.value.param == path
    assert caught.value.message.startswith(f"{path}: ")
