"""What encoders of many small wire formats share: parameters under the vendor's names, queries, forms, warnings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import quote, urlencode

import msgspec

from any_llm.exceptions import InvalidRequestError
from any_llm.spec.dialect import Options
from any_llm.types.http import FormPart
from any_llm.types.json import JSON, JSONObject, is_list
from any_llm.types.media import Media
from any_llm.types.report import Warning as CallWarning

OCTETS = "application/octet-stream"
_JSON_FORMATS = frozenset({"json", "verbose_json", "diarized_json"})
_UNSTREAMED = "the vendor answers in one piece"


def split(
    options: Options, renamed: Mapping[str, str], inexpressible: Mapping[str, str]
) -> tuple[JSONObject, list[CallWarning]]:
    """Return the parameters by the vendor's names, and a warning for each that it has no words for.

    `inexpressible` says why, by the caller's names.
    """
    given = {name: value for name, value in options.items() if value is not None}
    said = {renamed.get(name, name): value for name, value in given.items() if name not in inexpressible}
    return said, [CallWarning("dropped", name, inexpressible[name]) for name in given if name in inexpressible]


def take_stream(said: JSONObject, warnings: list[CallWarning]) -> None:
    """Take `stream` out of the parameters of an operation that the vendor does not stream."""
    if said.pop("stream", None):
        warnings.append(CallWarning("dropped", "stream", _UNSTREAMED))


def take_json_format(said: JSONObject, warnings: list[CallWarning]) -> JSON:
    """Take `response_format` out of the parameters of a transcription that is told as JSON only, and return it."""
    wanted = said.pop("response_format", None)
    if wanted is not None and wanted not in _JSON_FORMATS:
        warnings.append(CallWarning("dropped", "response_format", "the answer is JSON, with the text in it"))
    return wanted


def size_of(size: JSON) -> tuple[int, int] | None:
    """Return width and height of a size in OpenAI's words, `None` where the vendor shall choose.

    Raises:
        InvalidRequestError: the size is not two numbers.
    """
    if size in (None, "auto"):
        return None
    width, _, height = str(size).partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise InvalidRequestError(f"size is {size!r}; two numbers are needed, as in '1024x1024'", param="size")
    return int(width), int(height)


def with_query(path: str, query: Mapping[str, JSON]) -> str:
    """Return a path with a query; a list is a member of its name for each item."""
    pairs = [(name, _text(item)) for name, value in query.items() for item in (value if is_list(value) else [value])]
    return f"{path}?{urlencode(pairs)}" if pairs else path


def segment(name: JSON) -> str:
    """Return an id as a part of a path."""
    return quote(str(name), safe="")


def fields(members: Mapping[str, JSON]) -> Iterator[FormPart]:
    """Yield the fields of a form; a list is a field of its name for each item."""
    for name, value in members.items():
        for item in value if is_list(value) else [value]:
            yield FormPart(name, _text(item))


def _text(item: JSON) -> str:
    return item if isinstance(item, str) else msgspec.json.encode(item).decode()


def file_field(media: Media, name: str = "file") -> FormPart:
    """Return the field of a form that is a file.

    Raises:
        MediaNotReadError: the file is given by its URL or its id.
    """
    return FormPart(name, media.source, media.filename or "file", media.media_type or OCTETS)


def place_of(media: Media) -> str:
    """Return a file as a text: its URL, or a data URI of its bytes.

    Raises:
        MediaNotReadError: it is given by its id, or has not been read.
    """
    return media.url if media.url is not None else media.data_uri
