"""Errors of Cloudflare: a list of them in the envelope, each with a number.

https://developers.cloudflare.com/workers-ai/platform/errors
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.exceptions import (
    AnyLLMError,
    AuthenticationError,
    ContextLengthExceededError,
    InvalidRequestError,
    ModelNotFoundError,
    OverloadedError,
    PermissionDeniedError,
    ProviderError,
    QuotaExhaustedError,
    RequestTimeoutError,
    RequestTooLargeError,
)
from any_llm.spec.dialect import Target
from any_llm.spec.errors import error_for_status
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject, decode_json, is_list, is_object

_EXCERPT = 2_000

CODES: Mapping[str, type[AnyLLMError]] = {
    "3003": InvalidRequestError,
    "3006": RequestTooLargeError,
    "3007": RequestTimeoutError,
    "3008": RequestTimeoutError,
    "3023": PermissionDeniedError,
    "3036": QuotaExhaustedError,
    "3040": OverloadedError,
    "3041": PermissionDeniedError,
    "3042": ModelNotFoundError,
    "5004": InvalidRequestError,
    "5005": InvalidRequestError,
    "5007": ModelNotFoundError,
    "5016": PermissionDeniedError,
    "5018": PermissionDeniedError,
    # Not on the page: "The estimated number of input and maximum output tokens (…) exceeded this model context window".
    "5021": ContextLengthExceededError,
    "10000": AuthenticationError,
}
"""What the numbers mean."""


def decode_error(_target: Target, response: HttpResponse) -> AnyLLMError:
    """Turn an unsuccessful answer into the error it means."""
    try:
        tree = decode_json(response.body)
    except msgspec.DecodeError:
        tree = None
    error = error_from(tree if is_object(tree) else {}, response.status)
    error.request_id = response.headers.get("cf-ray")
    error.response_excerpt = response.body[:_EXCERPT].decode("utf-8", "replace")
    return error


def error_from(body: Mapping[str, JSON], status: int) -> AnyLLMError:
    """Turn a parsed envelope into the error it means; its numbers may stand under a status of success."""
    listed: JSON = body.get("errors")
    first: JSON = listed[0] if is_list(listed) and listed else body.get("error")
    told: JSONObject = first if is_object(first) else {}
    number: JSON = told.get("code", body.get("code"))
    code = str(number) if number is not None else None
    fitting = CODES.get(code or "") or (error_for_status(status) if status >= 400 else ProviderError)
    message: JSON = told.get("message") or first or body.get("message")
    return fitting(
        message if isinstance(message, str) else f"HTTP {status} without an explanation",
        status_code=status if status >= 400 else None,
        code=code,
    )
