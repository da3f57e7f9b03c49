"""Streamed bodies against real sockets: what arrives, how often, and how much memory it takes."""

from __future__ import annotations

import asyncio
import hashlib
import io
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO, cast

import httpx2
import pytest
from typing_extensions import override

from any_llm.exceptions import ConnectionFailedError, IdleTimeoutError, InvalidRequestError
from any_llm.transport.httpx import HttpxTransport
from any_llm.transport.pool import Pool
from any_llm.types.http import FileSource, HttpRequest, Timeouts, Upload
from tests.transport.conftest import Serve
from tests.transport.peers import Peer, Received, answer_at_once, whole

LIMITS = Timeouts()
SOUND = bytes(range(256)) * 2_000
HUNDRED_MEGABYTES = 100 * 1024 * 1024


class Pipe(io.BytesIO):
    """An open file that cannot be wound back."""

    @override
    def seek(self, offset: int, whence: int = 0, /) -> int:
        raise io.UnsupportedOperation("seek")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Give a file of several blocks."""
    path = tmp_path / "sound.wav"
    path.write_bytes(SOUND)
    return path


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    """Give a client of the user's."""
    async with httpx2.AsyncClient(trust_env=False) as made:
        yield made


def upload(url: str, *pieces: bytes | FileSource) -> HttpRequest:
    return HttpRequest("POST", url, {"content-type": "audio/wav"}, Upload(pieces))


async def read_chunked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, into: list[bytes]) -> None:
    """Take one chunked request apart, and answer it."""
    into.append(await reader.readuntil(b"\r\n\r\n"))
    while size := int(await reader.readline(), 16):
        into.append(await reader.readexactly(size))
        await reader.readline()
    writer.write(whole())
    writer.close()


async def test_a_body_arrives_as_its_pieces_are(pool: Pool, serve: Serve, file: Path) -> None:
    server = serve(answer_at_once)
    pieces = (b"head", FileSource(file, 3, 300_000), FileSource(io.BytesIO(b"0123456"), 2, 5), b"x" * 300_000)
    await (await pool.send(upload(server.url(), *pieces), LIMITS)).read()
    [received] = server.requests
    assert received.body == b"head" + SOUND[3:300_003] + b"23456" + b"x" * 300_000
    assert received.headers["content-length"] == str(len(received.body))
    assert received.headers["content-type"] == "audio/wav"


async def test_a_body_of_unknown_size_is_chunked(pool: Pool) -> None:
    heard: list[bytes] = []
    server = await asyncio.start_server(lambda reader, writer: read_chunked(reader, writer, heard), "127.0.0.1", 0)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        source = FileSource(cast("BinaryIO", Pipe(b"y" * 300_000)), None)
        await (await pool.send(upload(url, source), LIMITS)).read()
    assert b"transfer-encoding: chunked" in heard[0].lower()
    assert b"".join(heard[1:]) == b"y" * 300_000


async def test_a_body_is_sent_again_where_a_kept_connection_died(pool: Pool, serve: Serve, file: Path) -> None:
    async def script(peer: Peer, received: Received) -> None:
        if peer.requests == 2:
            peer.hang_up()
        else:
            peer.say(whole())

    server = serve(script)
    with file.open("rb") as opened:
        for _ in range(2):
            source = FileSource(opened, 10, 500_000)
            await (await pool.send(upload(server.url(), source, FileSource(file, 0, 10)), LIMITS)).read()
    expected = SOUND[10:500_010] + SOUND[:10]
    assert [received.body for received in server.requests] == [expected] * 3


