"""The messages of a chat as the contents of Gemini's format, and its system instruction.

https://ai.google.dev/api/caching#Content
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from any_llm.dialects.gemini.chat_parts import encode_parts, invalid
from any_llm.dialects.gemini.chat_replay import encode_answer
from any_llm.dialects.gemini.families import Family
from any_llm.dialects.gemini.wire import MADE_ID, VENDOR, entries, members, plain, text_of
from any_llm.schemas.shapes import is_object
from any_llm.types.foreign import foreign_signatures
from any_llm.types.json import JSON, JSONObject, decode_json
from any_llm.types.report import Warning as CallWarning

_SYSTEM = frozenset({"system", "developer"})
_READ = frozenset(
    {"role", "content", "tool_calls", "tool_call_id", "is_error", "extra_content", "refusal", "reasoning", "images"}
)
_HOMES = frozenset({VENDOR})
_NAMED = ("name", "tool")
_ANSWERED = frozenset({"annotations", "audio", "function_call", "reasoning_content", "parsed"})
"""Fields that stand in an answer; those the next request does not need are not worth a warning."""


class Conversation(msgspec.Struct):
    """A chat in Gemini's words: the parts of the system instruction, and the contents."""

    family: Family
    system: list[JSONObject] = msgspec.field(default_factory=list[JSONObject])
    contents: list[JSONObject] = msgspec.field(default_factory=list[JSONObject])
    names: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    warnings: list[CallWarning] = msgspec.field(default_factory=list[CallWarning])


def encode_conversation(messages: Sequence[JSON], family: Family) -> Conversation:
    """Translate the messages of a chat.

    System and developer messages become the system instruction; the results of tools one content of the user, as the
    API asks for calls made at once. A message that answered earlier is sent back as the exact parts it came in, as far
    as its `extra_content` keeps them.

    Raises:
        InvalidMessageError: a message is malformed; the error's `param` is its path.
    """
    conversation = Conversation(family)
    for index, given in enumerate(messages):
        where = f"messages[{index}]"
        message = plain(given)
        if not is_object(message):
            raise invalid(where, f"a message is an object with a 'role', not {given!r:.100}")
        role = text_of(message.get("role"))
        if role in _SYSTEM:
            _add_system(conversation, message, where)
            continue
        encode = _ENCODERS.get(role)
        if encode is None:
            raise invalid(
                f"{where}.role",
                f"one of system, developer, user, assistant, tool is needed, found {message.get('role')!r:.100}",
            )
        _warn_of_unread(message, where, conversation.warnings)
        conversation.warnings += foreign_signatures(message, where, _HOMES)
        _add_content(conversation, role, encode(conversation, message, where), where)
    return conversation


def _add_system(conversation: Conversation, message: JSONObject, where: str) -> None:
    parts = encode_parts(message.get("content") or "", f"{where}.content", conversation.warnings)
    conversation.system.extend(parts)
    if conversation.contents:
        detail = "it was moved to the system instruction, which stands before all messages"
        conversation.warnings.append(CallWarning("approximated", where, detail))


def _add_content(conversation: Conversation, role: str, parts: list[JSONObject], where: str) -> None:
    if not parts:
        conversation.warnings.append(CallWarning("dropped", where, "a message without content cannot be sent"))
        return
    last = entries(conversation.contents[-1]["parts"]) if conversation.contents else []
    if role == "tool" and last and "functionResponse" in last[0]:
        last.extend(parts)
        return
    conversation.contents.append({"role": "model" if role == "assistant" else "user", "parts": parts})


def _warn_of_unread(message: JSONObject, where: str, warnings: list[CallWarning]) -> None:
    warnings.extend(
        CallWarning("dropped", f"{where}.{name}", "the API has no such field")
        for name, value in message.items()
        if name not in _READ and name not in _ANSWERED and value is not None and (name, message["role"]) != _NAMED
    )


def _encode_user(conversation: Conversation, message: JSONObject, where: str) -> list[JSONObject]:
    return encode_parts(message.get("content") or "", f"{where}.content", conversation.warnings)


def _encode_assistant(conversation: Conversation, message: JSONObject, where: str) -> list[JSONObject]:
    for call in entries(message.get("tool_calls")):
        told = members(plain(call))
        conversation.names[text_of(told.get("id"))] = text_of(members(plain(told.get("function"))).get("name"))
    return encode_answer(message, where, signed=conversation.family.signed, warnings=conversation.warnings)


def _encode_tool(conversation: Conversation, message: JSONObject, where: str) -> list[JSONObject]:
    """Return the result of a function, which the API wants by the function's name."""
    call = text_of(message.get("tool_call_id"))
    name = conversation.names.get(call) or message.get("name")
    if not name:
        detail = f"the id of an earlier message's tool call is needed, found {message.get('tool_call_id')!r:.100}"
        raise invalid(f"{where}.tool_call_id", detail)
    content = message.get("content") or ""
    text, media = _split(encode_parts(content, f"{where}.content", conversation.warnings))
    result: JSONObject = {
        "name": name,
        "response": _as_object(text, failed=message.get("is_error")),
    }
    if call and not call.startswith(MADE_ID):
        result["id"] = call
    if media and conversation.family.media_results:
        return [{"functionResponse": result | {"parts": media}}]
    return [{"functionResponse": result}, *media]


def _split(parts: list[JSONObject]) -> tuple[str, list[JSONObject]]:
    texts = [part["text"] for part in parts if "text" in part]
    return "\n".join(texts), [part for part in parts if "text" not in part]


def _as_object(text: str, *, failed: JSON) -> JSONObject:
    """Return the result of a function as the object that the API takes: a JSON object as it is, the rest named.

    https://ai.google.dev/api/caching#FunctionResponse
    """
    if failed:
        return {"error": text}
    try:
        tree = decode_json(text) if text[:1] == "{" else None
    except msgspec.DecodeError:
        tree = None
    return tree if is_object(tree) else {"result": text}


_ENCODERS: Mapping[str, Callable[[Conversation, JSONObject, str], list[JSONObject]]] = {
    "user": _encode_user,
    "assistant": _encode_assistant,
    "tool": _encode_tool,
}
"""How messages become parts, by their roles."""
