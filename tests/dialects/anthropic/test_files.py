"""Files: given as forms, told in OpenAI's words."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from any_llm.dialects.anthropic import files
from any_llm.exceptions import InvalidRequestError, MalformedResponseError, PermissionDeniedError
from any_llm.spec.dialect import Codec, Encoded
from any_llm.types.http import FileSource, FormPart, Frame, HttpResponse
from any_llm.types.json import JSON
from any_llm.types.media import Media
from tests.dialects.anthropic.calls import respond, target, warned

ONE = {
    "id": "file_1",
    "type": "file",
    "filename": "a.pdf",
    "mime_type": "application/pdf",
    "size_bytes": 12,
    "created_at": "2026-01-23T06:01:38.323000Z",
    "downloadable": False,
}


def asked(codec: Codec[JSON, JSON], **options: JSON) -> Encoded:
    encoded = codec.encode(target(), options)
    assert encoded.headers["anthropic-beta"] == "files-api-2025-04-14"
    return encoded


def test_a_file_is_sent_as_a_form_and_read_while_it_is_sent() -> None:
    source = FileSource(Path("a.pdf"))
    encoded = asked(files.UPLOAD_FILE, file=Media(content=source, filename="a.pdf", media_type="application/pdf"))
    assert encoded.path == "/v1/files"
    assert encoded.form == (FormPart("file", source, "a.pdf", "application/pdf"),)
    named = asked(files.UPLOAD_FILE, file=Media(content=b"x"), purpose="vision", expires_after=3)
    assert named.form == (FormPart("file", b"x", "file", "application/octet-stream"),)
    assert warned(named) == [("dropped", "purpose"), ("dropped", "expires_after")]


@pytest.mark.parametrize("media", [Media(url="https://h/a.pdf"), Media(file_id="file_1")])
def test_a_file_that_is_elsewhere_cannot_be_uploaded(media: Media) -> None:
    with pytest.raises(InvalidRequestError, match="give a path or bytes"):
        files.UPLOAD_FILE.encode(target(), {"file": media})


def test_every_question_about_a_file_has_its_place() -> None:
    assert asked(files.LIST_FILES).path == "/v1/files"
    listed = asked(files.LIST_FILES, after="file_1", limit=3, order="asc")
    assert listed.path == "/v1/files?after_id=file_1&limit=3"
    assert warned(listed) == [("dropped", "order")]
    assert asked(files.RETRIEVE_FILE, file_id="a/b").path == "/v1/files/a%2Fb"
    deleted = asked(files.DELETE_FILE, file_id="file_1")
    assert (deleted.method, deleted.path) == ("DELETE", "/v1/files/file_1")
    assert asked(files.DOWNLOAD_FILE, file_id="file_1").path == "/v1/files/file_1/content"
    more = files.RETRIEVE_FILE.encode(target(), {"file_id": "file_1", "betas": ["other"]})
    assert more.headers["anthropic-beta"] == "files-api-2025-04-14,other"


def test_a_file_is_told_in_openais_words_and_in_its_own() -> None:
    file = files.RETRIEVE_FILE.decode(target(), respond(ONE))
    assert (file.id, file.bytes, file.media_type) == ("file_1", 12, "application/pdf")
    assert file.created_at == datetime(2026, 1, 23, 6, 1, 38, 323_000, tzinfo=UTC)
    assert (file.filename, file.downloadable) == ("a.pdf", False)
    page = files.LIST_FILES.decode(target(), respond({"data": [ONE], "has_more": True, "last_id": "file_1"}))
    assert (page.data, page.has_more, page.last_id) == ([file], True, "file_1")


def test_a_file_that_is_gone_is_said_to_be() -> None:
    gone = files.DELETE_FILE.decode(target(), respond({"id": "file_1", "type": "file_deleted"}))
    assert (gone.id, gone.deleted) == ("file_1", True)


def test_the_content_of_a_file_is_its_bytes_whole_and_in_pieces() -> None:
    head = {"content-type": "text/csv", "content-disposition": 'attachment; filename="a.csv"; size=3'}
    content = files.DOWNLOAD_FILE.decode(target(), HttpResponse(200, head, b"a,b"))
    assert (bytes(content), content.media_type, content.filename) == (b"a,b", "text/csv", "a.csv")
    assert files.DOWNLOAD_FILE.stream is not None
    stream = files.DOWNLOAD_FILE.stream(target(), {})
    assert [*stream.feed(Frame("", b"a")), *stream.feed(Frame("", b"")), *stream.finish()] == [b"a"]
    assert stream.complete is False


@pytest.mark.parametrize("codec", [files.RETRIEVE_FILE, files.LIST_FILES, files.DELETE_FILE])
def test_an_answer_that_is_something_else_is_an_error(codec: Codec[JSON, JSON]) -> None:
    with pytest.raises(MalformedResponseError, match="an answer without"):
        codec.decode(target(), respond({}))
    with pytest.raises(PermissionDeniedError, match="not yours"):
        codec.decode(target(), respond({"error": {"type": "permission_error", "message": "not yours"}}))
