"""The pool against real sockets: what is sent, what is received, and how many connections it takes."""

from __future__ import annotations

import asyncio
import gzip
import tracemalloc

import aiohttp
import pytest

from any_llm.exceptions import (
    AnyLLMError,
    ConfigurationError,
    ConnectionFailedError,
    ConnectTimeoutError,
    MalformedResponseError,
    StreamClosedError,
)
from any_llm.transport.pool import Pool, PoolSettings, shared_pool
from any_llm.types.http import HttpRequest, Timeouts
from tests.transport.conftest import Serve
from tests.transport.peers import END, HEAD, Peer, Received, Script, answer_at_once, piece, stream_for_ever, whole

LIMITS = Timeouts()


def post(url: str, body: bytes = b"{}", **headers: str) -> HttpRequest:
    return HttpRequest("POST", url, {"content-type": "application/json"} | headers, body)


async def call(pool: Pool, url: str) -> bytes:
    exchange = await pool.send(post(url), LIMITS)
    return await exchange.read()


async def test_a_request_arrives_as_it_was_given(pool: Pool, serve: Serve) -> None:
    server = serve(answer_at_once)
    await (await pool.send(post(server.url("/v1/a%2Fb?x=%20y"), b'{"a":1}', authorization="Bearer k"), LIMITS)).read()
    [received] = server.requests
    assert (received.method, received.target, received.body) == ("POST", "/v1/a%2Fb?x=%20y", b'{"a":1}')
    assert received.headers["authorization"] == "Bearer k"
    assert received.headers["content-type"] == "application/json"
    assert received.headers["accept-encoding"] == "gzip, deflate"
    assert "cookie" not in received.headers


async def test_a_request_without_a_body_has_no_length(pool: Pool, serve: Serve) -> None:
    server = serve(answer_at_once)
    assert await (await pool.send(HttpRequest("GET", server.url(), {}), LIMITS)).read() == b'{"ok":true}'
    assert "content-length" not in server.requests[0].headers


async def test_characters_that_no_url_may_hold_are_quoted(pool: Pool, serve: Serve) -> None:
    server = serve(answer_at_once)
    await call(pool, server.url("/models/größe x"))
    assert server.requests[0].target == "/models/gr%C3%B6%C3%9Fe%20x"


async def test_an_answer_is_given_as_it_is(pool: Pool, serve: Serve) -> None:
    async def script(peer: Peer, received: Received) -> None:
        fields = "X-Request-Id: r1\r\nX-Twice: a\r\nx-twice: b\r\nSet-Cookie: c=1\r\nLocation: /elsewhere\r\n"
        peer.say(whole(b"moved", status="307 Temporary Redirect", fields=fields))

    exchange = await pool.send(post(serve(script).url()), LIMITS)
    assert exchange.status == 307
    assert exchange.headers["x-request-id"] == "r1"
    assert exchange.headers["x-twice"] == "a, b"
    assert exchange.headers is exchange.headers
    assert await exchange.read() == b"moved"
    assert await exchange.read() == b""
    assert await exchange.chunk() == b""


async def test_no_cookie_and_no_key_is_carried_to_the_next_request(pool: Pool, serve: Serve) -> None:
    async def script(peer: Peer, received: Received) -> None:
        peer.say(whole(fields="Set-Cookie: c=1\r\n"))

    server = serve(script)
    await (await pool.send(post(server.url(), authorization="Bearer one"), LIMITS)).read()
    await (await pool.send(post(server.url()), LIMITS)).read()
    assert server.accepted == 1
    assert {"cookie", "authorization"}.isdisjoint(server.requests[1].headers)


async def test_a_thousand_calls_in_a_row_use_one_connection(pool: Pool, serve: Serve) -> None:
    server = serve(answer_at_once)
    for _ in range(1000):
        await call(pool, server.url())
    assert server.accepted == 1


async def test_concurrent_calls_use_at_most_one_connection_each(pool: Pool, serve: Serve) -> None:
    server = serve(answer_at_once)
    for _ in range(4):
        await asyncio.gather(*(call(pool, server.url()) for _ in range(25)))
    assert server.accepted <= 25


