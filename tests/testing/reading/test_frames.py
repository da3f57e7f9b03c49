from __future__ import annotations

import pytest

from any_llm.testing.reading.frames import Event, is_event_stream, read_events


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_of_the_standard_is_understood(end: str) -> None:
    body = end.join([": comment", "event: one", "data: 1", "data:2", "", "data: 3", "", ""]).encode()
    assert read_events(body) == [Event("one", "1\n2"), Event("", "3")]


def test_an_event_without_its_blank_line_counts_at_the_end_of_the_body() -> None:
    assert read_events(b"data: [DONE]") == [Event("", "[DONE]")]


def test_an_event_without_data_is_nothing_and_its_name_is_forgotten() -> None:
    assert read_events(b"event: one\n\nid: 7\ndata: 1\n\n") == [Event("", "1")]


def test_a_byte_order_mark_is_not_part_of_the_first_line() -> None:
    assert read_events("\ufeffdata: 1\n\n".encode()) == [Event("", "1")]


@pytest.mark.parametrize(
    ("content_type", "body", "expected"),
    [
        ("text/event-stream; charset=utf-8", b"", True),
        ("application/json", b"\ndata: 1", True),
        ("", b": keepalive\n\n", True),
        ("application/json", b"{}", False),
    ],
)
def test_a_stream_is_known_by_its_type_or_its_beginning(content_type: str, body: bytes, expected: bool) -> None:
    assert is_event_stream(content_type, body) is expected
