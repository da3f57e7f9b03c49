"""Days and times as people write them, and where days begin."""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

from any_llm.exceptions import ConfigurationError

_AGO = re.compile(r"(\d+)([hdw])")
_UNITS: Mapping[str, str] = {"h": "hours", "d": "days", "w": "weeks"}


def zone_of(name: str | None, environment: Mapping[str, str] = os.environ) -> ZoneInfo:
    """Return a time zone; without a name, the one of this machine, or UTC where that has none.

    Raises:
        ConfigurationError: nobody knows it.
    """
    called = name or environment.get("TZ", "").lstrip(":") or _of_machine()
    try:
        return ZoneInfo(called)
    except (ValueError, OSError, LookupError):
        if not name:
            return ZoneInfo("UTC")
        raise ConfigurationError(f"The time zone {name!r} is not known; give one such as Europe/Berlin") from None


def _of_machine() -> str:
    place = str(Path("/etc/localtime").resolve())
    return place.partition("zoneinfo/")[2] or "UTC"


def moment(text: str, zone: ZoneInfo, now: dt.datetime) -> dt.datetime:
    """Return the time that a text says: `2026-11-01`, `2026-11-01T12:00`, `today`, `yesterday`, `24h`, `30d`, `4w`.

    Raises:
        ConfigurationError: it says none.
    """
    word = text.strip().lower()
    midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    if word in {"today", "yesterday"}:
        return midnight - dt.timedelta(days=word == "yesterday")
    try:
        if ago := _AGO.fullmatch(word):
            return now.astimezone(zone) - dt.timedelta(**{_UNITS[ago.group(2)]: int(ago.group(1))})
        said = dt.datetime.fromisoformat(text.strip())
    except (ValueError, OverflowError):
        raise ConfigurationError(
            f"{text!r} is no day and no time; write it as 2026-11-01, 2026-11-01T12:00, today, 24h or 30d"
        ) from None
    return said if said.tzinfo is not None else said.replace(tzinfo=zone)