async def test_the_number_of_connections_is_limited(serve: Serve) -> None:
    server = serve(answer_at_once)
    pool = Pool(PoolSettings(max_connections=2))
    await asyncio.gather(*(call(pool, server.url()) for _ in range(20)))
    assert server.accepted <= 2
    await pool.aclose()


async def test_waiting_for_a_free_connection_counts_as_connecting(serve: Serve) -> None:
    server = serve(stream_for_ever)
    pool = Pool(PoolSettings(max_connections=1))
    first = await pool.send(post(server.url()), LIMITS)
    with pytest.raises(ConnectTimeoutError, match=r"within 0\.05 s"):
        await pool.send(post(server.url()), Timeouts(connect=0.05))
    first.close()
    await pool.aclose()


async def test_an_unread_small_answer_gives_its_connection_back(pool: Pool, serve: Serve) -> None:
    server = serve(answer_at_once)
    exchange = await pool.send(post(server.url()), LIMITS)
    del exchange
    await call(pool, server.url())
    assert server.live == 1


async def test_compressed_bodies_are_opened(pool: Pool, serve: Serve) -> None:
    async def script(peer: Peer, received: Received) -> None:
        peer.say(whole(gzip.compress(b"plain"), fields="content-encoding: gzip\r\n"))

    assert await call(pool, serve(script).url()) == b"plain"


async def test_a_body_that_is_not_what_its_encoding_says_is_an_error(pool: Pool, serve: Serve) -> None:
    async def script(peer: Peer, received: Received) -> None:
        peer.say(whole(b"not gzip at all", fields="content-encoding: gzip\r\n"))

    with pytest.raises(MalformedResponseError, match="does not fit its content-encoding"):
        await call(pool, serve(script).url())


async def test_chunks_come_as_they_arrive_and_are_joined_when_late(pool: Pool, serve: Serve) -> None:
    async def script(peer: Peer, received: Received) -> None:
        peer.say(HEAD + piece(b"one"))
        await go_on.wait()
        peer.say(piece(b"two"))
        peer.say(piece(b"three") + END)

    server = serve(script)
    go_on = asyncio.Event()
    exchange = await pool.send(post(server.url()), LIMITS)
    assert await exchange.chunk() == b"one"
    server._loop.call_soon_threadsafe(go_on.set)
    rest = b""
    while data := await exchange.chunk():
        rest += data
    assert rest == b"twothree"


async def test_a_large_answer_is_read_whole(pool: Pool, serve: Serve) -> None:
    body = bytes(range(256)) * 20_000

    async def script(peer: Peer, received: Received) -> None:
        peer.say(whole(body))

    assert await call(pool, serve(script).url()) == body


async def test_a_large_request_is_sent_without_a_copy(pool: Pool, serve: Serve) -> None:
    server = serve(answer_at_once)
    await call(pool, server.url())
    body = b"x" * (20 * 1024 * 1024)

    async def script(peer: Peer, received: Received) -> None:
        peer.say(whole(str(len(received.body)).encode()))

    server.script = script
    tracemalloc.start()
    exchange = await pool.send(post(server.url(), body), LIMITS)
    # The server, in this process, holds the body three times at most; a client's copy would be a fourth.
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert await exchange.read() == str(len(body)).encode()
    assert peak < 3.5 * len(body)


async def drop_the_second(peer: Peer, received: Received) -> None:
    if peer.requests == 1:
        peer.say(whole())
    else:
        peer.hang_up()


async def reset_the_second(peer: Peer, received: Received) -> None:
    if peer.requests == 1:
        peer.say(whole())
    else:
        peer.reset()


@pytest.mark.parametrize("script", [drop_the_second, reset_the_second])
@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_a_kept_connection_that_dies_is_replaced_once(
    pool: Pool, serve: Serve, script: Script, method: str
) -> None:
    server = serve(script)
    for _ in range(3):
        request = HttpRequest(method, server.url(), {}, b"{}" if method == "POST" else b"")
        assert await (await pool.send(request, LIMITS)).read() == b'{"ok":true}'
    assert server.accepted == 3


