"""Malformed messages are found before anything is sent: which item, which field, what was found."""

from __future__ import annotations

from collections.abc import Mapping

from any_llm.exceptions import InvalidMessageError
from any_llm.types.json import DICT, JSON, is_mapping, is_sequence
from any_llm.types.media import Media

_SHOWN = 80


_NEED_TYPES = frozenset({"content", "file", "image_url", "input_audio", "refusal", "text", "video_url"})
"""Members that are of a part of OpenAI's, which has a type."""


def check_messages(messages: JSON) -> list[JSON]:
    """Check a conversation's outer shape and return it as a list.

    What is inside a well-formed part is the provider's business: vendors add kinds of parts all the time.

    Raises:
        InvalidMessageError: the first thing that cannot be right; `param` is its path.
    """
    if not is_sequence(messages):
        raise _wrong("messages", "a list of messages", messages)
    if not messages:
        raise _wrong("messages", "at least one message", messages)
    for index, message in enumerate(messages):
        if type(message) is DICT or is_mapping(message):
            role = message.get("role")
            if type(message.get("content")) is not str or type(role) is not str or role == "tool" or len(message) > 2:
                _check_message(message, f"messages[{index}]")
        elif not hasattr(message, "model_dump"):
            raise _wrong(f"messages[{index}]", "an object with a role and a content", message)
    return list(messages)


def _check_message(message: Mapping[str, JSON], place: str) -> None:
    role = message.get("role")
    if not isinstance(role, str):
        raise _wrong(f"{place}.role", "a role such as 'user'", role if "role" in message else None)
    content = message.get("content")
    if is_sequence(content):
        for index, part in enumerate(content):
            _check_part(part, f"{place}.content[{index}]")
    elif content is not None and not isinstance(content, str):
        raise _wrong(f"{place}.content", "a text or a list of parts", content)
    calls = message.get("tool_calls")
    if content is None and not calls and role in {"user", "system", "developer"}:
        raise _wrong(f"{place}.content", "a text or a list of parts", content)
    # Most providers need the id; some know the call by its place.
    if role == "tool" and not isinstance(message.get("tool_call_id", ""), str):
        raise _wrong(f"{place}.tool_call_id", "the id of the call it answers", message.get("tool_call_id"))
    if calls is not None:
        _check_calls(calls, place)


def _check_part(part: JSON, place: str) -> None:
    if isinstance(part, str | Media) or hasattr(part, "model_dump"):
        return
    if not is_mapping(part):
        raise _wrong(place, "an object with a type", part)
    kind = part.get("type")
    if "type" not in part and part and not _NEED_TYPES & part.keys():
        # A block in the provider's own words, which its format passes on or refuses, such as Converse's `cachePoint`.
        return
    if not isinstance(kind, str):
        raise _wrong(f"{place}.type", "a kind of part such as 'text'", kind)
    if kind == "text" and not isinstance(part.get("text"), str):
        raise _wrong(f"{place}.text", "a text", part.get("text"))
    if kind == "image_url":
        image = part.get("image_url")
        url = image.get("url") if is_mapping(image) else image
        if not isinstance(url, str) or not url:
            raise _wrong(f"{place}.image_url.url", "a URL or data URI", url)


def _check_calls(calls: JSON, place: str) -> None:
    if not is_sequence(calls):
        raise _wrong(f"{place}.tool_calls", "a list of tool calls", calls)
    for index, call in enumerate(calls):
        if hasattr(call, "model_dump"):
            continue
        where = f"{place}.tool_calls[{index}]"
        if not is_mapping(call):
            raise _wrong(where, "an object with an id and a function", call)
        function = call.get("function")
        if call.get("type", "function") == "function" and (
            not is_mapping(function) or not isinstance(function.get("name"), str)
        ):
            raise _wrong(f"{where}.function.name", "the function's name", function)


def _wrong(place: str, wanted: str, found: JSON) -> InvalidMessageError:
    shown = "nothing" if found is None else repr(found)[:_SHOWN]
    return InvalidMessageError(f"{place} should be {wanted}; found {shown}", param=place)
