"""Vendors that embed and rank in OpenAI's and Cohere's shapes, with names of their own for some parameters."""

from __future__ import annotations

import msgspec
import pytest

from any_llm.engine.codecs import codec_of
from any_llm.providers.catalog import BY_NAME
from any_llm.spec.dialect import Encoded, Target
from any_llm.spec.provider import Operation
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON

DOCUMENTS = ["a", "b"]


def encode(name: str, operation: Operation, **options: JSON) -> Encoded:
    record = BY_NAME[name]
    return codec_of(record, operation).encode(Target(provider=record, model="m", base_url=record.base_url), options)


@pytest.mark.parametrize(
    ("name", "path", "body"),
    [
        ("jina", "/rerank", {"documents": DOCUMENTS, "top_n": 1, "return_documents": False}),
        ("mixedbread", "/reranking", {"input": DOCUMENTS, "top_k": 1, "return_input": False}),
        ("zeroentropy", "/models/rerank", {"documents": DOCUMENTS, "top_n": 1}),
        ("voyage", "/rerank", {"documents": DOCUMENTS, "top_k": 1, "return_documents": False}),
    ],
)
def test_documents_are_ranked_in_the_vendors_words(name: str, path: str, body: dict[str, JSON]) -> None:
    options = {"query": "q", "documents": DOCUMENTS, "top_n": 1, "return_documents": False, "max_tokens_per_doc": 9}
    encoded = encode(name, Operation.RERANK, **options)
    assert encoded.path == path
    assert msgspec.json.decode(encoded.body) == {"model": "m", "query": "q", **body}
    assert "max_tokens_per_doc" in {warning.parameter for warning in encoded.warnings}


@pytest.mark.parametrize("rows", ["results", "data"])
def test_rankings_are_read_under_either_name(rows: str) -> None:
    record = BY_NAME["mixedbread"]
    score = "score" if rows == "data" else "relevance_score"
    body = msgspec.json.encode({"model": "m", rows: [{"index": 0, score: 0.25}, {"index": 1, score: 0.5}]})
    target = Target(provider=record, model="m", base_url=record.base_url)
    answer = codec_of(record, Operation.RERANK).decode(target, HttpResponse(200, {}, body))
    assert [(row.index, row.relevance_score) for row in answer.results] == [(1, 0.5), (0, 0.25)]


@pytest.mark.parametrize(
    ("name", "form"), [("jina", "embedding_type"), ("mixedbread", "encoding_format"), ("voyage", "encoding_format")]
)
def test_texts_are_embedded_in_the_vendors_words(name: str, form: str) -> None:
    encoded = encode(name, Operation.EMBEDDING, inputs=["a"], user="u")
    assert encoded.path == "/embeddings"
    assert msgspec.json.decode(encoded.body) == {"model": "m", "input": ["a"], form: "base64"}
    assert [warning.parameter for warning in encoded.warnings] == ["user"]
