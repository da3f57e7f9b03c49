"""Arguments of tools and answers in a form, which arrive in pieces: every beginning is a value, and it only grows."""

from __future__ import annotations

import json
from collections.abc import Sequence

from any_llm.exceptions import ResponseFormatError
from any_llm.pipeline.partials import Grown
from any_llm.schemas.partial import PartialJson
from any_llm.types.completion import ChatCompletionChunk, ChoiceDelta, ChunkChoice
from any_llm.types.json import JSON


def chunk(text: str) -> ChatCompletionChunk:
    """Return the piece of a stream that brings a text."""
    return ChatCompletionChunk(id="1", model="m", choices=[ChunkChoice(index=0, delta=ChoiceDelta(content=text))])


def grows(old: JSON, new: JSON) -> bool:
    """Say whether a value is another one with more in it."""
    if isinstance(old, str) and isinstance(new, str):
        return new.startswith(old)
    if isinstance(old, list) and isinstance(new, list):
        return len(new) >= len(old) and all(map(grows, old, new))
    if isinstance(old, dict) and isinstance(new, dict):
        return all(name in new and grows(value, new[name]) for name, value in old.items())
    return old is None or (type(old) is type(new) and old == new)


def values_of(pieces: Sequence[str]) -> list[JSON]:
    """Return the values that a JSON text passes through.

    Raises:
        ResponseFormatError: it is no JSON.
    """
    grown = Grown(lambda value: value)
    return [grown.value for piece in pieces if grown.add(chunk(piece))]


def check_json(text: str, pieces: Sequence[str]) -> None:
    """A text that is JSON passes through values that only grow, and ends as what it says, however it is cut."""
    value = json.loads(text)
    for parts in (pieces, list(text)):
        values = values_of(parts)
        assert all(map(grows, values, values[1:]))
        assert all(json.loads(json.dumps(each)) == each for each in values)
        assert (values[-1] if values else None) == value


def check_any(pieces: Sequence[str]) -> None:
    """Any text has values or ends in our error, and the values do not depend on the cuts before it."""
    at_once = PartialJson()
    at_once.feed("".join(pieces))
    try:
        whole = at_once.value
    except ValueError:
        return
    partial = PartialJson()
    for piece in pieces:
        partial.feed(piece)
    assert partial.value == whole
    try:
        values_of(pieces)
    except ResponseFormatError:
        return


def unique(pairs: list[tuple[str, JSON]]) -> JSON:
    """Return an object, or refuse one that says a member twice: what such a one means is not defined."""
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("a member is said twice")
    return dict(pairs)


def refuse(name: str) -> JSON:
    """Refuse what only Python takes for JSON."""
    raise ValueError(f"{name} is no JSON")


def check(data: bytes) -> None:
    """Take the text from the bytes; a zero byte cuts it."""
    pieces = data.decode("utf-8", "replace").split("\0")
    text = "".join(pieces)
    check_any(pieces)
    try:
        told = json.loads(text, object_pairs_hook=unique, parse_constant=refuse)
        # Half of a surrogate pair is no text, and infinity no number.
        json.dumps(told, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        return
    if isinstance(told, list | dict) and told:
        check_json(text, pieces)
