"""What requests in Gemini's format ask for: https://ai.google.dev/api/generate-content#request-body."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.testing.mock.asked import Asked, Tool, Turn
from any_llm.testing.mock.request import MockRequest
from any_llm.testing.mock.wires.google_words import group, keyed_read, listed, member, refuse
from any_llm.types.json import JSON, JSONObject, is_list, is_object

_ROLES: Mapping[str, str] = {"": "user", "user": "user", "model": "assistant", "function": "tool", "tool": "tool"}
_RESULTS = ("result", "output", "content")
"""Under which names the text of a tool's result stands, where nothing else stands beside it."""

_HOSTED = ("googleSearch", "googleSearchRetrieval", "codeExecution", "urlContext")
"""The vendor's own tools that an answer may show signs of."""


def read_generate(request: MockRequest) -> Asked:
    """Read a request for content, also one that counts tokens or is one of a batch."""
    return asked_of(request.object, request.params["model"])


def read_streamed(request: MockRequest) -> Asked:
    """Read a request for content in pieces."""
    return asked_of(request.object, request.params["model"], stream=True)


def asked_of(body: Mapping[str, JSON], model: str, *, stream: bool = False) -> Asked:
    """Return what a body asks for.

    Raises:
        RefusedError: it has no contents, or a role that there is not.
    """
    contents = listed(body, "contents")
    if not contents:
        raise refuse("* GenerateContentRequest.contents: contents is not specified\n")
    config = group(body, "generationConfig")
    mode, named = _choice(body)
    tools = tuple(tool for tool in _tools(body) if not named or tool.name in named)
    choice = {"NONE": "none", "ANY": "required"}.get(mode, "auto")
    return Asked(
        model=model,
        stream=stream,
        turns=(*system_turns(body), *turns_of(contents)),
        tools=tools,
        tool_choice=named[0] if choice == "required" and len(named) == 1 else choice,
        schema=_schema(config),
        max_tokens=member(config, "maxOutputTokens"),
        stop=tuple(member(config, "stopSequences") or ()),
        n=member(config, "candidateCount") or 1,
        reasoning=bool(member(group(config, "thinkingConfig"), "includeThoughts")),
        usage=True,
        options={
            "modalities": [str(name).upper() for name in member(config, "responseModalities") or ()],
            "logprobs": member(config, "responseLogprobs") is True,
            "likeliest": member(config, "logprobs") or 0,
            "hosted": [name for tool in listed(body, "tools") for name in _HOSTED if is_object(member(tool, name))],
            "cache": member(body, "cachedContent"),
        },
    )


def system_turns(body: Mapping[str, JSON]) -> tuple[Turn, ...]:
    """Return the instructions as a turn, none where they say nothing."""
    said = member(body, "systemInstruction")
    text = said if isinstance(said, str) else text_of(listed(said, "parts")) if is_object(said) else ""
    return (Turn("system", text),) if text else ()


def turns_of(contents: list[JSONObject]) -> list[Turn]:
    """Return the turns of a conversation: results of functions are turns of their own.

    Raises:
        RefusedError: there is no such role.
    """
    turns: list[Turn] = []
    for content in contents:
        role = _ROLES.get(str(content.get("role") or ""))
        if role is None:
            raise refuse("Please use a valid role: user, model.")
        parts = listed(content, "parts")
        results = [member(part, "functionResponse") for part in parts]
        turns += [_result(result) for result in results if is_object(result)]
        if not any(map(is_object, results)) or text_of(parts):
            turns.append(Turn(role, text_of(parts)))
    return turns


def text_of(parts: list[JSONObject]) -> str:
    """Return the text of parts, thoughts left out."""
    return "".join(str(part.get("text") or "") for part in parts if not part.get("thought"))


def _result(result: JSONObject) -> Turn:
    said = result.get("response")
    if is_object(said) and len(said) == 1 and (name := next(iter(said))) in _RESULTS:
        said = said[name]
    text = said if isinstance(said, str) else msgspec.json.encode(said).decode()
    return Turn("tool", text, str(result.get("id") or result.get("name") or ""))


def _tools(body: Mapping[str, JSON]) -> list[Tool]:
    return [
        Tool(
            str(declared.get("name", "")),
            plain_schema(member(declared, "parametersJsonSchema") or declared.get("parameters")),
            str(declared.get("description") or ""),
        )
        for tool in listed(body, "tools")
        for declared in listed(tool, "functionDeclarations")
    ]


def _choice(body: Mapping[str, JSON]) -> tuple[str, tuple[str, ...]]:
    config = group(group(body, "toolConfig"), "functionCallingConfig")
    names = member(config, "allowedFunctionNames")
    return str(config.get("mode") or "AUTO").upper(), tuple(map(str, names)) if is_list(names) else ()


def _schema(config: Mapping[str, JSON]) -> JSON:
    wanted = member(config, "responseJsonSchema") or member(config, "responseSchema")
    if is_object(wanted):
        return plain_schema(wanted)
    return {} if member(config, "responseMimeType") == "application/json" else None


def plain_schema(schema: JSON) -> JSON:
    """Return a schema in the words of JSON Schema; Google's types are in capitals, and `nullable` is one of theirs."""
    if is_list(schema):
        return [plain_schema(item) for item in schema]
    if not is_object(schema):
        return schema
    plain: JSONObject = {}
    for name, value in schema.items():
        if name == "properties" and is_object(value):
            plain[name] = {each: plain_schema(inner) for each, inner in value.items()}
        elif name in {"enum", "const", "default", "example", "required"}:
            plain[name] = value
        elif name == "type" and isinstance(value, str):
            plain[name] = value.lower()
        else:
            plain[{"anyOf": "anyOf", "any_of": "anyOf"}.get(name, name)] = plain_schema(value)
    if plain.pop("nullable", False) is True and isinstance(plain.get("type"), str):
        plain["type"] = [plain["type"], "null"]
    return plain


READ = keyed_read(read_generate)
READ_STREAMED = keyed_read(read_streamed)
