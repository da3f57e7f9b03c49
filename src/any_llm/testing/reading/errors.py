"""Which error an answer must become: by the vendor's code or type, else by the HTTP status.

Only what is a refused request by both is looked up among the sentences in `wording`.
"""

from __future__ import annotations

from collections.abc import Mapping

from any_llm.testing.reading.fields import Fields, Json, as_text, fields, integer, items, parse, text
from any_llm.testing.reading.values import Failure, Reading
from any_llm.testing.reading.wording import refined

# Codes and types of vendors' references that say more than the status does, in lower case.
_BY_WORD: Mapping[str, str] = {
    # https://platform.openai.com/docs/guides/error-codes, https://docs.x.ai, https://console.groq.com/docs/errors
    "context_length_exceeded": "ContextLengthExceededError",
    "insufficient_quota": "QuotaExhaustedError",
    "billing_hard_limit_reached": "QuotaExhaustedError",
    "invalid_api_key": "AuthenticationError",
    "account_deactivated": "AuthenticationError",
    "billing_not_active": "QuotaExhaustedError",
    "model_not_found": "ModelNotFoundError",
    "rate_limit_exceeded": "RateLimitError",
    "content_filter": "ContentFilterError",
    "content_policy_violation": "ContentFilterError",
    "moderation_blocked": "ContentFilterError",
    # https://learn.microsoft.com/azure/ai-services/openai/concepts/content-filter
    "responsibleaipolicyviolation": "ContentFilterError",
    "deploymentnotfound": "ModelNotFoundError",
    "ratelimitreached": "RateLimitError",
    # https://www.alibabacloud.com/help/en/model-studio/error-code
    "data_inspection_failed": "ContentFilterError",
    "datainspectionfailed": "ContentFilterError",
    # https://docs.anthropic.com/en/api/errors
    "authentication_error": "AuthenticationError",
    "billing_error": "InsufficientFundsError",
    "permission_error": "PermissionDeniedError",
    "not_found_error": "ModelNotFoundError",
    "request_too_large": "RequestTooLargeError",
    "rate_limit_error": "RateLimitError",
    "timeout_error": "GatewayTimeoutError",
    "overloaded_error": "OverloadedError",
    # and its `details.error_code`
    "contract_spend_limit_reached": "QuotaExhaustedError",
    "enforced_spend_limit_reached": "QuotaExhaustedError",
    "linked_organization_spend_limit_reached": "QuotaExhaustedError",
    "linked_organization_billing_unavailable": "InsufficientFundsError",
    "user_profile_not_billable": "InsufficientFundsError",
    "organization_on_hold": "PermissionDeniedError",
    "ramp_limit_exceeded": "RateLimitError",
    "request_body_too_large_after_decoding": "RequestTooLargeError",
    # llama.cpp, Perplexity, Mistral, Moonshot
    "exceed_context_size_error": "ContextLengthExceededError",
    "too_many_prompt_tokens": "ContextLengthExceededError",
    "invalid_model": "ModelNotFoundError",
    "engine_overloaded_error": "OverloadedError",
    # GitHub Models, llama.cpp, Moonshot, LiteLLM's proxy, DashScope, and the errors of OpenAI's Responses API
    "tokens_limit_reached": "ContextLengthExceededError",
    "model_max_prompt_tokens_exceeded": "ContextLengthExceededError",
    "not_supported_error": "UnsupportedOperationError",
    "image_content_policy_violation": "ContentFilterError",
    "exceeded_current_quota_error": "QuotaExhaustedError",
    "budget_exceeded": "QuotaExhaustedError",
    "arrearage": "InsufficientFundsError",
    "vector_store_timeout": "GatewayTimeoutError",
    "image_file_too_large": "RequestTooLargeError",
    "image_too_large": "RequestTooLargeError",
    "empty_image_file": "InvalidRequestError",
    "failed_to_download_image": "InvalidRequestError",
    "image_file_not_found": "InvalidRequestError",
    "image_parse_error": "InvalidRequestError",
    "image_too_small": "InvalidRequestError",
    "invalid_base64_image": "InvalidRequestError",
    "invalid_image": "InvalidRequestError",
    "invalid_image_format": "InvalidRequestError",
    "invalid_image_mode": "InvalidRequestError",
    "invalid_image_url": "InvalidRequestError",
    "invalid_prompt": "InvalidRequestError",
    "unsupported_image_media_type": "InvalidRequestError",
    # Gateways
    "insufficient_balance": "InsufficientFundsError",
    "service_unavailable": "OverloadedError",
}
_BY_STATUS: Mapping[int, str] = {
    400: "InvalidRequestError",
    401: "AuthenticationError",
    402: "InsufficientFundsError",
    403: "PermissionDeniedError",
    404: "ModelNotFoundError",
    405: "InvalidRequestError",
    408: "RequestTimeoutError",
    409: "ConflictError",
    410: "ModelNotFoundError",
    413: "RequestTooLargeError",
    422: "InvalidRequestError",
    429: "RateLimitError",
    501: "UnsupportedOperationError",
    502: "UpstreamProviderError",
    503: "OverloadedError",
    504: "GatewayTimeoutError",
    521: "UpstreamProviderError",
    522: "UpstreamProviderError",
    523: "UpstreamProviderError",
    524: "GatewayTimeoutError",
    529: "OverloadedError",
}
# Words so general that they count only when nothing else is known: OpenAI sends this one with a 401 and a 404 too.
_BY_GENERAL_WORD: Mapping[str, str] = {"invalid_request_error": "InvalidRequestError"}

