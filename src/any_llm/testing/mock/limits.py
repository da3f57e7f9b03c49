"""Rate limits and quotas that a mock plays, with the headers that the vendors send."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from any_llm.exceptions import ConfigurationError
from any_llm.testing.mock.answer import Failure

_MINUTE = 60.0


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What one key may ask, each `None` for without limit.

    Attributes:
        requests: requests per minute; they come back one by one, as from a bucket that refills.
        tokens: tokens per minute, read and written, likewise.
        quota_requests: requests altogether.
        quota_tokens: tokens altogether.
    """

    requests: int | None = None
    tokens: int | None = None
    quota_requests: int | None = None
    quota_tokens: int | None = None

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ConfigurationError(f"{name} is {value!r}; it must be a whole number from 1 on, or None")


class Level(NamedTuple):
    """One limit at a moment: the limit, how much is left, and in how many seconds all is there again."""

    limit: int
    left: int
    reset: float


class Meter:
    """Counts what each key has used.

    Args:
        limits: what a key may use.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._used: dict[str, _Used] = {}

    def ask(self, key: str, tokens: int, now: float) -> Failure | None:
        """Take a request with so many tokens; a failure when the key may not make it now."""
        used = self._of(key, now)
        limits = self._limits
        if _over(used.all_requests + 1, limits.quota_requests) or _over(used.all_tokens + tokens, limits.quota_tokens):
            return Failure(status=429, kind="quota", message="You exceeded your current quota, please check your plan")
        waits = [
            _wait(used.requests + 1, limits.requests),
            _wait(used.tokens + tokens, limits.tokens) if tokens <= (limits.tokens or math.inf) else math.inf,
        ]
        if limits.tokens is not None and tokens > limits.tokens:
            message = f"Request too large: {tokens} tokens asked, {limits.tokens} per minute allowed"
            return Failure(status=429, kind="rate_limit", message=message)
        if (wait := max(waits)) > 0:
            message = f"Rate limit reached. Please try again in {wait:.3f}s."
            return Failure(
                status=429, kind="rate_limit", message=message, headers={"retry-after": str(math.ceil(wait))}
            )
        used.requests += 1
        used.all_requests += 1
        self._take(used, tokens)
        return None

    def spend(self, key: str, tokens: int, now: float) -> None:
        """Count the tokens of an answer."""
        self._take(self._of(key, now), tokens)

    def levels(self, key: str, now: float) -> Mapping[str, Level]:
        """Return how a key stands with the limits per minute, by `requests` and `tokens`."""
        used, found = self._of(key, now), dict[str, Level]()
        for name, limit, spent in (
            ("requests", self._limits.requests, used.requests),
            ("tokens", self._limits.tokens, used.tokens),
        ):
            if limit is not None:
                found[name] = Level(limit, max(0, math.floor(limit - spent)), spent * _MINUTE / limit)
        return found

    def _of(self, key: str, now: float) -> _Used:
        used = self._used.setdefault(key, _Used(since=now))
        passed, used.since = now - used.since, now
        limits = self._limits
        used.requests = max(0.0, used.requests - passed * (limits.requests or 0) / _MINUTE)
        used.tokens = max(0.0, used.tokens - passed * (limits.tokens or 0) / _MINUTE)
        return used

    def _take(self, used: _Used, tokens: int) -> None:
        used.all_tokens += tokens
        used.tokens += tokens


class _Used(msgspec.Struct):
    """What a key has used: of the buckets since they were full, and altogether."""

    since: float
    requests: float = 0.0
    tokens: float = 0.0
    all_requests: int = 0
    all_tokens: int = 0


def _over(used: float, limit: int | None) -> bool:
    return limit is not None and used > limit


def _wait(used: float, limit: int | None) -> float:
    """Return the seconds until so much fits into a minute's limit."""
    return 0.0 if limit is None else max(0.0, (used - limit) * _MINUTE / limit)


def limit_headers(style: str, levels: Mapping[str, Level], now: float) -> dict[str, str]:
    """Return the headers that tell a client how it stands: `openai`, `anthropic`, or any other word for none.

    https://platform.openai.com/docs/guides/rate-limits#rate-limits-in-headers,
    https://docs.anthropic.com/en/api/rate-limits#response-headers.
    """
    tell = _STYLES.get(style)
    headers: dict[str, str] = {}
    for name, level in levels.items() if tell else ():
        headers |= tell(name, level, now) if tell else {}
    return headers


def _openai(name: str, level: Level, _now: float) -> dict[str, str]:
    return {
        f"x-ratelimit-limit-{name}": str(level.limit),
        f"x-ratelimit-remaining-{name}": str(level.left),
        f"x-ratelimit-reset-{name}": duration(level.reset),
    }


def _anthropic(name: str, level: Level, now: float) -> dict[str, str]:
    until = datetime.fromtimestamp(math.ceil(now + level.reset), UTC)
    return {
        f"anthropic-ratelimit-{name}-limit": str(level.limit),
        f"anthropic-ratelimit-{name}-remaining": str(level.left),
        f"anthropic-ratelimit-{name}-reset": until.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


_STYLES: Mapping[str, Callable[[str, Level, float], dict[str, str]]] = {"openai": _openai, "anthropic": _anthropic}


def duration(seconds: float) -> str:
    """Return a time as OpenAI's headers write it: `120ms`, `1.5s`, `6m0s`."""
    if seconds < 1:
        return f"{round(seconds * 1000)}ms"
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes)}m{rest:g}s" if minutes else f"{round(rest, 3):g}s"
