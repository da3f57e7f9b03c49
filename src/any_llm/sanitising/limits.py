"""How large, how deep and of what a request may be, told before anything is encoded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from any_llm.exceptions import InvalidMessageError
from any_llm.types.json import JSON, is_list, is_mapping, is_tuple


class Bounds(NamedTuple):
    """What a request may have at most: characters in all its texts, levels, and items of all its lists and objects."""

    characters: int
    depth: int
    items: int


def check_bounds(options: Mapping[str, JSON], bounds: Bounds) -> None:
    """Check a call's options.

    Raises:
        InvalidMessageError: they are too large or too deep, or a text has what Unicode does not allow in one; the error
            names the place, what was found and what is allowed.
    """
    _Count(bounds).look(options, "", 0)


class _Count:
    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._characters = 0
        self._items = 0

    def look(self, tree: JSON, place: str, depth: int) -> None:
        if isinstance(tree, str):
            self._look_at_text(tree, place)
        elif is_mapping(tree):
            self._enter(len(tree), place, depth)
            for name, value in tree.items():
                self.look(value, f"{place}.{name}" if place else str(name), depth + 1)
        elif is_list(tree) or is_tuple(tree):
            self._enter(len(tree), place, depth)
            for index, value in enumerate(tree):
                self.look(value, f"{place}[{index}]", depth + 1)

    def _enter(self, items: int, place: str, depth: int) -> None:
        if depth > self._bounds.depth:
            raise _refusal(place, f"is {depth} levels deep", f"max_depth allows {self._bounds.depth}")
        self._items += items
        if self._items > self._bounds.items:
            raise _refusal(place, f"brings the items to {self._items}", f"max_items allows {self._bounds.items}")

    def _look_at_text(self, text: str, place: str) -> None:
        self._characters += len(text)
        if self._characters > self._bounds.characters:
            allowed = f"max_characters allows {self._bounds.characters}"
            raise _refusal(place, f"brings the characters to {self._characters}", allowed)
        if "\x00" in text:
            raise _refusal(place, f"has the character U+0000 at {text.index(chr(0))}", "no text may have it")
        if not text.isascii():
            try:
                text.encode()
            except UnicodeEncodeError as error:
                found = f"has half a character, U+{ord(text[error.start]):04X}, at {error.start}"
                raise _refusal(place, found, "surrogates come in pairs, and never in a text of Python's") from error


def _refusal(place: str, found: str, allowed: str) -> InvalidMessageError:
    return InvalidMessageError(f"{place or 'the request'} {found}; {allowed}", param=place or None)
