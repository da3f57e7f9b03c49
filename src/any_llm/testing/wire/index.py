"""The index beside a folder of recordings: what it says of each file, written when the file was."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

import msgspec

NAME = "index.tsv"
_NEEDED = frozenset({"file", "status", "features", "bytes"})
_ABOVE = 2


class Row(msgspec.Struct, frozen=True):
    """What the index says of one file; `size` is its length in bytes."""

    status: str
    features: frozenset[str]
    size: str


def load_index(folder: Path) -> Mapping[Path, Row]:
    """Return the rows of the index by the path of their file.

    It stands in the folder, or in one of the two above it, of which a part is read then; without one there are no rows.
    """
    start = folder if folder.is_dir() else folder.parent
    for place in [start, *start.absolute().parents][: _ABOVE + 1]:
        if (place / NAME).is_file():
            return _read(place / NAME)
    return {}


def _read(path: Path) -> Mapping[Path, Row]:
    with path.open(encoding="utf-8", newline="") as lines:
        table = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        if _NEEDED.difference(table.fieldnames or ()):
            return {}
        return {
            (path.parent / row["file"]).absolute(): Row(
                row["status"], frozenset(filter(None, row["features"].split(","))), row["bytes"]
            )
            for row in table
        }
