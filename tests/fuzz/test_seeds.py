"""The inputs that fuzzing begins with, and how a finding is made small."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.fuzzing.finding import failure_of, minimise, write
from scripts.fuzzing.targets import SEEDS, TARGETS, dictionary, load_target


@pytest.mark.parametrize("name", TARGETS)
def test_every_target_has_seeds_and_none_of_them_goes_wrong(name: str) -> None:
    check = load_target(name)
    seeds = sorted((SEEDS / name).iterdir())
    assert len(seeds) >= 2
    assert [path.name for path in seeds if failure_of(check, path.read_bytes())] == []
    assert dictionary(name)


def refuse(data: bytes) -> None:
    """Go wrong at two bytes, and in another way at a third one."""
    if b"x" in data and b"y" in data:
        raise ValueError("both")
    if b"z" in data:
        raise KeyError("z")


def test_a_finding_is_made_small_without_becoming_another_one(tmp_path: Path) -> None:
    found = b"a lot z before x and between and y after"

    small = minimise(refuse, found)

    assert small == b"xy"
    with pytest.raises(ValueError, match="both") as caught:
        refuse(small)
    path = write(tmp_path, "refuse", small, caught.value)
    assert path.read_bytes() == b"xy"
    assert "ValueError: both" in path.with_suffix(".txt").read_text()
