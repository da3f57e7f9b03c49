"""Streams over real sockets: primed, closed in every way within a quarter of a second, never finished when cut."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from any_llm import AnyLLM, EventStream
from any_llm.exceptions import (
    AnyLLMError,
    ConnectionFailedError,
    IdleTimeoutError,
    MalformedResponseError,
    RateLimitError,
    StreamClosedError,
    StreamTruncatedError,
)
from any_llm.types.completion import ChatCompletionChunk
from tests.client.answers import (
    KEY,
    MESSAGES,
    answer,
    begin_and_stall,
    break_off,
    chunk,
    end_early,
    event,
    say,
    streamed,
    talk_for_ever,
)
from tests.client.conftest import Client, client_of
from tests.transport.conftest import Serve
from tests.transport.peers import END, HEAD, Peer, Received, Script, Server, piece

CLOSED_WITHIN = 0.25


async def open_stream(client: AnyLLM) -> EventStream[ChatCompletionChunk]:
    return await client.acompletion("m", MESSAGES, stream=True)


async def read(stream: EventStream[ChatCompletionChunk], seen: list[ChatCompletionChunk] | None = None) -> None:
    """Read a stream to its end; what was read before an error is in `seen`."""
    async for one in stream:
        if seen is not None:
            seen.append(one)


def text(chunks: list[ChatCompletionChunk]) -> str:
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks)


async def test_a_stream_gives_its_pieces_and_adds_up_to_the_whole(client: Client) -> None:
    async with await open_stream(client(answer)) as stream:
        assert stream.usage is None
        assert text([chunk async for chunk in stream]) == "hello"
    assert stream.closed
    assert stream.response.choices[0].message.content == "hello"
    assert stream.response.choices[0].finish_reason == "stop"
    assert stream.response.report is stream.report
    assert stream.usage is not None
    assert stream.usage.total_tokens == 5
    assert stream.report.time_to_first_chunk is not None
    assert stream.report.elapsed is not None
    assert stream.report.elapsed >= stream.report.time_to_first_chunk


def test_a_blocking_stream_does_the_same(client: Client) -> None:
    with client(answer).completion("m", MESSAGES, stream=True) as stream:
        assert text(list(stream)) == "hello"
        assert list(stream) == []
    assert stream.closed
    assert stream.response.choices[0].message.content == "hello"
    assert stream.usage is not None
    assert stream.report.status == 200


async def test_the_connection_of_a_complete_stream_is_used_again(serve: Serve) -> None:
    server = serve(answer)
    client = client_of(server)
    for _ in range(20):
        async for _chunk in await open_stream(client):
            pass
    assert server.accepted == 1


async def test_a_usage_piece_that_nobody_asked_for_still_has_a_choice(client: Client) -> None:
    chunks = [chunk async for chunk in await open_stream(client(answer))]
    assert [len(chunk.choices) for chunk in chunks] == [1] * len(chunks)
    asked = await client(answer).acompletion("m", MESSAGES, stream=True, stream_options={"include_usage": True})
    assert [len(chunk.choices) async for chunk in asked][-1] == 0


@pytest.mark.parametrize("api", ["responses", "messages"])
async def test_bridged_streams_end_too(serve: Serve, api: str) -> None:
    client = AnyLLM.create("together", KEY, serve(answer).url("/v1"))
    stream = (
        await client.aresponses("m", "hi", stream=True)
        if api == "responses"
        else await client.amessages("m", MESSAGES, 9, stream=True)
    )
    kinds = [event.type async for event in stream]
    assert kinds[-1] in {"response.completed", "message_stop"}
    assert stream.response.report.status == 200


async def test_an_early_failure_is_an_ordinary_exception(client: Client) -> None:
    body = {"error": {"message": "slow down", "code": "rate_limit_exceeded"}}
    with pytest.raises(RateLimitError, match="slow down"):
        await open_stream(client(say(body, status="429 Too Many Requests")))


async def test_an_error_in_the_first_event_is_raised_before_there_is_a_stream(client: Client) -> None:
    async def script(peer: Peer, received: Received) -> None:
        peer.say(HEAD + event({"error": {"message": "overloaded", "type": "overloaded_error"}}) + END)

    with pytest.raises(AnyLLMError, match="overloaded"):
        await open_stream(client(script))


@pytest.mark.parametrize(("script", "kind"), [(break_off, ConnectionFailedError), (end_early, StreamTruncatedError)])
async def test_a_stream_that_was_cut_gives_what_came_and_raises(
    client: Client, script: Script, kind: type[AnyLLMError]
) -> None:
    stream = await open_stream(client(script))
    seen: list[ChatCompletionChunk] = []
    with pytest.raises(kind) as caught:
        await read(stream, seen)
    assert text(seen) == "hello"
    assert caught.value.provider_name == "openai"
    assert stream.response.choices[0].finish_reason is None
    with pytest.raises(StreamClosedError, match=f"has ended with {kind.__name__}"):
        await anext(stream)


async def test_pieces_that_came_with_an_error_are_delivered_before_it(client: Client) -> None:
    async def script(peer: Peer, received: Received) -> None:
        bad = event({"error": {"message": "it broke", "type": "server_error"}})
        events = (event(chunk("hel")), event(chunk("lo")), bad)
        peer.say(HEAD + piece(b"".join(one.split(b"\r\n", 1)[1][:-2] for one in events)) + END)

    seen: list[ChatCompletionChunk] = []
    stream = await open_stream(client(script))
    with pytest.raises(AnyLLMError, match="it broke"):
        await read(stream, seen)
    assert text(seen) == "hello"


async def test_an_event_that_is_not_json_is_a_typed_error_with_an_excerpt(client: Client) -> None:
    async def script(peer: Peer, received: Received) -> None:
        peer.say(HEAD + event(chunk("hel")) + piece(b"data: {broken\n\n") + END)

    stream = await open_stream(client(script))
    with pytest.raises(MalformedResponseError, match="An event of the stream is not the JSON") as caught:
        await read(stream)
    assert caught.value.response_excerpt == "{broken"


async def closed_in_time(server: Server) -> bool:
    """Say whether the server's last connection is gone within the limit that the library promises."""
    return await server.reaches(0, CLOSED_WITHIN)


