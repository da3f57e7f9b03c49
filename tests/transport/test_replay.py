"""The transport that plays scripted answers."""

from __future__ import annotations

import pytest

from any_llm.exceptions import ConnectionFailedError, StreamClosedError
from any_llm.transport.replay import Replay, Scripted
from any_llm.types.http import HttpRequest, Timeouts

REQUEST = HttpRequest("POST", "https://api.example/v1", {}, b"{}")
LIMITS = Timeouts(total=1)


async def test_answers_are_played_as_scripted() -> None:
    replay = Replay(lambda _: Scripted(status=201, headers={"X-A": "1"}, chunks=[b"a", b"", b"bc"]))
    exchange = await replay.send(REQUEST, LIMITS)
    assert (exchange.status, exchange.headers) == (201, {"x-a": "1"})
    assert replay.open == 1
    assert [await exchange.chunk(), await exchange.chunk(), await exchange.chunk()] == [b"a", b"bc", b""]
    assert replay.open == 0
    assert await exchange.read() == b""
    exchange.close()
    assert (replay.requests, replay.timeouts) == ([REQUEST], [LIMITS])
    await replay.aclose()


async def test_the_answer_may_depend_on_the_request() -> None:
    replay = Replay(lambda request: Scripted(chunks=[request.url.encode()]))
    assert await (await replay.send(REQUEST, LIMITS)).read() == b"https://api.example/v1"


async def test_a_truncated_script_breaks() -> None:
    replay = Replay(lambda _: Scripted(chunks=[b"a"], truncate=True))
    exchange = await replay.send(REQUEST, LIMITS)
    assert await exchange.chunk() == b"a"
    with pytest.raises(ConnectionFailedError):
        await exchange.chunk()
    assert replay.open == 0


async def test_a_closed_answer_cannot_be_read() -> None:
    replay = Replay(lambda _: Scripted(chunks=[b"a"]))
    exchange = await replay.send(REQUEST, LIMITS)
    exchange.close()
    exchange.close()
    with pytest.raises(StreamClosedError):
        await exchange.read()
    assert replay.open == 0


async def test_a_dropped_answer_is_not_open() -> None:
    replay = Replay(lambda _: Scripted())
    await replay.send(REQUEST, LIMITS)
    assert replay.open == 0


async def test_an_error_of_the_script_is_the_error_of_the_call() -> None:
    def fail(request: HttpRequest) -> Scripted:
        raise ConnectionFailedError("no network")

    with pytest.raises(ConnectionFailedError, match="no network"):
        await Replay(fail).send(REQUEST, LIMITS)
