"""Mistral's own operations from the public client to a real socket and back, beside chats in OpenAI's words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from any_llm import AnyLLM
from any_llm.exceptions import AuthenticationError
from tests.transport.conftest import Serve, serve
from tests.transport.peers import END, HEAD, Peer, Received, Script, piece, whole

__all__ = ["serve"]

KEY = "mistral-canary-0123456789abcdef"
JOB = {"id": "j1", "object": "batch", "status": "QUEUED", "endpoint": "/v1/chat/completions", "created_at": 5}
CHOICE = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hi"}}


def say(heard: list[Received], *bodies: object, status: str = "200 OK") -> Script:
    """Return a script that answers one body after the other, and notes what it heard."""
    left = iter(bodies)

    async def script(peer: Peer, received: Received) -> None:
        heard.append(received)
        raw = json.dumps(next(left)).encode()
        peer.say(whole(raw, status=status, fields="content-type: application/json\r\n"))

    return script


def stream(heard: list[Received], *events: object) -> Script:
    """Return a script that answers with events."""

    async def script(peer: Peer, received: Received) -> None:
        heard.append(received)
        sent = [f"data: {json.dumps(event)}\n\n".encode() for event in events]
        peer.say(HEAD + b"".join(map(piece, sent)) + END)

    return script


def client(base_url: str) -> AnyLLM:
    return AnyLLM.create("mistral", api_key=KEY, api_base=base_url)


async def test_a_document_is_read_from_a_path(serve: Serve, tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(b"%PDF-1.4")
    heard: list[Received] = []
    server = serve(say(heard, {"pages": [{"index": 0, "markdown": "# A"}], "model": "m"}))
    read = await client(server.url("/v1")).aocr("mistral-ocr-latest", path)
    assert read.text == "# A"
    assert (heard[0].target, heard[0].headers["authorization"]) == ("/v1/ocr", f"Bearer {KEY}")
    assert json.loads(heard[0].body)["document"]["document_url"] == "data:application/pdf;base64,JVBERi0xLjQ="


async def test_chats_and_gaps_go_to_their_places(serve: Serve) -> None:
    heard: list[Received] = []
    answer = {"id": "1", "model": "m", "choices": [CHOICE]}
    server = serve(say(heard, answer, answer, answer))
    asked = client(server.url("/v1"))
    messages = [{"role": "user", "content": "Hello"}]
    assert (await asked.acompletion("mistral-small-latest", messages)).choices[0].message.content == "Hi"
    assert (await asked.acompletion("ag_1", messages)).choices[0].message.content == "Hi"
    assert (await asked.atext_completion("codestral-latest", "def f", suffix="return")).choices[0].text == "Hi"
    assert [received.target for received in heard] == [
        "/v1/chat/completions", "/v1/agents/completions", "/v1/fim/completions"
    ]  # fmt: skip


async def test_a_recording_is_sent_as_it_is_read_and_heard_in_pieces(serve: Serve, tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"RIFF0000WAVE")
    heard: list[Received] = []
    done = {"type": "transcription.done", "text": "hi", "model": "m", "usage": {}}
    server = serve(stream(heard, {"type": "transcription.text.delta", "text": "hi"}, done))
    events = await client(server.url("/v1")).atranscription("voxtral-mini-latest", path, stream=True, diarize=True)
    assert [event.type async for event in events] == ["transcript.text.delta", "transcript.text.done"]
    assert b'filename="a.wav"' in heard[0].body
    assert b'name="timestamp_granularities"\r\n\r\nsegment' in heard[0].body


async def test_a_file_of_requests_is_uploaded_and_becomes_a_job(serve: Serve, tmp_path: Path) -> None:
    path = tmp_path / "requests.jsonl"
    path.write_text('{"custom_id": "0", "body": {}}')
    heard: list[Received] = []
    server = serve(say(heard, {"id": "f1", "object": "file"}, JOB))
    batch = await client(server.url("/v1")).acreate_batch(path, model="mistral-small-latest")
    assert (batch.id, batch.status) == ("j1", "validating")
    assert [received.target for received in heard] == ["/v1/files", "/v1/batch/jobs"]
    assert b'name="purpose"\r\n\r\nbatch' in heard[0].body
    assert json.loads(heard[1].body) == {
        "model": "mistral-small-latest",
        "endpoint": "/v1/chat/completions",
        "input_files": ["f1"],
    }


async def test_an_error_of_an_operation_of_its_own_has_its_class(serve: Serve) -> None:
    server = serve(say([], {"detail": "Invalid API Key"}, status="401 Unauthorized"))
    with pytest.raises(AuthenticationError, match="Invalid API Key") as caught:
        await client(server.url("/v1")).amoderation("mistral-moderation-latest", "Hello")
    assert KEY not in str(caught.value)
