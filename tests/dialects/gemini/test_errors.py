"""Errors."""

from __future__ import annotations

import pytest

from any_llm.dialects.gemini import DIALECT
from any_llm.dialects.gemini.errors import STATUSES
from any_llm.exceptions import (
    AnyLLMError,
    AuthenticationError,
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
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject
from tests.dialects.gemini.calls import respond, target


def error_of(http: int, **error: JSON) -> AnyLLMError:
    return DIALECT.decode_error(target(), respond({"error": {"code": http, "message": "No.", **error}}, http))


def detail(kind: str, **members: JSON) -> JSONObject:
    return {"@type": f"type.googleapis.com/google.rpc.{kind}", **members}


@pytest.mark.parametrize(
    ("status", "word", "kind"),
    [
        (400, "INVALID_ARGUMENT", InvalidRequestError),
        (400, "FAILED_PRECONDITION", InvalidRequestError),
        (401, "UNAUTHENTICATED", AuthenticationError),
        (403, "PERMISSION_DENIED", PermissionDeniedError),
        (404, "NOT_FOUND", ModelNotFoundError),
        (429, "RESOURCE_EXHAUSTED", RateLimitError),
        (500, "INTERNAL", ProviderError),
        (503, "UNAVAILABLE", OverloadedError),
        (504, "DEADLINE_EXCEEDED", GatewayTimeoutError),
        (499, "CANCELLED", ProviderError),
    ],
)
def test_the_vendors_status_is_the_class(status: int, word: str, kind: type[AnyLLMError]) -> None:
    error = error_of(status, status=word)
    assert type(error) is kind
    assert (error.message, error.code, error.error_type, error.status_code) == ("No.", word, word, status)
    assert word in STATUSES


@pytest.mark.parametrize(
    ("status", "reason", "kind"),
    [
        (400, "API_KEY_INVALID", AuthenticationError),
        (403, "SERVICE_DISABLED", PermissionDeniedError),
        (403, "BILLING_DISABLED", InsufficientFundsError),
        (429, "RATE_LIMIT_EXCEEDED", RateLimitError),
        (400, "SOMETHING_NEW", InvalidRequestError),
    ],
)
def test_a_reason_says_more_than_the_status(status: int, reason: str, kind: type[AnyLLMError]) -> None:
    error = error_of(status, status="INVALID_ARGUMENT", details=[detail("ErrorInfo", reason=reason)])
    assert type(error) is kind
    assert (error.code, error.error_type) == (reason, "INVALID_ARGUMENT")


def test_the_vendors_status_counts_before_that_of_http() -> None:
    delay = detail("RetryInfo", retryDelay="34.4s")
    error = error_of(400, code=429, status="RESOURCE_EXHAUSTED", details=[delay])
    assert type(error) is RateLimitError
    assert (error.retry_after, error.status_code) == (34.4, 400)


@pytest.mark.parametrize("delay", ["soon", None, 3])
def test_a_delay_that_is_none_is_left_out(delay: JSON) -> None:
    error = error_of(429, status="RESOURCE_EXHAUSTED", details=[detail("RetryInfo", retryDelay=delay)])
    assert error.retry_after is None


@pytest.mark.parametrize(
    "told",
    [
        detail("QuotaFailure", violations=[{"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]),
        detail("QuotaFailure", violations=[{"quotaId": "a"}, {"quotaId": "b", "quotaValue": "0"}]),
        detail("ErrorInfo", reason="RATE_LIMIT_EXCEEDED", metadata={"quota_limit_value": "0"}),
    ],
)
def test_a_quota_that_waiting_does_not_refill_is_exhausted(told: JSONObject) -> None:
    error = error_of(429, status="RESOURCE_EXHAUSTED", details=[told])
    assert type(error) is QuotaExhaustedError
    assert not error.retryable


def test_a_quota_by_the_minute_is_a_rate_limit() -> None:
    told = detail("QuotaFailure", violations=[{"quotaId": "RequestsPerMinute", "quotaValue": "5"}])
    assert type(error_of(429, status="RESOURCE_EXHAUSTED", details=[told])) is RateLimitError


def test_the_field_that_is_wrong_is_named() -> None:
    told = detail("BadRequest", fieldViolations=[{"description": "?"}, {"field": "contents[0]", "description": "No."}])
    assert error_of(400, status="INVALID_ARGUMENT", details=[told]).param == "contents[0]"


@pytest.mark.parametrize(
    ("body", "status", "kind", "message"),
    [
        ([{"error": {"message": "No.", "status": "UNAVAILABLE"}}], 503, OverloadedError, "No."),
        ({"error": {"message": "No."}}, 429, RateLimitError, "No."),
        ({"error": "No."}, 400, InvalidRequestError, "No."),
        ({"message": "No."}, 404, ModelNotFoundError, "No."),
        ({}, 502, AnyLLMError, "HTTP 502 without an explanation"),
        ([], 499, ProviderError, "HTTP 499 without an explanation"),
    ],
)
def test_other_shapes_are_read_by_the_http_status(
    body: JSON, status: int, kind: type[AnyLLMError], message: str
) -> None:
    error = DIALECT.decode_error(target(), respond(body, status))
    assert isinstance(error, kind)
    assert error.message == message


def test_an_answer_that_is_no_json_is_shown() -> None:
    error = DIALECT.decode_error(target(), HttpResponse(502, {}, b"<html>Bad gateway</html>"))
    assert error.response_excerpt == "<html>Bad gateway</html>"
    assert error.code is None
