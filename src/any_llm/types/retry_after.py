"""How long a provider asks to wait before the next try, from the headers of its answer."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_DURATION = re.compile(r"(\d+(?:\.\d*)?)(ms|us|µs|ns|d|h|m|s)")
_ITEM = re.compile(r";\s*([rt])=(\d+)")
_SECONDS: Mapping[str, float] = {
    "d": 86_400.0,
    "h": 3_600.0,
    "m": 60.0,
    "s": 1.0,
    "ms": 1e-3,
    "us": 1e-6,
    "µs": 1e-6,
    "ns": 1e-9,
}
_EPOCH_SECONDS = 1e9
_EPOCH_MILLISECONDS = 1e12


def parse_retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Return how many seconds to wait, or `None` when the headers do not say.

    `retry-after-ms` (or `x-ms-retry-after-ms`) and `retry-after` (seconds or an HTTP date, RFC 9110, 10.2.3) come
    first. Without them, the reset times of rate limits that are used up count (`x-ratelimit-reset-*`, `ratelimit`,
    `anthropic-ratelimit-*-reset`, …: a number of seconds, a duration such as `6m0s`, a time since 1970, or a date), the
    latest of them; a limit of which something remains says nothing. A time is one of the server's clock, so that it
    counts from the answer's `date`, if there is one (RFC 9110, 6.6.1).

    Args:
        headers: the headers of the answer, names in lower case.
        now: the time when the answer came, in seconds since 1970.
    """
    told = _date(headers.get("date", ""))
    if told is not None:
        now = told.timestamp()
    explicit = _explicit(headers, now)
    return _latest_reset(headers, now) if explicit is None else explicit


def _explicit(headers: Mapping[str, str], now: float) -> float | None:
    seconds = seconds_of(headers.get("retry-after", ""), now)
    milliseconds = _number(headers.get("retry-after-ms", headers.get("x-ms-retry-after-ms", "")))
    if milliseconds is None or (not milliseconds and seconds is not None):
        # Azure sends zero milliseconds beside the number of seconds that is meant.
        return seconds
    return max(0.0, milliseconds / 1000)


def _latest_reset(headers: Mapping[str, str], now: float) -> float | None:
    waits = [
        seconds_of(value, now)
        for name, value in headers.items()
        if "ratelimit" in name and "reset" in name and not _number(headers.get(name.replace("reset", "remaining"), ""))
    ]
    # One field for all limits: https://www.ietf.org/archive/id/draft-ietf-httpapi-ratelimit-headers-10.html
    for limit in headers.get("ratelimit", "").split(","):
        items = dict(_ITEM.findall(limit))
        if not float(items.get("r", 1)):
            waits.append(_number(items.get("t", "")))
    return max((wait for wait in waits if wait is not None), default=None)


def seconds_of(value: str, now: float) -> float | None:
    """Return the seconds from now that a number, a duration or a date means."""
    value = value.strip()
    number = _number(value)
    if number is not None:
        seconds = _until(number, now)
    elif value[:1].isdigit() and not _DURATION.sub("", value):
        seconds = sum(float(amount) * _SECONDS[unit] for amount, unit in _DURATION.findall(value))
    else:
        date = _date(value)
        if date is None:
            return None
        seconds = date.timestamp() - now
    return max(0.0, seconds)


def epoch_of(date: str, usual: float) -> float:
    """Return the seconds since 1970 that a date means; `usual` where it means none."""
    found = _date(date) if date else None
    return usual if found is None else found.timestamp()


def _until(number: float, now: float) -> float:
    if number >= _EPOCH_MILLISECONDS:
        return number / 1000 - now
    return number - now if number >= _EPOCH_SECONDS else number


def _number(value: str) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _date(value: str) -> datetime | None:
    """Return the aware time that an HTTP date or an RFC 3339 date means."""
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            date = parse(value)
        except (ValueError, IndexError, OverflowError):
            continue
        return date if date.tzinfo else date.replace(tzinfo=UTC)
    return None
