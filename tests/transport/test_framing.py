"""Frames out of bytes, however the bytes are split."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from any_llm.exceptions import MalformedResponseError
from any_llm.spec.transport import Framing
from any_llm.transport import framing
from any_llm.transport.framing import FRAMINGS, JsonLinesFraming, SseFraming
from any_llm.types.http import Frame


def frames(framing: Framing, *parts: bytes) -> list[Frame]:
    found = [frame for part in parts for frame in framing.feed(part)]
    return found + framing.finish()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"data: {}\n\n", [("", b"{}")]),
        (b"data:{}\n\n", [("", b"{}")]),
        (b"data:  two\n\n", [("", b" two")]),
        (b"data: {}\r\n\r\n", [("", b"{}")]),
        (b"data: {}\r\r", [("", b"{}")]),
        (b"data: 1\n\ndata: 2\n\n", [("", b"1"), ("", b"2")]),
        (b"event: a\ndata: 1\n\n", [("a", b"1")]),
        (b"event:a\ndata:1\n\n", [("a", b"1")]),
        (b"data: 1\nevent: a\n\n", [("a", b"1")]),
        (b"event: a\ndata: 1\nid: 7\n\n", [("a", b"1")]),
        (b"event: a\ndata: 1\n\nevent: b\ndata: 2\n\n", [("a", b"1"), ("b", b"2")]),
        (b"event: \xff\ndata: 1\n\n", [("\ufffd", b"1")]),
        (b": comment\n\ndata: 1\n\n", [("", b"1")]),
        (b": comment\ndata: 1\n\n", [("", b"1")]),
        (b"data: 1\ndata: 2\n\n", [("", b"1\n2")]),
        (b"data: 1\r\ndata: 2\r\n\r\n", [("", b"1\n2")]),
        (b"data\n\n", [("", b"")]),
        (b"data:\n\n", [("", b"")]),
        (b"event: lonely\n\ndata: 1\n\n", [("", b"1")]),
        (b"id: 1\nretry: 5\n\n", []),
        (b"datum: 1\n\n", []),
        (b"\n\n\ndata: 1\n\n\n\n", [("", b"1")]),
        (b"\xef\xbb\xbfdata: 1\n\n", [("", b"1")]),
        (b"data: 1\n\n\xef\xbb\xbfdata: 2\n\n", [("", b"1")]),
        (b"data: [DONE]", [("", b"[DONE]")]),
        (b"data: 1\n", [("", b"1")]),
        (b'data: {"a": 1}', [("", b'{"a": 1}')]),
        (b'data: {"a": 1', []),
        (b"data: [DON", []),
        (b'data: {"a": 1\n', [("", b'{"a": 1')]),
        (b'data: {"a": "1\r', [("", b'{"a": "1')]),
        (b"", []),
        (b"\xef\xbb", []),
        (b"{}", []),
        (b'data: 1\n\n{\n  "error": {}\n}\n', [("", b"1"), ("", b'{\n  "error": {}\n}\n')]),
    ],
)
def test_events_are_what_the_standard_says(body: bytes, expected: list[tuple[str, bytes]]) -> None:
    """Every body gives the same events whole, byte by byte, and cut in two at every place."""
    assert frames(SseFraming(), body) == expected
    assert frames(SseFraming(), *(body[i : i + 1] for i in range(len(body)))) == expected
    for cut in range(len(body) + 1):
        assert frames(SseFraming(), body[:cut], b"", body[cut:]) == expected


lines = st.sampled_from(
    [b"data: x", b"data:", b"data: {}", b"event: e", b": c", b"id: 1", b"", b"", b"\xef\xbb\xbf", b"data: \xc3\xa9"]
)
ends = st.sampled_from([b"\n", b"\r\n", b"\r"])


@given(st.lists(st.tuples(lines, ends)).map(lambda pairs: b"".join(a + b for a, b in pairs)), st.randoms())
def test_any_split_gives_the_same_events(body: bytes, chance: random.Random) -> None:
    cuts = sorted(chance.randrange(len(body) + 1) for _ in range(chance.randrange(12)))
    parts = [body[a:b] for a, b in zip([0, *cuts], [*cuts, len(body)], strict=True)]
    assert frames(SseFraming(), *parts) == frames(SseFraming(), body)
    assert frames(JsonLinesFraming(), *parts) == frames(JsonLinesFraming(), body)


@given(st.lists(st.binary(max_size=20)))
def test_any_bytes_are_survived(parts: list[bytes]) -> None:
    whole = b"".join(parts)
    assert frames(SseFraming(), *parts) == frames(SseFraming(), whole)
    assert frames(JsonLinesFraming(), *parts) == frames(JsonLinesFraming(), whole)


values = st.recursive(
    st.none() | st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)


@given(st.lists(st.tuples(st.sampled_from(["", "message_start", "größe"]), values)), ends)
def test_what_was_framed_is_found(events: list[tuple[str, object]], end: bytes) -> None:
    body = b"".join(
        (b"event: " + name.encode() + end if name else b"") + b"data: " + json.dumps(value).encode() + end + end
        for name, value in events
    )
    found = frames(SseFraming(), body)
    assert [(frame.event, json.loads(frame.data)) for frame in found] == events


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"a":1}\n{"a":2}\n', [b'{"a":1}', b'{"a":2}']),
        (b'{"a":1}\r\n\r\n{"a":2}', [b'{"a":1}', b'{"a":2}']),
        (b'{"a":1}\n{"a":', [b'{"a":1}']),
        (b'"text"', [b'"text"']),
        (b'"tex', []),
        (b"12", [b"12"]),
        (b" \n \n", []),
        (b"", []),
    ],
)
def test_json_lines_are_lines(body: bytes, expected: list[bytes]) -> None:
    """Every body gives the same lines whole, byte by byte, and cut in two at every place."""
    wanted = [Frame("", line) for line in expected]
    assert frames(JsonLinesFraming(), body) == wanted
    assert frames(JsonLinesFraming(), *(body[i : i + 1] for i in range(len(body)))) == wanted
    for cut in range(len(body) + 1):
        assert frames(JsonLinesFraming(), body[:cut], body[cut:]) == wanted


@pytest.mark.parametrize("name", ["sse", "json_lines"])
def test_a_framing_may_be_used_again_after_it_finished(name: str) -> None:
    framing = FRAMINGS[name]()
    framing.feed(b"data: 1")
    framing.finish()
    assert framing.finish() == []


@pytest.mark.parametrize(("name", "what"), [("sse", "event"), ("json_lines", "line")])
def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch, name: str, what: str) -> None:
    monkeypatch.setattr(framing, "MAX_FRAME_BYTES", 1_000)
    taken = FRAMINGS[name]()
    for _ in range(1_000):
        taken.feed(b"data: 1\n\n")
    taken.feed(b"data: " + b"x" * 900)
    with pytest.raises(MalformedResponseError, match=f"one {what} of over 1000 bytes"):
        taken.feed(b"x" * 200)


def test_a_large_event_in_many_pieces_is_one_frame() -> None:
    piece = b"x" * 65_536
    taken = SseFraming()
    assert not taken.feed(b"data: ")
    for _ in range(160):
        assert not taken.feed(piece)
    assert taken.feed(b"\n\n") == [Frame("", piece * 160)]
