"""Errors of Mistral's API by what they say of themselves."""

from __future__ import annotations

import json

import pytest

from any_llm.dialects.mistral.errors import decode_error
from any_llm.exceptions import (
    AuthenticationError,
    ContextLengthExceededError,
    InvalidRequestError,
    ModelNotFoundError,
    ProviderError,
)
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON
from tests.dialects.mistral.calls import target

MODEL = {"object": "error", "message": "Invalid model: x", "type": "invalid_model", "param": None, "code": "1500"}
LONG = {"object": "error", "message": "too long", "type": "too_many_prompt_tokens", "code": 3051}
PLACES = {"detail": [{"loc": ["body", "input"], "msg": "missing"}]}


@pytest.mark.parametrize(
    ("status", "body", "kind", "message", "code"),
    [
        (401, {"detail": "Invalid API Key"}, AuthenticationError, "Invalid API Key", None),
        (400, MODEL, ModelNotFoundError, "Invalid model: x", "1500"),
        (400, LONG, ContextLengthExceededError, "too long", "3051"),
        (422, PLACES, InvalidRequestError, json.dumps(PLACES["detail"], separators=(",", ":")), None),
        (500, {"error": "down"}, ProviderError, "down", None),
        (500, {"error": {"message": "down"}}, ProviderError, "down", None),
        (500, [], ProviderError, "HTTP 500 without an explanation", None),
    ],
)
def test_an_error_has_the_class_that_it_means(
    status: int, body: JSON, kind: type[Exception], message: str, code: str | None
) -> None:
    error = decode_error(target(), HttpResponse(status, {}, json.dumps(body).encode()))
    assert (type(error), error.message, error.code, error.status_code) == (kind, message, code, status)


def test_what_is_no_json_is_an_error_too() -> None:
    error = decode_error(target(), HttpResponse(503, {}, b"<html>"))
    assert (error.response_excerpt, error.status_code) == ("<html>", 503)
