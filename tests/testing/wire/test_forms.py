"""Forms as members that are said and compared."""

from __future__ import annotations

from any_llm.testing.recordings import RecordedRequest
from any_llm.testing.wire.forms import form_in, form_of, is_form, plain
from any_llm.types.media import Media

FORM = "multipart/form-data; boundary=b"
BODY = (
    b'--b\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n'
    b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nHi\r\n'
    b'--b\r\nContent-Disposition: form-data; name="x[]"\r\n\r\n1\r\n'
    b'--b\r\nContent-Disposition: form-data; name="x[]"\r\n\r\n2\r\n'
    b'--b\r\nContent-Disposition: form-data; name="x[]"\r\n\r\n3\r\n--b--\r\n'
)
MEMBERS = {"purpose": "batch", "file": {"filename": "a.txt", "size": 2}, "x[]": ["1", "2", "3"]}


def request(content_type: str = FORM, body: bytes = b"", *parts: dict[str, object]) -> RecordedRequest:
    """Return a recorded request."""
    headers = {"content-type": content_type}
    return RecordedRequest(method="POST", url="https://host", headers=headers, body=body, multipart=parts)


def test_bytes_are_read_as_fields() -> None:
    assert plain(form_in(FORM, BODY)) == MEMBERS
    kept = form_of(request(FORM, BODY))
    assert kept is not None
    assert plain(kept) == MEMBERS


def test_recorded_parts_are_read_as_fields() -> None:
    parts: tuple[dict[str, object], ...] = (
        {"name": "purpose", "value": "batch"},
        {"name": "file", "filename": "a.txt", "size": 2, "value": "Hi"},
        {"name": "cut", "filename": "b.bin", "size": 9},
    )
    kept = form_of(request(FORM, b"", *parts))
    assert kept is not None
    assert kept["file"] == Media(content=b"Hi", filename="a.txt")
    assert plain(kept)["cut"] == {"filename": "b.bin", "size": 9}


def test_a_form_that_was_not_kept_is_none() -> None:
    assert form_of(request()) is None
    assert form_of(request("application/json", b"{}")) is None
    assert is_form(FORM)
    assert plain({"link": [Media(url="https://host/a")]}) == {"link": [{"filename": None, "size": None}]}
