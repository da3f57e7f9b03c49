"""A chat in the first version of Cohere's API, whole and as the events of a stream: https://docs.cohere.com/v1/reference/chat.

Bedrock has the same bodies for Command R.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from any_llm.testing.mock.answer import Answer
from any_llm.testing.mock.asked import Asked, Tool, Turn, tokens_of
from any_llm.testing.mock.ids import Ids
from any_llm.testing.mock.wires.anthropic_words import arguments_of
from any_llm.testing.mock.wires.cohere_chat import documents_of, schema_of
from any_llm.types.json import JSON, JSONObject, is_object

_ROLES: Mapping[str, str] = {"SYSTEM": "system", "USER": "user", "CHATBOT": "assistant", "TOOL": "tool"}
_FINISH: Mapping[str, str] = {"length": "MAX_TOKENS", "content_filter": "ERROR_TOXIC"}
_TYPES: Mapping[str, str] = {
    "bool": "boolean",
    "dict": "object",
    "float": "number",
    "int": "integer",
    "list": "array",
    "str": "string",
}
"""Python's types, in which tools have theirs, in the words of JSON."""


class Event(NamedTuple):
    """One event of a stream, with the tokens it brings and its role for faults."""

    value: JSONObject
    tokens: int = 0
    role: str = "delta"


def asked_of(body: Mapping[str, JSON], *, stream: bool) -> Asked:
    """Read the body of a request."""
    history = [each for each in body.get("chat_history") or () if is_object(each)]
    turns = [Turn(_role(each), str(each.get("message", ""))) for each in history]
    if body.get("preamble"):
        turns.insert(0, Turn("system", str(body["preamble"])))
    if body.get("message"):
        turns.append(Turn("user", str(body["message"])))
    results = [each for each in body.get("tool_results") or () if is_object(each)]
    turns += [Turn("tool", msgspec.json.encode(each.get("outputs")).decode(), _called(each)) for each in results]
    return Asked(
        model=str(body.get("model") or "command-r"),
        stream=stream,
        turns=tuple(turns),
        tools=tuple(_tool(tool) for tool in body.get("tools") or () if is_object(tool)),
        schema=schema_of(body.get("response_format")),
        max_tokens=body.get("max_tokens"),
        stop=tuple(body.get("stop_sequences") or ()),
        usage=True,
        options={"documents": documents_of(body.get("documents")), "history": history},
    )


def chat_of(answer: Answer, asked: Asked, ids: Ids) -> JSONObject:
    """Return a whole answer."""
    text = answer.text or answer.refusal
    said = [{"role": _speaker(each), "message": str(each.get("message", ""))} for each in asked.options["history"]]
    told: JSONObject = {
        "response_id": ids.uuid(),
        "text": text,
        "generation_id": ids.uuid(),
        "chat_history": [*said, {"role": "USER", "message": asked.text}, {"role": "CHATBOT", "message": text}],
        "finish_reason": _FINISH.get(answer.finish_reason, "COMPLETE"),
        "meta": meta_of(answer, asked),
    }
    if answer.tool_calls:
        calls = [{"name": call.name, "parameters": arguments_of(call)} for call in answer.tool_calls]
        told["tool_calls"] = calls
    documents: list[JSONObject] = asked.options["documents"]
    if documents and text:
        cited = [{"start": 0, "end": len(text), "text": text, "document_ids": [documents[0]["id"]]}]
        told |= {"citations": cited, "documents": documents}
    return told


def meta_of(answer: Answer, asked: Asked) -> JSONObject:
    """Return what is told about a call."""
    usage = answer.usage_for(asked)
    tokens = {"input_tokens": usage.input, "output_tokens": usage.output}
    return {"api_version": {"version": "1"}, "billed_units": tokens, "tokens": tokens, "cached_tokens": usage.cached}


def events_of(answer: Answer, asked: Asked, ids: Ids) -> Sequence[Event]:
    """Return the events of the stream that tells an answer."""
    return tuple(_events(answer, asked, ids))


def _events(answer: Answer, asked: Asked, ids: Ids) -> Iterator[Event]:
    whole = chat_of(answer, asked, ids)
    # A stream does not tell what a cache held.
    whole["meta"] = {name: value for name, value in whole["meta"].items() if name != "cached_tokens"}
    start = {"is_finished": False, "event_type": "stream-start", "generation_id": whole["generation_id"]}
    yield Event(start, role="start")
    for text in tokens_of(str(whole["text"])):
        yield Event({"is_finished": False, "event_type": "text-generation", "text": text}, 1)
    for name in ("citations", "tool_calls"):
        if name in whole:
            kind = {"citations": "citation-generation", "tool_calls": "tool-calls-generation"}[name]
            yield Event({"is_finished": False, "event_type": kind, name: whole[name]}, 1)
    end = {"is_finished": True, "event_type": "stream-end", "response": whole, "finish_reason": whole["finish_reason"]}
    yield Event(end, role="finish")


def _role(turn: Mapping[str, JSON]) -> str:
    said = str(turn.get("role", "")).upper()
    return _ROLES.get(said, "user")


def _speaker(turn: Mapping[str, JSON]) -> str:
    return str(turn.get("role", "")).upper()


def _called(result: Mapping[str, JSON]) -> str:
    call = result.get("call")
    return str(call.get("name", "")) if is_object(call) else ""


def _tool(tool: Mapping[str, JSON]) -> Tool:
    given = tool.get("parameter_definitions")
    definitions: Mapping[str, JSON] = given if is_object(given) else {}
    schema = {
        "type": "object",
        "properties": {
            name: {"type": _TYPES.get(str(each.get("type")), "string")} for name, each in definitions.items()
        },
        "required": [name for name, each in definitions.items() if each.get("required")],
    }
    return Tool(str(tool.get("name", "")), schema, str(tool.get("description") or ""))
