from __future__ import annotations

import json
from datetime import timedelta

import pytest

from any_llm.dialects.gemini.files import DELETE_FILE, DOWNLOAD_FILE, LIST_FILES, RETRIEVE_FILE, UPLOAD_FILE
from any_llm.exceptions import InvalidRequestError, MalformedResponseError, ModelNotFoundError
from any_llm.spec.provider import Operation, Provider
from any_llm.types.http import Frame, HttpResponse
from any_llm.types.media import Media
from tests.dialects.gemini.calls import body_of, respond, target, warned
from tests.dialects.gemini.test_over_http import JSON_FIELDS, KEY, Gemini
from tests.transport.conftest import Serve, serve
from tests.transport.peers import Peer, Received, whole

__all__ = ["serve"]

ROOT = "https://generativelanguage.googleapis.com"
FILE = {
    "name": "files/abc",
    "displayName": "a.pdf",
    "mimeType": "application/pdf",
    "sizeBytes": "14560",
    "createTime": "2026-07-28T02:24:45Z",
    "expirationTime": "2026-07-30T02:24:45Z",
    "uri": f"{ROOT}/v1beta/files/abc",
    "state": "ACTIVE",
}


class Keeper(Gemini):
    """A client of a server that keeps files."""

    PROVIDER = Provider(
        name="gemini-files",
        key="GEMINI_API_KEY",
        base_url=ROOT,
        dialect="gemini",
        auth="x-goog-api-key",
        operations=frozenset({Operation.UPLOAD_FILE, Operation.DOWNLOAD_FILE}),
    )


def test_an_upload_begins_with_what_is_known_of_the_file() -> None:
    media = Media(content=b"pdf", filename="a.pdf", media_type="application/pdf")
    encoded = UPLOAD_FILE.encode(target(), {"file": media, "purpose": "batch"})
    assert encoded.path == f"{ROOT}/upload/v1beta/files"
    assert body_of(encoded) == {"file": {"displayName": "a.pdf"}}
    assert encoded.headers["X-Goog-Upload-Header-Content-Length"] == "3"
    assert encoded.headers["X-Goog-Upload-Header-Content-Type"] == "application/pdf"
    assert warned(encoded) == [("dropped", "purpose")]
    with pytest.raises(InvalidRequestError, match="not in memory"):
        UPLOAD_FILE.encode(target(), {"file": Media(url="https://x")})


def test_an_upload_without_a_place_for_the_bytes_is_an_error() -> None:
    assert UPLOAD_FILE.follow_up is not None
    with pytest.raises(MalformedResponseError, match="x-goog-upload-url"):
        UPLOAD_FILE.follow_up(target(), {"file": Media(content=b"")}, HttpResponse(200, {}, b""))


async def test_the_bytes_go_where_the_first_answer_says(serve: Serve) -> None:
    heard: list[Received] = []

    async def script(peer: Peer, received: Received) -> None:
        heard.append(received)
        if received.target == "/upload/v1beta/files":
            peer.say(whole(b"", fields=f"x-goog-upload-url: {server.url('/upload/here?upload_id=1')}\r\n"))
        else:
            peer.say(whole(json.dumps({"file": FILE}).encode(), fields=JSON_FIELDS))

    server = serve(script)
    file = await Keeper(KEY, server.url("")).aupload_file(b"pdf")
    assert (file.id, file.bytes, file.filename, file.status) == ("files/abc", 14_560, "a.pdf", "ACTIVE")
    assert (file.media_type, file.uri) == ("application/pdf", FILE["uri"])
    assert file.created_at is not None
    assert file.expires_at == file.created_at + timedelta(days=2)
    assert [received.target for received in heard] == ["/upload/v1beta/files", "/upload/here?upload_id=1"]
    assert heard[1].body == b"pdf"
    assert heard[1].headers["x-goog-upload-command"] == "upload, finalize"


async def test_a_download_follows_the_vendors_redirect_and_no_other(serve: Serve) -> None:
    async def script(peer: Peer, received: Received) -> None:
        if received.target.startswith("/there/"):
            peer.say(whole(b"content", fields="content-type: text/plain\r\n"))
        elif "lost" in received.target:
            peer.say(whole(b"", status="302 Found"))
        else:
            fields = f"location: {server.url('/there' + received.target)}\r\n"
            peer.say(whole(b"{}", status="302 Found", fields=fields))

    server = serve(script)
    client = Keeper(KEY, server.url(""))
    async with client.adownload_file("abc") as download:
        fetched = await download.read()
    assert (bytes(fetched), fetched.media_type) == (b"content", "text/plain")
    with pytest.raises(MalformedResponseError, match="redirects to 'nowhere'"):
        await client.adownload_file("lost")


def test_a_stream_of_bytes_hands_them_on() -> None:
    assert DOWNLOAD_FILE.stream is not None
    decoder = DOWNLOAD_FILE.stream(target(), {})
    assert [*decoder.feed(Frame("", b"a")), *decoder.feed(Frame("", b"")), *decoder.finish()] == [b"a"]


@pytest.mark.parametrize("name", ["abc", "files/abc", f"{ROOT}/v1beta/files/abc"])
def test_a_file_is_known_by_its_name_or_its_uri(name: str) -> None:
    assert RETRIEVE_FILE.encode(target(), {"file_id": name}).path == f"{ROOT}/v1beta/files/abc"
    deletion = DELETE_FILE.encode(target(), {"file_id": name})
    assert (deletion.method, deletion.path) == ("DELETE", f"{ROOT}/v1beta/files/abc")
    assert DELETE_FILE.settle is not None
    gone = DELETE_FILE.settle({"file_id": name}, DELETE_FILE.decode(target(), respond({})))
    assert (gone.id, gone.deleted) == ("files/abc", True)
    assert DELETE_FILE.decode(target(), HttpResponse(200, {}, b"")).deleted


def test_files_are_listed_in_pages() -> None:
    encoded = LIST_FILES.encode(target(), {"limit": 2, "after": "t/1", "purpose": "batch"})
    assert encoded.path == f"{ROOT}/v1beta/files?pageSize=2&pageToken=t%2F1"
    assert warned(encoded) == [("dropped", "purpose")]
    page = LIST_FILES.decode(target(), respond({"files": [FILE], "nextPageToken": "next"}))
    assert (page.first_id, page.last_id, page.has_more) == ("files/abc", "next", True)
    last = LIST_FILES.decode(target(), respond({"files": [FILE]}))
    assert (last.last_id, last.has_more) == ("files/abc", False)
    assert LIST_FILES.decode(target(), respond({})).data == []


@pytest.mark.parametrize(
    ("answer", "error"), [({"error": {"code": 404}}, ModelNotFoundError), ({}, MalformedResponseError)]
)
def test_an_answer_about_no_file_is_an_error(answer: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        RETRIEVE_FILE.decode(target(), respond(answer))
