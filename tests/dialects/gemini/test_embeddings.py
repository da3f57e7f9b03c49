"""Embeddings."""

from __future__ import annotations

import pytest

from any_llm.dialects.gemini.embeddings import EMBEDDING
from any_llm.exceptions import InvalidMessageError, MalformedResponseError, RateLimitError
from any_llm.types.json import JSON, JSONObject
from tests.dialects.gemini.calls import body_of, respond, target, warned

MODEL = "gemini-embedding-001"


def test_one_text_is_embedded_by_itself() -> None:
    encoded = EMBEDDING.encode(target(MODEL), {"inputs": "Hi", "dimensions": 5, "encoding_format": "float"})
    assert encoded.path == "/v1beta/models/gemini-embedding-001:embedContent"
    assert body_of(encoded) == {"content": {"parts": [{"text": "Hi"}]}, "outputDimensionality": 5}
    assert encoded.warnings == ()


def test_several_texts_are_embedded_in_one_batch() -> None:
    own = {"parts": [{"inlineData": {"mimeType": "image/png", "data": "AAAA"}}]}
    options = {"inputs": ["a", own], "task_type": "RETRIEVAL_QUERY", "title": None}
    encoded = EMBEDDING.encode(target(MODEL), options)
    assert encoded.path == "/v1beta/models/gemini-embedding-001:batchEmbedContents"
    shared = {"model": "models/gemini-embedding-001", "taskType": "RETRIEVAL_QUERY"}
    assert body_of(encoded) == {
        "requests": [{**shared, "content": {"parts": [{"text": "a"}]}}, {**shared, "content": own}]
    }


def test_what_has_no_words_is_warned_about() -> None:
    assert warned(EMBEDDING.encode(target(MODEL), {"inputs": "Hi", "user": "u"})) == [("dropped", "user")]


@pytest.mark.parametrize(("inputs", "param"), [(7, "inputs"), (["a", [1, 2]], "inputs[1]"), ([{}], "inputs[0]")])
def test_an_input_that_is_no_text_is_named(inputs: JSON, param: str) -> None:
    with pytest.raises(InvalidMessageError) as caught:
        EMBEDDING.encode(target(MODEL), {"inputs": inputs})
    assert caught.value.param == param


def test_vectors_are_arrays_in_the_order_of_the_inputs() -> None:
    body = {
        "embeddings": [{"values": [0.5, 1]}, {"values": [2]}],
        "usageMetadata": {"promptTokenCount": 4, "totalTokenCount": 4},
    }
    answer = EMBEDDING.decode(target(MODEL), respond(body))
    assert [(row.index, list(row.embedding)) for row in answer.data] == [(0, [0.5, 1]), (1, [2])]
    assert answer.model == MODEL
    assert answer.usage is not None
    assert (answer.usage.prompt_tokens, answer.usage.total_tokens) == (4, 4)


def test_one_vector_is_a_list_of_one() -> None:
    answer = EMBEDDING.decode(target(MODEL), respond({"embedding": {"values": [0.5]}}))
    assert [list(row.embedding) for row in answer.data] == [[0.5]]
    assert answer.usage is None


@pytest.mark.parametrize("body", [{}, {"embeddings": []}])
def test_a_body_without_vectors_is_malformed(body: JSONObject) -> None:
    with pytest.raises(MalformedResponseError):
        EMBEDDING.decode(target(MODEL), respond(body))


def test_an_error_inside_a_success_is_raised() -> None:
    with pytest.raises(RateLimitError):
        EMBEDDING.decode(target(MODEL), respond({"error": {"status": "RESOURCE_EXHAUSTED"}}))
