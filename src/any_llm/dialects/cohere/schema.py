"""JSON schemas as structured outputs take them; what they cannot hold a model to is told to it in words.

https://docs.cohere.com/docs/structured-outputs#unsupported-schema-features
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.schemas.shapes import is_list, is_object
from any_llm.types.json import JSON, JSONObject

_NAMED = frozenset({"$defs", "definitions", "properties"})
_LISTED = frozenset({"anyOf", "oneOf"})
_RENAMED: Mapping[str, str] = {"oneOf": "anyOf"}
_UNKNOWN = frozenset(
    {
        "allOf", "dependentRequired", "exclusiveMaximum", "exclusiveMinimum", "maximum", "maxItems", "maxLength",
        "maxProperties", "minimum", "minItems", "minLength", "minProperties", "multipleOf", "not", "patternProperties",
        "propertyNames", "uniqueItems",
    }
)  # fmt: skip
_FORMATS = frozenset({"date-time", "uuid", "date", "time"})
_ANCHORS = ("^", "$", "?=", "?!")


def fit_schema(schema: JSONObject) -> tuple[JSONObject, bool]:
    """Return a schema that the API accepts, and whether it demands less than the one given.

    `oneOf` becomes `anyOf`, and constraints that the API does not know (lengths, ranges, anchored patterns, …) move
    into the description. A schema that needs no change comes back equal.
    """
    loosened: list[str] = []
    return _fit_object(schema, loosened), bool(loosened)


def _fit_object(schema: JSONObject, loosened: list[str]) -> JSONObject:
    fitted: JSONObject = {}
    told: JSONObject = {}
    for name, value in schema.items():
        place = fitted if _is_known(name, value) else told
        place[_RENAMED.get(name, name)] = _fit_member(name, value, loosened)
    if told:
        loosened.extend(told)
        words = f"Constraints: {msgspec.json.encode(told).decode()}"
        fitted["description"] = f"{fitted['description']}\n\n{words}" if fitted.get("description") else words
    return fitted


def _is_known(name: str, value: JSON) -> bool:
    """Tell whether the API holds a model to this member of a schema."""
    match name:
        case "format":
            return value in _FORMATS
        case "pattern":
            return not any(anchor in str(value) for anchor in _ANCHORS)
        case "additionalProperties":
            return value is False
        case _:
            return name not in _UNKNOWN


def _fit_member(name: str, value: JSON, loosened: list[str]) -> JSON:
    if is_object(value) and name in _NAMED:
        return {key: _fit(entry, loosened) for key, entry in value.items()}
    if is_list(value) and name in _LISTED:
        return [_fit(entry, loosened) for entry in value]
    return _fit(value, loosened) if name == "items" else value


def _fit(schema: JSON, loosened: list[str]) -> JSON:
    return _fit_object(schema, loosened) if is_object(schema) else schema
