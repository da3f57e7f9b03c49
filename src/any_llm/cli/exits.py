"""What the exit code says about a failure."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

from any_llm.exceptions import (
    AnyLLMError,
    AuthenticationError,
    ConfigurationError,
    ConnectionFailedError,
    ContentFilterFinishReasonError,
    InsufficientFundsError,
    LengthFinishReasonError,
    MissingApiKeyError,
    RateLimitError,
    RequestTimeoutError,
    ResponseFormatError,
)


class Exit(IntEnum):
    """The exit codes of the command."""

    DONE = 0
    UNEXPECTED = 1
    USAGE = 2
    KEY = 3
    REQUEST = 4
    LIMIT = 5
    PROVIDER = 6
    TIMEOUT = 7
    NETWORK = 8
    ANSWER = 9
    INTERRUPTED = 130
    PIPE = 141


_CODES: Sequence[tuple[type[AnyLLMError] | tuple[type[AnyLLMError], ...], Exit]] = (
    ((MissingApiKeyError, AuthenticationError), Exit.KEY),
    (ConfigurationError, Exit.USAGE),
    ((RateLimitError, InsufficientFundsError), Exit.LIMIT),
    (RequestTimeoutError, Exit.TIMEOUT),
    (ConnectionFailedError, Exit.NETWORK),
    ((LengthFinishReasonError, ContentFilterFinishReasonError, ResponseFormatError), Exit.ANSWER),
)
"""Classes of errors and their codes; the first that fits counts. What is in none is the caller's or the provider's."""


def exit_code(error: AnyLLMError) -> Exit:
    """Return the exit code of an error."""
    for kinds, code in _CODES:
        if isinstance(error, kinds):
            return code
    return Exit.REQUEST if error.caller_fault else Exit.PROVIDER
