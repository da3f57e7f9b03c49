"""Comparing trees of plain values, exactly, and saying where they differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from typing_extensions import TypeIs

from any_llm.types.json import JSON, is_mapping

_SHOWN = 60
_ABSENT = "nothing"


def difference(recorded: JSON, ours: JSON, place: str = "") -> str | None:
    """Return where two trees differ first, and how; `None` when they are equal.

    Numbers are equal by value, but `true` is not 1; the order of members does not count, that of items does.
    """
    if is_mapping(recorded) and is_mapping(ours):
        return _of_members(recorded, ours, place)
    if _is_sequence(recorded) and _is_sequence(ours):
        return _of_items(recorded, ours, place)
    if recorded == ours and isinstance(recorded, bool) == isinstance(ours, bool):
        return None
    return f"{place or 'the value'}: recorded is {shown(recorded, ours)}, ours is {shown(ours, recorded)}"


def shown(value: JSON, other: JSON = None) -> str:
    """Return a value as short text; of two long texts, from shortly before where they part."""
    if isinstance(value, str) and isinstance(other, str) and len(value) > _SHOWN:
        same = next((at for at, (a, b) in enumerate(zip(value, other, strict=False)) if a != b), len(other))
        start = max(min(same, len(value)) - _SHOWN // 3, 0)
        return ("…" if start else "") + repr(value[start : start + _SHOWN])
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _is_sequence(value: JSON) -> TypeIs[Sequence[JSON]]:
    return isinstance(value, list | tuple)


def _of_members(recorded: Mapping[str, JSON], ours: Mapping[str, JSON], place: str) -> str | None:
    for name in (*recorded, *(name for name in ours if name not in recorded)):
        inner = f"{place}.{name}" if place else name
        if name not in ours:
            return f"{inner}: recorded is {shown(recorded[name])}, ours is {_ABSENT}"
        if name not in recorded:
            return f"{inner}: recorded is {_ABSENT}, ours is {shown(ours[name])}"
        found = difference(recorded[name], ours[name], inner)
        if found:
            return found
    return None


def _of_items(recorded: Sequence[JSON], ours: Sequence[JSON], place: str) -> str | None:
    for index, (one, other) in enumerate(zip(recorded, ours, strict=False)):
        found = difference(one, other, f"{place}[{index}]")
        if found:
            return found
    if len(recorded) != len(ours):
        return f"{place or 'the list'}: recorded has {len(recorded)} items, ours has {len(ours)}"
    return None
