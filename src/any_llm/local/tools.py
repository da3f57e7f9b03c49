"""Tool calls, also from models that were never trained to make them.

The model is told about the tools in its system message, and its answer must fit a JSON schema, `{"tool", "arguments"}`
or `{"reply"}`. That always gives a valid call, enforces every `tool_choice`, and works with 135 million parameters.
Asking Qwen 0.5B through its own chat template was tried and is worse: where no tool fits, llama.cpp fails on its answer
in one case out of three, and after the result of a tool it writes the same call again.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Sequence
from typing import Literal, cast

import msgspec

from any_llm.local.parameters import flag
from any_llm.local.refusal import RefusedError, describe, expect, expect_list, expect_object, is_list, unsupported
from any_llm.types.json import JSON, JSONObject

PARAMETERS = frozenset({"tools", "tool_choice", "parallel_tool_calls"})

_REPLY = re.compile(r'\s*\{\s*"reply"\s*:\s*(?=\S)')
_CALL = re.compile(r'\s*\{\s*"tool"\s*:\s*("(?:[^"\\]|\\.)*")\s*,\s*"arguments"\s*:\s*(?=\S)')
_TEXT = re.compile(
    r'(?:[^"\\]|\\["\\/bfnrt]|\\u(?![dD][89abAB])[0-9a-fA-F]{4}'
    r"|\\u[dD][89abAB][0-9a-fA-F]{2}(?:\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?=[^\\])))*"
)
"""The inside of a JSON string as far as it is complete: no half escape, and no half of a pair of them."""


class Tools(msgspec.Struct, frozen=True):
    """The tools that may be called in this turn, whether one must be, and whether one has just answered."""

    offered: Sequence[JSONObject] = ()
    required: bool = False
    answered: bool = False


def check_tools(request: JSONObject, messages: Sequence[JSONObject]) -> Tools:
    """Return which tools a request offers in this turn.

    After the result of a tool, tools that need not be called are not offered: small models would call them again for
    ever instead of answering.

    Raises:
        RefusedError: a tool or the choice is malformed, or is of a kind that local models cannot honour.
    """
    listed = expect_list(request.get("tools") or [], "tools")
    offered = [_tool(tool, f"tools[{index}]") for index, tool in enumerate(listed)]
    flag(request, "parallel_tool_calls")  # a turn has one call, which is right either way
    mode, names = _choice(request.get("tool_choice"))
    if names is not None:
        known = {tool["function"]["name"] for tool in offered}
        if missing := names - known:
            raise RefusedError(
                f"tool_choice names {sorted(missing)}, and the tools are {sorted(known)}",
                code="invalid_value",
                param="tool_choice",
            )
        offered = [tool for tool in offered if tool["function"]["name"] in names]
    if mode == "required" and not offered:
        raise RefusedError("tool_choice needs tools", code="invalid_value", param="tool_choice")
    answered = messages[-1]["role"] == "tool"
    if mode == "none" or (mode == "auto" and answered):
        return Tools(answered=answered)
    return Tools(offered, required=mode == "required", answered=answered)


def ask_for_calls(body: JSONObject, tools: Tools) -> bool:
    """Add the tools to llama.cpp's request, and return whether its answer has to go through `CallReader`."""
    body["messages"] = _plain_history(body["messages"])
    # Without a form to keep to, a model that has written a call before writes one again after its result.
    replying = tools.answered and "response_format" not in body
    if not tools.offered and not replying:
        return False
    if body.get("logprobs"):
        raise unsupported("logprobs", "not together with tools, whose calls are written in another form first")
    body["messages"] = _with_tools(body["messages"], tools)
    reply = _reply_schema(body.pop("response_format", None))
    body["response_format"] = {
        "type": "json_schema",
        "json_schema": {"name": "answer", "schema": _answer_schema(tools, reply)},
    }
    return True


class CallReader:
    """Reads `{"tool", "arguments"}` or `{"reply"}` as it is written, and tells it as OpenAI's deltas."""

    def __init__(self) -> None:
        self._text = ""
        self._told = 0
        self._kind: Literal["call", "text", "json"] | None = None

    @property
    def called(self) -> bool:
        """Whether the answer is a call."""
        return self._kind == "call"

    def feed(self, piece: str) -> list[JSONObject]:
        """Take a piece of the text, and return what it adds to the message."""
        self._text += piece
        deltas = self._begin() if self._kind is None else []
        body = self._text[self._told :]
        if self._kind == "text":
            content, used = _unescape(body)
            self._told += used
            deltas += [{"content": content}] if content else []
        elif self._kind is not None and (value := self._value(body)):
            deltas.append(_arguments(value) if self.called else {"content": value})
        return deltas

    def _begin(self) -> list[JSONObject]:
        if found := _CALL.match(self._text):
            self._kind, self._told = "call", found.end()
            name: str = msgspec.json.decode(found[1])
            call = {"id": f"call_{uuid.uuid4().hex[:24]}", "type": "function"}
            return [{"tool_calls": [{"index": 0, **call, "function": {"name": name, "arguments": ""}}]}]
        if found := _REPLY.match(self._text):
            text = self._text[found.end()] == '"'
            self._kind, self._told = ("text", found.end() + 1) if text else ("json", found.end())
        return []

    def _value(self, body: str) -> str:
        # The closing brace of the object around the value comes last; what may turn out to be it is held back.
        kept = body.rstrip().removesuffix("}").rstrip()
        self._told += len(kept)
        return kept


