"""Where a value came from: the JSON beside it, and its place in there."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from any_llm.types.json import JSON


class Source:
    """The JSON from which a value and all values inside it were decoded; parsed as a whole at most once."""

    __slots__ = ("_raw", "_tree")

    def __init__(self, raw: bytes = b"", tree: object = None) -> None:
        self._raw = raw
        self._tree = tree

    @property
    def raw(self) -> bytes:
        """The exact bytes, empty for a value that was made from plain values."""
        return self._raw

    def tree(self) -> JSON:
        """Return the parsed JSON."""
        if self._tree is None and self._raw:
            self._tree = msgspec.json.decode(self._raw)
        return self._tree


Place: TypeAlias = "Source | tuple[Place, str] | tuple[Place, str, int]"
"""Where a value stands: a source, or a key (and an index) within another place."""


def tree_at(place: Place) -> JSON:
    """Return the parsed JSON of a place, or `None` when there is none."""
    if isinstance(place, Source):
        return place.tree()
    tree = tree_at(place[0])
    try:
        for key in place[1:]:
            tree = tree[key]
    except (KeyError, IndexError, TypeError):
        return None
    return tree
