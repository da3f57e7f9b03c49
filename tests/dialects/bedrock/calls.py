"""Calls of the Bedrock dialect, without a network."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import msgspec
from botocore.model import OperationModel
from botocore.session import get_session
from botocore.validate import ParamValidator

from any_llm.dialects.bedrock import COMPLETION
from any_llm.spec.dialect import Codec, Encoded, Target
from any_llm.spec.provider import Provider
from any_llm.types.http import Frame, HttpResponse
from any_llm.types.json import JSON, JSONObject

MODEL = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
NOVA = "us.amazon.nova-2-lite-v1:0"
ADAPTIVE = "us.anthropic.claude-sonnet-5"
LLAMA = "meta.llama3-2-1b-instruct-v1:0"
PROVIDER = Provider(
    name="bedrock",
    base_url="https://bedrock-runtime.us-east-1.amazonaws.com",
    dialect="bedrock",
    auth="aws",
    framing="event_stream",
)
HELLO = {"role": "user", "content": "Hello"}
IMAGE = "data:image/png;base64,iVBORw0KGgo="


def target(model: str = MODEL) -> Target:
    """Return where a call goes."""
    return Target(provider=PROVIDER, model=model, base_url=PROVIDER.base_url)


def encode(model: str = MODEL, **options: JSON) -> Encoded:
    """Encode a chat completion, and let botocore's model of the service check it; a greeting is said by default."""
    encoded = COMPLETION.encode(target(model), {"messages": [HELLO], **options})
    operation = "ConverseStream" if options.get("stream") else "Converse"
    assert complaints(operation, {"modelId": model, **body_of(encoded)}) == ""
    return encoded


@cache
def operation_model(name: str) -> OperationModel:
    """Return what botocore knows of an operation of the service."""
    return get_session().get_service_model("bedrock-runtime").operation_model(name)


def complaints(operation: str, request: JSONObject) -> str:
    """Return what botocore finds wrong with a request, nothing for a valid one."""
    report: str = ParamValidator().validate(request, operation_model(operation).input_shape).generate_report()
    return report


def body_of(encoded: Encoded) -> JSONObject:
    """Return the JSON of a request."""
    body: JSONObject = msgspec.json.decode(encoded.body)
    return body


def body(model: str = MODEL, **options: JSON) -> JSONObject:
    """Return the JSON that a chat completion becomes."""
    return body_of(encode(model, **options))


def turns(*messages: JSON) -> list[JSONObject]:
    """Return the turns that messages of a chat become."""
    encoded: list[JSONObject] = body(messages=list(messages))["messages"]
    return encoded


def warned(encoded: Encoded) -> list[tuple[str, str]]:
    """Return kind and parameter of each warning."""
    return [(warning.kind, warning.parameter) for warning in encoded.warnings]


def respond(body: JSON, status: int = 200, **headers: str) -> HttpResponse:
    """Return an answer with a JSON body; underscores in the names of headers are hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpResponse(status, named, msgspec.json.encode(body))


def whole(*blocks: JSONObject, **more: JSON) -> JSONObject:
    """Return the body of a whole answer with these blocks."""
    return {
        "output": {"message": {"role": "assistant", "content": list(blocks)}},
        "stopReason": "end_turn",
        "usage": {"inputTokens": 3, "outputTokens": 5, "totalTokens": 8},
        "metrics": {"latencyMs": 7},
        **more,
    }


def decode(*blocks: JSONObject, **more: JSON) -> JSON:
    """Return the completion that an answer with these blocks is."""
    return COMPLETION.decode(target(), respond(whole(*blocks, **more), x_amzn_requestid="r-1"))


def frames(*events: tuple[str, JSONObject]) -> list[Frame]:
    """Return events as they come out of the framing."""
    return [Frame(name, msgspec.json.encode(payload)) for name, payload in events]


def events(*blocks: Sequence[JSONObject], stop: str = "end_turn", usage: bool = True) -> list[Frame]:
    """Return the frames of a streamed answer; each block is its beginning (empty for none) and its deltas."""
    told: list[tuple[str, JSONObject]] = [("messageStart", {"role": "assistant"})]
    for index, (start, *deltas) in enumerate(blocks):
        if start:
            told.append(("contentBlockStart", {"contentBlockIndex": index, "start": start}))
        told += [("contentBlockDelta", {"contentBlockIndex": index, "delta": delta}) for delta in deltas]
        told.append(("contentBlockStop", {"contentBlockIndex": index}))
    told.append(("messageStop", {"stopReason": stop}))
    if usage:
        counted = {"inputTokens": 3, "outputTokens": 5, "totalTokens": 8}
        told.append(("metadata", {"usage": counted, "metrics": {"latencyMs": 7}}))
    return frames(*told)


def play(sent: Sequence[Frame], codec: Codec[JSON, JSON] = COMPLETION, **options: JSON) -> tuple[list[JSON], JSON]:
    """Return the chunks of a whole stream, and the answer that they add up to."""
    assert codec.stream is not None
    assert codec.fold is not None
    decoder, fold = codec.stream(target(), options), codec.fold()
    items = [item for frame in sent for item in decoder.feed(frame)]
    items += decoder.finish()
    for item in items:
        fold.add(item)
    return items, fold.result()
