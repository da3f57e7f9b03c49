"""AWS event streams, compared with botocore's parser."""

from __future__ import annotations

import struct
import zlib

import pytest
from botocore.eventstream import EventStreamBuffer
from hypothesis import given
from hypothesis import strategies as st

from any_llm.exceptions import MalformedResponseError, StreamTruncatedError
from any_llm.transport.event_stream import MAX_HEADER_BYTES, MAX_PAYLOAD_BYTES, EventStreamFraming
from any_llm.transport.framing import FRAMINGS
from any_llm.types.http import Frame
from tests.transport.event_streams import event, framed, message, text

values = st.one_of(
    st.sampled_from([(0, b""), (1, b"")]),
    st.binary(min_size=1, max_size=1).map(lambda raw: (2, raw)),
    st.binary(min_size=2, max_size=2).map(lambda raw: (3, raw)),
    st.binary(min_size=4, max_size=4).map(lambda raw: (4, raw)),
    st.tuples(st.sampled_from([5, 8]), st.binary(min_size=8, max_size=8)),
    st.binary(max_size=40).map(lambda raw: (6, struct.pack("!H", len(raw)) + raw)),
    st.text(max_size=20).map(text),
    st.binary(min_size=16, max_size=16).map(lambda raw: (9, raw)),
)
names = st.text(min_size=1, max_size=30).filter(lambda name: name[0] != ":")
messages = st.builds(
    lambda headers, kind, payload: message({**headers, ":event-type": text(kind)}, payload),
    st.dictionaries(names, values, max_size=4),
    st.text(max_size=20),
    st.binary(max_size=60),
)


@given(sent=st.lists(messages, max_size=5).map(b"".join), size=st.integers(1, 200))
def test_any_messages_in_any_pieces_are_framed_as_botocore_frames_them(sent: bytes, size: int) -> None:
    buffer = EventStreamBuffer()
    buffer.add_data(sent)
    wanted = [Frame(told.headers[":event-type"], told.payload) for told in buffer]
    framing = EventStreamFraming()
    pieces = [sent[start : start + size] for start in range(0, len(sent), size)]
    assert [frame for piece in pieces for frame in framing.feed(piece)] + framing.finish() == wanted


def test_a_message_is_told_as_soon_as_its_last_byte_is_there() -> None:
    framing = FRAMINGS["event_stream"]()
    sent = event("a")
    assert framing.feed(sent[:-1]) == []
    assert framing.feed(sent[-1:] + event("b")[:20]) == [Frame("a", b"{}")]
    assert framing.feed(b"") == []


def test_an_exception_is_told_by_its_type() -> None:
    headers = {":message-type": text("exception"), ":exception-type": text("throttlingException")}
    (frame,) = EventStreamFraming().feed(message(headers, b'{"message":"Slow down"}'))
    assert frame == Frame("exception:throttlingException", b'{"message":"Slow down"}')


def test_an_error_without_a_payload_is_told_by_its_code_and_message() -> None:
    headers = {
        ":message-type": text("error"),
        ":error-code": text("InternalError"),
        ":error-message": text('It "broke"'),
    }
    assert EventStreamFraming().feed(message(headers, b"")) == [
        Frame("exception:InternalError", b'{"message":"It \\"broke\\""}')
    ]
    assert EventStreamFraming().feed(message(headers, b"{}")) == [Frame("exception:InternalError", b"{}")]


@pytest.mark.parametrize("place", range(len(event("a", b"payload"))))
def test_one_wrong_bit_anywhere_is_found(place: int) -> None:
    sent = bytearray(event("a", b"payload"))
    sent[place] ^= 1
    with pytest.raises(MalformedResponseError, match="checksum"):
        EventStreamFraming().feed(bytes(sent))


def test_something_else_than_an_event_stream_is_found_at_once() -> None:
    with pytest.raises(MalformedResponseError, match="no AWS event stream"):
        EventStreamFraming().feed(b"<html><body>")


@pytest.mark.parametrize(
    ("size", "headers", "complaint"),
    [
        (16 + MAX_PAYLOAD_BYTES + 1, 0, f"payload of {MAX_PAYLOAD_BYTES + 1}"),
        (16 + MAX_HEADER_BYTES + 1, MAX_HEADER_BYTES + 1, f"headers of {MAX_HEADER_BYTES + 1}"),
        (0xFFFFFFFF, 0, "payload of"),
        (15, 0, "message of 15 bytes"),
        (100, 90, "headers of 90 bytes"),
    ],
)
def test_a_message_of_an_impossible_length_is_refused_before_it_is_held(
    size: int, headers: int, complaint: str
) -> None:
    prelude = struct.pack("!II", size, headers)
    with pytest.raises(MalformedResponseError, match=complaint):
        EventStreamFraming().feed(prelude + struct.pack("!I", zlib.crc32(prelude)))


@pytest.mark.parametrize(
    "headers",
    [
        b"\x05abc",
        b"\x01a",
        b"\x01a\x0a",
        b"\x01a\x07\x00",
        b"\x01a\x07\x00\x05abc",
        b"\x01\xff\x00",
        b"\x01a\x07\x00\x01\xff",
        b"\x01a\x04\x00",
    ],
)
def test_headers_that_cannot_be_read_are_no_message(headers: bytes) -> None:
    with pytest.raises(MalformedResponseError, match="header"):
        EventStreamFraming().feed(framed(headers, b"{}"))


def test_a_message_that_is_cut_is_told_at_the_end() -> None:
    framing = EventStreamFraming()
    framing.feed(event("a") + event("b")[:-1])
    with pytest.raises(StreamTruncatedError, match="inside a message"):
        framing.finish()