@pytest.mark.parametrize("script", [talk_for_ever, begin_and_stall])
async def test_break_and_leaving_the_block_close_the_connection(serve: Serve, script: Script) -> None:
    server = serve(script)
    async with await open_stream(client_of(server)) as stream:
        async for _ in stream:
            break
    assert await closed_in_time(server)


async def test_an_exception_in_the_block_closes_the_connection(serve: Serve) -> None:
    server = serve(talk_for_ever)
    with pytest.raises(KeyError):
        async with await open_stream(client_of(server)):
            raise KeyError
    assert await closed_in_time(server)


async def test_cancelling_the_reader_closes_the_connection(serve: Serve) -> None:
    server = serve(begin_and_stall)
    stream = await open_stream(client_of(server))
    endings: list[str] = []
    stream.tap(on_end=lambda outcome: endings.append(outcome.ending))
    task = asyncio.create_task(read(stream))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await closed_in_time(server)
    assert endings == ["cancelled"]


async def test_a_timeout_around_the_reader_closes_the_connection(serve: Serve) -> None:
    server = serve(begin_and_stall)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(read(await open_stream(client_of(server))), 0.1)
    assert await closed_in_time(server)


async def test_a_stall_longer_than_the_timeout_is_an_error_and_closes_the_connection(serve: Serve) -> None:
    server = serve(begin_and_stall)
    stream = await client_of(server).acompletion("m", MESSAGES, stream=True, timeout=0.1)
    with pytest.raises(IdleTimeoutError):
        await read(stream)
    assert await closed_in_time(server)


async def test_dropping_a_stream_closes_the_connection(serve: Serve) -> None:
    server = serve(talk_for_ever)
    stream = await open_stream(client_of(server))
    endings: list[str] = []
    stream.tap(on_end=lambda outcome: endings.append(outcome.ending))
    del stream
    assert await closed_in_time(server)
    assert endings == ["closed"]


async def test_a_stream_in_a_reference_cycle_is_closed_by_the_garbage_collector(serve: Serve) -> None:
    server = serve(talk_for_ever)
    held: list[object] = [await open_stream(client_of(server))]
    held.append(held)
    del held
    gc.collect()
    assert await closed_in_time(server)


def test_dropping_a_blocking_stream_closes_the_connection(serve: Serve) -> None:
    server = serve(talk_for_ever)
    stream = client_of(server).completion("m", MESSAGES, stream=True)
    next(stream)
    del stream
    assert server.settled(0, CLOSED_WITHIN)


def test_leaving_a_blocking_stream_early_closes_the_connection(serve: Serve) -> None:
    server = serve(talk_for_ever)
    with client_of(server).completion("m", MESSAGES, stream=True) as stream:
        for _ in stream:
            break
    assert server.settled(0, CLOSED_WITHIN)
    with pytest.raises(StreamClosedError, match="closed by this program"):
        next(stream)


async def trail(peer: Peer, received: Received) -> None:
    """Send more after the last word."""
    peer.say(HEAD + streamed("hello"))
    await asyncio.sleep(0.02)
    peer.say(piece(b": that was it\n\n"))
    await asyncio.sleep(0.02)
    peer.say(END)


async def end_without_a_last_word(peer: Peer, received: Received) -> None:
    """Finish every choice and end the body, without `[DONE]`."""
    peer.say(HEAD + event(chunk("hello")) + event(chunk(finish="stop")) + END)


