"""Anthropic's list of models: https://platform.claude.com/docs/en/api/models-list."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.testing.mock.wire import Context, Rendered, Route, Wire
from any_llm.testing.mock.wires.anthropic_batches import page_of
from any_llm.testing.mock.wires.anthropic_errors import check, claims, failure_pieces, render_failure, request_id
from any_llm.types.json import JSONObject

NAMES: Mapping[str, str] = {
    "echo": "Echo",
    "claude-opus-4-7": "Claude Opus 4.7",
    "claude-haiku-4-5-20251001": "Claude Haiku 4.5",
}
"""The models, with the names that people read."""

_ABILITIES = ("batch", "citations", "code_execution", "image_input", "pdf_input", "structured_outputs")


def _model(name: str) -> JSONObject:
    return {
        "type": "model",
        "id": name,
        "display_name": NAMES.get(name, name),
        "created_at": "2026-01-01T00:00:00Z",
        "max_input_tokens": 200_000,
        "max_tokens": 64_000,
        "capabilities": {ability: {"supported": True} for ability in _ABILITIES},
    }


def _list(context: Context) -> Rendered:
    return _json(page_of([_model(name) for name in NAMES], context), context)


def _retrieve(context: Context) -> Rendered:
    return _json(_model(context.request.params["model"]), context)


def _json(value: JSONObject, context: Context) -> Rendered:
    headers = {"content-type": "application/json", "request-id": request_id(context)}
    return Rendered(headers=headers, body=msgspec.json.encode(value))


WIRE = Wire(
    name="anthropic.models",
    vendor="anthropic",
    routes=(
        Route(method="GET", path="/v1/models", operation="list_models", handle=_list),
        Route(method="GET", path="/v1/models/{model}", operation="retrieve_model", handle=_retrieve),
    ),
    render_failure=render_failure,
    failure_pieces=failure_pieces,
    claims=claims,
    check=check,
    limit_headers="anthropic",
)
