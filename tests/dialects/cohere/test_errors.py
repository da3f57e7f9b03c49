"""Cohere's errors."""

from __future__ import annotations

import pytest

from any_llm import exceptions
from any_llm.dialects.cohere import DIALECT
from any_llm.dialects.cohere.errors import error_from
from any_llm.exceptions import AnyLLMError
from any_llm.types.http import HttpResponse
from tests.dialects.cohere.calls import respond, target


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, exceptions.InvalidRequestError),
        (401, exceptions.AuthenticationError),
        (402, exceptions.InsufficientFundsError),
        (403, exceptions.PermissionDeniedError),
        (404, exceptions.ModelNotFoundError),
        (422, exceptions.InvalidRequestError),
        (429, exceptions.RateLimitError),
        (498, exceptions.ContentFilterError),
        (499, exceptions.ProviderError),
        (500, exceptions.ProviderError),
        (503, exceptions.OverloadedError),
        (504, exceptions.GatewayTimeoutError),
        (200, exceptions.ProviderError),
    ],
)
def test_the_status_tells_what_kind_of_error_it_is(status: int, kind: type[AnyLLMError]) -> None:
    error = DIALECT.decode_error(target(), respond({"id": "r1", "message": "No."}, status))
    assert type(error) is kind
    assert (error.message, error.request_id, error.status_code) == ("No.", "r1", status)
    assert error.response_excerpt == '{"id":"r1","message":"No."}'


def test_an_answer_of_a_proxy_is_an_error_too() -> None:
    error = DIALECT.decode_error(target(), HttpResponse(502, {}, b"<html>Bad gateway"))
    assert type(error) is exceptions.UpstreamProviderError
    assert error.message == "HTTP 502 without an explanation"
    assert error.response_excerpt == "<html>Bad gateway"


def test_words_of_another_type_are_no_words() -> None:
    error = error_from({"message": {"x": 1}, "id": 3}, 500)
    assert (error.message, error.request_id) == ("HTTP 500 without an explanation", None)


@pytest.mark.parametrize("said", [{"message": "Slow down", "type": "rate_limit_error"}, "Slow down"])
def test_what_a_gateway_says_in_its_own_shape_is_kept(said: object) -> None:
    error = DIALECT.decode_error(target(), respond({"error": said}, 429))
    assert type(error) is exceptions.RateLimitError
    assert error.message == "Slow down"
