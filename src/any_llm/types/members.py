"""Looking for members, in values of this library and in plain JSON alike."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

from any_llm.types.json import JSON, is_list, is_mapping, is_object
from any_llm.types.value import Value


def at(value: object, *path: str) -> object:
    """Return what stands at a path of members, in values and in JSON alike."""
    for name in path:
        if value is None:
            return None
        if is_object(value):
            value = value.get(name)
        elif isinstance(value, Value):
            # What is not a field is looked for in the JSON that was sent, which takes longer.
            value = getattr(value, name) if name in value.__struct_fields__ else value.model_extra.get(name)
        else:
            value = value.get(name) if is_mapping(value) else getattr(value, name, None)
    return value


def plain(value: object) -> object:
    """Return the members of a value by their names, so that what is not there is not looked for again and again."""
    if not isinstance(value, Value):
        return value
    told = dict(value.model_extra)
    for name in value.__struct_fields__:
        held = getattr(value, name)
        if held is not None:
            told[name] = held
    return told


def items(value: object) -> Iterable[JSON]:
    """Return the items of a list; of anything else none."""
    return value if is_list(value) else ()


def number(value: object) -> int:
    """Return a number of things; some vendors write whole numbers as `1.0`."""
    if type(value) is int:
        return max(value, 0)
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
        return 0
    return int(value) if isinstance(value, int) or value.is_integer() else 0


def field(answer: object, name: str) -> object:
    """Return a field that an answer of its type has; in JSON, a member."""
    if isinstance(answer, Value):
        return getattr(answer, name) if name in answer.__struct_fields__ else None
    return at(answer, name)


def counted(holder: object, name: str) -> int:
    """Return the number of things that a member tells; most members are not there."""
    value = holder.get(name) if is_object(holder) else at(holder, name)
    return 0 if value is None else number(value)


def first(usage: object, paths: Iterable[tuple[str, ...]]) -> int:
    """Return the number of things that the first of some paths tells where there are any."""
    if usage is None:
        return 0
    for path in paths:
        value = at(usage, *path)
        if value is not None and (found := number(value)):
            return found
    return 0


def first_of(usage: object, names: Iterable[str]) -> object:
    """Return the members of the first of some members that is there."""
    return plain(next((found for name in names if (found := at(usage, name)) is not None), None))


def money(value: object) -> Decimal | None:
    """Return a number as it was written; floats have been read from texts, which they tell again."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and amount >= 0 else None
