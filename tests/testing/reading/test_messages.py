from __future__ import annotations

import pytest

from any_llm.testing.reading.messages import read_messages
from any_llm.testing.reading.values import Reading, ToolCall, Usage
from tests.testing.reading.bodies import JSON, STREAM, stream, whole

START = {
    "type": "message_start",
    "message": {"id": "m1", "model": "c", "content": [], "usage": {"input_tokens": 5, "output_tokens": 1}},
}
STOP = {"type": "message_stop"}


def answer(*blocks: object, **more: object) -> Reading:
    return read_messages(200, JSON, whole({"id": "m1", "model": "c", "content": blocks, **more}))


def streamed(*events: object) -> Reading:
    return read_messages(200, STREAM, stream(*events))


def block(index: int, **fields: object) -> dict[str, object]:
    return {"type": "content_block_start", "index": index, "content_block": fields}


def delta(index: int, **fields: object) -> dict[str, object]:
    return {"type": "content_block_delta", "index": index, "delta": fields}


def finish(**usage: object) -> dict[str, object]:
    return {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": usage}


def error_of(reading: Reading) -> str | None:
    return reading.failure.error if reading.failure else None


def test_a_whole_message_is_read() -> None:
    reading = answer(
        {"type": "thinking", "thinking": "Hm", "signature": "s1"},
        {"type": "redacted_thinking", "data": "d2"},
        {"type": "text", "text": "A"},
        {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}},
        {"type": "text", "text": "B"},
        {"type": "tool_use", "id": "t1", "name": "f", "input": {"a": 1}},
        stop_reason="tool_use",
    )
    first = reading.first
    assert (reading.id, reading.model) == ("m1", "c")
    assert (first.text, first.reasoning, first.signatures) == ("AB", "Hm", ("s1", "d2"))
    assert first.tool_calls == (ToolCall("t1", "f", '{"a":1}'),)
    assert (first.finish_reason, first.chat_finish_reason) == ("tool_use", "tool_calls")


def test_the_prompt_is_what_was_fresh_and_cached_and_written() -> None:
    usage = {
        "input_tokens": 1,
        "cache_read_input_tokens": 2,
        "cache_creation_input_tokens": 3,
        "output_tokens": 4,
        "output_tokens_details": {"thinking_tokens": 2},
    }
    expected = Usage(input=6, output=4, total=10, cached=2, cache_write=3, reasoning=2)
    assert answer(usage=usage).usage == expected


def test_what_was_written_to_the_cache_may_be_told_by_its_lifetime_alone() -> None:
    usage = {"input_tokens": 1, "cache_creation": {"ephemeral_5m_input_tokens": 2, "ephemeral_1h_input_tokens": 3}}
    assert answer(usage=usage).usage == Usage(input=6, cache_write=5)


def test_missing_counts_are_unknown() -> None:
    assert answer(usage={"output_tokens": 1}).usage == Usage(output=1)
    assert answer().usage is None


def test_a_refusal_is_read_with_its_explanation() -> None:
    first = answer(stop_reason="refusal", stop_details={"explanation": "No."}).first
    assert (first.refusal, first.chat_finish_reason) == ("No.", "content_filter")


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"{", "MalformedResponseError"),
        (b'{"choices": []}', "MalformedResponseError"),
        (b'{"type": "error", "error": {"type": "overloaded_error"}}', "OverloadedError"),
        (b'{"error": {"type": "authentication_error"}}', "AuthenticationError"),
    ],
)
def test_a_success_that_is_none_is_a_failure(body: bytes, error: str) -> None:
    assert error_of(read_messages(200, JSON, body)) == error


def test_a_stream_is_put_together() -> None:
    reading = streamed(
        START,
        {"type": "ping"},
        block(0, type="thinking", thinking="", signature=""),
        delta(0, type="thinking_delta", thinking="Hm"),
        delta(0, type="signature_delta", signature="s1"),
        block(1, type="text", text="A"),
        delta(1, type="text_delta", text="B"),
        delta(1, type="citations_delta", citation={}),
        block(2, type="tool_use", id="t1", name="f", input={}),
        delta(2, type="input_json_delta", partial_json=""),
        delta(2, type="input_json_delta", partial_json='{"a": 1}'),
        block(3, type="tool_use", id="t2", name="g", input={"b": 2}),
        block(4, type="tool_use", id="t3", name="h", input={}),
        {"type": "content_block_stop", "index": 4},
        finish(output_tokens=9, input_tokens=None),
        STOP,
    )
    first = reading.first
    assert (first.text, first.reasoning, first.signatures, first.finish_reason) == ("AB", "Hm", ("s1",), "end_turn")
    assert first.tool_calls == (
        ToolCall("t1", "f", '{"a": 1}'),
        ToolCall("t2", "g", '{"b":2}'),
        ToolCall("t3", "h", "{}"),
    )
    assert (reading.usage, reading.failure, reading.notes) == (Usage(input=5, output=9, total=14), None, ())


def test_a_message_may_start_with_its_content() -> None:
    content = [{"type": "tool_use", "id": "t1", "name": "f", "input": {"a": 1}}]
    reading = streamed({"type": "message_start", "message": {"content": content, "stop_reason": "tool_use"}}, STOP)
    assert reading.first.tool_calls == (ToolCall("t1", "f", '{"a":1}'),)
    assert reading.first.finish_reason == "tool_use"


def test_a_repeated_start_of_the_same_message_changes_nothing() -> None:
    reading = streamed(START, block(0, type="text", text="A"), START, finish(), STOP)
    assert (reading.first.text, reading.failure) == ("A", None)


def test_another_message_inside_an_open_one_means_that_the_first_was_cut() -> None:
    other = {"type": "message_start", "message": {"id": "m2"}}
    reading = streamed(START, delta(0, text="A"), other, finish(), STOP)
    assert error_of(reading) == "StreamTruncatedError"


def test_what_follows_the_end_is_another_answer_and_is_noted() -> None:
    reading = streamed(START, STOP, START, STOP)
    assert (reading.failure, reading.notes) == (None, ("2 events follow message_stop",))


def test_an_error_inside_a_stream_is_one() -> None:
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    assert error_of(streamed(START, error)) == "OverloadedError"


@pytest.mark.parametrize("events", [[], [START, finish()], [START, '{"type": "conte']])
def test_a_stream_that_ends_before_its_end_is_truncated(events: list[object]) -> None:
    assert error_of(streamed(*events)) == "StreamTruncatedError"


def test_broken_json_inside_a_stream_is_malformed() -> None:
    assert error_of(streamed(START, "{", STOP)) == "MalformedResponseError"
