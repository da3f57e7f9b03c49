"""Errors of Amazon Bedrock: https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.exceptions import (
    AnyLLMError,
    AuthenticationError,
    ConflictError,
    InvalidRequestError,
    ModelNotFoundError,
    OverloadedError,
    PermissionDeniedError,
    ProviderError,
    QuotaExhaustedError,
    RateLimitError,
    RequestTimeoutError,
    RequestTooLargeError,
)
from any_llm.schemas.shapes import is_object
from any_llm.spec.dialect import Target
from any_llm.spec.errors import error_for_status, error_in_words
from any_llm.types.http import Frame, HttpResponse
from any_llm.types.json import JSON, JSONObject, decode_json

_EXCERPT = 2_000

EXCEPTION = "exception:"
"""How the event of a frame begins that is an error; the framing of AWS event streams puts its type behind it."""

TYPES: Mapping[str, type[AnyLLMError]] = {
    "AccessDeniedException": PermissionDeniedError,
    "AccessDenied": PermissionDeniedError,
    "NotAuthorized": PermissionDeniedError,
    "OptInRequired": PermissionDeniedError,
    "ExpiredTokenException": AuthenticationError,
    "IncompleteSignature": AuthenticationError,
    "IncompleteSignatureException": AuthenticationError,
    "InvalidClientTokenId": AuthenticationError,
    "InvalidSignatureException": AuthenticationError,
    "MissingAuthenticationToken": AuthenticationError,
    "MissingAuthenticationTokenException": AuthenticationError,
    "RequestExpired": AuthenticationError,
    "UnrecognizedClientException": AuthenticationError,
    "ConflictException": ConflictError,
    "InternalFailure": ProviderError,
    "InternalServerException": ProviderError,
    "ModelErrorException": ProviderError,
    "ModelNotReadyException": OverloadedError,
    "ModelStreamErrorException": ProviderError,
    "ModelTimeoutException": RequestTimeoutError,
    "RequestEntityTooLargeException": RequestTooLargeError,
    "ResourceNotFoundException": ModelNotFoundError,
    "ServiceQuotaExceededException": QuotaExhaustedError,
    "ServiceUnavailable": OverloadedError,
    "ServiceUnavailableException": OverloadedError,
    "ThrottlingException": RateLimitError,
    "TooManyRequestsException": RateLimitError,
    "UnknownOperationException": InvalidRequestError,
    "ValidationError": InvalidRequestError,
    "ValidationException": InvalidRequestError,
}
"""What the types of exceptions mean."""

_FORWARDED = frozenset({"ModelErrorException", "ModelStreamErrorException"})
"""Exceptions that pass on what the model's own server said, its HTTP status included."""


def decode_error(_target: Target, response: HttpResponse) -> AnyLLMError:
    """Turn an unsuccessful answer into the error it means."""
    try:
        tree = decode_json(response.body)
    except msgspec.DecodeError:
        tree = None
    body: JSONObject = tree if is_object(tree) else {}
    kind = response.headers.get("x-amzn-errortype") or body.get("__type") or body.get("code")
    error = error_from(_plain_type(kind), body, response.status)
    error.request_id = response.headers.get("x-amzn-requestid")
    error.response_excerpt = response.body[:_EXCERPT].decode("utf-8", "replace")
    return error


def frame_error(frame: Frame) -> AnyLLMError:
    """Turn a frame that is an error into what it means."""
    try:
        tree = decode_json(frame.data)
    except msgspec.DecodeError:
        tree = None
    kind = _plain_type(frame.event.removeprefix(EXCEPTION))
    error = error_from(kind, tree if is_object(tree) else {}, None)
    error.response_excerpt = frame.data[:_EXCERPT].decode("utf-8", "replace")
    return error


def error_from(kind: str | None, body: JSONObject, status: int | None) -> AnyLLMError:
    """Return the error of an exception's type and members; its `status` is absent inside a stream."""
    original: JSON = body.get("originalStatusCode")
    forwarded = kind in _FORWARDED and isinstance(original, int) and original >= 400
    fitting = error_for_status(original) if forwarded else TYPES.get(kind or "")
    if fitting is None:
        fitting = error_for_status(status) if status is not None and status >= 400 else ProviderError
    message: JSON = body.get("message") or body.get("Message") or body.get("originalMessage") or _of_gateway(body)
    where = "the stream" if status is None else f"HTTP {status}"
    words = str(message) if message else f"{kind or 'An error'} in {where} without an explanation"
    return error_in_words(fitting, words, kind)(
        words,
        status_code=status,
        code=kind,
        error_type=kind,
    )


def _of_gateway(body: JSONObject) -> JSON:
    """Return what a gateway before the vendor says in its own shape, `{"error": {"message": …}}` or `{"error": …}`."""
    error: JSON = body.get("error")
    return error.get("message") if is_object(error) else error


def _plain_type(kind: JSON) -> str | None:
    """Return a type without its namespace and the address behind it; in streams it begins with a small letter."""
    if not isinstance(kind, str) or not kind:
        return None
    name = kind.partition(":")[0].rpartition("#")[2]
    return name[:1].upper() + name[1:]
