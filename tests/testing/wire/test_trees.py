from __future__ import annotations

import pytest

from any_llm.testing.wire.trees import difference, shown


@pytest.mark.parametrize(
    ("recorded", "ours"),
    [
        ({"a": 1, "b": [1, None]}, {"b": (1, None), "a": 1}),
        (1, 1.0),
        ([], ()),
        ("x", "x"),
    ],
)
def test_equal_trees_do_not_differ(recorded: object, ours: object) -> None:
    assert difference(recorded, ours) is None


@pytest.mark.parametrize(
    ("recorded", "ours", "told"),
    [
        ({"a": {"b": 1}}, {"a": {"b": 2}}, "body.a.b: recorded is 1, ours is 2"),
        ({"a": 1}, {}, "body.a: recorded is 1, ours is nothing"),
        ({}, {"a": 1}, "body.a: recorded is nothing, ours is 1"),
        ([1, 2], [1, 3], "body[1]: recorded is 2, ours is 3"),
        ([1], [1, 2], "body: recorded has 1 items, ours has 2"),
        (1, True, "body: recorded is 1, ours is True"),
        (0, False, "body: recorded is 0, ours is False"),
        ({"a": 1}, [1], "body: recorded is {'a': 1}, ours is [1]"),
        ("1", 1, "body: recorded is '1', ours is 1"),
    ],
)
def test_the_first_difference_is_told_with_its_place(recorded: object, ours: object, told: str) -> None:
    assert difference(recorded, ours, "body") == told


def test_without_a_place_the_whole_is_named() -> None:
    assert difference(1, 2) == "the value: recorded is 1, ours is 2"
    assert difference([1], []) == "the list: recorded has 1 items, ours has 0"


def test_long_texts_are_shown_from_shortly_before_where_they_part() -> None:
    same = "x" * 500
    assert shown(f"{same}one{same}", f"{same}two") == "…" + repr("x" * 20 + "one" + "x" * 37)
    assert shown("y" + same, "z") == repr("y" + "x" * 59)
    assert shown(same) == repr(same)[:60] + "…"
