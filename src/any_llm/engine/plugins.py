"""Plug-ins by entry point. They are found without being imported; a broken one is named in a warning and skipped."""

from __future__ import annotations

import warnings
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import TypeVar

T = TypeVar("T")

PROVIDERS = "any_llm.providers"
DIALECTS = "any_llm.dialects"
MIDDLEWARE = "any_llm.middleware"
STORES = "any_llm.stores"
COMMANDS = "any_llm.commands"


@cache
def found(group: str) -> dict[str, EntryPoint]:
    """Return a group's entry points by name; nothing is imported."""
    return {point.name: point for point in entry_points(group=group)}


def load(group: str, name: str, kind: type[T]) -> T | None:
    """Import one plug-in and return what it yields, or `None` when there is none or it is broken."""
    point = found(group).get(name)
    if point is None:
        return None
    try:
        loaded = point.load()
    except Exception as error:  # noqa: BLE001  # somebody else's code: whatever it raises must not stop the program
        _warn(point, repr(error))
        return None
    if not isinstance(loaded, kind):
        _warn(point, f"it yields {type(loaded).__name__}, not {kind.__name__}")
        return None
    return loaded


def _warn(point: EntryPoint, reason: str) -> None:
    warnings.warn(f"plug-in {point.name!r} of {point.group} ({point.value}) is skipped: {reason}", stacklevel=4)
