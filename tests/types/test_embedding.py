"""Embeddings: compact, read lazily, and shown as lists."""

from __future__ import annotations

import base64
import copy
import json
import pickle
import struct
from array import array

import msgspec
import pytest
from openai.types import CreateEmbeddingResponse as SdkCreateEmbeddingResponse
from openai.types import Embedding as SdkEmbedding
from pydantic import BaseModel

from any_llm.exceptions import MalformedResponseError
from any_llm.types.embedding import CreateEmbeddingResponse, Embedding, EmbeddingUsage, parse_vector
from any_llm.types.value import decode

NUMBERS = [0.5, -1.25, 3.0]
BASE64 = base64.b64encode(struct.pack("<3f", *NUMBERS)).decode()


def body(vector: object) -> bytes:
    """Return an answer with one vector, in numbers or base64."""
    row = {"object": "embedding", "index": 0, "embedding": vector, "norm": 2}
    return json.dumps(
        {"object": "list", "data": [row], "model": "m", "usage": {"prompt_tokens": 3, "total_tokens": 3}}
    ).encode()


@pytest.mark.parametrize(("vector", "code"), [(NUMBERS, "d"), (BASE64, "f")])
def test_a_vector_is_an_array_of_what_was_sent(vector: object, code: str) -> None:
    """Base64 holds 32-bit floats, numbers become 64-bit ones."""
    (row,) = decode(CreateEmbeddingResponse, body(vector)).data
    assert row.embedding == array(code, NUMBERS)
    assert isinstance(row.embedding, array)
    assert row.embedding.typecode == code


def test_a_vector_is_parsed_at_most_once() -> None:
    """Reading it again gives the same array."""
    (row,) = decode(CreateEmbeddingResponse, body(BASE64)).data
    assert row.embedding is row.embedding


@pytest.mark.parametrize("vector", [NUMBERS, BASE64])
def test_a_dump_shows_a_list_of_numbers(vector: object) -> None:
    """As the SDK's does; what the vendor added is there too."""
    answer = decode(CreateEmbeddingResponse, body(vector))
    assert answer.model_dump() == json.loads(body(NUMBERS))
    assert json.loads(answer.model_dump_json(exclude_unset=True)) == json.loads(body(NUMBERS))
    assert answer.data[0].model_extra == {"norm": 2}


def test_to_openai_equals_what_the_sdk_reads_itself() -> None:
    """The SDK's value has a list."""
    theirs = decode(CreateEmbeddingResponse, body(NUMBERS)).to_openai()
    assert theirs == SdkCreateEmbeddingResponse.construct(**json.loads(body(NUMBERS)))
    row = Embedding(embedding=NUMBERS, index=2).to_openai()
    assert row == SdkEmbedding(embedding=NUMBERS, index=2, object="embedding")


def test_a_vector_can_be_given_by_keyword_and_replaced() -> None:
    """In any form of a sequence of numbers."""
    row = Embedding(embedding=NUMBERS, index=1)
    assert row.embedding == array("d", NUMBERS)
    row.embedding = [1.0]
    assert row.embedding == array("d", [1.0])
    assert (row.index, row.object) == (1, "embedding")
    assert row.model_copy(update={"embedding": [2.0]}).embedding == array("d", [2.0])
    assert Embedding().embedding == array("d")


@pytest.mark.parametrize("vector", [NUMBERS, BASE64])
def test_an_answer_survives_copying_pickling_and_validating(vector: object) -> None:
    """Copies equal their original, read before or not."""
    answer = decode(CreateEmbeddingResponse, body(vector))
    assert copy.deepcopy(decode(CreateEmbeddingResponse, body(vector))) == answer
    assert pickle.loads(pickle.dumps(answer)) == answer  # noqa: S301  # our own bytes
    assert answer.model_copy() == answer
    assert answer != decode(CreateEmbeddingResponse, body([1.0]))
    assert CreateEmbeddingResponse.model_validate(json.loads(body(vector))) == answer
    assert CreateEmbeddingResponse.model_validate(answer) is answer


def test_validating_takes_dictionaries_models_and_arrays() -> None:
    """Whatever holds a vector can be made into one."""
    row = Embedding(embedding=NUMBERS)
    assert Embedding.model_validate({"embedding": array("d", NUMBERS), "object": "embedding"}) == row
    assert Embedding.model_validate(SdkEmbedding(embedding=NUMBERS, index=0, object="embedding")) == row
    assert Embedding.model_validate(row) is row
    answer = decode(CreateEmbeddingResponse, body(NUMBERS))
    assert CreateEmbeddingResponse.model_validate(answer.to_openai()) == answer
    with pytest.raises(msgspec.ValidationError, match=r"\$\.index"):
        Embedding.model_validate({"embedding": [], "index": "first"})


def test_a_vector_is_a_field_of_a_pydantic_model() -> None:
    """Both ways."""

    class Document(BaseModel):
        text: str
        vector: Embedding

    document = Document(text="a", vector=Embedding(embedding=NUMBERS))
    again = Document.model_validate_json(document.model_dump_json())
    assert again.vector.embedding == array("d", NUMBERS)


def test_a_repr_counts_the_numbers() -> None:
    """Nobody wants to read 1,536 of them."""
    assert repr(Embedding(embedding=NUMBERS, index=4)) == "Embedding(index=4, embedding=<3 numbers>)"
    assert "EmbeddingUsage(prompt_tokens=3, total_tokens=3)" in repr(decode(CreateEmbeddingResponse, body(BASE64)))


def test_a_deviating_answer_keeps_its_vectors() -> None:
    """An index that is no integer must not lose the rest."""
    raw = body(NUMBERS).replace(b'"index": 0', b'"index": 0.0')
    (row,) = decode(CreateEmbeddingResponse, raw).data
    assert (row.index, row.embedding) == (0, array("d", NUMBERS))
    (row,) = decode(CreateEmbeddingResponse, body(BASE64).replace(b'"index": 0', b'"index": 0.0')).data
    assert row.embedding == array("f", NUMBERS)


def test_what_was_sent_can_be_looked_at() -> None:
    """For whoever knows better what the base64 means; a missing vector is told from an empty one."""
    (row,) = decode(CreateEmbeddingResponse, body(BASE64)).data
    assert (row.wire, row.sent) == (BASE64, True)
    assert (Embedding(embedding=NUMBERS).wire, Embedding(embedding=[]).sent) == (NUMBERS, True)
    assert decode(Embedding, b'{"index": 3}').sent is False


def test_escaped_slashes_in_base64_are_read() -> None:
    """JSON may write a slash with a backslash before it."""
    encoded = base64.b64encode(struct.pack("<f", 2.984375))
    assert encoded == b"AAA/QA=="
    assert parse_vector(b'"AAA\\/QA=="') == array("f", [2.984375])


@pytest.mark.parametrize("raw", [b"null", b'{"a": 1}', b'["a"]', b'"@@@"', b'"AAA="', b"[1,"])
def test_what_is_no_vector_is_refused_when_it_is_read(raw: bytes) -> None:
    """With the beginning of what was found."""
    with pytest.raises(MalformedResponseError, match="neither numbers nor base64"):
        parse_vector(raw)


def test_decoding_leaves_the_vectors_alone() -> None:
    """A body with a vector of nonsense decodes; only reading that vector fails."""
    answer = decode(CreateEmbeddingResponse, body("@@@"))
    assert answer.usage == EmbeddingUsage(prompt_tokens=3, total_tokens=3)
    with pytest.raises(MalformedResponseError, match="'\"@@@\"'"):
        _ = answer.data[0].embedding
