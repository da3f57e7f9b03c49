from __future__ import annotations

import msgspec
import pytest

from any_llm.dialects.anthropic import COMPLETION
from any_llm.exceptions import MalformedResponseError, OverloadedError
from any_llm.types.completion import ChatCompletion, Reasoning
from any_llm.types.json import JSON, JSONObject
from tests.dialects.anthropic.calls import HELLO, MODEL, body_of, encode, respond, target, whole

THOUGHT: JSONObject = {"type": "thinking", "thinking": "Hm.", "signature": "EqQ+/="}
HIDDEN: JSONObject = {"type": "redacted_thinking", "data": "b2Jz"}
TEXT: JSONObject = {"type": "text", "text": "I look."}
USED: JSONObject = {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {"city": "Paris"}}
SEARCHED: list[JSONObject] = [
    {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"query": "x"}, "caller": {"type": "direct"}},
    {"type": "web_search_tool_result", "tool_use_id": "s", "content": [{"type": "web_search_result", "url": "u"}]},
    {"type": "text", "text": "It is "},
    {
        "type": "text",
        "text": "sunny",
        "citations": [
            {"type": "web_search_result_location", "url": "https://a.example", "title": "A", "encrypted_index": "e=="},
            {"type": "char_location", "cited_text": "c", "document_index": 0},
        ],
    },
]


def decode(*blocks: JSONObject, **more: JSON) -> ChatCompletion:
    return COMPLETION.decode(target(), respond(whole(*blocks, **more)))


def resent(completion: ChatCompletion) -> JSON:
    """Return what the next request says of an answer, when the message went through JSON in between."""
    message = msgspec.json.decode(completion.choices[0].message.model_dump_json())
    return body_of(encode(messages=[HELLO, message]))["messages"][1]["content"]


def test_an_answer_has_openais_shape() -> None:
    completion = decode(TEXT)
    assert (completion.id, completion.model, completion.object) == ("msg_1", MODEL, "chat.completion")
    (choice,) = completion.choices
    assert (choice.index, choice.finish_reason) == (0, "stop")
    assert (choice.message.role, choice.message.content) == ("assistant", "I look.")
    assert choice.message.tool_calls is None
    assert choice.message.extra_content is None
    assert completion.usage is not None
    assert completion.usage.model_dump(exclude_none=True) == {
        "prompt_tokens": 3,
        "completion_tokens": 5,
        "total_tokens": 8,
    }


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("pause_turn", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("tool_use", "tool_calls"),
        ("refusal", "content_filter"),
        ("invented_later", "invented_later"),
        (None, None),
    ],
)
def test_reasons_to_stop_are_said_in_openais_words(reason: str | None, finish: str | None) -> None:
    assert decode(TEXT, stop_reason=reason).choices[0].finish_reason == finish


def test_text_thinking_and_calls_stand_side_by_side() -> None:
    message = decode(THOUGHT, HIDDEN, TEXT, USED, {**USED, "id": "toolu_2", "input": {}}).choices[0].message
    assert message.content == "I look."
    assert message.reasoning == Reasoning("Hm.")
    assert message.tool_calls is not None
    assert [(call.id, call.function.name, call.function.arguments) for call in message.tool_calls] == [
        ("toolu_1", "look", '{"city":"Paris"}'),
        ("toolu_2", "look", "{}"),
    ]
    assert message.extra_content == {"anthropic": {"signature": "EqQ+/=", "thinking_blocks": [THOUGHT, HIDDEN]}}


def test_thinking_whose_text_is_left_out_is_kept_for_the_next_turn() -> None:
    omitted = {**THOUGHT, "thinking": ""}
    completion = decode(omitted, TEXT)
    assert completion.choices[0].message.reasoning is None
    assert resent(completion) == [omitted, TEXT]


@pytest.mark.parametrize(
    "blocks",
    [
        [TEXT],
        [THOUGHT, TEXT],
        [THOUGHT, HIDDEN, USED],
        [HIDDEN, TEXT, USED],
        [TEXT, THOUGHT, USED],
        [TEXT, TEXT],
        [USED, TEXT],
        [THOUGHT, USED, THOUGHT],
        SEARCHED,
        [*SEARCHED, USED],
        [{"type": "invented_later", "x": {"y": None}}, TEXT],
        [{**USED, "caller": {"type": "code_execution_20250825", "tool_id": "s"}}],
    ],
)
def test_the_next_turn_sends_back_the_exact_blocks(blocks: list[JSONObject]) -> None:
    content = resent(decode(*blocks))
    assert ([{"type": "text", "text": content}] if isinstance(content, str) else content) == blocks


