"""Fields of `multipart/form-data` bodies as OpenAI's own libraries write them, and media in JSON bodies."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from any_llm.exceptions import InvalidRequestError
from any_llm.types.http import FormPart
from any_llm.types.json import JSON, JSONObject, is_mapping, is_sequence
from any_llm.types.media import Media

_OCTETS = "application/octet-stream"


def form(members: JSONObject) -> tuple[FormPart, ...]:
    """Return the members of a request as the fields of a form; media become files.

    Raises:
        InvalidRequestError: media are given by URL or id where a file must be sent.
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
        InvalidRequestError: they are given by URL or id.
    """
    if media.content is None:
        raise InvalidRequestError(
            f"{name} is {media.url or media.file_id!r}; the provider takes the file itself here: give a path or bytes",
            param=name,
        )
    return FormPart(name, media.content, media.filename or name, media.media_type or _OCTETS)


def link_of(name: str, media: Media) -> str:
    """Return the URL of media, a data URI for those that are in memory.

    Raises:
        InvalidRequestError: they are neither.
    """
    if media.url is None and not isinstance(media.content, bytes):
        where = media.file_id or media.filename
        raise InvalidRequestError(f"{name} is {where!r}; the provider takes it inside JSON: give its bytes", param=name)
    return media.url or media.data_uri