def _unescape(text: str) -> tuple[str, int]:
    found = _TEXT.match(text)
    inside = found[0] if found else ""
    plain: str = json.loads(f'"{inside}"', strict=False)
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace"), len(inside)


def _arguments(piece: str) -> JSONObject:
    return {"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}


def _tool(value: JSON, at: str) -> JSONObject:
    tool = expect_object(value, at)
    if tool.get("type") != "function":
        raise unsupported(f"{at}.type", f"it must be 'function', and is {describe(tool.get('type'))}")
    function = expect_object(tool.get("function"), f"{at}.function")
    parameters = expect_object(function.get("parameters") or {"type": "object", "properties": {}}, f"{at}.parameters")
    return {
        "type": "function",
        "function": {
            "name": expect(function.get("name"), str, f"{at}.function.name"),
            "description": expect(function.get("description") or "", str, f"{at}.function.description"),
            "parameters": parameters,
        },
    }


def _choice(value: JSON) -> tuple[str, set[str] | None]:
    if value is None or value in ("auto", "none", "required"):
        return value or "auto", None
    chosen = expect_object(value, "tool_choice")
    if chosen.get("type") == "function":
        function = expect_object(chosen.get("function"), "tool_choice.function")
        return "required", {expect(function.get("name"), str, "tool_choice.function.name")}
    raise unsupported(
        "tool_choice", f"it must be 'auto', 'none', 'required' or name a function, and is {describe(value)}"
    )


def _with_tools(messages: Sequence[JSONObject], tools: Tools) -> list[JSONObject]:
    lines: list[str] = []
    if tools.offered:
        lines.append("You can call these tools:")
        lines += [msgspec.json.encode(tool["function"]).decode() for tool in tools.offered]
        lines.append('To call a tool, answer {"tool": <its name>, "arguments": <its arguments>}.')
    if not tools.required:
        lines.append('To answer without a tool, answer {"reply": <the answer>}.')
    text = "\n".join(lines)
    first, *rest = messages
    if first["role"] != "system":
        return [{"role": "system", "content": text}, *messages]
    return [{"role": "system", "content": f"{first['content']}\n\n{text}"}, *rest]


def _plain_history(messages: Sequence[JSONObject]) -> list[JSONObject]:
    names = {call["id"]: call["function"]["name"] for message in messages for call in message.get("tool_calls", ())}
    return [_plain(message, names) for message in messages]


def _plain(message: JSONObject, names: dict[str, str]) -> JSONObject:
    if message["role"] == "tool":
        name = names.get(message["tool_call_id"], "the tool")
        return {"role": "user", "content": f"The result of {name}: {message['content']}"}
    calls = (
        f'{{"tool":{msgspec.json.encode(call["function"]["name"]).decode()},"arguments":{call["function"]["arguments"]}}}'
        for call in message.get("tool_calls", ())
    )
    content = "\n".join(filter(None, [message["content"], *calls]))
    return {"role": message["role"], "content": content}


def _reply_schema(chosen: JSONObject | None) -> JSONObject:
    if chosen is None:
        return {"type": "string"}
    schema: JSONObject = chosen.get("json_schema", {}).get("schema", {"type": "object"})
    return schema


def _answer_schema(tools: Tools, reply: JSONObject) -> JSONObject:
    branches = [
        {
            "type": "object",
            "properties": {
                "tool": {"const": tool["function"]["name"]},
                "arguments": _lifted(tool["function"]["parameters"], f"#/anyOf/{index}/properties/arguments"),
            },
            "required": ["tool", "arguments"],
            "additionalProperties": False,
        }
        for index, tool in enumerate(tools.offered)
    ]
    if not tools.required:
        branches.append(
            {
                "type": "object",
                "properties": {"reply": _lifted(reply, f"#/anyOf/{len(branches)}/properties/reply")},
                "required": ["reply"],
                "additionalProperties": False,
            }
        )
    return {"anyOf": branches}


def _lifted(schema: JSON, at: str) -> JSON:
    """Return a schema whose references hold where it now stands, within another one."""
    if is_list(schema):
        return [_lifted(item, at) for item in schema]
    if not isinstance(schema, dict):
        return schema
    tree = cast("JSONObject", schema)
    moved = {name: _lifted(value, at) for name, value in tree.items()}
    reference = tree.get("$ref")
    if isinstance(reference, str) and reference.startswith("#"):
        moved["$ref"] = at + reference[1:]
    return moved
