"""JSON that arrives in pieces, as the value that it already is.

What is open is closed where it stands: a text that has begun counts as far as it goes, as does a list or an object; a
member whose value has not begun, a name, and a number or word that may go on do not count yet.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from any_llm.types.json import JSON, decode_json

_CLOSERS: Mapping[str, str] = {"{": "}", "[": "]"}
_SPACE = " \t\r\n"
_BROKEN = re.compile(r"(?<!\\)(?:\\\\)*(?P<escape>(?:\\u[dD][89abAB][0-9a-fA-F]{2})?(?:\\(?:u[0-9a-fA-F]{0,3})?)?)$")
"""An escape at the end that may go on: a backslash, one with some of its digits, the first half of a pair."""


class PartialJson:
    """Reads one JSON text piece by piece; each character is looked at once."""

    __slots__ = ("_closers", "_ended", "_escaped", "_fence", "_in_text", "_is_name", "_previous", "_safe", "_text")

    def __init__(self) -> None:
        self._text = ""
        self._closers: list[str] = []
        self._in_text = False
        self._escaped = False
        self._is_name = False
        self._ended = False
        self._safe = 0
        self._previous = ""
        self._fence = True

    def feed(self, piece: str) -> None:
        """Take the next piece."""
        start = len(self._text)
        self._text += piece
        if self._fence:
            start = self._skip_fence()
        for place in range(start, len(self._text)):
            if self._ended:
                return
            self._read(self._text[place], place)

    @property
    def value(self) -> JSON:
        """What has arrived, as a value; `None` before there is any.

        Raises:
            msgspec.DecodeError: what has arrived is no JSON.
        """
        # Whatever opens or closes something is also where the text may end.
        tail = "".join(reversed(self._closers))
        if self._in_text and not self._is_name:
            return decode_json(f'{_without_broken_escape(self._text)}"{tail}')
        return decode_json(self._text[: self._safe] + tail) if self._safe else None

    def _skip_fence(self) -> int:
        """Leave out what stands before the JSON, such as the Markdown fence that some models put around it."""
        starts = [place for place in map(self._text.find, "{[") if place >= 0]
        if not starts:
            return len(self._text)
        self._text = self._text[min(starts) :]
        self._fence = False
        return 0

    def _read(self, character: str, place: int) -> None:
        if self._in_text:
            self._read_text(character, place)
            return
        if character == '"':
            self._in_text = True
            self._is_name = self._closers[-1:] == ["}"] and self._previous in {"{", ","}
        elif character in _CLOSERS:
            self._closers.append(_CLOSERS[character])
            self._mark(place + 1)
        elif character in "}]":
            self._mark_before(place)
            self._closers.pop()
            self._mark(place + 1)
            self._ended = not self._closers
        elif character == ",":
            self._mark_before(place)
        if character not in _SPACE:
            self._previous = character

    def _read_text(self, character: str, place: int) -> None:
        if self._escaped:
            self._escaped = False
        elif character == "\\":
            self._escaped = True
        elif character == '"':
            self._in_text = False
            if not self._is_name:
                self._mark(place + 1)

    def _mark(self, place: int) -> None:
        """Remember that the text may end here, if what is open is closed."""
        self._safe = place

    def _mark_before(self, place: int) -> None:
        """Remember the end of a number or a word, which only what follows it tells."""
        if self._text[self._safe : place].strip(_SPACE):
            self._mark(place)


def _without_broken_escape(text: str) -> str:
    """Return a text without an escape at its end that has only begun, or without half of a surrogate pair."""
    broken = _BROKEN.search(text)
    return text if broken is None else text[: broken.start("escape")]
