"""The transport over a user's own httpx2 client, on real sockets."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import AsyncIterator

import httpx2
import pytest

from any_llm.exceptions import (
    AnyLLMError,
    ConfigurationError,
    ConnectionFailedError,
    ConnectTimeoutError,
    FirstTokenTimeoutError,
    IdleTimeoutError,
    MalformedResponseError,
    StreamClosedError,
    TotalTimeoutError,
)
from any_llm.transport.httpx import HttpxTransport
from any_llm.types.http import HttpRequest, Timeouts
from tests.transport.conftest import Serve
from tests.transport.peers import (
    HEAD,
    Peer,
    Received,
    Script,
    answer_at_once,
    piece,
    say_nothing,
    stream_for_ever,
    whole,
)

LIMITS = Timeouts()


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    """Give a client of the user's."""
    async with httpx2.AsyncClient(trust_env=False, headers={"x-mine": "1"}) as made:
        yield made


@pytest.fixture
def transport(client: httpx2.AsyncClient) -> HttpxTransport[httpx2.Request]:
    """Give a transport over the client."""
    return HttpxTransport(client)


def post(url: str) -> HttpRequest:
    return HttpRequest("POST", url, {"content-type": "application/json"}, b"{}")


async def one_event(peer: Peer, received: Received) -> None:
    peer.say(HEAD + piece(b"data: 1\n\n"))


async def cut(peer: Peer, received: Received) -> None:
    peer.say(HEAD + piece(b"data: 1\n\n"))
    peer.hang_up()


async def refuse_to_speak(peer: Peer, received: Received) -> None:
    peer.say(b"220 mail.example\r\n\r\n")


async def encode_falsely(peer: Peer, received: Received) -> None:
    peer.say(whole(b"not gzip", fields="content-encoding: gzip\r\n"))


async def test_requests_and_answers_pass(transport: HttpxTransport[httpx2.Request], serve: Serve) -> None:
    async def script(peer: Peer, received: Received) -> None:
        peer.say(whole(b"there", status="307 Temporary Redirect", fields="Location: /x\r\nX-A: 1\r\nX-a: 2\r\n"))

    server = serve(script)
    exchange = await transport.send(post(server.url("/v1?a=b")), LIMITS)
    assert (exchange.status, exchange.headers["x-a"]) == (307, "1, 2")
    assert await exchange.read() == b"there"
    assert await exchange.chunk() == b""
    exchange.close()
    [received] = server.requests
    assert (received.target, received.body, received.headers["x-mine"]) == ("/v1?a=b", b"{}", "1")
    await (await transport.send(post(server.url()), LIMITS)).read()
    assert server.accepted == 1


@pytest.mark.parametrize(
    ("script", "limits", "kind"),
    [
        (say_nothing, Timeouts(first_token=0.05), FirstTokenTimeoutError),
        (one_event, Timeouts(idle=0.05), IdleTimeoutError),
        (stream_for_ever, Timeouts(total=0.2), TotalTimeoutError),
        (cut, LIMITS, ConnectionFailedError),
        (refuse_to_speak, LIMITS, ConnectionFailedError),
        (encode_falsely, LIMITS, MalformedResponseError),
    ],
)
async def test_failures_are_ours(
    transport: HttpxTransport[httpx2.Request], serve: Serve, script: Script, limits: Timeouts, kind: type[AnyLLMError]
) -> None:
    server = serve(script)
    with pytest.raises(kind) as caught:
        await (await transport.send(post(server.url("/v1?key=secret")), limits)).read()
    assert type(caught.value) is kind
    assert f"127.0.0.1:{server.port}" in str(caught.value)
    assert "secret" not in str(caught.value)
    if script is not encode_falsely:
        assert await server.reaches(0)


async def test_connecting_is_limited(transport: HttpxTransport[httpx2.Request], serve: Serve) -> None:
    url = serve(say_nothing).url().replace("http:", "https:")
    with pytest.raises(ConnectTimeoutError, match=r"within 0\.1 s"):
        await transport.send(post(url), Timeouts(connect=0.1))


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "/v1/chat", "http://127.0.0.1:99999/", "http://[::1/"])
async def test_what_cannot_be_called_is_a_matter_of_configuration(
    transport: HttpxTransport[httpx2.Request], url: str
) -> None:
    with pytest.raises(ConfigurationError, match="cannot be called; give it in full"):
        await transport.send(post(url), LIMITS)


async def test_a_server_that_is_not_there_is_a_failed_connection(
    transport: HttpxTransport[httpx2.Request], serve: Serve
) -> None:
    server = serve(answer_at_once)
    server.stop()
    with pytest.raises(ConnectionFailedError, match="check the host and the port"):
        await transport.send(post(server.url()), LIMITS)


async def test_an_address_of_version_6_is_shown_in_brackets(transport: HttpxTransport[httpx2.Request]) -> None:
    with pytest.raises(ConnectionFailedError, match=r"http://\[::1\]:1;"):
        await transport.send(post("http://[::1]:1/"), LIMITS)


@pytest.mark.parametrize("way", ["close", "drop", "another thread"])
async def test_an_answer_that_is_left_is_closed_at_once(
    transport: HttpxTransport[httpx2.Request], serve: Serve, way: str
) -> None:
    server = serve(stream_for_ever)
    held = [await transport.send(post(server.url()), LIMITS)]
    assert await held[0].chunk() == b"data: 1\n\n"
    if way == "close":
        held[0].close()
        held[0].close()
        with pytest.raises(StreamClosedError):
            await held[0].chunk()
    if way == "another thread":
        thread = threading.Thread(target=held[0].close)
        thread.start()
        thread.join()
    held.clear()
    gc.collect()
    assert await server.reaches(0, 0.25)
    await transport.aclose()


async def test_whoever_waits_hears_of_a_close(transport: HttpxTransport[httpx2.Request], serve: Serve) -> None:
    server = serve(one_event)
    exchange = await transport.send(post(server.url()), LIMITS)
    await exchange.chunk()
    waiting = asyncio.create_task(exchange.chunk())
    await asyncio.sleep(0.02)
    exchange.close()
    assert await server.reaches(0, 0.25)
    with pytest.raises((StreamClosedError, ConnectionFailedError)):
        await waiting


async def test_a_cancelled_send_closes_the_connection(transport: HttpxTransport[httpx2.Request], serve: Serve) -> None:
    server = serve(say_nothing)
    task = asyncio.create_task(transport.send(post(server.url()), LIMITS))
    assert await server.reaches(1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await server.reaches(0, 0.25)


async def test_a_cancelled_wait_closes_the_connection(transport: HttpxTransport[httpx2.Request], serve: Serve) -> None:
    server = serve(stream_for_ever)
    exchange = await transport.send(post(server.url()), LIMITS)
    task = asyncio.create_task(exchange.read())
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await server.reaches(0, 0.25)
    await transport.aclose()


def test_a_loop_that_has_ended_is_no_obstacle(serve: Serve) -> None:
    server = serve(stream_for_ever)

    async def main() -> list[object]:
        async with httpx2.AsyncClient(trust_env=False) as client:
            exchange = await HttpxTransport(client).send(post(server.url()), LIMITS)
            assert await exchange.chunk()
            return [exchange]

    held = asyncio.run(main())
    held.clear()
    gc.collect()
    assert server.settled(0)
