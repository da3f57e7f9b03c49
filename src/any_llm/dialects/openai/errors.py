"""OpenAI-shaped errors, and the shapes that compatible vendors use instead.

https://platform.openai.com/docs/guides/error-codes
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.exceptions import (
    AnyLLMError,
    AuthenticationError,
    ContentFilterError,
    ContextLengthExceededError,
    GatewayTimeoutError,
    InsufficientFundsError,
    InvalidRequestError,
    ModelNotFoundError,
    OverloadedError,
    PermissionDeniedError,
    QuotaExhaustedError,
    RateLimitError,
    RequestTooLargeError,
    UnsupportedOperationError,
)
from any_llm.spec.dialect import Target
from any_llm.spec.errors import error_for_status, error_in_words
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject, decode_json, is_list, is_object

_EXCERPT = 2_000
_FIRST_ERROR, _SERVER_ERROR, _LAST_ERROR = 400, 500, 600

CODES: Mapping[str, type[AnyLLMError]] = {
    "invalid_api_key": AuthenticationError,
    "authentication_error": AuthenticationError,
    "account_deactivated": AuthenticationError,
    "permission_error": PermissionDeniedError,
    "model_not_found": ModelNotFoundError,
    "invalid_model": ModelNotFoundError,
    "not_found_error": ModelNotFoundError,
    "deploymentnotfound": ModelNotFoundError,
    "not_supported_error": UnsupportedOperationError,
    "context_length_exceeded": ContextLengthExceededError,
    "exceed_context_size_error": ContextLengthExceededError,
    "too_many_prompt_tokens": ContextLengthExceededError,
    "tokens_limit_reached": ContextLengthExceededError,
    "model_max_prompt_tokens_exceeded": ContextLengthExceededError,
    "request_too_large": RequestTooLargeError,
    "content_filter": ContentFilterError,
    "content_policy_violation": ContentFilterError,
    "responsibleaipolicyviolation": ContentFilterError,
    "moderation_blocked": ContentFilterError,
    "data_inspection_failed": ContentFilterError,
    "datainspectionfailed": ContentFilterError,
    "image_content_policy_violation": ContentFilterError,
    "insufficient_quota": QuotaExhaustedError,
    "exceeded_current_quota_error": QuotaExhaustedError,
    "budget_exceeded": QuotaExhaustedError,
    "billing_hard_limit_reached": QuotaExhaustedError,
    "billing_not_active": QuotaExhaustedError,
    "billing_error": InsufficientFundsError,
    "insufficient_balance": InsufficientFundsError,
    "arrearage": InsufficientFundsError,
    "rate_limit_exceeded": RateLimitError,
    "rate_limit_error": RateLimitError,
    "ratelimitreached": RateLimitError,
    "overloaded_error": OverloadedError,
    "engine_overloaded_error": OverloadedError,
    "service_unavailable": OverloadedError,
    "timeout_error": GatewayTimeoutError,
    "vector_store_timeout": GatewayTimeoutError,
    # A stream of the Responses API tells these without an HTTP status.
    "image_file_too_large": RequestTooLargeError,
    "image_too_large": RequestTooLargeError,
    "empty_image_file": InvalidRequestError,
    "failed_to_download_image": InvalidRequestError,
    "image_file_not_found": InvalidRequestError,
    "image_parse_error": InvalidRequestError,
    "image_too_small": InvalidRequestError,
    "invalid_base64_image": InvalidRequestError,
    "invalid_image": InvalidRequestError,
    "invalid_image_format": InvalidRequestError,
    "invalid_image_mode": InvalidRequestError,
    "invalid_image_url": InvalidRequestError,
    "invalid_prompt": InvalidRequestError,
    "unsupported_image_media_type": InvalidRequestError,
}
"""The vendors' own codes and types that say more than the HTTP status, or stand where there is none; in lower case."""


