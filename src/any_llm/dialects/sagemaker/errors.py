"""Errors of SageMaker's endpoints, by the type of the exception; those of the server behind one by its status.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html#API_runtime_InvokeEndpoint_Errors
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.exceptions import (
    AnyLLMError,
    AuthenticationError,
    InvalidRequestError,
    OverloadedError,
    PermissionDeniedError,
    ProviderError,
    RateLimitError,
    UpstreamProviderError,
)
from any_llm.spec.dialect import Target
from any_llm.spec.errors import error_for_status
from any_llm.types.http import Frame, HttpResponse
from any_llm.types.json import JSON, JSONObject, decode_json, is_object

_EXCERPT = 2_000

EXCEPTION = "exception:"
"""How the event of a frame begins that is an error; the framing of AWS event streams puts its type behind it."""

TYPES: Mapping[str, type[AnyLLMError]] = {
    "AccessDeniedException": PermissionDeniedError,
    "ExpiredTokenException": AuthenticationError,
    "IncompleteSignatureException": AuthenticationError,
    "InternalDependencyException": UpstreamProviderError,
    "InternalFailure": ProviderError,
    "InternalStreamFailure": ProviderError,
    "InvalidSignatureException": AuthenticationError,
    "MissingAuthenticationTokenException": AuthenticationError,
    "ModelError": UpstreamProviderError,
    "ModelNotReadyException": OverloadedError,
    "ModelStreamError": ProviderError,
    "ServiceUnavailable": OverloadedError,
    "ServiceUnavailableException": OverloadedError,
    "ThrottlingException": RateLimitError,
    "UnrecognizedClientException": AuthenticationError,
    "ValidationError": InvalidRequestError,
    "ValidationException": InvalidRequestError,
}
"""What the types of exceptions mean."""


def decode_error(_target: Target, response: HttpResponse) -> AnyLLMError:
    """Turn an unsuccessful answer into the error it means."""
    body = _object(response.body)
    kind = response.headers.get("x-amzn-errortype") or body.get("__type") or body.get("code")
    error = error_from(kind, body, response.status)
    error.request_id = response.headers.get("x-amzn-requestid")
    error.response_excerpt = response.body[:_EXCERPT].decode("utf-8", "replace")
    return error


def frame_error(frame: Frame) -> AnyLLMError:
    """Turn a frame that is an error into what it means."""
    error = error_from(frame.event.removeprefix(EXCEPTION), _object(frame.data), None)
    error.response_excerpt = frame.data[:_EXCERPT].decode("utf-8", "replace")
    return error


def error_from(kind: JSON, body: JSONObject, status: int | None) -> AnyLLMError:
    """Return the error of an exception's type and members; its `status` is absent inside a stream."""
    name = kind.partition(":")[0].rpartition("#")[2] if isinstance(kind, str) and kind else None
    original: JSON = body.get("OriginalStatusCode")
    if isinstance(original, int) and original >= 400:
        fitting = error_for_status(original)
    else:
        by_status = error_for_status(status) if status is not None and status >= 400 else ProviderError
        fitting = TYPES.get(name or "", by_status)
    message = body.get("message") or body.get("Message") or body.get("OriginalMessage") or body.get("error")
    where = "the stream" if status is None else f"HTTP {status}"
    return fitting(
        message if isinstance(message, str) and message else f"{name or 'An error'} in {where} without an explanation",
        status_code=status,
        code=name,
        error_type=name,
    )


def _object(raw: bytes) -> JSONObject:
    try:
        tree = decode_json(raw)
    except msgspec.DecodeError:
        return {}
    return tree if is_object(tree) else {}
