"""Embeddings in OpenAI's format, without a network."""

from __future__ import annotations

import base64
import json
import struct
from array import array

import msgspec
import pytest

from any_llm.dialects.openai.embeddings import EMBEDDING, FLOAT_EMBEDDINGS, INT8_EMBEDDINGS
from any_llm.exceptions import MalformedResponseError, ProviderError, QuotaExhaustedError
from any_llm.spec.dialect import Target
from any_llm.spec.provider import Provider
from any_llm.types.embedding import CreateEmbeddingResponse
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject


def target(*quirks: str, drop: tuple[str, ...] = ()) -> Target:
    """Return a target whose provider has these quirks."""
    provider = Provider(name="vendor", quirks=quirks, drop=drop)
    return Target(provider=provider, model="m", base_url="https://api.example/v1")


def encoded(*quirks: str, **options: JSON) -> JSONObject:
    """Return the body of a request."""
    request = EMBEDDING.encode(target(*quirks), options)
    assert (request.path, request.warnings) == ("/embeddings", ())
    body: JSONObject = json.loads(request.body)
    return body


def decoded(body: object, *quirks: str) -> CreateEmbeddingResponse:
    """Return what an answer means."""
    return EMBEDDING.decode(target(*quirks), HttpResponse(200, {}, json.dumps(body).encode()))


@pytest.mark.parametrize("inputs", ["Hi", ["Hi", "there"], [[1, 2], [3]]])
def test_vectors_are_asked_for_as_base64(inputs: object) -> None:
    """A quarter of the bytes of numbers."""
    assert encoded(inputs=inputs) == {"model": "m", "input": inputs, "encoding_format": "base64"}


@pytest.mark.parametrize("quirk", [FLOAT_EMBEDDINGS, INT8_EMBEDDINGS])
def test_vectors_come_as_the_provider_likes_where_it_has_no_base64(quirk: str) -> None:
    """Its record says so."""
    assert encoded(quirk, inputs="Hi") == {"model": "m", "input": "Hi"}


def test_what_the_caller_says_is_sent() -> None:
    """Also a format, whatever the provider's record says."""
    said: JSONObject = {"dimensions": 8, "user": "u", "encoding_format": "float", "input_type": "query"}
    assert encoded(inputs="Hi", **said) == {"model": "m", "input": "Hi", **said}
    assert encoded(FLOAT_EMBEDDINGS, inputs="Hi", encoding_format="base64")["encoding_format"] == "base64"


def test_what_the_provider_rejects_is_dropped_with_a_warning() -> None:
    """As its record says."""
    request = EMBEDDING.encode(target(drop=("user",)), {"inputs": "Hi", "user": "u"})
    assert json.loads(request.body) == {"model": "m", "input": "Hi", "encoding_format": "base64"}
    assert [warning.parameter for warning in request.warnings] == ["user"]


def test_vectors_stand_in_the_order_of_the_inputs() -> None:
    """Whatever order the provider sends them in; without an index, in that of the answer."""
    rows = [{"index": 2, "embedding": [2.0]}, {"index": 0, "embedding": [0.0]}, {"index": 1, "embedding": [1.0]}]
    assert [row.embedding[0] for row in decoded({"data": rows}).data] == [0.0, 1.0, 2.0]
    unnumbered = [{"index": None, "embedding": [2.0]}, {"embedding": [0.0]}]
    assert [row.embedding[0] for row in decoded({"data": unnumbered}).data] == [2.0, 0.0]


def test_base64_may_hold_signed_bytes() -> None:
    """Perplexity's default; numbers of such a provider are read as numbers."""
    encoded_bytes = base64.b64encode(struct.pack("4b", 1, -128, 127, 0)).decode()
    rows = [{"index": 0, "embedding": encoded_bytes}, {"index": 1, "embedding": [0.5]}]
    first, second = decoded({"data": rows}, INT8_EMBEDDINGS).data
    assert first.embedding == array("f", [1, -128, 127, 0])
    assert second.embedding == array("d", [0.5])
    with pytest.raises(MalformedResponseError, match="'@'"):
        decoded({"data": [{"embedding": "@"}]}, INT8_EMBEDDINGS)


def test_an_error_with_a_good_status_is_raised() -> None:
    """Some gateways answer 200 whatever happened."""
    with pytest.raises(QuotaExhaustedError, match="Pay"):
        decoded({"error": {"message": "Pay.", "code": "insufficient_quota"}})
    with pytest.raises(ProviderError, match="It broke"):
        decoded({"message": "It broke."})


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({}, "0 items, of which 0 "),
        ({"data": []}, "0 items, of which 0 "),
        ({"data": [{"index": 0, "usage": 3}]}, "1 items, of which 0 "),
        ({"data": [{"embedding": [1.0]}, "odd"]}, "2 items, of which 1 "),
    ],
)
def test_an_answer_without_vectors_is_malformed(body: object, found: str) -> None:
    """The message counts what is there."""
    with pytest.raises(MalformedResponseError, match=found):
        decoded(body)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]"])
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    """The engine turns it into an error with the excerpt."""
    with pytest.raises(msgspec.DecodeError):
        EMBEDDING.decode(target(), HttpResponse(200, {}, body))
