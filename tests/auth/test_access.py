"""What signers are given, over a real transport."""

from __future__ import annotations

import os

import pytest

from any_llm.auth.access import TransportAccess, shared_credentials
from any_llm.exceptions import ConnectionFailedError, RequestTimeoutError
from any_llm.transport.pool import Pool
from any_llm.transport.replay import Replay, Scripted
from any_llm.types.http import HttpRequest
from tests.auth.conftest import NOW, MakeAccess
from tests.transport.conftest import Serve
from tests.transport.peers import say_nothing


async def test_an_answer_is_whole_and_its_exchange_is_over() -> None:
    replay = Replay(lambda _: Scripted(status=201, headers={"X-A": "1"}, chunks=(b"a", b"b")))
    response = await TransportAccess(replay).send(HttpRequest("GET", "https://x.example", {}))
    assert (response.status, response.headers, response.body) == (201, {"x-a": "1"}, b"ab")
    assert replay.open == 0


async def test_an_answer_that_breaks_releases_its_connection() -> None:
    replay = Replay(lambda _: Scripted(chunks=(b"a",), truncate=True))
    with pytest.raises(ConnectionFailedError):
        await TransportAccess(replay).send(HttpRequest("GET", "https://x.example", {}), patience=2.0)
    assert replay.open == 0
    assert (replay.timeouts[0].connect, replay.timeouts[0].total) == (2.0, 2.0)


async def test_nobody_is_waited_for_longer_than_patience_says(serve: Serve, pool: Pool) -> None:
    server = serve(say_nothing)
    with pytest.raises(RequestTimeoutError):
        await TransportAccess(pool).send(HttpRequest("GET", server.url(), {}), patience=0.05)


def test_the_process_has_one_store_one_clock_and_one_environment(access: MakeAccess) -> None:
    usual = TransportAccess(Replay(lambda _: Scripted()))
    assert usual.environment is os.environ
    assert usual.now > NOW - 1e9
    assert usual._cache is shared_credentials()
    assert access().now == NOW
