"""Ways in which the bytes of a stream may arrive: in any pieces, and not all of them."""

from __future__ import annotations

import random
import re
from itertools import pairwise
from typing import NamedTuple

_EVERY_BYTE = 4_096
_PIECES = 400
_INSIDE_CHARACTERS = 100
_EVENT_END = re.compile(rb"\r?\n\r?\n")


class Split(NamedTuple):
    """One way of arriving, and its name."""

    name: str
    pieces: tuple[bytes, ...]


class Cut(NamedTuple):
    """The beginning of a stream: `events` is as much of it as whole events make up."""

    name: str
    body: bytes
    events: bytes


def splits(body: bytes, seed: int) -> list[Split]:
    """Return several ways to split a body; the same seed gives the same ones."""
    source = random.Random(seed)  # noqa: S311  # places to cut, not secrets
    places = {source.randrange(len(body)) for _ in range(min(_PIECES, len(body)))}
    inside = [at for at, byte in enumerate(body) if byte & 0xC0 == 0x80]
    source.shuffle(inside)
    ordered = sorted({0, *places, *inside[:_INSIDE_CHARACTERS], len(body)})
    pieces = Split("random pieces", tuple(body[a:b] for a, b in pairwise(ordered)))
    if len(body) > _EVERY_BYTE:
        return [pieces]
    return [Split("every byte", tuple(body[at : at + 1] for at in range(len(body)))), pieces]


def cuts(body: bytes, seed: int) -> list[Cut]:
    """Return beginnings of a stream: up to its middle event, into it, and up to some byte."""
    ends = [match.end() for match in _EVENT_END.finditer(body)]
    source = random.Random(seed)  # noqa: S311  # places to cut, not secrets
    places = {"somewhere": source.randrange(1, len(body))} if len(body) > 1 else dict[str, int]()
    if len(ends) > 1:
        middle = len(ends) // 2
        places["after an event"] = ends[middle - 1]
        places["inside an event"] = (ends[middle - 1] + ends[middle]) // 2
    wholes = {name: max((end for end in ends if end <= place), default=0) for name, place in places.items()}
    return [Cut(name, body[:place], body[: wholes[name]]) for name, place in places.items()]