def test_a_call_that_the_model_made_itself_needs_no_caller() -> None:
    completion = decode({**USED, "caller": {"type": "direct"}})
    assert completion.choices[0].message.extra_content is None
    assert resent(completion) == [USED]


def test_citations_become_annotations_of_the_text_they_support() -> None:
    message = decode(*SEARCHED).choices[0].message
    assert message.content == "It is sunny"
    assert message.annotations == [
        {
            "type": "url_citation",
            "url_citation": {"url": "https://a.example", "title": "A", "start_index": 6, "end_index": 11},
        },
        {
            "type": "char_location",
            "char_location": {
                "type": "char_location",
                "cited_text": "c",
                "document_index": 0,
                "start_index": 6,
                "end_index": 11,
            },
        },
    ]


def test_what_openais_words_do_not_say_stands_in_extra_content() -> None:
    facts = {"stop_sequence": "END", "container": {"id": "c"}, "context_management": {"applied_edits": []}}
    message = decode(TEXT, stop_reason="stop_sequence", **facts).choices[0].message
    assert message.extra_content == {"anthropic": {"stop_reason": "stop_sequence", **facts}}


def test_a_refusal_is_explained() -> None:
    details = {"type": "refusal", "category": "cyber", "explanation": "Blocked."}
    message = decode(stop_reason="refusal", stop_details=details).choices[0].message
    assert (message.content, message.refusal) == (None, "Blocked.")
    assert decode(stop_reason="refusal", stop_details={"explanation": None}).choices[0].message.refusal is None


def test_every_input_token_counts_as_prompt() -> None:
    usage = {
        "input_tokens": 3,
        "output_tokens": 50,
        "cache_read_input_tokens": 100,
        "cache_creation_input_tokens": 20,
        "cache_creation": {"ephemeral_5m_input_tokens": 20, "ephemeral_1h_input_tokens": 0},
        "output_tokens_details": {"thinking_tokens": 40},
        "server_tool_use": {"web_search_requests": 1},
        "service_tier": "standard",
    }
    completion = decode(TEXT, usage=usage)
    assert completion.service_tier == "standard"
    assert completion.usage is not None
    assert completion.usage.model_dump(exclude_none=True) == {
        "prompt_tokens": 123,
        "completion_tokens": 50,
        "total_tokens": 173,
        "prompt_tokens_details": {
            "cached_tokens": 100,
            "cache_write_tokens": 20,
            "cache_creation_token_details": {"ephemeral_5m_input_tokens": 20, "ephemeral_1h_input_tokens": 0},
        },
        "completion_tokens_details": {"reasoning_tokens": 40},
        "cache_creation": {"ephemeral_5m_input_tokens": 20, "ephemeral_1h_input_tokens": 0},
        "server_tool_use": {"web_fetch_requests": 0, "web_search_requests": 1},
    }


def test_tokens_written_to_the_cache_are_counted_by_lifetime_where_only_that_is_said() -> None:
    usage = {"input_tokens": 1, "cache_creation": {"ephemeral_5m_input_tokens": 2, "ephemeral_1h_input_tokens": 3}}
    counted = decode(TEXT, usage=usage).usage
    assert counted is not None
    assert counted.prompt_tokens_details is not None
    assert (counted.prompt_tokens, counted.prompt_tokens_details.cache_write_tokens) == (6, 5)


def test_deviations_do_not_lose_the_answer() -> None:
    completion = decode(TEXT, usage={"input_tokens": 3.0, "output_tokens": "5"}, stop_sequence=7)
    assert completion.choices[0].message.content == "I look."


def test_a_success_that_is_none_is_an_error() -> None:
    with pytest.raises(OverloadedError):
        COMPLETION.decode(target(), respond({"type": "error", "error": {"type": "overloaded_error", "message": "?"}}))
    with pytest.raises(MalformedResponseError):
        COMPLETION.decode(target(), respond({"choices": []}))
