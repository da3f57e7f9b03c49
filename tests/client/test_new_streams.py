"""Streams of sound, files, words, images and progress: closed in every way, and never finished when cut."""

from __future__ import annotations

import asyncio
import gc
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

import pytest

from any_llm import AnyLLM, AsyncFileDownload, EventStream
from any_llm.exceptions import AnyLLMError, ConnectionFailedError, StreamClosedError, StreamTruncatedError
from any_llm.types.json import JSON
from tests.client.answers import KEY
from tests.transport.conftest import Serve
from tests.transport.peers import END, Peer, Received, Script, Server, piece

CLOSED_WITHIN = 0.25
IN_EVENTS: JSON = {"stream_format": "sse"}
WAV = b"RIFF$\0\0\0WAVE"


class Kind(NamedTuple):
    """One kind of stream: whom to ask, what it sends first, and what ends it."""

    provider: str
    ask: Callable[[AnyLLM], Awaitable[JSON]]
    content_type: str
    first: bytes
    last: bytes
    ends_itself: bool = True

    @property
    def head(self) -> bytes:
        """The head of the answer."""
        fields = f"content-type: {self.content_type}\r\ntransfer-encoding: chunked\r\n\r\n"
        return b"HTTP/1.1 200 OK\r\n" + fields.encode()


def events(*said: Mapping[str, object]) -> bytes:
    return b"".join(b"data: %s\n\n" % json.dumps(one).encode() for one in said)


def lines(*said: Mapping[str, object]) -> bytes:
    return b"".join(json.dumps(one).encode() + b"\n" for one in said)


KINDS: Mapping[str, Kind] = {
    "speech": Kind(
        "openai", lambda client: client.aspeech("m", "hi", "alloy", stream=True), "audio/mpeg", b"ID3", b"end", False
    ),
    "speech in events": Kind(
        "openai",
        lambda client: client.aspeech("m", "hi", "alloy", stream=True, **IN_EVENTS),
        "text/event-stream",
        events({"type": "speech.audio.delta", "audio": "SUQz"}),
        events({"type": "speech.audio.done"}),
    ),
    "download": Kind(
        "openai",
        lambda client: client.adownload_file("file-1", chunk_size=3),
        "application/octet-stream",
        b"abc",
        b"def",
        False,
    ),
    "transcription": Kind(
        "openai",
        lambda client: client.atranscription("m", WAV, stream=True),
        "text/event-stream",
        events({"type": "transcript.text.delta", "delta": "hel"}),
        events({"type": "transcript.text.done", "text": "hello"}),
    ),
    "images": Kind(
        "openai",
        lambda client: client.aimage_generation("m", "a cat", stream=True, partial_images=1),
        "text/event-stream",
        events({"type": "image_generation.partial_image", "b64_json": "aGk=", "partial_image_index": 0}),
        events({"type": "image_generation.completed", "b64_json": "aGk="}),
    ),
    "pulling": Kind(
        "ollama",
        lambda client: client.apull_model("m"),
        "application/x-ndjson",
        lines({"status": "pulling", "total": 9, "completed": 3}),
        lines({"status": "success"}),
    ),
}
each_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())


def complete(kind: Kind) -> Script:
    async def script(peer: Peer, received: Received) -> None:
        peer.say(kind.head + piece(kind.first) + piece(kind.last) + END)

    return script


def go_on(kind: Kind) -> Script:
    """Begin at once, and go on slowly without end."""

    async def script(peer: Peer, received: Received) -> None:
        peer.say(kind.head)
        while True:
            peer.say(piece(kind.first))
            await asyncio.sleep(0.01)

    return script


def stall(kind: Kind) -> Script:
    async def script(peer: Peer, received: Received) -> None:
        peer.say(kind.head + piece(kind.first))

    return script


def cut(kind: Kind) -> Script:
    """Break the connection inside the body."""

    async def script(peer: Peer, received: Received) -> None:
        peer.say(kind.head + piece(kind.first))
        await asyncio.sleep(0.01)
        peer.hang_up()

    return script


def end_early(kind: Kind) -> Script:
    async def script(peer: Peer, received: Received) -> None:
        peer.say(kind.head + piece(kind.first) + END)

    return script


def client_of(server: Server, kind: Kind) -> AnyLLM:
    return AnyLLM.create(kind.provider, KEY, server.url("/v1" if kind.provider == "openai" else ""))


async def opened(server: Server, kind: Kind) -> EventStream[JSON] | AsyncFileDownload:
    stream = await kind.ask(client_of(server, kind))
    assert isinstance(stream, EventStream | AsyncFileDownload)
    return stream


