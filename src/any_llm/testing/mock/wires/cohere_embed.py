"""Cohere's vectors, rankings and tokens, in both versions of its API.

https://docs.cohere.com/reference/embed, .../rerank, .../tokenize and .../detokenize
"""

from __future__ import annotations

import binascii
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence

import msgspec

from any_llm.testing.mock.answer import Answer
from any_llm.testing.mock.asked import Asked, tokens_of
from any_llm.testing.mock.request import MockRequest
from any_llm.testing.mock.shelf import Room
from any_llm.testing.mock.vectors import scores_of, vectors_of
from any_llm.testing.mock.wire import Context, Rendered, Route, Wire
from any_llm.testing.mock.wires.cohere_chat import text_of
from any_llm.testing.mock.wires.cohere_errors import check, demand, failure_pieces, headers, invalid, render_failure
from any_llm.types.json import JSON, JSONObject, is_mapping, is_object

_NEW, _OLD = 1536, 1024
_BYTE = 127


def _bits(vector: Sequence[float]) -> list[int]:
    groups = [vector[start : start + 8] for start in range(0, len(vector), 8)]
    return [sum((value > 0) << (7 - place) for place, value in enumerate(group)) for group in groups]


def _base64(vector: Sequence[float]) -> str:
    return binascii.b2a_base64(struct.pack(f"<{len(vector)}f", *vector), newline=False).decode()


_KINDS: Mapping[str, Callable[[Sequence[float]], JSON]] = {
    "float": list,
    "int8": lambda vector: [round(value * _BYTE) for value in vector],
    "uint8": lambda vector: [round(value * _BYTE) + _BYTE + 1 for value in vector],
    "binary": lambda vector: [bits - _BYTE - 1 for bits in _bits(vector)],
    "ubinary": _bits,
    "base64": _base64,
}
"""The kinds of numbers that vectors may be of."""


def _read_embed(request: MockRequest) -> Asked:
    body = request.object
    demand(body, "model")
    model = str(body["model"])
    texts = [str(text) for text in body.get("texts") or ()]
    texts += [text_of(each.get("content")) for each in body.get("inputs") or () if is_object(each)]
    images = [str(image) for image in body.get("images") or ()]
    if not texts and not images:
        raise invalid("one of texts, images or inputs is required")
    if unknown := set(body.get("embedding_types") or ()) - _KINDS.keys():
        raise invalid(f"embedding_types must be one of {', '.join(_KINDS)}, found {', '.join(sorted(unknown))}")
    return Asked(
        model=model,
        inputs=tuple(texts or images),
        dimensions=body.get("output_dimension") or (_NEW if "v4" in model else _OLD),
        options={"types": list(body.get("embedding_types") or ()), "images": len(images), **_version(request)},
    )


def _render_embed(answer: Answer, asked: Asked, context: Context) -> Rendered:
    types, version, images = asked.options["types"], asked.options["version"], asked.options["images"]
    vectors = vectors_of(answer.embeddings, asked.inputs, asked.dimensions or _OLD)
    typed = bool(types) or version > 1
    billed: JSONObject = {"images": images} if images else {"input_tokens": answer.usage_for(asked).input}
    if version > 1 and not images:
        billed["image_tokens"] = 0
    body: JSONObject = {
        "id": context.ids.uuid(),
        "texts": [] if images else list(asked.inputs),
        "embeddings": {kind: [_KINDS[kind](vector) for vector in vectors] for kind in types or ("float",)}
        if typed
        else vectors,
        "meta": {**_meta(version), "billed_units": billed},
        "response_type": "embeddings_by_type" if typed else "embeddings_floats",
    }
    return Rendered(headers={**headers(context), **answer.headers}, body=msgspec.json.encode(body))


def _read_rerank(request: MockRequest) -> Asked:
    body = request.object
    demand(body, "query", "documents")
    documents = body["documents"]
    return Asked(
        model=str(body.get("model") or "rerank-english-v2.0"),
        query=str(body["query"]),
        inputs=tuple(str(each.get("text", "")) if is_mapping(each) else str(each) for each in documents),
        options={
            "top": body.get("top_n"),
            "return": body.get("return_documents") is True,
            **_version(request),
        },
    )


def _render_rerank(answer: Answer, asked: Asked, context: Context) -> Rendered:
    scores = enumerate(scores_of(answer.scores, asked.query, asked.inputs))
    best = sorted(scores, key=lambda pair: pair[1], reverse=True)[: asked.options["top"] or len(asked.inputs)]
    results: list[JSONObject] = []
    for index, score in best:
        document = {"document": {"text": asked.inputs[index]}} if asked.options["return"] else {}
        results.append({**document, "index": index, "relevance_score": score})
    meta = {**_meta(asked.options["version"]), "billed_units": {"search_units": 1}}
    body = {"id": context.ids.uuid(), "results": results, "meta": meta}
    return Rendered(headers={**headers(context), **answer.headers}, body=msgspec.json.encode(body))


def _tokenize(context: Context) -> Rendered:
    body = context.request.object
    demand(body, "text", "model")
    strings = tokens_of(str(body["text"]))
    numbers = context.shelf.room("cohere.tokens", str)
    told = {"tokens": [_number(text, numbers) for text in strings], "token_strings": strings, "meta": _meta(1)}
    return Rendered(headers=headers(context), body=msgspec.json.encode(told))


def _number(text: str, numbers: Room[str]) -> int:
    """Return a token's number, and remember whose it is, so that it can be turned back."""
    number = zlib.crc32(text.encode())
    numbers.put(str(number), text)
    return number


def _detokenize(context: Context) -> Rendered:
    body = context.request.object
    demand(body, "tokens", "model")
    numbers = context.shelf.room("cohere.tokens", str)
    texts = [numbers.get(str(number)) for number in body["tokens"]]
    if None in texts:
        raise invalid("tokens must be those that were told before")
    told = {"text": "".join(filter(None, texts)), "meta": _meta(1)}
    return Rendered(headers=headers(context), body=msgspec.json.encode(told))


def _version(request: MockRequest) -> JSONObject:
    return {"version": 2 if "/v2/" in request.path else 1}


def _meta(version: int) -> JSONObject:
    return {"api_version": {"version": str(version)}}


def _route(path: str, read: Callable[[MockRequest], Asked], operation: str) -> Route:
    render = _render_embed if operation == "embedding" else _render_rerank
    return Route(method="POST", path=path, operation=operation, read=read, render=render)


WIRE = Wire(
    name="cohere.v2.embed",
    vendor="cohere",
    routes=(
        _route("/v2/embed", _read_embed, "embedding"),
        _route("/v1/embed", _read_embed, "embedding"),
        _route("/v2/rerank", _read_rerank, "rerank"),
        _route("/v1/rerank", _read_rerank, "rerank"),
        Route(method="POST", path="/v1/tokenize", operation="count_tokens", handle=_tokenize),
        Route(method="POST", path="/v1/detokenize", operation="detokenize", handle=_detokenize),
    ),
    render_failure=render_failure,
    failure_pieces=failure_pieces,
    check=check,
)
