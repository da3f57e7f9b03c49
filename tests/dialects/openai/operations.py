"""Requests and answers of any operation of OpenAI's format, without a network."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import msgspec

from any_llm.dialects.openai import DIALECT
from any_llm.engine.forms import encode_form
from any_llm.providers.catalog import BY_NAME
from any_llm.spec.dialect import Encoded, FollowUp, Target
from any_llm.spec.provider import Operation, Provider
from any_llm.testing.wire.forms import form_in
from any_llm.types.http import Frame, HttpResponse
from any_llm.types.json import JSON, JSONObject

JSON_TYPE = {"content-type": "application/json"}


def target(name: str = "openai", model: str = "m", **changes: JSON) -> Target:
    """Return a target at a provider of the catalogue, whose record may be changed."""
    record = msgspec.structs.replace(BY_NAME.get(name, Provider(name=name)), **changes)
    return Target(provider=record, model=model, base_url="https://host/v1")


def encode(operation: Operation, where: Target, **options: JSON) -> Encoded:
    """Encode a request."""
    return DIALECT.operations[operation].encode(where, options)


def body_of(encoded: Encoded) -> JSONObject:
    """Return a request's JSON, or the fields of its form."""
    if encoded.form:
        content_type, body = encode_form(encoded.form, {}, "b")
        assert isinstance(body, bytes)
        return form_in(content_type, body)
    told: JSONObject = json.loads(encoded.body) if encoded.body else {}
    return told


def answer(body: JSON, status: int = 200, headers: Mapping[str, str] | None = None, *earlier: JSON) -> HttpResponse:
    """Return an answer, of JSON unless it is bytes."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return HttpResponse(status, headers or JSON_TYPE, raw, tuple(answer(one) for one in earlier))


def decode(operation: Operation, body: JSON, where: Target | None = None, *earlier: JSON) -> JSON:
    """Decode an answer."""
    response = body if isinstance(body, HttpResponse) else answer(body, 200, None, *earlier)
    return DIALECT.operations[operation].decode(where or target(), response)


def follow(operation: Operation, where: Target, options: JSONObject, body: JSON, *earlier: JSON) -> FollowUp | None:
    """Return what is asked next."""
    codec = DIALECT.operations[operation]
    assert codec.follow_up is not None
    return codec.follow_up(where, options, answer(body, 200, None, *earlier))


def stream(operation: Operation, frames: Sequence[JSON], **options: JSON) -> list[JSON]:
    """Return the items of a stream; a frame is bytes, an object, or a pair of an event's name and an object."""
    codec = DIALECT.operations[operation]
    assert codec.stream is not None
    decoder = codec.stream(target(), options)
    items: list[JSON] = []
    for frame in frames:
        name, data = frame if isinstance(frame, tuple) else ("", frame)
        items += decoder.feed(Frame(name, data if isinstance(data, bytes) else json.dumps(data).encode()))
    return [*items, *decoder.finish()]


def fold(operation: Operation, items: Sequence[JSON]) -> JSON:
    """Return the whole that items add up to."""
    codec = DIALECT.operations[operation]
    assert codec.fold is not None
    folded = codec.fold()
    for item in items:
        folded.add(item)
    return folded.result()


def warned(encoded: Encoded) -> list[str]:
    """Return the parameters that a request could not say as they were meant."""
    return [f"{warning.kind} {warning.parameter}" for warning in encoded.warnings]
