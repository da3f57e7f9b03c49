"""The strict form of a schema, which a provider can enforce while the model writes.

https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from any_llm.schemas.references import dereference, references
from any_llm.schemas.shapes import is_object
from any_llm.types.json import JSONObject

_KEPT = frozenset({
    "type", "title", "description", "enum", "const", "pattern", "minimum", "maximum", "exclusiveMinimum",
    "exclusiveMaximum", "multipleOf", "minItems", "maxItems", "minLength", "maxLength",
})  # fmt: skip
"""Keywords that the strict form has, and whose values are no schemas."""

_DROPPED = frozenset({
    "$schema", "$id", "$comment", "contentMediaType", "deprecated", "discriminator", "examples", "readOnly",
    "uniqueItems", "writeOnly",
})  # fmt: skip
"""Keywords that say nothing about which answers are accepted, or that the answer's type checks anyway."""

_TOLD: Mapping[str, str] = {"default": "Default: {}", "contentEncoding": "Encoded as {}"}
"""Keywords that the strict form lacks and the description tells instead."""

_FORMATS = frozenset({"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"})
_LOOKAROUND = re.compile(r"\(\?<?[=!]")
_MAX_DEPTH = 10
"""How deep objects may be nested in a strict schema."""


class _NotStrictError(Exception):
    """The schema means something that the strict form cannot say."""


def strict_form(schema: JSONObject) -> JSONObject | None:
    """Return a schema that accepts the same answers in the strict form, or `None` where there is none.

    Every object is closed and all its properties are required; limits that the strict form lacks are left to whoever
    reads the answer. Open objects, positional arrays and schemas that accept anything have no strict form.
    """
    definitions: dict[str, JSONObject] = schema.get("$defs", {})
    try:
        strict = _Strict(definitions).convert({key: value for key, value in schema.items() if key != "$defs"}, 0)
        if definitions:
            strict["$defs"] = {name: _Strict(definitions).convert(item, 0) for name, item in definitions.items()}
    except _NotStrictError:
        return None
    return strict


class _Strict:
    """Converts the schemas of one document."""

    def __init__(self, definitions: Mapping[str, JSONObject]) -> None:
        self._definitions = definitions

    def convert(self, schema: Any, depth: int) -> JSONObject:  # noqa: ANN401  # any place in a schema
        """Return the strict form of one schema.

        Raises:
            _NotStrictError: it has none.
        """
        if not is_object(schema) or not schema or depth > _MAX_DEPTH:
            raise _NotStrictError
        if "$ref" in schema:
            return self._reference(schema, depth)
        if len(schema.get("allOf", ())) == 1:
            beside = {key: value for key, value in schema.items() if key != "allOf"}
            return self.convert({**schema["allOf"][0], **beside}, depth)
        strict: JSONObject = {}
        for keyword, value in schema.items():
            strict.update(self._keyword(keyword, value, schema, depth))
        told = [text.format(_shown(schema[word])) for word, text in _TOLD.items() if schema.get(word) is not None]
        if told:
            strict["description"] = ". ".join([*filter(None, [str(schema.get("description", "")).rstrip(".")]), *told])
        if schema.get("type") == "object" or "properties" in schema:
            strict.update(self._closed(schema))
        if schema.get("type") == "array" and "items" not in schema:
            raise _NotStrictError
        return strict

    def _reference(self, schema: JSONObject, depth: int) -> JSONObject:
        if schema["$ref"] == "#" or next(references(schema), "") not in self._definitions:
            return _reference_to_the_whole(schema)
        if len(schema) == 1:
            return schema
        beside = {key: value for key, value in schema.items() if key not in {"$ref", "title"}}
        reference = {"$ref": schema["$ref"]}
        name = next(references(reference))
        recursive = name in references(self._definitions.get(name, {}))
        return reference if recursive else self.convert(dereference({**reference, **beside}, self._definitions), depth)

    def _keyword(self, keyword: str, value: Any, schema: JSONObject, depth: int) -> JSONObject:  # noqa: ANN401  # JSON
        match keyword:
            case "properties":
                return {"properties": {name: self.convert(item, depth + 1) for name, item in value.items()}}
            case "items":
                return {"items": self.convert(value, depth)}
            case "anyOf":
                return {"anyOf": [self.convert(item, depth) for item in value]}
            case "oneOf" if "discriminator" in schema:
                return {"anyOf": [self.convert(item, depth) for item in value]}
            case _:
                return _plain_keyword(keyword, value)

    def _closed(self, schema: JSONObject) -> JSONObject:
        if schema.get("additionalProperties", False) is not False or "properties" not in schema:
            raise _NotStrictError
        names, required = list(schema["properties"]), schema.get("required", [])
        return {"required": required if set(required) == set(names) else names, "additionalProperties": False}


def _reference_to_the_whole(schema: JSONObject) -> JSONObject:
    """Return a reference to the document itself; what any other reference means is not known here."""
    if schema["$ref"] != "#":
        raise _NotStrictError
    return {"$ref": "#"}


def _plain_keyword(keyword: str, value: object) -> JSONObject:
    if keyword in {"required", "additionalProperties"} or keyword in _DROPPED or keyword in _TOLD:
        return {}
    if keyword == "format":
        return {"format": value} if value in _FORMATS else {}
    if keyword == "pattern" and _LOOKAROUND.search(str(value)):
        return {}
    if keyword in _KEPT:
        return {keyword: value}
    raise _NotStrictError


def _shown(value: object) -> str:
    return value if isinstance(value, str) else repr(value)
