"""The name under which an answer is kept: a digest of all that changes it, and of nothing else.

What is digested is JSON in the canonical form of RFC 8785 (https://www.rfc-editor.org/rfc/rfc8785): sorted members, and
one spelling of a number.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec

from any_llm.pipeline.candidates import Candidate, Chain
from any_llm.types.json import JSON, is_mapping, is_sequence
from any_llm.types.media import Media
from any_llm.types.value import Value

if TYPE_CHECKING:
    from any_llm.pipeline.call import Call
    from any_llm.spec.dialect import Target
    from any_llm.spec.provider import Provider

_NOT_THE_ANSWERS = frozenset({
    "stream", "stream_options", "cache", "user", "safety_identifier", "metadata", "session_label", "prompt_cache_key",
    "prompt_cache_retention", "cache_control",
})  # fmt: skip
"""Options that say how an answer is sent, who asks, and what is noted with the provider, but not what is answered."""

_OF_ONE_REQUEST = frozenset({
    "authorization", "idempotency-key", "traceparent", "tracestate", "user-agent", "x-client-request-id",
    "x-correlation-id", "x-request-id",
})  # fmt: skip
"""Headers that differ from request to request, or say who asks."""

_LASTING = ("background", "conversation", "container")
"""Options by which a call reads or changes what is kept at the provider."""

_WHOLE = 2.0**53
_PLAIN = frozenset({str, int, bool, type(None)})
_BYTES = (bytes, bytearray)


class NoKeyError(Exception):
    """A call has something that no name can be made of; the text says what."""


def cache_key(call: Call, namespace: str) -> str:
    """Return the name of a call's answer: `namespace/tenant/provider:model/digest`.

    Raises:
        NoKeyError: the call holds what cannot be written as JSON, or leaves something behind at the provider.
    """
    options = call.options
    for name in _LASTING:
        if options.get(name):
            raise NoKeyError(f"{name}= has the provider remember")
    chain = call.overrides.get("fallback")
    asked = {
        "operation": call.operation.value,
        **_place(call.target),
        "chain": _links(chain) if isinstance(chain, Chain) else None,
        "options": {name: _canonical(value) for name, value in options.items() if name not in _NOT_THE_ANSWERS},
        "extra_body": _canonical(call.extra_body),
        "addressed": _canonical(call.addressed),
        "query": _canonical(call.query),
        "headers": _lasting(call.headers),
        "on_unsupported": call.on_unsupported,
    }
    try:
        text = msgspec.json.encode(asked, order="sorted")
    except UnicodeEncodeError as error:
        raise NoKeyError("the call holds text that is not Unicode") from error
    digest = hashlib.sha256(text).hexdigest()
    return "/".join((*map(_quoted, (namespace, call.caller.tenant)), entry_model(call), digest))


def _place(target: Target) -> dict[str, JSON]:
    return {
        "manner": _manner(target.provider),
        "base_url": target.base_url,
        "places": _canonical(target.placeholders),
    }


@lru_cache(maxsize=256)
def _manner(provider: Provider) -> str:
    """Return a digest of what of a provider's record changes how it is asked, and so what it answers."""
    said = {
        "dialect": provider.dialect,
        "dialects": {operation.value: dialect for operation, dialect in provider.dialects.items()},
        "headers": _lasting(provider.headers),
        "paths": dict(provider.paths),
        "rename": dict(provider.rename),
        "drop": sorted(provider.drop),
        "quirks": provider.quirks,
    }
    return hashlib.sha256(msgspec.json.encode(said, order="sorted")).hexdigest()


def _lasting(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items() if name.lower() not in _OF_ONE_REQUEST}


def _links(chain: Chain) -> list[JSON]:
    """Return what the targets of a route are, in their order: not what the route is called, nor how it chooses."""
    return [
        {"name": member.name, **_place(member.target)} if isinstance(member, Candidate) else _links(member)
        for member in chain.members
    ]


def entry_model(call: Call) -> str:
    """Return the part of an entry's name that says whose answer it is."""
    return f"{call.target.provider.name}:{quote(call.target.model, safe='')}"


def _quoted(name: str) -> str:
    # What is not said has a mark of its own, which no quoted name is.
    return quote(name, safe="") if name else "@"


def _canonical(value: JSON) -> JSON:
    """Return a value as plain ones, with numbers in one spelling."""
    if type(value) in _PLAIN:
        return value
    if type(value) is float:
        # 1.0 and 1 are the same number of JSON.
        return int(value) if value.is_integer() and abs(value) < _WHOLE else value
    return _unwrapped(value)


def _unwrapped(value: JSON) -> JSON:
    """Return what holds other values as plain ones."""
    if is_mapping(value):
        return _members(value)
    if is_sequence(value) and not isinstance(value, _BYTES):
        return [_canonical(item) for item in value]
    if isinstance(value, Value):
        return _members(value.to_dict())
    if isinstance(value, Media):
        return _members(msgspec.structs.asdict(value))
    return _told_by_content(value)


def _told_by_content(value: JSON) -> JSON:
    if isinstance(value, _BYTES):
        return {"sha256": hashlib.sha256(value).hexdigest()}
    if isinstance(value, str):
        return str.__str__(value)
    raise NoKeyError(f"the call holds a {type(value).__name__}, which cannot be told by its content")


def _members(mapping: Mapping[str, JSON]) -> dict[str, JSON]:
    return {str(name): _canonical(value) for name, value in mapping.items()}
