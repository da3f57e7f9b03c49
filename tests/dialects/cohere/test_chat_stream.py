"""Streams of Cohere's Chat API."""

from __future__ import annotations

import msgspec
import pytest

from any_llm.dialects.cohere.chat_stream import ChatStream
from any_llm.exceptions import MalformedResponseError, ProviderError, StreamTruncatedError
from any_llm.types.http import Frame
from any_llm.types.json import JSON
from tests.dialects.cohere.calls import CALL, MODEL, adding, begin, end, frames, play, target, whole


def test_a_text_comes_in_pieces() -> None:
    chunks, answer = play(
        frames(
            begin(),
            adding("content-start", content={"type": "text", "text": ""}),
            adding("content-delta", content={"text": "He"}),
            adding("content-delta", content={"text": "llo"}),
            {"type": "content-end", "index": 0},
            end(),
        )
    )
    assert [chunk.choices[0].delta.content for chunk in chunks] == ["", "He", "llo", None]
    assert {(chunk.id, chunk.model) for chunk in chunks} == {("1", MODEL)}
    assert chunks[0].choices[0].delta.role == "assistant"
    assert answer == whole({"content": [{"type": "text", "text": "Hello"}]})


def test_a_stream_says_what_the_whole_answer_says() -> None:
    citation = {"start": 0, "end": 1, "text": "I", "sources": []}
    bare = {"id": "now_2", "type": "function", "function": {"name": "now", "arguments": ""}}
    _, answer = play(
        frames(
            begin(),
            adding("content-start", content={"type": "thinking", "thinking": "H"}),
            adding("content-delta", content={"thinking": "m"}),
            adding("tool-plan-delta", tool_plan="I "),
            adding("tool-plan-delta", tool_plan=""),
            adding("tool-plan-delta", tool_plan="will."),
            adding("citation-start", citations=citation),
            adding("tool-call-start", tool_calls={**CALL, "function": {"name": "add", "arguments": ""}}),
            adding("tool-call-delta", tool_calls={"function": {"arguments": '{"a"'}}),
            adding("tool-call-delta", tool_calls={"function": {"arguments": ":1}"}}),
            {"type": "tool-call-end", "index": 0},
            adding("tool-call-start", 1, tool_calls=bare),
            adding("tool-call-delta", 1, tool_calls={"function": {"arguments": ""}}),
            {"type": "tool-call-end", "index": 1},
            adding("tool-call-start", 2, tool_calls={**CALL, "id": "add_3"}),
            {"type": "tool-call-end", "index": 2},
            end("TOOL_CALL"),
        )
    )
    assert answer == whole(
        {
            "tool_plan": "I will.",
            "content": [{"type": "thinking", "thinking": "Hm"}],
            "tool_calls": [CALL, bare, {**CALL, "id": "add_3"}],
            "citations": [citation],
        },
        finish_reason="TOOL_CALL",
    )


def test_the_finish_reason_comes_once() -> None:
    call = adding("tool-call-start", tool_calls=CALL)
    chunks, _ = play(frames(begin(), call, {"type": "tool-call-end"}, {**call, "index": 1}, end("TOOL_CALL")))
    assert [chunk.choices[0].finish_reason for chunk in chunks] == [None, None, None, "tool_calls"]


def test_a_missing_reason_is_told_by_what_was_said() -> None:
    assert (
        play(frames(begin(), adding("tool-call-start", tool_calls=CALL), end(None)))[1].choices[0].finish_reason
        == "tool_calls"
    )


def test_probabilities_come_with_their_piece() -> None:
    event = adding("content-delta", content={"text": "Hi"}) | {"logprobs": {"text": "Hi", "logprobs": [-1.0]}}
    _, answer = play(frames(begin(), event, end()))
    assert answer.choices[0].logprobs is not None
    assert [item["logprob"] for item in answer.choices[0].logprobs.content or ()] == [-1.0]


def test_the_usage_comes_apart_for_who_asks_for_it() -> None:
    with_usage = play(frames(begin(), end()), stream_options={"include_usage": True})[0]
    assert [(len(chunk.choices), chunk.usage is not None) for chunk in with_usage] == [
        (1, False),
        (1, False),
        (0, True),
    ]
    without = play(frames(begin(), end(usage=None)), stream_options={"include_usage": True})[0]
    assert [(len(chunk.choices), chunk.usage is not None) for chunk in without] == [(1, False), (1, False)]


def test_events_that_say_nothing_are_passed_over() -> None:
    sent = frames(begin(), {"type": "debug", "prompt": "x"}, adding("content-delta"), end())
    assert len(play([*sent, *sent])[0]) == 2


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (end("ERROR", error="out of memory"), "out of memory"),
        ({"message": "internal server error", "id": "r1"}, "internal server error"),
    ],
)
def test_an_error_inside_a_stream_is_raised(event: JSON, words: str) -> None:
    decoder = ChatStream(target(), {})
    with pytest.raises(ProviderError, match=words):
        decoder.feed(Frame("", msgspec.json.encode(event)))
    assert not decoder.complete


@pytest.mark.parametrize("sent", [[], frames(begin(), adding("content-delta", content={"text": "Hi"}))])
def test_a_stream_without_its_end_is_truncated(sent: list[Frame]) -> None:
    with pytest.raises(StreamTruncatedError):
        play(sent)


@pytest.mark.parametrize(
    "event",
    [
        adding("content-delta", content={"text": 1}),
        adding("content-delta", content={"thinking": ["x"]}),
        adding("tool-plan-delta", tool_plan={}),
        adding("tool-call-start", tool_calls={"function": {"arguments": {"a": 1}}}),
    ],
)
def test_a_text_that_is_none_is_malformed(event: JSON) -> None:
    with pytest.raises(MalformedResponseError, match="not a text"):
        ChatStream(target(), {}).feed(Frame("", msgspec.json.encode(event)))
