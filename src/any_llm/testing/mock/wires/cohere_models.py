"""Cohere's list of models: https://docs.cohere.com/reference/list-models and .../get-model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from any_llm.testing.mock.wire import Context, Rendered, Route, Wire
from any_llm.testing.mock.wires.cohere_errors import check, claims, failure_pieces, headers, not_found, render_failure
from any_llm.types.json import JSONObject

MODELS: Mapping[str, Sequence[str]] = {
    "echo": ("chat",),
    "command-a-03-2025": ("chat",),
    "embed-v4.0": ("embed",),
    "rerank-v3.5": ("rerank",),
}
"""The models, with what each is for."""


def _model(name: str) -> JSONObject:
    return {
        "name": name,
        "endpoints": list(MODELS[name]),
        "finetuned": False,
        "context_length": 288_000,
        "tokenizer_url": f"https://storage.googleapis.com/cohere-public/tokenizers/{name}.json",
        "features": ["json_mode", "json_schema", "strict_tools", "tools"] if "chat" in MODELS[name] else [],
        "default_endpoints": [],
    }


def _list(context: Context) -> Rendered:
    wanted = context.request.query.get("endpoint")
    names = [name for name, uses in MODELS.items() if wanted is None or wanted in uses]
    body = {"models": [_model(name) for name in names]}
    return Rendered(headers=headers(context), body=msgspec.json.encode(body))


def _retrieve(context: Context) -> Rendered:
    name = context.request.params["model"]
    if name not in MODELS:
        raise not_found(name)
    return Rendered(headers=headers(context), body=msgspec.json.encode(_model(name)))


WIRE = Wire(
    name="cohere.v1.models",
    vendor="cohere",
    routes=(
        Route(method="GET", path="/v1/models", operation="list_models", handle=_list),
        Route(method="GET", path="/v1/models/{model}", operation="retrieve_model", handle=_retrieve),
    ),
    render_failure=render_failure,
    failure_pieces=failure_pieces,
    claims=claims,
    check=check,
)
