"""Embeddings of texts, of texts in their context, and of texts with images.

https://docs.voyageai.com/reference/embeddings-api, .../contextualized-embeddings-api and .../multimodal-embeddings-api
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.dialects.voyage.errors import refuse
from any_llm.exceptions import InvalidRequestError
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.conversation import plain
from any_llm.types.embedding import CreateEmbeddingResponse, Embedding, EmbeddingUsage
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject, is_list, is_mapping, is_object, is_sequence
from any_llm.types.report import Warning as CallWarning
from any_llm.types.value import decode, revive

_CONTEXTUAL, _MULTIMODAL = "voyage-context-", "voyage-multimodal-"
_RENAMED: Mapping[str, str] = {"dimensions": "output_dimension"}
_TRANSLATED = frozenset({"inputs", "encoding_format", "user"})
_FLOAT, _BASE64 = "float", "base64"


def encode_embedding(target: Target, options: Options) -> Encoded:
    """Encode a request.

    Texts are embedded each by itself. Lists of texts are the chunks of documents, each embedded in the context of its
    document; a text for a model of that kind is a document of its own. Contents (`{"content": [parts]}`, or single
    parts in OpenAI's shape) are texts with images.

    Vectors are asked for as base64, a quarter of the size of numbers, where they are floats of texts. What is not
    OpenAI's (`input_type`, `truncation`, `output_dtype`, …) is sent as it is.

    Raises:
        InvalidRequestError: the inputs are none of these.
    """
    given: JSON = options["inputs"]
    items = [plain(item) for item in given] if is_sequence(given) else [given]
    body: JSONObject = {"model": target.model}
    body |= {_RENAMED.get(name, name): value for name, value in options.items() if name not in _TRANSLATED}
    asked: JSON = options.get("encoding_format")
    warnings = [CallWarning("dropped", "user", "the API does not ask who its user is")] if "user" in options else []
    if target.model.startswith(_MULTIMODAL) or any(is_mapping(item) for item in items):
        route, name, form = "/multimodalembeddings", "output_encoding", asked
        body["inputs"] = [_content(item) for item in items]
    elif target.model.startswith(_CONTEXTUAL) or any(is_list(item) for item in items):
        route, name, form = "/contextualizedembeddings", "encoding_format", asked
        body["inputs"] = [item if is_list(item) else [item] for item in items]
    else:
        route, name, form = "/embeddings", "encoding_format", _form(asked, options.get("output_dtype"), warnings)
        body["input"] = given if isinstance(given, str) else items
    if form == _BASE64:
        body[name] = form
    return Encoded(route, msgspec.json.encode(body), warnings=tuple(warnings))


def _form(asked: JSON, kind: JSON, warnings: list[CallWarning]) -> str:
    """Return how vectors are asked for; base64 is read as floats, and so is not asked for where they are others."""
    if kind in (None, _FLOAT):
        return asked or _BASE64
    if asked == _BASE64:
        warnings.append(CallWarning("dropped", "encoding_format", f"{kind} come as numbers"))
    return _FLOAT


def _content(item: JSON) -> JSONObject:
    if isinstance(item, str):
        return {"content": [{"type": "text", "text": item}]}
    if is_object(item) and is_sequence(item.get("content")):
        return {"content": [_part(part) for part in item["content"]]}
    if is_object(item) and "type" in item:
        return {"content": [_part(item)]}
    raise InvalidRequestError(
        f"Voyage embeds texts, or contents such as {{'content': [{{'type': 'text', …}}]}}, not {item!r:.100}",
        param="inputs",
    )


def _part(part: JSON) -> JSON:
    """Return a part as this API writes it: the URL of an image stands right beside its type."""
    image: JSON = part.get("image_url") if is_mapping(part) else None
    url: JSON = image.get("url") if is_mapping(image) else image
    if not isinstance(url, str):
        return part
    kind = "image_base64" if url.startswith("data:") else "image_url"
    return {"type": kind, kind: url}


def decode_embedding(_target: Target, response: HttpResponse) -> CreateEmbeddingResponse:
    """Decode an answer; its vectors are left undecoded until they are read.

    The chunks of documents are numbered through, in order; the extra field `document` of a row tells its document.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer has no vectors.
    """
    answer = decode(CreateEmbeddingResponse, response.body)
    data: list[JSON] = answer.data
    if any(isinstance(row, Embedding) and row.model_extra.get("data") for row in data):
        answer = _flat(msgspec.json.decode(response.body))
        data = answer.data
    if not data or not all(isinstance(row, Embedding) and row.sent for row in data):
        raise refuse(msgspec.json.decode(response.body), response.status, "vectors")
    if isinstance(answer.usage, EmbeddingUsage):
        # The inputs are all that takes tokens.
        answer.usage.prompt_tokens = answer.usage.prompt_tokens or answer.usage.total_tokens
    return answer


def _flat(tree: JSONObject) -> CreateEmbeddingResponse:
    chunks = [
        {**chunk, "document": number} for number, document in enumerate(tree["data"]) for chunk in document["data"]
    ]
    return revive(CreateEmbeddingResponse, {**tree, "data": [{**row, "index": at} for at, row in enumerate(chunks)]})


EMBEDDING: Codec[CreateEmbeddingResponse, None] = Codec(encode=encode_embedding, decode=decode_embedding)
"""The operation `embedding`."""
