"""Looking into parsed JSON without trusting its shape."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias, cast

Json: TypeAlias = "Mapping[str, Json] | Sequence[Json] | str | int | float | bool | None"
Fields: TypeAlias = Mapping[str, Json]

NO_FIELDS: Mapping[str, Json] = {}


def parse(document: bytes) -> Json:
    """Parse a JSON document.

    Raises:
        ValueError: it is not JSON, or not UTF-8.
    """
    return cast("Json", json.loads(document.decode()))


def fields(value: Json) -> Fields:
    """Return the value when it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else NO_FIELDS


def items(value: Json) -> Sequence[Json]:
    """Return the value when it is an array, else an empty one."""
    return () if isinstance(value, str) or not isinstance(value, Sequence) else value


def objects(value: Json) -> list[Fields]:
    """Return the objects of an array."""
    return [item for item in items(value) if isinstance(item, Mapping)]


def text(value: Json) -> str:
    """Return the value when it is text, else an empty one."""
    return value if isinstance(value, str) else ""


def integer(value: Json) -> int | None:
    """Return the value when it is a whole number."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def first_integer(*values: Json) -> int | None:
    """Return the first value that is a whole number."""
    return next((number for value in values if (number := integer(value)) is not None), None)


def compact(value: Json) -> str:
    """Return the value as JSON without spaces."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def as_text(value: Json) -> str:
    """Return text as it is and any other value but null as JSON."""
    return value if isinstance(value, str) else "" if value is None else compact(value)


def distinct(values: Iterable[str]) -> tuple[str, ...]:
    """Return the non-empty values, each once, in order."""
    return tuple(dict.fromkeys(value for value in values if value))
