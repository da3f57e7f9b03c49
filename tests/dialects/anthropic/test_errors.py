from __future__ import annotations

import pytest

from any_llm.dialects.anthropic.errors import decode_error, error_from
from any_llm.exceptions import (
    AnyLLMError,
    AuthenticationError,
    ConflictError,
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
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON
from tests.dialects.anthropic.calls import respond, target


@pytest.mark.parametrize(
    ("status", "kind", "error"),
    [
        (400, "invalid_request_error", InvalidRequestError),
        (401, "authentication_error", AuthenticationError),
        (402, "billing_error", InsufficientFundsError),
        (403, "permission_error", PermissionDeniedError),
        (404, "not_found_error", ModelNotFoundError),
        (409, "invalid_request_error", ConflictError),
        (413, "request_too_large", RequestTooLargeError),
        (429, "rate_limit_error", RateLimitError),
        (500, "api_error", ProviderError),
        (504, "timeout_error", GatewayTimeoutError),
        (529, "overloaded_error", OverloadedError),
        (400, "exceed_context_size_error", ContextLengthExceededError),
        (500, "overloaded_error", OverloadedError),
        (418, "invented_error", InvalidRequestError),
        (503, "invented_error", OverloadedError),
    ],
)
def test_errors_go_by_their_type_then_their_status(status: int, kind: str, error: type[AnyLLMError]) -> None:
    body = {"type": "error", "error": {"type": kind, "message": "Why"}, "request_id": "req_1"}
    raised = decode_error(target(), respond(body, status))
    assert type(raised) is error
    assert (raised.message, raised.status_code, raised.error_type) == ("Why", status, kind)
    assert raised.request_id == "req_1"
    assert raised.response_excerpt is not None
    assert '"Why"' in raised.response_excerpt


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("contract_spend_limit_reached", QuotaExhaustedError),
        ("enforced_spend_limit_reached", QuotaExhaustedError),
        ("organization_on_hold", PermissionDeniedError),
        ("request_body_too_large_after_decoding", RequestTooLargeError),
        ("invented_later", RateLimitError),
    ],
)
def test_a_code_in_the_details_says_more_than_the_type(code: str, error: type[AnyLLMError]) -> None:
    facts = {"type": "rate_limit_error", "message": "Why", "details": {"error_code": code}}
    raised = error_from({"type": "error", "error": facts}, 429)
    assert type(raised) is error
    assert raised.code == code


def test_the_header_names_the_request_before_the_body() -> None:
    response = HttpResponse(500, {"request-id": "req_header"}, b'{"request_id": "req_body"}')
    assert decode_error(target(), response).request_id == "req_header"


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        (None, "HTTP 500 without an explanation"),
        ([1], "HTTP 500 without an explanation"),
        ({"error": "plain"}, "plain"),
        ({"message": "top"}, "top"),
        ({"error": {"code": 500, "message": "number"}}, "number"),
    ],
)
def test_other_shapes_are_read_as_far_as_they_go(tree: JSON, message: str) -> None:
    assert error_from(tree, 500).message == message


def test_a_body_that_is_not_json_is_shown_in_the_error() -> None:
    raised = decode_error(target(), HttpResponse(502, {}, b"<html>Bad gateway" + b"x" * 5_000))
    assert raised.response_excerpt is not None
    assert raised.response_excerpt.startswith("<html>Bad gateway")
    assert len(raised.response_excerpt) == 2_000


def test_an_invalid_request_inside_a_success_blames_the_request() -> None:
    tree = {"type": "error", "error": {"type": "invalid_request_error", "message": "?"}}
    assert type(error_from(tree, 200)) is InvalidRequestError
