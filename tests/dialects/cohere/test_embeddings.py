"""Embeddings of Cohere."""

from __future__ import annotations

import base64
import struct

import pytest

from any_llm.dialects.cohere.embeddings import EMBEDDING
from any_llm.exceptions import InvalidRequestError, MalformedResponseError, ProviderError
from any_llm.types.json import JSON
from tests.dialects.cohere.calls import body_of, respond, target, warned

VECTORS = [[0.5, -1.0], [0.25, 2.0]]
PACKED = [base64.b64encode(struct.pack("<2f", *vector)).decode() for vector in VECTORS]
META = {"api_version": {"version": "2"}, "billed_units": {"input_tokens": 3, "image_tokens": 2}}


def answer(embeddings: JSON, **more: JSON) -> JSON:
    return {"id": "1", "texts": ["a", "b"], "embeddings": embeddings, "meta": META, **more}


def test_texts_are_documents_unless_something_else_is_said() -> None:
    encoded = EMBEDDING.encode(target("embed-v4.0"), {"inputs": "Hello"})
    assert encoded.path == "/v2/embed"
    assert body_of(encoded) == {
        "model": "embed-v4.0",
        "texts": ["Hello"],
        "input_type": "search_document",
        "embedding_types": ["float"],
    }
    assert encoded.warnings == ()


def test_parameters_have_coheres_names() -> None:
    encoded = EMBEDDING.encode(
        target(),
        {
            "inputs": ("a", "b"), "dimensions": 256, "encoding_format": "base64", "input_type": "search_query",
            "truncate": "END", "user": "me",
        },
    )  # fmt: skip
    body = body_of(encoded)
    assert (body["texts"], body["output_dimension"], body["embedding_types"]) == (["a", "b"], 256, ["base64"])
    assert (body["input_type"], body["truncate"]) == ("search_query", "END")
    assert warned(encoded) == [("dropped", "user")]


def test_coheres_own_kinds_of_numbers_can_be_asked_for() -> None:
    body = body_of(EMBEDDING.encode(target(), {"inputs": ["a"], "embedding_types": ["int8"]}))
    assert body["embedding_types"] == ["int8"]


def test_contents_with_images_are_inputs() -> None:
    content = {"content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,x"}}]}
    body = body_of(EMBEDDING.encode(target(), {"inputs": [content]}))
    assert body["inputs"] == [content]
    assert "texts" not in body


@pytest.mark.parametrize("inputs", [1, [1, 2], [[1, 2]], ["a", {"content": []}]])
def test_tokens_cannot_be_embedded(inputs: JSON) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        EMBEDDING.encode(target(), {"inputs": inputs})
    assert caught.value.param == "inputs"


def test_numbers_and_base64_are_the_same_vectors() -> None:
    for embeddings in ({"float": VECTORS}, {"base64": PACKED}, VECTORS):
        read = EMBEDDING.decode(target("embed-v4.0"), respond(answer(embeddings)))
        assert [list(row.embedding) for row in read.data] == VECTORS
        assert [row.index for row in read.data] == [0, 1]
        assert read.model == "embed-v4.0"


def test_what_cohere_says_beside_the_vectors_stays_readable() -> None:
    read = EMBEDDING.decode(target(), respond(answer({"float": VECTORS}, response_type="embeddings_by_type")))
    assert read.model_extra == {"id": "1", "texts": ["a", "b"], "meta": META, "response_type": "embeddings_by_type"}
    assert read.usage is not None
    assert (read.usage.prompt_tokens, read.usage.total_tokens) == (5, 5)


def test_of_several_kinds_floats_are_the_vector() -> None:
    read = EMBEDDING.decode(target(), respond(answer({"int8": [[1, 2], [3, 4]], "float": VECTORS})))
    assert list(read.data[0].embedding) == VECTORS[0]
    assert read.model_extra["embeddings"] == {"int8": [[1, 2], [3, 4]]}


def test_another_kind_alone_is_the_vector() -> None:
    read = EMBEDDING.decode(target(), respond(answer({"int8": [[1, 2], [3, 4]]})))
    assert list(read.data[1].embedding) == [3, 4]


@pytest.mark.parametrize("meta", [None, {}, {"billed_units": None}])
def test_an_answer_may_tell_no_counts(meta: JSON) -> None:
    assert EMBEDDING.decode(target(), respond(answer({"float": VECTORS}, meta=meta))).usage is None


def test_an_error_inside_a_success_is_raised() -> None:
    with pytest.raises(ProviderError, match="no such thing"):
        EMBEDDING.decode(target(), respond({"id": "1", "message": "no such thing"}))


@pytest.mark.parametrize("body", [{}, {"embeddings": None}, {"embeddings": {"float": []}}])
def test_an_answer_without_vectors_is_malformed(body: JSON) -> None:
    with pytest.raises(MalformedResponseError):
        EMBEDDING.decode(target(), respond(body))
