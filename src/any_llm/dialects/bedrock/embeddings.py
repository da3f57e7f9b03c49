"""Embeddings by InvokeModel, whose bodies are the models' own: Titan's, Cohere's, Nova's.

https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html,
.../model-parameters-embed.html and https://docs.aws.amazon.com/nova/latest/userguide/embeddings-schema.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import cast

import msgspec

from any_llm.dialects.bedrock.wire import decode_object, path
from any_llm.exceptions import InvalidRequestError, MalformedResponseError
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.embedding import CreateEmbeddingResponse, Embedding, EmbeddingUsage
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject
from any_llm.types.report import Warning as CallWarning

_TOKENS = "x-amzn-bedrock-input-token-count"
_INPUT_TYPE = "search_document"
_READ = frozenset({"inputs", "dimensions", "encoding_format", "stream", "user"})


_NOTHING = msgspec.Raw(b"null")


class _Row(msgspec.Struct):
    embedding: msgspec.Raw


class _ByType(msgspec.Struct):
    floats: list[msgspec.Raw] = msgspec.field(name="float", default_factory=list[msgspec.Raw])


class _Answer(msgspec.Struct):
    """The vectors of an answer, wherever the model's vendor puts them, as the JSON they came in."""

    embedding: msgspec.Raw = _NOTHING
    embeddings: msgspec.Raw = _NOTHING
    input_tokens: int = msgspec.field(name="inputTextTokenCount", default=0)


def encode_embedding(target: Target, options: Options) -> Encoded:
    """Encode a request; parameters that are not OpenAI's (`normalize`, `input_type`, …) are sent as they are.

    Raises:
        InvalidRequestError: several texts for a model that takes one at a time.
    """
    inputs = options["inputs"]
    texts: list[str] = [inputs] if isinstance(inputs, str) else list(inputs)
    warnings: list[CallWarning] = []
    more = {name: value for name, value in options.items() if name not in _READ and value is not None}
    encode = next(encode for name, encode in _ENCODERS.items() if name in target.model)
    body = encode(texts, options.get("dimensions"))
    if "input_type" in body and "input_type" not in more:
        detail = f"the model demands one, and {_INPUT_TYPE!r} was sent"
        warnings.append(CallWarning("emulated", "input_type", detail))
    if options.get("user"):
        warnings.append(CallWarning("dropped", "user", "Bedrock does not ask who the user is"))
    if options.get("encoding_format") not in (None, "float"):
        warnings.append(CallWarning("dropped", "encoding_format", "Bedrock sends vectors as numbers"))
    return Encoded(path(target, "invoke"), msgspec.json.encode({**body, **more}), warnings=tuple(warnings))


def decode_embedding(target: Target, response: HttpResponse) -> CreateEmbeddingResponse:
    """Decode an answer; its vectors are left undecoded until they are read.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer has no vectors.
    """
    try:
        answer = msgspec.json.decode(response.body, type=_Answer)
        vectors = _listed(answer.embeddings) if answer.embedding == _NOTHING else [answer.embedding]
    except msgspec.DecodeError as error:
        decode_object(response, "embeddings")
        raise MalformedResponseError(f"the vectors are not where they should be: {error}") from error
    if not vectors:
        decode_object(response, "embedding")
    counted = response.headers.get(_TOKENS, "")
    tokens = int(counted) if counted.isdecimal() else answer.input_tokens
    return CreateEmbeddingResponse(
        data=[Embedding(index=index, embedding=_unread(vector)) for index, vector in enumerate(vectors)],
        model=target.model,
        usage=EmbeddingUsage(prompt_tokens=tokens, total_tokens=tokens),
    )


def _listed(embeddings: msgspec.Raw) -> Sequence[msgspec.Raw]:
    """Return the vectors of a list, of the floats in an object by type, or of a list of objects (Nova's)."""
    raw = bytes(embeddings)
    if raw[:1] == b"{":
        return msgspec.json.decode(raw, type=_ByType).floats
    if embeddings == _NOTHING:
        return ()
    rows = msgspec.json.decode(raw, type=list[msgspec.Raw])
    return [msgspec.json.decode(row, type=_Row).embedding if bytes(row)[:1] == b"{" else row for row in rows]


def _unread(vector: msgspec.Raw) -> list[float]:
    # The answer's bytes need not be kept for it.
    return cast("list[float]", vector.copy())


def _encode_titan(texts: Sequence[str], dimensions: JSON) -> JSONObject:
    return {"inputText": _only(texts)} | ({"dimensions": dimensions} if dimensions else {})


def _encode_titan_image(texts: Sequence[str], dimensions: JSON) -> JSONObject:
    size = {"embeddingConfig": {"outputEmbeddingLength": dimensions}} if dimensions else {}
    return {"inputText": _only(texts), **size}


def _encode_nova(texts: Sequence[str], dimensions: JSON) -> JSONObject:
    single: JSONObject = {
        "embeddingPurpose": "GENERIC_INDEX",
        "text": {"truncationMode": "END", "value": _only(texts)},
    } | ({"embeddingDimension": dimensions} if dimensions else {})
    return {"taskType": "SINGLE_EMBEDDING", "singleEmbeddingParams": single}


def _encode_cohere(texts: Sequence[str], dimensions: JSON) -> JSONObject:
    return {"texts": texts, "input_type": _INPUT_TYPE} | ({"output_dimension": dimensions} if dimensions else {})


def _only(texts: Sequence[str]) -> str:
    if len(texts) != 1:
        raise InvalidRequestError(
            f"This model embeds one text in a call, not {len(texts)}; call it once for each", param="inputs"
        )
    return texts[0]


_ENCODERS: Mapping[str, Callable[[Sequence[str], JSON], JSONObject]] = {
    "cohere.": _encode_cohere,
    "titan-embed-image": _encode_titan_image,
    "nova": _encode_nova,
    "": _encode_titan,
}
"""How texts are said to the families of models, by a part of their ids; the last is for all others."""

EMBEDDING: Codec[CreateEmbeddingResponse, None] = Codec(encode=encode_embedding, decode=decode_embedding)
"""The operation `embedding`."""
