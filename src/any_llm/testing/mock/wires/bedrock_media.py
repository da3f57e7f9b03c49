"""Bodies of InvokeModel that are vectors, rankings and images.

https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html,
.../model-parameters-embed.html, .../rerank-supported.html, .../model-parameters-titan-image.html,
.../model-parameters-stability-diffusion.html and https://docs.aws.amazon.com/nova/latest/userguide/embeddings-schema.html
"""

from __future__ import annotations

import binascii
from collections.abc import Mapping

from any_llm.testing.mock.answer import Answer
from any_llm.testing.mock.asked import Asked
from any_llm.testing.mock.ids import Ids
from any_llm.testing.mock.vectors import scores_of, vectors_of
from any_llm.testing.mock.wires.bedrock_family import Family, called, has
from any_llm.types.json import JSON, JSONObject, is_mapping, is_object

_TITAN, _COHERE = 1024, 1536
_PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
"""A PNG image of one pixel."""


def _read_titan(body: Mapping[str, JSON], model: str, *, stream: bool) -> Asked:
    config = body.get("embeddingConfig")
    length = config.get("outputEmbeddingLength") if is_object(config) else None
    return Asked(
        model=model,
        stream=stream,
        inputs=(str(body.get("inputText", "")),),
        dimensions=body.get("dimensions") or length or _TITAN,
    )


def _titan(answer: Answer, asked: Asked, _ids: Ids) -> JSONObject:
    (vector,) = vectors_of(answer.embeddings, asked.inputs, asked.dimensions or _TITAN)
    told: JSONObject = {"embedding": vector, "inputTextTokenCount": answer.usage_for(asked).input}
    return told if "v1" in asked.model else {**told, "embeddingsByType": {"float": vector}}


def _read_nova(body: Mapping[str, JSON], model: str, *, stream: bool) -> Asked:
    given = body.get("singleEmbeddingParams")
    params: Mapping[str, JSON] = given if is_object(given) else {}
    text = params.get("text")
    said = str(text.get("value", "")) if is_object(text) else ""
    return Asked(model=model, stream=stream, inputs=(said,), dimensions=params.get("embeddingDimension") or _TITAN)


def _nova(answer: Answer, asked: Asked, _ids: Ids) -> JSONObject:
    (vector,) = vectors_of(answer.embeddings, asked.inputs, asked.dimensions or _TITAN)
    return {"embeddings": [{"embeddingType": "TEXT", "embedding": vector}]}


def _read_cohere(body: Mapping[str, JSON], model: str, *, stream: bool) -> Asked:
    new = "v4" in model
    return Asked(
        model=model,
        stream=stream,
        inputs=tuple(body.get("texts") or ()),
        dimensions=body.get("output_dimension") or (_COHERE if new else _TITAN),
        options={"typed": new or "embedding_types" in body},
    )


def _cohere(answer: Answer, asked: Asked, ids: Ids) -> JSONObject:
    typed = asked.options["typed"]
    vectors = vectors_of(answer.embeddings, asked.inputs, asked.dimensions or _COHERE)
    return {
        "embeddings": {"float": vectors} if typed else vectors,
        "id": ids.uuid(),
        "response_type": "embeddings_by_type" if typed else "embeddings_floats",
        "texts": list(asked.inputs),
    }


def _read_rerank(body: Mapping[str, JSON], model: str, *, stream: bool) -> Asked:
    documents = tuple(str(each.get("text", "")) if is_mapping(each) else str(each) for each in body["documents"])
    return Asked(
        model=model,
        stream=stream,
        query=str(body.get("query", "")),
        inputs=documents,
        options={"top": body.get("top_n")},
    )


def _rerank(answer: Answer, asked: Asked, _ids: Ids) -> JSONObject:
    scores = enumerate(scores_of(answer.scores, asked.query, asked.inputs))
    best = sorted(scores, key=lambda pair: pair[1], reverse=True)[: asked.options.get("top") or len(asked.inputs)]
    return {"results": [{"index": index, "relevance_score": score} for index, score in best]}


def _read_image(body: Mapping[str, JSON], model: str, *, stream: bool) -> Asked:
    config, params = body.get("imageGenerationConfig"), body.get("textToImageParams")
    count = config.get("numberOfImages") if is_object(config) else body.get("samples")
    prompts = [each for each in body.get("text_prompts") or () if is_object(each)]
    text = next((each.get("text") for each in prompts), body.get("prompt"))
    if is_object(params):
        text = params.get("text")
    return Asked(model=model, stream=stream, n=count or 1, inputs=(str(text or ""),))


def _images(answer: Answer, asked: Asked, _ids: Ids) -> JSONObject:
    given = [binascii.b2a_base64(blob.data, newline=False).decode() for blob in answer.media]
    made = (given or [_PIXEL])[: asked.n]
    return {"images": made + [made[-1]] * (asked.n - len(made))}


def _canvas(answer: Answer, asked: Asked, ids: Ids) -> JSONObject:
    return {**_images(answer, asked, ids), "error": None}


def _stability(answer: Answer, asked: Asked, ids: Ids) -> JSONObject:
    made = _images(answer, asked, ids)
    return {"seeds": [ids.random.randrange(1 << 32)], "finish_reasons": [None] * len(made["images"]), **made}


def _diffusion(answer: Answer, asked: Asked, ids: Ids) -> JSONObject:
    images = _images(answer, asked, ids)["images"]
    artifacts = [{"seed": index, "base64": image, "finishReason": "SUCCESS"} for index, image in enumerate(images)]
    return {"result": "success", "artifacts": artifacts}


TITAN = Family(fits=has("inputText"), read=_read_titan, whole=_titan)
"""Titan's vectors; texts of Titan have the same member, and are asked before."""

NOVA = Family(fits=has("singleEmbeddingParams"), read=_read_nova, whole=_nova)
"""Nova's vectors."""

COHERE = Family(fits=has("texts"), read=_read_cohere, whole=_cohere)
"""Cohere's vectors."""

RERANK = Family(fits=has("documents"), read=_read_rerank, whole=_rerank)
"""Rankings, whoever's."""

CANVAS = Family(fits=has("textToImageParams"), read=_read_image, whole=_canvas)
"""Images of Titan and of Nova Canvas."""

DIFFUSION = Family(fits=has("text_prompts"), read=_read_image, whole=_diffusion)
"""Images of Stability's first models."""

STABILITY = Family(fits=called("stability."), read=_read_image, whole=_stability)
"""Images of Stability's other models."""
