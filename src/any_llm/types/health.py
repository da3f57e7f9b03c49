"""When a target counts as down, and what is known about how targets do."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from any_llm.exceptions import ConfigurationError
from any_llm.types.http import is_number

HealthState: TypeAlias = Literal["healthy", "recovering", "down"]
"""Of a target: it is asked; one call at a time tries it; or it is left alone for a while."""


class Health(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a target is no longer asked because it is down, and when it is tried again.

    Attributes:
        failures: after so many failures in a row it is down.
        window: so it is after two failures or more in a row that lie so many seconds apart.
        rate: so it is when, of late, more than this part of its attempts failed (of ten at least).
        probe_after: after so many seconds one call tries it again, and after twice as many each time that fails.
        longest: it is tried at least once in so many seconds.
        successes: after so many successes in a row it is healthy again.
    """

    failures: int = 5
    window: float = 10.0
    rate: float = 0.5
    probe_after: float = 5.0
    longest: float = 12.0
    successes: int = 2

    def __post_init__(self) -> None:
        for name in ("failures", "successes"):
            number: object = getattr(self, name)
            if not isinstance(number, int) or isinstance(number, bool) or number < 1:
                raise ConfigurationError(f"{name} is {number!r}; give a whole number from 1 on")
        for name in ("window", "rate", "probe_after", "longest"):
            value: object = getattr(self, name)
            if not is_number(value) or value <= 0:
                raise ConfigurationError(f"{name} is {value!r}; give a number above 0")
        if self.longest < self.probe_after:
            raise ConfigurationError(f"longest is {self.longest!r}; it is at least probe_after, {self.probe_after!r}")


class HealthChange(msgspec.Struct, frozen=True, kw_only=True):
    """A target came into another state at a time, in seconds since 1970, and why."""

    at: float
    state: HealthState
    reason: str


class TargetHealth(msgspec.Struct, frozen=True, kw_only=True):
    """What calls of this process have shown about one target.

    Attributes:
        provider: whose it is.
        model: which model.
        base_url: where it is asked, which tells regions apart.
        key: the fingerprint of the key, empty without one.
        state: whether it is asked.
        failures: how many attempts in a row have failed.
        error_rate: the part of its attempts that failed, recent ones counting more.
        attempts: how many there were in all.
        latency: seconds until an answer or its first content, high values counting for a while.
        last_error: the name of the newest failure's error.
        next_probe: in how many seconds it is tried again, when it is down.
        changes: the newest changes of its state, the oldest first.
    """

    provider: str
    model: str
    base_url: str
    key: str = ""
    state: HealthState = "healthy"
    failures: int = 0
    error_rate: float = 0.0
    attempts: int = 0
    latency: float | None = None
    last_error: str | None = None
    next_probe: float | None = None
    changes: tuple[HealthChange, ...] = ()
