"""The messages of a chat as the turns of Anthropic's format, and its system prompt.

https://platform.claude.com/docs/en/build-with-claude/working-with-messages
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

import msgspec

from any_llm.dialects.anthropic.chat_parts import encode_parts, invalid
from any_llm.dialects.anthropic.wire import VENDOR, plain
from any_llm.schemas.shapes import is_list, is_mapping, is_object
from any_llm.types.call_ids import CallIds
from any_llm.types.foreign import foreign_signatures
from any_llm.types.json import JSON, JSONObject, decode_json
from any_llm.types.report import Warning as CallWarning

_SYSTEM = frozenset({"system", "developer"})
_READ = frozenset(
    {"role", "content", "tool_calls", "tool_call_id", "is_error", "cache_control", "extra_content", "refusal"}
)
_ANSWERED = frozenset({"annotations", "audio", "function_call", "images", "reasoning", "reasoning_content", "parsed"})
"""Fields that stand in an answer; those the next request does not need are not worth a warning."""

_CALL_IDS = CallIds(re.compile(r"[A-Za-z0-9_-]+"), "toolu_")
"""https://platform.claude.com/docs/en/api/messages/create: `tool_use.id`."""

_HOMES = frozenset({VENDOR})


class Conversation(msgspec.Struct):
    """A chat in Anthropic's words: `system` as a list of text blocks, and alternating turns."""

    system: list[JSONObject] = msgspec.field(default_factory=list[JSONObject])
    turns: list[JSONObject] = msgspec.field(default_factory=list[JSONObject])
    warnings: list[CallWarning] = msgspec.field(default_factory=list[CallWarning])


def encode_conversation(messages: Sequence[JSON]) -> Conversation:
    """Translate the messages of a chat.

    System and developer messages become the system prompt; the results of tools become one turn of the user. A message
    that answered earlier is sent back as the exact blocks it came in, as far as its `extra_content` keeps them.

    Raises:
        InvalidMessageError: a message is malformed; the error's `param` is its path.
    """
    conversation = Conversation()
    for index, given in enumerate(messages):
        where = f"messages[{index}]"
        message = plain(given)
        if not is_object(message):
            raise invalid(where, f"a message is an object with a 'role', not {given!r:.100}")
        given_role: JSON = message.get("role")
        role = given_role if isinstance(given_role, str) else ""
        if role in _SYSTEM:
            _add_system(conversation, message, where)
            continue
        encode = _ENCODERS.get(role)
        if encode is None:
            raise invalid(
                f"{where}.role", f"one of system, developer, user, assistant, tool is needed, found {given_role!r}"
            )
        _warn_of_unread(message, where, conversation.warnings)
        conversation.warnings += foreign_signatures(message, where, _HOMES)
        _add_turn(conversation, message, encode(message, where, conversation.warnings), where)
    return conversation


def _add_system(conversation: Conversation, message: JSONObject, where: str) -> None:
    blocks = encode_parts(message.get("content") or "", f"{where}.content", conversation.warnings)
    conversation.system.extend(_marked(blocks, message))
    if conversation.turns:
        detail = "it was moved to the system prompt, which stands before all messages"
        conversation.warnings.append(CallWarning("approximated", where, detail))


def _add_turn(conversation: Conversation, message: JSONObject, blocks: list[JSONObject], where: str) -> None:
    role = "assistant" if message["role"] == "assistant" else "user"
    if not blocks:
        conversation.warnings.append(CallWarning("dropped", where, "a message without content cannot be sent"))
        return
    content: JSON = _marked(blocks, message)
    last = conversation.turns[-1] if conversation.turns else None
    if last is not None and last["role"] == role == "user" and _holds_results(last["content"]):
        last["content"] = [*last["content"], *content]
        return
    if len(content) == 1 and set(content[0]) == {"type", "text"} and content[0]["type"] == "text":
        content = content[0]["text"]
    conversation.turns.append({"role": role, "content": content})


def _holds_results(content: JSON) -> bool:
    return is_list(content) and content[0].get("type") == "tool_result"


def _marked(blocks: list[JSONObject], message: JSONObject) -> list[JSONObject]:
    """Put a marker that stands on a message onto its last block."""
    marker = message.get("cache_control")
    if marker is not None and blocks:
        return [*blocks[:-1], {"cache_control": marker} | blocks[-1]]
    return blocks


def _warn_of_unread(message: JSONObject, where: str, warnings: list[CallWarning]) -> None:
    warnings.extend(
        CallWarning("dropped", f"{where}.{name}", "the Messages API has no such field")
        for name, value in message.items()
        if name not in _READ and name not in _ANSWERED and value is not None
    )


