"""The strict form accepts the same answers, or there is none."""

from __future__ import annotations

import pytest

from any_llm.schemas.strict import strict_form

CLOSED = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False}


def test_strict_schema_stays_as_it_is() -> None:
    schema = {**CLOSED, "properties": {"b": {"type": "string"}, "a": {"type": "string"}}, "required": ["a", "b"]}
    assert strict_form(schema) == schema


def test_objects_are_closed_and_their_properties_required_at_every_depth() -> None:
    item = {"type": "object", "properties": {"a": {"type": "string"}}}
    nested = {"anyOf": [{"type": "array", "items": item}, {"type": "null"}]}
    assert strict_form({"type": "object", "properties": {"n": nested}, "required": []}) == {
        "type": "object",
        "properties": {"n": {"anyOf": [{"type": "array", "items": CLOSED}, {"type": "null"}]}},
        "required": ["n"],
        "additionalProperties": False,
    }


@pytest.mark.parametrize(
    ("given", "strict"),
    [
        ({"type": "integer", "default": 3}, {"type": "integer", "description": "Default: 3"}),
        (
            {"type": "string", "default": "x", "description": "A word."},
            {"type": "string", "description": "A word. Default: x"},
        ),
        ({"anyOf": [{"type": "null"}], "default": None}, {"anyOf": [{"type": "null"}]}),
        ({"type": "string", "contentEncoding": "base64"}, {"type": "string", "description": "Encoded as base64"}),
        ({"type": "string", "format": "uuid"}, {"type": "string", "format": "uuid"}),
        ({"type": "string", "format": "decimal"}, {"type": "string"}),
        ({"type": "string", "pattern": "^a"}, {"type": "string", "pattern": "^a"}),
        ({"type": "string", "pattern": "(?!b)a"}, {"type": "string"}),
        (
            {"type": "array", "items": {"type": "integer"}, "uniqueItems": True},
            {"type": "array", "items": {"type": "integer"}},
        ),
        ({"allOf": [{"type": "integer"}], "description": "n"}, {"type": "integer", "description": "n"}),
        (
            {"oneOf": [{"type": "integer"}, {"type": "null"}], "discriminator": {"propertyName": "k"}},
            {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        ),
    ],
    ids=str,
)
def test_keywords_that_the_strict_form_lacks_are_told_or_left_to_the_reader(
    given: dict[str, object], strict: dict[str, object]
) -> None:
    whole = strict_form({"type": "object", "properties": {"v": given}, "required": ["v"]})
    assert whole is not None
    assert whole["properties"]["v"] == strict


@pytest.mark.parametrize(
    "given",
    [
        {},
        True,
        {"type": "object"},
        {"type": "object", "additionalProperties": {"type": "string"}},
        {"type": "object", "properties": {}, "additionalProperties": True},
        {"type": "array"},
        {"type": "array", "items": {}},
        {"type": "array", "items": {"type": "integer"}, "prefixItems": [{"type": "integer"}]},
        {"not": {"type": "string"}},
        {"oneOf": [{"type": "integer"}]},
        {"allOf": [{"type": "integer"}, {"minimum": 3}]},
    ],
    ids=str,
)
def test_what_the_strict_form_cannot_say_has_none(given: object) -> None:
    assert strict_form({"type": "object", "properties": {"v": given}, "required": ["v"]}) is None


def test_object_nested_too_deep_has_no_strict_form() -> None:
    schema: dict[str, object] = {"type": "integer"}
    for _ in range(11):
        schema = {"type": "object", "properties": {"v": schema}}
    assert strict_form(schema) is None


def test_definitions_are_converted_and_what_stands_beside_a_reference_is_merged() -> None:
    plain = {"type": "object", "properties": {"a": {"type": "string"}}}
    strict = strict_form(
        {
            "type": "object",
            "properties": {"p": {"$ref": "#/$defs/P"}, "q": {"$ref": "#/$defs/P", "description": "the other"}},
            "$defs": {"P": plain},
        }
    )
    assert strict is not None
    assert strict["$defs"] == {"P": CLOSED}
    assert strict["properties"] == {"p": {"$ref": "#/$defs/P"}, "q": {**CLOSED, "description": "the other"}}


def test_reference_to_the_whole_document_stays() -> None:
    schema = {**CLOSED, "properties": {"a": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}}}
    assert strict_form(schema) == schema


@pytest.mark.parametrize("reference", ["#/definitions/A", "https://example.com/schema", "#/$defs/Missing"])
def test_reference_to_something_unknown_has_no_strict_form(reference: str) -> None:
    assert strict_form({"type": "object", "properties": {"a": {"$ref": reference, "description": "?"}}}) is None


def test_recursive_reference_loses_what_stands_beside_it() -> None:
    node = {"type": "object", "properties": {"next": {"$ref": "#/$defs/N", "description": "the next"}}}
    strict = strict_form({"type": "object", "properties": {"n": {"$ref": "#/$defs/N"}}, "$defs": {"N": node}})
    assert strict is not None
    assert strict["$defs"]["N"]["properties"] == {"next": {"$ref": "#/$defs/N"}}


def test_document_whose_definition_is_not_strict_has_no_strict_form() -> None:
    schema = {"type": "object", "properties": {"p": {"$ref": "#/$defs/P"}}, "$defs": {"P": {"type": "object"}}}
    assert strict_form(schema) is None
