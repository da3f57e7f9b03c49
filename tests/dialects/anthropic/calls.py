"""Calls of the Anthropic dialect, without a network."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from any_llm.dialects.anthropic import COMPLETION
from any_llm.spec.dialect import Codec, Encoded, Target
from any_llm.spec.provider import Provider
from any_llm.types.http import Frame, HttpResponse
from any_llm.types.json import JSON, JSONObject

MODEL = "claude-sonnet-4-5"
PROVIDER = Provider(name="anthropic", base_url="https://api.anthropic.com", dialect="anthropic", auth="x-api-key")
HELLO = {"role": "user", "content": "Hello"}


def target(model: str = MODEL, base_url: str = PROVIDER.base_url) -> Target:
    """Return where a call goes."""
    return Target(provider=PROVIDER, model=model, base_url=base_url)


def encode(model: str = MODEL, **options: JSON) -> Encoded:
    """Encode a chat completion; a greeting and a limit are said unless the test says its own."""
    return COMPLETION.encode(target(model), {"messages": [HELLO], "max_tokens": 64_000, **options})


def body_of(encoded: Encoded) -> JSONObject:
    """Return the JSON of a request."""
    body: JSONObject = msgspec.json.decode(encoded.body)
    return body


def warned(encoded: Encoded) -> list[tuple[str, str]]:
    """Return kind and parameter of each warning."""
    return [(warning.kind, warning.parameter) for warning in encoded.warnings]


def turns(*messages: JSON) -> list[JSONObject]:
    """Return the turns that messages of a chat become."""
    encoded: list[JSONObject] = body_of(encode(messages=list(messages)))["messages"]
    return encoded


def respond(body: JSON, status: int = 200, **headers: str) -> HttpResponse:
    """Return an answer with a JSON body."""
    return HttpResponse(status, headers, msgspec.json.encode(body))


def whole(*blocks: JSONObject, **more: JSON) -> JSONObject:
    """Return the body of a whole message with these blocks."""
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": MODEL,
        "content": list(blocks),
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 3, "output_tokens": 5},
        **more,
    }


def frames(*events: JSONObject) -> list[Frame]:
    """Return events as they come out of the framing."""
    return [Frame(event.get("type", ""), msgspec.json.encode(event)) for event in events]


def message_events(*blocks: Sequence[JSONObject], stop: JSONObject | None = None) -> list[Frame]:
    """Return the frames of a streamed message; each block is its beginning and its deltas."""
    events: list[JSONObject] = [
        {"type": "message_start", "message": whole(stop_reason=None, usage={"input_tokens": 3, "output_tokens": 1})}
    ]
    for index, (start, *deltas) in enumerate(blocks):
        events.append({"type": "content_block_start", "index": index, "content_block": start})
        events += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
        events.append({"type": "content_block_stop", "index": index})
    ended = stop or {"delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": {"output_tokens": 5}}
    return frames(*events, {"type": "message_delta", **ended}, {"type": "message_stop"})


def play(codec: Codec[JSON, JSON], sent: Sequence[Frame], **options: JSON) -> tuple[list[JSON], JSON]:
    """Return the items of a whole stream, and the answer that they add up to."""
    assert codec.stream is not None
    assert codec.fold is not None
    decoder, fold = codec.stream(target(), options), codec.fold()
    items = [item for frame in sent for item in decoder.feed(frame)]
    items += decoder.finish()
    for item in items:
        fold.add(item)
    return items, fold.result()