def decode_error(_target: Target, response: HttpResponse) -> AnyLLMError:
    """Turn an unsuccessful answer into the error it means."""
    try:
        tree = decode_json(response.body)
    except msgspec.DecodeError:
        tree = None
    error = error_from(tree, response.status)
    error.response_excerpt = response.body[:_EXCERPT].decode("utf-8", "replace")
    return error


def error_from(tree: JSON, status: int) -> AnyLLMError:
    """Turn a parsed error body, of a response or inside a stream, into the error it means."""
    facts = _facts(tree)
    code, kind = _text(facts.get("code") or facts.get("error_code")), _text(facts.get("type"))
    inner = facts.get("innererror")
    finest = _text(inner.get("code")) if is_object(inner) else None
    words = [word.lower() for word in (finest, code, kind) if word]
    named = next((CODES[word] for word in words if word in CODES), None) or _flagged(facts)
    effective = status if status >= _FIRST_ERROR else _status_inside(_text(facts.get("status_code")) or code, kind)
    message = _text(facts.get("message")) or f"HTTP {status} without an explanation"
    fitting = error_in_words(named or error_for_status(effective), message, *words)
    if fitting is InvalidRequestError:
        fitting = _passed_on(facts, effective) or fitting
    return fitting(
        message,
        status_code=effective,
        code=code,
        error_type=kind,
        param=_text(facts.get("param")),
        retry_after=_retry_delay(facts.get("details")),
    )


def _flagged(facts: JSONObject) -> type[AnyLLMError] | None:
    """Return what it means that a gateway tells why it flagged an input, as OpenRouter does with a 403.

    https://openrouter.ai/docs/api-reference/errors
    """
    metadata = facts.get("metadata")
    return ContentFilterError if is_object(metadata) and "flagged_input" in metadata else None


def _passed_on(facts: JSONObject, status: int) -> type[AnyLLMError] | None:
    """Return what the vendor behind a gateway says is wrong with the request, whose error OpenRouter has in `raw`.

    What that vendor says of the account is the gateway's affair. https://openrouter.ai/docs/api-reference/errors
    """
    metadata = facts.get("metadata")
    raw: JSON = metadata.get("raw") if is_object(metadata) else None
    if not isinstance(raw, str):
        return None
    try:
        tree = decode_json(raw)
    except msgspec.DecodeError:
        return None
    upstream = type(error_from(tree, status))
    return upstream if upstream.caller_fault else None


def _retry_delay(details: JSON) -> float | None:
    """Return the seconds to wait that Google's `RetryInfo` tells, which its compatible API sends too.

    https://cloud.google.com/apis/design/errors#error_details
    """
    for detail in details if is_list(details) else ():
        delay = detail.get("retryDelay") if is_object(detail) else None
        if isinstance(delay, str) and delay.removesuffix("s").replace(".", "", 1).isdecimal():
            return float(delay.removesuffix("s"))
    return None


def _status_inside(code: str | None, kind: str | None) -> int:
    """Return the status that an error inside a successful answer would have had."""
    if code and code.isdigit() and _FIRST_ERROR <= int(code) < _LAST_ERROR:
        return int(code)
    return _FIRST_ERROR if (kind or code) == "invalid_request_error" else _SERVER_ERROR


def _facts(tree: JSON) -> JSONObject:
    """Find where the message, code, type and param of an error body stand."""
    if is_list(tree) and tree:
        return _facts(tree[0])
    if not is_object(tree):
        return {}
    told: JSON = tree.get("error", tree.get("errors"))
    if is_list(told) and told:
        told = told[0]
    if isinstance(told, str):
        return {**tree, "message": told}
    facts = told if is_object(told) else tree
    said = facts.get("message") or facts.get("detail")
    return {**facts, "message": said if said is None or isinstance(said, str) else _compact(said)}


def _compact(value: JSON) -> str:
    return msgspec.json.encode(value).decode()


def _text(value: JSON) -> str | None:
    return None if value is None or value == "" else str(value)
