from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import msgspec
import pytest

from any_llm.dialects.anthropic import COMPLETION
from any_llm.dialects.anthropic.messages import MESSAGES
from any_llm.exceptions import MalformedResponseError, OverloadedError, StreamTruncatedError
from any_llm.spec.dialect import Codec
from any_llm.types.completion import ChatCompletion, ChatCompletionChunk, ChunkChoice
from any_llm.types.http import Frame
from any_llm.types.json import JSON, JSONObject
from any_llm.types.messages_fold import MessagesFold
from tests.dialects.anthropic.calls import (
    HELLO,
    MODEL,
    body_of,
    encode,
    frames,
    message_events,
    play,
    respond,
    target,
    whole,
)

CODEC = cast("Codec[JSON, JSON]", COMPLETION)
TEXT: list[JSONObject] = [
    {"type": "text", "text": ""},
    {"type": "text_delta", "text": "Pa"},
    {"type": "text_delta", "text": "ris"},
]
THOUGHT: list[JSONObject] = [
    {"type": "thinking", "thinking": "", "signature": ""},
    {"type": "thinking_delta", "thinking": "Hm."},
    {"type": "signature_delta", "signature": "EqQ+/="},
]
HIDDEN: list[JSONObject] = [{"type": "redacted_thinking", "data": "b2Jz"}]
CALL: list[JSONObject] = [
    {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {}, "caller": {"type": "direct"}},
    {"type": "input_json_delta", "partial_json": ""},
    {"type": "input_json_delta", "partial_json": '{"city":'},
    {"type": "input_json_delta", "partial_json": ' "Paris"}'},
]
SEARCH: list[JSONObject] = [
    {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}},
    {"type": "input_json_delta", "partial_json": '{"query": "x"}'},
]
FOUND: list[JSONObject] = [{"type": "web_search_tool_result", "tool_use_id": "s", "content": []}]
CITED: list[JSONObject] = [
    {"type": "text", "text": "", "citations": []},
    {"type": "text_delta", "text": "sunny"},
    {
        "type": "citations_delta",
        "citation": {"type": "web_search_result_location", "url": "https://a.example", "encrypted_index": "e=="},
    },
]
ODD: list[JSONObject] = [{"type": "invented_later", "x": 1}, {"type": "odd_delta", "y": 2}]


def stream(
    *blocks: Sequence[JSONObject], stop: JSONObject | None = None, **options: JSON
) -> tuple[list[ChatCompletionChunk], ChatCompletion]:
    return play(CODEC, message_events(*blocks, stop=stop), **options)


def choices(chunks: Sequence[ChatCompletionChunk]) -> list[ChunkChoice]:
    return [choice for chunk in chunks for choice in chunk.choices]


def test_every_chunk_names_the_message_and_the_model() -> None:
    chunks, _ = stream(THOUGHT, TEXT, CALL)
    assert {(chunk.id, chunk.model, chunk.object, chunk.created) for chunk in chunks} == {
        ("msg_1", MODEL, "chat.completion.chunk", 0)
    }


def test_the_first_chunk_says_the_role_and_the_last_the_end() -> None:
    chunks, _ = stream(TEXT)
    assert [choice.delta.model_dump(exclude_none=True) for choice in choices(chunks)] == [
        {"role": "assistant", "content": ""},
        {"content": "Pa"},
        {"content": "ris"},
        {},
    ]
    assert [choice.finish_reason for choice in choices(chunks)] == [None, None, None, "stop"]


def test_the_usage_is_in_the_last_chunk() -> None:
    chunks, completion = stream(TEXT)
    assert [chunk.usage is None for chunk in chunks] == [True, True, True, False]
    assert chunks[-1].choices
    assert completion.usage is not None
    assert (completion.usage.prompt_tokens, completion.usage.completion_tokens) == (3, 5)


def test_the_usage_has_a_chunk_of_its_own_when_it_is_asked_for_as_of_openai() -> None:
    chunks, completion = stream(TEXT, stream_options={"include_usage": True})
    assert chunks[-1].choices == []
    assert chunks[-1].usage == completion.usage
    assert (chunks[-2].usage, chunks[-2].choices[0].finish_reason) == (None, "stop")


