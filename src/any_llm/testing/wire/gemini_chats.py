"""What a recorded request to Gemini meant, as a chat and in one spelling; it shares no code with the dialect."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping

from any_llm.types.json import JSON, JSONObject, is_list, is_object

OPAQUE = frozenset({"args", "response", "parametersJsonSchema", "responseJsonSchema"})
"""Members whose content is the caller's, spelt as he spells it."""

SENTINEL = "c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I="
"""What stands for the signature of a call that is not the vendor's own."""

CONFIG: Mapping[str, str] = {
    "temperature": "temperature",
    "topP": "top_p",
    "maxOutputTokens": "max_tokens",
    "candidateCount": "n",
    "seed": "seed",
    "stopSequences": "stop",
    "responseLogprobs": "logprobs",
    "logprobs": "top_logprobs",
}


def camel(tree: JSON) -> JSON:
    """Spell all members as the reference does; the caller's own content is left alone."""
    if is_list(tree):
        return [camel(item) for item in tree]
    if not is_object(tree):
        return tree
    spelt = {re.sub(r"_(\w)", lambda found: found[1].upper(), name): value for name, value in tree.items()}
    return {name: value if name in OPAQUE else camel(value) for name, value in spelt.items() if value is not None}


_NUMBERED = ("", "string", "number", "integer", "boolean", "array", "object")


def schema(tree: JSON) -> JSON:
    """Spell a schema of the vendor's own kind (`STRING`) as a JSON schema."""
    if is_list(tree):
        return [schema(item) for item in tree]
    if not is_object(tree):
        return tree
    return {name: _type_of(value) if name == "type" else schema(value) for name, value in tree.items()}


def _type_of(value: JSON) -> JSON:
    """Return a type by its JSON schema's name; clients that write numbers for words send its number."""
    if isinstance(value, int):
        return _NUMBERED[value]
    return value.lower() if isinstance(value, str) else schema(value)


def meaning(body: JSONObject) -> JSONObject:
    """Return the body in one spelling: what says nothing is left out, equivalent forms are made one."""
    told: JSONObject = camel(body)
    told.pop("model", None)
    _unmark(told)
    told["contents"] = _joined([_content(content) for content in told["contents"]])
    system = told.pop("systemInstruction", None)
    texts = [part["text"] for part in _list(system.get("parts") if is_object(system) else None)]
    tools = _list(told.pop("tools", None))
    functions = [one for tool in tools for one in tool.get("functionDeclarations", [])]
    choice = told.get("toolConfig", {}).get("functionCallingConfig", {})
    choice |= {name: value.upper() for name, value in choice.items() if name == "mode"}
    return {name: value for name, value in told.items() if value not in ({}, [], "")} | {
        "system": [text for text in texts if text],
        "functions": [_function(one) for one in functions],
        "tools": [tool for tool in tools if "functionDeclarations" not in tool and tool],
    }


def _unmark(body: JSONObject) -> None:
    """Leave out the mark that stands for a missing signature."""
    for part in (part for content in body["contents"] for part in content["parts"]):
        if part.get("thoughtSignature") == SENTINEL:
            del part["thoughtSignature"]


def _list(value: JSON) -> list[JSON]:
    return value if is_list(value) else [value] if value else []


def _content(content: JSONObject) -> JSONObject:
    parts = [{name: value for name, value in part.items() if value is not False} for part in content["parts"]]
    return {"role": content.get("role", "user"), "parts": [part for part in parts if part != {"text": ""}]}


def _joined(contents: list[JSONObject]) -> list[JSONObject]:
    """Join the results of functions that follow each other, as calls made at once are answered at once."""
    joined: list[JSONObject] = []
    for content in contents:
        if joined and all("functionResponse" in held["parts"][0] for held in (joined[-1], content)):
            joined[-1]["parts"] += content["parts"]
        else:
            joined.append(content)
    return joined


def _function(function: JSONObject) -> JSONObject:
    parameters = function.get("parametersJsonSchema") or schema(function.get("parameters") or {})
    rest = {name: value for name, value in function.items() if name in {"name", "description"} and value}
    return rest | {"parameters": parameters}


