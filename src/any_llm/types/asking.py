"""What a request holds that a model is to read: its texts, and how much there is of what is no text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import msgspec

from any_llm.types.json import JSON, is_list, is_mapping, is_tuple

_CONVERSATIONS = ("messages", "input_data", "input", "contents")
_SAID = ("system", "instructions", "prompt", "inputs", "query", "documents", "suffix")
_SCHEMAS = ("response_format", "text", "output_config", "output_format")
_REMEMBERED = (
    "previous_response_id",
    "conversation",
    "conversation_id",
    "cached_content",
    "cachedContent",
    "container",
)
_HOSTED = ("web_search_options", "mcp_servers", "venice_parameters")
"""Parameters that turn on what a vendor looks up, and has the model read, by itself."""

_NO_TEXT = frozenset({
    "role", "type", "id", "tool_call_id", "call_id", "cache_control", "status", "signature", "encrypted_content",
    "extra_content", "thought_signature", "tool_use_id", "detail", "media_type", "mime_type", "index", "format",
    "filename",
})  # fmt: skip
_MEDIA: Mapping[str, str] = {
    "image_url": "images",
    "input_image": "images",
    "image": "images",
    "input_audio": "sounds",
    "audio": "sounds",
    "video_url": "videos",
    "video": "videos",
    "input_video": "videos",
    "file": "documents",
    "input_file": "documents",
    "document": "documents",
    "document_url": "documents",
}
"""What parts of a message are, by their `type`."""

_OWN = frozenset({"function", "custom"})
"""The types of tools that the caller runs; all others are the vendor's own."""


class Asked(NamedTuple):
    """What a request holds.

    Attributes:
        texts: everything that is read as text; tools and schemas as JSON.
        messages: how many turns there are.
        tools: how many tools of the caller's there are.
        hosted: how many of the vendor's own tools may run, whose results are read too.
        images: how many images there are; likewise `sounds`, `videos` and `documents`.
        remembered: whether there is more that the vendor remembers, such as an earlier answer.
        schema: whether the answer is to fit a schema.
    """

    texts: tuple[str, ...]
    messages: int = 0
    tools: int = 0
    hosted: int = 0
    images: int = 0
    sounds: int = 0
    videos: int = 0
    documents: int = 0
    remembered: bool = False
    schema: bool = False


def asked_of(options: Mapping[str, JSON]) -> Asked:
    """Return what the options of a call hold."""
    media = {"images": 0, "sounds": 0, "videos": 0, "documents": 0}
    texts: list[str] = []
    messages = 0
    for name in _CONVERSATIONS:
        held: JSON = options.get(name)
        turns = held if is_list(held) or is_tuple(held) else () if held is None else (held,)
        messages += len(turns)
        for turn in turns:
            texts += _texts(turn, media)
    for name in _SAID:
        if options.get(name) is not None:
            messages += 1
            texts += _texts(options[name], media)
    tools: JSON = options.get("tools")
    named = [tool for tool in (tools if is_list(tools) or is_tuple(tools) else ()) if tool is not None]
    own = [tool for tool in named if not is_mapping(tool) or tool.get("type", "function") in _OWN]
    texts += [_as_json(tool) for tool in own]
    schemas = [options[name] for name in _SCHEMAS if options.get(name) is not None]
    texts += [_as_json(schema) for schema in schemas]
    hosted = len(named) - len(own) + sum(options.get(name) is not None for name in _HOSTED)
    remembered = any(options.get(name) for name in _REMEMBERED)
    return Asked(tuple(texts), messages, len(own), hosted, **media, remembered=remembered, schema=bool(schemas))


def _texts(value: JSON, media: dict[str, int]) -> Iterator[str]:
    """Give the texts in a part of a conversation, and count what is none."""
    if isinstance(value, str):
        yield value
    elif is_mapping(value):
        kind = _MEDIA.get(str(value.get("type")))
        if kind is None:
            yield from _texts([inner for name, inner in value.items() if name not in _NO_TEXT], media)
        else:
            media[kind] += 1
    elif is_list(value) or is_tuple(value):
        for inner in value:
            yield from _texts(inner, media)
    elif hasattr(value, "model_dump"):
        yield from _texts(value.model_dump(exclude_none=True), media)


def _as_json(value: JSON) -> str:
    dump = getattr(value, "model_dump", None)
    try:
        return msgspec.json.encode(dump() if dump else value).decode()
    except TypeError:
        # A function, or a type: its description is made when it is sent.
        return f"{getattr(value, '__name__', '')} {getattr(value, '__doc__', '') or ''}"
