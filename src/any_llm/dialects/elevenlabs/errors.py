"""Errors of ElevenLabs' API: https://elevenlabs.io/docs/developers/resources/error-messages."""

from __future__ import annotations

from collections.abc import Mapping

from any_llm.exceptions import (
    AnyLLMError,
    AuthenticationError,
    InvalidRequestError,
    ModelNotFoundError,
    OverloadedError,
    PermissionDeniedError,
    QuotaExhaustedError,
    RateLimitError,
    RequestTooLargeError,
)
from any_llm.spec.answers import Said, error_decoder, explained, first_text, members
from any_llm.types.json import JSON, JSONObject

CODES: Mapping[str, type[AnyLLMError]] = {
    "detected_unusual_activity": PermissionDeniedError,
    "invalid_api_key": AuthenticationError,
    "max_character_limit_exceeded": RequestTooLargeError,
    "missing_permissions": PermissionDeniedError,
    "model_not_found": ModelNotFoundError,
    "needs_authorization": AuthenticationError,
    "only_for_creator+": PermissionDeniedError,
    "quota_exceeded": QuotaExhaustedError,
    "rate_limit_exceeded": RateLimitError,
    "system_busy": OverloadedError,
    "too_many_concurrent_requests": RateLimitError,
    "voice_not_found": InvalidRequestError,
}
"""What `status`, or `code`, means, where it says more than the HTTP status: a used-up quota is a 401."""


def hear(body: JSONObject) -> Said:
    """Find what an error says: in `detail`, which for a malformed request is a list of places."""
    detail: JSON = body.get("detail")
    facts = members(detail)
    words = first_text(facts.get("message")) or (explained(detail) if detail else "")
    known = [facts.get("code"), facts.get("status")]
    code = (
        next((one for one in known if isinstance(one, str) and one in CODES), None)
        or first_text(*reversed(known))
        or None
    )
    request_id = first_text(facts.get("request_id")) or None
    return Said(message=words, code=code, param=first_text(facts.get("param")) or None, request_id=request_id)


decode_error = error_decoder(hear, CODES)