@pytest.mark.parametrize("script", [trail, end_without_a_last_word])
async def test_a_stream_that_ends_in_its_own_way_is_complete_and_its_connection_is_kept(
    serve: Serve, script: Script
) -> None:
    server = serve(script)
    client = client_of(server)
    for _ in range(3):
        assert text([chunk async for chunk in await open_stream(client)]) == "hello"
    assert server.accepted == 1


async def keep_open(peer: Peer, received: Received) -> None:
    """Say that the answer is complete, and keep the body open."""
    peer.say(HEAD + streamed("hello"))


async def test_a_body_that_stays_open_after_the_last_word_is_not_waited_for(serve: Serve) -> None:
    server = serve(keep_open)
    stream = await open_stream(client_of(server))
    assert text([chunk async for chunk in stream]) == "hello"
    assert await server.reaches(0)


def test_another_thread_may_close_a_stream_that_is_being_read(serve: Serve) -> None:
    server = serve(begin_and_stall)
    stream = client_of(server).completion("m", MESSAGES, stream=True)
    next(stream)
    closer = threading.Timer(0.05, stream.close)
    closer.start()
    with pytest.raises(StreamClosedError):
        next(stream)
    closer.join()
    assert server.settled(0, CLOSED_WITHIN)


PROGRAM = """
    import any_llm, sys
    stream = any_llm.completion("openai:m", [{{"role": "user", "content": "x"}}], stream=True, api_key="sk-exit",
        api_base=sys.argv[1])
    print(next(stream).choices[0].delta.content, flush=True)
    {after}
"""


@pytest.mark.unmeasured
@pytest.mark.parametrize(
    "after",
    ["", "sys.exit(3)", "raise SystemExit(3)", "del stream", "keep = [stream]; keep.append(keep)"],
)
def test_the_end_of_the_interpreter_closes_the_connection_without_a_word(serve: Serve, after: str) -> None:
    server = serve(talk_for_ever)
    program = textwrap.dedent(PROGRAM.format(after=after))
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", program, server.url("/v1")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("hel\n", "")
    assert done.returncode in {0, 3}
    assert server.settled(0, CLOSED_WITHIN)


@pytest.mark.unmeasured
def test_a_program_that_leaves_an_async_stream_open_ends_without_a_word(serve: Serve) -> None:
    server = serve(talk_for_ever)
    program = textwrap.dedent("""
        import any_llm, asyncio, sys
        async def main():
            stream = await any_llm.acompletion("openai:m", [{"role": "user", "content": "x"}], stream=True,
                api_key="sk-exit", api_base=sys.argv[1])
            async for chunk in stream:
                print(chunk.choices[0].delta.content, flush=True)
                return stream
        stream = asyncio.run(main())
    """)
    command = [sys.executable, "-W", "error", "-c", program, server.url("/v1")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("hel\n", "", 0)
    assert server.settled(0, CLOSED_WITHIN)


async def begin_endlessly(peer: Peer, received: Received) -> None:
    """Begin a stream and keep the connection open without another word."""
    peer.say(HEAD + event(chunk("hel")))


def resident_bytes() -> int:
    """Return the memory that this process holds now."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.unmeasured
async def test_ten_thousand_abandoned_streams_leave_nothing(serve: Serve) -> None:
    server = serve(begin_endlessly)
    client = client_of(server)

    async def abandon(count: int) -> None:
        for number in range(count):
            stream = await open_stream(client)
            if number % 2:
                await anext(stream)
            del stream
        assert await server.reaches(0)

    await abandon(300)
    server.requests.clear()
    tasks, before = len(asyncio.all_tasks()), resident_bytes()
    for _ in range(10):
        await abandon(1_000)
        server.requests.clear()
    assert len(asyncio.all_tasks()) == tasks
    assert server.live == 0
    assert resident_bytes() - before < 10_000_000


async def test_closing_twice_and_from_every_side_is_one_ending(client: Client) -> None:
    stream = await open_stream(client(talk_for_ever))
    endings: list[str] = []
    stream.tap(on_end=lambda outcome: endings.append(outcome.ending))
    stream.close()
    await stream.aclose()
    stream.close()
    assert endings == ["closed"]
    with pytest.raises(StreamClosedError) as caught:
        await anext(stream)
    assert caught.value.provider_name == "openai"
    assert not caught.value.retryable


async def test_pieces_that_do_not_add_up_are_a_typed_error(client: Client) -> None:
    async def script(peer: Peer, received: Received) -> None:
        odd = event(chunk(choices=[{"index": "one", "delta": {"content": "lo"}, "finish_reason": "stop"}]))
        peer.say(HEAD + event(chunk("hel")) + odd + piece(b"data: [DONE]\n\n") + END)

    stream = await open_stream(client(script))
    await read(stream)
    with pytest.raises(MalformedResponseError, match="do not add up"):
        _ = stream.response
