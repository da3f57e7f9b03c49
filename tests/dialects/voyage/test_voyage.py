"""Embeddings and reranking in Voyage AI's format."""

from __future__ import annotations

import base64
import struct

import msgspec
import pytest

from any_llm.dialects.voyage import DIALECT
from any_llm.exceptions import AuthenticationError, InvalidRequestError, MalformedResponseError, ProviderError
from any_llm.providers.catalog import BY_NAME
from any_llm.spec.dialect import Encoded, Target
from any_llm.spec.provider import Operation
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject

EMBEDDING, RERANK = DIALECT.operations[Operation.EMBEDDING], DIALECT.operations[Operation.RERANK]
PACKED = base64.b64encode(struct.pack("<2f", 0.5, -1.0)).decode()


def target(model: str = "voyage-3.5") -> Target:
    record = BY_NAME["voyage"]
    return Target(provider=record, model=model, base_url=record.base_url)


def embed(inputs: JSON, model: str = "voyage-3.5", **options: JSON) -> Encoded:
    return EMBEDDING.encode(target(model), {"inputs": inputs, **options})


def body_of(encoded: Encoded) -> JSONObject:
    body: JSONObject = msgspec.json.decode(encoded.body)
    return body


def respond(body: JSON, status: int = 200) -> HttpResponse:
    return HttpResponse(status, {}, msgspec.json.encode(body))


def warned(encoded: Encoded) -> list[tuple[str, str]]:
    return [(warning.kind, warning.parameter) for warning in encoded.warnings]


def test_texts_are_asked_for_as_base64() -> None:
    encoded = embed(["a", "b"], dimensions=256, input_type="query", truncation=False, user="u")
    assert encoded.path == "/embeddings"
    assert body_of(encoded) == {
        "model": "voyage-3.5",
        "input": ["a", "b"],
        "output_dimension": 256,
        "input_type": "query",
        "truncation": False,
        "encoding_format": "base64",
    }
    assert warned(encoded) == [("dropped", "user")]
    assert body_of(embed("a"))["input"] == "a"


def test_other_numbers_than_floats_come_as_numbers() -> None:
    assert "encoding_format" not in body_of(embed("a", encoding_format="float"))
    assert "encoding_format" not in body_of(embed("a", output_dtype="int8"))
    assert body_of(embed("a", output_dtype="float"))["encoding_format"] == "base64"
    refused = embed("a", output_dtype="int8", encoding_format="base64")
    assert "encoding_format" not in body_of(refused)
    assert warned(refused) == [("dropped", "encoding_format")]


def test_lists_of_texts_are_chunks_of_documents() -> None:
    encoded = embed([["a", "b"], ["c"]], "voyage-context-3")
    assert (encoded.path, body_of(encoded)["inputs"]) == ("/contextualizedembeddings", [["a", "b"], ["c"]])
    assert body_of(embed(["a", "b"], "voyage-context-3"))["inputs"] == [["a"], ["b"]]
    assert body_of(embed([["a"]], encoding_format="base64"))["encoding_format"] == "base64"


def test_contents_are_texts_with_images() -> None:
    parts = [
        {"type": "text", "text": "a"},
        {"type": "image_url", "image_url": {"url": "https://h/i.png"}},
        {"type": "image_url", "image_url": "data:image/png;base64,YQ=="},
    ]
    sent = [
        {"type": "text", "text": "a"},
        {"type": "image_url", "image_url": "https://h/i.png"},
        {"type": "image_base64", "image_base64": "data:image/png;base64,YQ=="},
    ]
    encoded = embed(["a", {"content": parts}, parts[1]], "voyage-multimodal-3", encoding_format="base64")
    assert encoded.path == "/multimodalembeddings"
    assert body_of(encoded) == {
        "model": "voyage-multimodal-3",
        "inputs": [{"content": sent[:1]}, {"content": sent}, {"content": [sent[1]]}],
        "output_encoding": "base64",
    }
    with pytest.raises(InvalidRequestError, match="Voyage embeds texts"):
        embed([{"a": 1}])


def test_vectors_are_numbers_or_base64() -> None:
    rows = [{"object": "embedding", "embedding": value, "index": at} for at, value in enumerate([PACKED, [0.5, -1]])]
    answer = EMBEDDING.decode(target(), respond({"data": rows, "model": "m", "usage": {"total_tokens": 3}}))
    assert [list(row.embedding) for row in answer.data] == [[0.5, -1.0]] * 2
    assert (answer.model, answer.usage.prompt_tokens, answer.usage.total_tokens) == ("m", 3, 3)


def test_chunks_are_numbered_through_their_documents() -> None:
    row = {"object": "embedding", "embedding": [0.5], "index": 0}
    documents = [
        {"object": "list", "data": [row, row | {"index": 1}], "index": 0},
        {"object": "list", "data": [row], "index": 1},
    ]
    answer = EMBEDDING.decode(target(), respond({"object": "list", "data": documents, "model": "m"}))
    assert [(row.index, row.model_extra["document"]) for row in answer.data] == [(0, 0), (1, 0), (2, 1)]
    assert answer.usage is None


def test_documents_are_ranked_best_first() -> None:
    documents: list[JSON] = ["a", {"text": "b"}, {"text": "c", "n": 1}]
    encoded = RERANK.encode(
        target("rerank-2.5"), {"query": "q", "documents": documents, "top_n": 2, "truncation": True}
    )
    assert encoded.path == "/rerank"
    assert body_of(encoded) == {
        "model": "rerank-2.5",
        "query": "q",
        "documents": ["a", "b", '{"text":"c","n":1}'],
        "top_k": 2,
        "truncation": True,
    }
    assert warned(encoded) == [("emulated", "documents[2]")]
    assert warned(RERANK.encode(target(), {"query": "q", "documents": [], "max_tokens_per_doc": 3})) == [
        ("dropped", "max_tokens_per_doc")
    ]
    rows = [{"index": 0, "relevance_score": 0.25}, {"index": 1, "relevance_score": 0.5, "document": "b"}]
    answer = RERANK.decode(target(), respond({"data": rows, "model": "m", "usage": {"total_tokens": 4}}))
    assert [(row.index, row.relevance_score) for row in answer.results] == [(1, 0.5), (0, 0.25)]
    assert (answer.usage.total_tokens, answer.results[0].model_extra) == (4, {"document": "b"})


@pytest.mark.parametrize("codec", [EMBEDDING, RERANK], ids=["embedding", "rerank"])
@pytest.mark.parametrize("body", [{}, {"data": [3]}, {"data": None}])
def test_an_answer_that_is_none_is_an_error(codec: JSON, body: JSON) -> None:
    with pytest.raises(MalformedResponseError, match="an answer without"):
        codec.decode(target(), respond(body))
    with pytest.raises(ProviderError, match="down"):
        codec.decode(target(), respond({"detail": "down"}))


@pytest.mark.parametrize(
    ("status", "body", "kind", "message"),
    [
        (400, {"detail": "Model x is not supported"}, InvalidRequestError, "Model x is not supported"),
        (401, {"message": "no"}, AuthenticationError, "no"),
        (422, {"detail": [{"msg": "bad"}]}, InvalidRequestError, '[{"msg":"bad"}]'),
        (500, "text", ProviderError, "HTTP 500 without an explanation"),
    ],
)
def test_an_error_has_the_class_of_its_status(status: int, body: JSON, kind: type[Exception], message: str) -> None:
    error = DIALECT.decode_error(target(), respond(body, status))
    assert (type(error), error.message) == (kind, message)
    assert DIALECT.decode_error(target(), HttpResponse(status, {}, b"<html>")).response_excerpt == "<html>"
