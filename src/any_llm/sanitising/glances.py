"""Glances at a text: whether it is worth while to try a pattern in it, which takes ten times as long.

Most texts hold nothing that is looked for. What a glance looks for stands within all that its pattern finds; it is a
literal, or begins with one, in the text itself or in its shape, since these are found fastest.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from string import ascii_lowercase, ascii_uppercase, digits
from typing import NamedTuple, TypeAlias

from any_llm.types.secret import is_in_a_long_word

_SHAPES = bytes.maketrans(
    (digits + ascii_uppercase + ascii_lowercase).encode(), b"0" * 10 + b"A" * len(ascii_uppercase) + b"a" * 26
)


class Look(NamedTuple):
    """A text as a glance sees it.

    Attributes:
        text: the text itself.
        encoded: the text in UTF-8.
        shape: the text with 0 for each digit, A for each capital letter and a for each other one of ASCII.
        close: the same without spaces and hyphens.
    """

    text: str
    encoded: bytes
    shape: bytes
    close: bytes


Glance: TypeAlias = Callable[[Look], object]
"""Says whether a text may hold something."""


def look(text: str) -> Look:
    """Return a text as glances see it."""
    encoded = text.encode("utf-8", "replace")
    shape = encoded.translate(_SHAPES)
    return Look(text, encoded, shape, shape.translate(None, b" -"))


def is_any_in(seen: Look, glances: Sequence[Glance]) -> bool:
    """Say whether a text may hold something that one of these glances tells."""
    # A loop, since this runs for every kind and text, and a generator takes longer than what it looks for.
    for glance in glances:  # noqa: SIM110  # see above
        if glance(seen):
            return True
    return False


def _literal(sought: str) -> Glance:
    return lambda seen: sought in seen.text


def _pattern(sought: str) -> Glance:
    search = re.compile(sought).search
    return lambda seen: search(seen.text)


def _shape(sought: bytes) -> Glance:
    search = re.compile(sought).search
    return lambda seen: search(seen.shape)


def _long_word(sought: bytes) -> Glance:
    pattern = re.compile(sought)
    return lambda seen: is_in_a_long_word(seen.encoded, pattern)


_DOTTED = _pattern(r"\.[0-9]{1,3}\.[0-9]")

GLANCES: Mapping[str, Sequence[Glance]] = {
    "PRIVATE_KEY": (_literal("-----BEGIN "),),
    "AWS_KEY": (_literal("AKIA"), _literal("ASIA")),
    "GITHUB_TOKEN": (_pattern("_[A-Za-z0-9_]{30}"),),
    "SLACK_TOKEN": (_literal("xox"),),
    "STRIPE_KEY": (_literal("_live_"), _literal("_test_")),
    "GOOGLE_KEY": (_literal("AIza"),),
    "API_KEY": (_long_word(b"(?:sk|xai|hf|r8|pplx|nvapi|dapi)[-_]"),),
    "JWT": (_literal("eyJ"),),
    "EMAIL": (_pattern("@[A-Za-z0-9-]"),),
    "IBAN": (_shape(b"AA00(?: ?[A0]{4}){2}"),),
    "CARD": (lambda seen: b"0" * 13 in seen.close,),
    "SSN": (_shape(b"000-00-0000"),),
    "IP": (_DOTTED, _pattern(":[0-9A-Fa-f]{0,4}:")),
    "PHONE": (_shape(rb"\+0"),),
}
"""By label what stands within all that its pattern finds, one or the other."""

REAL: Mapping[str, Sequence[Glance]] = {
    "IP": (_DOTTED, _literal("::"), _pattern(":(?:[0-9A-Fa-f]{1,4}:){6}")),
}
"""By label what stands within all that is what it looks like, if that is more: a time of the day has colons, too."""
