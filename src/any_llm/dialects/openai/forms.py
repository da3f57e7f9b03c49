"""Fields of `multipart/form-data` bodies as OpenAI's own libraries write them, and media in JSON bodies."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from any_llm.types.http import FormPart
from any_llm.types.json import JSON, JSONObject, is_mapping, is_sequence
from any_llm.types.media import Media

_OCTETS = "application/octet-stream"


def form(members: JSONObject) -> tuple[FormPart, ...]:
    """Return the members of a request as the fields of a form; media become files.

    Raises:
        MediaNotReadError: media are given by URL or id where a file must be sent.
    """
    return tuple(part for name, value in members.items() for part in _parts(name, value))


def _parts(name: str, value: JSON) -> Iterator[FormPart]:
    if isinstance(value, Media):
        yield file_part(name, value)
    elif is_mapping(value):
        for key, inner in value.items():
            yield from _parts(f"{name}[{key}]", inner)
    elif is_sequence(value):
        for item in value:
            yield from _parts(f"{name}[]", item)
    else:
        yield FormPart(name, value if isinstance(value, str) else msgspec.json.encode(value).decode())


def file_part(name: str, media: Media) -> FormPart:
    """Return media as a file of a form.

    Raises:
        MediaNotReadError: they are given by URL or id.
    """
    return FormPart(name, media.source, media.filename or name, media.media_type or _OCTETS)


def link_of(media: Media) -> str:
    """Return the URL of media, a data URI for those that have none.

    Raises:
        MediaNotReadError: they are not in memory.
    """
    return media.url if media.url is not None else media.data_uri
