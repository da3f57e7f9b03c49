"""The messages of a chat as the turns of Converse, and its system prompt.

https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference-call.html
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping, Sequence

import msgspec

from any_llm.dialects.bedrock.chat_parts import cache_points, encode_parts
from any_llm.dialects.bedrock.wire import VENDOR, member, members
from any_llm.schemas.shapes import is_list, is_object
from any_llm.types.call_ids import CallIds
from any_llm.types.conversation import invalid, parse_arguments, plain_call, plain_message, thought_of
from any_llm.types.foreign import foreign_signatures
from any_llm.types.json import JSON, JSONObject
from any_llm.types.report import Warning as CallWarning

_SYSTEM = frozenset({"system", "developer"})
_READ = frozenset(
    {"role", "content", "tool_calls", "tool_call_id", "is_error", "cache_control", "extra_content", "refusal"}
)
_ANSWERED = frozenset({"annotations", "audio", "function_call", "images", "reasoning", "reasoning_content", "parsed"})
"""Fields that stand in an answer; those the next request does not need are not worth a warning."""

_FOREIGN = "anthropic"
"""Who else's signed thoughts a Claude on Bedrock reads."""

_HOMES = frozenset({VENDOR, _FOREIGN})

_CALL_IDS = CallIds(re.compile(r"[A-Za-z0-9_.:-]{1,64}"), "tooluse_")
"""https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolUseBlock.html: `toolUseId`."""


class Conversation(msgspec.Struct):
    """A chat in Converse's words: `system` as a list of blocks, and alternating turns."""

    system: list[JSONObject] = msgspec.field(default_factory=list[JSONObject])
    turns: list[JSONObject] = msgspec.field(default_factory=list[JSONObject])
    warnings: list[CallWarning] = msgspec.field(default_factory=list[CallWarning])


def encode_conversation(messages: Sequence[JSON]) -> Conversation:
    """Translate the messages of a chat.

    System and developer messages become the system prompt. Turns alternate, as Converse demands: what one side says in
    several messages, results of tools included, becomes one turn. A message that answered earlier is sent back as the
    exact blocks it came in, as far as its `extra_content` keeps them.

    Raises:
        InvalidMessageError: a message is malformed; the error's `param` is its path.
    """
    conversation = Conversation()
    for index, given in enumerate(messages):
        where = f"messages[{index}]"
        message = plain_message(given, where)
        role: str = message["role"]
        if role in _SYSTEM:
            _add_system(conversation, message, where)
            continue
        encode = _ENCODERS.get(role)
        if encode is None:
            raise invalid(f"{where}.role", f"one of system, developer, user, assistant, tool is needed, found {role!r}")
        _warn_of_unread(message, where, conversation.warnings)
        conversation.warnings += foreign_signatures(message, where, _HOMES)
        blocks = encode(message, where, conversation.warnings)
        if blocks:
            _add_turn(conversation.turns, message, blocks)
        else:
            detail = "a message without content cannot be sent"
            conversation.warnings.append(CallWarning("dropped", where, detail))
    _name_documents(conversation.turns)
    return conversation


def called_tools(turns: Sequence[JSONObject]) -> list[str]:
    """Return the names of the tools that were called in a conversation, each once."""
    return list(
        dict.fromkeys(
            call["name"]
            for turn in turns
            for block in turn["content"]
            if (call := member(block, "toolUse")).get("name") and call.get("type") != "server_tool_use"
        )
    )


def _add_system(conversation: Conversation, message: JSONObject, where: str) -> None:
    blocks = encode_parts(message.get("content") or "", f"{where}.content", conversation.warnings)
    for index, block in enumerate(blocks):
        if not {"text", "cachePoint", "guardContent"} & block.keys():
            raise invalid(f"{where}.content", f"a system prompt holds text, and block {index} is {sorted(block)}")
    conversation.system += [*blocks, *cache_points(message.get("cache_control"))]
    if conversation.turns:
        detail = "it was moved to the system prompt, which stands before all messages"
        conversation.warnings.append(CallWarning("approximated", where, detail))


def _add_turn(turns: list[JSONObject], message: JSONObject, blocks: list[JSONObject]) -> None:
    role = "assistant" if message["role"] == "assistant" else "user"
    content = [*blocks, *cache_points(message.get("cache_control"))]
    if turns and turns[-1]["role"] == role:
        turns[-1]["content"] += content
    else:
        turns.append({"role": role, "content": content})


