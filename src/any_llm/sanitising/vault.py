"""What was masked in one request, so that its answer can have it back; and masking of what comes in pieces."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import count
from typing import TypeAlias

import msgspec
from typing_extensions import override

from any_llm.sanitising.detectors import Detector, Found

Replace: TypeAlias = Callable[[Found, str], str]
"""Says what is written in the place of something found."""

_MASK = re.compile(r"\[[A-Z][A-Z_]{0,30}_[0-9]{1,6}\]")
LONGEST_MASK = 40
"""How many characters a mask has at most, and so how much of a stream is held back at most."""


class Vault:
    """The values of one request by their masks, such as `[EMAIL_1]`; the same value has the same mask.

    Args:
        texts: all texts of the request: a mask that stands in one of them already is nobody's.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._taken = {mask for text in texts if "[" in text for mask in _MASK.findall(text)}
        self._masks: dict[str, str] = {}
        self._values: dict[str, str] = {}

    def __bool__(self) -> bool:
        return bool(self._values)

    def mask_of(self, label: str, value: str) -> str:
        """Return the mask of a value."""
        known = self._masks.get(value)
        if known is not None:
            return known
        mask = next(mask for number in count(1) if self._free(mask := f"[{label}_{number}]"))
        self._masks[value], self._values[mask] = mask, value
        return mask

    def unmask(self, text: str, in_json: bool = False) -> str:  # noqa: FBT001, FBT002  # as texts.Rewrite calls it
        """Return a text with the values in place of their masks, written as JSON writes them where the text is JSON."""
        if "[" not in text:
            return text
        return _MASK.sub(lambda found: self._value(found[0], in_json=in_json), text)

    def _value(self, mask: str, *, in_json: bool) -> str:
        value = self._values.get(mask, mask)
        return msgspec.json.encode(value)[1:-1].decode() if in_json else value

    def _free(self, mask: str) -> bool:
        return mask not in self._taken and mask not in self._values

    @override
    def __reduce__(self) -> tuple[object, ...]:
        msg = "a Vault cannot be pickled: it holds what was masked"
        raise TypeError(msg)


class Unmasking:
    """Puts values back into a text that comes in pieces, however it is cut."""

    def __init__(self, vault: Vault, *, in_json: bool = False) -> None:
        self._vault = vault
        self._in_json = in_json
        self._held = ""

    def feed(self, piece: str) -> str:
        """Take the next piece and return what can be handed on."""
        text = self._held + piece
        start = text.rfind("[", max(0, len(text) - LONGEST_MASK + 1))
        begins = start >= 0 and "]" not in text[start:]
        self._held = text[start:] if begins else ""
        return self._vault.unmask(text[:start] if begins else text, self._in_json)

    def finish(self) -> str:
        """Return what was held back."""
        held, self._held = self._held, ""
        return held


class Masking:
    """Masks what is found in a text that comes in pieces, however it is cut.

    Args:
        detector: what finds.
        replace: what is written in the place of something found, given it and its text.
    """

    def __init__(self, detector: Detector, replace: Replace) -> None:
        self._detector = detector
        self._replace = replace
        self._text = ""
        self._done = 0

    def feed(self, piece: str) -> str:
        """Take the next piece and return what can be handed on."""
        self._text += piece
        return self._hand_on(len(self._text) - self._detector.hold)

    def finish(self) -> str:
        """Return what was held back."""
        return self._hand_on(len(self._text))

    def _hand_on(self, until: int) -> str:
        text, last = self._text, until >= len(self._text)
        found = list(self._detector.find(text, self._done)) if until > self._done else []
        # What reaches to the end may go on in the next piece.
        open_ended = [] if last else [each.start for each in found if each.end == len(text)]
        until = min(until, *open_ended) if open_ended else until
        until = next((each.start for each in found if each.start < until < each.end), until)
        if until <= self._done:
            return ""
        masked = replace_found(text, (each for each in found if each.end <= until), self._replace, self._done, until)
        # The character before decides whether something begins here.
        self._text, self._done = text[max(0, until - 1) :], min(until, 1)
        return masked


def replace_found(text: str, found: Iterable[Found], replace: Replace, start: int = 0, end: int | None = None) -> str:
    """Return a stretch of a text with what was found in it replaced; the very same text if that is nothing."""
    pieces: list[str] = []
    for each in found:
        if each.real:
            pieces += [text[start : each.start], replace(each, text[each.start : each.end])]
            start = each.end
    rest = text[start:end]
    return "".join([*pieces, rest]) if pieces else rest
