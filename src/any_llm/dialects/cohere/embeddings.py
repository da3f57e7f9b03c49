"""Embeddings in Cohere's format: https://docs.cohere.com/reference/embed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import msgspec

from any_llm.dialects.cohere.errors import error_from
from any_llm.dialects.cohere.wire import path, speaks_v1
from any_llm.exceptions import InvalidRequestError, MalformedResponseError
from any_llm.schemas.shapes import is_object
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.conversation import plain
from any_llm.types.embedding import CreateEmbeddingResponse, Embedding, EmbeddingUsage
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject
from any_llm.types.report import Warning as CallWarning

_DEFAULT_TYPE = "float"
_PREFERRED = ("float", "base64")
_RENAMED: Mapping[str, str] = {"dimensions": "output_dimension"}
_TRANSLATED = frozenset({"inputs", "encoding_format", "user"})
_KEPT = ("id", "texts", "images", "meta", "response_type")


class _Answer(msgspec.Struct):
    """An answer whose vectors stay JSON until somebody reads them."""

    embeddings: dict[str, list[msgspec.Raw]] | list[msgspec.Raw] | None = None
    id: JSON = None
    message: JSON = None
    texts: JSON = None
    images: JSON = None
    meta: JSON = None
    response_type: JSON = None


_ANSWER = msgspec.json.Decoder(_Answer)


def encode_embedding(target: Target, options: Options) -> Encoded:
    """Encode a request.

    Cohere wants to know what the vectors are for: `input_type` is `search_document` unless the caller says otherwise
    (`search_query`, `classification`, `clustering`, `image`). `encoding_format="base64"` makes the answer a quarter of
    the size, which models before version 3 do not offer; `embedding_types` asks for Cohere's other kinds of numbers.

    Raises:
        InvalidRequestError: the inputs are neither texts nor contents.
    """
    inputs = _inputs(options["inputs"], first_version=speaks_v1(target))
    body: JSONObject = {"model": target.model, "input_type": "image" if "images" in inputs else "search_document"}
    body |= inputs
    body["embedding_types"] = [options.get("encoding_format") or _DEFAULT_TYPE]
    body |= {_RENAMED.get(name, name): value for name, value in options.items() if name not in _TRANSLATED}
    warned = options.get("user") is not None
    warning = CallWarning("dropped", "user", "the Embed API does not ask who its user is")
    return Encoded(path(target, "/embed"), msgspec.json.encode(body), warnings=(warning,) if warned else ())


def _inputs(given: JSON, *, first_version: bool) -> JSONObject:
    """Return texts as texts, and contents (texts with images) as inputs; the first version has images by themselves."""
    items = [plain(item) for item in cast("Sequence[JSON]", given)] if isinstance(given, list | tuple) else [given]
    if all(isinstance(item, str) for item in items):
        return {"texts": items}
    if first_version and all(map(_image, items)):
        return {"images": [_image(item) for item in items]}
    if all(is_object(item) for item in items):
        return {"inputs": [item if "content" in item else {"content": [item]} for item in items]}
    raise InvalidRequestError(
        f"Cohere embeds texts, or contents such as {{'content': [{{'type': 'text', …}}]}}, not {given!r:.100}",
        param="inputs",
    )


def _image(item: JSON) -> str | None:
    """Return the URL of a part that is an image."""
    image: JSON = item.get("image_url") if is_object(item) else None
    url: JSON = image.get("url") if is_object(image) else image
    return url if isinstance(url, str) else None


def decode_embedding(target: Target, response: HttpResponse) -> CreateEmbeddingResponse:
    """Decode an answer; its vectors are left undecoded until they are read.

    Where several kinds of numbers were asked for, the first of floats, base64 and whatever came is the vector; the
    others are in the extra field `embeddings`, by their kinds. What Cohere says beside the vectors (`id`, `texts`,
    `meta`, …) is readable on the answer.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer has no vectors.
    """
    answer = _ANSWER.decode(response.body)
    kinds = {_DEFAULT_TYPE: answer.embeddings} if isinstance(answer.embeddings, list) else answer.embeddings or {}
    chosen = next((kind for kind in (*_PREFERRED, *kinds) if kinds.get(kind)), None)
    if chosen is None:
        if isinstance(answer.message, str):
            raise error_from({"id": answer.id, "message": answer.message}, response.status)
        raise MalformedResponseError("the answer to a request for embeddings has no vectors")
    embeddings = CreateEmbeddingResponse(
        data=[_row(index, vector) for index, vector in enumerate(kinds[chosen])],
        model=target.model,
        usage=_usage(answer.meta),
    )
    said = {name: getattr(answer, name) for name in _KEPT}
    others = {kind: vectors for kind, vectors in kinds.items() if kind != chosen}
    if others:
        said["embeddings"] = msgspec.json.decode(msgspec.json.encode(others))
    vars(embeddings).update({name: value for name, value in said.items() if value is not None})
    return embeddings


def _row(index: int, vector: msgspec.Raw) -> Embedding:
    row = Embedding(index=index)
    # The field takes JSON, which it decodes on first reading; its declared type is what is read from it.
    row.embedding = vector  # type: ignore[assignment]
    return row


def _usage(meta: JSON) -> EmbeddingUsage | None:
    billed: JSON = meta.get("billed_units") if is_object(meta) else None
    if not is_object(billed):
        return None
    tokens = int(billed.get("input_tokens") or 0) + int(billed.get("image_tokens") or 0)
    return EmbeddingUsage(prompt_tokens=tokens, total_tokens=tokens)


EMBEDDING: Codec[CreateEmbeddingResponse, None] = Codec(encode=encode_embedding, decode=decode_embedding)
"""The operation `embedding`."""
