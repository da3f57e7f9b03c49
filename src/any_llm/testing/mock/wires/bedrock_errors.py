"""How Bedrock says what went wrong, and whom it lets ask.

https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html and
https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys.html
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.testing.mock.answer import Failure, RefusedError
from any_llm.testing.mock.aws_frames import exception_frame
from any_llm.testing.mock.aws_signatures import is_signed, signature_is_right
from any_llm.testing.mock.wire import Context, Piece, Rendered

_TYPES: Mapping[str, str] = {
    "authentication": "UnrecognizedClientException",
    "permission": "AccessDeniedException",
    "not_found": "ResourceNotFoundException",
    "conflict": "ConflictException",
    "rate_limit": "ThrottlingException",
    "quota": "ServiceQuotaExceededException",
    "server": "InternalServerException",
    "bad_gateway": "InternalServerException",
    "unavailable": "ServiceUnavailableException",
    "overloaded": "ModelNotReadyException",
    "timeout": "ModelTimeoutException",
}
"""The vendor's type for each kind of failure; all others are `ValidationException`."""

_IN_STREAM: Mapping[str, str] = {
    "rate_limit": "throttlingException",
    "quota": "throttlingException",
    "invalid_request": "validationException",
    "unavailable": "serviceUnavailableException",
    "overloaded": "serviceUnavailableException",
    "timeout": "modelTimeoutException",
    "server": "internalServerException",
}
"""The types of errors inside a stream; all others are `modelStreamErrorException`."""

_DOORKEEPER = frozenset({
    "UnrecognizedClientException", "InvalidSignatureException", "MissingAuthenticationTokenException",
})  # fmt: skip
"""What is said before Bedrock itself is reached."""

DEFAULT_SECRET = "mock"  # noqa: S105  # it opens nothing
"""The secret of every access key, where the mock was given none."""


def render_failure(failure: Failure, context: Context) -> Rendered:
    """Say an error in place of an answer."""
    kind = failure.code or _TYPES.get(failure.meaning, "ValidationException")
    family = "coral.service" if kind in _DOORKEEPER else "bedrock"
    headers = {
        "content-type": "application/json",
        "x-amzn-requestid": context.ids.uuid(),
        "x-amzn-errortype": f"{kind}:http://internal.amazon.com/coral/com.amazon.{family}/",
        **failure.headers,
    }
    return Rendered(status=failure.status, headers=headers, body=msgspec.json.encode({"message": failure.message}))


def failure_pieces(failure: Failure, _context: Context) -> tuple[Piece, ...]:
    """Say an error inside a stream: a message of the type `exception`, after which nothing comes."""
    kind = failure.code or _IN_STREAM.get(failure.meaning, "modelStreamErrorException")
    return (Piece(exception_frame(kind, {"message": failure.message}), role="error"),)


def check(context: Context) -> None:
    """Refuse a request that has neither one of Bedrock's keys nor a right signature.

    Raises:
        RefusedError: it has not.
    """
    request = context.request
    if is_signed(request):
        secret = context.secrets.get(request.key) if context.secrets else DEFAULT_SECRET
        if secret is None:
            message = "The security token included in the request is invalid."
            raise RefusedError(Failure(status=403, code="UnrecognizedClientException", message=message))
        if not signature_is_right(request, secret):
            raise RefusedError(Failure(status=403, code="InvalidSignatureException", message=_WRONG))
    elif not request.key:
        code = "MissingAuthenticationTokenException"
        raise RefusedError(Failure(status=403, code=code, message="Missing Authentication Token"))


_WRONG = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
)


def claims(headers: Mapping[str, str]) -> bool:
    """Tell by the headers whether AWS is spoken to."""
    return headers.get("authorization", "").startswith("AWS4-")
