from __future__ import annotations

import pytest

from any_llm import exceptions
from any_llm.testing.reading import errors
from any_llm.testing.reading.errors import failure_of, read_failure
from any_llm.testing.reading.values import Failure
from tests.testing.reading.bodies import whole


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, "InvalidRequestError"),
        (401, "AuthenticationError"),
        (402, "InsufficientFundsError"),
        (403, "PermissionDeniedError"),
        (404, "ModelNotFoundError"),
        (405, "InvalidRequestError"),
        (408, "RequestTimeoutError"),
        (409, "ConflictError"),
        (413, "RequestTooLargeError"),
        (418, "InvalidRequestError"),
        (422, "InvalidRequestError"),
        (429, "RateLimitError"),
        (500, "ProviderError"),
        (501, "UnsupportedOperationError"),
        (502, "UpstreamProviderError"),
        (503, "OverloadedError"),
        (504, "GatewayTimeoutError"),
        (529, "OverloadedError"),
        (302, "ProviderError"),
    ],
)
@pytest.mark.parametrize("body", [b"", b"<html>", b'{"error": {"message": "x", "type": "invalid_request_error"}}'])
def test_without_a_telling_word_the_status_decides(status: int, error: str, body: bytes) -> None:
    assert read_failure(status, body).error == error


@pytest.mark.parametrize(
    ("document", "error"),
    [
        ({"error": {"code": "insufficient_quota"}}, "QuotaExhaustedError"),
        ({"error": {"type": "insufficient_quota", "code": None}}, "QuotaExhaustedError"),
        ({"error": {"code": "model_not_found", "type": "invalid_request_error"}}, "ModelNotFoundError"),
        ({"error": {"code": "context_length_exceeded"}}, "ContextLengthExceededError"),
        ({"error": {"code": 400, "type": "exceed_context_size_error"}}, "ContextLengthExceededError"),
        ({"error": {"code": "x", "innererror": {"code": "ResponsibleAIPolicyViolation"}}}, "ContentFilterError"),
        ({"type": "error", "error": {"type": "permission_error"}}, "PermissionDeniedError"),
        ({"object": "error", "type": "invalid_model", "code": "1500"}, "ModelNotFoundError"),
        ([{"error": {"code": "rate_limit_exceeded"}}], "RateLimitError"),
    ],
)
def test_the_vendors_word_beats_the_status(document: object, error: str) -> None:
    assert read_failure(400, whole(document)).error == error


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (
            {"error": {"message": "no", "type": "t", "param": "p", "code": 7}},
            {"code": "7", "type": "t", "param": "p", "message": "no"},
        ),
        ({"error": "no", "code": "invalid-argument"}, {"code": "invalid-argument", "message": "no"}),
        ({"detail": "no"}, {"message": "no"}),
        ({"detail": [{"loc": ["body"]}]}, {"message": '[{"loc":["body"]}]'}),
        ({"object": "error", "message": "no", "type": "t", "code": "1"}, {"code": "1", "type": "t", "message": "no"}),
        ({"type": "error", "code": "c", "message": "no"}, {"code": "c", "message": "no"}),
        ([{"error": {"message": "no"}}], {"message": "no"}),
        ("no", {}),
    ],
)
def test_every_shape_of_body_is_understood(document: object, expected: dict[str, str]) -> None:
    assert read_failure(400, whole(document)) == Failure(error="InvalidRequestError", status=400, **expected)


def test_a_body_that_is_not_json_is_the_message() -> None:
    assert read_failure(502, b"Bad Gateway").message == "Bad Gateway"
    assert read_failure(500, b"").message is None


@pytest.mark.parametrize(
    ("document", "error"),
    [
        ({"error": {"code": 429}}, "RateLimitError"),
        ({"error": {"code": "x", "status_code": 400}}, "InvalidRequestError"),
        ({"error": {"type": "invalid_request_error"}}, "InvalidRequestError"),
        ({"error": {"type": "server_error", "code": 1}}, "ProviderError"),
    ],
)
def test_an_error_in_a_stream_is_known_by_what_it_says_itself(document: object, error: str) -> None:
    assert read_failure(200, whole(document)).error == error


def test_every_error_named_is_one_of_ours() -> None:
    tables = (errors._BY_WORD, errors._BY_STATUS, errors._BY_GENERAL_WORD)
    names = {name for table in tables for name in table.values()} | {errors.MALFORMED, errors.TRUNCATED}
    assert all(issubclass(getattr(exceptions, name), exceptions.AnyLLMError) for name in names)


def test_a_code_among_the_details_counts() -> None:
    details = {"error_code": "enforced_spend_limit_reached"}
    failure = failure_of(429, {"type": "error", "error": {"type": "rate_limit_error", "details": details}})
    assert (failure.error, failure.code) == ("QuotaExhaustedError", "enforced_spend_limit_reached")


def test_a_list_of_errors_is_read_by_its_first() -> None:
    failure = failure_of(400, {"success": False, "errors": [{"code": 7003, "message": "Why"}, {"message": "Else"}]})
    assert (failure.error, failure.code, failure.message) == ("InvalidRequestError", "7003", "Why")


def test_a_status_given_as_text_inside_a_stream_counts() -> None:
    assert failure_of(200, {"error": {"code": "429", "message": "Slow"}}).error == "RateLimitError"
