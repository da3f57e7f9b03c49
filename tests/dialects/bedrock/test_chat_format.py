"""The form of an answer: natively, by a tool, in words."""

from __future__ import annotations

import msgspec
import pytest

from any_llm.exceptions import InvalidMessageError
from any_llm.types.json import JSON, JSONObject
from tests.dialects.bedrock.calls import LLAMA, NOVA, body, body_of, encode, warned

SCHEMA: JSONObject = {"type": "object", "properties": {"a": {"type": "integer", "minimum": 1}}, "required": ["a"]}
FORM = "any_llm_structured_output"
TOOL = {"type": "function", "function": {"name": "f"}}


def form(schema: JSONObject, **more: JSON) -> JSONObject:
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, **more}}


def test_a_schema_is_said_natively() -> None:
    plain = {"type": "object", "properties": {"a": {"type": "integer"}}, "additionalProperties": False}
    encoded = encode(response_format=form(plain, description="An answer", strict=True))
    text_format = body_of(encoded)["outputConfig"]["textFormat"]
    definition = text_format["structure"]["jsonSchema"]
    assert text_format["type"] == "json_schema"
    assert (definition["name"], definition["description"]) == ("answer", "An answer")
    assert msgspec.json.decode(definition["schema"]) == plain
    assert encoded.warnings == ()


def test_limits_that_the_api_does_not_know_are_told_in_words() -> None:
    encoded = encode(response_format=form(SCHEMA))
    definition = body_of(encoded)["outputConfig"]["textFormat"]["structure"]["jsonSchema"]
    assert '"minimum":1' in msgspec.json.decode(definition["schema"])["properties"]["a"]["description"]
    assert warned(encoded) == [("approximated", "response_format")]


def test_a_schema_without_its_envelope_is_understood() -> None:
    config = body(response_format={"type": "json_schema", "schema": {"type": "object", "properties": {}}})
    assert set(config["outputConfig"]["textFormat"]["structure"]["jsonSchema"]) == {"schema"}


def test_a_model_without_schemas_answers_by_a_tool() -> None:
    encoded = encode(NOVA, response_format=form(SCHEMA))
    config = body_of(encoded)["toolConfig"]
    assert config["toolChoice"] == {"tool": {"name": FORM}}
    assert config["tools"][0]["toolSpec"]["inputSchema"] == {"json": SCHEMA}
    assert warned(encoded) == [("emulated", "response_format")]


def test_beside_other_tools_any_may_be_called() -> None:
    config = body(NOVA, response_format=form(SCHEMA), tools=[TOOL])["toolConfig"]
    assert [tool["toolSpec"]["name"] for tool in config["tools"]] == ["f", FORM]
    assert config["toolChoice"] == {"any": {}}


@pytest.mark.parametrize(("model", "schema"), [(LLAMA, SCHEMA), (NOVA, {"type": "array", "items": {"type": "string"}})])
def test_what_no_tool_can_hold_is_told_in_words(model: str, schema: JSONObject) -> None:
    encoded = encode(model, response_format=form(schema))
    assert body_of(encoded)["system"][0]["text"].endswith(msgspec.json.encode(schema).decode())
    assert warned(encoded) == [("emulated", "response_format")]


def test_any_json_is_asked_for_in_words() -> None:
    encoded = encode(system="Be brief.", response_format={"type": "json_object"})
    assert len(body_of(encoded)["system"]) == 2
    assert warned(encoded) == [("emulated", "response_format")]


def test_text_is_the_usual_form() -> None:
    assert body(response_format={"type": "text"}) == body()


@pytest.mark.parametrize(
    "wanted", ["json", {"type": "xml"}, {"type": "json_schema"}, {"type": "json_schema", "json_schema": 1}]
)
def test_a_malformed_form_is_named(wanted: JSON) -> None:
    with pytest.raises(InvalidMessageError, match="json_schema"):
        encode(response_format=wanted)
