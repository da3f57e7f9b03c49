"""Whole answers in pieces add up to themselves."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from any_llm.pipeline.entry import Entry, Origin, decode_entry, encode_entry, encode_json, kind_of
from any_llm.types.completion import ChatCompletion
from any_llm.types.json import JSON
from any_llm.types.messages import MessageResponse
from any_llm.types.responses import Response
from any_llm.types.value import Value, decode

FUNCTION = {"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}, "vendor": 1}
USAGE = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3, "prompt_tokens_details": {"cached_tokens": 1}}
LOGPROBS: JSON = {"content": [{"token": "a", "logprob": -0.5, "bytes": None, "top_logprobs": []}], "refusal": None}
COMPLETION: JSON = {
    "id": "x",
    "object": "chat.completion",
    "created": 5,
    "model": "m",
    "service_tier": "flex",
    "system_fingerprint": "fp",
    "choices": [
        {
            "index": 0,
            "finish_reason": "tool_calls",
            "logprobs": LOGPROBS,
            "seen": True,
            "message": {
                "role": "assistant",
                "content": "text",
                "reasoning_content": "thought",
                "reasoning": "thought",
                "tool_calls": [FUNCTION, {**FUNCTION, "id": "d"}],
                "annotations": [{"type": "url_citation"}],
                "mood": "good",
                "images": [{"type": "image_url"}],
                "audio": {"id": "a", "data": "AAAA"},
                "extra_content": {"v": {"s": "1"}},
            },
        },
        {
            "index": 1,
            "finish_reason": "function_call",
            "message": {
                "role": "assistant",
                "content": None,
                "refusal": "",
                "function_call": {"name": "g", "arguments": "{}"},
            },
        },
    ],
    "usage": USAGE,
    "citations": ["u"],
}
MESSAGE: JSON = {
    "id": "msg",
    "type": "message",
    "role": "assistant",
    "model": "m",
    "stop_reason": "tool_use",
    "stop_sequence": None,
    "content": [
        {"type": "thinking", "thinking": "hm", "signature": "s"},
        {"type": "text", "text": "hello", "citations": None},
        {"type": "tool_use", "id": "t", "name": "f", "input": {"a": [1]}},
        {"type": "tool_use", "id": "u", "name": "g", "input": {}},
        {"type": "redacted_thinking", "data": "xx"},
        {"type": "brand_new", "vendor": 1},
    ],
    "usage": {"input_tokens": 3, "output_tokens": 4, "cache_read_input_tokens": 2},
    "vendor": {"a": 1},
}
RESPONSE: JSON = {
    "id": "resp",
    "object": "response",
    "created_at": 4,
    "status": "completed",
    "model": "m",
    "vendor": 1,
    "output": [
        {"type": "reasoning", "id": "r", "summary": [{"type": "summary_text", "text": "hm"}], "encrypted_content": "e"},
        {
            "type": "message",
            "id": "a",
            "role": "assistant",
            "status": "completed",
            "content": [
                {"type": "output_text", "text": "hello", "annotations": [], "logprobs": []},
                {"type": "refusal", "refusal": "no"},
            ],
        },
        {"type": "function_call", "id": "f", "call_id": "c", "name": "f", "arguments": "{}", "status": "completed"},
        {"type": "brand_new", "id": "b"},
    ],
    "usage": {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3},
}
ANSWERS: list[tuple[str, type[Value], JSON]] = [
    ("completion", ChatCompletion, COMPLETION),
    ("messages", MessageResponse, MESSAGE),
    ("responses", Response, RESPONSE),
]
each_answer: Callable[..., JSON] = pytest.mark.parametrize(("operation", "kind", "tree"), ANSWERS)


def answer(kind: type[Value], tree: JSON) -> JSON:
    return decode(kind, json.dumps(tree).encode())


def entry_of(operation: str, value: JSON, **members: JSON) -> Entry:
    kept = Entry(made=1.0, ttl=2.0, origin=Origin(operation=operation), **members)
    if not members:
        kept = Entry(
            made=1.0, ttl=2.0, origin=Origin(operation=operation), answer=encode_json(value), raw=b"as it came"
        )
    again = decode_entry(encode_entry(kept))
    assert again is not None
    return again


@each_answer
def test_the_pieces_of_a_whole_answer_add_up_to_it(operation: str, kind: type[Value], tree: JSON) -> None:
    whole, types = answer(kind, tree), kind_of(operation)
    assert types.unfold is not None
    adding = types.fold()
    for piece in types.unfold(whole, {}):
        adding.add(piece)
    assert adding.result() == whole
    assert whole == answer(kind, tree)


@each_answer
def test_an_answer_is_kept_with_all_its_fields_and_its_bytes(operation: str, kind: type[Value], tree: JSON) -> None:
    whole = answer(kind, tree)
    kept = entry_of(operation, whole)
    again = kept.whole()
    assert again == whole
    assert again.model_extra == whole.model_extra
    assert again.model_fields_set == whole.model_fields_set
    assert again.raw == b"as it came"
    assert again.to_dict() == whole.to_dict()


@each_answer
def test_pieces_are_kept_as_they_are_and_add_up(operation: str, kind: type[Value], tree: JSON) -> None:
    whole, types = answer(kind, tree), kind_of(operation)
    assert types.unfold is not None
    pieces = types.unfold(whole, {})
    kept = entry_of(operation, whole, pieces=[encode_json(piece) for piece in pieces], times=[0.0] * len(pieces))
    assert kept.streamed({}) == pieces
    assert kept.whole() == whole
    assert kept.whole().raw == b""
    assert len(kept.streamed({"stream_options": {"include_usage": True}})) >= len(pieces)


def test_usage_stands_apart_where_that_was_asked_for() -> None:
    kept = entry_of("completion", answer(ChatCompletion, COMPLETION))
    pieces = kept.streamed({"stream_options": {"include_usage": True}})
    assert pieces[-1].choices == []
    assert pieces[-1].usage.total_tokens == 3
    assert all(piece.usage is None for piece in pieces[:-1])
    assert kept.streamed({})[-1].usage.total_tokens == 3


def test_an_answer_without_choices_or_usage_has_no_pieces() -> None:
    kept = entry_of("completion", ChatCompletion(id="1"))
    assert kept.streamed({}) == []


@pytest.mark.parametrize(("status", "event"), [("incomplete", "response.incomplete"), ("failed", "response.failed")])
def test_a_response_ends_as_it_did(status: str, event: str) -> None:
    pieces = entry_of("responses", answer(Response, {**RESPONSE, "status": status})).streamed({})
    assert pieces[-1].type == event
    assert [piece.sequence_number for piece in pieces] == list(range(len(pieces)))


@pytest.mark.parametrize(
    "kept",
    [b"", b"{}", b"[]", b'{"version": 7}', encode_entry(Entry(made=1, ttl=1, origin=Origin(operation="speech")))],
)
def test_what_is_no_entry_counts_as_absent(kept: bytes) -> None:
    assert decode_entry(kept) is None


@pytest.mark.parametrize("operation", ["embedding", "rerank", "moderation", "count_tokens", "text_completion"])
def test_every_operation_that_can_be_kept_has_its_types(operation: str) -> None:
    kind = kind_of(operation)
    value = kind.whole()
    assert entry_of(operation, value).whole() == value
    assert (kind.unfold is None) == (operation != "text_completion")


def test_a_text_completion_is_its_own_only_piece() -> None:
    value = kind_of("text_completion").whole()
    assert entry_of("text_completion", value).streamed({}) == [value]


def told(value: Value) -> bytes:
    return bytes(encode_json(value))


def test_json_that_was_sent_is_kept_as_it_stands_until_the_value_is_changed() -> None:
    raw = json.dumps(COMPLETION).encode()
    assert bytes(encode_json(decode(ChatCompletion, raw))) == raw
    deviating = json.dumps({**COMPLETION, "created": "late"}).encode()
    assert json.loads(told(decode(ChatCompletion, deviating)))["created"] == "late"
    changed = decode(ChatCompletion, raw)
    changed.choices[0].message.content = "changed"
    assert json.loads(told(changed))["choices"][0]["message"]["content"] == "changed"
    inner = decode(ChatCompletion, raw)
    vars(inner.choices[0].message)["mood"] = "bad"
    assert json.loads(told(inner))["choices"][0]["message"]["mood"] == "bad"
    outer = decode(ChatCompletion, raw)
    vars(outer)["citations"] = []
    assert json.loads(told(outer))["citations"] == []
