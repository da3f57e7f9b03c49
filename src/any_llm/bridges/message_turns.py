"""The turns of a Messages request as chat messages.

https://platform.claude.com/docs/en/api/messages
"""

from __future__ import annotations

import msgspec

from any_llm.bridges.assistant import AssistantTurn
from any_llm.bridges.items import as_objects, text_of, unknown
from any_llm.bridges.media import plain_text, text_part, with_marker
from any_llm.bridges.message_blocks import BLOCKS, part_of, parts_of
from any_llm.bridges.signatures import Thoughts
from any_llm.bridges.tool_results import ToolResults
from any_llm.bridges.warnings import Warnings
from any_llm.spec.dialect import Target
from any_llm.types.foreign import FOREIGN_SIGNATURE
from any_llm.types.json import JSON, JSONObject

_SERVER_RUN = frozenset({"server_tool_use", "mcp_tool_use", "mcp_tool_result", "container_upload", "compaction"})
_CONTENT_TYPES = (*BLOCKS, "tool_use", "tool_result", "thinking", "redacted_thinking")


def chat_messages(messages: JSON, target: Target, warnings: Warnings) -> list[JSON]:
    """Return the chat messages that the turns of a request stand for.

    An assistant turn that thought becomes a `ChatCompletionMessage`, in which the dialect finds `reasoning` and
    `extra_content` as in an answer of its own; every other message is a dictionary.

    Raises:
        InvalidMessageError: a turn is malformed, or says what a chat cannot hold; the error names its path.
    """
    translated: list[JSON] = []
    for path, message in as_objects(messages, "messages"):
        content = message.get("content")
        match message.get("role"):
            case "user":
                translated += _user(content, f"{path}.content", warnings)
            case "assistant":
                translated.append(_assistant(content, f"{path}.content", target, warnings))
            case "system":
                translated += system_messages(content, f"{path}.content", warnings)
            case role:
                raise unknown(path, "role", role, ("user", "assistant", "system"))
    return translated


def system_messages(system: JSON, path: str, warnings: Warnings) -> list[JSON]:
    """Return the system message of a prompt, as text unless a block of it carries a prompt-cache marker."""
    parts = parts_of(system, path, warnings)
    text = plain_text(parts)
    if text is None:
        return [{"role": "system", "content": parts}]
    return [{"role": "system", "content": text}] if text else []


def _user(content: JSON, path: str, warnings: Warnings) -> list[JSON]:
    if isinstance(content, str):
        return [{"role": "user", "content": content}]
    results, parts = ToolResults(warnings), list[JSONObject]()
    for place, block in as_objects(content, path):
        if block.get("type") == "tool_result":
            _add_result(results, block, place, warnings)
        else:
            parts += part_of(block, place, warnings)
    return [*results.with_user(parts)]


def _add_result(results: ToolResults, block: JSONObject, path: str, warnings: Warnings) -> None:
    content = block.get("content")
    parts = [] if content is None else parts_of(content, f"{path}.content", warnings)
    if block.get("is_error"):
        warnings.emulated(f"{path}.is_error", "said in the text of the result")
        parts = [text_part("Error: "), *parts]
    message = results.add(text_of(block, "tool_use_id", path), parts, f"{path}.content")
    message.update(with_marker({}, block))


def _assistant(content: JSON, path: str, target: Target, warnings: Warnings) -> JSON:
    if isinstance(content, str):
        return {"role": "assistant", "content": content}
    turn = AssistantTurn(target, warnings)
    for place, block in as_objects(content, path):
        match block.get("type"):
            case "tool_use":
                turn.calls.append(_call(block, place))
            case "thinking" | "redacted_thinking":
                _add_thought(turn.thoughts, block, place)
            case str() as kind if kind in _SERVER_RUN or kind.endswith("_tool_result"):
                warnings.dropped(place, "what another provider's own tools did cannot be shown to this one")
            case kind if kind in BLOCKS:
                turn.parts += part_of(block, place, warnings)
            case kind:
                raise unknown(place, "type", kind, _CONTENT_TYPES)
    return turn.message()


def _call(block: JSONObject, path: str) -> JSONObject:
    partial = block.get("partial_json")
    arguments = partial if isinstance(partial, str) else msgspec.json.encode(block.get("input") or {}).decode()
    function = {"name": text_of(block, "name", path), "arguments": arguments}
    return with_marker({"id": text_of(block, "id", path), "type": "function", "function": function}, block)


def _add_thought(thoughts: Thoughts, block: JSONObject, path: str) -> None:
    if block["type"] == "redacted_thinking":
        thoughts.add_block(block, f"{path}.data")
        return
    thoughts.add_text(text_of(block, "thinking", path))
    signature = block.get("signature")
    if not signature:
        return
    if str(signature).startswith(FOREIGN_SIGNATURE):
        thoughts.add_signature(signature, f"{path}.signature")
    else:
        thoughts.add_block(block, f"{path}.signature")
