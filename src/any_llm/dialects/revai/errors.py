"""Errors of Rev AI's API, as RFC 7807 shapes them: https://docs.rev.ai/api/asynchronous/reference."""

from __future__ import annotations

from collections.abc import Mapping

from any_llm.exceptions import AnyLLMError, InsufficientFundsError, InvalidRequestError, ProviderError
from any_llm.spec.answers import Said, error_decoder, explained, first_text
from any_llm.types.json import JSON, JSONObject

FAILURES: Mapping[str, type[AnyLLMError]] = {
    "download_failure": InvalidRequestError,
    "duration_exceeded": InvalidRequestError,
    "duration_too_short": InvalidRequestError,
    "empty_media": InvalidRequestError,
    "insufficient_balance": InsufficientFundsError,
    "internal_processing": ProviderError,
    "invalid_media": InvalidRequestError,
    "invoicing_limit_exceeded": InsufficientFundsError,
    "transcription": ProviderError,
    "unsupported_language": InvalidRequestError,
}
"""What the `failure` of a job means."""


def hear(body: JSONObject) -> Said:
    """Find what an error says: a title, details, and what is wrong with each parameter."""
    wrong: JSON = body.get("parameters")
    said = [first_text(body.get("title")), first_text(body.get("detail")), explained(wrong) if wrong else ""]
    return Said(message=": ".join(word for word in said if word))


decode_error = error_decoder(hear, {})
