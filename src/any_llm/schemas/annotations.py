"""What `Annotated[T, …]` adds to a schema: descriptions and limits, in whichever library's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from any_llm.types.json import JSONObject

_LIMITS: Mapping[str, str] = {
    "gt": "exclusiveMinimum",
    "ge": "minimum",
    "lt": "exclusiveMaximum",
    "le": "maximum",
    "multiple_of": "multipleOf",
    "pattern": "pattern",
    "title": "title",
}
_LENGTHS: Mapping[str, tuple[str, str]] = {
    "string": ("minLength", "maxLength"),
    "array": ("minItems", "maxItems"),
    "object": ("minProperties", "maxProperties"),
}


def annotated(schema: JSONObject, metadata: Sequence[object]) -> JSONObject:
    """Return a schema with what its annotations say.

    A text describes; so do `typing_extensions.Doc`, `msgspec.Meta`, pydantic's `Field`. Limits are read from the
    attributes that `msgspec.Meta`, `annotated_types` and pydantic share.
    """
    result = dict(schema)
    for item in metadata:
        description = item if isinstance(item, str) else _description(item)
        if description:
            result["description"] = description
        result.update(_limits(item, str(schema.get("type", ""))))
        nested: Sequence[object] = getattr(item, "metadata", ())
        if nested and not isinstance(nested, Mapping):
            result = annotated(result, nested)
    return result


def _description(item: object) -> str | None:
    for name in ("description", "documentation"):
        text = getattr(item, name, None)
        if isinstance(text, str):
            return text
    return None


def _limits(item: object, kind: str) -> JSONObject:
    if isinstance(item, str | type):
        return {}
    words = dict(_LIMITS)
    if kind in _LENGTHS:
        words["min_length"], words["max_length"] = _LENGTHS[kind]
    found = {word: getattr(item, name, None) for name, word in words.items()}
    limits: JSONObject = {word: value for word, value in found.items() if isinstance(value, str | int | float)}
    extra = getattr(item, "extra_json_schema", None)
    examples = getattr(item, "examples", None)
    if isinstance(examples, list):
        limits["examples"] = examples
    return limits | (extra if isinstance(extra, dict) else {})
