"""Reading answers in Cohere's and Voyage AI's words."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Mapping

import pytest

from any_llm.testing.reading import read_answer
from any_llm.testing.reading.values import Reading, ToolCall, Usage

SAID = {
    "tool_plan": "I look. ",
    "content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "Hi"}],
    "tool_calls": [{"id": "c1", "function": {"name": "look", "arguments": "{}"}}],
}
USAGE = {
    "tokens": {"input_tokens": 3, "image_tokens": 1, "output_tokens": 2, "reasoning_tokens": 1},
    "cached_tokens": 2,
}
COUNTED = Usage(input=4, output=2, total=6, cached=2, reasoning=1)


def read(api: str, *documents: object, kind: str = "application/json", status: int = 200) -> Reading:
    return read_answer(f"cohere.{api}", status, kind, b"\n".join(json.dumps(one).encode() for one in documents))


def read_events(*events: Mapping[str, object], done: bool = True) -> Reading:
    frames = [f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events]
    body = "".join(frames) + ("data: [DONE]\n\n" if done else "")
    return read_answer("cohere.v2.chat", 200, "text/event-stream", body.encode())


def delta(kind: str, message: Mapping[str, object]) -> Mapping[str, object]:
    return {"type": kind, "index": 0, "delta": {"message": message}}


def error_of(reading: Reading) -> str | None:
    return reading.failure.error if reading.failure else None


def test_a_whole_chat_of_version_2_is_read() -> None:
    answer = read("v2.chat", {"id": "i1", "message": SAID, "finish_reason": "MAX_TOKENS", "usage": USAGE})
    assert (answer.ids, answer.first.text, answer.first.reasoning) == (("i1",), "I look. Hi", "hm")
    assert answer.first.tool_calls == (ToolCall("c1", "look", "{}"),)
    assert (answer.first.finish_reason, answer.first.chat_finish_reason) == ("MAX_TOKENS", "length")
    assert answer.usage == COUNTED
    assert error_of(read("v2.chat", {"message": "gone"})) == "ProviderError"
    assert error_of(read("v2.chat", {"a": 1})) == error_of(read("v2.chat", [])) == "MalformedResponseError"


def test_a_streamed_chat_of_version_2_is_read() -> None:
    call = {"id": "c1", "function": {"name": "look"}}
    events: list[Mapping[str, object]] = [
        {"type": "message-start", "id": "i1"},
        delta("tool-plan-delta", {"tool_plan": "I look. "}),
        delta("content-start", {"content": {"type": "thinking", "thinking": "hm"}}),
        delta("content-delta", {"content": {"text": "Hi"}}),
        delta("tool-call-start", {"tool_calls": call}),
        delta("tool-call-delta", {"tool_calls": {"function": {"arguments": "{}"}}}),
        delta("citation-start", {}),
    ]
    end = {"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": USAGE}}
    answer = read_events(*events, end)
    assert (answer.streamed, answer.ids, answer.first.text, answer.first.reasoning) == (
        True,
        ("i1",),
        "I look. Hi",
        "hm",
    )
    assert (answer.first.tool_calls, answer.first.chat_finish_reason) == ((ToolCall("c1", "look", "{}"),), "tool_calls")
    assert answer.usage == COUNTED
    assert error_of(read_events(*events)) == "StreamTruncatedError"
    assert error_of(read_events({"type": "message-end", "delta": {"finish_reason": "ERROR"}})) == "ProviderError"
    cut = b'data: {"type": "message-end"'
    assert error_of(read_answer("cohere.v2.chat", 200, "text/event-stream", cut)) == "MalformedResponseError"


def test_chats_of_version_1_are_read_whole_and_as_lines() -> None:
    meta = {"billed_units": {"input_tokens": 3, "output_tokens": 2}}
    called = {"name": "look", "parameters": {}}
    whole = {"text": "Hi", "generation_id": "g1", "tool_calls": [called], "meta": meta}
    answer = read("v1.chat", whole)
    assert (answer.ids, answer.first.text, answer.first.chat_finish_reason) == (("g1",), "Hi", "tool_calls")
    assert answer.usage == Usage(input=3, output=2, total=5)
    lines = [{"event_type": "text-generation", "text": text} for text in ("H", "i")]
    end = {"event_type": "stream-end", "finish_reason": "COMPLETE", "response": whole}
    streamed = read("v1.chat", *lines, end)
    assert (streamed.streamed, streamed.first.text, streamed.usage, streamed.notes) == (True, "Hi", answer.usage, ())
    assert read("v1.chat", lines[0], end).notes == ("the end does not repeat what the pieces say",)
    assert error_of(read("v1.chat", *lines)) == "StreamTruncatedError"
    assert error_of(read("v1.chat", {"message": "gone"})) == "ProviderError"
    assert error_of(read("v1.chat", {"a": 1})) == "MalformedResponseError"
    assert error_of(read_answer("cohere.v1.chat", 200, "", b'{"event_type')) == "MalformedResponseError"


def test_generations_are_read() -> None:
    generations = [{"text": "a", "finish_reason": "MAX_TOKENS"}, {"text": "b", "finish_reason": "NEW"}]
    answer = read("v1.generate", {"id": "r1", "generations": generations})
    assert [choice.text for choice in answer.choices] == ["a", "b"]
    assert [choice.chat_finish_reason for choice in answer.choices] == ["length", "NEW"]
    assert (answer.ids, answer.usage) == (("r1",), None)


def test_vectors_are_read_by_their_kinds() -> None:
    packed = base64.b64encode(struct.pack("<2f", 0.5, -1)).decode()
    billed = {"meta": {"billed_units": {"input_tokens": 2, "image_tokens": 1}}}
    assert read("v1.embed", {"embeddings": [[0.5, -1]], **billed}).embeddings == ((0.5, -1.0),)
    kinds = read("v2.embed", {"embeddings": {"int8": [[1]], "base64": [packed]}, **billed})
    assert (kinds.embeddings, kinds.usage) == (((0.5, -1.0),), Usage(input=3, total=3))
    rows = {"data": [{"embedding": packed}], "model": "m", "usage": {"total_tokens": 4}}
    voyage = read_answer("voyage.embeddings", 200, "", json.dumps(rows).encode())
    assert (voyage.embeddings, voyage.models, voyage.usage) == (((0.5, -1.0),), ("m",), Usage(input=4, total=4))
    assert error_of(read("v2.embed", {"message": "gone"})) == "ProviderError"
    wrongs: list[object] = [{}, {"embeddings": ["a"]}, []]
    for wrong in wrongs:
        assert error_of(read("v2.embed", wrong)) == "MalformedResponseError"


def test_rankings_models_and_tokens_are_read() -> None:
    rows = [{"index": 0, "relevance_score": 0.25}, {"index": 1, "relevance_score": 0.5}, {"index": 2}]
    assert read("v2.rerank", {"results": rows}).facts == {"results": [[1, 0.5], [0, 0.25], [2, None]]}
    assert read("v1.models", {"models": [{"name": "m"}]}).listed == ("m",)
    assert read("v1.models", {"name": "m", "endpoints": []}).facts == {"id": "m"}
    assert read("v1.tokenize", {"tokens": [1, 2]}).facts == {"input_tokens": 2, "cached_tokens": None}


@pytest.mark.parametrize("api", ["v2.rerank", "v1.models"])
def test_what_is_no_answer_is_a_failure(api: str) -> None:
    assert error_of(read(api, {"message": "gone"})) == "ProviderError"
    assert error_of(read(api, {"a": 1})) == error_of(read(api, 3)) == "MalformedResponseError"
    assert error_of(read(api, {"message": "no"}, status=401)) == "AuthenticationError"
