"""Tools of a chat in Anthropic's format: https://platform.claude.com/docs/en/agents-and-tools/tool-use/overview."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from any_llm.dialects.anthropic.chat_parts import invalid
from any_llm.dialects.anthropic.families import Family
from any_llm.dialects.anthropic.wire import plain
from any_llm.schemas.shapes import is_list, is_mapping, is_object
from any_llm.types.built_in_tools import CODE_INTERPRETER, WEB_FETCH, WEB_SEARCH, built_in, settings_of
from any_llm.types.json import JSON, JSONObject
from any_llm.types.report import Warning as CallWarning

_MODES: Mapping[str, str] = {"auto": "auto", "none": "none", "required": "any", "any": "any"}

_DOMAINS: Mapping[str, str] = {"allowed_domains": "allowed_domains"}
_BUILT_IN: Mapping[str, tuple[JSONObject, Mapping[str, str]]] = {
    WEB_SEARCH: (
        {"type": "web_search_20250305", "name": "web_search"},
        {**_DOMAINS, "user_location": "user_location"},
    ),
    WEB_FETCH: ({"type": "web_fetch_20250910", "name": "web_fetch"}, _DOMAINS),
    CODE_INTERPRETER: ({"type": "code_execution_20250825", "name": "code_execution"}, {}),
}
"""Built-in tools as the vendor calls them, in the versions that all current models have, and settings that they take.

https://platform.claude.com/docs/en/agents-and-tools/tool-use/tool-reference
"""

_BETAS: Mapping[str, str] = {WEB_FETCH: "web-fetch-2025-09-10", CODE_INTERPRETER: "code-execution-2025-08-25"}


def betas_of(tools: Sequence[JSON] | None) -> list[str]:
    """Return the beta flags of the built-in tools among those that a caller gave, each once."""
    kinds = [built_in(plain(tool)) or "" for tool in tools or ()]
    return list(dict.fromkeys(_BETAS[kind] for kind in kinds if kind in _BETAS))


def add_tools(body: JSONObject, options: Mapping[str, JSON], family: Family, warnings: list[CallWarning]) -> None:
    """Say in a body which tools there are and which of them may, must or must not be called.

    Raises:
        InvalidMessageError: a tool or the choice is malformed; the error's `param` is its path.
    """
    tools = [
        encoded
        for index, tool in enumerate(options.get("tools") or ())
        if (encoded := encode_tool(plain(tool), f"tools[{index}]", warnings)) is not None
    ]
    choice, allowed = _encode_choice(options.get("tool_choice"))
    if allowed is not None:
        tools = [tool for tool in tools if tool.get("name") in allowed]
    if not tools:
        if choice not in (None, {"type": "none"}):
            warnings.append(CallWarning("dropped", "tool_choice", "there are no tools to choose from"))
        return
    if not family.schemas and _loosen(tools):
        warnings.append(CallWarning("dropped", "tools", "this model cannot be held to a tool's schema (strict)"))
    body["tools"] = tools
    if choice is not None and choice["type"] in {"any", "tool"} and not family.forced_tools:
        detail = "a tool call cannot be demanded of this model; it was left to choose"
        warnings.append(CallWarning("approximated", "tool_choice", detail))
        choice = {"type": "auto"}
    if options.get("parallel_tool_calls") is False and choice != {"type": "none"}:
        choice = {**(choice or {"type": "auto"}), "disable_parallel_tool_use": True}
    if choice is not None:
        body["tool_choice"] = choice


def _loosen(tools: list[JSONObject]) -> bool:
    """Take `strict` from tools, and tell whether any had it."""
    strict = [index for index, tool in enumerate(tools) if tool.get("strict")]
    for index in strict:
        tools[index] = {name: value for name, value in tools[index].items() if name != "strict"}
    return bool(strict)


def encode_tool(tool: JSON, where: str, warnings: list[CallWarning]) -> JSONObject | None:
    """Return one tool, or nothing with a warning; those of the vendor's own formats are passed on as they are.

    Raises:
        InvalidMessageError: the tool is malformed; the error's `param` is its path, which begins with `where`.
    """
    if not is_object(tool):
        raise invalid(where, f"a tool is an object with a 'type', not {tool!r:.100}")
    if "custom" in tool:
        warnings.append(CallWarning("dropped", where, "the Messages API has no tools with free text as input"))
        return None
    kind = built_in(tool)
    if kind is not None:
        theirs, taken = _BUILT_IN[kind]
        marker = {"cache_control": tool["cache_control"]} if "cache_control" in tool else {}
        return {**theirs, **settings_of(tool, taken, where, warnings), **marker}
    if tool.get("type", "function") != "function" or ("function" not in tool and "input_schema" in tool):
        return tool
    function = tool.get("function")
    if not is_mapping(function) or not isinstance(function.get("name"), str):
        raise invalid(f"{where}.function", f"an object with a 'name' is needed, found {function!r:.100}")
    encoded = _encode_function(function, f"{where}.function")
    return encoded | {name: value for name, value in tool.items() if name not in _TRANSLATED and value is not None}


def _encode_function(function: Mapping[str, JSON], where: str) -> JSONObject:
    parameters = function.get("parameters")
    if parameters is not None and not is_object(parameters):
        raise invalid(f"{where}.parameters", f"a JSON schema is needed, found {parameters!r:.100}")
    schema = {"type": "object", **(parameters or {"properties": {}})}
    encoded: JSONObject = {"name": function["name"], "input_schema": schema}
    if function.get("description"):
        encoded["description"] = function["description"]
    if function.get("strict"):
        encoded["strict"] = True
    return encoded | {name: value for name, value in function.items() if name not in _TRANSLATED and value is not None}


_TRANSLATED = frozenset({"type", "function", "name", "description", "parameters", "strict"})


def _encode_choice(choice: JSON) -> tuple[JSONObject | None, Sequence[str] | None]:
    """Return the choice, and the names of the tools it is restricted to, if it is."""
    if choice is None:
        return None, None
    if isinstance(choice, str) and choice in _MODES:
        return {"type": _MODES[choice]}, None
    said: Mapping[str, JSON] = choice if is_mapping(choice) else {}
    kind = str(said.get("type"))
    if kind in {"auto", "any", "none", "tool"}:
        return dict(said), None
    named: JSON = said.get(kind)
    if kind == "function" and is_mapping(named) and isinstance(named.get("name"), str):
        return {"type": "tool", "name": named["name"]}, None
    if kind == "allowed_tools" and is_mapping(named) and is_list(named.get("tools")):
        return {"type": _MODES.get(str(named.get("mode")), "auto")}, [_name_of(tool) for tool in named["tools"]]
    raise invalid(
        "tool_choice",
        "one of 'auto', 'none', 'required' or {'type': 'function', 'function': {'name': …}} is needed, "
        f"found {choice!r:.100}",
    )


def _name_of(tool: JSON) -> str:
    named: JSON = tool.get("function", tool) if is_mapping(tool) else None
    return str(named.get("name", "")) if is_mapping(named) else ""
