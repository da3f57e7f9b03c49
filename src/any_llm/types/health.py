"""When a target counts as down, and what is known about how targets do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias, cast

import msgspec

from any_llm.exceptions import ConfigurationError
from any_llm.types.http import is_number

HealthState: TypeAlias = Literal["healthy", "recovering", "down"]
"""Of a target: it is asked; one call at a time tries it; or it is left alone for a while."""

Evidence: TypeAlias = Literal["live", "unbilled probe", "billed probe", "another process"]
"""What shows how a target does: a call of the program, a check that is free, one that is not, or what others saw."""

RANKS: Mapping[Evidence, int] = {"unbilled probe": 0, "billed probe": 1, "live": 1, "another process": 1}
"""How much each kind shows: what one kind says is wrong, only its like or a higher one says is well again."""


class Checks(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How targets are asked whether they answer while no call shows it.

    First a target is asked for what nobody charges for: its list of models, else the place where its API begins.
    Whether the model itself answers, only a call shows that costs something.

    Attributes:
        every: about how many seconds lie between two checks of one target, a quarter more or less by chance.
        idle: a target that a call has reached in the last so many seconds is not checked.
        patience: how many seconds a check may take.
        billed: whether a target may be asked for an answer of one token (of a few where the model thinks), when no call
            has shown for `every` seconds how it does.
        per_hour: how many billed checks are made in an hour at most, of all targets and by all who share the store.
        per_day: how many in a day.
        cost_per_day: how many US dollars they may cost in a day; a model whose price nobody knows is not asked.
        status_pages: the places of providers' own status pages, as `https://HOST/api/v2/status.json`, by the providers'
            names. What they tell of is a hint, and has the provider's targets checked at once.
    """

    every: float = 60.0
    idle: float = 60.0
    patience: float = 10.0
    billed: bool = False
    per_hour: int = 12
    per_day: int = 100
    cost_per_day: float = 0.01
    status_pages: Mapping[str, str] = {}

    def __post_init__(self) -> None:
        for name in ("every", "idle", "patience"):
            _check_positive(name, getattr(self, name))
        for name in ("per_hour", "per_day", "cost_per_day"):
            most: object = getattr(self, name)
            if not is_number(most) or most < 0:
                raise ConfigurationError(f"{name} is {most!r}; give a number from 0 on")
        for provider, page in self.status_pages.items():
            if not page.startswith(("https://", "http://")):
                raise ConfigurationError(
                    f"status_pages[{provider!r}] is {page!r}; give https://HOST/api/v2/status.json"
                )


class Health(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a target is no longer asked because it is down, and when it is tried again.

    Attributes:
        failures: after so many failures in a row it is down.
        window: so it is after two failures or more in a row that lie so many seconds apart.
        rate: so it is when, of late, more than this part of its attempts failed (of ten at least).
        probe_after: after so many seconds one call tries it again, and after twice as many each time that fails.
        longest: it is tried at least once in so many seconds.
        successes: after so many successes in a row it is healthy again.
        share_every: where the settings have a store, this process looks there about once in so many seconds what others
            have seen, while it makes calls; what it sees itself it tells at once. No call waits for either. `None`
            neither looks nor tells.
        checks: how targets are asked while no call shows how they do; `None` never asks.
        on_change: is told of every change of a target's state, the newest of its `changes`, from whichever thread has
            seen it; it must not wait.
    """

    failures: int = 5
    window: float = 10.0
    rate: float = 0.5
    probe_after: float = 5.0
    longest: float = 12.0
    successes: int = 2
    share_every: float | None = 1.0
    checks: Checks | None = None
    on_change: Callable[[TargetHealth], None] | None = None

    def __post_init__(self) -> None:
        for name in ("failures", "successes"):
            number: object = getattr(self, name)
            if not isinstance(number, int) or isinstance(number, bool) or number < 1:
                raise ConfigurationError(f"{name} is {number!r}; give a whole number from 1 on")
        for name in ("window", "rate", "probe_after", "longest"):
            _check_positive(name, getattr(self, name))
        if self.share_every is not None:
            _check_positive("share_every", self.share_every)
        if not isinstance(cast("object", self.checks), Checks | None):
            raise ConfigurationError(f"checks is {self.checks!r}; give an any_llm.Checks, or None")
        if self.on_change is not None and not callable(self.on_change):
            raise ConfigurationError(f"on_change is {self.on_change!r}, which cannot be called")
        if self.longest < self.probe_after:
            raise ConfigurationError(f"longest is {self.longest!r}; it is at least probe_after, {self.probe_after!r}")


def _check_positive(name: str, value: object) -> None:
    if not is_number(value) or value <= 0:
        raise ConfigurationError(f"{name} is {value!r}; give a number above 0")


class HealthChange(msgspec.Struct, frozen=True, kw_only=True):
    """A target came into another state at a time, in seconds since 1970, and why, and what has shown it."""

    at: float
    state: HealthState
    reason: str
    source: Evidence = "live"


class HealthCheck(msgspec.Struct, frozen=True, kw_only=True):
    """What a target said when it was asked whether it answers.

    Attributes:
        at: when, in seconds since 1970.
        source: whether that cost something.
        ok: whether it answered; `None` when it was not asked after all.
        seconds: how long that took.
        detail: what was asked and answered, what is wrong, or why it was not asked.
        cost: US dollars at most; `None` where nothing was charged.
    """

    at: float
    source: Evidence
    ok: bool | None
    seconds: float = 0.0
    detail: str = ""
    cost: float | None = None


class TargetHealth(msgspec.Struct, frozen=True, kw_only=True):
    """What calls and checks have shown about one target.

    Attributes:
        provider: whose it is.
        model: which model.
        base_url: where it is asked, which tells regions apart.
        key: the fingerprint of the key, empty without one; of keys that take turns there is one entry for each, and one
            without a key for all together.
        region: where in its provider's cloud, as far as that was said.
        source: what has shown the state that it is in.
        state: whether it is asked.
        failures: how many attempts in a row have failed.
        error_rate: the part of its attempts that failed, recent ones counting more.
        attempts: how many there were in all.
        latency: seconds until an answer or its first content, high values counting for a while.
        last_error: the name of the newest failure's error.
        next_probe: in how many seconds it is tried again, when it is down.
        changes: the newest changes of its state, the oldest first.
        checks: the newest checks, the oldest first.
        hint: what its provider's status page tells of; empty where that is nothing, or where nobody looks there.
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
    region: str = ""
    source: Evidence = "live"
    checks: tuple[HealthCheck, ...] = ()
    hint: str = ""
