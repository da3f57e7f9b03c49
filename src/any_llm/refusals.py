"""Errors of this library's own policies, where it is not the provider that stopped a call; see `any_llm.exceptions`."""

from __future__ import annotations

from any_llm.exceptions import AnyLLMError, TotalTimeoutError


class DeadlineExceededError(TotalTimeoutError):
    """The call's deadline passed; `attempts` tells what the time was spent on."""

    default_message = "The deadline of the call has passed"


class MiddlewareError(AnyLLMError):
    """A layer of the program's own broke or took too long, and nothing may pass it by."""

    default_message = "A layer around the call failed"