def _encode_user(message: JSONObject, where: str, warnings: list[CallWarning]) -> list[JSONObject]:
    return encode_parts(message.get("content") or "", f"{where}.content", warnings)


def _encode_tool(message: JSONObject, where: str, warnings: list[CallWarning]) -> list[JSONObject]:
    call = message.get("tool_call_id")
    if not isinstance(call, str) or not call:
        raise invalid(
            f"{where}.tool_call_id", f"the id of the call that this is the result of is needed, found {call!r}"
        )
    content = message.get("content")
    block: JSONObject = {"type": "tool_result", "tool_use_id": _CALL_IDS.fit(call)}
    if content:
        block["content"] = content if isinstance(content, str) else encode_parts(content, f"{where}.content", warnings)
    if message.get("is_error"):
        block["is_error"] = True
    return [block]


def _encode_assistant(message: JSONObject, where: str, warnings: list[CallWarning]) -> list[JSONObject]:
    parts = message.get("content") or message.get("refusal") or ""
    said = encode_parts(parts, f"{where}.content", warnings)
    calls = [
        _encode_call(call, f"{where}.tool_calls[{index}]") for index, call in enumerate(message.get("tool_calls") or ())
    ]
    kept = _kept(message.get("extra_content"))
    exact: JSON = kept.get("content")
    if is_list(exact) and _says_the_same(exact, said, calls):
        return list(exact)
    return [*_thought(message, kept, where, warnings), *said, *calls]


def _kept(extra: JSON) -> Mapping[str, JSON]:
    """Return what an earlier answer left in `extra_content` for this vendor."""
    kept: JSON = extra.get(VENDOR) if is_mapping(extra) else None
    return kept if is_mapping(kept) else {}


def _says_the_same(exact: list[JSONObject], said: list[JSONObject], calls: list[JSONObject]) -> bool:
    """Tell whether the blocks of an answer still say what its message says, or the caller has changed it."""
    texts = "".join(block.get("text", "") for block in exact if block.get("type") == "text")
    ids = [block.get("id") for block in exact if block.get("type") == "tool_use"]
    return texts == "".join(block.get("text", "") for block in said) and ids == [call["id"] for call in calls]


def _thought(
    message: JSONObject, kept: Mapping[str, JSON], where: str, warnings: list[CallWarning]
) -> list[JSONObject]:
    """Return the blocks of what was thought, which the API takes back only with its signatures."""
    blocks = kept.get("thinking_blocks")
    if is_list(blocks):
        return list(blocks)
    text = message.get("reasoning") or message.get("reasoning_content")
    text = text.get("content") if is_mapping(text) else text
    if kept.get("signature"):
        return [{"type": "thinking", "thinking": str(text or ""), "signature": kept["signature"]}]
    if text:
        detail = "thoughts are taken back only with the vendor's signature, in extra_content"
        warnings.append(CallWarning("dropped", f"{where}.reasoning", detail))
    return []


def _encode_call(call: JSON, where: str) -> JSONObject:
    call = plain(call)
    function = call.get("function") if is_object(call) else None
    if not is_mapping(function):
        raise invalid(where, f"a call of a function is needed, found {call!r:.100}")
    for name, value in (("id", call.get("id")), ("function.name", function.get("name"))):
        if not isinstance(value, str) or not value:
            raise invalid(f"{where}.{name}", f"a text is needed, found {value!r}")
    arguments = _parse_arguments(function.get("arguments"), f"{where}.function.arguments")
    block = {"type": "tool_use", "id": _CALL_IDS.fit(call["id"]), "name": function["name"], "input": arguments}
    return block | ({"cache_control": call["cache_control"]} if "cache_control" in call else {})


def _parse_arguments(arguments: JSON, where: str) -> JSONObject:
    """Return the arguments of a call, for which no text at all means none."""
    if isinstance(arguments, str):
        try:
            arguments = decode_json(arguments) if arguments.strip() else {}
        except msgspec.DecodeError as error:
            raise invalid(where, f"not JSON ({error}): {arguments!r:.100}") from error
    if arguments is None:
        return {}
    if not is_object(arguments):
        raise invalid(where, f"the arguments are a JSON object, not {arguments!r:.100}")
    return arguments


_ENCODERS: Mapping[str, Callable[[JSONObject, str, list[CallWarning]], list[JSONObject]]] = {
    "user": _encode_user,
    "assistant": _encode_assistant,
    "tool": _encode_tool,
}
"""How messages become blocks, by their roles."""
