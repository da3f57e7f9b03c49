"""Reranking, moderation, counting tokens, single models, stored answers."""

from __future__ import annotations

import json

import pytest

from any_llm.exceptions import AuthenticationError, MalformedResponseError, ModelNotFoundError, ProviderError
from any_llm.spec.provider import Operation
from any_llm.types.json import JSON, JSONObject
from tests.dialects.openai.operations import answer, body_of, decode, encode, target, warned

RERANK, MODERATE, COUNT = Operation.RERANK, Operation.MODERATION, Operation.COUNT_TOKENS


def test_documents_are_ranked_best_first() -> None:
    encoded = encode(RERANK, target("llamacpp"), query="q", documents=["a", "b"], top_n=2)
    assert encoded.path == "/rerank"
    assert body_of(encoded) == {"model": "m", "query": "q", "documents": ["a", "b"], "top_n": 2}
    rows = [{"index": 0, "relevance_score": -4.5}, {"index": 1, "relevance_score": 0.5, "document": {"text": "b"}}]
    ranked = decode(RERANK, {"model": "m", "results": rows, "usage": {"total_tokens": 5}})
    assert [(row.index, row.relevance_score) for row in ranked.results] == [(1, 0.5), (0, -4.5)]
    assert (ranked.usage.total_tokens, ranked.results[0].model_extra) == (5, {"document": {"text": "b"}})


def test_a_ranking_by_other_names_is_read() -> None:
    ranked = decode(RERANK, {"data": [{"index": 3, "score": 0.5}]})
    assert (ranked.results[0].index, ranked.results[0].relevance_score) == (3, 0.5)
    assert decode(RERANK, {"results": []}).results == []


def test_what_is_no_ranking_is_an_error() -> None:
    with pytest.raises(ModelNotFoundError):
        decode(RERANK, {"error": {"code": "model_not_found"}})
    for body in ({"x": 1}, {"results": ["a"]}, [1]):
        with pytest.raises(MalformedResponseError):
            decode(RERANK, body)


def test_moderation_may_leave_the_model_to_the_provider() -> None:
    encoded = encode(MODERATE, target(model=""), input=["a"], include_raw=True)
    assert (encoded.path, body_of(encoded)) == ("/moderations", {"input": ["a"]})
    assert body_of(encode(MODERATE, target(), input="a")) == {"model": "m", "input": "a"}


def test_a_moderation_is_read() -> None:
    row = {"flagged": True, "categories": {"hate": True}, "category_scores": {"hate": 0.9}}
    found = decode(MODERATE, {"id": "modr", "model": "m", "results": [row]}).results[0]
    assert (found.flagged, found.categories, found.category_scores) == (True, {"hate": True}, {"hate": 0.9})
    with pytest.raises(AuthenticationError):
        decode(MODERATE, {"error": {"code": "invalid_api_key"}})
    with pytest.raises(MalformedResponseError):
        decode(MODERATE, {"id": "modr"})


CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
CUSTOM = {"id": "c2", "type": "custom", "custom": {"name": "g", "input": "x"}}
MESSAGES: list[JSONObject] = [
    {"role": "system", "content": "Be kind."},
    {
        "role": "user",
        "content": [
            {"type": "text", "text": "Look."},
            {"type": "image_url", "image_url": {"url": "u", "detail": "low"}},
            {"type": "image_url", "image_url": "v"},
            {"type": "file", "file": {"file_id": "f1"}},
            {"type": "input_file", "file_id": "f2"},
            {"type": "input_audio", "input_audio": {"data": "", "format": "wav"}},
        ],
    },
    {"role": "assistant", "content": [{"type": "text", "text": "Hm."}], "tool_calls": [CALL, CUSTOM]},
    {"role": "tool", "tool_call_id": "c1", "content": [{"type": "text", "text": "1"}, {"type": "text", "text": "2"}]},
    {"role": "function", "name": "f", "content": None},
    {"role": "assistant", "content": "", "refusal": "No."},
]
ITEMS: list[JSONObject] = [
    {"role": "system", "content": "Be kind."},
    {
        "role": "user",
        "content": [
            {"type": "input_text", "text": "Look."},
            {"type": "input_image", "image_url": "u", "detail": "low"},
            {"type": "input_image", "image_url": "v"},
            {"type": "input_file", "file_id": "f1"},
            {"type": "input_file", "file_id": "f2"},
        ],
    },
    {"role": "assistant", "content": [{"type": "output_text", "text": "Hm."}]},
    {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"},
    {"type": "custom_tool_call", "call_id": "c2", "name": "g", "input": "x"},
    {"type": "function_call_output", "call_id": "c1", "output": "12"},
    {"type": "function_call_output", "call_id": "f", "output": ""},
    {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]},
]


