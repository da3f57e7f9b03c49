"""Ollama's errors."""

from __future__ import annotations

import pytest

from any_llm import exceptions
from any_llm.dialects.ollama import DIALECT
from any_llm.dialects.ollama.errors import error_from
from any_llm.exceptions import AnyLLMError
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON
from tests.dialects.ollama.calls import respond, target


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, exceptions.InvalidRequestError),
        (401, exceptions.AuthenticationError),
        (403, exceptions.PermissionDeniedError),
        (404, exceptions.ModelNotFoundError),
        (429, exceptions.RateLimitError),
        (500, exceptions.ProviderError),
        (502, exceptions.UpstreamProviderError),
        (503, exceptions.OverloadedError),
    ],
)
def test_the_status_tells_what_kind_of_error_it_is(status: int, kind: type[AnyLLMError]) -> None:
    error = DIALECT.decode_error(target(), respond({"error": "no"}, status))
    assert type(error) is kind
    assert (error.message, error.status_code, error.response_excerpt) == ("no", status, '{"error":"no"}')


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"error": "no"}, 500, "no"),
        ({"error": "no", "status_code": 429}, 429, "no"),
        ({"error": "no", "status_code": "?"}, 500, "no"),
        ({"error": {"message": "no"}}, 500, "no"),
        ({"message": "no"}, 500, "no"),
        ({"error": 3}, 500, "HTTP 500 without an explanation"),
        (None, 500, "HTTP 500 without an explanation"),
    ],
)
def test_an_error_inside_a_success_is_the_servers(body: JSON, status: int, message: str) -> None:
    error = error_from(body, 200)
    assert (error.status_code, error.message) == (status, message)


def test_an_answer_of_a_proxy_is_an_error_too() -> None:
    error = DIALECT.decode_error(target(), HttpResponse(502, {}, b"<html>Bad gateway"))
    assert type(error) is exceptions.UpstreamProviderError
    assert error.response_excerpt == "<html>Bad gateway"
