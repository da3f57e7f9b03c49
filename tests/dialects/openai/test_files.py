"""Files that a provider keeps."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from any_llm.exceptions import InvalidRequestError, MalformedResponseError, ModelNotFoundError
from any_llm.spec.provider import Operation
from any_llm.types.media import Media
from tests.dialects.openai.operations import answer, body_of, decode, encode, stream, target

PDF = Media(content=b"%PDF", media_type="application/pdf", filename="a.pdf")
FILE = {"id": "file-1", "object": "file", "bytes": 4, "created_at": 7, "filename": "a.pdf", "purpose": "user_data"}


def test_an_upload_is_a_form() -> None:
    encoded = encode(Operation.UPLOAD_FILE, target(), file=PDF, expires_after=3600)
    body = body_of(encoded)
    assert (encoded.path, body["purpose"], body["file"].content) == ("/files", "user_data", b"%PDF")
    assert (body["expires_after[anchor]"], body["expires_after[seconds]"]) == ("created_at", "3600")
    assert body_of(encode(Operation.UPLOAD_FILE, target(), file=PDF, purpose="batch"))["purpose"] == "batch"


def test_vendors_want_more_or_less_of_an_upload() -> None:
    together = encode(Operation.UPLOAD_FILE, target("together"), file=PDF, purpose="eval")
    assert (together.path, body_of(together)["file_name"]) == ("/files/upload", "a.pdf")
    assert "purpose" not in body_of(encode(Operation.UPLOAD_FILE, target("xai"), file=PDF))


def test_a_file_elsewhere_cannot_be_uploaded() -> None:
    with pytest.raises(InvalidRequestError, match="file-9"):
        encode(Operation.UPLOAD_FILE, target(), file=Media(file_id="file-9"))


def test_files_are_asked_about_by_their_ids() -> None:
    assert encode(Operation.LIST_FILES, target(), limit=2, after="f").path == "/files?limit=2&after=f"
    assert encode(Operation.RETRIEVE_FILE, target(), file_id="file-1").path == "/files/file-1"
    deleted = encode(Operation.DELETE_FILE, target(), file_id="a b")
    assert (deleted.path, deleted.method) == ("/files/a%20b", "DELETE")
    content = encode(Operation.DOWNLOAD_FILE, target(), file_id="file-1")
    assert (content.path, content.headers) == ("/files/file-1/content", {"Accept": "*/*"})


def test_a_file_is_read() -> None:
    file = decode(Operation.UPLOAD_FILE, {**FILE, "created_at": "2024-01-15T14:30:00Z", "status_details": None})
    assert (file.id, file.bytes, file.created_at) == ("file-1", 4, datetime(2024, 1, 15, 14, 30, tzinfo=UTC))
    assert file.model_extra == {"status_details": None}
    assert decode(Operation.RETRIEVE_FILE, {**FILE, "created_at": None}).created_at is None
    assert decode(Operation.RETRIEVE_FILE, {**FILE, "created_at": "lately"}).created_at is None


def test_a_page_of_files_is_read() -> None:
    page = decode(Operation.LIST_FILES, {"object": "list", "data": [FILE, {**FILE, "id": "file-2"}], "has_more": True})
    assert ([file.id for file in page.data], page.last_id) == (["file-1", "file-2"], "file-2")
    assert decode(Operation.LIST_FILES, {"data": []}).last_id is None


def test_what_is_no_file_is_an_error() -> None:
    with pytest.raises(ModelNotFoundError):
        decode(Operation.RETRIEVE_FILE, {"error": {"message": "None.", "type": "not_found_error"}})
    for operation in (Operation.RETRIEVE_FILE, Operation.LIST_FILES, Operation.DELETE_FILE):
        with pytest.raises(MalformedResponseError):
            decode(operation, {"object": "x"})
        with pytest.raises((MalformedResponseError, ValueError)):
            decode(operation, [1])


def test_a_deleted_file_is_told() -> None:
    assert decode(Operation.DELETE_FILE, {"id": "file-1", "deleted": True}).deleted


def test_content_is_bytes_with_a_name() -> None:
    headers = {"content-type": "application/pdf", "content-disposition": 'attachment; filename="a.pdf"; x=1'}
    content = decode(Operation.DOWNLOAD_FILE, answer(b"%PDF", 200, headers))
    assert (content, content.media_type, content.filename) == (b"%PDF", "application/pdf", "a.pdf")
    assert decode(Operation.DOWNLOAD_FILE, answer(b"x", 200, {"x": "y"})).filename is None
    pieces = stream(Operation.DOWNLOAD_FILE, [b"%P", b"", b"DF"])
    assert pieces == [b"%P", b"DF"]
