"""Embeddings in Ollama's format: https://docs.ollama.com/api/embed.

Servers before 0.3.4 have only https://github.com/ollama/ollama/blob/main/docs/api.md#generate-embedding, which takes
one text; a provider's record asks for it by that path: `paths = {"embedding" = "/api/embeddings"}`.
"""

from __future__ import annotations

import msgspec

from any_llm.dialects.ollama.errors import error_from
from any_llm.dialects.ollama.options import split_options
from any_llm.dialects.ollama.wire import path
from any_llm.exceptions import InvalidRequestError, MalformedResponseError
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.embedding import CreateEmbeddingResponse, Embedding, EmbeddingUsage
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject, is_list
from any_llm.types.report import Warning as CallWarning

_LEGACY = "/embeddings"
_TRANSLATED = frozenset({"inputs", "encoding_format", "user"})
_UNSAID = msgspec.Raw()


class _Answer(msgspec.Struct):
    """An answer whose vectors stay JSON until somebody reads them."""

    embeddings: list[msgspec.Raw] | None = None
    # Of a union with null, only null would be taken.
    embedding: msgspec.Raw = _UNSAID
    model: str | None = None
    prompt_eval_count: int | None = None
    total_duration: int | None = None
    load_duration: int | None = None
    error: str | None = None


_ANSWER = msgspec.json.Decoder(_Answer)


def encode_embedding(target: Target, options: Options) -> Encoded:
    """Encode a request; settings of the model's run go into `options`, all else is sent as it is.

    Raises:
        InvalidRequestError: several texts are given to a server that takes one.
    """
    warnings: list[CallWarning] = []
    if options.get("encoding_format") not in (None, "float"):
        warnings.append(CallWarning("dropped", "encoding_format", "Ollama sends vectors as numbers"))
    if options.get("user") is not None:
        warnings.append(CallWarning("dropped", "user", "Ollama does not ask who its user is"))
    rest, settings = split_options({name: value for name, value in options.items() if name not in _TRANSLATED})
    route = target.provider.paths.get("embedding", path(target, "/embed"))
    said = {"prompt": _only(options["inputs"])} if route.endswith(_LEGACY) else {"input": options["inputs"]}
    body: JSONObject = {"model": target.model, **said, **rest}
    if settings:
        body["options"] = settings
    return Encoded(route, msgspec.json.encode(body), warnings=tuple(warnings))


def _only(inputs: JSON) -> str:
    text: JSON = inputs[0] if is_list(inputs) and len(inputs) == 1 else inputs
    if not isinstance(text, str):
        raise InvalidRequestError(f"inputs is {inputs!r:.100}; /api/embeddings takes one text", param="inputs")
    return text


def decode_embedding(target: Target, response: HttpResponse) -> CreateEmbeddingResponse:
    """Decode an answer; its vectors are left undecoded until they are read, and its durations stay readable on it.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer has no vectors.
    """
    answer = _ANSWER.decode(response.body)
    vectors = answer.embeddings if answer.embedding is _UNSAID else [answer.embedding]
    if not vectors:
        if answer.error:
            raise error_from({"error": answer.error}, response.status)
        raise MalformedResponseError("the answer to a request for embeddings has no vectors")
    tokens = answer.prompt_eval_count or 0
    embeddings = CreateEmbeddingResponse(
        data=[_row(index, vector) for index, vector in enumerate(vectors)],
        model=answer.model or target.model,
        usage=EmbeddingUsage(prompt_tokens=tokens, total_tokens=tokens),
    )
    said = {"total_duration": answer.total_duration, "load_duration": answer.load_duration}
    vars(embeddings).update({name: value for name, value in said.items() if value is not None})
    return embeddings


def _row(index: int, vector: msgspec.Raw) -> Embedding:
    row = Embedding(index=index)
    # The field takes JSON, which it decodes on first reading; its declared type is what is read from it.
    row.embedding = vector  # type: ignore[assignment]
    return row


EMBEDDING: Codec[CreateEmbeddingResponse, None] = Codec(encode=encode_embedding, decode=decode_embedding)
"""The operation `embedding`."""
