"""What a failure is called, and the exit code it ends with."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence

import msgspec
from cyclopts import CycloptsError

from any_llm.cli.exits import Exit
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
from any_llm.refusals import AuditError, StoreError
from any_llm.types.json import JSONObject
from any_llm.types.secret import redact

_CODES: Sequence[tuple[type[AnyLLMError] | tuple[type[AnyLLMError], ...], Exit]] = (
    ((MissingApiKeyError, AuthenticationError), Exit.KEY),
    (ConfigurationError, Exit.USAGE),
    ((RateLimitError, InsufficientFundsError), Exit.LIMIT),
    (RequestTimeoutError, Exit.TIMEOUT),
    (ConnectionFailedError, Exit.NETWORK),
    ((LengthFinishReasonError, ContentFilterFinishReasonError, ResponseFormatError), Exit.ANSWER),
    ((StoreError, AuditError), Exit.STORE),
)
"""Classes of errors and their codes; the first that fits counts. What is in none is the caller's or the provider's."""


def tell_failure(error: BaseException, *, as_json: bool, debug: bool) -> Exit:
    """Tell a failure in one line on standard error, and return the exit code that it has.

    Args:
        error: the failure.
        as_json: whether the line is a JSON object.
        debug: whether to show in front of it where the failure comes from.
    """
    if debug:
        sys.stderr.write(redact("".join(traceback.format_exception(error))))
    told = _describe(error)
    _write(told, as_json=as_json)
    return Exit(told["exit_code"])


def _exit_code(error: AnyLLMError) -> Exit:
    """Return the exit code of an error."""
    for kinds, code in _CODES:
        if isinstance(error, kinds):
            return code
    return Exit.REQUEST if error.caller_fault else Exit.PROVIDER


def _describe(error: BaseException) -> JSONObject:
    """Return what there is to say about a failure: at least its message and the exit code."""
    match error:
        case AnyLLMError():
            return {**error.to_dict(), "message": str(error), "exit_code": _exit_code(error)}
        case CycloptsError():
            return {"type": "usage", "message": f"{error} (see any-llm --help)", "exit_code": Exit.USAGE}
        case KeyboardInterrupt():
            return {"type": "interrupted", "message": "interrupted", "exit_code": Exit.INTERRUPTED}
        case _:
            text = f"unexpected {type(error).__name__}: {error} (--debug shows where)"
            return {"type": "unexpected", "message": text, "exit_code": Exit.UNEXPECTED}


def _write(told: JSONObject, *, as_json: bool) -> None:
    message = " ".join(str(told["message"]).split())
    if as_json:
        line = msgspec.json.encode(
            {"error": {**told, "message": message, "exit_code": int(told["exit_code"])}}
        ).decode()
    else:
        line = f"any-llm: {message}"
    sys.stderr.write(redact(line) + "\n")
