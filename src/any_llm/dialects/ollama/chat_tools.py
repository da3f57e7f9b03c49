"""Tools of a chat in Ollama's format: https://docs.ollama.com/capabilities/tool-calling."""

from __future__ import annotations

from collections.abc import Mapping

from any_llm.types.conversation import ToolChoice, name_of_tool, plain_tool, read_tool_choice
from any_llm.types.json import JSON, JSONObject
from any_llm.types.report import Warning as CallWarning


def add_tools(body: JSONObject, options: Mapping[str, JSON], warnings: list[CallWarning]) -> None:
    """Say in a body which tools there are; which of them must be called cannot be said.

    Raises:
        InvalidMessageError: a tool or the choice is malformed; the error's `param` is its path.
    """
    tools = _choose(_functions(options.get("tools"), warnings), read_tool_choice(options.get("tool_choice")), warnings)
    if tools:
        body["tools"] = tools
    if options.get("parallel_tool_calls") is False:
        warnings.append(CallWarning("dropped", "parallel_tool_calls", "the model may make several calls at once"))


def _functions(given: JSON, warnings: list[CallWarning]) -> list[JSONObject]:
    tools: list[JSONObject] = []
    for index, item in enumerate(given or ()):
        tool = plain_tool(item, f"tools[{index}]")
        if tool.get("type", "function") == "function":
            tools.append({"type": "function", **tool})
        else:
            detail = f"Ollama takes functions, not tools of type {tool['type']!r}"
            warnings.append(CallWarning("dropped", f"tools[{index}]", detail))
    return tools


def _choose(tools: list[JSONObject], choice: ToolChoice | None, warnings: list[CallWarning]) -> list[JSONObject]:
    """Leave out the tools that must not be called."""
    if choice is None or not tools:
        return tools
    if choice.mode == "none":
        warnings.append(CallWarning("emulated", "tool_choice", "the model was not told of the tools"))
        return []
    if choice.mode == "required":
        warnings.append(
            CallWarning("approximated", "tool_choice", "a call cannot be demanded; the model may make none")
        )
    if choice.names is None:
        return tools
    warnings.append(CallWarning("emulated", "tool_choice", "a tool cannot be named; the model was given no others"))
    return [tool for tool in tools if name_of_tool(tool) in choice.names]
