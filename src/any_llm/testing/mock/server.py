"""The mock on a port of this machine."""

from __future__ import annotations

import asyncio
import contextlib
import math
import socket
import struct
from collections.abc import Callable

from aiohttp import WSMsgType, web
from typing_extensions import override

from any_llm.testing.mock.certificates import CERTIFICATES, bad_certificate
from any_llm.testing.mock.plan import BreakTls, Close, Data, Forever, HalfClose, Head, Plan, Raw, Refuse, Reset, Wait
from any_llm.testing.mock.request import MockRequest, request_of
from any_llm.testing.mock.responder import Responder
from any_llm.testing.mock.router import Hit, route

_LARGEST_BODY = 1 << 30
_PATIENCE = 0.02
"""How many seconds an answer that is being sent gets when the server stops; aiohttp takes 0 for no limit."""

_RST = struct.pack("ii", 1, 0)
_TLS_HANDSHAKE = b"\x16"


class MockServer:
    """Plays a responder's answers over real sockets; it must be started and stopped in one event loop.

    Args:
        responder: what answers.
        host: where it listens.
        port: on which port; 0 for any free one.
    """

    def __init__(self, responder: Responder, host: str = "127.0.0.1", port: int = 0) -> None:
        self._responder = responder
        self._host, self.port = host, port
        self._http: web.Server | None = None
        self._manner = ""
        self._listening: asyncio.Server | None = None

    @property
    def origin(self) -> str:
        """Where it can be reached: `http://host:port`."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self.port}"

    async def start(self) -> None:
        """Listen.

        Raises:
            OSError: the port is taken.
        """
        self._http = web.Server(self._handle, handler_cancellation=True, access_log=None)
        await self.listen()

    async def listen(self, manner: str = "") -> None:
        """Listen in the manner of a fault.

        Args:
            manner: `refuse` for not at all, `garble` for answering TLS with what is none, `self-signed` or `expired`
                for TLS with such a certificate; empty for as ever.
        """
        if manner == self._manner and self._listening is not None:
            return
        self._manner = manner
        if self._listening is not None:
            self._listening.close()
            self._listening = None
        if manner == "refuse":
            return
        assert self._http is not None
        self._listening = await asyncio.get_running_loop().create_server(
            _Garbler if manner == "garble" else self._http,
            self._host,
            self.port,
            reuse_address=True,
            backlog=1024,
            ssl=bad_certificate(manner) if manner in CERTIFICATES else None,
        )
        self.port = self._listening.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and break what is still open."""
        if self._listening is not None:
            self._listening.close()
        if self._http is not None:
            await self._http.shutdown(_PATIENCE)

    async def _handle(self, http: web.BaseRequest) -> web.StreamResponse:
        request = request_of(http.method, http.raw_path, http.headers, await http.content.read())
        request.host = http.host
        if "upgrade" in http.headers and (hit := route(request)) is not None and hit.route.converse is not None:
            return await self._converse(http, request, hit)
        plan = await self._responder.respond(request)
        match plan:
            case (Head(length=int()) as head, Data() as data) if head.length == len(data.data):
                return web.Response(status=head.status, headers=head.headers, body=data.data)
            case _:
                return await _Player(http, self._responder, request).play(plan)

    async def _converse(self, http: web.BaseRequest, request: MockRequest, hit: Hit) -> web.StreamResponse:
        opened = web.WebSocketResponse(max_msg_size=_LARGEST_BODY)
        await opened.prepare(http)
        context = self._responder.context(request, hit.wire)
        assert hit.route.converse is not None
        await hit.route.converse(_OpenSocket(http, opened, self._responder), context)
        await opened.close()
        return opened


class _Garbler(asyncio.Protocol):
    """Answers the beginning of TLS with what no TLS client understands, and resets any other connection."""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    @override
    def data_received(self, data: bytes) -> None:
        assert isinstance(self._transport, asyncio.Transport)
        if data[:1] != _TLS_HANDSHAKE:
            reset(self._transport)
            return
        self._transport.write(b"HTTP/1.0 400 Bad Request\r\n\r\n")
        self._transport.close()


