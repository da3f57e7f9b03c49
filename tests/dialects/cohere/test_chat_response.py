"""Whole answers of Cohere's Chat API."""

from __future__ import annotations

import msgspec
import pytest

from any_llm.dialects.cohere import COMPLETION
from any_llm.exceptions import MalformedResponseError, ProviderError
from any_llm.types.json import JSON
from tests.dialects.cohere.calls import CALL, MODEL, USAGE, respond, target, whole

TEXT = [{"type": "text", "text": "Hello"}]


def test_a_text_is_the_content() -> None:
    completion = whole({"content": TEXT}, trace="t")
    message = completion.choices[0].message
    assert (completion.id, completion.model, message.content) == ("1", MODEL, "Hello")
    assert (message.tool_calls, message.reasoning, message.annotations, message.extra_content) == (None,) * 4
    assert completion.model_extra == {"trace": "t"}


def test_several_blocks_are_one_text_and_thoughts_are_apart() -> None:
    blocks = [{"type": "thinking", "thinking": "Hm"}, *TEXT, *TEXT]
    message = whole({"content": blocks}).choices[0].message
    assert (message.content, message.reasoning) == ("HelloHello", "Hm")


@pytest.mark.parametrize(("content", "read"), [("Hi", "Hi"), (None, None), ([], None)])
def test_a_content_may_be_a_text_or_missing(content: JSON, read: str | None) -> None:
    assert whole({"content": content}).choices[0].message.content == read


def test_a_plan_is_content_that_is_kept_apart_too() -> None:
    message = whole({"tool_plan": "Plan.", "tool_calls": [CALL]}, finish_reason="TOOL_CALL").choices[0].message
    assert message.content == "Plan."
    assert message.extra_content == {"cohere": {"tool_plan": "Plan."}}
    assert message.tool_calls is not None
    assert message.tool_calls[0].to_dict(exclude_unset=False, exclude_none=True) == CALL


def test_a_call_without_arguments_has_an_empty_object() -> None:
    calls = (
        whole({"tool_calls": [{"id": "1", "function": {"name": "now", "arguments": ""}}]}).choices[0].message.tool_calls
    )
    assert [call.function.arguments for call in calls or ()] == ["{}"]


def test_citations_are_annotations() -> None:
    citation = {"start": 0, "end": 5, "text": "Hello", "sources": []}
    message = whole({"content": TEXT, "citations": [citation]}).choices[0].message
    assert message.annotations == [{"type": "citation", "citation": citation}]


@pytest.mark.parametrize(
    ("said", "reason", "kept"),
    [
        ("COMPLETE", "stop", None),
        ("STOP_SEQUENCE", "stop", {"cohere": {"finish_reason": "STOP_SEQUENCE"}}),
        ("MAX_TOKENS", "length", None),
        ("TIMEOUT", "length", {"cohere": {"finish_reason": "TIMEOUT"}}),
        ("NEW", "NEW", {"cohere": {"finish_reason": "NEW"}}),
        (None, "stop", None),
    ],
)
def test_the_end_is_told_in_openais_words(said: str | None, reason: str, kept: JSON) -> None:
    choice = whole({"content": TEXT}, finish_reason=said).choices[0]
    assert (choice.finish_reason, choice.message.extra_content) == (reason, kept)


def test_an_answer_without_a_reason_that_calls_has_stopped_to_call() -> None:
    assert whole({"tool_calls": [CALL]}, finish_reason=None).choices[0].finish_reason == "tool_calls"


@pytest.mark.parametrize(
    ("more", "words"), [({}, "broke off its answer"), ({"error": "out of memory"}, "out of memory")]
)
def test_an_answer_that_broke_off_is_an_error(more: JSON, words: str) -> None:
    with pytest.raises(ProviderError, match=words) as caught:
        whole({"content": TEXT}, finish_reason="ERROR", **more)
    assert caught.value.code == "ERROR"


def test_images_and_reasoning_are_parts_of_the_counts() -> None:
    tokens = {"input_tokens": 10, "image_tokens": 5, "output_tokens": 7, "reasoning_tokens": 3.0}
    usage = whole(
        {"content": TEXT}, usage={"tokens": tokens, "billed_units": {"input_tokens": 1}, "cached_tokens": 4.0}
    ).usage
    assert usage is not None
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (15, 7, 22)
    assert usage.prompt_tokens_details is not None
    assert repr(usage.prompt_tokens_details.cached_tokens) == "4"
    assert usage.prompt_tokens_details.image_tokens == 5
    assert usage.completion_tokens_details is not None
    assert repr(usage.completion_tokens_details.reasoning_tokens) == "3"
    assert usage.model_extra == {"billed_units": {"input_tokens": 1}}


def test_what_is_billed_counts_where_nothing_else_is_told() -> None:
    usage = whole({"content": TEXT}, usage={"billed_units": USAGE["billed_units"], "cached_tokens": 0}).usage
    assert usage is not None
    assert (usage.prompt_tokens, usage.completion_tokens) == (1, 2)
    assert usage.prompt_tokens_details is not None
    assert usage.prompt_tokens_details.model_extra == {}


@pytest.mark.parametrize("usage", [None, 3])
def test_an_answer_may_tell_no_counts(usage: JSON) -> None:
    assert whole({"content": TEXT}, usage=usage).usage is None


def test_probabilities_are_told_by_piece_of_text() -> None:
    choice = whole(
        {"content": TEXT}, logprobs=[{"text": "Hé", "token_ids": [1, 2], "logprobs": [-1.0, -0.5]}, {}]
    ).choices[0]
    assert choice.logprobs is not None
    assert choice.logprobs.content == [
        {"token": "Hé", "logprob": -1.5, "bytes": [72, 195, 169], "top_logprobs": [], "token_ids": [1, 2]},
        {"token": "", "logprob": 0, "bytes": [], "top_logprobs": [], "token_ids": None},
    ]


def test_an_error_inside_a_success_is_raised() -> None:
    with pytest.raises(ProviderError, match="no such thing") as caught:
        COMPLETION.decode(target(), respond({"id": "r1", "message": "no such thing"}))
    assert caught.value.request_id == "r1"


@pytest.mark.parametrize("body", [{}, [], {"text": "Hi"}])
def test_an_answer_of_another_shape_is_malformed(body: JSON) -> None:
    with pytest.raises(MalformedResponseError, match="without 'message'"):
        COMPLETION.decode(target(), respond(body))


def test_an_answer_that_is_no_json_is_refused() -> None:
    response = msgspec.structs.replace(respond({}), body=b"<html>")
    with pytest.raises(msgspec.DecodeError):
        COMPLETION.decode(target(), response)
