"""A malformed schema is refused with the place and what was found there."""

from __future__ import annotations

import pytest

from any_llm.exceptions import InvalidMessageError
from any_llm.schemas.checking import check_schema


@pytest.mark.parametrize(
    "schema",
    [
        {},
        True,
        {"type": ["string", "null"]},
        {"type": "object", "properties": {"a": False}, "required": ["a"], "additionalProperties": {"type": "string"}},
        {"type": "array", "items": [{"type": "string"}], "x-own": 3},
        {"anyOf": [{"enum": ["a"]}, {"not": {"type": "null"}}]},
    ],
    ids=str,
)
def test_sound_schema_passes(schema: object) -> None:
    check_schema(schema, "schema")


@pytest.mark.parametrize(
    ("schema", "path", "found"),
    [
        (3, "s", "int 3"),
        ({"type": "objct"}, "s.type", "'objct'"),
        ({"type": ["string", 1]}, "s.type", "int 1"),
        ({"properties": []}, "s.properties", "list []"),
        ({"properties": {"a": "string"}}, "s.properties.a", "str 'string'"),
        ({"items": {"items": 1}}, "s.items.items", "int 1"),
        ({"items": [1]}, "s.items[0]", "int 1"),
        ({"anyOf": {}}, "s.anyOf", "dict {}"),
        ({"anyOf": [{}, {"type": 3}]}, "s.anyOf[1].type", "int 3"),
        ({"required": "a"}, "s.required", "str 'a'"),
        ({"required": [1]}, "s.required", "list [1]"),
        ({"enum": []}, "s.enum", "list []"),
        ({"required": "x" * 200}, "s.required", "..."),
    ],
    ids=str,
)
def test_malformed_schema_is_refused_by_place(schema: object, path: str, found: str) -> None:
    with pytest.raises(InvalidMessageError) as caught:
        check_schema(schema, "s")
    assert caught.value.param == path
    assert caught.value.message.startswith(f"{path}: expected ")
    assert caught.value.message.endswith(found)