def test_messages_are_counted_as_input_items() -> None:
    encoded = encode(COUNT, target(), messages=MESSAGES)
    assert encoded.path == "/responses/input_tokens"
    assert body_of(encoded) == {"model": "m", "input": ITEMS}
    assert warned(encoded) == ["dropped messages[1].content[5]"]


def test_what_else_takes_tokens_is_counted_too() -> None:
    tool = {"type": "function", "function": {"name": "f", "parameters": {}}}
    choice = {"type": "function", "function": {"name": "f"}}
    said: JSONObject = {"tools": [tool], "tool_choice": choice, "reasoning_effort": "low", "system": "Be kind."}
    body = body_of(encode(COUNT, target(), messages=[], truncation="auto", **said))
    assert body == {
        "model": "m",
        "input": [],
        "truncation": "auto",
        "instructions": "Be kind.",
        "tools": [{"type": "function", "name": "f", "parameters": {}}],
        "tool_choice": {"type": "function", "name": "f"},
        "reasoning": {"effort": "low"},
    }
    blocks = [{"type": "text", "text": "Be"}, {"type": "text", "text": "kind."}]
    assert body_of(encode(COUNT, target(), messages=[], system=blocks))["instructions"] == "Be\nkind."


def test_a_count_is_read() -> None:
    assert decode(COUNT, {"object": "response.input_tokens", "input_tokens": 11}).input_tokens == 11
    assert decode(COUNT, {"input_tokens": 0}).input_tokens == 0
    with pytest.raises(MalformedResponseError):
        decode(COUNT, {"object": "x"})


def test_a_model_is_asked_about_by_its_name() -> None:
    assert encode(Operation.RETRIEVE_MODEL, target(model="a/b:c d")).path == "/models/a/b:c%20d"


@pytest.mark.parametrize("body", [{"id": "a", "created": 7}, {"data": {"id": "a"}}, {"model_id": "a"}])
def test_a_model_is_read(body: JSONObject) -> None:
    assert decode(Operation.RETRIEVE_MODEL, body).id == "a"


def test_what_is_no_model_is_an_error() -> None:
    with pytest.raises(ProviderError, match="broke"):
        decode(Operation.RETRIEVE_MODEL, {"error": {"message": "It broke."}})
    with pytest.raises(MalformedResponseError, match="names none"):
        decode(Operation.RETRIEVE_MODEL, {"created": 7})


@pytest.mark.parametrize(
    ("operation", "method", "path"),
    [
        (Operation.RETRIEVE_RESPONSE, "", "/responses/r1"),
        (Operation.CANCEL_RESPONSE, "POST", "/responses/r1/cancel"),
        (Operation.DELETE_RESPONSE, "DELETE", "/responses/r1"),
    ],
)
def test_a_stored_answer_is_asked_about_by_its_id(operation: Operation, method: str, path: str) -> None:
    encoded = encode(operation, target(), response_id="r1")
    assert (encoded.method, encoded.path, encoded.body) == (method, path, b"")


def test_parameters_of_a_stored_answer_go_into_the_query() -> None:
    encoded = encode(Operation.RETRIEVE_RESPONSE, target(), response_id="r1", include=["a", "b"], stream=False)
    assert encoded.path == "/responses/r1?include=a&include=b&stream=false"


def test_a_stored_answer_and_its_end_are_read() -> None:
    stored = {"id": "r1", "object": "response", "status": "completed", "output": []}
    assert decode(Operation.RETRIEVE_RESPONSE, stored).status == "completed"
    assert decode(Operation.CANCEL_RESPONSE, {**stored, "status": "cancelled"}).status == "cancelled"
    gone = decode(Operation.DELETE_RESPONSE, {"id": "r1", "deleted": True})
    assert (gone.json, gone.deleted) == ({"id": "r1", "deleted": True}, True)
    assert decode(Operation.DELETE_RESPONSE, answer(b"", 204)).model_extra == {}


def test_a_conversation_is_compacted() -> None:
    items = [{"role": "user", "content": "Hi"}]
    encoded = encode(Operation.COMPACT_RESPONSE, target(), input_data=items, instructions="Be kind.")
    assert encoded.path == "/responses/compact"
    assert body_of(encoded) == {"model": "m", "input": items, "instructions": "Be kind."}
    compacted: JSON = {"id": "r1", "object": "response.compaction", "output": [{"type": "compaction", "id": "c"}]}
    assert decode(Operation.COMPACT_RESPONSE, compacted).output[0].type == "compaction"
    assert json.loads(decode(Operation.COMPACT_RESPONSE, compacted).raw) == compacted
