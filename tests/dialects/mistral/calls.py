"""Calls of the Mistral dialect, without a network."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from any_llm.dialects.mistral import DIALECT
from any_llm.providers.catalog import BY_NAME
from any_llm.spec.dialect import Codec, Encoded, Target
from any_llm.spec.provider import Operation
from any_llm.types.http import Frame, HttpResponse
from any_llm.types.json import JSON, JSONObject

PROVIDER = BY_NAME["mistral"]


def target(model: str = "m") -> Target:
    """Return where a call goes."""
    return Target(provider=PROVIDER, model=model, base_url=PROVIDER.base_url)


def codec(operation: Operation) -> Codec[JSON, JSON]:
    """Return the codec of an operation."""
    return DIALECT.operations[operation]


def encode(operation: Operation, model: str = "m", **options: JSON) -> Encoded:
    """Encode a request."""
    return codec(operation).encode(target(model), options)


def body_of(encoded: Encoded) -> JSONObject:
    """Return the JSON of a request."""
    body: JSONObject = msgspec.json.decode(encoded.body)
    return body


def form_of(encoded: Encoded) -> list[tuple[str, JSON]]:
    """Return the names and contents of a form."""
    return [(part.name, part.content) for part in encoded.form]


def warned(encoded: Encoded) -> list[tuple[str, str]]:
    """Return kind and parameter of each warning."""
    return [(warning.kind, warning.parameter) for warning in encoded.warnings]


def respond(body: JSON, *earlier: HttpResponse) -> HttpResponse:
    """Return an answer with a JSON body, after others."""
    return HttpResponse(200, {}, msgspec.json.encode(body), earlier)


def decode(operation: Operation, body: JSON) -> JSON:
    """Decode an answer with a JSON body."""
    return codec(operation).decode(target(), respond(body))


def frames(*events: JSONObject) -> list[Frame]:
    """Return events as they come out of the framing."""
    return [Frame("", msgspec.json.encode(event)) for event in events]


def play(operation: Operation, sent: Sequence[Frame]) -> tuple[list[JSON], JSON]:
    """Return the items of a whole stream, and the answer that they add up to."""
    spoken = codec(operation)
    assert spoken.stream is not None
    assert spoken.fold is not None
    decoder, fold = spoken.stream(target(), {}), spoken.fold()
    items = [item for frame in sent for item in decoder.feed(frame)]
    items += decoder.finish()
    for item in items:
        fold.add(item)
    return items, fold.result()
