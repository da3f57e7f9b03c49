"""A conversation in OpenAI's format: the caller's own messages, and those that an earlier answer contained.

https://platform.openai.com/docs/api-reference/chat/create
"""

from __future__ import annotations

from collections.abc import Sequence

from any_llm.types.json import JSON, JSONObject, is_mapping, is_object, is_sequence

_ANSWER_ONLY = frozenset({"annotations", "extra_content", "images", "parsed", "reasoning", "reasoning_content"})
"""What an answer's message has and OpenAI does not take back."""


def encode_messages(messages: Sequence[JSON]) -> list[JSON]:
    """Return messages as the plain objects that OpenAI accepts; those of the caller are not changed."""
    return [
        message
        if is_object(message) and len(message) == 2 and type(message.get("content")) is str
        else _encode_message(message)
        for message in messages
    ]


def member(message: JSON, name: str) -> JSON:
    """Return a member of a message that is a dictionary or an object; `None` if it has none."""
    return message.get(name) if is_mapping(message) else getattr(message, name, None)


def _encode_message(message: JSON) -> JSONObject:
    plain = _encode_members(message)
    if _is_answer(message) and is_mapping(plain.get("audio")):
        plain["audio"] = {"id": plain["audio"].get("id")}
    content, calls = plain.get("content"), plain.get("tool_calls")
    if is_sequence(content):
        plain["content"] = [part.model_dump(exclude_none=True) if _is_value(part) else part for part in content]
    if is_sequence(calls):
        plain["tool_calls"] = [_encode_call(call) for call in calls]
    return plain


def _encode_members(item: JSON) -> JSONObject:
    if is_mapping(item):
        members = dict(item)
        if _is_answer(item):
            members = {name: value for name, value in item.items() if value is not None or name == "content"}
    else:
        members = item.model_dump(exclude_none=True)
    return {name: value for name, value in members.items() if name not in _ANSWER_ONLY} if _is_answer(item) else members


def _encode_call(call: JSON) -> JSON:
    plain = _encode_members(call)
    if plain.get("type") == "custom":
        plain.pop("function", None)
    return plain


def _is_value(item: JSON) -> bool:
    return hasattr(item, "model_dump")


def _is_answer(item: JSON) -> bool:
    """Say whether a message or call is one of our answers', or the dictionary that such a one was dumped to."""
    return "extra_content" in item if is_mapping(item) else _is_value(item)
