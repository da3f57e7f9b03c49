"""How much money may be spent in which time, by whom and on what."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from math import inf
from typing import Literal, TypeAlias, cast
from zoneinfo import ZoneInfo

import msgspec

from any_llm.exceptions import ConfigurationError
from any_llm.types.http import is_number
from any_llm.types.json import JSON, is_list, is_mapping, is_tuple
from any_llm.types.secret import redact, show

Calendar: TypeAlias = Literal["day", "week", "month"]
Whose: TypeAlias = Literal["key", "user", "tag", "project", "tenant", "model", "provider"]
Exhausted: TypeAlias = Literal["fail", "warn", "tier_down"]

_CALENDAR = ("day", "week", "month")
_WHOSE = ("key", "user", "tag", "project", "tenant", "model", "provider")
_EXHAUSTED = ("fail", "warn", "tier_down")
_MOST = Decimal(9_000_000)
"""Up to here stores count every billionth of a dollar exactly, which keep amounts as numbers of 53 bits."""

_DECEMBER = 12


class Budget(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much may be spent. What a call may cost is reserved before it, and settled when it is known what it did cost.

    Attributes:
        amount: how much, in US dollars.
        window: in which time: a `day`, a `week` (from Monday on) or a `month` of the calendar, or any so many seconds.
        timezone: in which days begin, such as `Europe/Berlin`.
        per: what each has a budget of its own: `key`, `user`, `tag`, `project`, `tenant`, `model`, `provider`.
        only: whom it is for, by the same words, such as `{"tenant": "acme"}`.
        on_exhausted: what happens to a call for which there is not enough: `fail`; `warn`, which makes it and tells in
            its report; or `tier_down`, which has a cheaper model answer.
        tier: cheaper models for `tier_down`, as `provider:model`; the first one is taken that the client can ask. What
            they cost is counted, and never stopped by the budget that sent the call there. A target of a route that has
            a budget of its own is left out instead, where another one is left.
        alerts: at which parts of the amount one is told, such as 0.8, once for each window.
        unpriced: what happens to a call of a model whose price nobody knows: `allow` makes and counts it, `refuse`.
        reserve: how much is reserved: `high`, the most that the call may cost, so that no number of calls at once can
            overspend; or `expected`, with which more go at once and each may be off by its own estimate's error. With
            `high`, a call that would only go by its expected cost goes when no other such call is under way.
        max_wait: how many seconds a call waits at most for what others have reserved and may give back.
        name: what errors and reports call it.
    """

    amount: Decimal
    window: Calendar | float = "month"
    timezone: str = "UTC"
    per: tuple[Whose, ...] = ()
    only: Mapping[Whose, str] = {}
    on_exhausted: Exhausted = "fail"
    tier: tuple[str, ...] = ()
    alerts: tuple[float, ...] = (0.5, 0.8, 1.0)
    unpriced: Literal["allow", "refuse"] = "allow"
    reserve: Literal["high", "expected"] = "high"
    max_wait: float = 10.0
    name: str = ""

    def __post_init__(self) -> None:
        """Check what is said.

        Raises:
            ConfigurationError: a value cannot be; the error names it.
        """
        msgspec.structs.force_setattr(self, "amount", _dollars(self.amount))
        if isinstance(cast("object", self.tier), str):
            msgspec.structs.force_setattr(self, "tier", (self.tier,))
        for name, allowed in (("per", _WHOSE), ("only", _WHOSE)):
            for word in getattr(self, name):
                _choose(name, word, allowed)
        _choose("on_exhausted", self.on_exhausted, _EXHAUSTED)
        _choose("unpriced", self.unpriced, ("allow", "refuse"))
        _choose("reserve", self.reserve, ("high", "expected"))
        self._check_window()
        if (self.on_exhausted == "tier_down") != bool(self.tier):
            raise ConfigurationError("A budget that tiers down names cheaper models in tier, and no other one does")
        for alert in self.alerts:
            if not is_number(cast("object", alert)) or not alert > 0:
                raise ConfigurationError(f"alerts holds {alert!r}; give parts of the amount, such as 0.8")
        if not is_number(cast("object", self.max_wait)) or not 0 <= self.max_wait < inf:
            raise ConfigurationError(f"max_wait is {self.max_wait!r}; give seconds, from 0 on")

    def _check_window(self) -> None:
        window: object = self.window
        if is_number(window):
            if not 0 < window < inf:
                raise ConfigurationError(
                    f"window is {window!r}; give day, week, month, or a positive number of seconds"
                )
        elif window not in _CALENDAR:
            raise ConfigurationError(f"window is {window!r}; give day, week, month, or a positive number of seconds")
        try:
            ZoneInfo(self.timezone)
        except (ValueError, OSError, LookupError):
            raise ConfigurationError(
                f"timezone is {self.timezone!r}, which nobody knows; give one such as Europe/Berlin"
            ) from None

    @property
    def called(self) -> str:
        """What errors and reports call it."""
        window = self.window if isinstance(self.window, str) else f"{self.window:g} s"
        whose = f" per {', '.join(self.per)}" if self.per else ""
        only = ", ".join(f"{word} {value}" for word, value in sorted(self.only.items()))
        return self.name or f"${self.amount:f} a {window}{whose}{only and f' for {only}'}"

    def period(self, now: float) -> tuple[dt.datetime, dt.datetime] | None:
        """Return when the window of the calendar begins and ends in which a time is; `None` where it is no such window.

        Args:
            now: the time, in seconds since 1970.
        """
        if not isinstance(self.window, str):
            return None
        zone = ZoneInfo(self.timezone)
        day = dt.datetime.fromtimestamp(now, zone).date()
        if self.window == "week":
            day -= dt.timedelta(days=day.weekday())
        first = day.replace(day=1) if self.window == "month" else day
        if self.window == "month":
            following = first.replace(year=first.year + first.month // _DECEMBER, month=first.month % _DECEMBER + 1)
        else:
            following = first + dt.timedelta(days=1 if self.window == "day" else 7)
        return _midnight(first, zone), _midnight(following, zone)


class BudgetAlert(msgspec.Struct, frozen=True, kw_only=True):
    """Word that a part of a budget is spent.

    Attributes:
        budget: its name.
        whose: whose of them, where each has one of its own, such as `{"user": "ann"}`.
        part: which of its `alerts` is reached, such as 0.8.
        spent: what is spent, in US dollars.
        limit: what may be.
        resets: when the window of the calendar ends; `None` for a rolling one.
    """

    budget: str
    whose: Mapping[str, str]
    part: float
    spent: Decimal
    limit: Decimal
    resets: dt.datetime | None = None


class BudgetState(msgspec.Struct, frozen=True, kw_only=True):
    """How much of a budget is spent.

    Attributes:
        budget: its name.
        whose: whose of them, where each has one of its own, such as `{"user": "ann"}`.
        spent: what is spent in the window, in US dollars.
        reserved: what calls that are under way may cost.
        limit: what may be spent.
        left: what is neither spent nor reserved; less than nothing where more was spent.
        resets: when the window of the calendar ends; `None` for a rolling one.
        unpriced: how many calls in the window have a cost that nobody knows; they are not in `spent`.
    """

    budget: str
    whose: Mapping[str, str]
    spent: Decimal
    reserved: Decimal
    limit: Decimal
    left: Decimal
    resets: dt.datetime | None = None
    unpriced: int = 0


class Budgets(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The budgets of calls.

    Attributes:
        budgets: each of them.
        hold: after how many seconds what a process has reserved counts as lost with it, if it does not say otherwise.
        on_alert: called with each `BudgetAlert`, beside the warning in the log; it may not wait.
        on_unavailable: what happens when the store fails: `local` keeps budgets in this process by `local_share` of
            their amounts, `pass` asks nobody, `reject` fails the call.
        local_share: how much of each amount this process may then spend.
    """

    budgets: tuple[Budget, ...] = ()
    hold: float = 600.0
    on_alert: Callable[[BudgetAlert], object] | None = None
    on_unavailable: Literal["local", "pass", "reject"] = "local"
    local_share: float = 0.5

    def __post_init__(self) -> None:
        """Check what is said.

        Raises:
            ConfigurationError: a value cannot be; the error names it.
        """
        _choose("on_unavailable", self.on_unavailable, ("local", "pass", "reject"))
        names = [budget.called for budget in self.budgets]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ConfigurationError(f"Two budgets are called {twice!r}; give each a name of its own")
        if self.on_alert is not None and not callable(self.on_alert):
            raise ConfigurationError(f"on_alert is {show(self.on_alert)}; give a function that takes a BudgetAlert")
        if not is_number(cast("object", self.local_share)) or not 0 < self.local_share <= 1:
            raise ConfigurationError(f"local_share is {self.local_share!r}; give a number above 0 and at most 1")
        if not is_number(cast("object", self.hold)) or not 1 <= self.hold < inf:
            raise ConfigurationError(f"hold is {self.hold!r}; give at least one second")


def read_budgets(said: JSON) -> Budgets | None:
    """Return the budgets that settings say: `Budgets` or its table, a sequence of `Budget`s or their tables, or none.

    Raises:
        ConfigurationError: what is said is no budget; the error names what was found.
    """
    if isinstance(said, Budgets):
        return said
    tables: Sequence[JSON] = said if is_list(said) or is_tuple(said) else ()
    if is_mapping(said):
        tables = said.get("budgets", ())
    elif not (is_list(said) or is_tuple(said)):
        raise ConfigurationError(f"budgets is {show(said)}; give any_llm.Budgets, or a list of any_llm.Budget")
    budgets = tuple(_read(table) for table in tables)
    if is_mapping(said):
        try:
            return msgspec.convert({**said, "budgets": ()}, _Written).made(budgets)
        except msgspec.ValidationError as error:
            raise ConfigurationError(f"budgets is not valid: {redact(str(error))}") from None
    return Budgets(budgets=budgets) if budgets else None


class _Written(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What a configuration file can say of `Budgets`."""

    budgets: tuple[()] = ()
    hold: float = 600.0
    on_unavailable: Literal["local", "pass", "reject"] = "local"
    local_share: float = 0.5

    def made(self, budgets: tuple[Budget, ...]) -> Budgets:
        """Return it with its budgets."""
        return Budgets(
            budgets=budgets, hold=self.hold, on_unavailable=self.on_unavailable, local_share=self.local_share
        )


def _read(table: JSON) -> Budget:
    if isinstance(table, Budget):
        return table
    if not is_mapping(table):
        raise ConfigurationError(f"budgets holds {show(table)}; give any_llm.Budget")
    tier = table.get("tier")
    try:
        return msgspec.convert({**table, **({"tier": [tier]} if isinstance(tier, str) else {})}, Budget)
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"budgets holds {show(table)}, which is not valid: {redact(str(error))}") from None


def _dollars(amount: object) -> Decimal:
    try:
        exact = Decimal(str(amount))
    except InvalidOperation:
        exact = Decimal("nan")
    if isinstance(amount, bool) or not exact.is_finite() or not 0 < exact <= _MOST:
        raise ConfigurationError(f"amount is {show(amount)}; give US dollars, above 0 and at most {_MOST:,}")
    return exact


def _midnight(day: dt.date, zone: ZoneInfo) -> dt.datetime:
    return dt.datetime(day.year, day.month, day.day, tzinfo=zone)


def _choose(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ConfigurationError(f"{name} is {value!r}; use one of {', '.join(allowed)}")
