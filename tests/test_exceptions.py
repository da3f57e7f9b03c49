"""The exceptions: their tree, their facts, and that they travel."""

from __future__ import annotations

import copy
import inspect
import json
import pickle
import time
from email.utils import formatdate

import pytest

from any_llm import exceptions
from any_llm.exceptions import (
    AnyLLMError,
    BatchNotCompleteError,
    ConfigurationError,
    ContentFilterFinishReasonError,
    LengthFinishReasonError,
    MissingApiKeyError,
    MissingExtraError,
    RateLimitError,
    ResponseFormatError,
    UnsupportedParameterError,
    UnsupportedProviderError,
)
from any_llm.failures import ErrorFacts
from any_llm.spec.errors import STATUS_ERRORS, error_for_status
from any_llm.types.completion import ChatCompletion

KINDS = sorted(
    (kind for _, kind in inspect.getmembers(exceptions, inspect.isclass) if issubclass(kind, AnyLLMError)),
    key=lambda kind: kind.__name__,
)
FACTS: ErrorFacts = {
    "status_code": 429,
    "code": "slow",
    "param": "n",
    "error_type": "kind",
    "model": "m",
    "operation": "completion",
    "request_id": "r",
    "client_request_id": "c",
    "retry_after": 1.5,
    "elapsed": 0.25,
    "request_excerpt": "{}",
    "response_excerpt": "[]",
}
MADE: list[AnyLLMError] = [
    MissingApiKeyError("openai", "OPENAI_API_KEY", key_page="https://keys"),
    UnsupportedProviderError("x", ["a", "b"], closest=["a"]),
    MissingExtraError("local", "xllamacpp", reason="to run models"),
    UnsupportedParameterError("seed", "p", "say nothing"),
    BatchNotCompleteError("b1", "running", "openai"),
    LengthFinishReasonError(completion=ChatCompletion(id="c")),
    ContentFilterFinishReasonError(completion=None),
    ResponseFormatError("no", text="{"),
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_error_is_documented_named_and_drawn_in_the_tree(kind: type[AnyLLMError]) -> None:
    if not kind.__name__.startswith("_"):
        assert kind.__name__.endswith("Error")
        assert kind.__doc__
        assert kind.__name__ in (exceptions.__doc__ or "")


@pytest.mark.parametrize(
    "error",
    [AnyLLMError("it failed", ValueError("x"), "p", **FACTS), *MADE],
    ids=lambda error: f"{type(error).__name__} {error.message[:30]}",
)
def test_every_error_travels_with_its_facts(error: AnyLLMError) -> None:
    error = copy.copy(error).with_facts(provider_name="q", **FACTS)
    again = pickle.loads(pickle.dumps(error))  # noqa: S301  # our own bytes
    assert type(again) is type(error)
    assert (str(again), again.args, again.to_dict()) == (str(error), error.args, error.to_dict())
    assert again.original_exception is None
    assert {name: value for name, value in vars(again).items() if name != "original_exception"} == {
        name: value for name, value in vars(error).items() if name != "original_exception"
    }
    assert json.loads(json.dumps(error.to_dict()))["type"] == type(error).__name__


def test_known_facts_are_kept_and_unknown_ones_filled_in() -> None:
    error = RateLimitError("slow", provider_name="p", status_code=429)
    assert error.with_facts(provider_name="q", status_code=500, model="m") is error
    assert (error.provider, error.status_code, error.model) == ("p", 429, "m")


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        (None, None),
        (3, 3),
        (2.5, 2.5),
        ("7", 7),
        ("-1", 0),
        ("Thu, 01 Jan 1970 00:00:10 GMT", 0),
        ("Thu, 01 Jan 1970 00:00:10 -0000", 0),
        ("soon", None),
        ("nan", None),
    ],
)
def test_a_rate_limit_takes_a_retry_after_header_by_position_and_tells_seconds(
    told: float | str | None, seconds: float | None
) -> None:
    error = RateLimitError("slow", None, "p", told, status_code=429)
    assert (error.provider_name, error.retry_after, error.status_code) == ("p", seconds, 429)


def test_a_date_to_retry_after_is_told_as_the_seconds_until_then() -> None:
    told = RateLimitError(retry_after=formatdate(time.time() + 100, usegmt=True)).retry_after
    assert told is not None
    assert 90 < told <= 100


def test_the_text_names_the_provider() -> None:
    assert str(AnyLLMError("it failed", provider_name="p")) == "[p] it failed"
    assert str(AnyLLMError()) == "The call failed"
    assert AnyLLMError("x").to_dict() == {"type": "AnyLLMError", "message": "x", "retryable": False}


def test_errors_say_what_to_do() -> None:
    shown = [str(error) for error in MADE[:5]]
    assert shown == [
        "[openai] No openai API key: pass api_key= or set OPENAI_API_KEY (keys are made at https://keys)",
        "'x' is not a supported provider. Did you mean 'a'? Supported: a, b",
        "xllamacpp is needed (to run models): pip install 'any-llm[local]'",
        "[p] 'seed' is not supported for p. say nothing",
        "[openai] Batch 'b1' is not complete: running",
    ]
    assert str(MissingApiKeyError("p", "K")) == "[p] No p API key: pass api_key= or set K"
    assert str(UnsupportedParameterError("seed", "p")) == "[p] 'seed' is not supported for p"
    assert str(MissingExtraError("x", "y")) == "y is needed: pip install 'any-llm[x]'"


def test_errors_are_also_what_python_calls_them() -> None:
    assert issubclass(ConfigurationError, ValueError)
    assert issubclass(MissingExtraError, ImportError)
    assert issubclass(exceptions.RequestTimeoutError, TimeoutError)
    assert issubclass(exceptions.UnsupportedOperationError, NotImplementedError)


@pytest.mark.parametrize(
    ("status", "name"),
    [
        *((status, kind.__name__) for status, kind in STATUS_ERRORS.items()),
        (400, "InvalidRequestError"),
        (422, "InvalidRequestError"),
        (499, "InvalidRequestError"),
        (500, "ProviderError"),
        (599, "ProviderError"),
    ],
)
def test_every_status_means_an_error(status: int, name: str) -> None:
    assert error_for_status(status).__name__ == name


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504, 529])
def test_what_may_succeed_later_is_retryable(status: int) -> None:
    assert error_for_status(status).retryable


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 422])
def test_what_will_not_succeed_later_is_not(status: int) -> None:
    assert not error_for_status(status).retryable
