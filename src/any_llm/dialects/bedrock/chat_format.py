"""The form that an answer must have: a JSON schema, or any JSON.

https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.dialects.bedrock.families import Family
from any_llm.dialects.bedrock.wire import FORM_TOOL, member
from any_llm.schemas.closed import fit_schema
from any_llm.schemas.shapes import is_mapping, is_object
from any_llm.types.conversation import invalid
from any_llm.types.json import JSON, JSONObject
from any_llm.types.report import Warning as CallWarning

_ANY_JSON = "Answer with one JSON object and nothing else: no other text, no code fence."
_BY_SCHEMA = "Answer with one JSON value that fits this JSON schema and nothing else: no other text, no code fence.\n"
_BY_TOOL = "Give the final answer by calling this tool; its input is the answer."


def add_format(body: JSONObject, wanted: JSON, family: Family, warnings: list[CallWarning]) -> None:
    """Say in a body which form the answer must have: in `outputConfig`, by a tool, or in words.

    Raises:
        InvalidMessageError: the form is malformed.
    """
    kind: JSON = wanted.get("type") if is_mapping(wanted) else None
    if kind == "json_object":
        warnings.append(
            CallWarning("emulated", "response_format", "the model was asked for JSON in words", "instructions")
        )
        _ask(body, _ANY_JSON)
        return
    named: JSON = wanted.get("json_schema", wanted) if kind == "json_schema" else None
    schema: JSON = named.get("schema") if is_mapping(named) else None
    if is_object(schema):
        _add_schema(body, named, schema, family, warnings)
    elif wanted is not None and kind != "text":
        raise invalid(
            "response_format",
            "{'type': 'json_schema', 'json_schema': {'name': …, 'schema': {…}}}, {'type': 'json_object'} or "
            f"{{'type': 'text'}} is needed, found {wanted!r:.100}",
        )


def _add_schema(
    body: JSONObject, named: Mapping[str, JSON], schema: JSONObject, family: Family, warnings: list[CallWarning]
) -> None:
    if family.schemas == "native":
        fitted, loosened = fit_schema(schema)
        if loosened:
            detail = "constraints that the API does not know were told to the model in descriptions"
            warnings.append(CallWarning("approximated", "response_format", detail))
        definition: JSONObject = {"schema": msgspec.json.encode(fitted).decode()}
        definition |= {name: str(named[name]) for name in ("name", "description") if named.get(name)}
        text_format = {"type": "json_schema", "structure": {"jsonSchema": definition}}
        body["outputConfig"] = {**member(body, "outputConfig"), "textFormat": text_format}
    elif family.schemas == "tool" and schema.get("type") == "object":
        warnings.append(CallWarning("emulated", "response_format", "the answer is the input of a tool", "tool"))
        config = member(body, "toolConfig")
        spec = {"name": FORM_TOOL, "description": _BY_TOOL, "inputSchema": {"json": schema}}
        choice: JSONObject = {"any": {}} if config else {"tool": {"name": FORM_TOOL}}
        body["toolConfig"] = {"tools": [*config.get("tools", ()), {"toolSpec": spec}], "toolChoice": choice}
    else:
        detail = "this model cannot be held to such a schema; it was told it in words"
        warnings.append(CallWarning("emulated", "response_format", detail, "instructions"))
        _ask(body, _BY_SCHEMA + msgspec.json.encode(schema).decode())


def _ask(body: JSONObject, words: str) -> None:
    body["system"] = [*body.get("system", ()), {"text": words}]
