"""Bedrock's list of models.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_ListFoundationModels.html and
.../API_GetFoundationModel.html
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from any_llm.testing.mock.wire import Context, Rendered, Route, Wire
from any_llm.testing.mock.wires.bedrock_errors import check, failure_pieces, render_failure
from any_llm.types.json import JSONObject

NAMES: Sequence[str] = ("amazon.nova-lite-v1:0", "anthropic.claude-sonnet-4-5-20250929-v1:0", "cohere.embed-v4:0")


def _model(name: str) -> JSONObject:
    vendor, _, rest = name.partition(".")
    return {
        "modelArn": f"arn:aws:bedrock:us-east-1::foundation-model/{name}",
        "modelId": name,
        "modelName": rest or name,
        "providerName": vendor.title(),
        "inputModalities": ["TEXT"],
        "outputModalities": ["EMBEDDING" if "embed" in name else "TEXT"],
        "responseStreamingSupported": "embed" not in name,
        "customizationsSupported": [],
        "inferenceTypesSupported": ["ON_DEMAND"],
        "modelLifecycle": {"status": "ACTIVE"},
    }


def _list(context: Context) -> Rendered:
    return _json({"modelSummaries": [_model(name) for name in NAMES]}, context)


def _retrieve(context: Context) -> Rendered:
    return _json({"modelDetails": _model(context.request.params["model"])}, context)


def _json(value: JSONObject, context: Context) -> Rendered:
    headers = {"content-type": "application/json", "x-amzn-requestid": context.ids.uuid()}
    return Rendered(headers=headers, body=msgspec.json.encode(value))


WIRE = Wire(
    name="bedrock.models",
    vendor="bedrock",
    routes=(
        Route(method="GET", path="/foundation-models", operation="list_models", handle=_list),
        Route(method="GET", path="/foundation-models/{model*}", operation="retrieve_model", handle=_retrieve),
    ),
    render_failure=render_failure,
    failure_pieces=failure_pieces,
    check=check,
)