def test_calls_are_numbered_from_zero_whatever_stands_between() -> None:
    chunks, completion = stream(THOUGHT, TEXT, CALL, SEARCH, FOUND, [{**CALL[0], "id": "toolu_2"}, *CALL[1:]])
    pieces = [piece for choice in choices(chunks) for piece in choice.delta.tool_calls or ()]
    assert [(piece.index, piece.id) for piece in pieces if piece.id] == [(0, "toolu_1"), (1, "toolu_2")]
    assert {piece.index for piece in pieces} == {0, 1}
    calls = completion.choices[0].message.tool_calls
    assert calls is not None
    assert [(call.id, call.function.name, call.function.arguments) for call in calls] == [
        ("toolu_1", "look", '{"city": "Paris"}'),
        ("toolu_2", "look", '{"city": "Paris"}'),
    ]


@pytest.mark.parametrize(("prefilled", "arguments"), [({}, "{}"), ({"city": "Rome"}, '{"city":"Rome"}')])
def test_a_call_without_deltas_has_its_prefilled_arguments(prefilled: JSONObject, arguments: str) -> None:
    _, completion = stream([{**CALL[0], "input": prefilled}, CALL[1]])
    calls = completion.choices[0].message.tool_calls
    assert calls is not None
    assert calls[0].function.arguments == arguments


def test_signatures_come_as_soon_as_their_block_is_complete() -> None:
    chunks, completion = stream(THOUGHT, HIDDEN, TEXT)
    kept = [choice.delta.extra_content for choice in choices(chunks)]
    thought = {"type": "thinking", "thinking": "Hm.", "signature": "EqQ+/="}
    assert kept[:4] == [
        None,
        None,
        {"anthropic": {"signature": "EqQ+/=", "thinking_blocks": [thought]}},
        {"anthropic": {"thinking_blocks": HIDDEN}},
    ]
    assert completion.choices[0].message.extra_content == {
        "anthropic": {"signature": "EqQ+/=", "thinking_blocks": [thought, *HIDDEN]}
    }


def test_citations_come_when_their_text_is_complete() -> None:
    _, completion = stream(TEXT, CITED)
    assert completion.choices[0].message.annotations == [
        {
            "type": "url_citation",
            "url_citation": {"url": "https://a.example", "title": "", "start_index": 5, "end_index": 10},
        }
    ]


@pytest.mark.parametrize(
    "blocks",
    [
        [TEXT],
        [THOUGHT, TEXT, CALL],
        [HIDDEN, CALL, CALL],
        [TEXT, THOUGHT, TEXT],
        [SEARCH, FOUND, TEXT, CITED],
        [ODD, TEXT],
        [TEXT, CALL, TEXT],
        [],
    ],
)
def test_a_stream_adds_up_to_the_whole_answer_and_to_the_same_next_turn(blocks: list[list[JSONObject]]) -> None:
    sent = message_events(*blocks)
    _, completion = play(CODEC, sent)
    _, message = _folded_message(sent)
    same = COMPLETION.decode(target(), respond(message.model_dump(exclude_none=True)))
    assert _comparable(completion) == _comparable(same)
    for answer in (completion, same):
        turns = body_of(encode(messages=[HELLO, answer.choices[0].message]))["messages"]
        assert turns == body_of(encode(messages=[HELLO, same.choices[0].message]))["messages"]


def _folded_message(sent: Sequence[Frame]) -> tuple[list[JSON], JSON]:
    return play(cast("Codec[JSON, JSON]", MESSAGES), sent)


def _comparable(completion: ChatCompletion) -> JSON:
    """Return an answer with the arguments of its calls parsed, and no text where there is an empty one."""
    dumped = completion.model_dump(exclude_none=True)
    for call in cast("JSON", dumped)["choices"][0]["message"].get("tool_calls", ()):
        call["function"]["arguments"] = msgspec.json.decode(call["function"]["arguments"])
    message = cast("JSON", dumped)["choices"][0]["message"]
    return {**dumped, "choices": [{name: value for name, value in message.items() if value != ""}]}


