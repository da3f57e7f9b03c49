"""Google's models: https://ai.google.dev/api/models, and those of Vertex AI's Model Garden.

https://docs.cloud.google.com/vertex-ai/generative-ai/docs/reference/rest/v1beta1/publishers.models.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from any_llm.testing.mock.wire import Context, Rendered, Route, Wire
from any_llm.testing.mock.wires.google_errors import failure_pieces, render_failure
from any_llm.testing.mock.wires.google_words import claims, keyed, on_vertex, page, whole
from any_llm.types.json import JSONObject

NAMES: Sequence[str] = (
    "echo",
    "gemini-2.5-flash",
    "gemini-2.5-flash-image",
    "gemini-2.5-flash-preview-tts",
    "gemini-embedding-001",
    "imagen-4.0-generate-001",
    "veo-3.1-generate-preview",
)
"""The models that are listed; any other name is answered likewise."""

_METHODS: Mapping[str, Sequence[str]] = {
    "embedding": ["embedContent", "countTextTokens", "countTokens", "asyncBatchEmbedContent"],
    "imagen": ["predict"],
    "veo": ["predictLongRunning"],
}
_GENERATING: Sequence[str] = ["generateContent", "countTokens", "createCachedContent", "batchGenerateContent"]


def _model(name: str) -> JSONObject:
    methods = next((methods for part, methods in _METHODS.items() if part in name), _GENERATING)
    described: JSONObject = {
        "name": f"models/{name}",
        "version": "001",
        "displayName": name.replace("-", " ").title(),
        "description": "A model that a mock plays.",
        "inputTokenLimit": 1_048_576,
        "outputTokenLimit": 65_536,
        "supportedGenerationMethods": methods,
    }
    if methods is _GENERATING:
        described |= {"temperature": 1, "topP": 0.95, "topK": 64, "maxTemperature": 2, "thinking": True}
    return described


def _published(name: str) -> JSONObject:
    return {
        "name": f"publishers/google/models/{name}",
        "versionId": "default",
        "openSourceCategory": "PROPRIETARY",
        "launchStage": "GA",
        "publisherModelTemplate": f"projects/{{project}}/locations/{{location}}/publishers/google/models/{name}",
    }


def _list(context: Context) -> Rendered:
    shown, token = page(NAMES, context.request)
    if on_vertex(context.request):
        return whole({"publisherModels": [_published(name) for name in shown], **token}, context)
    return whole({"models": [_model(name) for name in shown], **token}, context)


def _get(context: Context) -> Rendered:
    name = context.request.params["model"]
    return whole(_published(name) if on_vertex(context.request) else _model(name), context)


WIRE = Wire(
    name="gemini.models",
    vendor="gemini",
    routes=(
        Route(method="GET", path="/models", operation="list_models", handle=keyed(_list)),
        Route(method="GET", path="/models/{model}", operation="retrieve_model", handle=keyed(_get)),
    ),
    render_failure=render_failure,
    failure_pieces=failure_pieces,
    claims=claims,
)
