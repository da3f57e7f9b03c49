"""How OpenAI, and whoever is compatible with it, says what went wrong: https://platform.openai.com/docs/guides/error-codes."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.testing.mock.answer import Failure
from any_llm.testing.mock.wire import Context, Piece, Rendered
from any_llm.testing.mock.wires.vendors import manner_of
from any_llm.types.json import JSONObject

_TYPES: Mapping[str, tuple[str, str | None]] = {
    "authentication": ("invalid_request_error", "invalid_api_key"),
    "context_length": ("invalid_request_error", "context_length_exceeded"),
    "content_filter": ("invalid_request_error", "content_policy_violation"),
    "not_found": ("invalid_request_error", "model_not_found"),
    "permission": ("invalid_request_error", "unsupported_country_region_territory"),
    "quota": ("insufficient_quota", "insufficient_quota"),
    "rate_limit": ("requests", "rate_limit_exceeded"),
    "server": ("server_error", None),
    "bad_gateway": ("server_error", None),
    "unavailable": ("server_error", None),
    "overloaded": ("server_error", None),
    "timeout": ("server_error", None),
}
"""The vendor's `type` and `code` for each kind of failure."""


def render_failure(failure: Failure, context: Context) -> Rendered:
    """Say an error in place of an answer."""
    headers = {"content-type": "application/json", "x-request-id": context.ids.take("req_", 32), **failure.headers}
    return Rendered(status=failure.status, headers=headers, body=msgspec.json.encode(error_object(failure, context)))


def failure_pieces(failure: Failure, context: Context) -> tuple[Piece, ...]:
    """Say an error inside a stream: an event with nothing but the error, after which nothing comes."""
    return (Piece(b"data: " + msgspec.json.encode(error_object(failure, context)) + b"\n\n", role="error"),)


def error_object(failure: Failure, context: Context) -> JSONObject:
    """Return the body of an error, in the words of the vendor that is spoken to."""
    kind, code = _TYPES.get(failure.meaning, ("invalid_request_error", "invalid_value"))
    return manner_of(context.request).error(failure, kind, code)
