"""Which error an answer of Google's must become: by its `ErrorInfo`, by its status word, else by the HTTP status.

https://google.aip.dev/193 and https://cloud.google.com/apis/design/errors
"""

from __future__ import annotations

from collections.abc import Mapping

from any_llm.testing.reading.fields import Fields, Json, fields, integer, items, objects, parse, text
from any_llm.testing.reading.values import Failure
from any_llm.testing.reading.wording import refined

_BY_REASON: Mapping[str, str] = {
    "API_KEY_INVALID": "AuthenticationError",
    "API_KEY_EXPIRED": "AuthenticationError",
    "ACCESS_TOKEN_EXPIRED": "AuthenticationError",
    "CREDENTIALS_MISSING": "AuthenticationError",
    "SERVICE_DISABLED": "PermissionDeniedError",
    "CONSUMER_INVALID": "PermissionDeniedError",
    "IAM_PERMISSION_DENIED": "PermissionDeniedError",
    "BILLING_DISABLED": "InsufficientFundsError",
    "RATE_LIMIT_EXCEEDED": "RateLimitError",
}
_BY_WORD: Mapping[str, str] = {
    "INVALID_ARGUMENT": "InvalidRequestError",
    "FAILED_PRECONDITION": "InvalidRequestError",
    "OUT_OF_RANGE": "InvalidRequestError",
    "UNAUTHENTICATED": "AuthenticationError",
    "PERMISSION_DENIED": "PermissionDeniedError",
    "NOT_FOUND": "ModelNotFoundError",
    "ABORTED": "ConflictError",
    "ALREADY_EXISTS": "ConflictError",
    "RESOURCE_EXHAUSTED": "RateLimitError",
    "CANCELLED": "ProviderError",
    "UNKNOWN": "ProviderError",
    "INTERNAL": "ProviderError",
    "UNAVAILABLE": "OverloadedError",
    "DEADLINE_EXCEEDED": "GatewayTimeoutError",
}
_BY_STATUS: Mapping[int, str] = {
    400: "InvalidRequestError",
    401: "AuthenticationError",
    403: "PermissionDeniedError",
    404: "ModelNotFoundError",
    409: "ConflictError",
    413: "RequestTooLargeError",
    429: "RateLimitError",
    499: "ProviderError",
    502: "UpstreamProviderError",
    503: "OverloadedError",
    504: "GatewayTimeoutError",
}


def read_google_failure(status: int, body: bytes) -> Failure:
    """Read the body of an answer whose status is not a success."""
    try:
        document = parse(body)
    except ValueError:
        return Failure(error=_of_status(status), status=status)
    return google_failure(status, document)


def google_failure(status: int, document: Json) -> Failure:
    """Read an error from a parsed body or event; an array holds one that was asked for as a list."""
    error = fields(fields(items(document)[0] if items(document) else document).get("error"))
    details = objects(error.get("details"))
    reason = next((text(detail.get("reason")) for detail in details if detail.get("reason")), "")
    word, code = text(error.get("status")), error.get("code")
    number = status if status >= 400 else integer(code) or 500
    kind = _BY_REASON.get(reason) or _BY_WORD.get(word) or _of_status(number)
    if kind == "RateLimitError" and _used_up(details):
        kind = "QuotaExhaustedError"
    return Failure(
        error=refined(kind, text(error.get("message")), reason, word, text(code)),
        status=number,
        code=reason or word or text(code) or None,
        type=word or None,
        param=_field(details),
        message=text(error.get("message")) or None,
    )


def _of_status(status: int) -> str:
    return _BY_STATUS.get(status) or ("InvalidRequestError" if 400 <= status < 500 else "ProviderError")


def _used_up(details: list[Fields]) -> bool:
    """Say whether waiting does not help: a limit of days, or one that is nought."""
    if any(fields(detail.get("metadata")).get("quota_limit_value") == "0" for detail in details):
        return True
    violations = [one for detail in details for one in objects(detail.get("violations"))]
    return any("PerDay" in text(one.get("quotaId")) or one.get("quotaValue") == "0" for one in violations)


def _field(details: list[Fields]) -> str | None:
    violations = [one for detail in details for one in objects(detail.get("fieldViolations"))]
    return next((text(one.get("field")) for one in violations if one.get("field")), None)
