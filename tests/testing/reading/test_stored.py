"""Reading files, batches and the rest of Anthropic's and Mistral's words."""

from __future__ import annotations

import json

import pytest

from any_llm.testing.reading import read_answer
from any_llm.testing.reading.values import Reading

COUNTS = {"processing": 0, "succeeded": 0, "errored": 0, "canceled": 2, "expired": 0}
FILE = {"id": "f1", "filename": "a.pdf", "created_at": "1970-01-01T00:00:09Z", "size_bytes": 3, "mime_type": "a/b"}


def read(api: str, document: object, kind: str = "application/json") -> Reading:
    return read_answer(api, 200, kind, json.dumps(document).encode())


def error_of(reading: Reading) -> str | None:
    return reading.failure.error if reading.failure else None


@pytest.mark.parametrize(
    ("said", "counts", "status"),
    [
        ("in_progress", {"processing": 2}, "in_progress"),
        ("canceling", {"processing": 2}, "cancelling"),
        ("ended", {"succeeded": 1, "canceled": 1}, "completed"),
        ("ended", COUNTS, "cancelled"),
        ("ended", {"expired": 2}, "expired"),
    ],
)
def test_a_batch_of_anthropics_is_read(said: str, counts: dict[str, int], status: str) -> None:
    batch = {"id": "b1", "processing_status": said, "request_counts": counts, "created_at": "1970-01-01T00:00:09Z"}
    facts = {"id": "b1", "status": status, "model": None, "created_at": 9, "total": 2}
    assert read("anthropic.batches", batch).facts == facts


def test_lists_and_single_models_are_read() -> None:
    assert read("anthropic.batches", {"data": [{"id": "b1"}, {"id": "b2"}]}).listed == ("b1", "b2")
    assert read("mistral.other", {"data": [{"id": "j1", "object": "batch"}]}).listed == ("j1",)
    assert read("mistral.other", {"data": []}).facts == {"json": {"data": []}}
    assert read("anthropic.models", {"data": [{"id": "m1"}]}).listed == ("m1",)
    assert read("anthropic.models", {"id": "m1", "type": "model"}).facts == {"id": "m1"}


def test_the_results_of_a_batch_are_read() -> None:
    message = {"id": "m1", "content": [{"type": "text", "text": "4"}], "stop_reason": "end_turn"}
    lines = [
        {"custom_id": "a", "result": {"type": "succeeded", "message": message}},
        {"custom_id": "b", "result": {"type": "errored", "error": {"error": {"type": "api_error"}}}},
        {"custom_id": "c", "result": {"type": "expired"}},
    ]
    body = b"\n\n".join(json.dumps(line).encode() for line in lines)
    rows = [
        {"custom_id": "a", "text": "4", "error": None},
        {"custom_id": "b", "text": None, "error": "api_error"},
        {"custom_id": "c", "text": None, "error": "expired"},
    ]
    assert read_answer("anthropic.batches", 200, "application/x-jsonl", body).facts == {"results": rows}
    assert error_of(read_answer("anthropic.batches", 200, "", body[:-3])) == "MalformedResponseError"


def test_files_are_read() -> None:
    facts = {
        "id": "f1",
        "bytes": 3,
        "created_at": 9,
        "expires_at": None,
        "filename": "a.pdf",
        "media_type": "a/b",
        "status": None,
        "uri": None,
    }
    assert read("anthropic.files", FILE).facts == facts
    assert read("anthropic.files", {"data": [FILE]}).facts == {"files": [facts]}
    deleted = {"id": "f1", "deleted": True}
    assert read("anthropic.files", {"id": "f1", "type": "file_deleted"}).facts == deleted
    assert read("anthropic.files", deleted).facts == deleted


def test_mistrals_jobs_and_other_answers_are_read() -> None:
    job = {"object": "batch", "id": "j1", "status": "SUCCESS", "model": "m", "created_at": 9, "total_requests": 2}
    facts = {"id": "j1", "status": "completed", "model": "m", "created_at": 9, "total": 2}
    assert read("mistral.other", job).facts == facts
    assert read("mistral.other", {"id": "ag_1", "object": "agent"}).facts["json"] == {"id": "ag_1", "object": "agent"}


def test_pages_judgements_and_transcriptions_are_read() -> None:
    page = {"index": 0, "markdown": "# A", "images": [{"id": "i1"}]}
    pages = read("mistral.ocr", {"pages": [page], "model": "m", "usage_info": {"pages_processed": 1}})
    assert pages.facts == {"pages": [{"index": 0, "markdown": "# A", "images": ["i1"]}], "pages_processed": 1}
    found = {"categories": {"law": True}, "category_scores": {"law": 0.5}}
    judged = read("mistral.moderations", {"id": "m1", "model": "m", "results": [found]})
    assert judged.facts == {"id": "m1", "results": [[True, {"law": True}, {"law": 0.5}]]}
    segment = {"text": "hi", "start": 0, "end": 1, "speaker_id": "s1"}
    heard = read("mistral.audio", {"text": "hi", "segments": [segment], "usage": {"prompt_audio_seconds": 2}})
    assert (heard.facts["duration"], heard.facts["segments"]) == (2, [["hi", 0, 1, "s1"]])


@pytest.mark.parametrize(
    "api",
    [
        "anthropic.batches",
        "anthropic.count_tokens",
        "anthropic.files",
        "mistral.audio",
        "mistral.moderations",
        "mistral.ocr",
    ],
)
def test_what_is_no_answer_is_a_failure(api: str) -> None:
    wrongs: list[object] = [{"a": 1}, []]
    for wrong in wrongs:
        assert error_of(read(api, wrong)) == "MalformedResponseError"
    assert error_of(read_answer(api, 200, "", b"{")) == "MalformedResponseError"
    assert error_of(read(api, {"error": {"message": "down"}})) == "ProviderError"


@pytest.mark.parametrize("api", ["mistral.audio", "mistral.moderations", "mistral.ocr", "mistral.other"])
def test_a_detail_alone_is_a_failure(api: str) -> None:
    assert error_of(read(api, {"detail": "no"})) == "ProviderError"


def test_text_completions_of_anthropics_are_read() -> None:
    piece = {"completion": " He", "id": "c1", "model": "m", "stop_reason": None}
    end = piece | {"completion": "llo", "stop_reason": "max_tokens"}
    whole = read("anthropic.complete", end)
    assert (whole.ids, whole.models, whole.first.text) == (("c1",), ("m",), "llo")

    def stream(*events: object) -> Reading:
        body = "".join(f"event: completion\ndata: {json.dumps(event)}\n\n" for event in events)
        return read_answer("anthropic.complete", 200, "text/event-stream", body.encode())

    streamed = stream(piece, {"type": "ping"}, end)
    assert (streamed.first.text, streamed.first.chat_finish_reason) == (" Hello", "length")
    assert error_of(stream(piece)) == "StreamTruncatedError"
    assert error_of(stream({"error": {"type": "overloaded_error"}})) == "OverloadedError"
    assert error_of(read("anthropic.complete", {"a": 1})) == "MalformedResponseError"
    assert error_of(read_answer("anthropic.complete", 200, "", b"{")) == "MalformedResponseError"
