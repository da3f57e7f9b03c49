"""What Mistral's operations share: reading an answer, counting tokens, naming files, forms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import quote

import msgspec

from any_llm.dialects.mistral.errors import error_from
from any_llm.exceptions import MalformedResponseError
from any_llm.spec.dialect import Options
from any_llm.types.completion import CompletionUsage
from any_llm.types.http import FormPart, Frame, HttpResponse
from any_llm.types.json import JSON, JSONObject, is_list, is_object
from any_llm.types.media import Media
from any_llm.types.report import Warning as CallWarning
from any_llm.types.value import revive

FINISH_REASONS: Mapping[str, str] = {"model_length": "length"}
"""Mistral's finish reasons that are not OpenAI's."""

_OCTETS = "application/octet-stream"
_DONE = b"[DONE]"


def segment(name: JSON) -> str:
    """Return an id as a part of a path."""
    return quote(str(name), safe="")


def read_object(response: HttpResponse, wanted: str) -> JSONObject:
    """Return the JSON object of a whole answer, which must have the member `wanted`.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer is something else.
    """
    tree: JSON = msgspec.json.decode(response.body)
    if is_object(tree) and wanted in tree:
        return tree
    found: JSONObject = tree if is_object(tree) else {}
    if found.get("error") or found.get("message") or found.get("detail"):
        raise error_from(found, response.status)
    raise MalformedResponseError(f"an answer without {wanted!r}: it has {sorted(found) or 'nothing'}")


def read_event(frame: Frame) -> JSONObject | None:
    """Return the JSON object of one frame, `None` for the mark at the end of a stream.

    Raises:
        AnyLLMError: the frame is an error.
        MalformedResponseError: the frame is something else.
    """
    if frame.data.startswith(_DONE):
        return None
    tree: JSON = msgspec.json.decode(frame.data)
    if not is_object(tree):
        raise MalformedResponseError(f"an event of the stream is {type(tree).__name__}, not an object")
    if frame.event == "error" or tree.get("object") == "error" or tree.get("error"):
        raise error_from(tree, 200)
    return tree


def usage_of(tree: JSON) -> CompletionUsage | None:
    """Return token counts; what else Mistral counts (seconds of audio, …) stays readable on them."""
    if not is_object(tree):
        return None
    counts = {name: tree.get(name) or 0 for name in ("prompt_tokens", "completion_tokens", "total_tokens")}
    return revive(CompletionUsage, {**tree, **counts})


def split(
    options: Options, renamed: Mapping[str, str], inexpressible: Mapping[str, str]
) -> tuple[JSONObject, list[CallWarning]]:
    """Return the parameters by Mistral's names, and a warning for each that it has no words for."""
    said = {renamed.get(name, name): value for name, value in options.items() if name not in inexpressible}
    warnings = [CallWarning("dropped", name, inexpressible[name]) for name in options if name in inexpressible]
    return said, warnings


def fields(members: JSONObject) -> Iterator[FormPart]:
    """Yield the fields of a form; a list is a field of its name for each item."""
    for name, value in members.items():
        for item in value if is_list(value) else [value]:
            yield FormPart(name, item if isinstance(item, str) else msgspec.json.encode(item).decode())


def file_field(media: Media) -> FormPart:
    """Return the field of a form that is a file.

    Raises:
        MediaNotReadError: the file is given by its URL or its id.
    """
    return FormPart("file", media.source, media.filename or "file", media.media_type or _OCTETS)
