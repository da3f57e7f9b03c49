from __future__ import annotations

import pytest

from any_llm.testing.reading.chat import read_chat
from any_llm.testing.reading.values import Choice, Reading, ToolCall, Usage
from tests.testing.reading.bodies import JSON, STREAM, stream, whole


def answer(message: object, finish: object = "stop", **more: object) -> Reading:
    choice = {"index": 0, "message": message, "finish_reason": finish}
    return read_chat(200, JSON, whole({"id": "c1", "model": "m", "choices": [choice], **more}))


def chunk(delta: object = None, finish: object = None, *, index: int = 0, **more: object) -> dict[str, object]:
    choice = {"index": index, "delta": delta or {}, "finish_reason": finish}
    return {"id": "c1", "model": "m", "choices": [choice], **more}


def streamed(*payloads: object, done: bool = True) -> Reading:
    return read_chat(200, STREAM, stream(*payloads, done=done))


def error_of(reading: Reading) -> str | None:
    return reading.failure.error if reading.failure else None


def piece(index: object, **fields: object) -> dict[str, object]:
    function = {name: fields.pop(name) for name in ("name", "arguments") if name in fields}
    call = {**fields, "function": function} | ({} if index is None else {"index": index})
    return chunk({"tool_calls": [call]})


def test_a_whole_answer_is_read() -> None:
    call = {"id": "t1", "type": "function", "function": {"name": "add", "arguments": '{"a":1}'}}
    reading = answer({"content": "Hi", "tool_calls": [call]}, "tool_calls", usage={"prompt_tokens": 3})
    assert (reading.id, reading.model, reading.usage) == ("c1", "m", Usage(input=3))
    assert reading.first == Choice(
        text="Hi",
        tool_calls=(ToolCall("t1", "add", '{"a":1}'),),
        finish_reason="tool_calls",
        chat_finish_reason="tool_calls",
    )


def test_an_answer_after_blank_lines_is_read() -> None:
    body = b"\n   \n" + whole({"choices": [{"message": {"content": "Hi"}}]})
    assert read_chat(200, JSON, body).first.text == "Hi"


@pytest.mark.parametrize(
    ("message", "text", "reasoning"),
    [
        ({"content": None}, "", ""),
        ({"content": {"title": "é"}}, '{"title":"é"}', ""),
        (
            {
                "content": [
                    {"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]},
                    {"type": "text", "text": "A"},
                ]
            },
            "A",
            "Hm",
        ),
        ({"content": "A", "reasoning_content": "Hm", "reasoning": None}, "A", "Hm"),
        ({"content": "A", "reasoning": "Hm", "reasoning_details": [{"text": "Hm"}]}, "A", "Hm"),
        ({"content": "A", "reasoning_details": [{"text": "H"}, {"summary": "m"}, {"data": "x"}]}, "A", "Hm"),
    ],
)
def test_content_and_reasoning_are_found_in_every_spelling(message: object, text: str, reasoning: str) -> None:
    first = answer(message).first
    assert (first.text, first.reasoning) == (text, reasoning)


def test_the_predecessor_of_tool_calls_is_read_and_an_empty_one_is_none() -> None:
    assert answer({"function_call": {"name": "f", "arguments": "{}"}}).first.function_call == ToolCall("", "f", "{}")
    assert answer({"function_call": {"name": "", "arguments": ""}}).first.function_call is None


def test_arguments_that_are_an_object_become_json() -> None:
    call = {"id": "t", "function": {"name": "f", "arguments": {"a": 1}}}
    assert answer({"tool_calls": [call]}).first.tool_calls == (ToolCall("t", "f", '{"a":1}'),)


def test_signatures_are_kept_in_their_order() -> None:
    message = {
        "reasoning_details": [{"text": "Hm", "signature": "s1"}, {"data": "d2"}],
        "extra_content": {"google": {"thought_signature": "g3"}},
    }
    assert answer(message).first.signatures == ("s1", "d2", "g3")


@pytest.mark.parametrize(
    ("sent", "word"), [("eos", "stop"), ("length", "length"), ("", "stop"), (None, "stop"), ("end_turn", "stop")]
)
def test_finish_reasons_have_a_word_in_chat_completions(sent: object, word: str) -> None:
    first = answer({"content": "A"}, sent).first
    assert (first.finish_reason, first.chat_finish_reason) == (sent or None, word)


def test_several_choices_are_read() -> None:
    choices = [{"index": number, "message": {"content": str(number)}} for number in range(2)]
    assert [choice.text for choice in read_chat(200, JSON, whole({"choices": choices})).choices] == ["0", "1"]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"<html>", "MalformedResponseError"),
        (b'{"text": "a transcription"}', "MalformedResponseError"),
        (b'{"error": {"code": "insufficient_quota"}}', "QuotaExhaustedError"),
        (b'{"object": "error", "message": "x", "code": 429}', "RateLimitError"),
        (b'{"error": {"code": 502}, "choices": []}', "UpstreamProviderError"),
    ],
)
def test_a_success_that_is_none_is_a_failure(body: bytes, error: str) -> None:
    assert error_of(read_chat(200, JSON, body)) == error


