"""Whole answers of Converse as chat completions."""

from __future__ import annotations

import pytest

from any_llm.dialects.bedrock import COMPLETION
from any_llm.exceptions import InvalidRequestError, MalformedResponseError, ProviderError
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSONObject
from tests.dialects.bedrock.calls import HELLO, MODEL, decode, respond, target, turns, whole

CALL = {"toolUse": {"toolUseId": "c1", "name": "look", "input": {"a": 1}, "type": "tool_use"}}
FORM = {"toolUse": {"toolUseId": "f", "name": "any_llm_structured_output", "input": {"a": 1}}}
SERVED = {"toolUse": {"toolUseId": "s", "name": "run", "input": {}, "type": "server_tool_use"}}


def test_a_text_is_the_content() -> None:
    completion = decode({"text": "Paris"})
    assert completion.model_dump(exclude_none=True) == {
        "id": "r-1",
        "choices": [{"finish_reason": "stop", "index": 0, "message": {"role": "assistant", "content": "Paris"}}],
        "created": 0,
        "model": MODEL,
        "object": "chat.completion",
        "usage": {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8},
        "metrics": {"latencyMs": 7},
    }


def test_what_an_answer_says_of_itself_is_kept() -> None:
    facts = {
        "trace": {"guardrail": {"actionReason": "No action."}},
        "performanceConfig": {"latency": "optimized"},
        "additionalModelResponseFields": {"stop_sequence": "x"},
    }
    completion = decode({"text": "x"}, **facts, serviceTier={"type": "flex"})
    assert completion.model_extra == {**facts, "metrics": {"latencyMs": 7}}
    assert completion.service_tier == "flex"


def test_a_call_is_the_callers_to_answer() -> None:
    choice = decode({"text": "I look."}, CALL, stopReason="tool_use").choices[0]
    (call,) = choice.message.tool_calls
    assert (call.id, call.function.name, call.function.arguments) == ("c1", "look", '{"a":1}')
    assert choice.finish_reason == "tool_calls"
    assert choice.message.extra_content is None


def test_a_call_that_the_vendor_answers_is_kept_for_the_next_turn() -> None:
    choice = decode(SERVED, {"text": "42"}, stopReason="tool_use").choices[0]
    assert choice.message.tool_calls is None
    assert choice.finish_reason == "stop"
    assert choice.message.extra_content == {"bedrock": {"content": [SERVED, {"text": "42"}]}}


def test_an_answer_by_the_tool_that_holds_the_form_is_the_content() -> None:
    choice = decode(FORM, stopReason="tool_use").choices[0]
    assert (choice.message.content, choice.message.tool_calls) == ('{"a":1}', None)
    assert choice.finish_reason == "stop"
    assert turns(HELLO, choice.message)[1]["content"] == [{"text": '{"a":1}'}]


def test_thoughts_are_kept_with_their_signatures() -> None:
    signed = {"reasoningContent": {"reasoningText": {"text": "Hm. ", "signature": "s1"}}}
    unsigned = {"reasoningContent": {"reasoningText": {"text": "Ah."}}}
    hidden = {"reasoningContent": {"redactedContent": "c2VjcmV0"}}
    message = decode(signed, unsigned, hidden, {"text": "Yes."}).choices[0].message
    assert message.reasoning == "Hm. Ah."
    assert message.extra_content == {"bedrock": {"reasoning_blocks": [signed, hidden], "signature": "s1"}}


def test_unsigned_thoughts_are_not_kept_among_the_blocks() -> None:
    unsigned = {"reasoningContent": {"reasoningText": {"text": "Ah."}}}
    message = decode({"text": "a"}, unsigned, {"text": "b"}).choices[0].message
    assert message.extra_content == {"bedrock": {"content": [{"text": "a"}, {"text": "b"}]}}


