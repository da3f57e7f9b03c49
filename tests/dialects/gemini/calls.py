"""Calls of the Gemini dialect, without a network."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from any_llm.dialects.gemini import COMPLETION
from any_llm.spec.dialect import Encoded, Target
from any_llm.spec.provider import Provider
from any_llm.types.completion import ChatCompletion, ChatCompletionChunk
from any_llm.types.http import Frame, HttpResponse
from any_llm.types.json import JSON, JSONObject

MODEL = "gemini-2.5-flash"
PROVIDER = Provider(
    name="gemini", base_url="https://generativelanguage.googleapis.com", dialect="gemini", auth="x-goog-api-key"
)
HELLO = {"role": "user", "content": "Hello"}
SIGNATURE = "c2lnbmVk"


def target(model: str = MODEL, base_url: str = PROVIDER.base_url) -> Target:
    """Return where a call goes."""
    return Target(provider=PROVIDER, model=model, base_url=base_url)


def encode(model: str = MODEL, **options: JSON) -> Encoded:
    """Encode a chat completion; a greeting is said unless the test says its own messages."""
    return COMPLETION.encode(target(model), {"messages": [HELLO], **options})


def body_of(encoded: Encoded) -> JSONObject:
    """Return the JSON of a request."""
    body: JSONObject = msgspec.json.decode(encoded.body)
    return body


def config_of(encoded: Encoded) -> JSONObject:
    """Return the generation config of a request, empty when it has none."""
    config: JSONObject = body_of(encoded).get("generationConfig", {})
    return config


def warned(encoded: Encoded) -> list[tuple[str, str]]:
    """Return kind and parameter of each warning."""
    return [(warning.kind, warning.parameter) for warning in encoded.warnings]


def contents(*messages: JSON, model: str = MODEL) -> list[JSONObject]:
    """Return the contents that messages of a chat become."""
    encoded: list[JSONObject] = body_of(encode(model, messages=list(messages)))["contents"]
    return encoded


def call(name: str, arguments: str = "{}", identity: str = "call_1", signature: str = "") -> JSONObject:
    """Return a tool call as a caller sends it back."""
    told: JSONObject = {"id": identity, "type": "function", "function": {"name": name, "arguments": arguments}}
    return told | ({"extra_content": {"google": {"thought_signature": signature}}} if signature else {})


def respond(body: JSON, status: int = 200, **headers: str) -> HttpResponse:
    """Return an answer with a JSON body."""
    return HttpResponse(status, headers, msgspec.json.encode(body))


def piece(*parts: JSONObject, reason: str | None = None, **candidate: JSON) -> JSONObject:
    """Return the body of an answer, or of a piece of one, whose candidate has these parts."""
    told: JSONObject = {"content": {"role": "model", "parts": list(parts)}, **candidate}
    if reason is not None:
        told["finishReason"] = reason
    return {
        "candidates": [told],
        "responseId": "r1",
        "modelVersion": MODEL,
        "createTime": "2026-02-15T07:50:39.178410Z",
    }


def whole(*parts: JSONObject, reason: str = "STOP", **candidate: JSON) -> ChatCompletion:
    """Return the answer that a whole body with these parts is read as."""
    return COMPLETION.decode(target(), respond(piece(*parts, reason=reason, **candidate)))


def extra_of(completion: ChatCompletion) -> JSONObject:
    """Return what a message keeps for a later turn."""
    extra: JSONObject = (completion.choices[0].message.extra_content or {}).get("google", {})
    return extra


def play(*bodies: JSON, **options: JSON) -> tuple[Sequence[ChatCompletionChunk], ChatCompletion]:
    """Return the chunks of a whole stream, and the answer that they add up to."""
    assert COMPLETION.stream is not None
    assert COMPLETION.fold is not None
    decoder, fold = COMPLETION.stream(target(), options), COMPLETION.fold()
    chunks = [chunk for body in bodies for chunk in decoder.feed(Frame("", msgspec.json.encode(body)))]
    chunks += decoder.finish()
    for chunk in chunks:
        fold.add(chunk)
    return chunks, fold.result()