def test_a_stream_is_put_together() -> None:
    reading = streamed(
        {"id": "", "model": "", "choices": [], "prompt_filter_results": []},
        chunk({"role": "assistant", "content": ""}),
        chunk({"reasoning_content": "H"}),
        chunk({"reasoning_content": "m", "content": None}),
        chunk({"content": "A", "refusal": "R"}, usage=None),
        {"id": "c1", "model": "m", "choices": [{"index": 0, "finish_reason": None}]},
        chunk({"content": "B"}, "stop"),
        {"id": "c2", "model": "m", "choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2}},
    )
    assert reading.first == Choice(
        text="AB", reasoning="Hm", refusal="R", finish_reason="stop", chat_finish_reason="stop"
    )
    assert (reading.ids, reading.models, reading.usage) == (("c1", "c2"), ("m",), Usage(input=1, output=2))
    assert reading.failure is None


def test_the_last_usage_counts_wherever_it_is() -> None:
    first = chunk({}, "stop", usage={"prompt_tokens": 1})
    last = {"choices": [], "x_groq": {"usage": {"prompt_tokens": 2}}}
    assert streamed(first, last).usage == Usage(input=2)


def test_tool_calls_are_gathered_by_their_index() -> None:
    reading = streamed(
        piece(1, id="t2", name="g", arguments=None),
        piece(0, id="t1", name="f", arguments='{"a"'),
        piece(0, id="", name="", arguments=":1}"),
        piece(1, arguments="{}"),
        chunk({}, "tool_calls"),
    )
    assert reading.first.tool_calls == (ToolCall("t1", "f", '{"a":1}'), ToolCall("t2", "g", "{}"))
    assert reading.notes == ()


def test_another_id_at_the_same_index_is_another_call_and_is_noted() -> None:
    reading = streamed(piece(0, id="t1", name="f", arguments="1"), piece(0, id="t2", name="g", arguments="2"))
    assert reading.first.tool_calls == (ToolCall("t1", "f", "1"), ToolCall("t2", "g", "2"))
    assert reading.notes == ("tool call index 0 brings a second id",)


def test_pieces_without_an_index_belong_to_the_last_call_and_are_noted() -> None:
    reading = streamed(piece(None, id="t1", name="f", arguments="1"), piece(None, name="f", arguments="2"))
    assert reading.first.tool_calls == (ToolCall("t1", "f", "12"),)
    assert reading.notes == ("a tool call without an index", "a tool call's name is sent twice")


def test_a_stream_without_its_last_line_is_complete_when_every_choice_has_finished() -> None:
    assert streamed(chunk({"content": "A"}, "stop"), done=False).failure is None


def test_a_stream_that_says_it_is_done_needs_no_finish_reason() -> None:
    reading = streamed(chunk({"content": "A"}))
    assert (reading.failure, reading.first.finish_reason, reading.first.chat_finish_reason) == (None, None, "stop")


@pytest.mark.parametrize(
    "payloads",
    [
        [],
        [{"choices": []}],
        [chunk({"content": "A"})],
        [chunk({"content": "A"}, "stop"), chunk({"content": "B"}, index=1)],
        [chunk({"content": "A"}), '{"choices": [{"del'],
    ],
)
def test_a_stream_that_ends_before_its_end_is_truncated(payloads: list[object]) -> None:
    assert error_of(streamed(*payloads, done=False)) == "StreamTruncatedError"


def test_broken_json_inside_a_stream_is_malformed() -> None:
    assert error_of(streamed("{", chunk({"content": "A"}, "stop"))) == "MalformedResponseError"


def test_an_error_inside_a_stream_is_one_and_what_came_before_is_kept() -> None:
    reading = streamed(chunk({"content": "A"}), {"error": {"code": 429, "message": "slow down"}, "choices": []})
    assert error_of(reading) == "RateLimitError"
    assert (reading.first.text, reading.first.chat_finish_reason) == ("A", None)


def test_an_event_of_the_kind_error_is_one() -> None:
    body = stream(chunk({"content": "A"})) + b'event: error\ndata: {"message": "x", "status_code": 503}\n\n'
    assert error_of(read_chat(200, STREAM, body)) == "OverloadedError"
