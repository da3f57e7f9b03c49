"""JSON schemas as Cohere takes them."""

from __future__ import annotations

import pytest

from any_llm.dialects.cohere.schema import fit_schema
from any_llm.types.json import JSON
from tests.dialects.cohere.calls import body_of, encode, warned


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"], "additionalProperties": False},
        {"type": "object", "properties": {"a": {"anyOf": [{"type": "string"}, {"type": "null"}]}}},
        {"type": "object", "properties": {"a": {"$ref": "#/$defs/A"}}, "$defs": {"A": {"type": "string"}}},
        {"type": "array", "items": {"type": "string", "format": "date", "pattern": "[a-z]+"}},
        {"properties": {"maximum": {"type": "integer"}, "any": True}},
    ],
)
def test_what_cohere_knows_stays_as_it_is(schema: JSON) -> None:
    assert fit_schema(schema) == (schema, False)


@pytest.mark.parametrize(
    ("schema", "fitted"),
    [
        (
            {"type": "integer", "minimum": 0, "description": "Age"},
            {"type": "integer", "description": 'Age\n\nConstraints: {"minimum":0}'},
        ),
        ({"type": "string", "pattern": "^a$"}, {"type": "string", "description": 'Constraints: {"pattern":"^a$"}'}),
        ({"type": "string", "format": "email"}, {"type": "string", "description": 'Constraints: {"format":"email"}'}),
        (
            {"type": "object", "additionalProperties": True},
            {"type": "object", "description": 'Constraints: {"additionalProperties":true}'},
        ),
        (
            {"oneOf": [{"type": "array", "minItems": 1, "items": {"type": "number", "multipleOf": 2}}]},
            {
                "anyOf": [
                    {
                        "type": "array",
                        "items": {"type": "number", "description": 'Constraints: {"multipleOf":2}'},
                        "description": 'Constraints: {"minItems":1}',
                    }
                ]
            },
        ),
    ],
)
def test_what_cohere_does_not_know_is_told_in_words(schema: JSON, fitted: JSON) -> None:
    assert fit_schema({"properties": {"a": schema}}) == ({"properties": {"a": fitted}}, True)


def test_the_schema_of_a_request_is_fitted_with_a_warning() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "integer", "minimum": 1}}}
    encoded = encode(response_format={"type": "json_schema", "json_schema": {"schema": schema}})
    assert body_of(encoded)["response_format"]["json_schema"]["properties"]["a"] == {
        "type": "integer",
        "description": 'Constraints: {"minimum":1}',
    }
    assert warned(encoded) == [("approximated", "response_format")]
    assert schema["properties"] == {"a": {"type": "integer", "minimum": 1}}
