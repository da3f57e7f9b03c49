"""A Messages request as a chat completion request.

https://platform.claude.com/docs/en/api/messages
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from any_llm.bridges.effort import effort_of
from any_llm.bridges.items import as_object, as_objects, text_of, unknown
from any_llm.bridges.media import with_marker
from any_llm.bridges.message_turns import chat_messages, system_messages
from any_llm.bridges.warnings import Warnings
from any_llm.spec.dialect import Options, Target
from any_llm.types.json import JSON, JSONObject

Setter: TypeAlias = Callable[[JSON, JSONObject, Warnings], None]
"""Says one option of Messages in the options of a completion."""

_NO_COUNTERPART = "chat completions have no such parameter"


def translate_request(target: Target, options: Options) -> tuple[JSONObject, Warnings]:
    """Return the options of a completion that ask for the same, and what they cannot say.

    Options that neither shape names are passed on.

    Raises:
        InvalidMessageError: a message, tool or schema is malformed; the error names its path.
    """
    warnings = Warnings()
    messages = chat_messages(_marked(options), target, warnings)
    if options.get("system"):
        messages = [*system_messages(options["system"], "system", warnings), *messages]
    chat: JSONObject = {"messages": messages}
    for name, value in options.items():
        if value is None or name in _SPOKEN:
            continue
        setter = _SETTERS.get(name)
        if setter is not None:
            setter(value, chat, warnings)
        elif name in _UNSAYABLE:
            warnings.dropped(name, _NO_COUNTERPART)
        else:
            chat[name] = value
    return chat, warnings


def _marked(options: Options) -> JSON:
    """Return the messages, the last block marked for the prompt cache when the whole request is."""
    marker, messages = options.get("cache_control"), options["messages"]
    if marker is None:
        return messages
    turns = [turn for _, turn in as_objects(messages, "messages")]
    if not turns:
        return turns
    content = turns[-1].get("content")
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else _blocks(turns[-1])
    if blocks:
        blocks[-1] = {"cache_control": marker, **blocks[-1]}
    return [*turns[:-1], {**turns[-1], "content": blocks}]


def _blocks(turn: JSONObject) -> list[JSONObject]:
    return [block for _, block in as_objects(turn.get("content"), "messages[-1].content")]


def _set_stop(value: JSON, chat: JSONObject, _warnings: Warnings) -> None:
    if value:
        chat["stop"] = value


def _set_tools(value: JSON, chat: JSONObject, warnings: Warnings) -> None:
    tools = [
        _function(tool, path, warnings)
        for path, tool in as_objects(value, "tools")
        if _is_callers(tool, path, warnings)
    ]
    if tools:
        chat["tools"] = tools


def _is_callers(tool: JSONObject, path: str, warnings: Warnings) -> bool:
    if tool.get("type") in {None, "custom", "function"}:
        return True
    warnings.dropped(path, f"{tool['type']!r} is a tool that only its own vendor has")
    return False


def _function(tool: JSONObject, path: str, warnings: Warnings) -> JSONObject:
    if tool.get("type") == "function" and "function" in tool:
        return tool
    function: JSONObject = {"name": text_of(tool, "name", path)}
    for name, theirs in _FUNCTION_MEMBERS.items():
        if tool.get(name) is not None:
            function[theirs] = tool[name]
    for name in sorted(tool.keys() - _FUNCTION_MEMBERS.keys() - {"name", "type", "cache_control"}):
        if tool[name] is not None:
            warnings.dropped(f"{path}.{name}", "a function of a chat has no such setting")
    return with_marker({"type": "function", "function": function}, tool)


def _set_tool_choice(value: JSON, chat: JSONObject, _warnings: Warnings) -> None:
    choice = as_object(value, "tool_choice")
    match choice.get("type"):
        case "auto" | "none" as kind:
            chat["tool_choice"] = kind
        case "any":
            chat["tool_choice"] = "required"
        case "tool":
            name = text_of(choice, "name", "tool_choice")
            chat["tool_choice"] = {"type": "function", "function": {"name": name}}
        case kind:
            raise unknown("tool_choice", "type", kind, ("auto", "any", "tool", "none"))
    if choice.get("disable_parallel_tool_use") is not None:
        chat["parallel_tool_calls"] = not choice["disable_parallel_tool_use"]


def _set_thinking(value: JSON, chat: JSONObject, warnings: Warnings) -> None:
    thinking = as_object(value, "thinking")
    if thinking.get("display") is not None:
        warnings.dropped("thinking.display", "what is shown of the thinking is up to the provider")
    match thinking.get("type"):
        case "disabled":
            chat["reasoning_effort"] = "none"
        case "enabled":
            budget = thinking.get("budget_tokens")
            if isinstance(budget, int):
                chat["reasoning_effort"] = effort_of(budget)
                warnings.approximated(
                    "thinking.budget_tokens", f"sent as reasoning_effort {chat['reasoning_effort']!r}"
                )
        case "adaptive" | "between_tools":
            pass
        case kind:
            raise unknown("thinking", "type", kind, ("enabled", "disabled", "adaptive"))


def _set_output(value: JSON, chat: JSONObject, warnings: Warnings) -> None:
    output = as_object(value, "output_config")
    if output.get("effort") is not None:
        # A budget, or no thinking at all, says the same more exactly, whichever of the two options comes first.
        chat.setdefault("reasoning_effort", output["effort"])
    if output.get("format") is not None:
        _set_format(output["format"], chat, warnings)
    for name in sorted(output.keys() - {"effort", "format"}):
        warnings.dropped(f"output_config.{name}", _NO_COUNTERPART)


def _set_format(value: JSON, chat: JSONObject, _warnings: Warnings) -> None:
    form = as_object(value, "output_format")
    if "json_schema" in form or form.get("type") != "json_schema":
        chat["response_format"] = form
        return
    schema: JSONObject = {"name": form.get("name", "output"), "schema": form.get("schema"), "strict": True}
    chat["response_format"] = {"type": "json_schema", "json_schema": schema}


def _set_metadata(value: JSON, chat: JSONObject, warnings: Warnings) -> None:
    metadata = as_object(value, "metadata")
    if metadata.get("user_id") is not None:
        chat["user"] = metadata["user_id"]
    for name in sorted(metadata.keys() - {"user_id"}):
        warnings.dropped(f"metadata.{name}", _NO_COUNTERPART)


def _set_service_tier(value: JSON, chat: JSONObject, _warnings: Warnings) -> None:
    chat["service_tier"] = "default" if value == "standard_only" else value


def _set_answers(value: JSON, _chat: JSONObject, warnings: Warnings) -> None:
    if value != 1:
        warnings.dropped("n", "Messages has one answer")


_SPOKEN = frozenset({"messages", "system", "cache_control"})
_FUNCTION_MEMBERS: Mapping[str, str] = {
    "description": "description",
    "input_schema": "parameters",
    "strict": "strict",
}
_SETTERS: Mapping[str, Setter] = {
    "stop_sequences": _set_stop,
    "tools": _set_tools,
    "tool_choice": _set_tool_choice,
    "thinking": _set_thinking,
    "output_config": _set_output,
    "output_format": _set_format,
    "metadata": _set_metadata,
    "service_tier": _set_service_tier,
    "n": _set_answers,
}
_UNSAYABLE = frozenset({
    "top_k", "betas", "container", "context_management", "diagnostics", "inference_geo", "mcp_servers", "speed",
    "user_profile_id", "workspace_id",
})  # fmt: skip
