"""Errors of fal's API: https://fal.ai/docs/model-apis/errors."""

from __future__ import annotations

from collections.abc import Mapping

from any_llm.exceptions import (
    AnyLLMError,
    ContentFilterError,
    GatewayTimeoutError,
    InvalidRequestError,
    OverloadedError,
    ProviderError,
    RequestTooLargeError,
    UpstreamProviderError,
)
from any_llm.spec.answers import Said, error_decoder, explained, first_text, objects
from any_llm.types.json import JSON, JSONObject, is_list

CODES: Mapping[str, type[AnyLLMError]] = {
    "content_policy_violation": ContentFilterError,
    "downstream_service_error": UpstreamProviderError,
    "downstream_service_unavailable": UpstreamProviderError,
    "file_download_error": InvalidRequestError,
    "file_too_large": RequestTooLargeError,
    "generation_timeout": GatewayTimeoutError,
    "image_too_large": RequestTooLargeError,
    "internal_server_error": ProviderError,
    "request_timeout": GatewayTimeoutError,
    "runner_scheduling_failure": OverloadedError,
    "startup_timeout": OverloadedError,
}
"""What the `type` of what is wrong, or `error_type`, means, where it says more than the HTTP status."""


def hear(body: JSONObject) -> Said:
    """Find what an error says: in `detail`, which is a text, or a list of what is wrong and where."""
    detail: JSON = body.get("detail") or body.get("error") or body.get("message")
    wrong = objects(detail)
    first = wrong[0] if wrong else {}
    words = first_text(first.get("msg")) or (explained(detail) if detail else "")
    place: JSON = first.get("loc")
    param = ".".join(str(step) for step in place if step != "body") if is_list(place) else ""
    return Said(
        message=words,
        code=first_text(first.get("type"), body.get("error_type")) or None,
        param=param or None,
        request_id=first_text(body.get("request_id")) or None,
    )


decode_error = error_decoder(hear, CODES)
