"""Errors of Aleph Alpha's API: https://docs.aleph-alpha.com/api."""

from __future__ import annotations

from collections.abc import Mapping

from any_llm.exceptions import AnyLLMError, ContextLengthExceededError, OverloadedError, QuotaExhaustedError
from any_llm.spec.answers import Said, error_decoder, explained, first_text
from any_llm.types.json import JSON, JSONObject

CODES: Mapping[str, type[AnyLLMError]] = {
    "OUT_OF_QUOTA": QuotaExhaustedError,
    "PROMPT_TOO_LONG": ContextLengthExceededError,
    "QUEUE_FULL": OverloadedError,
}
"""What `code` means, where it says more than the HTTP status."""


def hear(body: JSONObject) -> Said:
    """Find what an error says."""
    told: JSON = body.get("error") or body.get("message") or body.get("detail")
    return Said(message=explained(told) if told else "", code=first_text(body.get("code")) or None)


decode_error = error_decoder(hear, CODES)
