"""A scripted HTTP peer on a real socket, in a thread of its own: it says exactly the bytes a test wants."""

from __future__ import annotations

import asyncio
import ssl
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import NamedTuple, TypeAlias

from typing_extensions import override


class Received(NamedTuple):
    """One request as it came in."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


class Peer(asyncio.Protocol):
    """One connection of the server."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.transport: asyncio.Transport
        self.requests = 0
        self.tasks: set[asyncio.Task[None]] = set()
        self._buffer = bytearray()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.server.peers.add(self)
        self.server.accepted += 1
        self.server.live += 1
        self.server.peak = max(self.server.peak, self.server.live)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.server.live -= 1
        self.server.peers.discard(self)
        for task in self.tasks:
            task.cancel()

    @override
    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (received := self._take()) is not None:
            self.requests += 1
            self.server.requests.append(received)
            task = asyncio.get_running_loop().create_task(self._serve(received))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def _serve(self, received: Received) -> None:
        await self.server.script(self, received)

    def _take(self) -> Received | None:
        head, separator, _ = bytes(self._buffer[:65536]).partition(b"\r\n\r\n")
        if not separator:
            return None
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        size = int(headers.get("content-length", "0"))
        start = len(head) + 4
        if len(self._buffer) < start + size:
            return None
        body = bytes(self._buffer[start : start + size])
        del self._buffer[: start + size]
        method, target, _ = first.split(" ")
        return Received(method, target, headers, body)

    def say(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.transport.write(data)

    def hang_up(self) -> None:
        """Close the connection in good order."""
        self.transport.close()

    def reset(self) -> None:
        """Break the connection with a TCP reset."""
        sock = self.transport.get_extra_info("socket")
        sock.setsockopt(1, 13, b"\x01\x00\x00\x00\x00\x00\x00\x00")  # SO_LINGER, on, 0 seconds
        self.transport.abort()


Script: TypeAlias = Callable[[Peer, Received], Awaitable[None]]


class Server:
    """Serves connections by a script until it is stopped.

    `accepted` counts connections ever made, `live` those open now, `peak` the most at once.
    """

    def __init__(self, script: Script, tls: ssl.SSLContext | None = None) -> None:
        self.script = script
        self.accepted = self.live = self.peak = 0
        self.requests: deque[Received] = deque(maxlen=1_000)
        self.peers: set[Peer] = set()
        self.port = 0
        self._tls = tls
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        assert self._ready.wait(10)

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        """Return the URL of a path here."""
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}{path}"

    def stop(self) -> None:
        """Stop listening and drop every connection."""
        if self._loop.is_closed():
            return
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    def settled(self, live: int = 0, within: float = 5.0) -> bool:
        """Wait until this many connections are open, and say whether it came to that in time."""
        deadline = time.monotonic() + within
        while self.live != live and time.monotonic() < deadline:
            time.sleep(0.002)
        return self.live == live

    async def reaches(self, live: int = 0, within: float = 5.0) -> bool:
        """Do as `settled`, from within a running loop."""
        for _ in range(int(within / 0.002)):
            if self.live == live:
                break
            await asyncio.sleep(0.002)
        return self.live == live

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        listening = await self._loop.create_server(lambda: Peer(self), "127.0.0.1", 0, ssl=self._tls, backlog=2048)
        self.port = listening.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        # Accept no more, let the loop make peers of what it has accepted (it leaks a connection whose server is closed
        # meanwhile), and only then close.
        for listener in listening.sockets:
            self._loop.remove_reader(listener.fileno())
        while self.peers or asyncio.all_tasks() - {asyncio.current_task()}:
            for peer in tuple(self.peers):
                peer.transport.abort()
            await asyncio.sleep(0.001)
        listening.close()


def whole(body: bytes = b'{"ok":true}', *, status: str = "200 OK", fields: str = "") -> bytes:
    """Return an answer with a length."""
    return f"HTTP/1.1 {status}\r\n{fields}content-length: {len(body)}\r\n\r\n".encode() + body


HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
"""The head of a chunked answer."""

END = b"0\r\n\r\n"
"""The end of a chunked answer."""


def piece(data: bytes) -> bytes:
    """Return one piece of a chunked answer."""
    return b"%x\r\n%b\r\n" % (len(data), data)


async def answer_at_once(peer: Peer, received: Received) -> None:
    """Answer every request with a small whole body."""
    peer.say(whole())


async def stream_for_ever(peer: Peer, received: Received) -> None:
    """Send the head and one event at once, then an event now and then."""
    peer.say(HEAD + piece(b"data: 1\n\n"))
    while True:
        await asyncio.sleep(0.05)
        peer.say(piece(b"data: 1\n\n"))


async def say_nothing(peer: Peer, received: Received) -> None:
    """Take the request and never answer."""
