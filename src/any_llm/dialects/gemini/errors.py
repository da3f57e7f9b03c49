"""Errors in Google's format.

https://cloud.google.com/apis/design/errors and https://ai.google.dev/gemini-api/docs/troubleshooting
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.dialects.gemini.wire import entries, members, text_of
from any_llm.exceptions import (
    AnyLLMError,
    AuthenticationError,
    ConflictError,
    GatewayTimeoutError,
    InsufficientFundsError,
    InvalidRequestError,
    ModelNotFoundError,
    OverloadedError,
    PermissionDeniedError,
    ProviderError,
    QuotaExhaustedError,
    RateLimitError,
)
from any_llm.schemas.shapes import is_object
from any_llm.spec.dialect import Target
from any_llm.spec.errors import error_for_status, error_in_words
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject, decode_json

_EXCERPT = 2_000

REASONS: Mapping[str, type[AnyLLMError]] = {
    "API_KEY_INVALID": AuthenticationError,
    "API_KEY_EXPIRED": AuthenticationError,
    "ACCESS_TOKEN_EXPIRED": AuthenticationError,
    "ACCESS_TOKEN_SCOPE_INSUFFICIENT": PermissionDeniedError,
    "ACCESS_TOKEN_TYPE_UNSUPPORTED": AuthenticationError,
    "ACCOUNT_STATE_INVALID": PermissionDeniedError,
    "CREDENTIALS_MISSING": AuthenticationError,
    "API_KEY_SERVICE_BLOCKED": PermissionDeniedError,
    "API_KEY_HTTP_REFERRER_BLOCKED": PermissionDeniedError,
    "API_KEY_IP_ADDRESS_BLOCKED": PermissionDeniedError,
    "CONSUMER_INVALID": PermissionDeniedError,
    "CONSUMER_SUSPENDED": PermissionDeniedError,
    "IAM_PERMISSION_DENIED": PermissionDeniedError,
    "SERVICE_DISABLED": PermissionDeniedError,
    "USER_PROJECT_DENIED": PermissionDeniedError,
    "BILLING_DISABLED": InsufficientFundsError,
    "RATE_LIMIT_EXCEEDED": RateLimitError,
    "RESOURCE_QUOTA_EXCEEDED": QuotaExhaustedError,
}
"""What the `reason` of an `ErrorInfo` means: google.api.ErrorReason in https://google.aip.dev/193."""

STATUSES: Mapping[str, type[AnyLLMError]] = {
    "INVALID_ARGUMENT": InvalidRequestError,
    "INVALID_REQUEST": InvalidRequestError,
    "FAILED_PRECONDITION": InvalidRequestError,
    "OUT_OF_RANGE": InvalidRequestError,
    "UNAUTHENTICATED": AuthenticationError,
    "PERMISSION_DENIED": PermissionDeniedError,
    "NOT_FOUND": ModelNotFoundError,
    "ABORTED": ConflictError,
    "ALREADY_EXISTS": ConflictError,
    "RESOURCE_EXHAUSTED": RateLimitError,
    "CANCELLED": ProviderError,
    "DATA_LOSS": ProviderError,
    "UNKNOWN": ProviderError,
    "INTERNAL": ProviderError,
    "UNAVAILABLE": OverloadedError,
    "DEADLINE_EXCEEDED": GatewayTimeoutError,
}
"""What `error.status` means: https://cloud.google.com/apis/design/errors#handling_errors."""


def decode_error(_target: Target, response: HttpResponse) -> AnyLLMError:
    """Turn an unsuccessful answer into the error it means."""
    try:
        tree = decode_json(response.body)
    except msgspec.DecodeError:
        tree = None
    error = error_from(tree, response.status)
    error.response_excerpt = response.body[:_EXCERPT].decode("utf-8", "replace")
    return error


def error_from(tree: JSON, status: int) -> AnyLLMError:
    """Turn a parsed error body, of a response or inside a stream, into the error it means."""
    body = members(next(iter(entries(tree)), None) or tree)
    told: JSON = body.get("error")
    facts = told if is_object(told) else {"message": told or body.get("message")}
    details = {_kind(detail): members(detail) for detail in entries(facts.get("details"))}
    reason, kind = text_of(details.get("ErrorInfo", {}).get("reason")), text_of(facts.get("status"))
    inner: JSON = facts.get("code")
    # The Interactions API has words for codes: `invalid_request`.
    word = inner if isinstance(inner, str) else ""
    effective = status if status >= 400 else inner if isinstance(inner, int) else 500
    fitting = REASONS.get(reason) or STATUSES.get(kind or word.upper()) or _by_status(effective)
    if fitting is RateLimitError and _used_up(details):
        fitting = QuotaExhaustedError
    message = text_of(facts.get("message")) or f"HTTP {status} without an explanation"
    return error_in_words(fitting, message, reason, kind, word)(
        message,
        status_code=effective,
        code=reason or kind or word or None,
        error_type=kind or None,
        param=_field(details.get("BadRequest", {})),
        retry_after=_delay(details.get("RetryInfo", {}).get("retryDelay")),
    )


def _by_status(status: int) -> type[AnyLLMError]:
    """Return the error of a status; 499 is Google's for a call that was cancelled on its side."""
    return ProviderError if status == 499 else error_for_status(status)


def _kind(detail: JSON) -> str:
    """Return the name of a detail's type, as in `type.googleapis.com/google.rpc.RetryInfo`."""
    return text_of(members(detail).get("@type")).rpartition(".")[2]


def _field(bad_request: JSONObject) -> str | None:
    violations = [members(violation) for violation in entries(bad_request.get("fieldViolations"))]
    return next((field for violation in violations if (field := text_of(violation.get("field")))), None)


def _used_up(details: Mapping[str, JSONObject]) -> bool:
    """Tell whether the limit is one of days, or one that allows nothing at all, so that waiting does not help."""
    metadata = members(details.get("ErrorInfo", {}).get("metadata"))
    if metadata.get("quota_limit_value") == "0":
        return True
    violations = [members(violation) for violation in entries(details.get("QuotaFailure", {}).get("violations"))]
    return any("PerDay" in text_of(one.get("quotaId")) or one.get("quotaValue") == "0" for one in violations)


def _delay(delay: JSON) -> float | None:
    """Return a duration such as `34.4s` in seconds."""
    try:
        return float(text_of(delay).removesuffix("s"))
    except ValueError:
        return None