async def test_what_cannot_be_wound_back_is_not_sent_again(pool: Pool, serve: Serve) -> None:
    async def script(peer: Peer, received: Received) -> None:
        if peer.requests == 2:
            peer.hang_up()
        else:
            peer.say(whole())

    server = serve(script)
    await (await pool.send(upload(server.url(), b"x"), LIMITS)).read()
    source = FileSource(cast("BinaryIO", Pipe(b"12345")), None, 5)
    with pytest.raises(ConnectionFailedError):
        await pool.send(upload(server.url(), source), LIMITS)
    with pytest.raises(InvalidRequestError, match="cannot be wound back"):
        await pool.send(upload(server.url(), source), LIMITS)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (FileSource(Path("no-such-file"), 0, 5), "'no-such-file' cannot be read: No such file"),
        (FileSource(io.BytesIO(b"123"), 0, 5), "ended 2 bytes early"),
        (FileSource(cast("BinaryIO", io.StringIO("123")), 0, 3), "gives str; open it in binary mode"),
        (FileSource(cast("BinaryIO", Pipe(b"123")), 0, 3), "cannot be read: seek"),
    ],
)
async def test_a_file_that_fails_is_named(
    pool: Pool, client: httpx2.AsyncClient, serve: Serve, source: FileSource, message: str
) -> None:
    server = serve(answer_at_once)
    for transport in (pool, HttpxTransport(client)):
        with pytest.raises(InvalidRequestError, match=message) as caught:
            await transport.send(upload(server.url(), source), LIMITS)
        assert not caught.value.retryable
    assert await server.reaches(live=0)


async def test_a_server_that_takes_nothing_is_told_by_the_idle_limit(pool: Pool, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(bytes(16 * 1024 * 1024))
    hold = asyncio.Event()

    async def stall(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await hold.wait()
        writer.close()

    async with await asyncio.start_server(stall, "127.0.0.1", 0, limit=1024) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        with pytest.raises(IdleTimeoutError, match="took nothing of the request"):
            await pool.send(upload(url, FileSource(tmp_path / "a")), Timeouts(idle=0.2))
        hold.set()


async def test_a_users_client_streams_too(client: httpx2.AsyncClient, serve: Serve, file: Path) -> None:
    server = serve(answer_at_once)
    request = upload(server.url(), b"head", FileSource(file, 0, 512_000))
    exchange = await HttpxTransport(client).send(request, LIMITS)
    assert await exchange.read() == b'{"ok":true}'
    assert server.requests[0].body == b"head" + SOUND
    assert server.requests[0].headers["content-length"] == "512004"


async def test_a_users_client_chunks_what_has_no_size(client: httpx2.AsyncClient) -> None:
    heard: list[bytes] = []
    server = await asyncio.start_server(lambda reader, writer: read_chunked(reader, writer, heard), "127.0.0.1", 0)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        request = upload(url, FileSource(cast("BinaryIO", Pipe(b"y" * 300_000)), None))
        await (await HttpxTransport(client).send(request, LIMITS)).read()
    assert b"".join(heard[1:]) == b"y" * 300_000


def test_a_request_shows_the_size_of_its_body() -> None:
    request = upload("http://x/", b"12", FileSource(Path("a"), 0, 5))
    assert "body of 7 bytes" in repr(request)
    assert "body of unknown bytes" in repr(upload("http://x/", FileSource(Path("a"))))
    assert "FileSource(" in repr(request.body)


_UPLOAD = """
import asyncio, resource, sys
from any_llm import AnyLLM, Provider, Settings
from any_llm.spec.provider import Operation


async def main():
    offered = frozenset({Operation.UPLOAD_FILE})
    mine = Provider(name="mine", base_url=sys.argv[1], key_optional=True, operations=offered)
    client = AnyLLM.create("mine", settings=Settings(providers={"mine": mine}))
    await client.aupload_file(sys.argv[2], purpose="user_data")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    await client.aupload_file(sys.argv[3], purpose="user_data")
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)


asyncio.run(main())
"""


async def test_a_file_of_a_hundred_megabytes_costs_a_few_of_memory(tmp_path: Path) -> None:
    (tmp_path / "small").write_bytes(b"1")
    large = tmp_path / "large"
    with large.open("wb") as opened:
        opened.truncate(HUNDRED_MEGABYTES)
    sums: list[tuple[int, str]] = []

    async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await _head(reader):
            left = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
            total, digest = left, hashlib.sha256()
            while left:
                data = await reader.read(min(left, 1024 * 1024))
                left -= len(data)
                digest.update(data)
            sums.append((total, digest.hexdigest()))
            fields = "content-type: application/json\r\n"
            writer.write(whole(b'{"id":"f1","object":"file","bytes":1,"filename":"x"}', fields=fields))
        writer.close()

    async with await asyncio.start_server(count, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _UPLOAD, url, tmp_path / "small", large, stdout=asyncio.subprocess.PIPE
        )
        out, _ = await child.communicate()
    assert child.returncode == 0
    assert sums[1][0] > HUNDRED_MEGABYTES
    assert int(out) < 30 * 1024


async def _head(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""
