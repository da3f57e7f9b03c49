"""Files and batch jobs in Mistral's words."""

from __future__ import annotations

import json

import pytest

from any_llm.exceptions import BatchNotCompleteError, InvalidRequestError
from any_llm.spec.provider import Operation
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON
from any_llm.types.media import Media
from tests.dialects.mistral.calls import body_of, codec, decode, encode, form_of, respond, target, warned

LINES = Media(content=b"{}", filename="a.jsonl", media_type="application/jsonl")
FILE = {"id": "f1", "object": "file", "bytes": 2, "created_at": 5, "filename": "a.jsonl", "purpose": "batch"}
JOB = {
    "id": "j1",
    "object": "batch",
    "input_files": ["f1"],
    "endpoint": "/v1/chat/completions",
    "model": "m",
    "output_file": None,
    "error_file": None,
    "errors": [],
    "outputs": None,
    "status": "RUNNING",
    "created_at": 5,
    "started_at": 6,
    "completed_at": None,
    "total_requests": 3,
    "succeeded_requests": 1,
    "failed_requests": 1,
}
DONE = JOB | {"status": "SUCCESS", "output_file": "out", "error_file": "err", "completed_at": 9}
CHAT = {"choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "4"}}]}


def test_a_file_has_a_purpose_and_perhaps_an_end() -> None:
    plain = encode(Operation.UPLOAD_FILE, file=LINES)
    assert (plain.path, form_of(plain)) == ("/files", [("purpose", "ocr"), ("file", b"{}")])
    ending = encode(Operation.UPLOAD_FILE, file=LINES, purpose="batch", expires_after=7_201)
    assert form_of(ending) == [("purpose", "batch"), ("expiry", "3"), ("file", b"{}")]
    assert warned(ending) == [("approximated", "expires_after")]
    assert warned(encode(Operation.UPLOAD_FILE, file=LINES, expires_after=7_200)) == []


def test_every_question_about_a_file_has_its_place() -> None:
    assert encode(Operation.LIST_FILES).path == "/files"
    listed = encode(Operation.LIST_FILES, limit=2, purpose="ocr", after="f0")
    assert (listed.path, warned(listed)) == ("/files?page_size=2&purpose=ocr", [("dropped", "after")])
    assert encode(Operation.RETRIEVE_FILE, file_id="f/1").path == "/files/f%2F1"
    assert encode(Operation.DELETE_FILE, file_id="f1").method == "DELETE"
    assert encode(Operation.DOWNLOAD_FILE, file_id="f1").path == "/files/f1/content"


def test_files_are_read_with_what_else_is_told_of_them() -> None:
    file = decode(Operation.RETRIEVE_FILE, FILE | {"mimetype": "text/plain", "num_lines": 1})
    assert (file.id, file.bytes, file.media_type, file.model_extra["num_lines"]) == ("f1", 2, "text/plain", 1)
    assert decode(Operation.LIST_FILES, {"object": "list", "data": [FILE], "total": 1}).data[0].filename == "a.jsonl"
    assert decode(Operation.DELETE_FILE, {"id": "f1", "object": "file", "deleted": True}).deleted
    content = codec(Operation.DOWNLOAD_FILE).decode(target(), HttpResponse(200, {"content-type": "a/b"}, b"x"))
    assert (content, content.media_type) == (b"x", "a/b")


def test_requests_go_into_the_job_and_their_model_beside_them() -> None:
    asked = [{"custom_id": "0", "body": {"model": "n", "seed": 3, "user": "u", "messages": []}, "url": "/x"}]
    job = encode(Operation.CREATE_BATCH, "", requests=asked, endpoint="/v1/chat/completions", completion_window="48h")
    assert job.path == "/batch/jobs"
    assert body_of(job) == {
        "endpoint": "/v1/chat/completions",
        "timeout_hours": 48,
        "model": "n",
        "requests": [{"custom_id": "0", "body": {"random_seed": 3, "messages": []}}],
    }
    assert warned(job) == [("dropped", "requests[0].body.user")]
    assert body_of(encode(Operation.CREATE_BATCH, "m", requests=asked, endpoint="e"))["model"] == "m"


def test_a_file_of_requests_is_uploaded_before_the_job_is_made() -> None:
    options: dict[str, JSON] = {"file": LINES, "endpoint": "/v1/embeddings", "metadata": {"a": "b"}}
    assert form_of(encode(Operation.CREATE_BATCH, **options)) == [("purpose", "batch"), ("file", b"{}")]
    follow_up = codec(Operation.CREATE_BATCH).follow_up
    assert follow_up is not None
    step = follow_up(target(), options, respond(FILE))
    assert step is not None
    wanted = {"model": "m", "endpoint": "/v1/embeddings", "metadata": {"a": "b"}, "input_files": ["f1"]}
    assert body_of(step.encoded) == wanted
    assert follow_up(target(), options, respond(JOB, respond(FILE))) is None
    named = encode(Operation.CREATE_BATCH, input_file_id="f1", endpoint="/v1/embeddings", metadata={"a": "b"})
    assert body_of(named) == wanted


@pytest.mark.parametrize(
    ("options", "place"),
    [
        ({"requests": [{"custom_id": "0"}]}, r"requests\[0\]"),
        ({"requests": ["text"]}, r"requests\[0\]"),
        ({"requests": [], "completion_window": "soon"}, "completion_window"),
    ],
)
def test_a_malformed_job_is_refused(options: dict[str, JSON], place: str) -> None:
    with pytest.raises(InvalidRequestError, match=place):
        encode(Operation.CREATE_BATCH, endpoint="e", **options)


def test_a_job_is_told_in_openais_words() -> None:
    job = decode(Operation.RETRIEVE_BATCH, JOB)
    assert (job.status, job.finished, job.input_file_id, job.in_progress_at) == ("in_progress", False, "f1", 6)
    assert (job.request_counts.total, job.request_counts.completed, job.request_counts.failed) == (3, 1, 1)
    assert job.errors is None
    failed = decode(Operation.RETRIEVE_BATCH, JOB | {"status": "FAILED", "errors": [{"message": "no", "count": 1}]})
    assert (failed.status, failed.errors["data"][0]["message"]) == ("failed", "no")
    assert decode(Operation.LIST_BATCHES, {"data": [JOB], "total": 1})[0].id == "j1"
    assert encode(Operation.CANCEL_BATCH, batch_id="j1").path == "/batch/jobs/j1/cancel"
    assert encode(Operation.LIST_BATCHES, limit=2).path == "/batch/jobs?page_size=2"
    assert encode(Operation.LIST_BATCHES).path == "/batch/jobs"


def test_results_are_the_answers_and_then_the_errors() -> None:
    follow_up = codec(Operation.RETRIEVE_BATCH_RESULTS).follow_up
    assert follow_up is not None
    asked = {"batch_id": "j1"}
    output = {"custom_id": "0", "response": {"status_code": 200, "body": CHAT}, "error": None}
    text = {"custom_id": "1", "response": {"status_code": 200, "body": json.dumps(CHAT)}, "error": None}
    wrong = {"custom_id": "2", "response": {"status_code": 422, "body": {"detail": "bad"}}, "error": None}
    lost = {"custom_id": "3", "response": None, "error": {"message": "gone", "code": "x"}}
    job = respond(DONE)
    answers = HttpResponse(200, {}, b"\n".join(json.dumps(line).encode() for line in (output, text)), (job,))
    errors = HttpResponse(200, {}, b"\n".join(json.dumps(line).encode() for line in (wrong, lost)), (job, answers))
    steps = [follow_up(target(), asked, each) for each in (job, answers, errors)]
    assert [step and step.encoded.path for step in steps] == ["/files/out/content", "/files/err/content", None]
    result = codec(Operation.RETRIEVE_BATCH_RESULTS).decode(target(), errors)
    assert [item.result.choices[0].message.content for item in result.results[:2]] == ["4", "4"]
    assert [(item.custom_id, item.error.code, item.error.message) for item in result.results[2:]] == [
        ("2", "422", "bad"),
        ("3", "x", "gone"),
    ]
    with pytest.raises(BatchNotCompleteError, match="in_progress"):
        follow_up(target(), asked, respond(JOB))


@pytest.mark.parametrize(
    ("endpoint", "body", "kind"),
    [
        ("/v1/chat/completions", CHAT, "ChatCompletion"),
        ("/v1/fim/completions", CHAT, "TextCompletion"),
        ("/v1/embeddings", {"data": [{"embedding": [0.5], "index": 0}], "model": "m"}, "CreateEmbeddingResponse"),
        ("/v1/moderations", {"results": []}, "ModerationResponse"),
        ("/v1/ocr", {"pages": []}, "OcrResponse"),
        ("/v1/new", {"a": 1}, "dict"),
    ],
)
def test_each_result_has_the_type_of_its_endpoint(endpoint: str, body: JSON, kind: str) -> None:
    job = DONE | {"endpoint": endpoint, "outputs": [{"custom_id": "0", "response": {"status_code": 200, "body": body}}]}
    follow_up = codec(Operation.RETRIEVE_BATCH_RESULTS).follow_up
    assert follow_up is not None
    assert follow_up(target(), {"batch_id": "j1"}, respond(job)) is None
    (item,) = decode(Operation.RETRIEVE_BATCH_RESULTS, job).results
    assert type(item.result).__name__ == kind


def test_thoughts_in_a_result_are_its_reasoning() -> None:
    parts = [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"type": "text", "text": "4"}]
    body = {"choices": [{"index": 0, "finish_reason": "model_length", "message": {"content": parts}}]}
    job = DONE | {"outputs": [{"custom_id": "0", "response": {"body": body}}]}
    choice = decode(Operation.RETRIEVE_BATCH_RESULTS, job).results[0].result.choices[0]
    assert (choice.message.content, choice.message.reasoning, choice.finish_reason) == ("4", "hm", "length")
    assert choice.message.extra_content == {"content": parts}
