from __future__ import annotations

import pytest

from any_llm.testing.reading.responses import read_responses
from any_llm.testing.reading.values import Reading, ToolCall, Usage
from tests.testing.reading.bodies import JSON, STREAM, stream, whole

MESSAGE = {"type": "message", "content": [{"type": "output_text", "text": "AB"}]}
CALL = {"type": "function_call", "id": "fc", "call_id": "t1", "name": "f", "arguments": '{"a":1}'}
WRITTEN = {"type": "custom_tool_call", "call_id": "t2", "name": "sql", "input": "SELECT 1"}


def response(*output: object, **more: object) -> dict[str, object]:
    return {"id": "r1", "model": "m", "status": "completed", "output": output, **more}


def answer(*output: object, **more: object) -> Reading:
    return read_responses(200, JSON, whole(response(*output, **more)))


def streamed(*events: object, done: bool = False) -> Reading:
    return read_responses(200, STREAM, stream(*events, done=done))


def error_of(reading: Reading) -> str | None:
    return reading.failure.error if reading.failure else None


def test_a_whole_response_is_read() -> None:
    reading = answer(
        {"type": "reasoning", "summary": [{"text": "H"}, {"text": "m"}], "encrypted_content": "e1"},
        MESSAGE,
        {"type": "message", "content": [{"type": "refusal", "refusal": "No."}]},
        CALL,
        WRITTEN,
        {"type": "some_future_type"},
        usage={
            "input_tokens": 1,
            "input_tokens_details": {"cached_tokens": 2, "cache_write_tokens": 3},
            "output_tokens": 4,
            "output_tokens_details": {"reasoning_tokens": 5},
            "total_tokens": 6,
        },
    )
    first = reading.first
    assert (first.text, first.reasoning, first.refusal, first.signatures) == ("AB", "Hm", "No.", ("e1",))
    assert first.tool_calls == (ToolCall("t1", "f", '{"a":1}'), ToolCall("t2", "sql", "SELECT 1"))
    assert (first.finish_reason, first.chat_finish_reason) == ("completed", "tool_calls")
    assert reading.usage == Usage(input=1, output=4, total=6, cached=2, cache_write=3, reasoning=5)


def test_reasoning_is_the_content_where_it_is_given() -> None:
    assert answer({"type": "reasoning", "summary": [], "content": [{"text": "Hm"}]}).first.reasoning == "Hm"


@pytest.mark.parametrize(
    ("status", "details", "words"),
    [
        ("completed", None, ("completed", "stop")),
        ("incomplete", {"reason": "max_output_tokens"}, ("max_output_tokens", "length")),
        ("incomplete", {"reason": "content_filter"}, ("content_filter", "content_filter")),
        ("queued", None, ("queued", None)),
    ],
)
def test_the_status_gives_the_finish_reason(status: str, details: object, words: tuple[str, str | None]) -> None:
    first = answer(status=status, incomplete_details=details).first
    assert (first.finish_reason, first.chat_finish_reason) == words


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"{", "MalformedResponseError"),
        (b'{"choices": []}', "MalformedResponseError"),
        (b'{"output": [], "status": "failed", "error": {"code": "rate_limit_exceeded"}}', "RateLimitError"),
    ],
)
def test_a_success_that_is_none_is_a_failure(body: bytes, error: str) -> None:
    assert error_of(read_responses(200, JSON, body)) == error


def test_the_last_event_holds_the_response() -> None:
    reading = streamed(
        {"type": "response.created", "response": response()},
        {"type": "response.output_text.delta", "delta": "A"},
        {"type": "response.output_text.delta", "delta": "B"},
        {"type": "response.function_call_arguments.delta", "delta": '{"a":1}'},
        {"type": "response.output_text.done", "text": "AB"},
        {"type": "response.completed", "response": response(MESSAGE, CALL)},
        done=True,
    )
    assert (reading.first.text, reading.notes, reading.failure) == ("AB", (), None)


def test_items_stand_in_for_a_last_event_without_output() -> None:
    reading = streamed(
        {"type": "response.output_item.done", "output_index": 1, "item": CALL},
        {"type": "response.output_item.added", "output_index": 0, "item": {"type": "message"}},
        {"type": "response.output_item.done", "output_index": 0, "item": MESSAGE},
        {"type": "response.completed", "response": response()},
    )
    assert reading.first.text == "AB"
    assert reading.first.tool_calls == (ToolCall("t1", "f", '{"a":1}'),)


def test_deltas_that_differ_from_the_response_are_noted() -> None:
    reading = streamed(
        {"type": "response.refusal.delta", "delta": "No."},
        {"type": "response.completed", "response": response(MESSAGE, WRITTEN)},
    )
    assert [note.split(" of ")[0] for note in reading.notes] == ["the text", "the refusal", "the tool calls"]


def test_what_follows_the_end_is_another_answer_and_is_noted() -> None:
    end = {"type": "response.completed", "response": response()}
    assert streamed(end, end, done=True).notes == ("1 events follow the response",)


def test_an_incomplete_response_is_no_failure() -> None:
    cut = response(MESSAGE, status="incomplete", incomplete_details={"reason": "max_output_tokens"})
    reading = streamed({"type": "response.incomplete", "response": cut})
    assert (reading.failure, reading.first.chat_finish_reason) == (None, "length")


@pytest.mark.parametrize(
    "event",
    [
        {"type": "error", "code": "insufficient_quota", "message": "x", "param": None},
        {"type": "error", "error": {"type": "insufficient_quota"}},
        {"type": "response.failed", "response": response(error={"code": "insufficient_quota"})},
    ],
)
def test_an_error_inside_a_stream_is_one_in_each_of_its_forms(event: object) -> None:
    reading = streamed({"type": "response.created", "response": response()}, event)
    assert error_of(reading) == "QuotaExhaustedError"


@pytest.mark.parametrize(
    "events", [[], [{"type": "response.created", "response": response()}], ["[DONE]"], ['{"type": "resp']]
)
def test_a_stream_that_ends_before_its_end_is_truncated(events: list[object]) -> None:
    assert error_of(streamed(*events)) == "StreamTruncatedError"


def test_broken_json_inside_a_stream_is_malformed() -> None:
    assert error_of(streamed("{", {"type": "response.completed", "response": response()})) == "MalformedResponseError"