class _Player:
    """Plays one plan on one connection."""

    def __init__(self, http: web.BaseRequest, responder: Responder, request: MockRequest) -> None:
        self._http, self._clock, self._request = http, responder.behaviour.clock, request
        self._response: web.StreamResponse | None = None

    async def play(self, plan: Plan) -> web.StreamResponse:
        """Play it to its end, or until the client has gone, which many a fault makes it do."""
        try:
            return await self._play(plan)
        except asyncio.CancelledError:
            self._request.abandoned = True
            raise
        except ConnectionResetError:
            self._request.abandoned = True
            return self._response or web.Response()

    async def _play(self, plan: Plan) -> web.StreamResponse:
        for step in plan:
            match step:
                case Head():
                    await self._begin(step)
                case Data():
                    await self._write(step.data)
                case Wait():
                    await self._clock.sleep(step.seconds)
                case Forever():
                    await self._repeat(step)
                case Raw():
                    connection(self._http).write(step.data)
                case _:
                    return await self._break(step)
        if self._response is None:
            return await self._break(Close())
        await self._response.write_eof()
        return self._response

    async def _begin(self, head: Head) -> None:
        self._response = web.StreamResponse(status=head.status, headers=head.headers)
        self._response.content_length = head.length
        if head.length is None:
            self._response.enable_chunked_encoding()
        await self._response.prepare(self._http)

    async def _repeat(self, step: Forever) -> None:
        while True:
            await self._write(step.data)
            await self._clock.sleep(step.every)

    async def _write(self, data: bytes) -> None:
        assert self._response is not None, "a plan has its head before its data"
        await self._response.write(data)

    async def _break(self, step: Reset | Close | HalfClose | Refuse | BreakTls) -> web.StreamResponse:
        await break_connection(connection(self._http), step)
        if isinstance(step, HalfClose):
            await self._clock.sleep(math.inf)
        return self._response or web.Response()


def connection(http: web.BaseRequest) -> asyncio.Transport:
    """Return the connection of a request.

    Raises:
        ConnectionResetError: the client has gone.
    """
    if http.transport is None:
        raise ConnectionResetError("the client has gone")
    return http.transport


async def break_connection(transport: asyncio.Transport, step: Reset | Close | HalfClose | Refuse | BreakTls) -> None:
    """Break a connection in the way of a step."""
    match step:
        case HalfClose():
            transport.write_eof()
        case Close():
            transport.close()
        case _:
            reset(transport)


def reset(transport: asyncio.Transport) -> None:
    """Reset a connection (TCP RST)."""
    with contextlib.suppress(OSError):
        plug = transport.get_extra_info("socket")
        plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST)
    transport.abort()


class _OpenSocket:
    """A WebSocket as wires see it."""

    def __init__(self, http: web.BaseRequest, opened: web.WebSocketResponse, responder: Responder) -> None:
        self._http, self._opened, self._responder = http, opened, responder

    async def receive(self) -> str | bytes | None:
        message = await self._opened.receive()
        return message.data if message.type in {WSMsgType.TEXT, WSMsgType.BINARY} else None

    async def send(self, message: str | bytes) -> None:
        await (self._opened.send_str(message) if isinstance(message, str) else self._opened.send_bytes(message))

    async def answer(self, request: MockRequest, message: Callable[[bytes], str | None]) -> None:
        for step in await self._responder.respond(request):
            match step:
                case Head():
                    continue
                case Wait():
                    await self._responder.behaviour.clock.sleep(step.seconds)
                case Data():
                    if (said := message(step.data)) is not None:
                        await self._opened.send_str(said)
                case Forever() | Raw():
                    connection(self._http).write(step.data)
                case _:
                    await break_connection(connection(self._http), step)

    async def close(self, code: int = 1000, reason: str = "") -> None:
        await self._opened.close(code=code, message=reason.encode())
