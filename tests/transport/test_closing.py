"""However an answer is left, its connection is closed at once and nothing of it stays."""

from __future__ import annotations

import asyncio
import gc
import resource
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest
import trustme

from any_llm.exceptions import StreamClosedError
from any_llm.transport.exchange import PooledExchange
from any_llm.transport.pool import Pool, PoolSettings
from any_llm.types.http import HttpRequest, Timeouts
from tests.transport.conftest import Serve
from tests.transport.peers import HEAD, Peer, Received, Server, answer_at_once, piece, say_nothing, stream_for_ever

LIMITS = Timeouts()
PROMPT = 0.25
"""Seconds in which a server must see that its client has left."""


async def start(pool: Pool, server: Server) -> PooledExchange:
    exchange = await pool.send(HttpRequest("POST", server.url(), {}, b"{}"), LIMITS)
    assert await exchange.chunk() == b"data: 1\n\n"
    return exchange


async def one_event(peer: Peer, received: Received) -> None:
    peer.say(HEAD + piece(b"data: 1\n\n"))


@pytest.fixture(params=["plain", "tls"])
def server_and_pool(
    request: pytest.FixtureRequest, serve: Serve, server_tls: ssl.SSLContext, authority: trustme.CA
) -> Iterator[tuple[Server, Pool]]:
    """Give a streaming server and a pool that trusts it, without and with TLS."""
    if request.param == "plain":
        yield serve(stream_for_ever), Pool()
        return
    context = ssl.create_default_context()
    authority.configure_trust(context)
    yield serve(stream_for_ever, server_tls), Pool(PoolSettings(ca=context))


async def test_close_is_seen_at_once(server_and_pool: tuple[Server, Pool]) -> None:
    server, pool = server_and_pool
    exchange = await start(pool, server)
    exchange.close()
    assert await server.reaches(0, PROMPT)
    await pool.aclose()


async def test_a_dropped_answer_is_seen_at_once(server_and_pool: tuple[Server, Pool]) -> None:
    server, pool = server_and_pool
    exchange = await start(pool, server)
    del exchange
    assert await server.reaches(0, PROMPT)
    await pool.aclose()


async def test_a_cancelled_wait_for_a_chunk_is_seen_at_once(server_and_pool: tuple[Server, Pool]) -> None:
    server, pool = server_and_pool
    exchange = await start(pool, server)

    async def read_on() -> None:
        while await exchange.chunk():
            pass

    task = asyncio.create_task(read_on())
    await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await server.reaches(0, PROMPT)
    await pool.aclose()


async def test_a_cancelled_read_is_seen_at_once(server_and_pool: tuple[Server, Pool]) -> None:
    server, pool = server_and_pool
    exchange = await start(pool, server)
    task = asyncio.create_task(exchange.read())
    await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await server.reaches(0, PROMPT)
    await pool.aclose()