_OF_REQUESTS = frozenset({
    "ContentFilterError", "ContextLengthExceededError", "ModelNotFoundError", "RequestTooLargeError",
    "UnsupportedOperationError", "ConflictError",
})  # fmt: skip

MALFORMED = "MalformedResponseError"
TRUNCATED = "StreamTruncatedError"


def read_failure(status: int, body: bytes) -> Failure:
    """Read the body of an answer whose status is not a success."""
    try:
        document = parse(body)
    except ValueError:
        return Failure(error=_error_of_status(status), status=status, message=body.decode(errors="replace") or None)
    return failure_of(status, document)


def failure_of(status: int, document: Json) -> Failure:
    """Read an error from a parsed body or event; a success status (an error in a stream) says nothing of its kind."""
    error = _error_fields(document)
    code = (
        _word(error.get("code"))
        or _word(error.get("error_code"))
        or _word(fields(error.get("details")).get("error_code"))
    )
    kind = _word(error.get("type"))
    inner = _word(fields(error.get("innererror")).get("code"))
    return Failure(
        error=_of_request(
            status, error, refined(_classify(status, error, inner, code, kind), _message(error), inner, code, kind)
        ),
        status=status,
        code=code,
        type=kind,
        param=_word(error.get("param")),
        message=_message(error),
    )


def malformed(status: int, message: str, *, streamed: bool = False) -> Reading:
    """Return the reading of an answer that is not what its API promises."""
    return Reading(streamed=streamed, failure=Failure(error=MALFORMED, status=status, message=message))


def truncated(status: int, message: str) -> Failure:
    """Return the failure of a stream that ended too early."""
    return Failure(error=TRUNCATED, status=status, message=message)


def _error_fields(document: Json) -> Fields:
    """Find the object that describes the error, whatever it is wrapped in."""
    if items(document):
        # Google's OpenAI-compatible endpoint wraps its errors in an array.
        return _error_fields(items(document)[0])
    body = fields(document)
    inner = body.get("error", body.get("errors"))
    if items(inner):
        # Cloudflare lists its errors.
        inner = items(inner)[0]
    if isinstance(inner, str):
        return {**body, "message": inner}
    # An event of the kind `error` may carry the error's own fields beside its kind.
    return fields(inner) or {name: value for name, value in body.items() if (name, value) != ("type", "error")}


def _classify(status: int, error: Fields, inner: str | None, code: str | None, kind: str | None) -> str:
    for word in (inner, code, kind):
        if word and word.lower() in _BY_WORD:
            return _BY_WORD[word.lower()]
    if "flagged_input" in fields(error.get("metadata")):
        # https://openrouter.ai/docs/api-reference/errors
        return "ContentFilterError"
    if not 200 <= status < 300:
        return _error_of_status(status)
    sent = _number(error.get("status_code")) or _number(error.get("code"))
    if sent is not None and 400 <= sent < 600:
        return _error_of_status(sent)
    return _BY_GENERAL_WORD.get(kind or code or "", "ProviderError")


def _of_request(status: int, error: Fields, known: str) -> str:
    """Return what a refusal means by the error that OpenRouter quotes, if that one blames the request."""
    quoted = text(fields(error.get("metadata")).get("raw"))
    if known != "InvalidRequestError" or not quoted:
        return known
    try:
        behind = failure_of(max(status, 400), parse(quoted.encode())).error
    except ValueError:
        return known
    return behind if behind in _OF_REQUESTS else known


def _number(value: Json) -> int | None:
    return int(value) if isinstance(value, str) and value.isdecimal() else integer(value)


def _error_of_status(status: int) -> str:
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    return "InvalidRequestError" if 400 <= status < 500 else "ProviderError"


def _word(value: Json) -> str | None:
    return as_text(value) or None


def _message(error: Fields) -> str | None:
    return text(error.get("message")) or as_text(error.get("detail")) or None
