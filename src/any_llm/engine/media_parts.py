"""Media as the parts of messages, in the shapes of three APIs: what a part says, and the part for a piece of media.

https://platform.openai.com/docs/api-reference/chat/create, .../responses/create and
https://platform.claude.com/docs/en/api/messages
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import msgspec

from any_llm.exceptions import InvalidMessageError
from any_llm.spec.media import MediaSupport
from any_llm.spec.provider import Operation
from any_llm.types.json import JSON, JSONObject, is_mapping
from any_llm.types.media import Kind, Media, as_media

_KINDS: Mapping[str, Kind] = {
    "image_url": "image",
    "input_image": "image",
    "image": "image",
    "input_audio": "audio",
    "audio_url": "audio",
    "video_url": "video",
    "file": "file",
    "input_file": "file",
    "document": "file",
}


_URI_HEAD = 200
"""Where the comma of a data URI is looked for."""


class Said(NamedTuple):
    """What a part says of its media: where it can be fetched, which upload it is, or how large it is, as it is here."""

    kind: Kind
    url: str | None = None
    file_id: str | None = None
    size: int | None = None


def describe(part: JSON) -> Said | None:
    """Read a part as far as is needed to tell how it travels; `None` for one that says nothing of the kind."""
    if isinstance(part, Media):
        return Said(part.kind, part.url, part.file_id, part.size)
    named: JSON = part["type"]
    inner: JSON = part.get("source") if named in {"image", "document"} else part.get(named)
    facts: Mapping[str, JSON] = inner if is_mapping(inner) else {"url": inner} if inner else part
    kind = _KINDS[named]
    if isinstance(facts.get("file_id"), str):
        return Said(kind, file_id=facts["file_id"])
    data = facts.get("data") or facts.get("file_data")
    url = facts.get("url") or facts.get("image_url") or facts.get("file_url")
    if isinstance(url, str) and url and not url.startswith("data:"):
        return Said(kind, url=url)
    held = data or url
    return Said(kind, size=_size(held)) if isinstance(held, str) else None


def _size(data: str) -> int:
    """Return how many bytes a data URI, or bare base64, stands for: three for four letters."""
    return (len(data) - data[:_URI_HEAD].find(",") - 1) * 3 // 4 - data[-2:].count("=")


def read(part: JSON, said: Said) -> Media:
    """Return the media that a part holds.

    Raises:
        InvalidRequestError: its data is malformed.
    """
    if isinstance(part, Media):
        return part
    if said.url is not None:
        media = as_media(said.url, kind=said.kind, filename=_member(part, "filename"))
    else:
        media = as_media(_in_chat(part), kind=said.kind)
    detail = _member(part, "detail")
    return msgspec.structs.replace(media, detail=detail) if detail else media


def write(media: Media, operation: Operation, support: MediaSupport, said: JSON) -> JSONObject:
    """Return the part for a piece of media in the shape of an operation, with the further members of the one before.

    Raises:
        InvalidMessageError: the API has no part for it.
    """
    kept = {
        name: value
        for name, value in (said.items() if is_mapping(said) else ())
        if name not in _SPELLED and name != said.get("type")
    }
    shape = _SHAPES.get(operation)
    part = _chat_part(media, typed=support.typed) if shape is None else shape(media)
    return part | kept


_SPELLED = frozenset({"type", "source", "image_url", "file_id", "file_data", "file_url", "filename", "detail", "title"})
"""The members of parts that are written anew."""


def _member(part: Mapping[str, JSON], name: str) -> str | None:
    inner = part.get(part["type"])
    found = inner.get(name) if is_mapping(inner) else part.get(name)
    return found if isinstance(found, str) else None


def _in_chat(part: Mapping[str, JSON]) -> Mapping[str, JSON]:
    """Return a part of Anthropic's shape that holds data as one of OpenAI's."""
    source = part.get("source")
    if not is_mapping(source):
        return part
    return {"url": f"data:{source.get('media_type', '')};base64,{source.get('data', '')}"}


def _chat_part(media: Media, *, typed: bool) -> JSONObject:
    if media.file_id is not None:
        kind = {"format": media.media_type} if typed and media.media_type else {}
        return {"type": "file", "file": {"file_id": media.file_id, **kind}}
    if media.kind == "audio" and media.url is None:
        return {"type": "input_audio", "input_audio": {"data": media.base64, "format": media.format}}
    if media.kind == "file":
        place = {"file_data": media.data_uri} if media.url is None else {"file_url": media.url}
        return {"type": "file", "file": _named("filename", media.filename) | place}
    name = f"{media.kind}_url"
    return {"type": name, name: {"url": media.url or media.data_uri} | _named("detail", media.detail)}


def _block(media: Media) -> JSONObject:
    if media.kind not in {"image", "file"}:
        raise InvalidMessageError(f"The Messages API has no block for {media!r}; ask by completion()")
    if media.file_id is not None:
        source: JSONObject = {"type": "file", "file_id": media.file_id}
    elif media.url is not None:
        source = {"type": "url", "url": media.url}
    elif media.kind == "file" and (media.media_type or "").startswith("text/"):
        source = {"type": "text", "media_type": "text/plain", "data": media.data.decode("utf-8", "replace")}
    else:
        source = {"type": "base64", "media_type": media.media_type, "data": media.base64}
    if media.kind == "image":
        return {"type": "image", "source": source}
    return {"type": "document", "source": source} | _named("title", media.filename)


def _item(media: Media) -> JSONObject:
    if media.kind == "audio" and isinstance(media.content, bytes):
        return {"type": "input_audio", "input_audio": {"data": media.base64, "format": media.format}}
    if media.kind not in {"image", "file"}:
        raise InvalidMessageError(f"The Responses API has no part for {media!r}; ask by completion()")
    if media.file_id is not None:
        place: JSONObject = {"file_id": media.file_id}
    elif media.kind == "image":
        place = {"image_url": media.url or media.data_uri}
    elif media.url is not None:
        place = {"file_url": media.url}
    else:
        place = {"filename": media.filename, "file_data": media.data_uri}
    return {"type": f"input_{media.kind}"} | place | _named("detail", media.detail)


def _named(name: str, value: str | None) -> JSONObject:
    return {} if value is None else {name: value}


_SHAPES: Mapping[Operation, Callable[[Media], JSONObject]] = {
    Operation.MESSAGES: _block,
    Operation.RESPONSES: _item,
    Operation.COMPACT_RESPONSE: _item,
}
"""How parts are written, where that is not how chat completions write them."""