def _name_documents(turns: Sequence[JSONObject]) -> None:
    """Give every document a name of its own, as the API demands."""
    names: set[str] = set()
    for turn in turns:
        turn["content"] = [_with_own_name(block, names) for block in turn["content"]]


def _with_own_name(block: JSONObject, names: set[str]) -> JSONObject:
    result, document = block.get("toolResult"), block.get("document")
    if is_object(result) and members(result, "content"):
        return {
            **block,
            "toolResult": {**result, "content": [_with_own_name(part, names) for part in result["content"]]},
        }
    if not is_object(document):
        return block
    name, number = str(document.get("name") or "document"), 1
    unique = name
    while unique in names:
        number += 1
        unique = f"{name}-{number}"
    names.add(unique)
    return block if unique == document.get("name") else {**block, "document": {**document, "name": unique}}


def _warn_of_unread(message: JSONObject, where: str, warnings: list[CallWarning]) -> None:
    warnings.extend(
        CallWarning("dropped", f"{where}.{name}", "Converse has no such field")
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
    blocks = encode_parts(message.get("content") or "", f"{where}.content", warnings)
    # A cache point stands behind a result, not in it.
    points = [block for block in blocks if "cachePoint" in block]
    result: JSONObject = {
        "toolUseId": _CALL_IDS.fit(call),
        "content": [block for block in blocks if block not in points],
    }
    if message.get("is_error"):
        result["status"] = "error"
    return [{"toolResult": result}, *points[:1]]


def _encode_assistant(message: JSONObject, where: str, warnings: list[CallWarning]) -> list[JSONObject]:
    parts = message.get("content") or message.get("refusal") or ""
    said = encode_parts(parts, f"{where}.content", warnings)
    calls: list[JSONObject] = []
    for index, call in enumerate(message.get("tool_calls") or ()):
        calls += _encode_call(call, f"{where}.tool_calls[{index}]")
    extra = message.get("extra_content")
    exact: JSON = member(extra, VENDOR).get("content")
    if is_list(exact) and _says_the_same(exact, said, calls):
        return list(exact)
    return [*_thought(message, extra, where, warnings), *said, *calls]


def _says_the_same(exact: list[JSONObject], said: list[JSONObject], calls: list[JSONObject]) -> bool:
    """Tell whether the blocks of an answer still say what its message says, or the caller has changed it."""
    return _told(exact) == _told([*said, *calls])


def _told(blocks: list[JSONObject]) -> tuple[str, list[str]]:
    texts: list[str] = []
    ids: list[str] = []
    for block in blocks:
        cited = members(block.get("citationsContent"), "content")
        texts += [str(piece.get("text") or "") for piece in (block, *cited)]
        call = member(block, "toolUse")
        if call and call.get("type") != "server_tool_use":
            ids.append(call["toolUseId"])
    return "".join(texts), ids


def _thought(message: JSONObject, extra: JSON, where: str, warnings: list[CallWarning]) -> list[JSONObject]:
    """Return the blocks of what was thought, which Claude takes back only with its signatures."""
    blocks = members(member(extra, VENDOR), "reasoning_blocks")
    blocks = blocks or [_translated(block) for block in members(member(extra, _FOREIGN), "thinking_blocks")]
    if not blocks and thought_of(message):
        detail = "thoughts are taken back only as the blocks that extra_content keeps"
        warnings.append(CallWarning("dropped", f"{where}.reasoning", detail))
    return blocks


def _translated(block: JSONObject) -> JSONObject:
    """Return a block of thoughts that Claude signed elsewhere."""
    if "data" in block:
        return {"reasoningContent": {"redactedContent": base64.b64encode(str(block["data"]).encode()).decode()}}
    kept = {"text": block.get("thinking", ""), "signature": block.get("signature", "")}
    return {"reasoningContent": {"reasoningText": kept}}


def _encode_call(given: JSON, where: str) -> list[JSONObject]:
    call, function = plain_call(given, where)
    call_id: JSON = call.get("id")
    if not isinstance(call_id, str) or not call_id:
        raise invalid(f"{where}.id", f"a text is needed, found {call_id!r}")
    arguments = parse_arguments(function.get("arguments"), f"{where}.function.arguments")
    block = {"toolUse": {"toolUseId": _CALL_IDS.fit(call_id), "name": function["name"], "input": arguments}}
    return [block, *cache_points(call.get("cache_control"))]


_ENCODERS: Mapping[str, Callable[[JSONObject, str, list[CallWarning]], list[JSONObject]]] = {
    "user": _encode_user,
    "assistant": _encode_assistant,
    "tool": _encode_tool,
}
"""How messages become blocks, by their roles."""
