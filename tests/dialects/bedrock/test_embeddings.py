"""Embeddings by InvokeModel, in the words of each family of models."""

from __future__ import annotations

import msgspec
import pytest

from any_llm.dialects.bedrock.embeddings import EMBEDDING
from any_llm.exceptions import InvalidRequestError, MalformedResponseError, ProviderError
from any_llm.types.embedding import CreateEmbeddingResponse
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject
from tests.dialects.bedrock.calls import respond, target

TITAN = "amazon.titan-embed-text-v2:0"
IMAGE = "amazon.titan-embed-image-v1"
COHERE = "us.cohere.embed-v4:0"
NOVA = "amazon.nova-2-multimodal-embeddings-v1:0"


def asked(model: str, inputs: JSON = "Hello", **options: JSON) -> tuple[JSONObject, list[str]]:
    """Return the body of a request, and what it could not say."""
    encoded = EMBEDDING.encode(target(model), {"inputs": inputs, **options})
    return msgspec.json.decode(encoded.body), [f"{item.kind} {item.parameter}" for item in encoded.warnings]


def decode(body: JSON, **headers: str) -> CreateEmbeddingResponse:
    return EMBEDDING.decode(target(TITAN), respond(body, 200, **headers))


@pytest.mark.parametrize(
    ("model", "body"),
    [
        (TITAN, {"inputText": "Hello", "dimensions": 256}),
        (IMAGE, {"inputText": "Hello", "embeddingConfig": {"outputEmbeddingLength": 256}}),
        (COHERE, {"texts": ["Hello"], "input_type": "search_document", "output_dimension": 256}),
        (
            NOVA,
            {
                "taskType": "SINGLE_EMBEDDING",
                "singleEmbeddingParams": {
                    "embeddingPurpose": "GENERIC_INDEX",
                    "text": {"truncationMode": "END", "value": "Hello"},
                    "embeddingDimension": 256,
                },
            },
        ),
    ],
)
def test_a_text_is_said_in_the_words_of_the_family(model: str, body: JSONObject) -> None:
    assert asked(model, dimensions=256)[0] == body
    assert "256" not in str(asked(model)[0])


def test_the_route_names_the_model() -> None:
    assert EMBEDDING.encode(target(TITAN), {"inputs": "x"}).path == "/model/amazon.titan-embed-text-v2%3A0/invoke"


def test_parameters_of_the_model_are_sent_as_they_are() -> None:
    assert asked(TITAN, normalize=False)[0] == {"inputText": "Hello", "normalize": False}
    assert asked(COHERE, ["a", "b"], input_type="search_query") == (
        {"texts": ["a", "b"], "input_type": "search_query"},
        [],
    )


def test_what_was_said_for_the_caller_is_named() -> None:
    assert asked(COHERE)[1] == ["emulated input_type"]


def test_what_cannot_be_said_is_named() -> None:
    assert asked(TITAN, user="u", encoding_format="base64")[1] == ["dropped user", "dropped encoding_format"]
    assert asked(TITAN, encoding_format="float", user="")[1] == []


@pytest.mark.parametrize("model", [TITAN, IMAGE, NOVA])
def test_a_model_that_embeds_one_text_is_not_given_two(model: str) -> None:
    with pytest.raises(InvalidRequestError, match="one text in a call, not 2") as caught:
        asked(model, ["a", "b"])
    assert caught.value.param == "inputs"
    assert asked(model, ["a"])[0] == asked(model, "a")[0]


@pytest.mark.parametrize(
    ("body", "vectors"),
    [
        ({"embedding": [0.5, 1], "inputTextTokenCount": 3}, [[0.5, 1]]),
        ({"embedding": [0.5], "embeddingsByType": {"float": [0.5]}, "inputTextTokenCount": 3}, [[0.5]]),
        ({"embeddings": [[0.5], [1]], "texts": ["a", "b"]}, [[0.5], [1]]),
        ({"embeddings": {"float": [[0.5]], "int8": [[1]]}}, [[0.5]]),
        ({"embeddings": [{"embeddingType": "TEXT", "embedding": [0.5]}]}, [[0.5]]),
    ],
)
def test_vectors_are_found_wherever_the_family_puts_them(body: JSONObject, vectors: list[list[float]]) -> None:
    answer = decode(body)
    assert [list(row.embedding) for row in answer.data] == vectors
    assert [row.index for row in answer.data] == list(range(len(vectors)))
    assert answer.model == TITAN


@pytest.mark.parametrize(("headers", "tokens"), [({"x_amzn_bedrock_input_token_count": "7"}, 7), ({}, 3)])
def test_tokens_are_counted(headers: dict[str, str], tokens: int) -> None:
    usage = decode({"embedding": [1], "inputTextTokenCount": 3}, **headers).usage
    assert usage is not None
    assert (usage.prompt_tokens, usage.total_tokens) == (tokens, tokens)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"embeddings":[]}',
        b'{"embeddings":7}',
        b'{"embeddings":{}}',
        b'{"embeddings":[{"vector":[1]}]}',
        b'{"embeddings":null}',
    ],
)
def test_what_has_no_vectors_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedResponseError):
        EMBEDDING.decode(target(TITAN), HttpResponse(200, {}, body))


def test_an_error_in_a_success_is_an_error() -> None:
    with pytest.raises(ProviderError, match="broke") as caught:
        decode({"__type": "InternalServerException", "message": "It broke"})
    assert type(caught.value) is ProviderError
