"""What of a call is a question that may have the answer of another one, and what must then be the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from any_llm.pipeline.cache_key import cache_key
from any_llm.types.json import JSON, is_list, is_mapping, is_tuple

if TYPE_CHECKING:
    from any_llm.pipeline.call import Call
    from any_llm.types.semantic import Semantic

_TURNS: Mapping[str, str] = {"completion": "messages", "messages": "messages", "responses": "input_data"}
"""By operation where the turns of a conversation are."""

_UNFIT = frozenset({
    "audio", "functions", "modalities", "output_config", "output_format", "prediction", "response_format", "text",
    "text_format", "tools", "web_search_options",
})  # fmt: skip
"""Parameters with which a question is more than a text, or its answer more than another."""

_TEXTS = frozenset({"text", "input_text"})
_TOOL_ROLES = frozenset({"tool", "function"})
_TOOL_MEMBERS = ("tool_calls", "function_call", "tool_call_id")
_TOOL_TYPES = frozenset({
    "function_call", "function_call_output", "tool_use", "tool_result", "custom_tool_call", "custom_tool_call_output",
})  # fmt: skip


class Question(NamedTuple):
    """The last turn of a user, and the name of all that must be the same."""

    text: str
    scope: str


def question_of(call: Call, namespace: str, policy: Semantic) -> Question | None:
    """Return the question that a call asks; `None` for one that only its very own answer may serve.

    Raises:
        NoKeyError: as `cache_key`.
    """
    options = call.options
    where = _TURNS.get(call.operation.value, "")
    said: JSON = options.get(where)
    if any(options.get(name) or call.extra_body.get(name) for name in _UNFIT) or call.addressed:
        return None
    turns: Sequence[JSON] = [{"role": "user", "content": said}] if isinstance(said, str) else said
    if not (is_list(turns) or is_tuple(turns)) or not turns or any(map(_has_tools, turns)):
        return None
    last: JSON = turns[-1]
    text = _text(last.get("content")) if last.get("role") == "user" else ""
    if not text.strip() or len(text) > policy.max_characters:
        return None
    rest = [*turns[:-1], {**last, "content": ["a text like it, for", policy.model]}]
    scope = cache_key(msgspec.structs.replace(call, options={**options, where: rest}), namespace)
    return Question(text, scope)


def only_text(answer: JSON) -> bool:
    """Say whether an answer calls no tool."""
    for choice in getattr(answer, "choices", ()):
        if choice.message.tool_calls or choice.message.function_call:
            return False
    parts = getattr(answer, "content", None) or getattr(answer, "output", None) or ()
    return not any(str(getattr(part, "type", "")) in _TOOL_TYPES for part in parts)


def _text(content: JSON) -> str:
    if isinstance(content, str):
        return content
    if not is_list(content) or not all(is_mapping(part) and part.get("type") in _TEXTS for part in content):
        return ""
    return "\n".join(str(part.get("text")) for part in content)


def _has_tools(turn: JSON) -> bool:
    """Say whether a turn has to do with tools, or is none that can be looked into."""
    if not is_mapping(turn):
        return True
    if turn.get("role") in _TOOL_ROLES or turn.get("type") in _TOOL_TYPES or any(map(turn.get, _TOOL_MEMBERS)):
        return True
    content: JSON = turn.get("content")
    return is_list(content) and any(is_mapping(part) and part.get("type") in _TOOL_TYPES for part in content)
