"""Operations from the public client to a real socket and back."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from any_llm import AnyLLM
from any_llm.exceptions import InvalidRequestError, MalformedResponseError
from any_llm.types.json import JSON, JSONObject
from any_llm.types.text_completion import TextCompletion
from tests.transport.conftest import Serve, serve
from tests.transport.peers import END, HEAD, Peer, Received, Script, piece, whole

__all__ = ["serve"]

KEY = "sk-canary-0123456789abcdef"
CHAT = {"id": "c", "object": "chat.completion", "choices": [{"message": {"content": "Hi"}}]}


def replies(heard: list[Received], *answers: JSON) -> Script:
    """Return a script that gives one answer after the other, JSON or bytes with their type."""
    left = list(answers)

    async def script(peer: Peer, received: Received) -> None:
        heard.append(received)
        answer = left.pop(0)
        body, kind = answer if isinstance(answer, tuple) else (json.dumps(answer).encode(), "application/json")
        peer.say(whole(body, fields=f"content-type: {kind}\r\n"))

    return script


def pieces(*parts: bytes, kind: str) -> Script:
    """Return a script that streams pieces of some type."""
    head = HEAD.replace(b"text/event-stream", kind.encode())

    async def script(peer: Peer, _received: Received) -> None:
        peer.say(head + b"".join(map(piece, parts)) + END)

    return script


async def test_a_batch_in_memory_is_uploaded_and_created(serve: Serve) -> None:
    heard: list[Received] = []
    server = serve(replies(heard, {"id": "file-1", "bytes": 3}, {"id": "b1", "status": "validating"}))
    client = AnyLLM.create("openai", api_key=KEY, api_base=server.url("/v1"))
    batch = await client.acreate_batch(requests=[{"custom_id": "a", "body": {"model": "m"}}])
    assert (batch.id, batch.status) == ("b1", "validating")
    assert [one.target for one in heard] == ["/v1/files", "/v1/batches"]
    assert b'"custom_id":"a"' in heard[0].body
    assert json.loads(heard[1].body)["input_file_id"] == "file-1"


async def test_a_batch_says_where_its_requests_are(serve: Serve) -> None:
    client = AnyLLM.create("openai", api_key=KEY, api_base="http://127.0.0.1:9/v1")
    for said in ({}, {"requests": [], "input_file_id": "f"}):
        with pytest.raises(InvalidRequestError, match="input_file_id="):
            await client.acreate_batch(**said)  # type: ignore[arg-type]  # what is refused


async def test_the_results_of_a_batch_are_fetched(serve: Serve) -> None:
    heard: list[Received] = []
    line = {"custom_id": "a", "response": {"status_code": 200, "body": CHAT}}
    batch = {"id": "b1", "status": "completed", "endpoint": "/v1/chat/completions", "output_file_id": "out"}
    server = serve(replies(heard, batch, (json.dumps(line).encode(), "application/octet-stream")))
    client = AnyLLM.create("openai", api_key=KEY, api_base=server.url("/v1"))
    told = await client.aretrieve_batch_results("b1")
    assert told.results[0].result.choices[0].message.content == "Hi"
    assert heard[1].target == "/v1/files/out/content"


async def test_speech_streams_as_bytes_and_as_events(serve: Serve) -> None:
    plain = serve(pieces(b"ID", b"3", kind="audio/mpeg"))
    client = AnyLLM.create("openai", api_key=KEY, api_base=plain.url("/v1"))
    stream = await client.aspeech("tts-1", "Hi", "alloy", stream=True)
    assert b"".join([chunk async for chunk in stream]) == b"ID3"
    delta = b'data: {"type": "speech.audio.delta", "audio": "SUQz"}\n\n'
    events = serve(pieces(delta, b'data: {"type": "speech.audio.done"}\n\n', kind="text/event-stream"))
    client = AnyLLM.create("openai", api_key=KEY, api_base=events.url("/v1"))
    options: Mapping[str, JSON] = {"stream_format": "sse"}
    stream = await client.aspeech("gpt-4o-mini-tts", "Hi", "alloy", stream=True, **options)
    assert b"".join([chunk async for chunk in stream]) == b"ID3"


async def test_a_deployment_is_called_by_its_url(serve: Serve) -> None:
    heard: list[Received] = []
    server = serve(replies(heard, CHAT, CHAT))
    client = AnyLLM.create("azureopenai", api_key=KEY, api_base=server.url(""), api_version="2024-10-21")
    await client.acompletion("gpt", [{"role": "user", "content": "Hi"}], max_tokens=3)
    assert heard[0].target == "/openai/deployments/gpt/chat/completions?api-version=2024-10-21"
    assert (heard[0].headers["api-key"], json.loads(heard[0].body)["max_completion_tokens"]) == (KEY, 3)
    base = server.url("/openai/deployments/x?api-version=2024-06-01")
    client = AnyLLM.create("azureopenai", api_key=KEY, api_base=base)
    await client.acompletion("gpt", [{"role": "user", "content": "Hi"}], extra_query={"api-version": "2025-01-01"})
    assert heard[1].target == "/openai/deployments/x/chat/completions?api-version=2025-01-01"


async def test_a_video_is_known_by_what_was_asked(serve: Serve) -> None:
    heard: list[Received] = []
    done = {"status": "done", "video": {"url": "not a url"}, "model": "m"}
    server = serve(replies(heard, {"request_id": "v1"}, {"status": "pending"}, done))
    client = AnyLLM.create("xai", api_key=KEY, api_base=server.url("/v1"))
    video = await client.avideo_generation("m", "sea", seconds=3)
    video = await client.await_video(video, poll_interval=0.001)
    assert (video.id, video.status) == ("v1", "completed")
    assert [one.target for one in heard] == ["/v1/videos/generations", "/v1/videos/v1", "/v1/videos/v1"]


async def test_the_vendors_own_entries_of_a_moderation_are_kept_if_wanted(serve: Serve) -> None:
    heard: list[Received] = []
    row = {"flagged": True, "categories": {}, "category_scores": {}}
    answer: JSONObject = {"id": "modr", "model": "m", "results": [row]}
    server = serve(replies(heard, answer, answer))
    client = AnyLLM.create("openai", api_key=KEY, api_base=server.url("/v1"))
    plain = await client.amoderation("m", "a")
    raw = await client.amoderation("m", "a", include_raw=True)
    assert (plain.results[0].provider_raw, raw.results[0].provider_raw) == (None, row)
    assert b"include_raw" not in heard[1].body


async def test_events_that_call_themselves_json_are_a_stream(serve: Serve) -> None:
    text = b'data: {"id": "c", "choices": [{"index": 0, "text": "Hi", "finish_reason": "stop"}]}\n\ndata: [DONE]\n\n'
    heard: list[Received] = []
    server = serve(replies(heard, (text, "application/json"), (b'{"choices": []}', "application/json")))
    client = AnyLLM.create("openai", api_key=KEY, api_base=server.url("/v1"))
    stream = await client.atext_completion("m", "Hi", stream=True)
    chunks = [chunk async for chunk in stream]
    assert isinstance(chunks[0], TextCompletion)
    assert chunks[0].choices[0].text == "Hi"
    with pytest.raises(MalformedResponseError, match="whole JSON body"):
        await client.atext_completion("m", "Hi", stream=True)
