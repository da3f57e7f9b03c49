from __future__ import annotations

import msgspec
import pytest

from any_llm.dialects.gemini.embeddings import EMBEDDING
from any_llm.exceptions import InvalidMessageError, MalformedResponseError
from any_llm.spec.dialect import Target
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON
from tests.dialects.gemini.calls import body_of, respond, target, warned

CLOUD = "https://h/v1/projects/p/locations/l/publishers/google"


def on_cloud(model: str) -> Target:
    """Return a model on Vertex AI."""
    return target(model, CLOUD)


def test_an_older_model_predicts_vectors_for_many_texts() -> None:
    options = {"inputs": ["a", "b"], "dimensions": 3, "task_type": "RETRIEVAL_QUERY", "auto_truncate": False}
    encoded = EMBEDDING.encode(on_cloud("text-embedding-005"), options)
    assert encoded.path == "/models/text-embedding-005:predict"
    assert body_of(encoded) == {
        "instances": [
            {"content": "a", "task_type": "RETRIEVAL_QUERY"},
            {"content": "b", "task_type": "RETRIEVAL_QUERY"},
        ],
        "parameters": {"outputDimensionality": 3, "autoTruncate": False},
    }
    alone = EMBEDDING.encode(on_cloud("gemini-embedding-001"), {"inputs": "a"})
    assert body_of(alone) == {"instances": [{"content": "a"}]}


def test_a_multimodal_model_takes_instances_and_gives_several_vectors() -> None:
    instance = {"text": "a", "image": {"gcsUri": "gs://b"}}
    encoded = EMBEDDING.encode(on_cloud("multimodalembedding@001"), {"inputs": [instance]})
    assert body_of(encoded) == {"instances": [instance]}
    prediction = {"textEmbedding": [1], "imageEmbedding": [2], "videoEmbeddings": [{"embedding": [3]}]}
    answer = EMBEDDING.decode(on_cloud("m"), respond({"predictions": [prediction]}))
    assert [list(row.embedding) for row in answer.data] == [[1], [2], [3]]
    assert answer.usage is None
    with pytest.raises(InvalidMessageError):
        EMBEDDING.encode(on_cloud("multimodalembedding@001"), {"inputs": [7]})


def test_predicted_vectors_are_read_with_their_tokens() -> None:
    predictions = [
        {"embeddings": {"values": [1, 2], "statistics": {"token_count": 3}}},
        {"embeddings": {"values": [4]}},
    ]
    answer = EMBEDDING.decode(
        on_cloud("m"), respond({"predictions": predictions, "metadata": {"billableCharacterCount": 9}})
    )
    assert [list(row.embedding) for row in answer.data] == [[1, 2], [4]]
    assert answer.usage is not None
    assert answer.usage.prompt_tokens == 3
    assert answer.model_extra["metadata"] == {"billableCharacterCount": 9}
    with pytest.raises(MalformedResponseError):
        EMBEDDING.decode(on_cloud("m"), respond({"predictions": [{}]}))


def test_a_later_model_is_asked_text_by_text() -> None:
    options: dict[str, JSON] = {"inputs": ["a", "b"], "dimensions": 3, "user": None}
    model = on_cloud("gemini-embedding-2")
    encoded = EMBEDDING.encode(model, options)
    assert encoded.path == "/models/gemini-embedding-2:embedContent"
    assert body_of(encoded) == {
        "content": {"parts": [{"text": "a"}]},
        "embedContentConfig": {"outputDimensionality": 3},
    }
    assert ("emulated", "inputs") in warned(encoded)
    assert EMBEDDING.follow_up is not None
    first = respond({"embedding": {"values": [1]}, "usageMetadata": {"promptTokenCount": 2, "totalTokenCount": 2}})
    asked = EMBEDDING.follow_up(model, options, first)
    assert asked is not None
    assert body_of(asked.encoded)["content"] == {"parts": [{"text": "b"}]}
    second = HttpResponse(200, {}, msgspec.json.encode({"embedding": {"values": [2]}}), (first,))
    assert EMBEDDING.follow_up(model, options, second) is None
    answer = EMBEDDING.decode(model, second)
    assert [list(row.embedding) for row in answer.data] == [[1], [2]]
    assert answer.usage is not None
    assert answer.usage.total_tokens == 2


def test_one_text_needs_one_request() -> None:
    model = on_cloud("gemini-embedding-2")
    encoded = EMBEDDING.encode(model, {"inputs": "a"})
    assert body_of(encoded) == {"content": {"parts": [{"text": "a"}]}}
    assert encoded.warnings == ()
    assert EMBEDDING.follow_up is not None
    answer = respond({"embedding": {"values": [1]}})
    assert EMBEDDING.follow_up(model, {"inputs": "a"}, answer) is None
    assert EMBEDDING.follow_up(target(), {"inputs": ["a", "b"]}, answer) is None