async def read(stream: EventStream[JSON] | AsyncFileDownload, seen: list[JSON]) -> None:
    async for item in stream:
        seen += [item]


async def closed_in_time(server: Server) -> bool:
    return await server.reaches(0, CLOSED_WITHIN)


@each_kind
async def test_a_complete_stream_gives_its_items_and_keeps_its_connection(serve: Serve, kind: Kind) -> None:
    server = serve(complete(kind))
    for _ in range(3):
        seen: list[JSON] = []
        stream = await opened(server, kind)
        await read(stream, seen)
        assert len(seen) >= 1
        assert isinstance(stream, AsyncFileDownload) or stream.response
    assert server.accepted == 1


@each_kind
async def test_leaving_the_block_early_closes_the_connection(serve: Serve, kind: Kind) -> None:
    server = serve(go_on(kind))
    async with await opened(server, kind) as stream:
        async for _ in stream:
            break
    assert await closed_in_time(server)
    with pytest.raises(StreamClosedError):
        await anext(stream)


@each_kind
async def test_an_exception_in_the_block_closes_the_connection(serve: Serve, kind: Kind) -> None:
    server = serve(go_on(kind))
    with pytest.raises(KeyError):
        async with await opened(server, kind):
            raise KeyError
    assert await closed_in_time(server)


@each_kind
async def test_cancelling_the_reader_closes_the_connection(serve: Serve, kind: Kind) -> None:
    server = serve(stall(kind))
    task = asyncio.create_task(read(await opened(server, kind), []))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await closed_in_time(server)


@each_kind
async def test_dropping_a_stream_closes_the_connection(serve: Serve, kind: Kind) -> None:
    server = serve(go_on(kind))
    stream = await opened(server, kind)
    del stream
    assert await closed_in_time(server)


@each_kind
async def test_a_stream_in_a_reference_cycle_is_closed_by_the_garbage_collector(serve: Serve, kind: Kind) -> None:
    server = serve(go_on(kind))
    held: list[object] = [await opened(server, kind)]
    held.append(held)
    del held
    gc.collect()
    assert await closed_in_time(server)


@each_kind
async def test_a_stream_whose_connection_breaks_is_an_error(serve: Serve, kind: Kind) -> None:
    stream = await opened(serve(cut(kind)), kind)
    with pytest.raises(ConnectionFailedError):
        await read(stream, [])


@pytest.mark.parametrize("kind", [kind for kind in KINDS.values() if kind.ends_itself])
async def test_a_stream_that_ends_without_its_last_word_is_an_error(serve: Serve, kind: Kind) -> None:
    stream = await opened(serve(end_early(kind)), kind)
    with pytest.raises(StreamTruncatedError):
        await read(stream, [])


@pytest.mark.parametrize("name", ["speech", "download"])
async def test_bytes_that_are_fewer_than_were_announced_are_an_error(serve: Serve, name: str) -> None:
    kind = KINDS[name]

    async def script(peer: Peer, received: Received) -> None:
        head = f"HTTP/1.1 200 OK\r\ncontent-type: {kind.content_type}\r\ncontent-length: 9\r\n\r\n"
        peer.say(head.encode() + b"abc")
        await asyncio.sleep(0.01)
        peer.hang_up()

    stream = await opened(serve(script), kind)
    seen: list[JSON] = []
    with pytest.raises(ConnectionFailedError):
        await read(stream, seen)
    assert b"".join(seen) == b"abc"


@each_kind
async def test_a_refusal_is_an_ordinary_exception(serve: Serve, kind: Kind) -> None:
    async def script(peer: Peer, received: Received) -> None:
        body = b'{"error": {"message": "slow down"}}'
        head = b"HTTP/1.1 429 Too Many Requests\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
        peer.say(head % len(body) + body)

    with pytest.raises(AnyLLMError, match="slow down") as caught:
        await opened(serve(script), kind)
    assert caught.value.status_code == 429


def test_leaving_blocking_streams_early_closes_their_connections(serve: Serve) -> None:
    for name in ("speech", "download"):
        server = serve(go_on(KINDS[name]))
        client = client_of(server, KINDS[name])
        asked = (
            client.speech("m", "hi", "alloy", stream=True)
            if name == "speech"
            else client.download_file("file-1", chunk_size=3)
        )
        with asked as stream:
            assert next(stream)
        assert server.settled(0, CLOSED_WITHIN)
