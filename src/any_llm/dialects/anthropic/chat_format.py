"""The form that an answer must have: a JSON schema, or any JSON."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.dialects.anthropic.chat_parts import invalid
from any_llm.dialects.anthropic.families import Family
from any_llm.schemas.closed import fit_schema
from any_llm.schemas.shapes import is_mapping, is_object
from any_llm.types.json import JSON, JSONObject
from any_llm.types.report import Warning as CallWarning

_ANY_JSON = "Answer with one JSON object and nothing else: no other text, no code fence."
_BY_SCHEMA = "Answer with one JSON value that fits this JSON schema and nothing else: no other text, no code fence.\n"


def add_format(body: JSONObject, wanted: JSON, family: Family, warnings: list[CallWarning]) -> JSONObject | None:
    """Say in a body which form the answer must have; return a block of the system prompt where only words can say it.

    Raises:
        InvalidMessageError: the form is malformed.
    """
    if wanted is None:
        return None
    kind: JSON = wanted.get("type") if is_mapping(wanted) else None
    if kind == "json_object":
        warnings.append(
            CallWarning("emulated", "response_format", "the model was asked for JSON in words", "instructions")
        )
        return {"type": "text", "text": _ANY_JSON}
    schema = _schema_of(wanted) if kind == "json_schema" else None
    if schema is not None:
        return _add_schema(body, schema, family, warnings)
    if kind == "text":
        return None
    raise invalid(
        "response_format",
        "{'type': 'json_schema', 'json_schema': {'name': …, 'schema': {…}}}, {'type': 'json_object'} or "
        f"{{'type': 'text'}} is needed, found {wanted!r:.100}",
    )


def _schema_of(wanted: Mapping[str, JSON]) -> JSONObject | None:
    named: JSON = wanted.get("json_schema", wanted)
    schema: JSON = named.get("schema") if is_mapping(named) else None
    return schema if is_object(schema) else None


def _add_schema(
    body: JSONObject, schema: Mapping[str, JSON], family: Family, warnings: list[CallWarning]
) -> JSONObject | None:
    if not family.schemas:
        detail = "this model cannot be held to a schema; it was told it in words"
        warnings.append(CallWarning("emulated", "response_format", detail, "instructions"))
        return {"type": "text", "text": _BY_SCHEMA + msgspec.json.encode(schema).decode()}
    fitted, loosened = fit_schema(schema)
    if loosened:
        detail = "constraints that the API does not know were told to the model in descriptions"
        warnings.append(CallWarning("approximated", "response_format", detail))
    body["output_config"] = {**(body.get("output_config") or {}), "format": {"type": "json_schema", "schema": fitted}}
    return None
