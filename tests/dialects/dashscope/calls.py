"""Calls of DashScope's own format, without a network."""

from __future__ import annotations

import msgspec

from any_llm.dialects.dashscope import DIALECT
from any_llm.providers.registry import provider
from any_llm.spec.dialect import Encoded, Target
from any_llm.spec.provider import Operation
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject

HELLO = {"role": "user", "content": "Hello"}
USAGE = {
    "input_tokens": 3,
    "output_tokens": 5,
    "total_tokens": 8,
    "prompt_tokens_details": {"cached_tokens": 2},
    "output_tokens_details": {"reasoning_tokens": 1},
}


def target(model: str = "qwen-plus", name: str = "dashscope-native") -> Target:
    """Return where a call goes."""
    record = provider(name)
    return Target(provider=record, model=model, base_url=record.base_url)


def encode(operation: Operation, at: Target | None = None, **options: JSON) -> Encoded:
    """Encode a call."""
    return DIALECT.operations[operation].encode(at or target(), options)


def chat(*messages: JSON, model: str = "qwen-plus", **options: JSON) -> Encoded:
    """Encode a chat; a greeting is said unless the test says its own messages."""
    return encode(Operation.COMPLETION, target(model), messages=list(messages or (HELLO,)), **options)


def body_of(encoded: Encoded) -> JSONObject:
    """Return the JSON of a request."""
    body: JSONObject = msgspec.json.decode(encoded.body)
    return body


def warned(encoded: Encoded) -> list[tuple[str, str]]:
    """Return kind and parameter of each warning."""
    return [(warning.kind, warning.parameter) for warning in encoded.warnings]


def respond(body: JSON, status: int = 200, *, earlier: tuple[HttpResponse, ...] = ()) -> HttpResponse:
    """Return an answer with a JSON body."""
    return HttpResponse(status, {}, msgspec.json.encode(body), earlier=earlier)


def decode(operation: Operation, body: JSON, status: int = 200) -> JSON:
    """Decode an answer."""
    return DIALECT.operations[operation].decode(target(), respond(body, status))
