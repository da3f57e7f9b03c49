"""A Responses request as a chat completion request.

https://platform.openai.com/docs/api-reference/responses/create
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from any_llm.bridges.items import as_object, as_objects, text_of
from any_llm.bridges.media import with_marker
from any_llm.bridges.response_turns import chat_messages
from any_llm.bridges.warnings import Warnings
from any_llm.exceptions import UnsupportedParameterError
from any_llm.spec.dialect import Options, Target
from any_llm.types.built_in_tools import BUILT_IN_TOOLS
from any_llm.types.json import JSON, JSONObject

Setter: TypeAlias = Callable[[JSON, JSONObject, Warnings], None]
"""Says one option of Responses in the options of a completion."""

_NO_COUNTERPART = "chat completions have no such parameter"


def translate_request(target: Target, options: Options) -> tuple[JSONObject, Warnings]:
    """Return the options of a completion that ask for the same, and what they cannot say.

    Options that neither shape names are passed on.

    Raises:
        InvalidMessageError: an item or tool is malformed; the error names its path.
        UnsupportedParameterError: an option or item refers to what the vendor keeps, which nothing can emulate.
    """
    warnings = Warnings()
    for name, remedy in _KEPT_BY_THE_VENDOR.items():
        if options.get(name):
            raise UnsupportedParameterError(name, target.provider.name, f"{remedy}, or use a provider of Responses")
    messages = chat_messages(options["input_data"], target, warnings)
    instructions = options.get("instructions")
    if instructions:
        messages = [{"role": "system", "content": instructions}, *messages]
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
            chat[_RENAMED.get(name, name)] = value
    return chat, warnings


def _set_tools(value: JSON, chat: JSONObject, warnings: Warnings) -> None:
    tools: list[JSONObject] = []
    for path, tool in as_objects(value, "tools"):
        match tool.get("type"):
            case "function" if "function" in tool:
                tools.append(tool)
            case "function":
                tools.append(_function(tool, path, warnings))
            case "custom" if "custom" in tool:
                tools.append(tool)
            case "custom":
                tools.append(_custom(tool, path, warnings))
            case kind if kind in BUILT_IN_TOOLS:
                # The dialect says it in its vendor's words, or warns.
                tools.append(tool)
            case kind:
                warnings.dropped(path, f"{kind!r} is a tool that only its own vendor has")
    if tools:
        chat["tools"] = tools


def _function(tool: JSONObject, path: str, warnings: Warnings) -> JSONObject:
    function = {name: tool[name] for name in ("description", "parameters", "strict") if tool.get(name) is not None}
    _warn_of_rest(tool, function, path, warnings)
    return with_marker({"type": "function", "function": {"name": text_of(tool, "name", path), **function}}, tool)


def _custom(tool: JSONObject, path: str, warnings: Warnings) -> JSONObject:
    custom: JSONObject = {"name": text_of(tool, "name", path)}
    if tool.get("description") is not None:
        custom["description"] = tool["description"]
    if tool.get("format") is not None:
        form = as_object(tool["format"], f"{path}.format")
        rules = {name: form[name] for name in ("syntax", "definition") if name in form}
        custom["format"] = {"type": form.get("type"), "grammar": rules} if rules else form
    _warn_of_rest(tool, custom, path, warnings)
    return {"type": "custom", "custom": custom}


def _warn_of_rest(tool: JSONObject, said: JSONObject, path: str, warnings: Warnings) -> None:
    markers = with_marker({}, tool).keys()
    for name in sorted(tool.keys() - said.keys() - markers - {"type", "name"}):
        if tool[name] is not None:
            warnings.dropped(f"{path}.{name}", "a tool of a chat has no such setting")


def _set_tool_choice(value: JSON, chat: JSONObject, warnings: Warnings) -> None:
    if isinstance(value, str):
        chat["tool_choice"] = value
        return
    choice = as_object(value, "tool_choice")
    match choice.get("type"):
        case "function" | "custom":
            chat["tool_choice"] = _chosen(choice)
        case "allowed_tools" if "allowed_tools" not in choice:
            tools = [_chosen(tool) for _, tool in as_objects(choice.get("tools"), "tool_choice.tools")]
            allowed = {"mode": choice.get("mode", "auto"), "tools": tools}
            chat["tool_choice"] = {"type": "allowed_tools", "allowed_tools": allowed}
        case "allowed_tools":
            chat["tool_choice"] = choice
        case kind:
            warnings.dropped("tool_choice", f"{kind!r} is a tool that only its own vendor has")


def _chosen(tool: JSONObject) -> JSONObject:
    kind = tool.get("type")
    return {"type": kind, kind: {"name": tool["name"]}} if isinstance(kind, str) and "name" in tool else tool


def _set_reasoning(value: JSON, chat: JSONObject, warnings: Warnings) -> None:
    reasoning = as_object(value, "reasoning")
    if reasoning.get("effort") is not None:
        chat["reasoning_effort"] = reasoning["effort"]
    for name in sorted(reasoning.keys() - {"effort"}):
        if reasoning[name] is not None:
            warnings.dropped(f"reasoning.{name}", "what is shown of the reasoning is up to the provider")


def _set_text(value: JSON, chat: JSONObject, warnings: Warnings) -> None:
    text = as_object(value, "text")
    if text.get("verbosity") is not None:
        chat["verbosity"] = text["verbosity"]
    if text.get("format") is not None:
        _set_format(text["format"], chat, warnings)
    for name in sorted(text.keys() - {"verbosity", "format"}):
        warnings.dropped(f"text.{name}", _NO_COUNTERPART)


def _set_format(value: JSON, chat: JSONObject, _warnings: Warnings) -> None:
    form = as_object(value, "text.format")
    kind = form.get("type")
    if kind == "json_schema" and "json_schema" not in form:
        schema = {name: member for name, member in form.items() if name != "type" and member is not None}
        chat["response_format"] = {"type": "json_schema", "json_schema": {"name": "output", **schema}}
    elif kind != "text":
        chat["response_format"] = form


def _set_include(value: JSON, chat: JSONObject, warnings: Warnings) -> None:
    for name in value:
        if name == "message.output_text.logprobs":
            chat["logprobs"] = True
        elif name != "reasoning.encrypted_content":
            warnings.dropped("include", f"{name!r} is about tools that only their own vendor has")


def _set_top_logprobs(value: JSON, chat: JSONObject, _warnings: Warnings) -> None:
    if value:
        chat["logprobs"], chat["top_logprobs"] = True, value


def _set_truncation(value: JSON, _chat: JSONObject, warnings: Warnings) -> None:
    if value != "disabled":
        warnings.dropped("truncation", "a chat that is too long for the model is an error")


def _set_store(value: JSON, _chat: JSONObject, warnings: Warnings) -> None:
    if value:
        warnings.dropped("store", "the answer cannot be fetched again: keep it, and send its items with the next turn")


def _set_answers(value: JSON, _chat: JSONObject, warnings: Warnings) -> None:
    if value != 1:
        warnings.dropped("n", "Responses has one answer")


_KEPT_BY_THE_VENDOR: Mapping[str, str] = {
    "previous_response_id": "send the items of the earlier turns in input_data",
    "conversation": "send the items of the earlier turns in input_data",
    "background": "wait for the answer, or stream it",
    "prompt": "send the prompt's text as instructions",
}
_SPOKEN = frozenset({"input_data", "instructions", *_KEPT_BY_THE_VENDOR})
_RENAMED: Mapping[str, str] = {"max_output_tokens": "max_tokens"}
_SETTERS: Mapping[str, Setter] = {
    "tools": _set_tools,
    "tool_choice": _set_tool_choice,
    "reasoning": _set_reasoning,
    "text": _set_text,
    "response_format": _set_format,
    "include": _set_include,
    "top_logprobs": _set_top_logprobs,
    "truncation": _set_truncation,
    "store": _set_store,
    "n": _set_answers,
}
_UNSAYABLE = frozenset({
    "access_programs", "background_options", "context_management", "image", "max_tool_calls", "metadata",
    "stream_options",
})  # fmt: skip
