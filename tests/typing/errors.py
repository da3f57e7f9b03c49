"""How a user handles errors, as the type checkers see it. Checked, never run."""

from __future__ import annotations

from typing import assert_type

from any_llm.exceptions import (
    AnyLLMError,
    MissingApiKeyError,
    QuotaExhaustedError,
    RateLimitError,
    ResponseFormatError,
    UnsupportedProviderError,
)


def seconds_to_wait(error: AnyLLMError) -> float | None:
    """Read the facts every error has."""
    assert_type(error.status_code, int | None)
    assert_type(error.provider, str | None)
    assert_type(error.request_id, str | None)
    assert_type(error.to_dict(), dict[str, object])
    return error.retry_after if error.retryable else None


def told_apart(error: Exception) -> str:
    """Tell the classes apart; each has what is its own."""
    text = "also the standard library's own" if isinstance(error, ValueError | TimeoutError) else repr(error)
    match error:
        case QuotaExhaustedError():
            text = f"pay {error.provider_name}"
        case RateLimitError():
            text = f"wait {error.retry_after} seconds"
        case MissingApiKeyError():
            text = assert_type(error.env_var_name, str)
        case UnsupportedProviderError():
            text = ", ".join(assert_type(error.supported_providers, list[str]))
        case ResponseFormatError():
            text = assert_type(error.text, str)
        case _:
            pass
    return text
