"""Kept files by the drop-in's names: downloads that are opened, cut to size and closed; what is lost is said to be."""

from __future__ import annotations

import asyncio
import json
import warnings
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import pytest

import any_llm
from any_llm import AnyLLM, AsyncFileDownload, FileDownload, ProviderFileNotFoundError
from any_llm.exceptions import ConnectionFailedError, InvalidRequestError, ModelNotFoundError, StreamClosedError
from any_llm.types.files import FileMetadata, FilePage
from any_llm.types.json import JSON
from tests.client.answers import KEY
from tests.transport.conftest import Serve
from tests.transport.peers import Peer, Received, Script, Server, whole

CONTENT = b"0123456789"
FIELDS = 'content-type: text/plain; charset=utf-8\r\ncontent-disposition: attachment; filename="a.txt"\r\n'
CLOSED_WITHIN = 0.25


def say(body: bytes, *, fields: str = FIELDS, status: str = "200 OK") -> Script:
    async def script(peer: Peer, received: Received) -> None:
        peer.say(whole(body, status=status, fields=fields))

    return script


def client_of(server: Server, **settings: JSON) -> AnyLLM:
    return AnyLLM.create("openai", KEY, server.url("/v1"), **settings)


async def test_a_download_is_entered_and_read_in_pieces_of_the_size_asked_for(serve: Serve) -> None:
    server = serve(say(CONTENT))
    async with client_of(server).adownload_file("f", chunk_size=4) as download:
        assert (download.status_code, download.headers["content-type"]) == (200, "text/plain; charset=utf-8")
        assert (download.media_type, download.filename) == ("text/plain", "a.txt")
        assert [chunk async for chunk in download.chunks] == [b"0123", b"4567", b"89"]
    assert isinstance(download, AsyncFileDownload)
    assert [attempt.outcome for attempt in download.report.attempts] == ["ok"]


async def test_a_download_is_awaited_and_read_as_a_whole(serve: Serve, tmp_path: Path) -> None:
    client = client_of(serve(say(CONTENT)))
    content = await (await client.adownload_file("f")).read()
    assert (content, content.media_type, content.filename) == (CONTENT, "text/plain", "a.txt")
    assert content.report.status == 200
    saved = await (await client.adownload_file("f", chunk_size=3)).save(tmp_path / "copy")
    assert saved.read_bytes() == CONTENT


async def test_the_module_function_can_be_entered_too(serve: Serve) -> None:
    server = serve(say(CONTENT))
    reach = {"api_key": KEY, "api_base": server.url("/v1")}
    async with any_llm.adownload_file("openai", "f", **reach) as download:  # type: ignore[arg-type]  # they are texts
        assert await download.read() == CONTENT


def test_blocking_code_has_the_same(serve: Serve, tmp_path: Path) -> None:
    client = client_of(serve(say(CONTENT)))
    with client.download_file("f", chunk_size=4) as download:
        assert (download.status_code, download.media_type, download.filename) == (200, "text/plain", "a.txt")
        assert list(download.chunks) == [b"0123", b"4567", b"89"]
    assert isinstance(download, FileDownload)
    assert client.download_file("f").read() == CONTENT
    assert client.download_file("f", chunk_size=3).save(tmp_path / "copy").read_bytes() == CONTENT


async def test_an_empty_file_has_no_pieces(serve: Serve) -> None:
    async with client_of(serve(say(b""))).adownload_file("f") as download:
        assert [chunk async for chunk in download] == []


async def test_leaving_early_closes_the_connection(serve: Serve) -> None:
    async def endless(peer: Peer, received: Received) -> None:
        peer.say(b"HTTP/1.1 200 OK\r\ncontent-type: a/b\r\ncontent-length: 99\r\n\r\nabcdef")

    server = serve(endless)
    async with client_of(server).adownload_file("f", chunk_size=2) as download:
        assert await anext(download) == b"ab"
    assert await server.reaches(0, CLOSED_WITHIN)
    with pytest.raises(StreamClosedError):
        await anext(download)
    await download.aclose()


