"""Embeddings and models: answers that are lists."""

from __future__ import annotations

import base64
import struct

import pytest

from any_llm.testing.reading.embeddings import read_embeddings
from any_llm.testing.reading.models import read_models
from any_llm.testing.reading.values import Usage
from tests.testing.reading.bodies import whole


def packed(form: str, *numbers: float) -> str:
    return base64.b64encode(struct.pack(form, *numbers)).decode()


def test_vectors_are_read_in_the_order_of_their_index() -> None:
    rows = [{"index": 1, "embedding": [0.5, 1]}, {"index": 0, "embedding": packed("<2f", 0.25, -2)}]
    reading = read_embeddings(200, whole({"model": "e", "data": rows, "usage": {"prompt_tokens": 7}}))
    assert reading.embeddings == ((0.25, -2.0), (0.5, 1.0))
    assert (reading.model, reading.usage, reading.notes) == ("e", Usage(input=7), ())


def test_one_byte_for_a_dimension_means_signed_bytes() -> None:
    body = whole({"data": [{"index": 0, "embedding": packed("<4b", 1, -1, 127, -128)}]})
    assert read_embeddings(200, body, 4).embeddings == ((1.0, -1.0, 127.0, -128.0),)


def test_a_missing_index_is_noted() -> None:
    assert read_embeddings(200, whole({"data": [{"embedding": [1]}]})).notes == ("an item without an index",)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"{", "MalformedResponseError"),
        (b"{}", "MalformedResponseError"),
        (b'{"data": [{"object": "bucket"}]}', "MalformedResponseError"),
        (b'{"data": [{"embedding": ["a"]}]}', "MalformedResponseError"),
        (b'{"data": [{"embedding": "?"}]}', "MalformedResponseError"),
        (b'{"data": [{"embedding": "AAAAAAA="}]}', "MalformedResponseError"),
        (b'{"error": {"code": "model_not_found"}}', "ModelNotFoundError"),
    ],
)
def test_a_success_without_vectors_is_a_failure(body: bytes, error: str) -> None:
    failure = read_embeddings(200, body).failure
    assert failure is not None
    assert failure.error == error


@pytest.mark.parametrize("document", [{"data": [{"id": "a"}, {"id": "b"}]}, [{"id": "a"}, {"id": "b"}]])
def test_models_are_listed(document: object) -> None:
    reading = read_models(200, whole(document))
    assert (reading.listed, reading.notes) == (("a", "b"), ())


def test_an_empty_list_of_models_is_one() -> None:
    assert read_models(200, b'{"data": []}').failure is None


def test_more_pages_are_noted() -> None:
    assert read_models(200, b'{"data": [], "has_more": true}').notes == ("there are more pages",)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"{", "MalformedResponseError"),
        (b'{"id": "curie"}', "MalformedResponseError"),
        (b'{"error": {"code": "invalid_api_key"}}', "AuthenticationError"),
    ],
)
def test_a_success_without_a_list_is_a_failure(body: bytes, error: str) -> None:
    failure = read_models(200, body).failure
    assert failure is not None
    assert failure.error == error
