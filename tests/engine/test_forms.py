"""Bodies that are not JSON, as they are put together."""

from __future__ import annotations

import io
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from any_llm.engine.forms import encode_body, encode_form, measure
from any_llm.exceptions import InvalidRequestError
from any_llm.spec.dialect import Encoded
from any_llm.transport.uploads import read_blocks
from any_llm.types.http import FileSource, FormPart, Upload
from any_llm.types.json import JSON

Field = tuple[str | None, str | None, str, bytes]


def whole(body: bytes | Upload) -> bytes:
    return body if isinstance(body, bytes) else b"".join(map(bytes, read_blocks(body)))


def read_form(content_type: str, body: bytes | Upload) -> list[Field]:
    """Read a form with the standard library's own parser."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    message = message_from_bytes(head + whole(body), policy=policy.HTTP)
    fields: list[Field] = []
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        payload = part.get_payload(decode=True)
        assert isinstance(payload, bytes)
        fields.append((str(name), part.get_filename(), part.get_content_type(), payload))
    return fields


def form(*parts: FormPart, **members: JSON) -> list[Field]:
    return read_form(*encode_body(Encoded("/x", form=parts), members))


def test_texts_bytes_and_files_become_fields(tmp_path: Path) -> None:
    sound = tmp_path / "a.mp3"
    sound.write_bytes(b"\x00\r\n--\xff" * 1_000)
    found = form(
        FormPart("model", "whisper-1"),
        FormPart("json", b"{}", content_type="application/json"),
        FormPart("file", FileSource(sound), filename="ü.mp3", content_type="audio/mpeg"),
    )
    assert [field[0] for field in found] == ["model", "json", "file"]
    assert found[0] == ("model", None, "text/plain", b"whisper-1")
    assert found[1][2] == "application/json"
    assert found[2][2:] == ("audio/mpeg", sound.read_bytes())


def test_a_file_without_a_type_is_octets() -> None:
    assert form(FormPart("file", b"x", filename="x"))[0][1:3] == ("x", "application/octet-stream")


def test_a_form_without_files_is_whole_bytes() -> None:
    content_type, body = encode_form((FormPart("a", "1"),), {}, "edge")
    assert content_type == "multipart/form-data; boundary=edge"
    assert body == b'--edge\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--edge--\r\n'


def test_every_form_has_a_boundary_of_its_own() -> None:
    encoded = Encoded("/x", form=(FormPart("a", "1"),))
    assert encode_body(encoded, {})[0] != encode_body(encoded, {})[0]


def test_names_cannot_break_out_of_their_header() -> None:
    _, body = encode_form((FormPart('a"\r\nX: 1', "1", filename='f"\n'),), {}, "edge")
    assert b'name="a%22%0D%0AX: 1"; filename="f%22%0A"\r\n' in whole(body)


def test_a_content_type_with_a_line_break_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="no content type"):
        form(FormPart("a", "1", content_type="text/plain\r\nX: 1"))


def test_further_members_become_fields_and_replace_those_of_their_names() -> None:
    found = form(FormPart("a", "1"), FormPart("b", "2"), a=3, c=True, d=["x", 1], e={"f": None}, b=None)
    assert [(name, data) for name, _, _, data in found] == [
        ("a", b"3"),
        ("c", b"true"),
        ("d[]", b"x"),
        ("d[]", b"1"),
        ("e", b'{"f":null}'),
    ]


def test_a_form_with_files_knows_its_size(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    _, body = encode_form((FormPart("a", FileSource(tmp_path / "a"), filename="a"),), {}, "edge")
    assert isinstance(body, Upload)
    assert body.size == len(whole(body))


def test_a_file_may_be_the_whole_body(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    content_type, body = encode_body(Encoded("/x", upload=Upload((b"0", FileSource(tmp_path / "a", 1)))), {})
    assert (content_type, whole(body)) == ("application/octet-stream", b"02345")


def test_a_body_that_is_a_file_takes_no_further_members() -> None:
    with pytest.raises(InvalidRequestError, match="the file itself"):
        encode_body(Encoded("/x", upload=Upload((b"0",))), {"a": 1})


def test_json_stays_json() -> None:
    assert encode_body(Encoded("/x", b'{"a":1}'), {"b": 2}) == ("application/json", b'{"a":1,"b":2}')
    assert encode_body(Encoded("/x"), {}) == ("", b"")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequestError, match=r"gone\.mp3' cannot be read: No such file"):
        measure(FileSource(tmp_path / "gone.mp3"))


def test_an_open_file_is_measured_from_where_it_begins() -> None:
    found = measure(FileSource(io.BytesIO(b"12345"), 2))
    assert isinstance(found, FileSource)
    assert found.length == 3


def test_a_file_that_cannot_be_wound_back_is_not_measured() -> None:
    source = FileSource(io.BytesIO(b"12345"), None)
    assert measure(source) is source
    assert Upload((b"1", source)).size is None
