"""Errors of watsonx.ai: a list of them, each with a code, and a trace to tell the vendor's support.

https://cloud.ibm.com/apidocs/watsonx-ai#error-handling
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.exceptions import (
    AnyLLMError,
    AuthenticationError,
    InvalidRequestError,
    ModelNotFoundError,
    OverloadedError,
    PermissionDeniedError,
    ProviderError,
    QuotaExhaustedError,
    RateLimitError,
    UpstreamProviderError,
)
from any_llm.spec.dialect import Target
from any_llm.spec.errors import error_for_status, error_in_words
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject, decode_json, is_list, is_object

_EXCERPT = 2_000

CODES: Mapping[str, type[AnyLLMError]] = {
    "authentication_token_expired": AuthenticationError,
    "authentication_token_not_valid": AuthenticationError,
    "authorization_rejected": PermissionDeniedError,
    "consumption_limit_reached": RateLimitError,
    "downstream_request_failed": UpstreamProviderError,
    "internal_error": ProviderError,
    "invalid_input_argument": InvalidRequestError,
    "invalid_request_entity": InvalidRequestError,
    "json_type_error": InvalidRequestError,
    "json_validation_error": InvalidRequestError,
    "model_no_support_for_function": InvalidRequestError,
    "model_not_supported": ModelNotFoundError,
    "rate_limit_reached_requests": RateLimitError,
    "service_unavailable": OverloadedError,
    "token_quota_reached": QuotaExhaustedError,
    "user_authorization_failed": PermissionDeniedError,
}
"""What the codes mean."""


def decode_error(_target: Target, response: HttpResponse) -> AnyLLMError:
    """Turn an unsuccessful answer into the error it means."""
    try:
        tree = decode_json(response.body)
    except msgspec.DecodeError:
        tree = None
    error = error_from(tree if is_object(tree) else {}, response.status)
    error.response_excerpt = response.body[:_EXCERPT].decode("utf-8", "replace")
    return error


def error_from(body: Mapping[str, JSON], status: int) -> AnyLLMError:
    """Turn a parsed error body, of a response or inside a stream, into the error it means."""
    listed: JSON = body.get("errors")
    first: JSON = listed[0] if is_list(listed) and listed else body.get("error")
    told: JSONObject = first if is_object(first) else {}
    code = _text(told.get("code")) or _text(body.get("errorCode"))
    sent: JSON = body.get("status_code") or body.get("statusCode")
    known = status if status >= 400 else sent if isinstance(sent, int) else None
    fitting = CODES.get(code or "") or (error_for_status(known) if known is not None else ProviderError)
    message = (
        _text(told.get("message"))
        or _text(first)
        or _text(body.get("errorMessage"))
        or _text(body.get("message"))
        or f"HTTP {status} without an explanation"
    )
    return error_in_words(fitting, message, code)(
        message,
        status_code=known,
        code=code,
        request_id=_text(body.get("trace")),
    )


def _text(value: JSON) -> str | None:
    return value if isinstance(value, str) and value else None
