"""Whether a JSON schema that a caller wrote is one, told before anything is sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from any_llm.exceptions import InvalidMessageError
from any_llm.schemas.shapes import is_list, is_mapping, is_object

TYPES = frozenset({"object", "array", "string", "number", "integer", "boolean", "null"})
"""The types that JSON schema knows."""

Place: TypeAlias = "str | tuple[Place, str | int]"
"""Where something stands: a name, or a key or index within another place. Written out only for an error."""


def check_schema(schema: Any, place: Place) -> None:  # noqa: ANN401  # whatever the caller gave
    """Check the shape of a JSON schema, and of those inside it. Keywords that are not known are not looked at.

    Args:
        schema: what the caller gave.
        place: where it stands, as in `response_format.json_schema.schema`.

    Raises:
        InvalidMessageError: naming the place, and what was found there.
    """
    if isinstance(schema, bool):
        return
    if not is_object(schema):
        raise malformed(place, "a JSON schema (an object)", schema)
    for keyword, value in schema.items():
        check = _CHECKS.get(keyword)
        if check is not None:
            check(value, (place, keyword))


def malformed(place: Place, wanted: str, found: object) -> InvalidMessageError:
    """Return the error that says what stands where something else is wanted."""
    path = _path(place)
    return InvalidMessageError(f"{path}: expected {wanted}, found {_shown(found)}", param=path)


def _shown(found: object) -> str:
    text = repr(found)
    return f"{type(found).__name__} {text if len(text) <= 80 else text[:77] + '...'}"


def _path(place: Place) -> str:
    if isinstance(place, str):
        return place
    outer, key = place
    return f"{_path(outer)}[{key}]" if isinstance(key, int) else f"{_path(outer)}.{key}"


def _check_type(kind: object, place: Place) -> None:
    for name in kind if is_list(kind) else (kind,):
        if not isinstance(name, str) or name not in TYPES:
            raise malformed(place, f"one of {', '.join(sorted(TYPES))}", name)


def _check_items(value: object, place: Place) -> None:
    if is_list(value):
        # Before draft 2020-12 a list here meant what `prefixItems` means now.
        _check_list(value, place)
    else:
        check_schema(value, place)


def _check_table(value: object, place: Place) -> None:
    if not is_mapping(value):
        raise malformed(place, "an object of JSON schemas", value)
    for name, schema in value.items():
        check_schema(schema, (place, name))


def _check_list(value: object, place: Place) -> None:
    if not is_list(value):
        raise malformed(place, "a list of JSON schemas", value)
    for index, schema in enumerate(value):
        check_schema(schema, (place, index))


def _check_required(value: object, place: Place) -> None:
    if not is_list(value) or not all(isinstance(name, str) for name in value):
        raise malformed(place, "a list of property names", value)


def _check_enum(value: object, place: Place) -> None:
    if not is_list(value) or not value:
        raise malformed(place, "a list of values", value)


_CHECKS: Mapping[str, Callable[[object, Place], None]] = {
    "type": _check_type,
    "enum": _check_enum,
    "items": _check_items,
    "required": _check_required,
    **dict.fromkeys(("additionalProperties", "contains", "else", "if", "not", "propertyNames", "then"), check_schema),
    **dict.fromkeys(("$defs", "definitions", "dependentSchemas", "patternProperties", "properties"), _check_table),
    **dict.fromkeys(("allOf", "anyOf", "oneOf", "prefixItems"), _check_list),
}
