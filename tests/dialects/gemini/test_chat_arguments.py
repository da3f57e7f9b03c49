"""Arguments of calls that arrive in pieces."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from any_llm.dialects.gemini.chat_arguments import ArgumentsWriter, parse_place
from any_llm.exceptions import MalformedResponseError
from any_llm.types.json import JSON, JSONObject


def written(*pieces: JSONObject) -> JSON:
    writer = ArgumentsWriter()
    return json.loads("".join([*map(writer.write, pieces), writer.end()]))


def text(path: str, value: str, *, more: bool = False) -> JSONObject:
    return {"jsonPath": path, "stringValue": value} | ({"willContinue": True} if more else {})


def test_no_pieces_are_an_empty_object() -> None:
    assert written() == {}


def test_members_and_items_are_put_in_their_places() -> None:
    assert written(
        text("$.recipe.steps[0].do", "mi", more=True),
        text("$.recipe.steps[0].do", 'x "', more=True),
        text("$.recipe.steps[0].do", ""),
        {"jsonPath": "$.recipe.steps[0].minutes", "numberValue": 1.5},
        text("$.recipe.steps[1].do", "bake"),
        {"jsonPath": "$.recipe.done", "boolValue": False},
        text("$['two words']", "a"),
        {"jsonPath": "$.none", "nullValue": "NULL_VALUE"},
        {"jsonPath": "$.grid[0][0]", "numberValue": 1},
        {"jsonPath": "$.grid[0][1]", "numberValue": 2},
        {"jsonPath": "$.grid[1][0]", "numberValue": 3},
    ) == {
        "recipe": {"steps": [{"do": 'mix "', "minutes": 1.5}, {"do": "bake"}], "done": False},
        "two words": "a",
        "none": None,
        "grid": [[1, 2], [3]],
    }


def test_a_text_that_was_not_ended_ends_with_the_next_place() -> None:
    assert written(text("$.a", "x", more=True), text("$.b", "y", more=True)) == {"a": "x", "b": "y"}


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("$.a", ("a",)),
        ("$.a[10].b", ("a", 10, "b")),
        ("$['a.b'][0]", ("a.b", 0)),
        ('$["a"]', ("a",)),
        ("$.a[b]", ("a", "b")),
    ],
)
def test_paths_name_places(path: str, place: tuple[str | int, ...]) -> None:
    assert parse_place(path) == place


@pytest.mark.parametrize("path", ["", "$", "$[0]", "a"])
def test_a_path_that_is_none_is_malformed(path: str) -> None:
    with pytest.raises(MalformedResponseError, match="no place"):
        parse_place(path)


@pytest.mark.parametrize("again", ["$.a", "$.a.b", "$.a.c"])
def test_a_place_told_twice_is_malformed(again: str) -> None:
    writer = ArgumentsWriter()
    writer.write(text("$.a.b", "x"))
    writer.write(text("$.z", "y"))
    with pytest.raises(MalformedResponseError, match="twice"):
        writer.write(text(again, "x"))


NAMES = st.text(alphabet="abcxyz_ é-", min_size=1, max_size=4)
TREES: st.SearchStrategy[JSON] = st.recursive(
    st.text(max_size=6) | st.integers(-(2**53), 2**53) | st.booleans(),
    lambda inner: st.lists(inner, min_size=1, max_size=3) | st.dictionaries(NAMES, inner, min_size=1, max_size=3),
    max_leaves=4,
)


@given(tree=st.dictionaries(NAMES, TREES, max_size=3), cut=st.integers(0, 3))
def test_any_object_told_in_order_is_written(tree: JSONObject, cut: int) -> None:
    assert written(*_pieces(tree, "$", cut)) == tree


def _pieces(tree: JSON, path: str, cut: int) -> list[JSONObject]:
    if isinstance(tree, dict):
        return [piece for name, inner in tree.items() for piece in _pieces(inner, f"{path}['{name}']", cut)]
    if isinstance(tree, list):
        return [piece for index, inner in enumerate(tree) for piece in _pieces(inner, f"{path}[{index}]", cut)]
    if isinstance(tree, str):
        return [text(path, tree[:cut], more=True), text(path, tree[cut:])]
    return [{"jsonPath": path, "boolValue" if isinstance(tree, bool) else "numberValue": tree}]
