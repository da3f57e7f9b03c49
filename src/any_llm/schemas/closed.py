"""Schemas with closed objects, as several vendors' structured outputs take them; the rest is told to models in words.

https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations and
https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.schemas.shapes import is_list, is_object
from any_llm.types.json import JSON, JSONObject

_NAMED = frozenset({"$defs", "definitions", "properties"})
_LISTED = frozenset({"anyOf", "oneOf", "allOf"})
_RENAMED: Mapping[str, str] = {"oneOf": "anyOf"}
_SILENT = frozenset({"$schema", "$id", "$comment"})
_KNOWN = (
    frozenset(
        {
            "$ref",
            "type",
            "enum",
            "const",
            "description",
            "title",
            "default",
            "required",
            "items",
            "additionalProperties",
        }
    )
    | _NAMED
    | _LISTED
)
_FORMATS = frozenset({"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"})


def fit_schema(schema: JSON) -> tuple[JSON, bool]:
    """Return a schema that the API accepts, and whether it demands less than the one given.

    Objects are closed, `oneOf` becomes `anyOf`, and constraints that the API does not know (lengths, ranges, patterns,
    …) move into the description. A schema that needs no change comes back equal.
    """
    loosened: list[str] = []
    return _fit(schema, loosened), bool(loosened)


def _fit(schema: JSON, loosened: list[str]) -> JSON:
    if not is_object(schema):
        return schema
    fitted: JSONObject = {}
    told: JSONObject = {}
    for name, value in schema.items():
        place = told if not _is_known(name, value) else fitted
        place[_RENAMED.get(name, name)] = _fit_member(name, value, loosened)
    if schema.get("type") == "object" or "properties" in schema:
        told |= _openness(schema)
        fitted["additionalProperties"] = False
    for name in _SILENT & told.keys():
        del told[name]
    if told:
        loosened.extend(told)
        words = f"Constraints: {msgspec.json.encode(told).decode()}"
        fitted["description"] = f"{fitted['description']}\n\n{words}" if fitted.get("description") else words
    return fitted


def _openness(schema: JSONObject) -> JSONObject:
    """Return what an object says of members beyond the named ones, where closing it would change its meaning."""
    more: JSON = schema.get("additionalProperties", "properties" not in schema)
    return {"additionalProperties": more} if more else {}


def _is_known(name: str, value: JSON) -> bool:
    """Tell whether the API holds a model to this member of a schema."""
    match name:
        case "format":
            return value in _FORMATS
        case "minItems":
            return value in (0, 1)
        case _:
            return name in _KNOWN


def _fit_member(name: str, value: JSON, loosened: list[str]) -> JSON:
    if is_object(value) and name in _NAMED:
        return {key: _fit(entry, loosened) for key, entry in value.items()}
    if is_list(value) and name in _LISTED:
        return [_fit(entry, loosened) for entry in value]
    return _fit(value, loosened) if name == "items" else value
