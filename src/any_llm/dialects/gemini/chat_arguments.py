"""The arguments of a function call that arrive in pieces, each by its place, as the JSON text that they add up to.

https://docs.cloud.google.com/vertex-ai/generative-ai/docs/multimodal/function-calling#streaming-fc
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import msgspec

from any_llm.dialects.gemini.wire import text_of
from any_llm.exceptions import MalformedResponseError
from any_llm.types.json import JSON

Place: TypeAlias = tuple[str | int, ...]
"""Names of members and indices of items, from the outermost."""

_VALUES = ("stringValue", "numberValue", "boolValue")


class ArgumentsWriter:
    """Writes the JSON of an object whose members come in the order they are written in."""

    def __init__(self) -> None:
        self._open: list[str] = []
        self._place: Place = ()
        self._closed: set[Place] = set()
        self._in_text = False

    def write(self, piece: Mapping[str, JSON]) -> str:
        """Return the JSON text that a piece adds.

        Raises:
            MalformedResponseError: the piece has no place, or one that has been written already.
        """
        place = parse_place(text_of(piece.get("jsonPath")))
        value = next((piece[name] for name in _VALUES if name in piece), None)
        continued = self._in_text and place == self._place
        added = "" if continued else self._end_text() + self._move(place)
        if isinstance(value, str):
            added += ("" if continued else '"') + _encode(value)[1:-1]
            self._in_text = True
            return added if piece.get("willContinue") else added + self._end_text()
        return added + _encode(value)

    def end(self) -> str:
        """Return the JSON text that ends the object."""
        if not self._open:
            return "{}"
        return self._end_text() + self._close(0)

    def _end_text(self) -> str:
        ended = '"' if self._in_text else ""
        self._in_text = False
        return ended

    def _move(self, place: Place) -> str:
        """Return what leads from the last place to the next: ends of objects and lists, a comma, beginnings, a name."""
        if any(place[:length] in self._closed for length in range(1, len(place) + 1)):
            raise MalformedResponseError(f"the arguments of a call are told twice at {place!r}")
        shared = _shared(self._place, place) if self._open else 0
        text = self._close(shared + 1) if self._open else _bracket(place[0])
        if not self._open:
            self._open.append(text)
        else:
            text += ","
        for depth in range(shared, len(place) - 1):
            bracket = _bracket(place[depth + 1])
            self._open.append(bracket)
            text += _name(place[depth]) + bracket
        self._place = place
        return text + _name(place[-1])

    def _close(self, kept: int) -> str:
        """Return the ends of all but the outermost `kept` objects and lists."""
        self._closed.update(self._place[:length] for length in range(max(kept, 1), len(self._place) + 1))
        ended = "".join("]" if bracket == "[" else "}" for bracket in reversed(self._open[kept:]))
        del self._open[kept:]
        return ended


def parse_place(path: str) -> Place:
    """Return the place that a JSON path such as `$.steps[0].name` names.

    Raises:
        MalformedResponseError: it is no such path.
    """
    place: list[str | int] = []
    rest = path.removeprefix("$")
    while rest:
        if rest[0] == ".":
            name, rest = _until(rest[1:], ".[")
            place.append(name)
        elif rest[0] == "[" and rest[1:2] in {"'", '"'}:
            name, _, rest = rest[2:].partition(rest[1] + "]")
            place.append(name)
        else:
            index, _, rest = rest.removeprefix("[").partition("]")
            place.append(int(index) if index.isdigit() else index)
    if not place or not isinstance(place[0], str) or not path.startswith("$"):
        raise MalformedResponseError(f"the arguments of a call are told at {path!r}, which is no place in an object")
    return tuple(place)


def _until(text: str, ends: str) -> tuple[str, str]:
    length = next((index for index, character in enumerate(text) if character in ends), len(text))
    return text[:length], text[length:]


def _shared(last: Sequence[str | int], following: Sequence[str | int]) -> int:
    """Return how many objects and lists two places lie in both, beyond the outermost."""
    count = 0
    for one, other in zip(last[:-1], following[:-1], strict=False):
        if one != other:
            break
        count += 1
    return count


def _bracket(inner: str | int) -> str:
    return "{" if isinstance(inner, str) else "["


def _name(key: str | int) -> str:
    return f"{_encode(key)}:" if isinstance(key, str) else ""


def _encode(value: JSON) -> str:
    return msgspec.json.encode(value).decode()
