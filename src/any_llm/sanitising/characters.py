"""Characters that nobody sees and models read: ways to hide instructions in a text.

Zero-width characters, Unicode's tags and its directional overrides: https://www.unicode.org/reports/tr36/ and
https://trojansource.codes. What scripts and emoji need of them stays: joiners between characters that are not ASCII,
and the tags of a flag.
"""

from __future__ import annotations

import re

_TAGS = "\U000e0000-\U000e007f"
_INVISIBLE = (
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u2060-\u2065\u206a-\u206f\u3164\ufeff\uffa0"
    "\ufff9-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0100-\U000e01ef"
)
_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_FLAG = "(?P<flag>\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{1,6}\U000e007f)"
_JOINED = "(?P<joined>(?<=[^\x00-\x7f])[\u200c\u200d](?=[^\x00-\x7f]))"
_HIDDEN = re.compile(f"{_FLAG}|{_JOINED}|[{_INVISIBLE}{_BIDI}{_TAGS}\u200c\u200d]")


def strip_hidden(text: str) -> str:
    """Return a text without the characters that nobody sees; the very same text if there are none."""
    return text if text.isascii() else _HIDDEN.sub(_kept, text)


def has_hidden(text: str) -> bool:
    """Say whether a text has characters that nobody sees."""
    return not text.isascii() and any(not _kept(found) for found in _HIDDEN.finditer(text))


def _kept(found: re.Match[str]) -> str:
    return found["flag"] or found["joined"] or ""
