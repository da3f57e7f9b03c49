"""How often and when a call is made again."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm import exceptions
from any_llm.exceptions import ConfigurationError
from any_llm.types.http import is_number


class RetryRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What differs for one class of errors; `None` leaves it as the policy has it.

    Attributes:
        max_attempts: how many attempts there are in all; 1 never makes such a call again.
        base: the first wait is at most so many seconds; each further one at most twice the one before.
        cap: no wait of our own choosing is longer, in seconds.
    """

    max_attempts: int | None = None
    base: float | None = None
    cap: float | None = None

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            if getattr(self, name) is not None:
                _check(self, name)


class Retry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a call that failed is made again, and how often.

    Made again is what may succeed when made again: an error says so by `retryable`. Of the statuses 400 to 499 only
    408, 409, 425 and 429 are; an exhausted quota is not. Nothing is made again once the first content of a stream was
    handed out, nor when the deadline would pass meanwhile.

    The wait before the attempt number n + 1 is random, from none up to `min(cap, base * 2 ** (n - 1))` ("full jitter",
    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/). A provider that says how long to wait is
    waited for, and never less; one that wants a longer wait than `max_retry_after` is not asked again.

    Attributes:
        max_attempts: how many attempts there are in all, from 1 on.
        base: the first wait is at most so many seconds; each further one at most twice the one before.
        cap: no wait of our own choosing is longer, in seconds.
        max_retry_after: the longest wait that a provider is granted, in seconds.
        attempt_timeout: how many seconds one attempt may take until its answer, or the first content of its stream, is
            there; `None` leaves it to the timeouts of the call.
        budget: how many retries there may be for each call of late to the same provider, so that an outage is not made
            worse; `None` for no limit.
        budget_floor: how many retries are always allowed within half a minute, however few calls there were.
        errors: what differs for classes of errors, by their names; that of the closest class counts. A number is a
            `RetryRule` with so many attempts.
    """

    max_attempts: int = 3
    base: float = 0.5
    cap: float = 8.0
    max_retry_after: float = 60.0
    attempt_timeout: float | None = None
    budget: float | None = 0.1
    budget_floor: int = 30
    errors: Mapping[str, int | RetryRule] = {}

    def __post_init__(self) -> None:
        for name in ("max_attempts", "base", "cap", "max_retry_after", "budget_floor"):
            _check(self, name)
        for name in ("attempt_timeout", "budget"):
            if getattr(self, name) is not None:
                _check(self, name)
        for name, rule in self.errors.items():
            _check_error(name, rule)


def _check(policy: msgspec.Struct, name: str) -> None:
    value: object = getattr(policy, name)
    if name in {"max_attempts", "budget_floor"}:
        least = 1 if name == "max_attempts" else 0
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise ConfigurationError(f"{name} is {value!r}; give a whole number from {least} on")
    elif not is_number(value) or value < 0 or (name == "attempt_timeout" and not value):
        raise ConfigurationError(f"{name} is {value!r}; give a number of at least 0" + _UNITS.get(name, " (seconds)"))


_UNITS: Mapping[str, str] = {"budget": ", such as 0.1 for a retry in ten calls", "attempt_timeout": " seconds, not 0"}


def _check_error(name: str, rule: object) -> None:
    kind = getattr(exceptions, name, None)
    if not (isinstance(kind, type) and issubclass(kind, exceptions.AnyLLMError)):
        raise ConfigurationError(f"errors names {name!r}; give names of any_llm.exceptions, such as 'RateLimitError'")
    if isinstance(rule, int) and not isinstance(rule, bool):
        RetryRule(max_attempts=rule)
    elif not isinstance(rule, RetryRule):
        raise ConfigurationError(f"errors[{name!r}] is {rule!r}; give a number of attempts, or an any_llm.RetryRule")
