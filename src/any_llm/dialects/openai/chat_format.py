"""The form of an answer at providers that take no JSON schema: as much as they take, and the rest in words.

A provider's record says by a quirk which of these it needs.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from any_llm.types.json import JSON, JSONObject, is_mapping
from any_llm.types.report import Warning as CallWarning

_ANY = "Answer with one JSON object and nothing else: no other text, no code fence."
_BY_SCHEMA = "Answer with one JSON value that fits this JSON schema and nothing else: no other text, no code fence.\n"


def json_object_only(body: JSONObject, _messages: Sequence[JSON]) -> list[CallWarning]:
    """Ask for any JSON object, and tell the model the schema in words, as DeepSeek's guide says.

    https://api-docs.deepseek.com/guides/json_mode
    """
    schema = _schema_of(body.get("response_format"))
    if schema is None:
        return []
    body["response_format"] = {"type": "json_object"}
    _ask(body, _BY_SCHEMA + msgspec.json.encode(schema).decode())
    detail = "the provider takes no schema; it was asked for JSON, and told the schema in words"
    return [CallWarning("emulated", "response_format", detail, "json_object")]


def no_response_format(body: JSONObject, _messages: Sequence[JSON]) -> list[CallWarning]:
    """Tell the model in words which form its answer must have."""
    wanted = body.pop("response_format", None)
    schema = _schema_of(wanted)
    kind = wanted.get("type") if is_mapping(wanted) else None
    if schema is None and kind != "json_object":
        return []
    _ask(body, _ANY if schema is None else _BY_SCHEMA + msgspec.json.encode(schema).decode())
    detail = "the provider takes no form of an answer; the model was told it in words"
    return [CallWarning("emulated", "response_format", detail, "instructions")]


def _schema_of(wanted: JSON) -> JSON:
    named: JSON = wanted.get("json_schema", wanted) if is_mapping(wanted) else None
    return named.get("schema") if is_mapping(named) else None


def _ask(body: JSONObject, words: str) -> None:
    """Put an instruction in front, behind what the system says already."""
    messages = list(body["messages"])
    first: JSON = messages[0] if messages else None
    if is_mapping(first) and first.get("role") == "system" and isinstance(first.get("content"), str):
        messages[0] = {**first, "content": f"{first['content']}\n\n{words}"}
    else:
        messages.insert(0, {"role": "system", "content": words})
    body["messages"] = messages
