"""JSON that arrives in pieces, as the value that it already is."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from any_llm.schemas.partial import PartialJson
from any_llm.types.json import JSON


def value_of(*pieces: str) -> JSON:
    partial = PartialJson()
    for piece in pieces:
        partial.feed(piece)
    return partial.value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None),
        ("{", {}),
        ('{"na', {}),
        ('{"name"', {}),
        ('{"name":', {}),
        ('{"name": "Pa', {"name": "Pa"}),
        ('{"name": "Paris"', {"name": "Paris"}),
        ('{"name": "Paris", "size', {"name": "Paris"}),
        ('{"size": 21', {}),
        ('{"size": 21,', {"size": 21}),
        ('{"size": 21}', {"size": 21}),
        ('{"ok": tru', {}),
        ('{"ok": true }', {"ok": True}),
        ("[1, 2", [1]),
        ("[1, 2]", [1, 2]),
        ('["a', ["a"]),
        ('{"a": [{"b": "c', {"a": [{"b": "c"}]}),
        ('{"a": [{"b": 1}, ', {"a": [{"b": 1}]}),
        ('```json\n{"a": 1}\n```', {"a": 1}),
        ('{"a": "x\\', {"a": "x"}),
        ('{"a": "x\\\\', {"a": "x\\"}),
        ('{"a": "x\\u00', {"a": "x"}),
        ('{"a": "x\\u00e9', {"a": "xé"}),
        ('{"a": "\\ud83d\\ude', {"a": ""}),
        ('{"a": "\\ud83d\\ude00', {"a": "😀"}),
        ('{"a": "say \\"hi', {"a": 'say "hi'}),
        ('{"a": "}"', {"a": "}"}),
    ],
)
def test_what_is_open_is_closed_where_it_stands(text: str, expected: JSON) -> None:
    assert value_of(text) == expected
    assert value_of(*text) == expected


def test_what_is_no_json_is_told() -> None:
    with pytest.raises(msgspec.DecodeError):
        value_of('{"a" "b", ')


TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=12,
)


@given(
    tree=st.lists(TREES, max_size=3) | st.dictionaries(st.text(max_size=4), TREES, max_size=3), ascii_only=st.booleans()
)
def test_every_beginning_of_a_text_has_a_value_and_the_whole_is_the_whole(tree: JSON, ascii_only: bool) -> None:
    text = json.dumps(tree, ensure_ascii=ascii_only)
    partial = PartialJson()

    values = []
    for character in text:
        partial.feed(character)
        values.append(partial.value)

    assert values[-1] == tree
    assert all(type(value) is type(tree) for value in values)
