from __future__ import annotations

import copy

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from any_llm.exceptions import InvalidMessageError
from any_llm.schemas.closed import fit_schema
from any_llm.types.json import JSON, JSONObject
from tests.dialects.anthropic.calls import HELLO, body_of, encode, warned

STRICT = {
    "type": "object",
    "properties": {"city": {"type": "string", "format": "date"}, "next": {"$ref": "#/$defs/Next"}},
    "required": ["city", "next"],
    "additionalProperties": False,
    "$defs": {"Next": {"anyOf": [{"type": "null"}, {"enum": ["a", 1]}]}},
}


def wanted(schema: JSONObject) -> JSONObject:
    return {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": schema}}


def test_a_schema_is_said_as_the_api_has_it() -> None:
    for response_format in (wanted(STRICT), {"type": "json_schema", "schema": STRICT}):
        encoded = encode(response_format=response_format)
        assert body_of(encoded)["output_config"] == {"format": {"type": "json_schema", "schema": STRICT}}
        assert encoded.warnings == ()


def test_a_schema_and_an_effort_stand_together() -> None:
    body = body_of(encode("claude-opus-4-6", response_format=wanted(STRICT), reasoning_effort="low"))
    assert body["output_config"] == {"effort": "low", "format": {"type": "json_schema", "schema": STRICT}}


def test_what_the_api_cannot_hold_a_model_to_is_told_with_a_warning() -> None:
    schema = {"type": "object", "properties": {"age": {"type": "integer", "minimum": 0, "description": "Years"}}}
    encoded = encode(response_format=wanted(schema))
    fitted = body_of(encoded)["output_config"]["format"]["schema"]
    assert fitted["properties"]["age"] == {"type": "integer", "description": 'Years\n\nConstraints: {"minimum":0}'}
    assert warned(encoded) == [("approximated", "response_format")]


@pytest.mark.parametrize(
    ("schema", "fitted", "loosened"),
    [
        (
            {"type": "object", "properties": {}},
            {"type": "object", "properties": {}, "additionalProperties": False},
            False,
        ),
        ({"oneOf": [{"type": "null"}]}, {"anyOf": [{"type": "null"}]}, False),
        ({"$schema": "x", "type": "string"}, {"type": "string"}, False),
        ({"type": "array", "items": {"type": "string"}, "minItems": 1}, None, False),
        ({"type": "array", "items": True}, None, False),
        (
            {"type": "array", "minItems": 3},
            {"type": "array", "description": 'Constraints: {"minItems":3}'},
            True,
        ),
        (
            {"type": "string", "format": "colour"},
            {"type": "string", "description": 'Constraints: {"format":"colour"}'},
            True,
        ),
        (
            {"type": "object"},
            {
                "type": "object",
                "additionalProperties": False,
                "description": 'Constraints: {"additionalProperties":true}',
            },
            True,
        ),
        (
            {"type": "object", "properties": {}, "additionalProperties": {"type": "string"}},
            {
                "type": "object",
                "properties": {},
                "additionalProperties": False,
                "description": 'Constraints: {"additionalProperties":{"type":"string"}}',
            },
            True,
        ),
    ],
)
def test_schemas_are_fitted(schema: JSONObject, fitted: JSONObject | None, loosened: bool) -> None:
    before = copy.deepcopy(schema)
    assert fit_schema(schema) == (schema if fitted is None else fitted, loosened)
    assert schema == before


SIMPLE = st.sampled_from([{"type": "string"}, {"type": "integer", "minimum": 3}, {"enum": ["a", 7]}, {"type": "null"}])
SCHEMAS = st.recursive(
    SIMPLE,
    lambda inner: (
        st.builds(lambda items: {"type": "array", "items": items}, inner)
        | st.builds(
            lambda named: {"type": "object", "properties": named, "required": sorted(named)},
            st.dictionaries(st.sampled_from("abc"), inner),
        )
        | st.builds(lambda options: {"oneOf": options}, st.lists(inner, min_size=1, max_size=2))
    ),
    max_leaves=8,
)
INSTANCES = st.recursive(
    st.none() | st.integers(0, 9) | st.sampled_from(["a", "b"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner),
    max_leaves=6,
)


@given(schema=SCHEMAS, instance=INSTANCES)
def test_an_answer_of_only_the_named_members_that_fits_a_schema_fits_the_fitted_one(
    schema: JSONObject, instance: JSON
) -> None:
    fitted, _ = fit_schema(schema)
    closed = jsonschema.Draft202012Validator(_closed(schema))
    if closed.is_valid(instance):
        assert jsonschema.Draft202012Validator(fitted).is_valid(instance)


def _closed(schema: JSON) -> JSON:
    """Return a schema whose objects have only the members it names."""
    if isinstance(schema, list):
        return [_closed(entry) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _closed(value) for name, value in schema.items()}
    return {**closed, "additionalProperties": False} if closed.get("type") == "object" else closed


def test_any_json_is_asked_for_in_words() -> None:
    encoded = encode(response_format={"type": "json_object"}, messages=[{"role": "system", "content": "S"}, HELLO])
    system = body_of(encoded)["system"]
    assert system[0] == {"type": "text", "text": "S"}
    assert "JSON object" in system[1]["text"]
    assert warned(encoded) == [("emulated", "response_format")]


def test_a_model_without_structured_outputs_is_told_the_schema() -> None:
    encoded = encode("claude-3-haiku-20240307", response_format=wanted(STRICT))
    assert '"$defs"' in body_of(encoded)["system"]
    assert "output_config" not in body_of(encoded)
    assert warned(encoded) == [("emulated", "response_format")]


def test_text_needs_no_format() -> None:
    encoded = encode(response_format={"type": "text"})
    assert encoded == encode()


@pytest.mark.parametrize("malformed", ["json", {"type": "json_schema"}, {"type": "json_schema", "json_schema": 1}, {}])
def test_a_malformed_format_is_named(malformed: JSON) -> None:
    with pytest.raises(InvalidMessageError) as caught:
        encode(response_format=malformed)
    assert caught.value.param == "response_format"
