"""Errors of Amazon Bedrock."""

from __future__ import annotations

import pytest

from any_llm.dialects.bedrock import DIALECT
from any_llm.dialects.bedrock.errors import frame_error
from any_llm.exceptions import (
    AnyLLMError,
    AuthenticationError,
    ConflictError,
    InvalidRequestError,
    ModelNotFoundError,
    OverloadedError,
    PermissionDeniedError,
    ProviderError,
    QuotaExhaustedError,
    RateLimitError,
    RequestTimeoutError,
)
from any_llm.types.http import Frame, HttpResponse
from any_llm.types.json import JSON, JSONObject
from tests.dialects.bedrock.calls import operation_model, respond, target


def error_of(body: JSON, status: int, **headers: str) -> AnyLLMError:
    return DIALECT.decode_error(target(), respond(body, status, **headers))


@pytest.mark.parametrize(
    ("kind", "status", "error"),
    [
        ("AccessDeniedException", 403, PermissionDeniedError),
        ("ExpiredTokenException", 403, AuthenticationError),
        ("InvalidSignatureException", 403, AuthenticationError),
        ("UnrecognizedClientException", 403, AuthenticationError),
        ("ThrottlingException", 429, RateLimitError),
        ("ServiceQuotaExceededException", 400, QuotaExhaustedError),
        ("ResourceNotFoundException", 404, ModelNotFoundError),
        ("ModelTimeoutException", 408, RequestTimeoutError),
        ("ModelNotReadyException", 429, OverloadedError),
        ("ModelErrorException", 424, ProviderError),
        ("ServiceUnavailableException", 503, OverloadedError),
        ("InternalServerException", 500, ProviderError),
        ("ValidationException", 400, InvalidRequestError),
        ("ConflictException", 400, ConflictError),
    ],
)
def test_the_type_says_which_error_it_is(kind: str, status: int, error: type[AnyLLMError]) -> None:
    address = f"{kind}:http://internal.amazon.com/coral/com.amazon.bedrock/"
    found = error_of({"message": "So."}, status, x_amzn_errortype=address, x_amzn_requestid="r")
    assert type(found) is error
    assert (found.message, found.error_type, found.status_code, found.request_id) == ("So.", kind, status, "r")
    assert found.response_excerpt == '{"message":"So."}'
    assert type(error_of({"__type": f"com.amazon.coral#{kind}", "Message": "So."}, status)) is error


def test_every_error_that_botocore_knows_of_is_known_here() -> None:
    for name in ("Converse", "ConverseStream", "InvokeModel"):
        for shape in operation_model(name).error_shapes:
            assert error_of({}, 418, x_amzn_errortype=shape.name).message.startswith(shape.name)
            assert type(error_of({}, 418, x_amzn_errortype=shape.name)) is not AnyLLMError
            assert type(error_of({}, 499, x_amzn_errortype=shape.name)) is type(
                error_of({}, 599, x_amzn_errortype=shape.name)
            )


@pytest.mark.parametrize(
    ("original", "error"), [(429, RateLimitError), (400, InvalidRequestError), ("429", ProviderError)]
)
def test_a_status_that_is_passed_on_says_more(original: JSON, error: type[AnyLLMError]) -> None:
    body: JSONObject = {"message": "?", "originalStatusCode": original}
    assert type(error_of(body, 424, x_amzn_errortype="ModelErrorException")) is error


@pytest.mark.parametrize(
    ("status", "error"), [(403, PermissionDeniedError), (404, ModelNotFoundError), (429, RateLimitError), (502, None)]
)
def test_without_a_type_the_status_decides(status: int, error: type[AnyLLMError] | None) -> None:
    found = DIALECT.decode_error(target(), HttpResponse(status, {}, b"<html>"))
    assert error is None or type(found) is error
    assert found.message == f"An error in HTTP {status} without an explanation"


def test_a_frame_that_is_no_json_is_an_error_all_the_same() -> None:
    error = frame_error(Frame("exception:", b"<html>"))
    assert type(error) is ProviderError
    assert error.message == "An error in the stream without an explanation"
    assert error.response_excerpt == "<html>"


def test_an_unknown_type_inside_a_stream_is_the_providers_fault() -> None:
    error = frame_error(Frame("exception:newException", b'{"message":"New"}'))
    assert type(error) is ProviderError
    assert (error.message, error.error_type) == ("New", "NewException")


@pytest.mark.parametrize("said", [{"message": "Slow down", "type": "rate_limit_error"}, "Slow down"])
def test_what_a_gateway_says_in_its_own_shape_is_kept(said: JSON) -> None:
    error = error_of({"type": "error", "error": said}, 429)
    assert type(error) is RateLimitError
    assert error.message == "Slow down"
