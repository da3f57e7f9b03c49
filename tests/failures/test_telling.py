"""How an error is told: to people, and in the shapes of other APIs; and whether another target may serve the call."""

from __future__ import annotations

import inspect

import pytest

from any_llm import exceptions, failures, refusals
from any_llm.attempts import Attempt
from any_llm.exceptions import (
    AnyLLMError,
    AuthenticationError,
    InvalidRequestError,
    MissingApiKeyError,
    OverloadedError,
    ProviderFileNotFoundError,
    RateLimitError,
    StreamTruncatedError,
    UnsupportedParameterError,
)
from any_llm.refusals import BudgetExceededError, CircuitOpenError, GuardrailError, LimitExceededError
from any_llm.types.routes import Fallback

KINDS = sorted(
    {
        kind
        for module in (exceptions, refusals)
        for name, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, AnyLLMError) and not name.startswith("_")
    },
    key=lambda kind: kind.__name__,
)


def limited() -> RateLimitError:
    """Return an error of which much is known."""
    error = RateLimitError(
        "Slow down.",
        provider_name="openai",
        status_code=429,
        code="rate_limit_exceeded",
        error_type="tokens",
        param="messages",
        model="gpt-5",
        operation="completion",
        request_id="req_1",
        client_request_id="0af3",
        retry_after=20.5,
        elapsed=1.25,
        docs="https://docs",
    )
    error.attempts = [
        Attempt(provider="openai", model="gpt-5", error="OverloadedError", status=503, outcome="failed"),
        Attempt(provider="openai", model="gpt-5", outcome="cancelled"),
    ]
    return error


def test_people_are_told_what_happened_where_and_what_to_do() -> None:
    assert limited().explain().splitlines() == [
        "What happened: RateLimitError: Slow down. (HTTP 429, rate_limit_exceeded, tokens, about 'messages')",
        "Where: completion at openai:gpt-5, after 1.25 s, attempt 2, the provider's request req_1, our request 0af3",
        "Attempts: 1. openai:gpt-5 OverloadedError (503); 2. openai:gpt-5 cancelled",
        f"What to do: {failures.REMEDIES['RateLimitError']} The provider asks to wait 20.5 s.",
        "See: https://docs",
    ]


def test_what_is_not_known_is_left_out() -> None:
    assert InvalidRequestError("No.").explain().splitlines() == [
        "What happened: InvalidRequestError: No.",
        "What to do: Change the request as the message says. The same call will fail again.",
    ]
    one = StreamTruncatedError("It ended.", provider_name="p", code="x", error_type="x")
    one.attempts = [Attempt(provider="p", model="m")]
    assert one.explain().splitlines() == [
        "What happened: StreamTruncatedError: It ended. (x)",
        "Where: p, attempt 1",
        "What to do: Make the call again: what came is not the whole answer.",
    ]
    assert "See: https://keys" in MissingApiKeyError("p", "KEY", key_page="https://keys").explain()


@pytest.mark.parametrize(
    ("kind", "when"),
    [
        (OverloadedError, "The provider asks to wait 3 s."),
        (BudgetExceededError, "There may be enough in 3 s."),
        (CircuitOpenError, "It is tried again in 3 s."),
        (LimitExceededError, "There may be room in 3 s."),
    ],
)
def test_a_wait_of_the_programs_own_is_not_said_to_be_the_providers(kind: type[AnyLLMError], when: str) -> None:
    assert kind(retry_after=3.0).explain().endswith(when)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_error_says_itself_what_to_do(kind: type[AnyLLMError]) -> None:
    assert kind.__name__ in failures.REMEDIES


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_errors_say_whether_another_target_may_serve_the_call(kind: type[AnyLLMError]) -> None:
    error = kind.__new__(kind)
    assert error.fallback_ok is (Fallback().rule_for(error) != "stop")


def test_what_errors_say_is_what_routes_do() -> None:
    assert OverloadedError().fallback_ok
    assert AuthenticationError().fallback_ok
    assert CircuitOpenError().fallback_ok
    assert not InvalidRequestError().fallback_ok
    assert not GuardrailError().fallback_ok
    limit = LimitExceededError()
    assert not limit.fallback_ok
    limit.fallback_ok = True
    assert Fallback().rule_for(limit) == "next"


def test_an_error_is_told_in_the_shape_of_each_api() -> None:
    error = limited()
    assert error.to_wire() == {
        "error": {
            "message": "Slow down.",
            "type": "rate_limit_error",
            "param": "messages",
            "code": "rate_limit_exceeded",
        }
    }
    assert error.to_wire("messages") == {
        "type": "error",
        "error": {"type": "rate_limit_error", "message": "Slow down."},
        "request_id": "req_1",
    }
    assert error.to_wire("problem") == {
        "type": "about:blank",
        "title": "RateLimitError",
        "status": 429,
        "detail": "Slow down.",
        "code": "rate_limit_exceeded",
        "param": "messages",
        "provider": "openai",
        "model": "gpt-5",
        "request_id": "req_1",
        "retryable": True,
        "retry_after": 20.5,
    }


@pytest.mark.parametrize(
    ("error", "status", "kind", "code", "anthropic"),
    [
        (AnyLLMError("x"), 500, "server_error", None, "api_error"),
        (OverloadedError("x"), 503, "server_error", None, "overloaded_error"),
        (ProviderFileNotFoundError("x"), 404, "invalid_request_error", None, "not_found_error"),
        (UnsupportedParameterError("n", "p"), 400, "invalid_request_error", "unsupported_parameter", None),
        (BudgetExceededError("x"), 429, "insufficient_quota", "insufficient_quota", "rate_limit_error"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, AnyLLMError) else None,
)
def test_what_no_vendor_said_has_words_of_the_api_too(
    error: AnyLLMError, status: int, kind: str, code: str | None, anthropic: str | None
) -> None:
    body, problem = error.to_wire()["error"], error.to_wire("problem")
    assert isinstance(body, dict)
    assert (body["type"], body["code"], problem["status"]) == (kind, code, status)
    told = error.to_wire("messages")
    assert isinstance(told["error"], dict)
    assert told["error"]["type"] == (anthropic or kind)
    assert "request_id" not in told
