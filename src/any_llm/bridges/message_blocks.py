"""The blocks of a Messages request as the parts of a chat message.

https://platform.claude.com/docs/en/api/messages
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from any_llm.bridges.items import as_object, as_objects, text_of, unknown
from any_llm.bridges.media import data_uri, file_part, image_part, text_part, with_marker
from any_llm.bridges.warnings import Warnings
from any_llm.types.json import JSON, JSONObject

_PDF = "application/pdf"

PartsOf: TypeAlias = Callable[[JSONObject, str, Warnings], list[JSONObject]]
"""Turns one block, of which the path is given, into parts."""


def parts_of(content: JSON, path: str, warnings: Warnings) -> list[JSONObject]:
    """Return the parts that a content (text, or a list of blocks) stands for.

    Raises:
        InvalidMessageError: a block is malformed, or of a type that a chat cannot hold.
    """
    if isinstance(content, str):
        return [text_part(content)]
    return [part for place, block in as_objects(content, path) for part in part_of(block, place, warnings)]


def part_of(block: JSONObject, path: str, warnings: Warnings) -> list[JSONObject]:
    """Return the parts that one block stands for, the last of them with its prompt-cache marker.

    Raises:
        InvalidMessageError: the block is malformed, or of a type that a chat cannot hold.
    """
    kind = block.get("type")
    translate = BLOCKS.get(kind) if isinstance(kind, str) else None
    if translate is None:
        raise unknown(path, "type", kind, BLOCKS)
    if block.get("citations"):
        warnings.dropped(f"{path}.citations", "a chat message has no citations of its own")
    parts = translate(block, path, warnings)
    return [*parts[:-1], with_marker(parts[-1], block)] if parts else parts


def _text(block: JSONObject, path: str, _warnings: Warnings) -> list[JSONObject]:
    return [text_part(text_of(block, "text", path))]


def _image(block: JSONObject, path: str, warnings: Warnings) -> list[JSONObject]:
    if block.get("transformations"):
        warnings.dropped(f"{path}.transformations", "a chat message has no such setting")
    place = f"{path}.source"
    source = as_object(block.get("source"), place)
    match source.get("type"):
        case "base64":
            return [image_part(data_uri(text_of(source, "media_type", place), text_of(source, "data", place)))]
        case "url":
            return [image_part(text_of(source, "url", place))]
        case "file":
            return [file_part(file_id=text_of(source, "file_id", place))]
        case kind:
            raise unknown(place, "type", kind, ("base64", "url", "file"))


def _document(block: JSONObject, path: str, warnings: Warnings) -> list[JSONObject]:
    place = f"{path}.source"
    source = as_object(block.get("source"), place)
    kind = source.get("type")
    if kind in {"text", "content"}:
        return _written_document(block, source, path, warnings)
    if block.get("context"):
        warnings.dropped(f"{path}.context", "a file of a chat message has a name only")
    title = block.get("title")
    name = title if isinstance(title, str) else None
    match kind:
        case "base64":
            uri = data_uri(source.get("media_type", _PDF), text_of(source, "data", place))
            return [file_part(data=uri, name=name or "document.pdf")]
        case "url":
            return [file_part(url=text_of(source, "url", place), name=name)]
        case "file":
            return [file_part(file_id=text_of(source, "file_id", place), name=name)]
        case _:
            raise unknown(place, "type", kind, ("base64", "text", "content", "url", "file"))


def _written_document(block: JSONObject, source: JSONObject, path: str, warnings: Warnings) -> list[JSONObject]:
    """Return a document that is text (or blocks) as such, below its title and context."""
    place = f"{path}.source"
    if source["type"] == "text":
        inner = [text_part(text_of(source, "data", place))]
    else:
        inner = parts_of(source.get("content"), f"{place}.content", warnings)
    heading = [block[name] for name in ("title", "context") if isinstance(block.get(name), str)]
    warnings.emulated(path, "sent as text, since a chat message holds files as PDF only")
    return [*([text_part("\n".join(heading))] if heading else []), *inner]


def _search_result(block: JSONObject, path: str, warnings: Warnings) -> list[JSONObject]:
    warnings.emulated(path, "sent as text, since a chat message holds no search results")
    heading = f"{text_of(block, 'title', path)}\n{text_of(block, 'source', path)}"
    return [text_part(heading), *parts_of(block.get("content"), f"{path}.content", warnings)]


def _tool_reference(block: JSONObject, path: str, warnings: Warnings) -> list[JSONObject]:
    warnings.emulated(path, "sent as the tool's name, since every tool of a chat is loaded from the start")
    return [text_part(text_of(block, "tool_name", path))]


def _upload(_block: JSONObject, path: str, warnings: Warnings) -> list[JSONObject]:
    warnings.dropped(path, "the file is in a container of another provider")
    return []


BLOCKS: Mapping[str, PartsOf] = {
    "text": _text,
    "image": _image,
    "document": _document,
    "search_result": _search_result,
    "tool_reference": _tool_reference,
    "container_upload": _upload,
}
"""How each type of block that a user or a tool may say is translated."""