@pytest.mark.parametrize(
    ("reason", "finish"), [("tool_use", "tool_calls"), ("max_tokens", "length"), ("refusal", "content_filter")]
)
def test_the_reason_to_stop_is_said_once(reason: str, finish: str) -> None:
    details = {"type": "refusal", "explanation": "Blocked."} if reason == "refusal" else None
    stop = {"delta": {"stop_reason": reason, "stop_details": details}, "usage": {"output_tokens": 9}}
    chunks, completion = stream(TEXT, stop=stop)
    assert [choice.finish_reason for choice in choices(chunks) if choice.finish_reason] == [finish]
    assert completion.choices[0].message.refusal == ("Blocked." if details else None)


def test_content_that_stands_in_the_beginning_is_not_lost() -> None:
    prefilled = whole(
        {"type": "thinking", "thinking": "Hm.", "signature": "s"},
        {"type": "text", "text": "I look."},
        {"type": "tool_use", "id": "t", "name": "look", "input": {"a": 1}},
        stop_reason="tool_use",
    )
    _, completion = play(CODEC, frames({"type": "message_start", "message": prefilled}, {"type": "message_stop"}))
    assert _comparable(completion) == _comparable(COMPLETION.decode(target(), respond(prefilled)))


def test_a_repeated_beginning_is_not_told_twice() -> None:
    sent = message_events(TEXT)
    chunks, completion = play(CODEC, [sent[0], sent[0], *sent[1:]])
    assert completion.choices[0].message.content == "Paris"
    assert len(chunks) == 4


def test_pings_and_later_inventions_are_no_chunks() -> None:
    sent = message_events(TEXT)
    more = [Frame("", b""), *frames({"type": "ping"}, {"type": "invented_later", "x": 1})]
    chunks, _ = play(CODEC, [*sent[:2], *more, *sent[2:]])
    assert len(chunks) == 4


def test_a_stream_that_ends_early_never_looks_finished() -> None:
    sent = message_events(TEXT)
    assert COMPLETION.stream is not None
    decoder = COMPLETION.stream(target(), {})
    told = [chunk for frame in sent[:-1] for chunk in decoder.feed(frame)]
    assert not any(choice.finish_reason for choice in choices(told))
    assert not decoder.complete
    with pytest.raises(StreamTruncatedError):
        list(decoder.finish())


def test_what_follows_the_end_is_not_read() -> None:
    chunks, _ = play(CODEC, [*message_events(TEXT), Frame("", b"{"), *message_events(TEXT)])
    assert len(chunks) == 4


def test_another_message_inside_means_that_the_first_was_cut() -> None:
    other = frames({"type": "message_start", "message": whole() | {"id": "msg_2"}})
    with pytest.raises(StreamTruncatedError, match="msg_2"):
        play(CODEC, [*message_events(TEXT)[:3], *other])


@pytest.mark.parametrize(
    ("frame", "error"),
    [
        (Frame("error", b'{"type":"error","error":{"type":"overloaded_error","message":"?"}}'), OverloadedError),
        (Frame("", b"<html>"), MalformedResponseError),
    ],
)
def test_errors_inside_a_stream_are_raised(frame: Frame, error: type[Exception]) -> None:
    with pytest.raises(error):
        play(CODEC, [*message_events(TEXT)[:3], frame])


def test_a_delta_for_a_call_that_never_began_is_kept_out_of_the_chunks() -> None:
    stray = frames(
        {"type": "content_block_delta", "index": 9, "delta": {"type": "input_json_delta", "partial_json": "{}"}},
        {"type": "content_block_stop", "index": 9},
        {"type": "content_block_stop", "index": 10},
    )
    sent = message_events(TEXT)
    chunks, _ = play(CODEC, [*sent[:-2], *stray, *sent[-2:]])
    assert len(chunks) == 4
    assert MessagesFold().block(9) is None
