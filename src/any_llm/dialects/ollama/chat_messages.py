"""The messages of a chat in Ollama's format: https://docs.ollama.com/api/chat."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from any_llm.dialects.ollama.chat_parts import read_content
from any_llm.types.conversation import invalid, parse_arguments, plain_call, plain_message, thought_of
from any_llm.types.foreign import foreign_signatures
from any_llm.types.json import JSON, JSONObject
from any_llm.types.report import Warning as CallWarning

_READ = frozenset(
    {"role", "content", "images", "refusal", "thinking", "tool_calls", "tool_call_id", "tool_name", "name"}
)
_ANSWERED = frozenset(
    {"annotations", "audio", "extra_content", "function_call", "reasoning", "reasoning_content", "parsed"}
)
"""Fields that stand in an answer; those the next request does not need are not worth a warning."""


def encode_messages(messages: Sequence[JSON], warnings: list[CallWarning]) -> list[JSONObject]:
    """Translate the messages of a chat.

    Raises:
        InvalidMessageError: a message is malformed; the error's `param` is its path.
    """
    called: dict[str, str] = {}
    encoded: list[JSONObject] = []
    for index, given in enumerate(messages):
        where = f"messages[{index}]"
        message = plain_message(given, where)
        encode = _ENCODERS.get(message["role"])
        if encode is None:
            raise invalid(f"{where}.role", f"one of {', '.join(_ENCODERS)} is needed, found {message['role']!r}")
        _warn_of_unread(message, where, warnings)
        # Ollama signs nothing.
        warnings += foreign_signatures(message, where, ())
        encoded.append(_encode_said(message, where, warnings) | encode(message, where, called))
    return encoded


def _warn_of_unread(message: JSONObject, where: str, warnings: list[CallWarning]) -> None:
    warnings.extend(
        CallWarning("dropped", f"{where}.{name}", "Ollama has no such field")
        for name, value in message.items()
        if name not in _READ and name not in _ANSWERED and value is not None
    )
    if message.get("name") and message["role"] != "tool":
        warnings.append(CallWarning("dropped", f"{where}.name", "Ollama has no names but those of tools"))


def _encode_said(message: JSONObject, where: str, warnings: list[CallWarning]) -> JSONObject:
    """Return what every message has: a role, a text, and images if there are any."""
    content = read_content(message.get("content") or message.get("refusal"), f"{where}.content", warnings)
    # An answer may show images, which are no input.
    given = message.get("images") if message["role"] != "assistant" else None
    images = [*content.images, *(given or ())]
    return {"role": message["role"], "content": content.text} | ({"images": images} if images else {})


def _encode_system(_message: JSONObject, _where: str, _called: dict[str, str]) -> JSONObject:
    return {"role": "system"}


def _encode_user(_message: JSONObject, _where: str, _called: dict[str, str]) -> JSONObject:
    return {}


def _encode_assistant(message: JSONObject, where: str, called: dict[str, str]) -> JSONObject:
    turn: JSONObject = {}
    thought = message.get("thinking") or thought_of(message)
    if thought:
        turn["thinking"] = thought
    calls = [
        _encode_call(call, f"{where}.tool_calls[{index}]", called)
        for index, call in enumerate(message.get("tool_calls") or ())
    ]
    return turn | ({"tool_calls": calls} if calls else {})


def _encode_tool(message: JSONObject, _where: str, called: dict[str, str]) -> JSONObject:
    """Say whose result it is: by the tool's name, which older servers need, and by the call's id."""
    call = message.get("tool_call_id")
    name = message.get("tool_name") or message.get("name") or called.get(str(call))
    return {key: value for key, value in (("tool_name", name), ("tool_call_id", call)) if value}


def _encode_call(given: JSON, where: str, called: dict[str, str]) -> JSONObject:
    call, function = plain_call(given, where)
    encoded: JSONObject = {
        "type": "function",
        "function": {
            "name": function["name"],
            "arguments": parse_arguments(function.get("arguments"), f"{where}.function.arguments"),
        },
    }
    if call.get("id"):
        encoded["id"] = call["id"]
        called[str(call["id"])] = function["name"]
    return encoded


_ENCODERS: Mapping[str, Callable[[JSONObject, str, dict[str, str]], JSONObject]] = {
    "system": _encode_system,
    "developer": _encode_system,
    "user": _encode_user,
    "assistant": _encode_assistant,
    "tool": _encode_tool,
}
"""What messages say beyond their text, by their roles; names of tools that were called are kept by the calls' ids."""
