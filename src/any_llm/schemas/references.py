"""References inside one schema: written out where that is possible, kept valid where it is not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from any_llm.schemas.shapes import is_list, is_object
from any_llm.types.json import JSONObject

_PREFIX = "#/$defs/"


def resolve_references(schema: JSONObject, definitions: Mapping[str, JSONObject]) -> JSONObject:
    """Return a schema as one document.

    A definition that is used once is written where it is used, and so is the one the document itself is; the others,
    and those that contain themselves, are kept in `$defs`. What is used twice is not written twice, so that no document
    explodes.
    """
    counted = _count(schema, definitions)
    once = {name for name, count in counted.items() if count == 1 and not _recursive(name, definitions)}
    resolved: JSONObject = _inline(schema, definitions, once)
    root = _name(resolved)
    if root in definitions and len(resolved) == 1:
        resolved = _inline(definitions[root], definitions, once)
    kept = [name for name in definitions if name in _reachable(resolved, definitions) - once]
    if kept:
        resolved["$defs"] = {name: _inline(definitions[name], definitions, once) for name in kept}
    return resolved


def dereference(schema: JSONObject, definitions: Mapping[str, JSONObject]) -> JSONObject:
    """Return what a schema refers to, with what is said beside the reference."""
    beside = {key: value for key, value in schema.items() if key != "$ref"}
    return {**definitions[_name(schema)], **beside}


def _name(schema: Mapping[str, Any]) -> str:
    reference = schema.get("$ref")
    return reference.removeprefix(_PREFIX) if isinstance(reference, str) else ""


def references(node: object) -> Iterator[str]:
    """Yield the names of the definitions that a schema refers to, as often as it does."""
    if is_object(node):
        if _name(node):
            yield _name(node)
        for value in node.values():
            yield from references(value)
    elif is_list(node):
        for item in node:
            yield from references(item)


def _reachable(node: object, definitions: Mapping[str, JSONObject]) -> set[str]:
    found: set[str] = set()
    waiting = [name for name in references(node) if name in definitions]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(inner for inner in references(definitions[name]) if inner in definitions)
    return found


def _recursive(name: str, definitions: Mapping[str, JSONObject]) -> bool:
    return name in _reachable(definitions[name], definitions)


def _count(schema: JSONObject, definitions: Mapping[str, JSONObject]) -> dict[str, int]:
    counted: dict[str, int] = {}
    reachable = _reachable(schema, definitions)
    for node in (schema, *(definitions[name] for name in reachable)):
        for name in references(node):
            if name in definitions:
                counted[name] = counted.get(name, 0) + 1
    return counted


def _inline(node: Any, definitions: Mapping[str, JSONObject], names: set[str]) -> Any:  # noqa: ANN401  # any place
    if is_list(node):
        return [_inline(item, definitions, names) for item in node]
    if not is_object(node):
        return node
    if _name(node) in names:
        return _inline(dereference(node, definitions), definitions, names)
    return {key: _inline(value, definitions, names) for key, value in node.items()}
