"""What comes in pieces: frames, thoughts between tags, and JSON; cut anywhere, it means the same."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from any_llm.exceptions import MalformedResponseError
from any_llm.transport.event_stream import EventStreamFraming
from any_llm.types.json import JSON
from tests.fuzz.strategies import cut, objects, trees, words
from tests.fuzz.subjects import arguments, framing, think_tags
from tests.transport.event_streams import event

EVENTS = words(
    b"data: x", b"data:", b"data: {", b"event: e", b": c", b"\n", b"\n\n", b"\r\n", b"\r", b"\xef\xbb\xbf", b"\xef",
    b'{"error":1}', b"{", b"}", "é".encode(), b"id", b" ",
)  # fmt: skip
SIZES = st.lists(st.integers(0, 9), max_size=4)


@given(body=EVENTS, sizes=SIZES)
def test_events_and_lines_are_the_same_however_they_are_cut(body: bytes, sizes: list[int]) -> None:
    for name in ("sse", "json_lines"):
        framing.check_split(name, body, sizes)
        framing.check_held(name, body, sizes)


@given(
    messages=st.lists(st.binary(max_size=40).map(lambda payload: event("chunk", payload)), max_size=4),
    rest=st.binary(max_size=20),
    sizes=SIZES,
)
def test_messages_of_aws_are_the_same_however_they_are_cut(
    messages: list[bytes], rest: bytes, sizes: list[int]
) -> None:
    framing.check_split("event_stream", b"".join(messages) + rest, sizes)


@given(body=st.binary(max_size=120), sizes=SIZES)
def test_headers_of_aws_that_are_anything_are_the_same_however_they_are_cut(body: bytes, sizes: list[int]) -> None:
    framing.check_split("event_stream", framing.with_checksums(body), sizes)


def test_a_message_of_aws_that_never_ends_holds_no_more_than_one_message() -> None:
    """The length in the prelude is what bounds it, so one that is refused is refused before its body."""
    taken = EventStreamFraming()
    taken.feed(event("a", b"x" * 1_000)[:500])
    with pytest.raises(MalformedResponseError):
        EventStreamFraming().feed(b"\xff" * 12)
    assert sum(map(len, taken._parts)) == 500


@given(
    pieces=st.lists(
        words("<think>", "</think>", "<thinking>", "</thinking>", "<", " ", "\n", "a", "\u2028", "\x1c", "</thi", "é"),
        max_size=5,
    )
)
def test_thoughts_between_tags_are_the_same_however_they_are_cut(pieces: list[str]) -> None:
    think_tags.check_split(pieces)


@given(
    tree=st.lists(trees, min_size=1, max_size=3) | objects.filter(bool),
    plain=st.booleans(),
    indent=st.sampled_from([None, 1]),
    chance=st.randoms(use_true_random=False),
)
def test_json_that_arrives_in_pieces_only_grows(
    tree: JSON, plain: bool, indent: int | None, chance: random.Random
) -> None:
    text = json.dumps(tree, ensure_ascii=plain, indent=indent)
    arguments.check_json(text, cut(text, chance))


@given(
    pieces=st.lists(
        words(*'{}[]",:\\u0ad8 1tnf-.e', "true", "null", "\ud83d", "```json\n", "\\ud83d", "\\u0000"), max_size=4
    )
)
def test_whatever_arrives_instead_of_json_is_a_value_or_our_error(pieces: list[str]) -> None:
    arguments.check_any(pieces)
