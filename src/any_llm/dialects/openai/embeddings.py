"""Embeddings in OpenAI's format.

https://platform.openai.com/docs/api-reference/embeddings/create
"""

from __future__ import annotations

import binascii
from array import array

import msgspec

from any_llm.dialects.openai.adapt import adapt
from any_llm.dialects.openai.errors import error_from
from any_llm.dialects.openai.places import place
from any_llm.exceptions import MalformedResponseError
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.spec.provider import Operation
from any_llm.types.embedding import CreateEmbeddingResponse, Embedding
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject
from any_llm.types.value import decode

FLOAT_EMBEDDINGS = "float_embeddings"
"""The quirk of a provider that does not offer vectors as base64, so that it is not asked for them."""

INT8_EMBEDDINGS = "int8_embeddings"
"""The quirk of a provider whose base64 holds signed bytes: https://docs.perplexity.ai/api-reference/embeddings-post"""

_NO_BASE64 = frozenset({FLOAT_EMBEDDINGS, INT8_EMBEDDINGS})


def encode_embedding(target: Target, options: Options) -> Encoded:
    """Encode a request; vectors are asked for as base64, a quarter of the size of numbers, where it is offered."""
    body: JSONObject = {"model": target.model, **options}
    body["input"] = body.pop("inputs")
    if "encoding_format" not in body and not _NO_BASE64.intersection(target.provider.quirks):
        body["encoding_format"] = "base64"
    warnings = adapt(body, target.provider, Operation.EMBEDDING)
    path = place(target, Operation.EMBEDDING, "/embeddings")
    return Encoded(path, msgspec.json.encode(body), warnings=tuple(warnings))


def decode_embedding(target: Target, response: HttpResponse) -> CreateEmbeddingResponse:
    """Decode an answer; its vectors are left undecoded until they are read.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer has no vectors.
    """
    answer = decode(CreateEmbeddingResponse, response.body)
    extra = answer.model_extra if not answer.data else {}
    if extra.get("error") or extra.get("message"):
        raise error_from(extra, response.status)
    data: list[JSON] = answer.data
    rows = [row for row in data if isinstance(row, Embedding) and row.sent]
    if not rows or len(rows) != len(data):
        raise MalformedResponseError(
            f"the answer to a request for embeddings holds {len(data)} items, of which {len(rows)} have a vector"
        )
    if INT8_EMBEDDINGS in target.provider.quirks:
        for row in rows:
            _read_signed_bytes(row)
    answer.data.sort(key=_index)
    return answer


def _index(row: Embedding) -> int:
    index: JSON = row.index
    return index if isinstance(index, int) else 0


def _read_signed_bytes(row: Embedding) -> None:
    sent = row.wire
    if not isinstance(sent, str):
        return
    try:
        row.embedding = array("f", array("b", binascii.a2b_base64(sent, strict_mode=True)))
    except ValueError as error:
        raise MalformedResponseError(
            f"an embedding is not base64 of signed bytes; it begins with {sent[:40]!r}"
        ) from error


EMBEDDING: Codec[CreateEmbeddingResponse, None] = Codec(encode=encode_embedding, decode=decode_embedding)
"""The operation `embedding`."""