async def test_a_cancelled_send_is_seen_at_once(server_and_pool: tuple[Server, Pool]) -> None:
    server, pool = server_and_pool
    server.script = say_nothing
    task = asyncio.create_task(pool.send(HttpRequest("POST", server.url(), {}, b"{}"), LIMITS))
    assert await server.reaches(1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await server.reaches(0, PROMPT)
    await pool.aclose()


async def test_closing_the_pool_closes_what_is_still_read(server_and_pool: tuple[Server, Pool]) -> None:
    server, pool = server_and_pool
    exchange = await start(pool, server)
    await pool.aclose()
    assert await server.reaches(0, PROMPT)
    with pytest.raises(Exception, match=r"closed|broke|failed"):
        await exchange.chunk()


async def test_whoever_waits_hears_of_a_close(pool: Pool, serve: Serve) -> None:
    server = serve(one_event)
    exchange = await start(pool, server)
    waiting = asyncio.create_task(exchange.chunk())
    await asyncio.sleep(0.02)
    exchange.close()
    with pytest.raises(StreamClosedError, match="closed by this program"):
        await waiting


async def test_another_thread_may_close(pool: Pool, serve: Serve) -> None:
    server = serve(stream_for_ever)
    exchange = await start(pool, server)
    thread = threading.Thread(target=exchange.close)
    thread.start()
    thread.join()
    assert await server.reaches(0, PROMPT)


async def test_another_thread_may_drop(pool: Pool, serve: Serve) -> None:
    server = serve(stream_for_ever)
    held = [await start(pool, server)]
    thread = threading.Thread(target=held.clear)
    thread.start()
    thread.join()
    assert await server.reaches(0, PROMPT)


async def test_an_answer_in_a_cycle_is_collected_without_a_word(pool: Pool, serve: Serve) -> None:
    server = serve(stream_for_ever)
    cycle: list[object] = [await start(pool, server)]
    cycle.append(cycle)
    del cycle
    gc.collect()
    assert await server.reaches(0, PROMPT)


@pytest.mark.parametrize("way", ["close", "drop"])
def test_a_loop_that_stands_still_is_no_obstacle(serve: Serve, way: str) -> None:
    server = serve(stream_for_ever)
    pool = Pool()
    with asyncio.Runner() as runner:
        held = [runner.run(start(pool, server))]
        if way == "close":
            held[0].close()
        held.clear()
        assert server.settled(0, PROMPT)
        runner.run(pool.aclose())


@pytest.mark.parametrize("way", ["close", "drop"])
def test_a_loop_that_has_ended_is_no_obstacle(serve: Serve, way: str) -> None:
    server = serve(stream_for_ever)
    pool = Pool()
    held = [asyncio.run(start(pool, server))]
    assert server.settled(0, PROMPT)
    if way == "close":
        held[0].close()
    held.clear()
    gc.collect()


@pytest.mark.parametrize("way", ["close", "drop"])
def test_a_loop_that_was_closed_by_hand_is_no_obstacle(serve: Serve, way: str) -> None:
    server = serve(stream_for_ever)
    pool = Pool()
    loop = asyncio.new_event_loop()
    held = [loop.run_until_complete(start(pool, server)), loop.run_until_complete(start(pool, server))]
    loop.close()
    while held:
        exchange = held.pop()
        if way == "close":
            exchange.close()
        del exchange
        gc.collect()
    assert server.settled(0, PROMPT)


def test_an_answer_that_came_whole_outlives_a_loop_closed_by_hand(serve: Serve) -> None:
    server = serve(answer_at_once)
    pool = Pool()
    loop = asyncio.new_event_loop()
    exchange = loop.run_until_complete(pool.send(HttpRequest("POST", server.url(), {}, b"{}"), LIMITS))
    loop.close()
    del exchange
    gc.collect()
    assert server.settled(0, PROMPT)


def test_a_users_session_is_left_alone_when_its_loop_was_closed_by_hand(serve: Serve) -> None:
    server = serve(stream_for_ever)
    loop = asyncio.new_event_loop()

    async def begin() -> tuple[aiohttp.ClientSession, PooledExchange]:
        session = aiohttp.ClientSession()
        return session, await start(Pool(session=session), server)

    session, exchange = loop.run_until_complete(begin())
    loop.close()
    exchange.close()
    assert server.settled(0, PROMPT)
    assert not session.closed
    session.detach()


@pytest.mark.unmeasured
async def test_ten_thousand_abandoned_answers_leave_nothing(serve: Serve) -> None:
    server = serve(one_event)
    pool = Pool()
    tasks = len(asyncio.all_tasks())

    async def abandon(times: int) -> None:
        for _ in range(times):
            await start(pool, server)

    await asyncio.gather(*(abandon(20) for _ in range(50)))
    assert await server.reaches(0)
    gc.collect()
    before = resident_bytes()
    await asyncio.gather(*(abandon(180) for _ in range(50)))
    assert await server.reaches(0)
    gc.collect()
    assert resident_bytes() - before < 10_000_000
    assert len(asyncio.all_tasks()) == tasks
    assert server.accepted == 10_000
    [(connections, _)] = pool._held.values()
    assert not connections.live
    await pool.aclose()


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize()


async def test_finished_answers_leave_nothing(pool: Pool, serve: Serve) -> None:
    server = serve(answer_at_once)
    gc.collect()
    known = {id(found) for found in gc.get_objects()}
    gc.disable()
    try:
        for _ in range(100):
            await (await pool.send(HttpRequest("POST", server.url(), {}, b"{}"), LIMITS)).read()
        await asyncio.sleep(0)
        kept = [found for found in gc.get_objects() if isinstance(found, PooledExchange) and id(found) not in known]
    finally:
        gc.enable()
    assert not kept
    [(connections, _)] = pool._held.values()
    assert not connections.live