async def test_a_replacement_is_a_fresh_connection_even_if_others_are_kept(pool: Pool, serve: Serve) -> None:
    server = serve(drop_the_second)
    await asyncio.gather(*(call(pool, server.url()) for _ in range(5)))
    kept = server.accepted
    assert await call(pool, server.url()) == b'{"ok":true}'
    assert server.accepted == kept + 1
    assert await server.reaches(1)


async def test_a_fresh_connection_that_dies_is_not_replaced(pool: Pool, serve: Serve) -> None:
    async def script(peer: Peer, received: Received) -> None:
        peer.hang_up()

    server = serve(script)
    with pytest.raises(ConnectionFailedError, match="without an answer"):
        await call(pool, server.url())
    assert server.accepted == 1


async def test_a_request_is_not_sent_again_once_an_answer_began(pool: Pool, serve: Serve) -> None:
    async def script(peer: Peer, received: Received) -> None:
        if peer.requests == 1:
            peer.say(whole())
        else:
            peer.say(b"HTTP/1.1 200 OK\r\ncontent-ty")
            peer.hang_up()

    server = serve(script)
    await call(pool, server.url())
    with pytest.raises(ConnectionFailedError):
        await call(pool, server.url())
    assert len(server.requests) == 2


async def cut_by_length(peer: Peer, received: Received) -> None:
    peer.say(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nfour")
    peer.hang_up()


async def cut_in_chunks(peer: Peer, received: Received) -> None:
    peer.say(HEAD + piece(b"four"))
    peer.hang_up()


async def reset_in_chunks(peer: Peer, received: Received) -> None:
    peer.say(HEAD + piece(b"four"))
    await asyncio.sleep(0.02)
    peer.reset()


async def reset_without_length(peer: Peer, received: Received) -> None:
    peer.say(b"HTTP/1.1 200 OK\r\n\r\nfour")
    await asyncio.sleep(0.02)
    peer.reset()


@pytest.mark.parametrize("script", [cut_by_length, cut_in_chunks, reset_in_chunks, reset_without_length])
async def test_a_body_that_is_cut_never_looks_finished(pool: Pool, serve: Serve, script: Script) -> None:
    server = serve(script)
    with pytest.raises(ConnectionFailedError) as caught:
        await call(pool, server.url())
    assert caught.value.retryable
    assert f"127.0.0.1:{server.port}" in str(caught.value)


async def test_a_body_without_a_length_ends_with_its_connection(pool: Pool, serve: Serve) -> None:
    async def script(peer: Peer, received: Received) -> None:
        peer.say(b"HTTP/1.1 200 OK\r\n\r\nall of it")
        peer.hang_up()

    assert await call(pool, serve(script).url()) == b"all of it"


async def test_an_answer_without_a_body_reads_as_nothing(pool: Pool, serve: Serve) -> None:
    async def script(peer: Peer, received: Received) -> None:
        peer.say(b"HTTP/1.1 204 No Content\r\n\r\n")

    assert await call(pool, serve(script).url()) == b""


async def test_an_early_answer_to_a_large_request_is_heard(pool: Pool, serve: Serve) -> None:
    async def script(peer: Peer, received: Received) -> None:
        peer.say(whole(b"too large", status="413 Content Too Large", fields="connection: close\r\n"))

    server = serve(script)
    exchange = await pool.send(post(server.url(), b"x" * 300_000), LIMITS)
    assert (exchange.status, await exchange.read()) == (413, b"too large")


@pytest.mark.parametrize("said", [b"SSH-2.0-OpenSSH\r\n\r\n", b"HTTP/1.1 two hundred\r\n\r\n"])
async def test_what_is_not_http_is_malformed(pool: Pool, serve: Serve, said: bytes) -> None:
    async def script(peer: Peer, received: Received) -> None:
        peer.say(said)

    with pytest.raises(MalformedResponseError, match="not HTTP"):
        await call(pool, serve(script).url())


async def test_a_refused_connection_names_the_server(pool: Pool, serve: Serve) -> None:
    server = serve(answer_at_once)
    url = server.url("/v1?key=secret")
    server.stop()
    with pytest.raises(ConnectionFailedError, match=r"No connection to http://127\.0\.0\.1:\d+") as caught:
        await call(pool, url)
    assert isinstance(caught.value.original_exception, aiohttp.ClientError)
    assert caught.value.__cause__ is caught.value.original_exception
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("not a url", "not a url"),
        ("/v1/chat", "/v1/chat"),
        ("http://user:secret@", "http://"),
        ("ftp://127.0.0.1/x", "ftp://127.0.0.1"),
        ("http://127.0.0.1:99999/x?key=secret", "http://127.0.0.1:99999/x"),
    ],
)
async def test_what_cannot_be_called_is_a_matter_of_configuration(pool: Pool, url: str, shown: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        await call(pool, url)
    assert shown in str(caught.value)
    assert "secret" not in str(caught.value)


async def test_a_line_break_in_a_key_is_refused_without_showing_it(pool: Pool, serve: Serve) -> None:
    with pytest.raises(ConfigurationError, match="line breaks") as caught:
        await pool.send(post(serve(answer_at_once).url(), authorization="Bearer sk-secret\r\nx: y"), LIMITS)
    assert "sk-secret" not in str(caught.value)


async def test_no_thread_or_executor_is_used(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> None:
        raise AssertionError("a thread was asked for")

    monkeypatch.setattr(asyncio, "to_thread", refuse)
    monkeypatch.setattr(asyncio.BaseEventLoop, "run_in_executor", refuse)
    server = serve(answer_at_once)
    pool = Pool()
    assert await call(pool, server.url()) == b'{"ok":true}'
    assert await call(pool, server.url(host="localhost")) == b'{"ok":true}'
    assert await call(pool, server.url(host="api.localhost")) == b'{"ok":true}'
    await pool.aclose()


async def test_the_pool_stays_usable_after_it_is_closed(pool: Pool, serve: Serve) -> None:
    server = serve(answer_at_once)
    await call(pool, server.url())
    await pool.aclose()
    assert await server.reaches(0)
    await pool.aclose()
    await call(pool, server.url())
    assert server.accepted == 2


async def test_an_answer_that_was_closed_cannot_be_read(pool: Pool, serve: Serve) -> None:
    exchange = await pool.send(post(serve(stream_for_ever).url()), LIMITS)
    exchange.close()
    exchange.close()
    with pytest.raises(StreamClosedError):
        await exchange.chunk()
    with pytest.raises(StreamClosedError):
        await exchange.read()


async def test_a_users_session_is_used_as_it_is_and_left_open(serve: Serve) -> None:
    server = serve(answer_at_once)
    async with aiohttp.ClientSession(headers={"x-mine": "1"}) as session:
        pool = Pool(session=session)
        assert await call(pool, server.url()) == b'{"ok":true}'
        await pool.aclose()
        assert not session.closed
        assert server.requests[0].headers["x-mine"] == "1"
        server.script = stream_for_ever
        exchange = await pool.send(post(server.url()), LIMITS)
        exchange.close()
        with pytest.raises(AnyLLMError):
            await pool.send(post(server.url("/", "127.0.0.1:1")), LIMITS)
        server.script = drop_the_second
        assert await server.reaches(0)
        await call(pool, server.url())
        with pytest.raises(ConnectionFailedError):
            await call(pool, server.url())


def test_settings_share_a_pool_and_show_no_credentials() -> None:
    settings = PoolSettings(proxy="http://user:secret@127.0.0.1:1")
    assert shared_pool(settings) is shared_pool(PoolSettings(proxy="http://user:secret@127.0.0.1:1"))
    assert shared_pool(settings) is not shared_pool(PoolSettings())
    assert repr(settings).startswith("PoolSettings(proxy='http://127.0.0.1:1', max_connections=1000, ")
    assert "proxy=None" in repr(PoolSettings())


async def test_many_urls_are_not_remembered_for_ever(pool: Pool, serve: Serve) -> None:
    server = serve(answer_at_once)
    for number in range(1030):
        pool._find_route(server.url(f"/{number}"))
    assert len(pool._routes) <= 1024
