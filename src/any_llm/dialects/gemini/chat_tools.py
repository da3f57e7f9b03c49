"""Tools of a chat in Gemini's format: https://ai.google.dev/gemini-api/docs/function-calling."""

from __future__ import annotations

from collections.abc import Mapping

from any_llm.dialects.gemini.chat_parts import invalid
from any_llm.dialects.gemini.wire import members, plain
from any_llm.schemas.shapes import is_list, is_mapping, is_object
from any_llm.types.built_in_tools import CODE_INTERPRETER, WEB_FETCH, WEB_SEARCH, built_in, settings_of
from any_llm.types.json import JSON, JSONObject
from any_llm.types.report import Warning as CallWarning

_MODES: Mapping[str, str] = {"auto": "AUTO", "none": "NONE", "required": "ANY", "any": "ANY", "validated": "VALIDATED"}
_TRANSLATED = frozenset({"name", "description", "parameters", "strict"})

_BUILT_IN: Mapping[str, str] = {
    WEB_SEARCH: "googleSearch",
    WEB_FETCH: "urlContext",
    CODE_INTERPRETER: "codeExecution",
}
"""Built-in tools as the vendor calls them: https://ai.google.dev/gemini-api/docs/tools."""


def add_tools(body: JSONObject, options: Mapping[str, JSON], warnings: list[CallWarning]) -> None:
    """Say in a body which tools there are and which of them may, must or must not be called.

    Functions keep their whole JSON schemas (`parametersJsonSchema`); the vendor's own tools (`{"googleSearch": {}}`)
    are passed on as they are.

    Raises:
        InvalidMessageError: a tool or the choice is malformed; the error's `param` is its path.
    """
    functions: list[JSONObject] = []
    tools: list[JSONObject] = []
    for index, tool in enumerate(options.get("tools") or ()):
        _sort_tool(tool, f"tools[{index}]", (functions, tools), warnings)
    if options.get("web_search_options") is not None:
        tools.append({"googleSearch": {}})
        detail = "the googleSearch tool was added, which has no such options"
        warnings.append(CallWarning("approximated", "web_search_options", detail))
    mode, allowed = _encode_choice(options.get("tool_choice"))
    if allowed is not None and mode == "AUTO":
        functions = [function for function in functions if function["name"] in allowed]
        allowed = None
    if functions:
        tools.insert(0, {"functionDeclarations": functions})
    if tools:
        body["tools"] = tools
    if mode is not None:
        _add_choice(body, mode, allowed, warnings)
    if options.get("parallel_tool_calls") is False:
        warnings.append(CallWarning("dropped", "parallel_tool_calls", "the API cannot forbid several calls at once"))


def _add_choice(body: JSONObject, mode: str, allowed: list[str] | None, warnings: list[CallWarning]) -> None:
    if "tools" not in body and "cachedContent" not in body:
        if mode != "NONE":
            warnings.append(CallWarning("dropped", "tool_choice", "there are no tools to choose from"))
        return
    config: JSONObject = {"mode": mode} | ({"allowedFunctionNames": allowed} if allowed else {})
    body["toolConfig"] = {"functionCallingConfig": config} | members(body.get("toolConfig"))


def _sort_tool(
    given: JSON, where: str, places: tuple[list[JSONObject], list[JSONObject]], warnings: list[CallWarning]
) -> None:
    """Put a tool among the functions or among the vendor's own tools."""
    functions, tools = places
    tool = plain(given)
    if not is_object(tool):
        raise invalid(where, f"a tool is an object with a 'type', not {given!r:.100}")
    if "custom" in tool:
        warnings.append(CallWarning("dropped", where, "the API has no tools with free text as input"))
    elif "function" in tool or tool.get("type") == "function":
        functions.append(_encode_function(tool.get("function"), f"{where}.function", warnings))
    elif kind := built_in(tool):
        tools.append({_BUILT_IN[kind]: settings_of(tool, {}, where, warnings)})
    else:
        tools.append(tool)


def _encode_function(function: JSON, where: str, warnings: list[CallWarning]) -> JSONObject:
    if not is_mapping(function) or not isinstance(function.get("name"), str):
        raise invalid(where, f"an object with a 'name' is needed, found {function!r:.100}")
    parameters = function.get("parameters")
    if parameters is not None and not is_object(parameters):
        raise invalid(f"{where}.parameters", f"a JSON schema is needed, found {parameters!r:.100}")
    encoded: JSONObject = {"name": function["name"]}
    if function.get("description"):
        encoded["description"] = function["description"]
    if parameters:
        encoded["parametersJsonSchema"] = parameters
    if function.get("strict"):
        warnings.append(CallWarning("dropped", f"{where}.strict", "say tool_choice='validated' where the model has it"))
    return encoded | {name: value for name, value in function.items() if name not in _TRANSLATED and value is not None}


def _encode_choice(choice: JSON) -> tuple[str | None, list[str] | None]:
    """Return the mode, and the names of the functions it is restricted to, if it is."""
    if choice is None:
        return None, None
    if isinstance(choice, str) and choice in _MODES:
        return _MODES[choice], None
    said: Mapping[str, JSON] = choice if is_mapping(choice) else {}
    kind = str(said.get("type"))
    named: JSON = said.get(kind)
    if kind == "function" and is_mapping(named) and isinstance(named.get("name"), str):
        return "ANY", [named["name"]]
    if kind == "allowed_tools" and is_mapping(named) and is_list(named.get("tools")):
        return _MODES.get(str(named.get("mode")), "AUTO"), [_name_of(tool) for tool in named["tools"]]
    raise invalid(
        "tool_choice",
        "one of 'auto', 'none', 'required' or {'type': 'function', 'function': {'name': …}} is needed, "
        f"found {choice!r:.100}",
    )


def _name_of(tool: JSON) -> str:
    return str(members(members(tool).get("function", tool)).get("name", ""))
