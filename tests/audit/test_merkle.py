"""The trees over windows are those of RFC 9162, as another implementation of it grows them."""

from __future__ import annotations

import hashlib

import pytest
from pymerkle import InmemoryTree

from any_llm.audit.merkle import climb, path, root


def leaves(number: int) -> list[bytes]:
    return [hashlib.sha256(str(place).encode()).digest() for place in range(number)]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7, 8, 9, 16, 31, 33])
def test_roots_and_paths_are_those_of_the_oracle(size: int) -> None:
    entries = leaves(size)
    oracle = InmemoryTree(algorithm="sha256")
    for entry in entries:
        oracle.append_entry(entry)
    assert root(entries) == oracle.get_root()
    for index in range(size):
        proof = oracle.prove_inclusion(index + 1, size).serialize()
        assert [step.hex() for step in path(entries, index)] == proof["path"][1:]


@pytest.mark.parametrize("size", range(1, 40))
def test_a_path_leads_to_the_root_from_its_own_leaf_and_place_alone(size: int) -> None:
    entries = leaves(size)
    top = root(entries)
    for index, entry in enumerate(entries):
        steps = path(entries, index)
        assert climb(entry, index, size, steps) == top
        assert climb(hashlib.sha256(entry).digest(), index, size, steps) != top
        if size > 1:
            assert climb(entry, (index + 1) % size, size, steps) != top
        assert climb(entry, index, size, [*steps, entry]) != top
        assert climb(entry, index, size, steps[1:]) != top or size == 1


def test_a_tree_without_leaves_has_the_root_of_the_standard() -> None:
    assert root([]) == hashlib.sha256().digest()
