"""What single vendors leave out, fill in, or say elsewhere in chat completions; all of it was recorded."""

from __future__ import annotations

import json

import pytest

from any_llm.dialects.openai.chat_response import decode_completion
from any_llm.dialects.openai.chat_stream import ChatStream
from any_llm.dialects.openai.errors import error_from
from any_llm.providers.catalog import BY_NAME
from any_llm.spec.dialect import Target
from any_llm.types.completion import ChatCompletion, ChatCompletionChunk
from any_llm.types.completion_fold import CompletionFold
from any_llm.types.http import Frame, HttpResponse

TARGET = Target(provider=BY_NAME["openai"], model="m", base_url="https://a.test")


def whole(message: object, **rest: object) -> ChatCompletion:
    body = {"id": "1", "choices": [{"index": 0, "message": message, **rest}]}
    return decode_completion(TARGET, HttpResponse(200, {}, json.dumps(body).encode()))


def stream(*chunks: object, end: bytes = b"[DONE]") -> list[ChatCompletionChunk]:
    decoder = ChatStream(TARGET, {})
    frames = [*(json.dumps(chunk).encode() for chunk in chunks), end]
    found = [chunk for frame in frames for chunk in decoder.feed(Frame("", frame))]
    decoder.finish()
    return found


def delta(index: int = 0, finish_reason: str | None = None, **members: object) -> object:
    choice = {"index": index, "delta": members, "finish_reason": finish_reason}
    return {"id": "1", "model": "m", "created": 7, "choices": [choice]}


CALL = {"id": "c", "function": {"name": "add", "arguments": "{}"}}


@pytest.mark.parametrize("said", [{}, {"finish_reason": ""}, {"finish_reason": None}])
def test_a_whole_answer_without_a_reason_has_stopped_or_calls_tools(said: dict[str, object]) -> None:
    assert whole({"content": "Hi"}, **said).choices[0].finish_reason == "stop"
    assert whole({"tool_calls": [CALL]}, **said).choices[0].finish_reason == "tool_calls"


def test_a_stream_that_is_done_without_a_reason_has_stopped_or_calls_tools() -> None:
    calling = delta(1, tool_calls=[{"index": 0, **CALL}])
    *_, last = stream(delta(0, content="Hi"), calling, delta(2, "length"))
    assert (last.id, last.model, last.created) == ("1", "m", 7)
    assert [(choice.index, choice.finish_reason) for choice in last.choices] == [(0, "stop"), (1, "tool_calls")]


def test_a_stream_that_says_why_it_ended_gets_no_further_chunk() -> None:
    assert len(stream(delta(content="Hi"), delta(finish_reason="stop"))) == 2


def test_space_after_the_end_of_a_stream_does_not_matter() -> None:
    assert len(stream(delta(finish_reason="stop"), end=b"[DONE] ")) == 1


def test_thoughts_that_stand_in_details_alone_are_reasoning() -> None:
    details = [{"type": "reasoning.text", "text": "Hm"}, {"summary": "."}, {"text": 3}, "x"]
    assert whole({"content": "Hi", "reasoning_details": details}).choices[0].message.reasoning == "Hm."
    fold = CompletionFold()
    for chunk in stream(delta(reasoning_details=details[:1]), delta(reasoning_details=details[1:])):
        fold.add(chunk)
    assert fold.result().choices[0].message.reasoning == "Hm."


@pytest.mark.parametrize("details", [[], [{"type": "reasoning.encrypted", "data": "x"}], "x", None])
def test_details_without_thoughts_are_no_reasoning(details: object) -> None:
    assert whole({"content": "Hi", "reasoning_details": details}).choices[0].message.reasoning is None


def test_thoughts_that_stand_in_two_places_are_taken_once() -> None:
    message = {"content": "Hi", "reasoning": "Hm", "reasoning_details": [{"text": "Hm"}]}
    assert whole(message).choices[0].message.reasoning == "Hm"


def test_calls_that_are_there_but_empty_are_none() -> None:
    empty = {"name": "", "arguments": ""}
    calls = [{**CALL, "custom": {"name": "", "input": ""}}, {"id": "d", "type": "custom", "custom": {"name": "run"}}]
    message = whole({"content": "Hi", "function_call": empty, "tool_calls": calls}).choices[0].message
    assert message.function_call is None
    assert [call.custom for call in message.tool_calls or ()] == [None, {"name": "run"}]
    [chunk, _] = stream(delta(function_call=empty))
    assert chunk.choices[0].delta.function_call is None


@pytest.mark.parametrize("details", [{}, {"prompt_tokens_details": {"cache_write_tokens": 0}}])
def test_tokens_written_to_the_cache_count_wherever_they_are_told(details: dict[str, object]) -> None:
    usage = {"prompt_tokens": 9, "cache_creation_input_tokens": 7, **details}
    body = {"choices": [{"index": 0, "message": {"content": "Hi"}}], "usage": usage}
    answer = decode_completion(TARGET, HttpResponse(200, {}, json.dumps(body).encode()))
    assert answer.usage
    assert answer.usage.prompt_tokens_details
    assert answer.usage.prompt_tokens_details.cache_write_tokens == 7


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        ({"code": "DataInspectionFailed"}, 400, "ContentFilterError"),
        ({"type": "server_error"}, 503, "OverloadedError"),
        ({"type": "permission_error"}, 400, "PermissionDeniedError"),
        ({"status_code": 413}, 200, "RequestTooLargeError"),
        ({"code": "invalid_request_error"}, 200, "InvalidRequestError"),
    ],
)
def test_errors_are_known_by_their_words_and_numbers(error: object, status: int, kind: str) -> None:
    assert type(error_from({"error": error}, status)).__name__ == kind


@pytest.mark.parametrize(
    "body", [{"error": {"detail": "Why"}}, {"detail": "Why"}, {"errors": [{"message": "Why"}]}, {"error": "Why"}]
)
def test_why_is_found_wherever_it_stands(body: object) -> None:
    assert error_from(body, 400).message == "Why"


def test_why_that_is_no_text_is_given_as_json() -> None:
    assert error_from({"detail": [{"loc": ["body"]}]}, 422).message == '[{"loc":["body"]}]'
