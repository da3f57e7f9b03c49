"""A chat completion request in the first version of Cohere's format: https://docs.cohere.com/v1/reference/chat.

The last message stands apart from those before it, and tools have parameters instead of a schema.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.dialects.cohere.chat_messages import encode_messages
from any_llm.dialects.cohere.wire import path
from any_llm.spec.dialect import Encoded, Options, Target
from any_llm.types.conversation import plain_tool
from any_llm.types.json import JSON, JSONObject, decode_json, is_list, is_mapping, is_object
from any_llm.types.report import Warning as CallWarning

_ROLES: Mapping[str, str] = {"system": "SYSTEM", "user": "USER", "assistant": "CHATBOT"}
_RENAMED: Mapping[str, str] = {"top_p": "p", "top_k": "k", "max_completion_tokens": "max_tokens"}
_TRANSLATED = frozenset({"messages", "parallel_tool_calls", "stop", "stream", "stream_options", "tool_choice", "tools"})
_NOT_IN_V1 = ("modalities", "n", "reasoning_effort")
_TYPES: Mapping[str, str] = {
    "array": "list",
    "boolean": "bool",
    "integer": "int",
    "number": "float",
    "object": "dict",
    "string": "str",
}
"""JSON's types in the words of Python, in which tools have theirs."""


def encode_v1(target: Target, options: Options, inexpressible: Mapping[str, str]) -> Encoded:
    """Encode a request; `inexpressible` tells of parameters why the Chat API has no words for them.

    Parameters that are not OpenAI's (`preamble`, `connectors`, `documents`, `raw_prompting`, …) are sent as they are.

    Raises:
        InvalidMessageError: a message or a tool is malformed.
    """
    warnings: list[CallWarning] = []
    body: JSONObject = {"model": target.model}
    _add_conversation(body, encode_messages(options["messages"], warnings))
    left_out = {**inexpressible, **dict.fromkeys(_NOT_IN_V1, "the first version of the API does not know it")}
    body |= {
        _RENAMED.get(name, name): value
        for name, value in options.items()
        if name not in _TRANSLATED and name not in left_out
    }
    warnings += [CallWarning("dropped", name, left_out[name]) for name in options if name in left_out]
    if options.get("stream"):
        body["stream"] = True
    stop = options.get("stop")
    if stop:
        body["stop_sequences"] = [stop] if isinstance(stop, str) else list(stop)
    tools = [plain_tool(tool, f"tools[{index}]") for index, tool in enumerate(options.get("tools") or ())]
    if tools:
        body["tools"] = [_tool(tool["function"]) for tool in tools if "function" in tool]
    if options.get("tool_choice") not in (None, "auto"):
        warnings.append(CallWarning("dropped", "tool_choice", "the first version cannot demand or forbid calls"))
    if options.get("parallel_tool_calls") is False:
        warnings.append(CallWarning("dropped", "parallel_tool_calls", "the model may make several calls at once"))
    return Encoded(path(target, "/chat", version="v1"), msgspec.json.encode(body), warnings=tuple(warnings))


def _add_conversation(body: JSONObject, turns: list[JSONObject]) -> None:
    """Say what was said last as the message, what was said before as history, and the results of tools beside both.

    Beside results, what the tools were called for is said again: https://docs.cohere.com/v1/docs/tool-use.
    """
    results = _take_results(turns)
    asked = [_text(turn.get("content")) for turn in turns if turn["role"] == "user"]
    if turns and turns[-1]["role"] == "user":
        turns.pop()
        body["message"] = asked[-1]
    else:
        body["message"] = asked[-1] if asked and results else ""
    if turns:
        body["chat_history"] = [_turn(turn) for turn in turns]
    if results:
        body["tool_results"] = results


def _text(content: JSON) -> str:
    """Return a content as a text."""
    if is_list(content):
        return "".join(part.get("text") or "" for part in content if is_mapping(part))
    return str(content or "")


def _turn(turn: JSONObject) -> JSONObject:
    said: JSONObject = {"role": _ROLES.get(turn["role"], "USER"), "message": _text(turn.get("content"))}
    calls = turn.get("tool_calls")
    if calls:
        said["message"] = said["message"] or turn.get("tool_plan") or ""
        said["tool_calls"] = [_call(call) for call in calls]
    return said


def _call(call: JSONObject) -> JSONObject:
    function: JSONObject = call["function"]
    return {"name": function["name"], "parameters": msgspec.json.decode(function["arguments"] or "{}")}


def _take_results(turns: list[JSONObject]) -> list[JSONObject]:
    """Take the results of tools from the end of a conversation, each with the call that it answers."""
    answers: list[JSONObject] = []
    while turns and turns[-1]["role"] == "tool":
        answers.insert(0, turns.pop())
    calls = {call["id"]: _call(call) for turn in turns for call in turn.get("tool_calls") or ()}
    unknown: JSONObject = {"name": "", "parameters": {}}
    return [{"call": calls.get(answer["tool_call_id"], unknown), "outputs": [_output(answer)]} for answer in answers]


def _output(answer: JSONObject) -> JSONObject:
    """Return a result as an object, which it may be the JSON of."""
    text = _text(answer.get("content"))
    try:
        tree: JSON = decode_json(text)
    except msgspec.DecodeError:
        tree = None
    return tree if is_object(tree) else {"output": text}


def _tool(function: Mapping[str, JSON]) -> JSONObject:
    schema: JSONObject = dict(function.get("parameters") or {})
    needed: list[str] = schema.get("required") or []
    properties: JSONObject = schema.get("properties") or {}
    definitions = {
        name: {"type": _type(member), "required": name in needed}
        | ({"description": member["description"]} if "description" in member else {})
        for name, member in properties.items()
    }
    tool: JSONObject = {"name": function["name"], "description": function.get("description") or ""}
    return tool | ({"parameter_definitions": definitions} if definitions else {})


def _type(member: JSONObject) -> str:
    said: JSON = member.get("type")
    return _TYPES.get(said, said) if isinstance(said, str) else "str"
