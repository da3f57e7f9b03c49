"""Errors in Anthropic's format: https://platform.claude.com/docs/en/api/errors."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.exceptions import (
    AnyLLMError,
    AuthenticationError,
    ContextLengthExceededError,
    GatewayTimeoutError,
    InsufficientFundsError,
    InvalidRequestError,
    ModelNotFoundError,
    OverloadedError,
    PermissionDeniedError,
    ProviderError,
    QuotaExhaustedError,
    RateLimitError,
    RequestTooLargeError,
)
from any_llm.schemas.shapes import is_object
from any_llm.spec.dialect import Target
from any_llm.spec.errors import error_for_status, error_in_words
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject, decode_json

_EXCERPT = 2_000

CODES: Mapping[str, type[AnyLLMError]] = {
    "contract_spend_limit_reached": QuotaExhaustedError,
    "enforced_spend_limit_reached": QuotaExhaustedError,
    "linked_organization_spend_limit_reached": QuotaExhaustedError,
    "linked_organization_billing_unavailable": InsufficientFundsError,
    "user_profile_not_billable": InsufficientFundsError,
    "organization_on_hold": PermissionDeniedError,
    "ramp_limit_exceeded": RateLimitError,
    "request_body_too_large_after_decoding": RequestTooLargeError,
}
"""What `error.details.error_code` means, where it says more than the type of the error."""

TYPES: Mapping[str, type[AnyLLMError]] = {
    "authentication_error": AuthenticationError,
    "permission_error": PermissionDeniedError,
    "billing_error": InsufficientFundsError,
    "not_found_error": ModelNotFoundError,
    "request_too_large": RequestTooLargeError,
    "rate_limit_error": RateLimitError,
    "timeout_error": GatewayTimeoutError,
    "overloaded_error": OverloadedError,
    # Servers that speak the format may say what Anthropic's own API says in prose only.
    "exceed_context_size_error": ContextLengthExceededError,
}
"""What `error.type` means. `invalid_request_error` and `api_error` are not here: they stand for several statuses, which
say more."""


def decode_error(_target: Target, response: HttpResponse) -> AnyLLMError:
    """Turn an unsuccessful answer into the error it means."""
    try:
        tree = decode_json(response.body)
    except msgspec.DecodeError:
        tree = None
    error = error_from(tree, response.status, response.headers)
    error.response_excerpt = response.body[:_EXCERPT].decode("utf-8", "replace")
    return error


def error_from(tree: JSON, status: int, headers: Mapping[str, str] | None = None) -> AnyLLMError:
    """Turn a parsed error body, of a response or inside a stream, into the error it means."""
    body: JSONObject = tree if is_object(tree) else {}
    facts = body.get("error")
    if not is_object(facts):
        # llama.cpp writes the facts at the top in its streams; a `type` there that says just "error" says nothing.
        told = {name: value for name, value in body.items() if value != "error"}
        facts = {"message": facts} if isinstance(facts, str) else told
    kind, code = _text(facts.get("type")), _code(facts)
    message = _text(facts.get("message")) or f"HTTP {status} without an explanation"
    fitting = CODES.get(code or "") or TYPES.get(kind or "") or _by_status(status, kind)
    return error_in_words(fitting, message, code, kind)(
        message,
        status_code=status,
        code=code,
        error_type=kind,
        request_id=(headers or {}).get("request-id") or _text(body.get("request_id")),
    )


def _by_status(status: int, kind: str | None) -> type[AnyLLMError]:
    """Return the error of a status; inside a success, only the type says whose fault it is."""
    if status >= 400:
        return error_for_status(status)
    return InvalidRequestError if kind == "invalid_request_error" else ProviderError


def _code(facts: JSONObject) -> str | None:
    details = facts.get("details")
    return _text(details.get("error_code")) if is_object(details) else _text(facts.get("code"))


def _text(value: JSON) -> str | None:
    return None if value is None or value == "" else str(value)
