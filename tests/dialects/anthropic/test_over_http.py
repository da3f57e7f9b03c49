"""Counts, files and batches from the public client to a real socket and back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from any_llm import AnyLLM
from any_llm.exceptions import BatchNotCompleteError
from tests.dialects.anthropic.calls import HELLO, whole
from tests.transport.conftest import Serve, serve
from tests.transport.peers import Peer, Received, Script
from tests.transport.peers import whole as answer

__all__ = ["serve"]

KEY = "sk-ant-canary-0123456789abcdef"
BATCH = {"id": "msgbatch_1", "type": "message_batch", "processing_status": "in_progress", "request_counts": {}}
FILE = {"id": "file_1", "type": "file", "filename": "a.txt", "size_bytes": 5, "mime_type": "text/plain"}


def say(heard: list[Received], *bodies: object) -> Script:
    """Return a script that answers one body after the other, and notes what it heard."""
    left = iter(bodies)

    async def script(peer: Peer, received: Received) -> None:
        heard.append(received)
        body = next(left)
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        kind = "application/x-jsonl" if isinstance(body, bytes) else "application/json"
        peer.say(answer(raw, fields=f"content-type: {kind}\r\n"))

    return script


def client(base_url: str) -> AnyLLM:
    return AnyLLM.create("anthropic", api_key=KEY, api_base=base_url)


async def test_tokens_are_counted(serve: Serve) -> None:
    heard: list[Received] = []
    server = serve(say(heard, {"input_tokens": 7}))
    count = await client(server.url("")).acount_tokens("claude-sonnet-4-5", "Hello", system="Be brief")
    assert count.input_tokens == 7
    assert (heard[0].target, heard[0].headers["x-api-key"]) == ("/v1/messages/count_tokens", KEY)
    assert json.loads(heard[0].body) == {"model": "claude-sonnet-4-5", "messages": [HELLO], "system": "Be brief"}


async def test_a_batch_is_made_from_a_file_and_its_results_are_fetched(serve: Serve, tmp_path: Path) -> None:
    lines = tmp_path / "requests.jsonl"
    body = {"model": "claude-sonnet-4-5", "messages": [HELLO], "max_tokens": 9}
    lines.write_text(json.dumps({"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": body}))
    result = {"custom_id": "a", "result": {"type": "succeeded", "message": whole({"type": "text", "text": "4"})}}
    heard: list[Received] = []
    ended = BATCH | {"processing_status": "ended"}
    server = serve(say(heard, BATCH, BATCH, ended, json.dumps(result).encode()))
    asked = client(server.url(""))
    batch = await asked.acreate_batch(lines)
    assert (batch.id, batch.status) == ("msgbatch_1", "in_progress")
    assert json.loads(heard[0].body)["requests"] == [{"custom_id": "a", "params": body}]
    with pytest.raises(BatchNotCompleteError, match="msgbatch_1"):
        await asked.aretrieve_batch_results("msgbatch_1")
    results = await asked.aretrieve_batch_results("msgbatch_1")
    assert results.results[0].result.choices[0].message.content == "4"
    assert heard[-1].target == "/v1/messages/batches/msgbatch_1/results"


async def test_a_file_is_uploaded_listed_and_deleted(serve: Serve, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("Hello")
    heard: list[Received] = []
    server = serve(say(heard, FILE, {"data": [FILE]}, {"id": "file_1", "type": "file_deleted"}))
    asked = client(server.url(""))
    uploaded = await asked.aupload_file(path)
    assert (uploaded.id, uploaded.bytes, uploaded.media_type) == ("file_1", 5, "text/plain")
    assert b'name="file"; filename="a.txt"' in heard[0].body
    assert heard[0].body.count(b"Hello") == 1
    assert (await asked.alist_files(limit=3)).data == [uploaded]
    assert (await asked.adelete_file("file_1")).deleted
    assert [(received.method, received.target) for received in heard] == [
        ("POST", "/v1/files"), ("GET", "/v1/files?limit=3"), ("DELETE", "/v1/files/file_1")
    ]  # fmt: skip
    assert all(received.headers["anthropic-beta"] == "files-api-2025-04-14" for received in heard)
