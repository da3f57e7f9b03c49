"""One spelling of JSON, the same as that of the reference implementation of RFC 8785."""

from __future__ import annotations

from pathlib import Path

import msgspec
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from any_llm.audit.canonical import canonical, canonical_text, digest
from any_llm.types.completion import ChatCompletion
from any_llm.types.media import Media
from any_llm.types.snapshot import snapshot, snapshot_answer

WHOLE = st.integers(-(2**53) + 1, 2**53 - 1)
SCALARS = st.none() | st.booleans() | WHOLE | st.floats(allow_nan=False, allow_infinity=False) | st.text()
TREES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


@given(TREES)
def test_every_value_is_spelled_as_the_reference_does(value: object) -> None:
    assert canonical(value) == rfc8785.dumps(value)  # type: ignore[arg-type]  # any JSON


@given(TREES)
def test_what_is_spelled_so_is_spelled_so_again(value: object) -> None:
    assert canonical_text(canonical(value)) == canonical(value)


def test_numbers_beyond_what_doubles_hold_are_told_all_the_same() -> None:
    assert canonical({"n": 2**60}) == b'{"n":1152921504606847000}'
    assert canonical([10**400]) == b'["1' + b"0" * 400 + b'"]'


def test_text_that_is_no_unicode_has_question_marks() -> None:
    assert canonical({"a\ud800": ["b\udfff", "\0", 0.5]}) == b'{"a?":["b?","\\u0000",0.5]}'
    assert canonical({"a": "b\udfff"}) == b'{"a":"b?"}'


def test_a_snapshot_holds_whatever_a_call_may_bring() -> None:
    assert msgspec.json.decode(snapshot({"media": Media(url="https://a/b.png"), "type": object})) == {
        "media": {**msgspec.structs.asdict(Media(url="https://a/b.png"))},
        "type": {"type": "type"},
    }
    assert msgspec.json.decode(snapshot({"file": Path("a.wav")})) == {
        "file": {"type": Path("a.wav").__class__.__name__}
    }
    assert snapshot({"text": "\ud800"}).startswith(b'"')
    assert msgspec.json.decode(snapshot_answer(ChatCompletion(id="1")))["id"] == "1"
    assert msgspec.json.decode(snapshot_answer([ChatCompletion(id="1"), 2]))[1] == 2
    assert snapshot_answer(b"bytes") == b'"Ynl0ZXM="'


def test_a_digest_names_its_kind() -> None:
    assert digest(b"") == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
