"""How Anthropic says what went wrong, and whom it lets ask: https://platform.claude.com/docs/en/api/errors."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.testing.mock.answer import Failure, RefusedError
from any_llm.testing.mock.wire import Context, Piece, Rendered
from any_llm.types.json import JSONObject

_TYPES: Mapping[str, str] = {
    "authentication": "authentication_error",
    "permission": "permission_error",
    "not_found": "not_found_error",
    "too_large": "request_too_large",
    "rate_limit": "rate_limit_error",
    "quota": "rate_limit_error",
    "server": "api_error",
    "bad_gateway": "api_error",
    "unavailable": "api_error",
    "timeout": "timeout_error",
    "overloaded": "overloaded_error",
}
"""The vendor's `type` for each kind of failure; all others are `invalid_request_error`."""

_WORDS: Mapping[str, str] = {
    "context_length": "prompt is too long: ",
    "content_filter": "Output blocked by content filtering policy: ",
}
"""What only the message tells."""

_CODES: Mapping[str, str] = {"quota": "enforced_spend_limit_reached"}
_AGAIN = frozenset({408, 409, 429})


def render_failure(failure: Failure, context: Context) -> Rendered:
    """Say an error in place of an answer."""
    name = request_id(context)
    again = failure.status in _AGAIN or failure.status >= 500
    headers = {
        "content-type": "application/json",
        "request-id": name,
        "x-should-retry": "true" if again else "false",
        **failure.headers,
    }
    return Rendered(status=failure.status, headers=headers, body=msgspec.json.encode(error_object(failure, name)))


def failure_pieces(failure: Failure, context: Context) -> tuple[Piece, ...]:
    """Say an error inside a stream: an event `error`, after which nothing comes."""
    value = msgspec.json.encode(error_object(failure, request_id(context)))
    return (Piece(b"event: error\ndata: " + value + b"\n\n", role="error"),)


def error_object(failure: Failure, name: str) -> JSONObject:
    """Return the body of an error."""
    meaning = failure.meaning
    error: JSONObject = {
        "type": failure.code or _TYPES.get(meaning, "invalid_request_error"),
        "message": _WORDS.get(meaning, "") + failure.message,
    }
    if meaning in _CODES:
        error["details"] = {"error_code": _CODES[meaning]}
    return {"type": "error", "error": error, "request_id": name}


def request_id(context: Context) -> str:
    """Return a new identifier of a request."""
    return context.ids.take("req_011C", 20)


def check(context: Context) -> None:
    """Refuse a request without a key, or without the version of the API.

    Raises:
        RefusedError: there is none.
    """
    headers = context.request.headers
    if not any(headers.get(name) for name in ("x-api-key", "api-key", "authorization")):
        raise RefusedError(Failure(status=401, message="x-api-key header is required"))
    if not headers.get("anthropic-version"):
        raise RefusedError(Failure(status=400, message="anthropic-version: header is required"))


def claims(headers: Mapping[str, str]) -> bool:
    """Tell by the headers whether Anthropic is spoken to."""
    return "anthropic-version" in headers
