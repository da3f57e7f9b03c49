"""Calls of InvokeModel, without a network."""

from __future__ import annotations

import base64
from collections.abc import Sequence

import msgspec

from any_llm.dialects.bedrock import DIALECT
from any_llm.spec.dialect import Encoded
from any_llm.spec.provider import Operation
from any_llm.types.http import Frame
from any_llm.types.json import JSON, JSONObject
from tests.dialects.bedrock.calls import complaints, respond, target


def ask(operation: Operation, model: str, **options: JSON) -> tuple[JSONObject, Encoded]:
    """Return the body that a model is handed, by a request that botocore's model of the service finds valid."""
    encoded = DIALECT.operations[operation].encode(target(model), options)
    named = "InvokeModelWithResponseStream" if options.get("stream") else "InvokeModel"
    assert complaints(named, {"modelId": model.removeprefix("invoke/"), "body": encoded.body}) == ""
    body: JSONObject = msgspec.json.decode(encoded.body)
    return body, encoded


def read(operation: Operation, model: str, body: JSON, **headers: str) -> JSON:
    """Return what a whole answer says."""
    return DIALECT.operations[operation].decode(target(model), respond(body, 200, **headers))


def chunks(*payloads: JSON) -> list[Frame]:
    """Return the frames of a stream that holds these payloads."""
    packed = (base64.b64encode(msgspec.json.encode(payload)).decode() for payload in payloads)
    return [Frame("chunk", msgspec.json.encode({"bytes": piece, "p": "abc"})) for piece in packed]


def stream(operation: Operation, model: str, frames: Sequence[Frame]) -> tuple[list[JSON], JSON]:
    """Return the items of a stream, and what they add up to."""
    codec = DIALECT.operations[operation]
    assert codec.stream is not None
    assert codec.fold is not None
    decoder, fold = codec.stream(target(model), {"stream": True}), codec.fold()
    items = [item for frame in frames for item in decoder.feed(frame)]
    items += decoder.finish()
    for item in items:
        fold.add(item)
    return items, fold.result()


def metrics(read: int = 3, written: int = 5) -> JSONObject:
    """Return the member that the last chunk has."""
    return {"amazon-bedrock-invocationMetrics": {"inputTokenCount": read, "outputTokenCount": written}}
