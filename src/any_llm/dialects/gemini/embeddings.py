"""Embeddings in Gemini's format: https://ai.google.dev/api/embeddings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

import msgspec

from any_llm.dialects.gemini.chat_parts import invalid
from any_llm.dialects.gemini.errors import error_from
from any_llm.dialects.gemini.places import path, resource
from any_llm.dialects.gemini.wire import completion_usage
from any_llm.exceptions import MalformedResponseError
from any_llm.schemas.shapes import is_list, is_object
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.embedding import CreateEmbeddingResponse, Embedding, EmbeddingUsage
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject
from any_llm.types.report import Warning as CallWarning

if TYPE_CHECKING:
    from any_llm.types.embedding import Vector

_RENAMED: Mapping[str, str] = {"dimensions": "outputDimensionality", "task_type": "taskType"}
_INEXPRESSIBLE: Mapping[str, str] = {"user": "the API does not ask who is asking"}
_READ = frozenset({"inputs", "encoding_format"})


class _Vector(msgspec.Struct):
    values: msgspec.Raw


class _Answer(msgspec.Struct, rename="camel"):
    embedding: _Vector | None = None
    embeddings: list[_Vector] | None = None
    usage_metadata: JSONObject | None = None
    error: JSON = None


def encode_embedding(target: Target, options: Options) -> Encoded:
    """Encode a request: of one text by `embedContent`, of a list of them by `batchEmbedContents`.

    Parameters that are not OpenAI's (`taskType`, `title`, …) hold for every text. An `encoding_format` needs no words:
    the vectors come as numbers, and are read as an array in any case.

    Raises:
        InvalidMessageError: an input is not a text.
    """
    shared = {
        _RENAMED.get(name, name): value
        for name, value in options.items()
        if name not in _READ and name not in _INEXPRESSIBLE and value is not None
    }
    warnings = tuple(CallWarning("dropped", name, _INEXPRESSIBLE[name]) for name in options if name in _INEXPRESSIBLE)
    inputs = options["inputs"]
    if not is_list(inputs):
        body: JSONObject = {"content": _content(inputs, "inputs"), **shared}
        return Encoded(path(target, "embedContent"), msgspec.json.encode(body), warnings=warnings)
    model = resource(target.model)
    requests = [
        {"model": model, "content": _content(text, f"inputs[{index}]"), **shared} for index, text in enumerate(inputs)
    ]
    body = {"requests": requests}
    return Encoded(path(target, "batchEmbedContents"), msgspec.json.encode(body), warnings=warnings)


def _content(text: JSON, where: str) -> JSONObject:
    if isinstance(text, str):
        return {"parts": [{"text": text}]}
    if is_object(text) and "parts" in text:
        return text
    raise invalid(where, f"a text is needed, or the vendor's object with 'parts'; found {text!r:.100}")


def decode_embedding(target: Target, response: HttpResponse) -> CreateEmbeddingResponse:
    """Decode an answer; its vectors are left undecoded until they are read.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer has no vectors.
    """
    answer = msgspec.json.decode(response.body, type=_Answer)
    if answer.error is not None:
        raise error_from({"error": answer.error}, response.status)
    vectors = [answer.embedding] if answer.embedding is not None else answer.embeddings
    if not vectors:
        raise MalformedResponseError("the answer to a request for embeddings holds no vector")
    return CreateEmbeddingResponse(
        data=[Embedding(embedding=cast("Vector", vector.values), index=index) for index, vector in enumerate(vectors)],
        model=target.model,
        usage=_usage(answer.usage_metadata),
    )


def _usage(counts: JSONObject | None) -> EmbeddingUsage | None:
    if counts is None:
        return None
    counted = completion_usage(counts)
    return EmbeddingUsage(prompt_tokens=counted.prompt_tokens, total_tokens=counted.total_tokens)


EMBEDDING: Codec[CreateEmbeddingResponse, None] = Codec(encode=encode_embedding, decode=decode_embedding)
"""The operation `embedding`."""
