"""Errors of this library's own policies, where it is not the provider that stopped a call; see `any_llm.exceptions`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from any_llm.exceptions import AnyLLMError, OverloadedError, QuotaExhaustedError, RateLimitError, TotalTimeoutError


class DeadlineExceededError(TotalTimeoutError):
    """The call's deadline passed; `attempts` tells what the time was spent on."""

    default_message = "The deadline of the call has passed"


class MiddlewareError(AnyLLMError):
    """A layer of the program's own broke or took too long, and nothing may pass it by."""

    default_message = "A layer around the call failed"


class GuardrailError(AnyLLMError):
    """A guard of the program's own found what must not go on.

    Attributes:
        findings: what was seen, each an `any_llm.GuardFinding`; the text itself is in none of them.
    """

    default_message = "A guard stopped the call"
    caller_fault = True

    findings: Sequence[object] = ()


class StoreError(AnyLLMError):
    """A store cannot be reached, or does not do as it should: of counts, kept answers, the ledger or logged calls."""

    default_message = "The store failed"


class AuditError(AnyLLMError):
    """The audit log cannot be written or read, or may not be changed as asked; calls are refused then."""

    default_message = "The audit log failed"


class LimitExceededError(RateLimitError):
    """A limit of the program's own, or one that a provider told of, leaves no room for the call.

    Attributes:
        limit: which one; `retry_after` says in how many seconds there may be room, where that is known.
        fallback_ok: whether another target may be asked instead.
        of_key: whether each key has such a limit of its own, so that there may be room with another one.
    """

    default_message = "A limit is reached"
    retryable = False

    limit: str = ""
    _fallback_ok = False
    of_key: bool = False


class BudgetExceededError(QuotaExhaustedError):
    """A budget of the program's own has not enough left for the call; nothing was sent.

    Attributes:
        budget: which one.
        whose: whose of them, where each has one of its own, such as `{"user": "ann"}`.
        spent: what is spent of it, in US dollars.
        limit: what may be.
        resets: when there is a new one, for windows of the calendar; `retry_after` says in how many seconds there may
            be enough, where that is known.
    """

    default_message = "A budget is exhausted"

    budget: str = ""
    whose: Mapping[str, str] = {}
    spent: Decimal = Decimal(0)
    limit: Decimal = Decimal(0)
    resets: datetime | None = None


class CircuitOpenError(OverloadedError):
    """The target has failed of late and is left alone for a while; nothing was sent. `retry_after` says how long."""

    default_message = "The target is down"


class NoTargetError(AnyLLMError):
    """No target of a route can serve the call as it is; nothing was sent. The message says why each was dropped."""

    default_message = "No target of the route can serve the call"
