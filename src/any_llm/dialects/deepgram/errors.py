"""Errors of Deepgram's API: https://developers.deepgram.com/docs/errors."""

from __future__ import annotations

from collections.abc import Mapping

from any_llm.exceptions import (
    AnyLLMError,
    AuthenticationError,
    InsufficientFundsError,
    OverloadedError,
    PermissionDeniedError,
    RateLimitError,
    RequestTooLargeError,
)
from any_llm.spec.answers import Said, error_decoder, first_text
from any_llm.types.json import JSONObject

CODES: Mapping[str, type[AnyLLMError]] = {
    "ASR_PAYMENT_REQUIRED": InsufficientFundsError,
    "INSUFFICIENT_PERMISSIONS": PermissionDeniedError,
    "INVALID_AUTH": AuthenticationError,
    "Payload Too Large": RequestTooLargeError,
    "PAYLOAD_TOO_LARGE": RequestTooLargeError,
    "SERVICE_UNAVAILABLE": OverloadedError,
    "TOO_MANY_REQUESTS": RateLimitError,
}
"""What `err_code`, or `category`, means."""


def hear(body: JSONObject) -> Said:
    """Find what an error says, in either of its two shapes."""
    return Said(
        message=first_text(body.get("err_msg"), body.get("message"), body.get("details")),
        code=first_text(body.get("err_code"), body.get("category")) or None,
        request_id=first_text(body.get("request_id")) or None,
    )


decode_error = error_decoder(hear, CODES)
