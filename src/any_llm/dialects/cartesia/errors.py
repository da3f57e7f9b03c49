"""Errors of Cartesia's API: https://docs.cartesia.ai/use-the-api/api-conventions."""

from __future__ import annotations

from collections.abc import Mapping

from any_llm.exceptions import (
    AnyLLMError,
    InsufficientFundsError,
    InvalidRequestError,
    ModelNotFoundError,
    QuotaExhaustedError,
    RateLimitError,
)
from any_llm.spec.answers import Said, error_decoder, explained, first_text
from any_llm.types.json import JSON, JSONObject

CODES: Mapping[str, type[AnyLLMError]] = {
    "concurrency_limited": RateLimitError,
    "model_not_found": ModelNotFoundError,
    "plan_upgrade_required": InsufficientFundsError,
    "quota_exceeded": QuotaExhaustedError,
    "voice_not_found": InvalidRequestError,
}
"""What `error_code` means, where it says more than the HTTP status."""


def hear(body: JSONObject) -> Said:
    """Find what an error says, in words or in a title and words."""
    told: JSON = body.get("message") or body.get("error") or body.get("detail")
    return Said(
        message=explained(told) if told else first_text(body.get("title")),
        code=first_text(body.get("error_code")) or None,
        request_id=first_text(body.get("request_id")) or None,
    )


decode_error = error_decoder(hear, CODES)