def test_citations_are_annotations() -> None:
    page = {"title": "policy", "location": {"documentPage": {"documentIndex": 0, "start": 1, "end": 2}}}
    web = {"title": "Site", "location": {"web": {"url": "https://example.com/a"}}}
    cited = {"citationsContent": {"content": [{"text": "20 "}, {"text": "days"}], "citations": [page, web]}}
    message = decode({"text": "It is "}, cited, {"text": "."}, {"citationsContent": {}}).choices[0].message
    assert message.content == "It is 20 days."
    place = {"start_index": 6, "end_index": 13}
    assert message.annotations == [
        {"type": "citation", "citation": {**page, **place}},
        {"type": "url_citation", "url_citation": {"url": "https://example.com/a", "title": "Site", **place}},
    ]


@pytest.mark.parametrize(
    ("reason", "finish", "kept"),
    [
        ("end_turn", "stop", None),
        ("stop_sequence", "stop", "stop_sequence"),
        ("max_tokens", "length", None),
        ("model_context_window_exceeded", "length", "model_context_window_exceeded"),
        ("guardrail_intervened", "content_filter", "guardrail_intervened"),
        ("content_filtered", "content_filter", "content_filtered"),
        ("malformed_tool_use", "malformed_tool_use", "malformed_tool_use"),
        (None, None, None),
    ],
)
def test_a_reason_to_stop_has_its_word(reason: str | None, finish: str | None, kept: str | None) -> None:
    choice = decode({"text": "x"}, stopReason=reason).choices[0]
    assert choice.finish_reason == finish
    assert (choice.message.extra_content or {}).get("bedrock", {}).get("stop_reason") == kept


def test_the_whole_input_counts_as_prompt() -> None:
    usage = {
        "inputTokens": 10,
        "outputTokens": 5,
        "cacheReadInputTokens": 100,
        "cacheWriteInputTokens": 20,
        "cacheDetails": [{"ttl": "5m", "inputTokens": 20}],
        "serverToolUsage": {},
    }
    counted = decode({"text": "x"}, usage=usage).usage
    assert (counted.prompt_tokens, counted.completion_tokens, counted.total_tokens) == (130, 5, 135)
    assert counted.prompt_tokens_details.cached_tokens == 100
    assert counted.prompt_tokens_details.cache_write_tokens == 20
    assert counted.model_extra == {"cacheDetails": [{"ttl": "5m", "inputTokens": 20}]}


def test_an_answer_without_counts_or_blocks_is_an_answer() -> None:
    completion = COMPLETION.decode(target(), respond({"output": {}, "usage": None}))
    assert completion.usage is None
    assert completion.id == ""
    assert completion.choices[0].message.content is None


@pytest.mark.parametrize("body", [b"<html>", b"", b"[]", b'"x"', b"{}", b'{"output": null}', b'{"Output": 7}'])
def test_what_is_no_answer_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedResponseError) as caught:
        COMPLETION.decode(target(), HttpResponse(200, {}, body))
    assert caught.value.response_excerpt == body.decode()


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"Output": {"__type": "com.amazon.coral#UnknownOperationException"}, "Version": "1.0"}, InvalidRequestError),
        ({"__type": "InternalServerException", "message": "broke"}, ProviderError),
    ],
)  # fmt: skip
def test_an_error_in_a_success_is_an_error(body: JSONObject, error: type[Exception]) -> None:
    with pytest.raises(error):
        COMPLETION.decode(target(), respond(body))


@pytest.mark.parametrize(
    "body",
    [
        {"output": {"message": {"content": [7, {"text": None}, {"toolUse": {}}, {"reasoningContent": None}]}}},
        {"output": {"message": {"content": {}}}, "stopReason": 7, "usage": {"inputTokens": "3"}},
        {"output": {"message": {"content": [{"citationsContent": {"content": 7, "citations": 7}}]}}},
    ],
)
def test_odd_members_do_not_lose_the_answer(body: JSONObject) -> None:
    completion = COMPLETION.decode(target(), respond(body))
    assert completion.choices[0].message.role == "assistant"
    assert completion.choices[0].message.tool_calls is None


def test_a_body_of_an_answer_has_its_blocks() -> None:
    assert whole({"text": "x"})["output"]["message"]["content"] == [{"text": "x"}]
