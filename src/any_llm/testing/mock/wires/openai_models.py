"""OpenAI's list of models: https://platform.openai.com/docs/api-reference/models."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from any_llm.testing.mock.wire import Context, Rendered, Route, Wire
from any_llm.testing.mock.wires.openai_errors import failure_pieces, render_failure
from any_llm.types.json import JSONObject

NAMES: Sequence[str] = ("echo", "gpt-5-mini", "text-embedding-3-small")
_BORN = 1_767_225_600


def _model(name: str) -> JSONObject:
    return {"id": name, "object": "model", "created": _BORN, "owned_by": "any-llm-mock"}


def _list(_context: Context) -> Rendered:
    return Rendered(body=msgspec.json.encode({"object": "list", "data": [_model(name) for name in NAMES]}))


def _retrieve(context: Context) -> Rendered:
    return Rendered(body=msgspec.json.encode(_model(context.request.params["model"])))


WIRE = Wire(
    name="openai.models",
    vendor="openai",
    routes=(
        Route(method="GET", path="/models", operation="list_models", handle=_list),
        Route(method="GET", path="/models/{model*}", operation="retrieve_model", handle=_retrieve),
    ),
    render_failure=render_failure,
    failure_pieces=failure_pieces,
    limit_headers="openai",
)
