"""Operations of several requests, over real sockets: limits, cancelling, errors in the middle, and where keys go."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

import pytest

from any_llm import AnyLLM
from any_llm.exceptions import (
    AnyLLMError,
    AuthenticationError,
    ConnectionFailedError,
    MalformedResponseError,
    ModelNotFoundError,
    ProviderError,
    RateLimitError,
    TotalTimeoutError,
)
from tests.transport.conftest import Serve, serve
from tests.transport.peers import Peer, Received, Script, Server, whole

__all__ = ["serve"]

KEY = "sk-canary-0123456789abcdefghij"
WAV = b"RIFF$\0\0\0WAVE"
FINISHED = {"id": "batch_1", "object": "batch", "status": "completed", "endpoint": "/v1/chat/completions"}
LINE = {"custom_id": "1", "response": {"status_code": 200, "body": {"choices": [{"message": {"content": "hello"}}]}}}


def say(body: object, status: str = "200 OK", fields: str = "") -> bytes:
    """Return an answer with a JSON body."""
    return whole(json.dumps(body).encode(), status=status, fields=f"content-type: application/json\r\n{fields}")


def in_turn(*answers: bytes) -> Script:
    """Answer the requests of all connections in turn, and those beyond with the last."""
    left = list(answers)

    async def script(peer: Peer, received: Received) -> None:
        peer.say(left.pop(0) if len(left) > 1 else left[0])

    return script


def client_of(server: Server, name: str = "openai", **client_args: object) -> AnyLLM:
    return AnyLLM.create(name, KEY, server.url("/v1"), **client_args)


def at_once(name: str, server: Server) -> AnyLLM:
    """Return a client of a vendor whose recordings are uploaded before they are transcribed."""
    return AnyLLM.create(name, KEY, server.url())


def paths(server: Server) -> Sequence[str]:
    return [f"{received.method} {received.target}" for received in server.requests]


async def test_results_are_fetched_after_the_batch_has_said_where_they_are(serve: Serve) -> None:
    finished = FINISHED | {"output_file_id": "file-1"}
    server = serve(in_turn(say(finished), whole(json.dumps(LINE).encode())))

    answer = await client_of(server).aretrieve_batch_results("batch_1")

    assert [item.custom_id for item in answer.results] == ["1"]
    assert paths(server) == ["GET /v1/batches/batch_1", "GET /v1/files/file-1/content"]
    assert [received.headers["authorization"] for received in server.requests] == [f"Bearer {KEY}"] * 2
    assert server.accepted == 1


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("401 Unauthorized", AuthenticationError),
        ("404 Not Found", ModelNotFoundError),
        ("429 Too Many Requests", RateLimitError),
        ("500 Internal Server Error", ProviderError),
        ("503 Service Unavailable", ProviderError),
    ],
)
async def test_an_error_in_the_middle_is_in_its_class_and_has_its_facts(
    serve: Serve, status: str, kind: type[AnyLLMError]
) -> None:
    refused = say({"error": {"message": "no"}}, status, "x-request-id: req-2\r\nretry-after: 3\r\n")
    server = serve(in_turn(say(FINISHED | {"output_file_id": "file-1"}, fields="x-request-id: req-1\r\n"), refused))

    with pytest.raises(AnyLLMError, match="no") as caught:
        await client_of(server).aretrieve_batch_results("batch_1")

    assert isinstance(caught.value, kind)
    assert caught.value.status_code == int(status[:3])
    assert caught.value.request_id == "req-2"
    assert caught.value.retry_after == 3
    assert KEY not in repr(vars(caught.value))


async def test_a_connection_that_breaks_in_the_middle_is_an_error(serve: Serve) -> None:
    async def script(peer: Peer, received: Received) -> None:
        if "/files/" in received.target:
            peer.say(b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{")
            peer.hang_up()
        else:
            peer.say(say(FINISHED | {"output_file_id": "file-1"}))

    server = serve(script)
    with pytest.raises(ConnectionFailedError):
        await client_of(server).aretrieve_batch_results("batch_1")
    assert await server.reaches(0)


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'"x"', b"<html>", b'{"id": 3}'])
async def test_a_first_answer_that_is_something_else_is_an_error_with_its_beginning(serve: Serve, body: bytes) -> None:
    server = serve(in_turn(whole(body, fields="content-type: application/json\r\n")))
    with pytest.raises(AnyLLMError) as caught:
        await client_of(server).aretrieve_batch_results("batch_1")
    assert isinstance(caught.value, AnyLLMError)
    assert len(server.requests) == 1


async def test_a_redirect_in_the_middle_is_not_followed(serve: Serve) -> None:
    elsewhere = serve(in_turn(say({})))
    away = whole(b"", status="302 Found", fields=f"location: {elsewhere.url('/stolen')}\r\n")
    server = serve(in_turn(say(FINISHED | {"output_file_id": "file-1"}), away))

    with pytest.raises(MalformedResponseError, match="redirects to"):
        await client_of(server).aretrieve_batch_results("batch_1")

    assert not elsewhere.requests


async def poll(peer: Peer, received: Received) -> None:
    """Take whatever is uploaded, and never be ready."""
    assert isinstance(peer.transport, asyncio.Transport)
    here = f"http://{received.headers['host']}"
    if received.method == "POST" and "upload" in received.target:
        peer.say(say({"upload_url": f"{here}/file", "audio_url": f"{here}/file"}))
    else:
        peer.say(say({"id": "t-1", "status": "queued", "result_url": f"{here}/v2/t-1"}, "200 OK"))


async def test_the_limit_of_the_whole_call_counts_over_all_its_requests(serve: Serve) -> None:
    server = serve(poll)
    started = asyncio.get_running_loop().time()

    with pytest.raises(TotalTimeoutError, match="not ready within") as caught:
        await at_once("assemblyai", server).atranscription("m", WAV, timeout=0.3)

    assert asyncio.get_running_loop().time() - started < 2
    assert caught.value.provider_name == "assemblyai"
    assert len(server.requests) >= 2


async def test_cancelling_while_it_waits_ends_it_at_once_and_leaves_nothing_open(serve: Serve) -> None:
    server = serve(poll)
    task = asyncio.create_task(at_once("assemblyai", server).atranscription("m", WAV))
    await asyncio.sleep(0.3)
    seen = len(server.requests)
    assert seen >= 2

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    await asyncio.sleep(0.1)
    assert len(server.requests) == seen


async def test_a_key_goes_to_no_host_that_an_answer_names(serve: Serve) -> None:
    foreign = serve(in_turn(say({"id": "t-1", "status": "error", "error": "no"})))

    async def script(peer: Peer, received: Received) -> None:
        peer.say(
            say({"id": "t-1", "result_url": foreign.url("/steal"), "audio_url": foreign.url("/file")}, "201 Created")
        )

    server = serve(script)
    with pytest.raises(AnyLLMError):
        await at_once("gladia", server).atranscription("m", WAV, timeout=5)

    assert len(foreign.requests) == 1
    assert all(KEY not in repr(received) for received in foreign.requests)
    assert any(KEY in repr(received) for received in server.requests)
