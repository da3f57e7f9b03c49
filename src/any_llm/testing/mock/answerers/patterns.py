"""Texts that fit a regular expression, for the `pattern` of a JSON schema.

The expressions of schemas are ECMA-262's; what they have in common with Python's is understood here: literals, classes,
groups, alternatives, repetitions and anchors at the ends. Anything else is an error that names it.
"""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from random import Random

from any_llm.exceptions import ConfigurationError

_MOST = 3
"""How often more than it must a part repeats that may repeat without end."""

_CLASSES: Mapping[str, str] = {
    "d": string.digits,
    "D": string.ascii_letters,
    "w": string.ascii_letters + string.digits + "_",
    "W": " -.",
    "s": " ",
    "S": string.ascii_letters + string.digits,
}
_ESCAPES: Mapping[str, str] = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v", "0": "\0"}
_PRINTABLE = string.ascii_letters + string.digits + " _-."
_COUNT = re.compile(r"\{(\d+)(,?)(\d*)\}")


def sample(pattern: str, random: Random) -> str:
    """Return a text that an expression finds a match in.

    Raises:
        ConfigurationError: the expression holds what is not understood here.
    """
    reader = _Reader(pattern, random)
    made = reader.alternatives()
    if reader.rest or re.search(pattern, made) is None:
        raise ConfigurationError(f"No text can be made for the pattern {pattern!r}; use a simpler one, or an enum")
    return made


class _Reader:
    """Reads an expression from left to right and makes the text as it goes."""

    def __init__(self, pattern: str, random: Random) -> None:
        self._pattern, self._random = pattern, random
        self._place = 0

    @property
    def rest(self) -> str:
        return self._pattern[self._place :]

    def alternatives(self) -> str:
        """Read up to the end of the group, and return one of its alternatives."""
        found = [self._sequence()]
        while self._take("|"):
            found.append(self._sequence())
        return self._random.choice(found)

    def _sequence(self) -> str:
        made: list[str] = []
        while self.rest and self.rest[0] not in "|)":
            start = self._place
            made.append(self._atom())
            made[-1] = self._repeated(start, made[-1])
        return "".join(made)

    def _repeated(self, start: int, once: str) -> str:
        least, most = self._counts()
        if (least, most) == (1, 1):
            return once
        end = self._place
        made: list[str] = []
        for _ in range(self._random.randint(least, most)):
            self._place = start
            made.append(self._atom())
        self._place = end
        return "".join(made)

    def _counts(self) -> tuple[int, int]:
        least, most = 1, 1
        if found := _COUNT.match(self.rest):
            self._place += len(found[0])
            least = int(found[1])
            most = int(found[3]) if found[3] else least + (_MOST if found[2] else 0)
        else:
            for mark, counts in (("*", (0, _MOST)), ("+", (1, 1 + _MOST)), ("?", (0, 1))):
                if self._take(mark):
                    least, most = counts
                    break
            else:
                return least, most
        self._take("?")
        return least, most

    def _atom(self) -> str:
        character = self._next()
        match character:
            case "(":
                return self._group()
            case "[":
                members = self._members()
            case "\\":
                members = self._escaped()
            case ".":
                members = _PRINTABLE
            case _:
                members = "" if character in {"^", "$"} else character
        return self._random.choice(members) if members else ""

    def _group(self) -> str:
        if self._take("?") and not self._take(":"):
            name = re.match(r"P?<\w+>", self.rest)
            if name is None:
                raise ConfigurationError(
                    f"The pattern {self._pattern!r} holds (?{self.rest[:1]}, which is not understood"
                )
            self._place += len(name[0])
        made = self.alternatives()
        self._take(")")
        return made

    def _members(self) -> str:
        inverted = self._take("^")
        members = ""
        while self.rest and (not self._take("]")):
            found = self._escaped() if self._take("\\") else self._next()
            if len(found) == 1 and self.rest[:1] == "-" and self.rest[1:2] not in {"]", ""}:
                self._next()
                last = self._escaped() if self._take("\\") else self._next()
                found = "".join(map(chr, range(ord(found), ord(last) + 1)))
            members += found
        if inverted:
            members = "".join(character for character in _PRINTABLE if character not in members)
        if not members:
            raise ConfigurationError(f"The pattern {self._pattern!r} holds a class that nothing printable is in")
        return members

    def _escaped(self) -> str:
        character = self._next()
        if character in "bB":
            return ""
        if character in "ux":
            digits = self.rest[: 4 if character == "u" else 2]
            self._place += len(digits)
            return chr(int(digits, 16))
        return _CLASSES.get(character) or _ESCAPES.get(character, character)

    def _next(self) -> str:
        character = self.rest[:1]
        self._place += 1
        return character

    def _take(self, expected: str) -> bool:
        if self.rest.startswith(expected):
            self._place += len(expected)
            return True
        return False
