"""What Google counts and embeds: https://ai.google.dev/api/tokens, https://ai.google.dev/api/embeddings.

Vertex AI has `predict` for its older models of embeddings:
https://docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/text-embeddings-api.
"""

from __future__ import annotations

from collections.abc import Sequence

from any_llm.testing.mock.answer import Answer
from any_llm.testing.mock.asked import Asked, count_tokens
from any_llm.testing.mock.request import MockRequest
from any_llm.testing.mock.wire import Context, Rendered, Route, Wire
from any_llm.testing.mock.wires.gemini_asked import asked_of, text_of
from any_llm.testing.mock.wires.google_errors import failure_pieces, render_failure
from any_llm.testing.mock.wires.google_words import claims, group, keyed_read, listed, member, on_vertex, refuse, whole
from any_llm.testing.mock.wires.openai_embeddings import vector_for
from any_llm.types.json import JSONObject

_LENGTH, _OLDER = 3072, 768
_SHORT = ("embedding-001", "embedding-002", "embedding-004", "embedding-005", "gecko")
"""How the names of models end whose vectors are short; `gemini-embedding-001` is none of them."""


def _read_count(request: MockRequest) -> Asked:
    body = request.object
    inner = group(body, "generateContentRequest")
    if not inner and not listed(body, "contents") and listed(body, "instances"):
        return Asked(model=request.params["model"], inputs=_contents(listed(body, "instances")))
    return asked_of(inner or body, request.params["model"])


def _render_count(answer: Answer, asked: Asked, context: Context) -> Rendered:
    tokens = answer.usage.input if answer.usage else asked.input_tokens
    counted: JSONObject = {"totalTokens": tokens}
    if on_vertex(context.request):
        letters = "".join([*(turn.text for turn in asked.turns), *asked.inputs])
        counted["totalBillableCharacters"] = len("".join(letters.split()))
    counted["promptTokensDetails"] = [{"modality": "TEXT", "tokenCount": tokens}]
    return whole(counted, context, answer)


def _read_one(request: MockRequest) -> Asked:
    body = request.object
    content = group(body, "content")
    if not listed(content, "parts"):
        raise refuse("* EmbedContentRequest.content: contents is not specified\n")
    length = member(body, "outputDimensionality") or member(group(body, "embedContentConfig"), "outputDimensionality")
    return Asked(model=request.params["model"], inputs=(text_of(listed(content, "parts")),), dimensions=length)


def _render_one(answer: Answer, asked: Asked, context: Context) -> Rendered:
    embedded: JSONObject = {"embedding": {"values": list(_vectors(answer, asked)[0])}}
    if on_vertex(context.request):
        tokens = count_tokens(asked.inputs[0])
        embedded["usageMetadata"] = {
            "promptTokenCount": tokens,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": tokens}],
            "totalTokenCount": tokens,
        }
    return whole(embedded, context, answer)


def _read_many(request: MockRequest) -> Asked:
    requests = listed(request.object, "requests")
    if not requests:
        raise refuse("* BatchEmbedContentsRequest.requests: at least one request is required\n")
    inputs = tuple(text_of(listed(group(each, "content"), "parts")) for each in requests)
    return Asked(model=request.params["model"], inputs=inputs, dimensions=member(requests[0], "outputDimensionality"))


def _render_many(answer: Answer, asked: Asked, context: Context) -> Rendered:
    return whole({"embeddings": [{"values": list(vector)} for vector in _vectors(answer, asked)]}, context, answer)


def _read_predict(request: MockRequest) -> Asked:
    body = request.object
    inputs = _contents(listed(body, "instances"))
    if not inputs:
        raise refuse("Empty instances.")
    length = member(group(body, "parameters"), "outputDimensionality")
    return Asked(model=request.params["model"], inputs=inputs, dimensions=length)


def _contents(instances: list[JSONObject]) -> tuple[str, ...]:
    return tuple(str(instance.get("content") or instance.get("text") or "") for instance in instances)


def _render_predict(answer: Answer, asked: Asked, context: Context) -> Rendered:
    predictions = [
        {"embeddings": {"statistics": {"truncated": False, "token_count": count_tokens(text)}, "values": list(vector)}}
        for text, vector in zip(asked.inputs, _vectors(answer, asked), strict=True)
    ]
    letters = len("".join("".join(asked.inputs).split()))
    return whole({"predictions": predictions, "metadata": {"billableCharacterCount": letters}}, context, answer)


def _vectors(answer: Answer, asked: Asked) -> Sequence[Sequence[float]]:
    short = asked.model.endswith(_SHORT) and not asked.model.startswith("gemini")
    length = asked.dimensions or (_OLDER if short else _LENGTH)
    given = answer.embeddings[: len(asked.inputs)]
    return (*given, *(vector_for(text, length) for text in asked.inputs[len(given) :]))


WIRE = Wire(
    name="gemini.embed",
    vendor="gemini",
    routes=(
        Route(
            method="POST",
            path="/models/{model}:countTokens",
            operation="count_tokens",
            read=keyed_read(_read_count),
            render=_render_count,
        ),
        Route(
            method="POST",
            path="/models/{model}:embedContent",
            operation="embedding",
            read=keyed_read(_read_one),
            render=_render_one,
        ),
        Route(
            method="POST",
            path="/models/{model}:batchEmbedContents",
            operation="embedding",
            read=keyed_read(_read_many),
            render=_render_many,
        ),
        Route(
            method="POST",
            path="/models/{model}:predict",
            operation="embedding",
            read=keyed_read(_read_predict),
            render=_render_predict,
        ),
    ),
    render_failure=render_failure,
    failure_pieces=failure_pieces,
    claims=claims,
)
