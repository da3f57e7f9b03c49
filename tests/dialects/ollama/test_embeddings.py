"""Embeddings of Ollama."""

from __future__ import annotations

import msgspec
import pytest

from any_llm.dialects.ollama.embeddings import EMBEDDING
from any_llm.exceptions import InvalidRequestError, MalformedResponseError, ProviderError
from any_llm.spec.dialect import Encoded
from any_llm.types.json import JSON
from tests.dialects.ollama.calls import MODEL, PROVIDER, body_of, respond, target, warned

VECTORS = [[0.5, -1.0], [0.25, 2.0]]


def test_texts_are_the_input() -> None:
    encoded = EMBEDDING.encode(target(), {"inputs": ["a", "b"], "encoding_format": "float"})
    assert encoded.path == "/api/embed"
    assert body_of(encoded) == {"model": MODEL, "input": ["a", "b"]}
    assert encoded.warnings == ()


def test_settings_are_options_and_the_rest_is_sent_as_it_is() -> None:
    asked = {
        "inputs": "a",
        "dimensions": 2,
        "truncate": True,
        "num_ctx": 512,
        "user": "me",
        "encoding_format": "base64",
    }
    encoded = EMBEDDING.encode(target(), asked)
    assert body_of(encoded) == {
        "model": MODEL,
        "input": "a",
        "dimensions": 2,
        "truncate": True,
        "options": {"num_ctx": 512},
    }
    assert warned(encoded) == [("dropped", "encoding_format"), ("dropped", "user")]


def test_vectors_counts_and_durations_are_read() -> None:
    sent = {"model": "nomic", "embeddings": VECTORS, "prompt_eval_count": 7, "total_duration": 9, "load_duration": 1}
    answer = EMBEDDING.decode(target(), respond(sent))
    assert [(row.index, list(row.embedding)) for row in answer.data] == list(enumerate(VECTORS))
    assert answer.model == "nomic"
    assert answer.usage is not None
    assert (answer.usage.prompt_tokens, answer.usage.total_tokens) == (7, 7)
    assert answer.model_extra == {"total_duration": 9, "load_duration": 1}


def test_an_older_server_tells_the_vectors_alone() -> None:
    answer = EMBEDDING.decode(target(), respond({"embeddings": VECTORS}))
    assert (answer.model, answer.model_extra) == (MODEL, {})


def test_an_error_inside_a_success_is_raised() -> None:
    with pytest.raises(ProviderError, match="no such model"):
        EMBEDDING.decode(target(), respond({"error": "no such model"}))


@pytest.mark.parametrize("body", [{}, {"embeddings": []}])
def test_an_answer_without_vectors_is_malformed(body: JSON) -> None:
    with pytest.raises(MalformedResponseError):
        EMBEDDING.decode(target(), respond(body))


def legacy(inputs: JSON) -> Encoded:
    provider = msgspec.structs.replace(PROVIDER, paths={"embedding": "/api/embeddings"})
    return EMBEDDING.encode(msgspec.structs.replace(target(), provider=provider), {"inputs": inputs, "num_ctx": 5})


def test_an_old_server_is_asked_about_one_text_at_the_path_of_its_record() -> None:
    encoded = legacy(["a"])
    assert encoded.path == "/api/embeddings"
    assert body_of(encoded) == {"model": MODEL, "prompt": "a", "options": {"num_ctx": 5}}
    with pytest.raises(InvalidRequestError, match="one text"):
        legacy(["a", "b"])


def test_an_old_server_tells_one_vector() -> None:
    answer = EMBEDDING.decode(target(), respond({"embedding": VECTORS[0]}))
    assert [(row.index, list(row.embedding)) for row in answer.data] == [(0, VECTORS[0])]
