"""How much may be asked for in which time, by whom and of whom."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import Literal, TypeAlias, cast

import msgspec

from any_llm.exceptions import ConfigurationError
from any_llm.types.http import is_number

Counted: TypeAlias = Literal["requests", "input_tokens", "output_tokens", "tokens", "cost", "concurrency"]
Per: TypeAlias = Literal["key", "model", "provider", "user", "tenant", "tag"]
LimitMode: TypeAlias = Literal["reject", "wait", "fallback", "shadow"]

_COUNTED = ("requests", "input_tokens", "output_tokens", "tokens", "cost", "concurrency")
_PER = ("key", "model", "provider", "user", "tenant", "tag")
_MODES = ("reject", "wait", "fallback", "shadow")
_UNAVAILABLE = ("local", "pass", "reject")


class Limit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One limit, kept by reserving before each attempt, settling what was really used, and giving back the rest.

    In any time of `t` seconds there is at most the burst and `amount * t / window`: it comes back bit by bit.

    Attributes:
        amount: how much there may be in each `window`: requests, tokens, US dollars, or calls at once.
        of: what is counted: `requests`, `input_tokens`, `output_tokens`, `tokens` (both), `cost` or `concurrency`.
        window: in how many seconds the whole amount comes back, bit by bit; of `concurrency`, after how many seconds a
            call counts as lost with its process.
        burst: how much may be used at once; without it, the whole amount.
        per: what each has an amount of its own: `key`, `model`, `provider`, `user`, `tenant`, `tag`.
        only: whom it is for, by the same words, such as `{"provider": "openai"}`.
        mode: what happens when there is not enough: `wait` (by priority, then by turn, within the deadline), `reject`,
            `fallback` (to the next target, where there is one), or `shadow`, which only tells.
        max_wait: how many seconds a call waits at most; `None` for as long as its deadline allows.
        name: what errors and reports call it.
    """

    amount: float
    of: Counted = "requests"
    window: float = 60.0
    burst: float | None = None
    per: tuple[Per, ...] = ()
    only: Mapping[Per, str] = {}
    mode: LimitMode = "wait"
    max_wait: float | None = None
    name: str = ""

    def __post_init__(self) -> None:
        _choose("of", self.of, _COUNTED)
        _choose("mode", self.mode, _MODES)
        for word in self.per:
            _choose("per", word, _PER)
        for word in self.only:
            _choose("only", word, _PER)
        for name in ("amount", "window", "burst", "max_wait"):
            value: object = getattr(self, name)
            if value is None and name in {"burst", "max_wait"}:
                continue
            if not is_number(value) or not 0 <= value < inf or (value == 0 and name != "max_wait"):
                raise ConfigurationError(f"{name} is {value!r}; give a positive number")

    @property
    def called(self) -> str:
        """What errors and reports call it."""
        return self.name or f"{self.amount:g} {self.of} in {self.window:g} s"


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The limits of calls.

    Attributes:
        limits: each of them.
        learn: whether the limits that providers tell of in their answers' headers are kept to, too, so that they need
            not refuse anything.
        output_tokens: how many tokens of an answer are reserved where a call does not say how many there may be.
        on_unavailable: what happens when the store fails: `local` keeps limits in this process by `local_share` of
            their amounts, `pass` asks nobody, `reject` fails the call.
        local_share: how much of each amount this process may then use.
    """

    limits: tuple[Limit, ...] = ()
    learn: bool = True
    output_tokens: int = 1_000
    on_unavailable: Literal["local", "pass", "reject"] = "local"
    local_share: float = 0.5

    def __post_init__(self) -> None:
        _choose("on_unavailable", self.on_unavailable, _UNAVAILABLE)
        for limit in self.limits:
            if not isinstance(cast("object", limit), Limit):
                raise ConfigurationError(f"limits holds {limit!r}; give any_llm.Limit")
        if not is_number(cast("object", self.local_share)) or not 0 < self.local_share <= 1:
            raise ConfigurationError(f"local_share is {self.local_share!r}; give a number above 0 and at most 1")
        if not isinstance(cast("object", self.output_tokens), int) or self.output_tokens < 0:
            raise ConfigurationError(f"output_tokens is {self.output_tokens!r}; give a whole number from 0 on")


def _choose(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ConfigurationError(f"{name} is {value!r}; use one of {', '.join(allowed)}")
