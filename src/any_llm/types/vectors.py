"""Vectors in bare JSON, as servers for embeddings answer that wrap them in nothing."""

from __future__ import annotations

from typing import cast

from any_llm.types.json import JSON, is_list


def vectors_of(tree: JSON) -> list[list[float]]:
    """Return the vectors in a tree: one vector, or a list of them; empty where there is anything else.

    Of the vectors of each token of a text, which models without pooling give, the mean is the text's.
    """
    if not is_list(tree) or not tree:
        return []
    if _is_vector(tree):
        return [cast("list[float]", tree)]
    if all(_is_vector(item) for item in tree):
        return [cast("list[float]", item) for item in tree]
    pooled = [_mean(item) for item in tree]
    return [vector for vector in pooled if vector] if all(pooled) else []


def _is_vector(tree: JSON) -> bool:
    return is_list(tree) and bool(tree) and all(type(number) in {int, float} for number in tree)


def _mean(tree: JSON) -> list[float] | None:
    """Return the mean of the vectors in a list, all of one length; `None` for anything else."""
    if not is_list(tree) or not tree or not all(_is_vector(item) for item in tree):
        return None
    rows = cast("list[list[float]]", tree)
    if len({len(row) for row in rows}) != 1:
        return None
    return [sum(column) / len(rows) for column in zip(*rows, strict=True)]
