"""Which error an unsuccessful HTTP status means, where the vendor's own code does not say more."""

from __future__ import annotations

from collections.abc import Mapping

from any_llm.exceptions import (
    AnyLLMError,
    AuthenticationError,
    ConflictError,
    GatewayTimeoutError,
    InsufficientFundsError,
    InvalidRequestError,
    ModelNotFoundError,
    OverloadedError,
    PermissionDeniedError,
    ProviderError,
    ProviderFileNotFoundError,
    RateLimitError,
    RequestTimeoutError,
    RequestTooLargeError,
    UnsupportedOperationError,
    UpstreamProviderError,
)

STATUS_ERRORS: Mapping[int, type[AnyLLMError]] = {
    401: AuthenticationError,
    402: InsufficientFundsError,
    403: PermissionDeniedError,
    404: ModelNotFoundError,
    408: RequestTimeoutError,
    409: ConflictError,
    410: ModelNotFoundError,
    413: RequestTooLargeError,
    425: ConflictError,
    429: RateLimitError,
    501: UnsupportedOperationError,
    502: UpstreamProviderError,
    503: OverloadedError,
    504: GatewayTimeoutError,
    # Cloudflare's, before servers of all kinds: https://developers.cloudflare.com/support/troubleshooting/http-status-codes
    521: UpstreamProviderError,
    522: UpstreamProviderError,
    523: UpstreamProviderError,
    524: GatewayTimeoutError,
    529: OverloadedError,
}


def of_a_file(error: AnyLLMError) -> AnyLLMError:
    """Return an error as what it is of a request for a file: what was not found is then no model."""
    if type(error) is not ModelNotFoundError:
        return error
    lost = ProviderFileNotFoundError(error.message)
    vars(lost).update(vars(error))
    return lost


def error_for_status(status: int) -> type[AnyLLMError]:
    """Return the error class of an HTTP status."""
    if status in STATUS_ERRORS:
        return STATUS_ERRORS[status]
    return InvalidRequestError if 400 <= status < 500 else ProviderError
