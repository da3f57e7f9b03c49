"""Tools of a chat in Converse's words: https://docs.aws.amazon.com/bedrock/latest/userguide/tool-use.html."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from any_llm.dialects.bedrock.chat_messages import called_tools
from any_llm.dialects.bedrock.chat_parts import cache_points
from any_llm.dialects.bedrock.families import Family
from any_llm.dialects.bedrock.wire import member
from any_llm.schemas.shapes import is_object
from any_llm.types.built_in_tools import built_in, settings_of
from any_llm.types.conversation import ToolChoice, invalid, plain, plain_tool, read_tool_choice
from any_llm.types.json import JSON, JSONObject
from any_llm.types.report import Warning as CallWarning

_OWN = frozenset({"toolSpec", "systemTool", "cachePoint"})
_ANYTHING: Mapping[str, str] = {"type": "object"}


def add_tools(body: JSONObject, options: Mapping[str, JSON], family: Family, warnings: list[CallWarning]) -> None:
    """Say in a body which tools there are and which of them may, must or must not be called.

    The API wants the tools named in every request whose messages hold calls or results of tools.

    Raises:
        InvalidMessageError: a tool or the choice is malformed; the error's `param` is its path.
    """
    tools: list[JSONObject] = []
    for index, tool in enumerate(options.get("tools") or ()):
        tools += _encode_tool(plain(tool), f"tools[{index}]", family, warnings)
    choice = read_tool_choice(options.get("tool_choice"))
    if choice is not None and choice.names is not None and not _names_one(choice):
        tools = [tool for tool in tools if member(tool, "toolSpec").get("name") in choice.names]
    forbidden = choice is not None and choice.mode == "none"
    called = called_tools(body["messages"])
    if all("cachePoint" in tool for tool in tools):
        if choice is not None and not forbidden:
            warnings.append(CallWarning("dropped", "tool_choice", "there are no tools to choose from"))
        _describe_called(body, called, warnings)
    elif called or not forbidden:
        # Of a forbidden tool the model is told only when it has been called.
        chosen = _encode_choice(choice, family, warnings) if choice is not None else None
        body["toolConfig"] = {"tools": tools} | ({"toolChoice": chosen} if chosen else {})
        if options.get("parallel_tool_calls") is False:
            detail = "Converse cannot limit calls to one at a time"
            warnings.append(CallWarning("dropped", "parallel_tool_calls", detail))


def _names_one(choice: ToolChoice) -> bool:
    return choice.mode == "required" and choice.names is not None and len(choice.names) == 1


def _encode_choice(choice: ToolChoice, family: Family, warnings: list[CallWarning]) -> JSONObject | None:
    """Return a choice as far as it can be said, nothing where it cannot."""
    if choice.mode == "auto":
        return {"auto": {}}
    if choice.mode == "none":
        detail = "Converse cannot forbid calls in a conversation that has some; the model was left to choose"
    elif not family.forced_tools:
        detail = "a tool call cannot be demanded of this model; it was left to choose"
    else:
        return {"tool": {"name": choice.names[0]}} if choice.names and _names_one(choice) else {"any": {}}
    warnings.append(CallWarning("approximated", "tool_choice", detail))
    return None


def _describe_called(body: JSONObject, called: Sequence[str], warnings: list[CallWarning]) -> None:
    if called:
        detail = "the tools that were called are named, as Converse demands; their schemas are not known"
        warnings.append(CallWarning("emulated", "tools", detail))
        specs = [{"toolSpec": {"name": name, "inputSchema": {"json": _ANYTHING}}} for name in called]
        body["toolConfig"] = {"tools": specs}


def _encode_tool(tool: JSON, where: str, family: Family, warnings: list[CallWarning]) -> list[JSONObject]:
    """Return one tool, and the cache point behind it; tools in Converse's own words are passed on as they are."""
    if is_object(tool) and _OWN & tool.keys():
        return [tool]
    tool = plain_tool(tool, where)
    kind = built_in(tool) or ""
    if kind in family.system_tools:
        settings_of(tool, {}, where, warnings)
        return [{"systemTool": {"name": family.system_tools[kind]}}]
    if tool.get("type", "function") != "function":
        warnings.append(CallWarning("dropped", where, f"Converse has no tools of the type {tool['type']!r}"))
        return []
    function: JSONObject = tool["function"]
    spec = _encode_function(function, f"{where}.function", family, warnings)
    return [{"toolSpec": spec}, *cache_points(tool.get("cache_control") or function.get("cache_control"))]


def _encode_function(
    function: Mapping[str, JSON], where: str, family: Family, warnings: list[CallWarning]
) -> JSONObject:
    parameters = function.get("parameters")
    if parameters is not None and not is_object(parameters):
        raise invalid(f"{where}.parameters", f"a JSON schema is needed, found {parameters!r:.100}")
    schema = {**_ANYTHING, **(parameters or {"properties": {}})}
    spec: JSONObject = {"name": function["name"], "inputSchema": {"json": schema}}
    if function.get("description"):
        spec["description"] = function["description"]
    if function.get("strict") and family.schemas == "native":
        spec["strict"] = True
    elif function.get("strict"):
        warnings.append(CallWarning("dropped", f"{where}.strict", "this model cannot be held to a tool's schema"))
    return spec
