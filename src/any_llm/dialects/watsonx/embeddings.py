"""Embeddings: https://cloud.ibm.com/apidocs/watsonx-ai#text-embeddings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import msgspec

from any_llm.dialects.watsonx.wire import body_for, dropped, encode, path, read_answer
from any_llm.exceptions import MalformedResponseError
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.embedding import CreateEmbeddingResponse, Embedding, EmbeddingUsage
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject, is_mapping

_INEXPRESSIBLE: Mapping[str, str] = {
    "dimensions": "a vector has as many numbers as its model gives",
    "user": "the API does not ask who the user is",
}
_PARAMETERS = ("truncate_input_tokens", "return_options")
_NOT_SENT = frozenset({"inputs", "encoding_format", "parameters", "stream", *_INEXPRESSIBLE, *_PARAMETERS})


class _Row(msgspec.Struct):
    embedding: msgspec.Raw


class _Answer(msgspec.Struct):
    results: list[_Row]
    model_id: str = ""
    input_token_count: int = 0


def encode_embedding(target: Target, options: Options) -> Encoded:
    """Encode a request; members of a body that are not OpenAI's are sent as they are."""
    inputs = options["inputs"]
    body = {**body_for(target, options), "inputs": [inputs] if isinstance(inputs, str) else list(inputs)}
    body |= {name: value for name, value in options.items() if name not in _NOT_SENT and value is not None}
    parameters = own_parameters(options)
    if parameters:
        body["parameters"] = parameters
    reasons = dict(_INEXPRESSIBLE)
    if options.get("encoding_format") != "float":
        reasons["encoding_format"] = "vectors are sent as numbers"
    return Encoded(path(target, "/text/embeddings"), encode(body), warnings=tuple(dropped(options, reasons)))


def own_parameters(options: Options) -> JSONObject:
    """Return the API's own parameters, said alone or as its `parameters`."""
    own: JSON = options.get("parameters")
    said: JSONObject = dict(own) if is_mapping(own) else {}
    return said | {name: options[name] for name in _PARAMETERS if options.get(name) is not None}


def decode_embedding(target: Target, response: HttpResponse) -> CreateEmbeddingResponse:
    """Decode an answer; its vectors are left undecoded until they are read.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer has no vectors.
    """
    try:
        answer = msgspec.json.decode(response.body, type=_Answer)
    except msgspec.DecodeError as error:
        read_answer(response, "results")
        raise MalformedResponseError(f"the vectors are not where they should be: {error}") from error
    tokens = answer.input_token_count
    return CreateEmbeddingResponse(
        data=[
            Embedding(index=index, embedding=cast("list[float]", row.embedding.copy()))
            for index, row in enumerate(answer.results)
        ],
        model=answer.model_id or target.model,
        usage=EmbeddingUsage(prompt_tokens=tokens, total_tokens=tokens),
    )


EMBEDDING: Codec[CreateEmbeddingResponse, None] = Codec(encode=encode_embedding, decode=decode_embedding)
"""The operation `embedding`."""
