"""Made-up vectors and scores: the same text has the same ones in every run."""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random


def vector_of(text: str, dimensions: int) -> list[float]:
    """Return a vector of length 1 for a text."""
    random = Random(text)  # noqa: S311  # nothing secret depends on it
    values = [random.gauss(0.0, 1.0) for _ in range(dimensions)]
    length = math.sqrt(sum(value * value for value in values)) or 1.0
    return [round(value / length, 8) for value in values]


def vectors_of(given: Sequence[Sequence[float]], texts: Sequence[str], dimensions: int) -> list[list[float]]:
    """Return a vector for each text: those given, as far as they go, and made-up ones for the rest."""
    made = [vector_of(text, dimensions) for text in texts[len(given) :]]
    return [list(vector) for vector in given[: len(texts)]] + made


def scores_of(given: Sequence[float], query: str, documents: Sequence[str]) -> list[float]:
    """Return how well each document fits: as given, else the part of the query's words that it has."""
    wanted = set(query.lower().split())
    found = list(given[: len(documents)])
    for document in documents[len(found) :]:
        shared = len(wanted & set(document.lower().split()))
        found.append(round((shared + 0.5) / (len(wanted) + 1), 8))
    return found
