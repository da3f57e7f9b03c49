"""Errors in DashScope's format, `{"code": …, "message": …, "request_id": …}`.

https://www.alibabacloud.com/help/en/model-studio/error-code
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.exceptions import (
    AnyLLMError,
    AuthenticationError,
    ContentFilterError,
    InsufficientFundsError,
    ModelNotFoundError,
    PermissionDeniedError,
    QuotaExhaustedError,
    RateLimitError,
)
from any_llm.spec.dialect import Target
from any_llm.spec.errors import error_for_status, error_in_words
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject, decode_json, is_object

_EXCERPT = 2_000
_BROKEN = 500
_BY_CODE: Mapping[str, type[AnyLLMError]] = {
    "AccessDenied": PermissionDeniedError,
    "AllocationQuota": RateLimitError,
    "Arrearage": InsufficientFundsError,
    "DataInspectionFailed": ContentFilterError,
    "InvalidApiKey": AuthenticationError,
    "ModelNotFound": ModelNotFoundError,
    "PrepaidBillOverdue": InsufficientFundsError,
    "QuotaExhausted": QuotaExhaustedError,
    "Throttling": RateLimitError,
}
"""The first word of a code, which may go on after a dot (`Throttling.RateQuota`)."""


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
    """Turn a parsed error into what it means; one inside a success counts as a failure of the server."""
    body: JSONObject = tree if is_object(tree) else {}
    code: JSON = body.get("code")
    effective = status if status >= 400 else _BROKEN
    word = code if isinstance(code, str) else ""
    kind = _BY_CODE.get(word.partition(".")[0]) or error_for_status(effective)
    told: JSON = body.get("message")
    message = told if isinstance(told, str) and told else f"HTTP {effective} without an explanation"
    return error_in_words(kind, message, word)(message, status_code=effective, code=word or None)
