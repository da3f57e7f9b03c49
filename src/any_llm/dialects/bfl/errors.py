"""Errors of Black Forest Labs' API: https://docs.bfl.ai/api_integration/errors."""

from __future__ import annotations

from collections.abc import Mapping

from any_llm.exceptions import AnyLLMError, ContentFilterError, ModelNotFoundError, ProviderError
from any_llm.spec.answers import Said, error_decoder, explained, first_text, objects
from any_llm.types.json import JSON, JSONObject

STATES: Mapping[str, type[AnyLLMError]] = {
    "Content Moderated": ContentFilterError,
    "Error": ProviderError,
    "Failed": ProviderError,
    "Request Moderated": ContentFilterError,
    "Task not found": ModelNotFoundError,
}
"""What the `status` of a job means that has ended without an image."""


def hear(body: JSONObject) -> Said:
    """Find what an error says: in `detail`, which for a malformed request is a list of places."""
    detail: JSON = body.get("detail") or body.get("error")
    wrong = objects(detail)
    return Said(message=first_text(wrong[0].get("msg")) if wrong else explained(detail) if detail else "")


decode_error = error_decoder(hear, {})
