"""A conversation in OpenAI's format: the caller's own messages, and those that an earlier answer contained.

https://platform.openai.com/docs/api-reference/chat/create
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from any_llm.spec.provider import Provider
from any_llm.types.foreign import foreign_signatures
from any_llm.types.json import DICT, JSON, JSONObject, is_mapping, is_object, is_sequence
from any_llm.types.report import Warning as CallWarning

_ANSWER_ONLY = frozenset({"annotations", "extra_content", "images", "parsed", "reasoning", "reasoning_content"})
"""What an answer's message has and OpenAI does not take back."""

_HOMES: Mapping[str, tuple[str, ...]] = {"replay_extra_content": ("google",), "replay_parts": ("content",)}
"""Whose part of `extra_content` is sent back, by the quirks of those who want it."""

_DETAILS = "reasoning_details"
_REPLAYS_DETAILS = "replay_details"


def encode_messages(messages: Sequence[JSON]) -> list[JSON]:
    """Return messages as the plain objects that OpenAI accepts; those of the caller are not changed."""
    return [message if is_plain(message) else _encode_message(message) for message in messages]


def is_plain(message: JSON) -> bool:
    """Say whether a message is a role and a text and nothing else, as most are."""
    return type(message) is DICT and len(message) == 2 and type(message.get("content")) is str


def leave_out_foreign(encoded: list[JSON], given: Sequence[JSON], provider: Provider) -> list[CallWarning]:
    """Take from answers, in place, what another vendor wants to see again, and return a warning for each.

    `reasoning_details` go back to those whose record has the quirk `replay_details`.
    """
    warnings: list[CallWarning] = []
    homes = (provider.name, *(home for quirk in provider.quirks for home in _HOMES.get(quirk, ())))
    for index, message in enumerate(given):
        if is_object(message) and len(message) == 2:
            continue
        warnings += foreign_signatures(message, f"messages[{index}]", homes)
        sent = encoded[index]
        if _DETAILS in sent and _REPLAYS_DETAILS not in provider.quirks and _is_answer(message):
            encoded[index] = {name: value for name, value in sent.items() if name != _DETAILS}
            detail = "only the gateway that wrote them reads them again"
            warnings.append(CallWarning("dropped", f"messages[{index}].{_DETAILS}", detail))
    return warnings


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
