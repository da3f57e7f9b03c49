"""What providers tell of their limits in the headers of their answers.

https://platform.openai.com/docs/guides/rate-limits, https://platform.claude.com/docs/en/api/rate-limits,
https://console.groq.com/docs/rate-limits; Azure tells the period, Mistral and Hugging Face have it in the header's
name, some tell of requests without naming them, and some do not tell when they are reset.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from any_llm.types.retry_after import epoch_of, seconds_of

_PERIODS: Mapping[str, float] = {"second": 1.0, "minute": 60.0, "hour": 3_600.0, "day": 86_400.0, "month": 2_678_400.0}
_USUAL = 60.0
_UNITS: Mapping[str, str] = {
    "": "requests",
    "req": "requests",
    "requests": "requests",
    "tokens": "tokens",
    "project-tokens": "tokens",
    "tokens_usage_based": "tokens",
    "input-tokens": "input_tokens",
    "output-tokens": "output_tokens",
}
_SAYS = "limit|remaining|reset|renewalperiod"
_NAME = re.compile(rf"(?:x-)?ratelimit-({_SAYS})(?:-(.+))?|anthropic-ratelimit-(.+)-({_SAYS})")
_SUFFIX = re.compile(rf"(.+?)(?:-(\d+))?-({'|'.join(_PERIODS)})")
_EXACT = re.compile(r"\.\d|[mnuµ]s$")
_DATED = re.compile(r"\d{4}-|\d{10}|[A-Z]")
_COARSE = 1.0
"""How much later a time may be that is told in whole seconds."""


class Told(NamedTuple):
    """One limit as one answer tells it.

    Attributes:
        unit: what it counts: `requests`, `tokens`, `input_tokens` or `output_tokens`.
        limit: how much there may be; 0 where that is not told.
        remaining: how much of it is left.
        reset: in how many seconds the whole is there again, at the latest; `None` where that is not told.
        period: the time that the limit is for, or the usual one.
    """

    unit: str
    limit: float
    remaining: float
    reset: float | None
    period: float


class _Place(NamedTuple):
    name: str
    says: str
    unit: str
    period: float


def told_limits(headers: Mapping[str, str], epoch: float) -> dict[str, Told]:
    """Return the limits that an answer tells of, by their names in the headers; those that count other things are left.

    Args:
        headers: the headers of the answer, names in lower case.
        epoch: the time when the answer came, in seconds since 1970; where the answer has a date, that counts instead.
    """
    said: dict[str, dict[str, str]] = {}
    places: dict[str, _Place] = {}
    for header, value in headers.items():
        if "ratelimit" in header and (place := _place(header)) is not None:
            said.setdefault(place.name, {})[place.says] = value
            places[place.name] = place
    if not said:
        return {}
    date = headers.get("date", "")
    found = {name: _told(places[name], values, date, epoch) for name, values in said.items()}
    return {name: told for name, told in found.items() if told is not None}


@lru_cache(maxsize=256)
def _place(header: str) -> _Place | None:
    match = _NAME.fullmatch(header)
    if match is None:
        return None
    name, says = (match[2] or "", match[1]) if match[1] else (match[3], match[4])
    suffix = _SUFFIX.fullmatch(name)
    what = suffix[1] if suffix else name
    if what not in _UNITS:
        return None
    period = _PERIODS[suffix[3]] * float(suffix[2] or 1) if suffix else 0.0
    return _Place(name, says, _UNITS[what], period)


def _told(place: _Place, said: Mapping[str, str], date: str, epoch: float) -> Told | None:
    remaining = _number(said.get("remaining", ""))
    if remaining is None:
        return None
    limit = _number(said.get("limit", "")) or 0.0
    renewal = _number(said.get("renewalperiod", ""))
    text = said.get("reset", "")
    # Times of day are read by the clock of whoever told them.
    reset = seconds_of(text, epoch_of(date, epoch) if _DATED.match(text) else epoch) if text else None
    if reset is not None and not reset and (renewal or 2 * remaining < limit):
        # Azure sends a reset of nothing whatever is left; what is half used up is not whole now.
        reset = None
    if reset and not _EXACT.search(text):
        reset += _COARSE
    return Told(place.unit, limit, remaining, reset, renewal or place.period or _USUAL)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if 0 <= number < float("inf") else None