async def test_a_file_that_is_cut_short_is_an_error(serve: Serve) -> None:
    async def cut(peer: Peer, received: Received) -> None:
        peer.say(b"HTTP/1.1 200 OK\r\ncontent-type: a/b\r\ncontent-length: 99\r\n\r\nabc")
        peer.hang_up()

    with pytest.raises(ConnectionFailedError):
        await (await client_of(serve(cut)).adownload_file("f")).read()


async def test_a_file_does_not_stay_in_memory_while_it_is_read(serve: Serve) -> None:
    async with client_of(serve(say(CONTENT * 100_000))).adownload_file("f", chunk_size=1_000) as download:
        assert sum([len(chunk) async for chunk in download]) == 1_000_000
        assert not download._pieces._upstream._frames  # type: ignore[attr-defined]  # what could be had once more


async def test_the_types_of_vendor_sdks_leave_bytes_alone(serve: Serve) -> None:
    async with client_of(serve(say(CONTENT)), sdk_types=True).adownload_file("f") as download:
        assert await download.read() == CONTENT


@pytest.mark.parametrize("size", [0, -1, True, 2.5, "9"])
async def test_a_size_that_is_none_is_refused(size: JSON) -> None:
    with pytest.raises(InvalidRequestError, match="chunk_size is") as failure:
        await AnyLLM.create("openai", KEY).adownload_file("f", chunk_size=size)
    assert failure.value.param == "chunk_size"


async def test_an_opening_is_a_coroutine_that_may_be_given_up(serve: Serve) -> None:
    client = client_of(serve(say(CONTENT)))
    task = asyncio.create_task(client.adownload_file("f"))
    assert await (await task).read() == CONTENT
    unused = client.adownload_file("f")
    with warnings.catch_warnings(action="error"):
        unused.close()
    failing = client.adownload_file("f")
    with pytest.raises(KeyError):
        failing.throw(KeyError("no more"))


MISSING = json.dumps({"error": {"message": "No such file", "type": "invalid_request_error"}}).encode()


async def test_a_file_that_is_not_there_is_said_to_be_lost(serve: Serve) -> None:
    refuse = say(MISSING, fields="content-type: application/json\r\n", status="404 Not Found")
    client = client_of(serve(refuse))
    asked: Mapping[str, Callable[[], Awaitable[object]]] = {
        "retrieve_file": lambda: client.aretrieve_file("f"),
        "delete_file": lambda: client.adelete_file("f"),
        "download_file": lambda: client.adownload_file("f"),
    }
    for operation, ask in asked.items():
        with pytest.raises(ProviderFileNotFoundError, match="No such file") as failure:
            await ask()
        assert (failure.value.status_code, failure.value.operation) == (404, operation)
        assert not failure.value.retryable
    with pytest.raises(ModelNotFoundError):
        await client.aretrieve_batch("b")


async def test_files_take_the_drop_ins_names(serve: Serve) -> None:
    heard: list[Received] = []

    async def keep(peer: Peer, received: Received) -> None:
        heard.append(received)
        body: Mapping[str, JSON] = {"id": "f", "object": "file", "bytes": 3, "data": [{"id": "f"}]}
        peer.say(whole(json.dumps({**body, "has_more": True}).encode(), fields="content-type: application/json\r\n"))

    client = client_of(serve(keep))
    file = await client.aupload_file(b"abc", filename="a.bin", mime_type="a/b", expires_in=3600)
    page = await client.alist_files(cursor="f0", limit=1)

    assert (file.size_bytes, file.mime_type, file.downloadable) == (3, None, None)
    assert b"content-type: a/b" in heard[0].body.lower()
    assert b"3600" in heard[0].body
    assert heard[1].target == "/v1/files?after=f0&limit=1" or heard[1].target == "/v1/files?limit=1&after=f0"
    assert page.next_cursor == "f"
    assert FilePage(last_id="f").next_cursor is None
    assert FileMetadata(media_type="a/b").mime_type == "a/b"