def intent(body: JSONObject) -> JSONObject:
    """Return the options of a chat completion that mean a body, which is in its one spelling already."""
    told = dict(body)
    options: JSONObject = {"messages": [{"role": "system", "content": text} for text in told.pop("system")]}
    _Chat(options["messages"]).add(told.pop("contents"))
    functions = [{"type": "function", "function": function} for function in told.pop("functions")]
    tools = [*functions, *told.pop("tools")]
    if tools:
        options["tools"] = tools
    config = dict(told.pop("generationConfig", {}))
    options |= {ours: config.pop(name) for name, ours in CONFIG.items() if name in config}
    if config.get("responseMimeType") == "application/json" and "responseSchema" not in config:
        del config["responseMimeType"]
        wanted = config.pop("responseJsonSchema", None)
        options["response_format"] = (
            {"type": "json_object"}
            if wanted is None
            else {"type": "json_schema", "json_schema": {"name": "answer", "schema": wanted}}
        )
    choice = told.get("toolConfig", {}).get("functionCallingConfig")
    if choice is not None:
        options["tool_choice"] = _choice(choice)
        told["toolConfig"] = {
            name: rest for name, rest in told["toolConfig"].items() if name != "functionCallingConfig"
        }
    return options | config | {name: value for name, value in told.items() if value}


def _choice(config: JSONObject) -> JSON:
    mode, names = config["mode"].upper(), config.get("allowedFunctionNames")
    if not names:
        return {"AUTO": "auto", "NONE": "none", "ANY": "required", "VALIDATED": "validated"}[mode]
    if len(names) == 1:
        return {"type": "function", "function": {"name": names[0]}}
    tools = [{"type": "function", "function": {"name": name}} for name in names]
    return {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": tools}}


class _Chat:
    """Turns contents into messages, and keeps count of the calls that wait for results."""

    def __init__(self, messages: list[JSONObject]) -> None:
        self.messages = messages
        self.waiting: list[tuple[str, str]] = []
        self.count = 0

    def add(self, contents: list[JSONObject]) -> None:
        """Add the messages that contents mean."""
        kinds: dict[str, Callable[[list[JSONObject]], None]] = {"user": self._user, "model": self._model}
        for content in contents:
            kinds[content["role"]](content["parts"])

    def _user(self, parts: list[JSONObject]) -> None:
        if "functionResponse" not in parts[0]:
            self.messages.append({"role": "user", "content": [_part(part) for part in parts]})
            return
        for part in parts:
            if "functionResponse" in part:
                self._result(part["functionResponse"])
            else:
                self.messages[-1]["content"].append(_part(part))

    def _result(self, result: JSONObject) -> None:
        answered = next(
            call for call in self.waiting if result.get("id", call[0]) == call[0] and call[1] == result["name"]
        )
        self.waiting.remove(answered)
        text = {"type": "text", "text": json.dumps(result["response"])}
        content = [text, *map(_part, result.get("parts", []))]
        self.messages.append({"role": "tool", "tool_call_id": answered[0], "content": content})

    def _model(self, parts: list[JSONObject]) -> None:
        texts = [part["text"] for part in parts if "text" in part and not part.get("thought")]
        calls = [self._call(part) for part in parts if "functionCall" in part]
        message: JSONObject = {"role": "assistant", "content": "".join(texts) or None, "tool_calls": calls or None}
        if len(parts) == 1 and "thoughtSignature" in parts[0] and texts:
            message["extra_content"] = {"google": {"thought_signature": parts[0]["thoughtSignature"]}}
        elif [next(iter(part)) for part in parts] not in (["text"], ["functionCall"] * len(parts)):
            message["extra_content"] = {"google": {"parts": parts}}
        self.messages.append(message)

    def _call(self, part: JSONObject) -> JSONObject:
        called = part["functionCall"]
        self.count += 1
        identity = called.get("id") or f"gemini-call-{self.count}"
        self.waiting.append((identity, called["name"]))
        function = {"name": called["name"], "arguments": json.dumps(called["args"])}
        signature = part.get("thoughtSignature")
        extra = {"extra_content": {"google": {"thought_signature": signature}}} if signature else {}
        return {"id": identity, "type": "function", "function": function} | extra


def _part(part: JSONObject) -> JSONObject:
    own: JSONObject = {name: part[name] for name in ("videoMetadata", "mediaResolution") if name in part}
    if own:
        return {**_part({name: value for name, value in part.items() if name not in own}), **own}
    match part:
        case {"text": text} if len(part) == 1:
            return {"type": "text", "text": text}
        case {"fileData": file} if len(part) == 1:
            return {"type": "file", "file": {"file_id": file["fileUri"], "format": file.get("mimeType")}}
        case {"inlineData": data} if len(part) == 1:
            return _data_part(data)
        case _:
            return part


def _data_part(data: JSONObject) -> JSONObject:
    media = data["mimeType"]
    uri = f"data:{media};base64,{data['data']}"
    if media.startswith("image/"):
        return {"type": "image_url", "image_url": {"url": uri}}
    if media.startswith("audio/"):
        return {"type": "input_audio", "input_audio": {"data": data["data"], "format": media.partition("/")[2]}}
    return {"type": "file", "file": {"filename": "file", "file_data": uri}}
