"""Finding secrets and personal data in texts, by patterns and by the sums that numbers of theirs must have.

Patterns of secrets are those that vendors document for their keys; see
https://docs.github.com/en/code-security/reference/secret-security/supported-secret-scanning-patterns.
All patterns are tried in one pass from left to right. Each is decided within `LONGEST_START` characters of where it
begins, however long it gets, so that a text that comes in pieces needs to be held back no further.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from importlib import import_module
from typing import NamedTuple, TypeAlias

from any_llm.exceptions import ConfigurationError
from any_llm.sanitising.glances import GLANCES, REAL, Glance, is_any_in, look
from any_llm.types.guards import Finder

LONGEST_START = 64
"""Within how many characters of its beginning a pattern is decided."""

LONGEST_LOOK = 256
"""How many characters finders see at least of a text that comes in pieces."""

_PRESIDIO = "presidio"

_A, _LAST_DIGIT = ord("A") - 10, 9
_MODULUS = 97


class Found(NamedTuple):
    """What was found where in a text. One that is not `real` only looked like it, and is what no other may begin in."""

    label: str
    start: int
    end: int
    real: bool = True


SECRETS: Mapping[str, str] = {
    "PRIVATE_KEY": (
        # A line may end as JSON writes it.
        r"-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----(?:(?:\s|\\[nr]){0,2}[A-Za-z0-9+/=]{20,})*"
        r"(?:(?:\s|\\[nr]){0,2}[A-Za-z0-9+/=]{1,76})?(?:(?:\s|\\[nr]){0,2}-----END [A-Z ]{0,20}PRIVATE KEY-----)?"
    ),
    "AWS_KEY": r"(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])",
    "GITHUB_TOKEN": r"(?<![A-Za-z0-9])(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,})",
    "SLACK_TOKEN": r"(?<![A-Za-z0-9])xox[abeoprs]-[A-Za-z0-9-]{10,}",
    "STRIPE_KEY": r"(?<![A-Za-z0-9])[spr]k_(?:live|test)_[A-Za-z0-9]{16,}",
    "GOOGLE_KEY": r"(?<![A-Za-z0-9])AIza[A-Za-z0-9_-]{30,}",
    "API_KEY": r"(?<![A-Za-z0-9])(?:sk|gsk|xai|hf|r8|pplx|nvapi|csk|dapi)[-_][A-Za-z0-9_-]{16,}",
    "JWT": r"(?<![A-Za-z0-9])eyJ[A-Za-z0-9_-]{17,}(?:\.[A-Za-z0-9_-]+){0,2}",
}
"""What proves an identity, by its label."""

PERSONAL: Mapping[str, str] = {
    "EMAIL": r"[A-Za-z0-9._%+-]{1,32}@[A-Za-z0-9-]{1,20}\.[A-Za-z0-9.-]*[A-Za-z0-9]",
    "IBAN": r"(?<![A-Za-z0-9])[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])",
    "CARD": r"(?<![A-Za-z0-9.-])[0-9](?:[ -]?[0-9]){12,18}(?![A-Za-z0-9]|[.-][0-9])",
    "SSN": r"(?<![A-Za-z0-9-])(?!000|666|9)[0-9]{3}-(?!00)[0-9]{2}-(?!0000)[0-9]{4}(?![A-Za-z0-9-])",
    "IP": (
        r"(?<![A-Za-z0-9.:])(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{1,4})"
        r"(?![A-Za-z0-9:]|\.[0-9])"
    ),
    "PHONE": r"(?<![A-Za-z0-9])\+[0-9](?:[ ()./-]{0,2}[0-9]){7,14}(?![A-Za-z0-9])",
}
"""What tells about a person, by its label."""

_BUILT_IN: Mapping[str, str] = {**SECRETS, **PERSONAL}
_LONG = 64
"""From so many characters on a glance at a text takes less time than to try all patterns in it."""

GROUPS: Mapping[str, Mapping[str, str]] = {"secrets": SECRETS, "personal": PERSONAL}
"""What may be named together."""


def _luhn(text: str) -> bool:
    digits = [int(digit) for digit in reversed(text) if digit.isdigit()]
    doubled = (digit * 2 - _LAST_DIGIT if digit * 2 > _LAST_DIGIT else digit * 2 for digit in digits[1::2])
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def _iban(text: str) -> bool:
    plain = text.replace(" ", "")
    turned = plain[4:] + plain[:4]
    return int("".join(str(ord(sign) - _A) if sign.isalpha() else sign for sign in turned)) % _MODULUS == 1


def _address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


_CHECKS: Mapping[str, Callable[[str], bool]] = {"CARD": _luhn, "IBAN": _iban, "IP": _address}
"""What is more than a pattern, by its label."""


class Detector:
    """Finds what has these labels.

    Args:
        names: `secrets`, `personal`, or single labels of theirs.
        patterns: further patterns by their labels, in capital letters; each must be decided within `LONGEST_START`
            characters of its beginning.
        finders: functions that find more.

    Attributes:
        hold: how many characters of a text that comes in pieces are held back.
        known: whether all that it looks for are patterns of ours.

    Raises:
        ConfigurationError: there is no such name, or a pattern is none.
        MissingExtraError: a library that is named is not installed.
    """

    def __init__(self, names: Sequence[str], patterns: Mapping[str, str], finders: Sequence[Finder] = ()) -> None:
        self._checks = _CHECKS
        self._chosen = _chosen(tuple(name for name in names if name != _PRESIDIO), tuple(patterns.items()))
        self._glances = tuple((item, _glances_of(*item)) for item in self._chosen)
        self._finders = (*finders, *((_presidio(),) if _PRESIDIO in names else ()))
        self.hold = LONGEST_LOOK if self._finders else LONGEST_START
        self.known = not self._finders and all(glances for _, glances in self._glances)

    def find(self, text: str, start: int = 0) -> Iterator[Found]:
        """Yield what is found from a place on, from left to right, what only looks like it included."""
        if not self._finders:
            yield from self._by_patterns(text, start)
            return
        found = list(self._by_patterns(text, start))
        spans = (span for finder in self._finders for span in finder(text))
        found += [Found(label, begin, end) for label, begin, end in spans if start <= begin < end]
        # What is real goes before what only looks like it, then the first one, then the longest.
        kept: list[Found] = []
        for each in sorted(found, key=lambda one: (not one.real, one.start, -one.end)):
            if all(each.end <= other.start or each.start >= other.end for other in kept):
                kept.append(each)
        yield from sorted(kept, key=lambda one: one.start)

    def is_clean(self, text: str) -> bool:
        """Say whether nothing real is in a text; where that is so it takes a glance, most times."""
        if self.known:
            seen = look(text)
            for (label, _), glances in self._glances:
                if is_any_in(seen, REAL.get(label, glances)):
                    break
            else:
                return True
        return not any(found.real for found in self.find(text))

    def _by_patterns(self, text: str, start: int) -> Iterator[Found]:
        chosen = self._chosen
        if len(text) >= _LONG:
            seen = look(text)
            chosen = tuple(item for item, glances in self._glances if not glances or is_any_in(seen, glances))
        if not chosen:
            return
        for found in _compiled(chosen).finditer(text, start):
            label = found.lastgroup or ""
            check = self._checks.get(label)
            yield Found(label, found.start(), found.end(), real=check is None or check(found[0]))


@cache
def _presidio() -> Finder:
    # Few programs have it, and it takes a second to load.
    finder: Finder = import_module("any_llm.sanitising.presidio").Presidio()
    return finder


def _glances_of(label: str, pattern: str) -> Sequence[Glance]:
    """Return by what a glance tells whether a pattern may be found in a text; nothing for one that is not ours."""
    return GLANCES[label] if _BUILT_IN.get(label) is pattern else ()


_Patterns: TypeAlias = tuple[tuple[str, str], ...]


@lru_cache(maxsize=1_024)
def _compiled(chosen: _Patterns) -> re.Pattern[str]:
    """Return patterns as one that tries them all; without those that cannot be found it finds the same."""
    return re.compile("|".join(f"(?P<{label}>{pattern})" for label, pattern in chosen))


@lru_cache(maxsize=64)
def _chosen(names: tuple[str, ...], more: _Patterns) -> _Patterns:
    chosen: dict[str, str] = {}
    for name in names:
        if name in GROUPS:
            chosen |= GROUPS[name]
        elif name in _BUILT_IN:
            chosen[name] = _BUILT_IN[name]
        else:
            known = ", ".join([*GROUPS, _PRESIDIO, *SECRETS, *PERSONAL])
            raise ConfigurationError(f"detect names {name!r}; use some of {known}")
    for label, pattern in more:
        chosen[_label(label)] = _single(label, pattern)
    return tuple(chosen.items())


def _label(label: str) -> str:
    if not re.fullmatch("[A-Z][A-Z_]{0,30}", label):
        raise ConfigurationError(f"patterns has the label {label!r}; use at most 31 capital letters and underscores")
    return label


def _single(label: str, pattern: str) -> str:
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise ConfigurationError(
            f"patterns[{label!r}] is {pattern!r}, which is no regular expression: {error}"
        ) from error
    if compiled.groups:
        raise ConfigurationError(f"patterns[{label!r}] is {pattern!r}; write its groups as (?:…)")
    if compiled.match(""):
        raise ConfigurationError(f"patterns[{label!r}] is {pattern!r}, which matches nothing at all, too")
    return pattern
