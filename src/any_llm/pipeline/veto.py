"""Whether two questions that sound alike may not have one answer: a look at their words, which vectors blur.

A rule says no as soon as the questions differ in what it looks at. It errs on that side: a question too many is asked.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from difflib import SequenceMatcher

from any_llm.pipeline.veto_words import ASKING, FILLERS, NEGATIONS, NUMBERS, OFTEN, OPPOSITES

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_EXACT = re.compile(
    r"```.*?```|`[^`]+`|\"[^\"]+\"|“[^”]+”|«[^»]+»|„[^“”]+[“”]|https?://\S+|\b[\w.+-]+@[\w-]+\.\w+|\b\w+(?:_\w+)+\b"
    r"|\b\w+\(\)|[$€£¥₹%°#+]+",
    re.DOTALL,
)
_SENTENCE_END = re.compile(r"[.!?:…]\s*[\"'“(]?$")


def _sides() -> dict[str, set[tuple[int, str]]]:
    found: dict[str, set[tuple[int, str]]] = {}
    for row, sides in enumerate(OPPOSITES):
        for side in sides:
            for word in side.split("/"):
                found.setdefault(word, set()).add((row, side))
    return found


_SIDES: Mapping[str, AbstractSet[tuple[int, str]]] = _sides()
"""For each word that has an opposite, where it stands in the table."""

_VARIANT = 0.8
"""How alike two words are, by difflib's ratio, that are probably one word with a slip, or in another spelling."""


def veto(one: str, other: str) -> str:
    """Return in what two questions differ that may not; empty where they may mean the same."""
    first, second = _Question(one), _Question(other)
    return next((reason for reason, differ in _RULES if differ(first, second)), "")


class _Question:
    """A question as the rules look at it."""

    __slots__ = ("names", "text", "words")

    def __init__(self, text: str) -> None:
        self.text = unicodedata.normalize("NFKC", text).replace("’", "'")
        found = list(_WORD.finditer(self.text))
        self.words = [_plain(match) for match in found]
        self.names = {_plain(match) for match in found if self._is_name(match)}

    def _is_name(self, match: re.Match[str]) -> bool:
        word, before = match.group(), self.text[: match.start()].rstrip()
        if any(mark.isupper() for mark in word[1:]) or not (word.isalpha() or word.isdigit() or "'" in word):
            return True
        begins = not before or bool(_SENTENCE_END.search(before))
        begins = begins or before[-1] in "¿¡"
        return word[0].isupper() and not begins and word != "I" and not word.startswith("I'")

    def numbers(self) -> list[str]:
        found = [(match.start(), match.group().replace(",", "")) for match in _NUMBER.finditer(self.text)]
        found += [
            (match.start(), NUMBERS[match.group().casefold()])
            for match in _WORD.finditer(self.text)
            if match.group().casefold() in NUMBERS
        ]
        return [number for _, number in sorted(found)]

    def negations(self) -> int:
        return sum(word in NEGATIONS or word.endswith("n't") for word in self.words)

    def content(self) -> list[str]:
        return [_stem(word) for word in self.words if word not in FILLERS]

    def scripts(self) -> set[str]:
        return {unicodedata.name(mark, "?").split()[0] for mark in self.text if mark.isalpha()}

    def language(self) -> str:
        """Return the language, where its common words tell it clearly."""
        counted = sorted(((sum(word in often for word in self.words), name) for name, often in OFTEN.items()))
        (second, _), (first, name) = counted[-2:]
        return name if first >= 2 and first > second else ""


def _plain(match: re.Match[str]) -> str:
    return match.group().casefold().removesuffix("'s")


def _stem(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _differ_in_exact(one: _Question, other: _Question) -> bool:
    return _EXACT.findall(one.text) != _EXACT.findall(other.text)


def _differ_in_numbers(one: _Question, other: _Question) -> bool:
    return one.numbers() != other.numbers()


def _differ_in_negation(one: _Question, other: _Question) -> bool:
    return one.negations() != other.negations()


def _differ_in_names(one: _Question, other: _Question) -> bool:
    return not (one.names <= {*other.words} and other.names <= {*one.words})


def _differ_in_sides(one: _Question, other: _Question) -> bool:
    """Say whether one has a word where the other has its opposite, or another of its kind."""
    mine, theirs = ({side for word in each.words for side in _SIDES.get(word, ())} for each in (one, other))
    rows = {row for row, _ in mine - theirs} & {row for row, _ in theirs - mine}
    return bool(rows)


def _differ_in_asking(one: _Question, other: _Question) -> bool:
    mine, theirs = ASKING & {*one.words}, ASKING & {*other.words}
    return bool(mine and theirs) and mine != theirs


def _differ_in_order(one: _Question, other: _Question) -> bool:
    """Say whether the same words stand in another order, as in who does what to whom."""
    mine, theirs = one.content(), other.content()
    shared = {*mine} & {*theirs}
    if len(shared) < 2:
        return False
    kept = [[word for word in dict.fromkeys(words) if word in shared] for words in (mine, theirs)]
    return kept[0] != kept[1]


def _differ_in_one_word(one: _Question, other: _Question) -> bool:
    """Say whether but one word is another, which vectors hardly see; a slip, or another spelling, is the same word."""
    if len(one.words) != len(other.words):
        return False
    changed = [(mine, theirs) for mine, theirs in zip(one.words, other.words, strict=True) if mine != theirs]
    if len(changed) != 1:
        return False
    ((mine, theirs),) = changed
    if {mine, theirs} <= FILLERS or NUMBERS.get(mine, mine) == NUMBERS.get(theirs, theirs):
        return False
    one_side = _SIDES.get(mine, frozenset()) & _SIDES.get(theirs, frozenset())
    return not one_side and SequenceMatcher(None, mine, theirs).ratio() < _VARIANT


def _differ_in_addition(one: _Question, other: _Question) -> bool:
    """Say whether one is the other with something added that narrows it."""
    mine, theirs = {*one.content()}, {*other.content()}
    return mine < theirs or theirs < mine


def _differ_in_language(one: _Question, other: _Question) -> bool:
    if one.scripts() != other.scripts():
        return True
    mine, theirs = one.language(), other.language()
    return bool(mine and theirs) and mine != theirs


_RULES: Sequence[tuple[str, Callable[[_Question, _Question], bool]]] = (
    ("numbers", _differ_in_numbers),
    ("negation", _differ_in_negation),
    ("names", _differ_in_names),
    ("quotations", _differ_in_exact),
    ("opposites", _differ_in_sides),
    ("what is asked", _differ_in_asking),
    ("language", _differ_in_language),
    ("order of words", _differ_in_order),
    ("one word", _differ_in_one_word),
    ("an addition", _differ_in_addition),
)
