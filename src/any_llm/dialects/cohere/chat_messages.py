"""The messages of a chat in Cohere's format: https://docs.cohere.com/docs/chat-api."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from any_llm.dialects.cohere.chat_parts import encode_content
from any_llm.dialects.cohere.wire import VENDOR
from any_llm.schemas.shapes import is_list, is_mapping
from any_llm.types.conversation import dump_arguments, invalid, plain_call, plain_message, thought_of
from any_llm.types.foreign import foreign_signatures
from any_llm.types.json import JSON, JSONObject
from any_llm.types.report import Warning as CallWarning

_READ = frozenset(
    {"role", "content", "tool_calls", "tool_call_id", "tool_plan", "citations", "extra_content", "refusal"}
)
_ANSWERED = frozenset({"annotations", "audio", "function_call", "images", "reasoning", "reasoning_content", "parsed"})
"""Fields that stand in an answer; those the next request does not need are not worth a warning."""

_HOMES = frozenset({VENDOR})


def encode_messages(messages: Sequence[JSON], warnings: list[CallWarning]) -> list[JSONObject]:
    """Translate the messages of a chat; a message that says nothing is left out, with a warning.

    Raises:
        InvalidMessageError: a message is malformed; the error's `param` is its path.
    """
    encoded: list[JSONObject] = []
    for index, given in enumerate(messages):
        where = f"messages[{index}]"
        message = plain_message(given, where)
        encode = _ENCODERS.get(message["role"])
        if encode is None:
            raise invalid(f"{where}.role", f"one of {', '.join(_ENCODERS)} is needed, found {message['role']!r}")
        _warn_of_unread(message, where, warnings)
        warnings += foreign_signatures(message, where, _HOMES)
        turn = encode(message, where, warnings)
        if turn.get("content") or turn.get("tool_calls") or turn["role"] == "tool":
            encoded.append(turn)
        else:
            warnings.append(CallWarning("dropped", where, "a message without content cannot be sent"))
    return encoded


def _warn_of_unread(message: JSONObject, where: str, warnings: list[CallWarning]) -> None:
    warnings.extend(
        CallWarning("dropped", f"{where}.{name}", "the Chat API has no such field")
        for name, value in message.items()
        if name not in _READ and name not in _ANSWERED and value is not None
    )


def _encode_system(message: JSONObject, where: str, warnings: list[CallWarning]) -> JSONObject:
    return {"role": "system", "content": encode_content(message.get("content"), f"{where}.content", warnings)}


def _encode_user(message: JSONObject, where: str, warnings: list[CallWarning]) -> JSONObject:
    return {"role": "user", "content": encode_content(message.get("content"), f"{where}.content", warnings)}


def _encode_tool(message: JSONObject, where: str, warnings: list[CallWarning]) -> JSONObject:
    call = message.get("tool_call_id")
    if not isinstance(call, str) or not call:
        raise invalid(
            f"{where}.tool_call_id", f"the id of the call that this is the result of is needed, found {call!r}"
        )
    content = encode_content(message.get("content"), f"{where}.content", warnings)
    return {"role": "tool", "tool_call_id": call, "content": content}


def _encode_assistant(message: JSONObject, where: str, warnings: list[CallWarning]) -> JSONObject:
    """Return what the model said, thought, planned and called; beside calls, a text is the plan to make them."""
    turn: JSONObject = {"role": "assistant"}
    said = encode_content(message.get("content") or message.get("refusal"), f"{where}.content", warnings)
    calls = [
        _encode_call(call, f"{where}.tool_calls[{index}]") for index, call in enumerate(message.get("tool_calls") or ())
    ]
    plan = message.get("tool_plan")
    if calls and not plan and isinstance(said, str):
        plan, said = _split_plan(said, message.get("extra_content"))
    if plan:
        turn["tool_plan"] = plan
    thought = thought_of(message)
    if thought:
        more = [{"type": "text", "text": said}] if isinstance(said, str) and said else said
        said = [{"type": "thinking", "thinking": thought}, *(more if is_list(more) else ())]
    if said:
        turn["content"] = said
    if calls:
        turn["tool_calls"] = calls
    if message.get("citations"):
        turn["citations"] = message["citations"]
    return turn


def _split_plan(said: str, extra: JSON) -> tuple[str, str]:
    """Return the plan and the rest of a text: an earlier answer tells which part was its plan, else all of it is."""
    kept: JSON = extra.get(VENDOR) if is_mapping(extra) else None
    plan: JSON = kept.get("tool_plan") if is_mapping(kept) else None
    if isinstance(plan, str) and plan and said.startswith(plan):
        return plan, said[len(plan) :]
    return said, ""


def _encode_call(given: JSON, where: str) -> JSONObject:
    call, function = plain_call(given, where)
    if not isinstance(call.get("id"), str) or not call["id"]:
        raise invalid(f"{where}.id", f"a text is needed, found {call.get('id')!r}")
    arguments = dump_arguments(function.get("arguments"))
    return {
        "id": call["id"],
        "type": "function",
        "function": {"name": function["name"], "arguments": arguments},
    }


_ENCODERS: Mapping[str, Callable[[JSONObject, str, list[CallWarning]], JSONObject]] = {
    "system": _encode_system,
    "developer": _encode_system,
    "user": _encode_user,
    "assistant": _encode_assistant,
    "tool": _encode_tool,
}
"""How messages are encoded, by their roles."""
