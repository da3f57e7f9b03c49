"""Tools of a chat in Cohere's format: https://docs.cohere.com/docs/tool-use-parameter-types."""

from __future__ import annotations

from collections.abc import Mapping

from any_llm.types.conversation import name_of_tool, plain_tool, read_tool_choice
from any_llm.types.json import JSON, JSONObject
from any_llm.types.report import Warning as CallWarning

_MODES: Mapping[str, str] = {"none": "NONE", "required": "REQUIRED"}
_NO_PARAMETERS: Mapping[str, JSON] = {"type": "object", "properties": {}}


def add_tools(body: JSONObject, options: Mapping[str, JSON], warnings: list[CallWarning]) -> None:
    """Say in a body which tools there are and which of them may, must or must not be called.

    Raises:
        InvalidMessageError: a tool or the choice is malformed; the error's `param` is its path.
    """
    choice = read_tool_choice(options.get("tool_choice"))
    tools = _functions(options.get("tools"), warnings)
    if choice is not None and choice.names is not None:
        detail = "a tool cannot be named; the model was given no others"
        warnings.append(CallWarning("emulated", "tool_choice", detail))
        tools = [tool for tool in tools if name_of_tool(tool) in choice.names]
    if choice is not None and choice.mode in _MODES and (tools or choice.mode == "none"):
        body["tool_choice"] = _MODES[choice.mode]
    elif choice is not None and choice.mode == "required":
        warnings.append(CallWarning("dropped", "tool_choice", "there are no tools to choose from"))
    if tools:
        _add_strictness(body, tools, warnings)
        body["tools"] = [_encode_function(tool["function"]) for tool in tools]
    if options.get("parallel_tool_calls") is False:
        warnings.append(CallWarning("dropped", "parallel_tool_calls", "the model may make several calls at once"))


def _functions(given: JSON, warnings: list[CallWarning]) -> list[JSONObject]:
    tools: list[JSONObject] = []
    for index, item in enumerate(given or ()):
        tool = plain_tool(item, f"tools[{index}]")
        if tool.get("type", "function") == "function":
            tools.append(tool)
        else:
            detail = f"the Chat API takes functions, not tools of type {tool['type']!r}"
            warnings.append(CallWarning("dropped", f"tools[{index}]", detail))
    return tools


def _add_strictness(body: JSONObject, tools: list[JSONObject], warnings: list[CallWarning]) -> None:
    """Say that schemas bind, which can be said only of all tools at once."""
    strict = [bool(tool["function"].get("strict")) for tool in tools]
    if any(strict):
        body.setdefault("strict_tools", True)
        if not all(strict):
            detail = "the schemas of all tools bind, as soon as that of one does"
            warnings.append(CallWarning("approximated", "tools", detail))


def _encode_function(function: Mapping[str, JSON]) -> JSONObject:
    encoded = {name: value for name, value in function.items() if name != "strict" and value is not None}
    return {"type": "function", "function": {"parameters": _NO_PARAMETERS, **encoded}}
