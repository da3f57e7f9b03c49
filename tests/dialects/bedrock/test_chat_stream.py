"""Streamed answers of Converse as chunks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from any_llm.dialects.bedrock import COMPLETION
from any_llm.exceptions import (
    MalformedResponseError,
    OverloadedError,
    ProviderError,
    RateLimitError,
    StreamTruncatedError,
)
from any_llm.types.completion import ChatCompletion, ChatCompletionChunk, ChunkChoice
from any_llm.types.http import Frame
from any_llm.types.json import JSON, JSONObject
from tests.dialects.bedrock.calls import HELLO, MODEL, decode, events, frames, play, target, turns

TEXT: list[JSONObject] = [{}, {"text": "Pa"}, {"text": "ris"}]
CALL: list[JSONObject] = [
    {"toolUse": {"toolUseId": "c1", "name": "look"}},
    {"toolUse": {"input": '{"a":'}},
    {"toolUse": {"input": "1}"}},
]
SILENT: list[JSONObject] = [
    {"toolUse": {"toolUseId": "c2", "name": "wait", "type": "tool_use"}},
    {"toolUse": {"input": ""}},
]
THOUGHT: list[JSONObject] = [
    {},
    {"reasoningContent": {"text": "Hm"}},
    {"reasoningContent": {"text": "."}},
    {"reasoningContent": {"signature": "c2ln"}},
]
HIDDEN: list[JSONObject] = [{}, {"reasoningContent": {"redactedContent": "c2VjcmV0"}}]
UNSIGNED: list[JSONObject] = [{}, {"reasoningContent": {"text": "Ah"}}]
CITED: list[JSONObject] = [{}, {"citation": {"title": "policy"}}, {"text": "20 days"}]
FORM: list[JSONObject] = [
    {"toolUse": {"toolUseId": "f", "name": "any_llm_structured_output"}},
    {"toolUse": {"input": '{"a":1}'}},
]
SERVED: list[JSONObject] = [
    {"toolUse": {"toolUseId": "s", "name": "run", "type": "server_tool_use"}},
    {"toolUse": {"input": '{"x":2}'}},
]
RESULT: list[JSONObject] = [
    {"toolResult": {"toolUseId": "s", "status": "success", "type": "run_result"}},
    {"toolResult": [{"json": {"out": 2}}]},
]
IMAGE: list[JSONObject] = [{"image": {"format": "png"}}, {"image": {"source": {"bytes": "AA=="}}}]

WHOLE: dict[int, JSONObject] = {
    id(TEXT): {"text": "Paris"},
    id(CALL): {"toolUse": {"toolUseId": "c1", "name": "look", "input": {"a": 1}}},
    id(SILENT): {"toolUse": {"toolUseId": "c2", "name": "wait", "type": "tool_use", "input": {}}},
    id(THOUGHT): {"reasoningContent": {"reasoningText": {"text": "Hm.", "signature": "c2ln"}}},
    id(HIDDEN): {"reasoningContent": {"redactedContent": "c2VjcmV0"}},
    id(UNSIGNED): {"reasoningContent": {"reasoningText": {"text": "Ah"}}},
    id(CITED): {"citationsContent": {"content": [{"text": "20 days"}], "citations": [{"title": "policy"}]}},
    id(FORM): {"toolUse": {"toolUseId": "f", "name": "any_llm_structured_output", "input": {"a": 1}}},
    id(SERVED): {"toolUse": {"toolUseId": "s", "name": "run", "type": "server_tool_use", "input": {"x": 2}}},
    id(RESULT): {
        "toolResult": {
            "toolUseId": "s",
            "status": "success",
            "type": "run_result",
            "content": [{"json": {"out": 2}}],
        }
    },
    id(IMAGE): {"image": {"format": "png", "source": {"bytes": "AA=="}}},
}
BLOCKS = [TEXT, CALL, SILENT, THOUGHT, HIDDEN, UNSIGNED, CITED, FORM, SERVED, RESULT, IMAGE]


def stream(*blocks: list[JSONObject], **options: JSON) -> tuple[list[ChatCompletionChunk], ChatCompletion]:
    chunks, completion = play(events(*blocks), **options)
    return cast("list[ChatCompletionChunk]", chunks), cast("ChatCompletion", completion)


def choices(chunks: Sequence[ChatCompletionChunk]) -> list[ChunkChoice]:
    return [choice for chunk in chunks for choice in chunk.choices]


def comparable(completion: ChatCompletion) -> JSON:
    """Return an answer without its id, and with no text where there is an empty one."""
    dumped: JSONObject = completion.model_dump(exclude_none=True)
    message = dumped["choices"][0]["message"]
    dumped["choices"][0]["message"] = {name: value for name, value in message.items() if value != ""}
    return {**dumped, "id": "", "object": ""}


@given(blocks=st.lists(st.sampled_from(BLOCKS), max_size=6), reason=st.sampled_from(["end_turn", "tool_use", "x"]))
def test_a_stream_adds_up_to_the_whole_answer(blocks: list[list[JSONObject]], reason: str) -> None:
    completion = cast("ChatCompletion", play(events(*blocks, stop=reason))[1])
    same = decode(*(WHOLE[id(block)] for block in blocks), stopReason=reason)
    assert comparable(completion) == comparable(same)
    if blocks:
        assert turns(HELLO, completion.choices[0].message, HELLO) == turns(HELLO, same.choices[0].message, HELLO)


def test_text_comes_as_it_is_written() -> None:
    chunks, _ = stream(TEXT)
    assert [choice.delta.content for choice in choices(chunks)] == ["", "Pa", "ris", None]
    assert [choice.delta.role for choice in choices(chunks)] == ["assistant", None, None, None]
    assert {chunk.model for chunk in chunks} == {MODEL}


def test_calls_are_numbered_from_zero() -> None:
    chunks, completion = stream(TEXT, CALL, SILENT)
    pieces = [call for choice in choices(chunks) for call in choice.delta.tool_calls or ()]
    assert [piece.index for piece in pieces] == [0, 0, 0, 1, 1]
    assert [piece.id for piece in pieces] == ["c1", None, None, "c2", None]
    calls = completion.choices[0].message.tool_calls or []
    assert [call.function.arguments for call in calls] == ['{"a":1}', "{}"]


def test_the_usage_is_in_the_last_chunk() -> None:
    chunks, completion = stream(TEXT)
    assert [chunk.usage is not None for chunk in chunks] == [False, False, False, True]
    assert choices(chunks)[-1].finish_reason == "stop"
    assert completion.model_extra == {"metrics": {"latencyMs": 7}}


def test_the_usage_comes_apart_where_it_was_asked_for() -> None:
    chunks, completion = stream(TEXT, stream_options={"include_usage": True})
    assert chunks[-1].choices == []
    assert chunks[-2].usage is None
    assert completion.usage is not None
    assert completion.usage.total_tokens == 8


def test_metadata_may_come_before_the_end() -> None:
    sent = events(TEXT)
    chunks, completion = play([*sent[:-2], sent[-1], sent[-2]])
    assert len(chunks) == 4
    assert completion.usage.total_tokens == 8


def test_a_stream_without_metadata_is_complete_when_its_bytes_are() -> None:
    assert COMPLETION.stream is not None
    decoder = COMPLETION.stream(target(), {})
    told = [chunk for frame in events(TEXT, usage=False) for chunk in decoder.feed(frame)]
    assert not any(choice.finish_reason for choice in choices(told))
    assert not decoder.complete
    (last,) = decoder.finish()
    assert last.choices[0].finish_reason == "stop"
    assert last.usage is None
    assert decoder.complete


def test_a_stream_that_ends_early_never_looks_finished() -> None:
    with pytest.raises(StreamTruncatedError):
        play(events(TEXT)[:-2])


def test_events_of_later_inventions_are_no_chunks() -> None:
    sent = events(TEXT)
    strange = frames(("tokensPondered", {"n": 3}), ("contentBlockStop", {"contentBlockIndex": 9}))
    assert len(play([sent[0], *strange, *sent[1:]])[0]) == 4


def test_a_block_without_a_number_is_the_first() -> None:
    sent = frames(
        ("contentBlockDelta", {"delta": {"text": "x"}}),
        ("contentBlockStop", {"contentBlockIndex": "0"}),
        ("messageStop", {"stopReason": "end_turn"}),
    )
    _, completion = play(sent)
    assert completion.choices[0].message.content == "x"


def test_an_input_that_is_cut_stays_the_text_that_was_written() -> None:
    cut: list[JSONObject] = [CALL[0], {"toolUse": {"input": '{"a'}}]
    _, completion = stream(cut)
    calls = completion.choices[0].message.tool_calls or []
    assert calls[0].function.arguments == '{"a'


@pytest.mark.parametrize(
    ("kind", "body", "error"),
    [
        ("throttlingException", {"message": "Slow down"}, RateLimitError),
        ("serviceUnavailableException", {"message": "?"}, OverloadedError),
        ("internalServerException", {}, ProviderError),
        ("modelStreamErrorException", {"originalStatusCode": 429, "originalMessage": "Busy"}, RateLimitError),
        ("modelStreamErrorException", {"message": "?"}, ProviderError),
    ],
)
def test_errors_inside_a_stream_are_raised(kind: str, body: JSONObject, error: type[Exception]) -> None:
    sent = [*events(TEXT)[:2], Frame(f"exception:{kind}", msgspec.json.encode(body))]
    with pytest.raises(error) as caught:
        play(sent)
    assert type(caught.value) is error


@pytest.mark.parametrize("data", [b"<html>", b"[]"])
def test_an_event_that_cannot_be_understood_is_malformed(data: bytes) -> None:
    with pytest.raises(MalformedResponseError):
        play([Frame("contentBlockDelta", data)])


def test_hidden_thoughts_that_are_not_base64_are_malformed() -> None:
    with pytest.raises(MalformedResponseError, match="not base64"):
        stream([{}, {"reasoningContent": {"redactedContent": "?"}}])
