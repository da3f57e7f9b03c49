"""Each limit of `Timeouts`, on real sockets."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from any_llm.exceptions import (
    ConnectTimeoutError,
    FirstTokenTimeoutError,
    IdleTimeoutError,
    RequestTimeoutError,
    TotalTimeoutError,
)
from any_llm.transport.pool import Pool
from any_llm.transport.watchdog import Watchdog
from any_llm.types.http import HttpRequest, Timeouts
from tests.transport.conftest import Serve
from tests.transport.peers import END, HEAD, Peer, Received, Server, answer_at_once, piece, say_nothing, whole


def post(url: str, body: bytes = b"{}") -> HttpRequest:
    return HttpRequest("POST", url, {}, body)


async def expect(kind: type[RequestTimeoutError], pool: Pool, request: HttpRequest, timeouts: Timeouts) -> str:
    with pytest.raises(kind) as caught:
        await (await pool.send(request, timeouts)).read()
    assert type(caught.value) is kind
    assert caught.value.retryable
    return str(caught.value)


async def head_only(peer: Peer, received: Received) -> None:
    peer.say(HEAD)


async def stall_inside(peer: Peer, received: Received) -> None:
    peer.say(HEAD + piece(b"data: 1\n\n"))


async def drip(peer: Peer, received: Received) -> None:
    peer.say(HEAD)
    for _ in range(12):
        await asyncio.sleep(0.03)
        peer.say(piece(b"."))
    peer.say(END)


async def never_reads(peer: Peer, received: Received) -> None:
    peer.say(whole())
    peer.transport.pause_reading()


async def test_a_tls_handshake_that_hangs_counts_as_connecting(pool: Pool, serve: Serve) -> None:
    server = serve(say_nothing)
    request = post(server.url().replace("http:", "https:"))
    message = await expect(ConnectTimeoutError, pool, request, Timeouts(connect=0.1))
    assert message.startswith(f"No connection to https://127.0.0.1:{server.port} within 0.1 s")
    assert await server.reaches(0)


@pytest.mark.parametrize("script", [say_nothing, head_only])
async def test_the_first_token_is_limited(pool: Pool, serve: Serve, script: object) -> None:
    server: Server = serve(script)
    message = await expect(FirstTokenTimeoutError, pool, post(server.url()), Timeouts(first_token=0.05))
    assert message == f"http://127.0.0.1:{server.port} sent no first byte within 0.05 s"
    assert await server.reaches(0)


async def test_the_first_token_of_a_request_without_a_body_is_limited(pool: Pool, serve: Serve) -> None:
    await expect(
        FirstTokenTimeoutError, pool, HttpRequest("GET", serve(say_nothing).url(), {}), Timeouts(first_token=0.05)
    )


async def test_a_stall_inside_the_answer_is_limited(pool: Pool, serve: Serve) -> None:
    server = serve(stall_inside)
    message = await expect(IdleTimeoutError, pool, post(server.url()), Timeouts(idle=0.05, first_token=5))
    assert message.endswith("stalled for 0.05 s inside its answer")
    assert await server.reaches(0)


async def test_the_first_token_limit_may_be_the_shorter_one(pool: Pool, serve: Serve) -> None:
    await expect(IdleTimeoutError, pool, post(serve(stall_inside).url()), Timeouts(idle=0.1, first_token=0.05))


async def test_the_whole_exchange_is_limited(pool: Pool, serve: Serve) -> None:
    server = serve(drip)
    message = await expect(TotalTimeoutError, pool, post(server.url()), Timeouts(total=0.15, idle=5))
    assert message.endswith("took longer than 0.15 s")
    assert await server.reaches(0)


async def test_the_whole_exchange_includes_connecting(pool: Pool, serve: Serve) -> None:
    request = post(serve(say_nothing).url().replace("http:", "https:"))
    await expect(TotalTimeoutError, pool, request, Timeouts(total=0.1))


async def test_a_request_that_is_not_taken_is_limited(pool: Pool, serve: Serve) -> None:
    server = serve(never_reads)
    await (await pool.send(post(server.url()), Timeouts())).read()
    message = await expect(IdleTimeoutError, pool, post(server.url(), b"x" * 50_000_000), Timeouts(idle=0.2))
    assert message.endswith("took nothing of the request for 0.2 s")


async def test_pieces_in_time_make_no_timeout(pool: Pool, serve: Serve) -> None:
    exchange = await pool.send(post(serve(drip).url()), Timeouts(idle=0.25, first_token=0.25))
    assert await exchange.read() == b"." * 12


async def test_a_slow_reader_is_no_stall(pool: Pool, serve: Serve) -> None:
    async def script(peer: Peer, received: Received) -> None:
        peer.say(HEAD + piece(b"one"))
        await asyncio.sleep(0.3)
        peer.say(piece(b"two") + END)

    exchange = await pool.send(post(serve(script).url()), Timeouts(idle=0.2, first_token=0.2))
    await asyncio.sleep(0.25)
    assert await exchange.chunk() == b"one"
    await asyncio.sleep(0.25)
    assert await exchange.read() == b"two"


async def test_no_limits_are_no_limits(pool: Pool, serve: Serve) -> None:
    limits = Timeouts(connect=None, first_token=None, idle=None, total=None)
    assert await (await pool.send(post(serve(drip).url()), limits)).read() == b"." * 12
    assert await (await pool.send(post(serve(answer_at_once).url(), b"x" * 600_000), limits)).read() == b'{"ok":true}'


async def test_a_total_alone_is_kept_while_streaming(pool: Pool, serve: Serve) -> None:
    limits = Timeouts(connect=None, first_token=None, idle=None, total=0.15)
    await expect(TotalTimeoutError, pool, post(serve(drip).url()), limits)


async def test_a_callers_own_timeout_stays_the_callers(pool: Pool, serve: Serve) -> None:
    server = serve(say_nothing)
    with pytest.raises(TimeoutError) as caught:
        async with asyncio.timeout(0.05):
            await pool.send(post(server.url()), Timeouts(first_token=5))
    assert not isinstance(caught.value, RequestTimeoutError)
    assert await server.reaches(0)


async def test_a_task_goes_on_after_a_timeout(pool: Pool, serve: Serve) -> None:
    server = serve(say_nothing)
    task = asyncio.current_task()
    assert task is not None
    await expect(FirstTokenTimeoutError, pool, post(server.url()), Timeouts(first_token=0.02))
    assert task.cancelling() == 0
    server.script = answer_at_once
    assert await (await pool.send(post(server.url()), Timeouts())).read() == b'{"ok":true}'


async def test_a_cancellation_from_outside_wins_over_a_timeout() -> None:
    loop = asyncio.get_running_loop()
    watchdog = Watchdog(loop, Timeouts(first_token=0.01), "there")
    failures: list[object] = []

    async def wait() -> None:
        watchdog.begin()
        watchdog.awaiting()
        try:
            await loop.create_future()
        except asyncio.CancelledError as error:
            watchdog.end()
            failures.append(watchdog.failure(error))
            raise

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    # Scheduled last, and due at the same turn of the loop as the limit, or one before or after it.
    loop.call_later(0.01, task.cancel)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert task.cancelled()
    assert failures == [None]


async def test_only_a_cancellation_gives_way_to_one_from_outside() -> None:
    loop = asyncio.get_running_loop()
    watchdog = Watchdog(loop, Timeouts(first_token=0.01), "there")

    async def wait() -> object:
        watchdog.begin()
        watchdog.awaiting()
        with suppress(asyncio.CancelledError):
            await loop.create_future()
        watchdog.end()
        return watchdog.failure(OSError())

    assert isinstance(await asyncio.create_task(wait()), FirstTokenTimeoutError)


async def test_an_exchange_needs_a_task() -> None:
    loop = asyncio.get_running_loop()
    watchdog = Watchdog(loop, Timeouts(), "there")
    outcome = loop.create_future()

    def outside_of_any_task() -> None:
        try:
            watchdog.begin()
        except RuntimeError as error:
            outcome.set_result(str(error))

    loop.call_soon(outside_of_any_task)
    assert "outside of a task" in await outcome


async def test_a_watchdog_that_was_stopped_stays_asleep() -> None:
    loop = asyncio.get_running_loop()
    watchdog = Watchdog(loop, Timeouts(first_token=0.01, idle=0.01), "there")
    watchdog.begin()
    watchdog.awaiting()
    watchdog.stop()
    watchdog.uploading()
    watchdog.awaiting()
    await asyncio.sleep(0.03)
    assert watchdog._handle is None
