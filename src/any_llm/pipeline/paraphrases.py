"""Pairs of questions of which it is known whether they mean the same, and how well vectors tell them apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from math import fsum, sqrt
from pathlib import Path

import msgspec

from any_llm.exceptions import ConfigurationError
from any_llm.pipeline.veto import veto

SHIPPED = Path(__file__).parent / "data" / "paraphrases.txt"
"""The pairs that come with this library."""

_Z = 1.959964
"""So many standard deviations 95 of 100 lie within on both sides."""

_SAME, _OTHER = "[same]", "[other]"
_MEMBERS = 3


class Pair(msgspec.Struct, frozen=True):
    """Two questions, in what they are alike or differ, and whether one answer serves both."""

    kind: str
    one: str
    other: str
    same: bool


class Scored(msgspec.Struct, frozen=True):
    """A pair with the cosine similarity of its vectors, and in what a look at the words says that it differs."""

    pair: Pair
    similarity: float
    veto: str


class Interval(msgspec.Struct, frozen=True):
    """A part of a whole as it was measured, and between which bounds it is in 95 of 100 such measurements (Wilson)."""

    part: float
    low: float
    high: float


class Judged(msgspec.Struct, frozen=True):
    """What would be answered at a threshold.

    Attributes:
        threshold: the least similarity.
        hits: pairs that mean the same and would have one answer.
        false_hits: pairs that do not, and would.
        hit_rate: of those that mean the same, the part that would have one answer.
        false_hit_rate: of those that do not, the part that would.
    """

    threshold: float
    hits: int
    false_hits: int
    hit_rate: Interval
    false_hit_rate: Interval

    @property
    def precision(self) -> float:
        """Of what would be answered, the part that would be answered rightly; 1 where nothing would."""
        return self.hits / (self.hits + self.false_hits) if self.hits + self.false_hits else 1.0


@cache
def load_pairs(path: Path = SHIPPED) -> tuple[Pair, ...]:
    """Return the pairs of a file: lines as `kind | one | other` below `[same]` or `[other]`; `#` begins a comment.

    Raises:
        ConfigurationError: the file cannot be read, or a line is none of these.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"The pairs in {str(path)!r} cannot be read: {error}") from error
    pairs: list[Pair] = []
    section = ""
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        if text in {_SAME, _OTHER}:
            section = text
            continue
        parts = [part.strip() for part in text.split(" | ")]
        if not section or len(parts) != _MEMBERS or not all(parts):
            raise ConfigurationError(
                f"Line {number} of {str(path)!r} is {line!r}; write `kind | one | other` below {_SAME} or {_OTHER}"
            )
        kind, one, other = parts
        pairs.append(Pair(kind, one, other, section == _SAME))
    if len({pair.same for pair in pairs}) != len((_SAME, _OTHER)):
        raise ConfigurationError(f"{str(path)!r} needs pairs below both {_SAME} and {_OTHER}")
    return tuple(pairs)


def texts_of(pairs: Sequence[Pair]) -> list[str]:
    """Return the questions of pairs, each once."""
    return list(dict.fromkeys(text for pair in pairs for text in (pair.one, pair.other)))


def scored(pairs: Sequence[Pair], vectors: Mapping[str, Sequence[float]]) -> list[Scored]:
    """Return pairs with their similarity, from the vector of each question."""
    units = {text: _unit(vector) for text, vector in vectors.items()}
    return [
        Scored(
            pair,
            fsum(a * b for a, b in zip(units[pair.one], units[pair.other], strict=True)),
            veto(pair.one, pair.other),
        )
        for pair in pairs
    ]


def judge(pairs: Sequence[Scored], threshold: float, *, vetoed: bool = True) -> Judged:
    """Return what would be answered at a threshold, with or without the look at the words."""
    hits = {True: 0, False: 0}
    counts = {True: 0, False: 0}
    for each in pairs:
        counts[each.pair.same] += 1
        hits[each.pair.same] += each.similarity >= threshold and not (vetoed and each.veto)
    return Judged(
        threshold=threshold,
        hits=hits[True],
        false_hits=hits[False],
        hit_rate=interval(hits[True], counts[True]),
        false_hit_rate=interval(hits[False], counts[False]),
    )


def recommended(judged: Sequence[Judged], most: float) -> Judged | None:
    """Return the lowest threshold from which on the false-hit rate is at most so high with 97.5 % certainty, if any."""
    found: Judged | None = None
    for each in sorted(judged, key=lambda one: -one.threshold):
        if each.false_hit_rate.high > most:
            break
        found = each
    return found


def interval(count: int, total: int) -> Interval:
    """Return the Wilson score interval of a part: https://doi.org/10.1080/01621459.1927.10502953."""
    if not total:
        return Interval(0.0, 0.0, 1.0)
    part, square = count / total, _Z * _Z
    centre = (part + square / (2 * total)) / (1 + square / total)
    reach = _Z * sqrt(part * (1 - part) / total + square / (4 * total * total)) / (1 + square / total)
    # At both ends the formula gives these but for rounding.
    return Interval(part, centre - reach if count else 0.0, centre + reach if count < total else 1.0)


def _unit(vector: Sequence[float]) -> list[float]:
    length = sqrt(fsum(number * number for number in vector)) or 1.0
    return [number / length for number in vector]
