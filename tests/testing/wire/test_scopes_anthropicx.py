"""The scopes of what Anthropic, Cohere, Mistral and Voyage AI offer beside chats, over recordings made here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from any_llm.testing.recordings import parse_recording
from any_llm.testing.wire.replaying import replay
from any_llm.testing.wire.verdict import Verdict

ANTHROPIC, COHERE = "https://api.anthropic.com/v1", "https://api.cohere.com"
MISTRAL, VOYAGE = "https://api.mistral.ai/v1", "https://api.voyageai.com/v1"
BATCH = {"id": "b1", "type": "message_batch", "processing_status": "in_progress", "request_counts": {"processing": 1}}
JOB = {"id": "j1", "object": "batch", "status": "RUNNING", "created_at": 5, "total_requests": 1}
FILE = {"id": "f1", "type": "file", "filename": "a", "size_bytes": 1}
RANKED = {"results": [{"index": 0, "relevance_score": 0.5}]}


async def play(api: str, asked: tuple[str, str, object], answer: object) -> Verdict:
    """Replay a recording of a request (method, URL, body) and its answer."""
    method, url, body = asked
    request = {"method": method, "url": url, "headers": {}} | ({"body": body} if body is not None else {})
    content = {
        "id": f"{api.partition('.')[0]}.{api}.basic.00000000",
        "provider": api.partition(".")[0],
        "api": api,
        "model": "m",
        "request": request,
        "response": {"status": 200, "headers": {"content-type": "application/json"}, "body": answer},
    }
    return await replay(parse_recording(json.dumps(content).encode(), Path("one.json")))


@pytest.mark.parametrize(
    ("api", "asked", "answer"),
    [
        ("anthropic.batches", ("POST", f"{ANTHROPIC}/messages/batches/b1/cancel", None), BATCH),
        ("anthropic.batches", ("GET", f"{ANTHROPIC}/messages/batches?limit=2", None), {"data": [BATCH]}),
        ("anthropic.batches", ("GET", f"{ANTHROPIC}/messages/batches/b1", None), BATCH),
        ("anthropic.files", ("GET", f"{ANTHROPIC}/files", None), {"data": [FILE]}),
        ("anthropic.files", ("GET", f"{ANTHROPIC}/files/f1", None), FILE),
        ("anthropic.models", ("GET", f"{ANTHROPIC}/models/m", None), {"id": "m", "type": "model"}),
        ("mistral.other", ("GET", f"{MISTRAL}/batch/jobs", None), {"data": [JOB]}),
        ("mistral.other", ("POST", f"{MISTRAL}/batch/jobs/j1/cancel", None), JOB),
        ("mistral.other", ("GET", f"{MISTRAL}/conversations/c1/history", None), {"entries": []}),
        ("cohere.v1.models", ("GET", f"{COHERE}/v1/models", None), {"models": [{"name": "m"}]}),
        ("cohere.v1.models", ("GET", f"{COHERE}/v1/models/m", None), {"name": "m", "endpoints": []}),
        (
            "cohere.v1.rerank",
            ("POST", f"{COHERE}/v1/rerank", {"model": "m", "query": "q", "documents": [{"text": "a"}]}),
            RANKED,
        ),
        (
            "voyage.embeddings",
            ("POST", f"{VOYAGE}/contextualizedembeddings", {"model": "voyage-context-3", "inputs": [["a"]]}),
            {"data": [{"data": [{"embedding": [0.5], "index": 0}]}], "model": "m", "usage": {"total_tokens": 1}},
        ),
    ],
)
async def test_a_request_is_said_again_and_its_answer_read(
    api: str, asked: tuple[str, str, object], answer: Mapping[str, object]
) -> None:
    verdict = await play(api, asked, answer)
    assert verdict.faults == ()
    assert (verdict.decoded, verdict.encoded) == (True, True)


@pytest.mark.parametrize(
    ("api", "asked", "answer", "reason"),
    [
        ("anthropic.files", ("POST", f"{ANTHROPIC}/files", None), FILE, "was shortened when it was recorded"),
        ("mistral.other", ("POST", f"{MISTRAL}/batch/jobs", {"input_files": ["f"]}), JOB, "are in a file"),
        ("cohere.v1.chat", ("POST", f"{COHERE}/v1/chat", {"message": "Hi"}), {"text": "Hi"}, "names no model"),
    ],
)
async def test_what_cannot_be_said_again_says_why(
    api: str, asked: tuple[str, str, object], answer: Mapping[str, object], reason: str
) -> None:
    verdict = await play(api, asked, answer)
    assert verdict.faults == ()
    assert reason in (verdict.unsaid or "")
