"""Tools of a chat in Converse's words: https://docs.aws.amazon.com/bedrock/latest/userguide/tool-use.html."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from any_llm.dialects.bedrock.chat_messages import called_tools
from any_llm.dialects.bedrock.chat_parts import cache_points
from any_llm.dialects.bedrock.families import Family
from any_llm.dialects.bedrock.wire import invalid, member, plain
from any_llm.schemas.shapes import is_mapping, is_object
from any_llm.types.json import JSON, JSONObject
from any_llm.types.report import Warning as CallWarning

_MODES: Mapping[str, str] = {"auto": "auto", "none": "none", "required": "any", "any": "any"}
_OWN = frozenset({"toolSpec", "systemTool", "cachePoint"})
_ANYTHING: Mapping[str, str] = {"type": "object"}

Choice = Mapping[str, Mapping[str, str]]
"""Converse's `toolChoice`, empty for none given; the word `none`, which it lacks, stands here until it is sent."""


def add_tools(body: JSONObject, options: Mapping[str, JSON], family: Family, warnings: list[CallWarning]) -> None:
    """Say in a body which tools there are and which of them may, must or must not be called.

    The API wants the tools named in every request whose messages hold calls or results of tools.

    Raises:
        InvalidMessageError: a tool or the choice is malformed; the error's `param` is its path.
    """
    tools: list[JSONObject] = []
    for index, tool in enumerate(options.get("tools") or ()):
        tools += _encode_tool(plain(tool), f"tools[{index}]", family, warnings)
    choice, allowed = _encode_choice(options.get("tool_choice"))
    if allowed is not None:
        tools = [tool for tool in tools if member(tool, "toolSpec").get("name") in allowed]
    forbidden = "none" in choice
    called = called_tools(body["messages"])
    if all("cachePoint" in tool for tool in tools):
        if choice and not forbidden:
            warnings.append(CallWarning("dropped", "tool_choice", "there are no tools to choose from"))
        _describe_called(body, called, warnings)
    elif called or not forbidden:
        # Of a forbidden tool the model is told only when it has been called.
        choice = _possible(choice, family, warnings)
        body["toolConfig"] = {"tools": tools} | ({"toolChoice": choice} if choice else {})
        if options.get("parallel_tool_calls") is False:
            detail = "Converse cannot limit calls to one at a time"
            warnings.append(CallWarning("dropped", "parallel_tool_calls", detail))


def _possible(choice: Choice, family: Family, warnings: list[CallWarning]) -> Choice:
    """Return the choice as far as it can be said, no choice where it cannot."""
    if "none" in choice:
        detail = "Converse cannot forbid calls in a conversation that has some; the model was left to choose"
    elif choice and "auto" not in choice and not family.forced_tools:
        detail = "a tool call cannot be demanded of this model; it was left to choose"
    else:
        return choice
    warnings.append(CallWarning("approximated", "tool_choice", detail))
    return {}


def _describe_called(body: JSONObject, called: Sequence[str], warnings: list[CallWarning]) -> None:
    if called:
        detail = "the tools that were called are named, as Converse demands; their schemas are not known"
        warnings.append(CallWarning("emulated", "tools", detail))
        specs = [{"toolSpec": {"name": name, "inputSchema": {"json": _ANYTHING}}} for name in called]
        body["toolConfig"] = {"tools": specs}


def _encode_tool(tool: JSON, where: str, family: Family, warnings: list[CallWarning]) -> list[JSONObject]:
    """Return one tool, and the cache point behind it; tools in Converse's own words are passed on as they are."""
    if not is_object(tool):
        raise invalid(where, f"a tool is an object with a 'type', not {tool!r:.100}")
    if _OWN & tool.keys():
        return [tool]
    if tool.get("type", "function") != "function":
        warnings.append(CallWarning("dropped", where, f"Converse has no tools of the type {tool['type']!r}"))
        return []
    function = tool.get("function")
    if not is_mapping(function) or not isinstance(function.get("name"), str):
        raise invalid(f"{where}.function", f"an object with a 'name' is needed, found {function!r:.100}")
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


def _encode_choice(choice: JSON) -> tuple[Choice, Sequence[str] | None]:
    """Return the choice, and the names of the tools it is restricted to, if it is."""
    said: Mapping[str, JSON] = choice if is_mapping(choice) else {"type": choice}
    kind: JSON = said.get("type")
    named: JSON = said.get(kind) if isinstance(kind, str) else None
    match kind, named:
        case str(), _ if kind in _MODES:
            return {_MODES[kind]: {}}, None
        case "function", {"name": str(name)}:
            return {"tool": {"name": name}}, None
        case "allowed_tools", {"tools": [*tools]}:
            return {_MODES.get(str(named.get("mode")), "auto"): {}}, [_name_of(tool) for tool in tools]
        case None, _ if choice is None or (len(said) == 1 and said.keys() <= {"auto", "any", "tool"}):
            return ({} if choice is None else dict(said)), None
        case _:
            raise invalid(
                "tool_choice",
                "one of 'auto', 'none', 'required' or {'type': 'function', 'function': {'name': …}} is needed, "
                f"found {choice!r:.100}",
            )


def _name_of(tool: JSON) -> str:
    named: JSON = tool.get("function", tool) if is_mapping(tool) else None
    return str(named.get("name", "")) if is_mapping(named) else ""
