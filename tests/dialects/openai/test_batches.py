"""Batches: of files that are uploaded, and of requests that are added."""

from __future__ import annotations

import json

import pytest

from any_llm.exceptions import (
    BatchNotCompleteError,
    InvalidRequestError,
    MalformedResponseError,
    ModelNotFoundError,
)
from any_llm.spec.provider import Operation
from any_llm.types.batch import BatchResult
from any_llm.types.completion import ChatCompletion
from any_llm.types.embedding import CreateEmbeddingResponse
from any_llm.types.json import JSON, JSONObject
from any_llm.types.media import Media
from any_llm.types.responses import Response
from any_llm.types.text_completion import TextCompletion
from tests.dialects.openai.operations import answer, body_of, decode, encode, follow, target, warned

CREATE, RESULTS = Operation.CREATE_BATCH, Operation.RETRIEVE_BATCH_RESULTS
OPTIONS: JSONObject = {"endpoint": "/v1/chat/completions", "requests": [{"custom_id": "a", "body": {"n": 1}}]}
BATCH: JSONObject = {"id": "b1", "status": "completed", "endpoint": "/v1/chat/completions", "created_at": 7}
CHAT: JSONObject = {"id": "c", "object": "chat.completion", "choices": [{"message": {"content": "Hi"}}]}
TEXT: JSONObject = {"id": "c", "choices": [{"text": "Hi"}]}


def line(custom_id: str, body: JSON = None, status: int = 200, error: JSON = None) -> bytes:
    """Return a line of a file of results."""
    told = {"custom_id": custom_id, "response": {"status_code": status, "body": body}, "error": error}
    return json.dumps(told).encode() + b"\n"


def test_requests_in_memory_are_uploaded_and_then_asked_for() -> None:
    upload = encode(CREATE, target(), **OPTIONS)
    form = body_of(upload)
    assert (upload.path, form["purpose"], form["file"].filename) == ("/files", "batch", "batch.jsonl")
    sent = json.loads(form["file"].content)
    url = "/v1/chat/completions"
    assert sent == {"custom_id": "a", "method": "POST", "url": url, "body": {"model": "m", "n": 1}}
    step = follow(CREATE, target(), OPTIONS, {"id": "file-1"})
    assert step is not None
    assert step.encoded.path == "/batches"
    created = {"completion_window": "24h", "endpoint": url, "input_file_id": "file-1"}
    assert body_of(step.encoded) == created
    assert follow(CREATE, target(), OPTIONS, BATCH, {"id": "file-1"}) is None


def test_what_a_request_says_itself_stays() -> None:
    own = {"method": "PUT", "url": "/v1/x", "body": {"model": "other"}}
    form = body_of(encode(CREATE, target(), endpoint="/v1/y", requests=[own, {"body": {}}]))
    first, second = (json.loads(one) for one in form["file"].content.splitlines())
    assert first == {"custom_id": "0", **own}
    assert (second["custom_id"], second["url"]) == ("1", "/v1/y")
    bare = body_of(encode(CREATE, target(model=""), endpoint="/v1/y", requests=[{"body": {}}]))
    assert json.loads(bare["file"].content)["body"] == {}


def test_a_file_is_uploaded_as_it_is() -> None:
    media = Media(content=b"{}\n", filename="r.jsonl")
    form = body_of(encode(CREATE, target("together"), endpoint="/v1/x", file=media))
    assert (form["purpose"], form["file"].content) == ("batch-api", b"{}\n")


def test_a_file_that_was_uploaded_before_is_asked_for_at_once() -> None:
    options = {"endpoint": "/v1/embeddings", "input_file_id": "file-1", "metadata": {"a": "b"}}
    encoded = encode(CREATE, target(), **options)
    assert encoded.path == "/batches"
    assert body_of(encoded) == {**options, "completion_window": "24h"}
    assert follow(CREATE, target(), options, BATCH) is None


def test_batches_are_asked_about_by_their_ids() -> None:
    assert encode(Operation.RETRIEVE_BATCH, target(), batch_id="b1").path == "/batches/b1"
    cancelled = encode(Operation.CANCEL_BATCH, target(), batch_id="b1")
    assert (cancelled.path, cancelled.method) == ("/batches/b1/cancel", "POST")
    assert encode(Operation.CANCEL_BATCH, target("xai"), batch_id="b1").path == "/batches/b1:cancel"
    assert encode(Operation.LIST_BATCHES, target(), limit=3).path == "/batches?limit=3"
    assert encode(RESULTS, target(), batch_id="b1").path == "/batches/b1"


def test_a_batch_is_read_wherever_it_stands() -> None:
    job = {"id": "b1", "status": "IN_PROGRESS", "created_at": "2024-01-15T14:30:00Z", "model_id": "m"}
    batch = decode(CREATE, {"job": job, "warning": ""})
    assert (batch.status, batch.created_at, batch.model, batch.finished) == ("in_progress", 1_705_329_000, "m", False)
    for body in ({"data": [BATCH]}, [BATCH], {"batches": [BATCH]}):
        assert [one.id for one in decode(Operation.LIST_BATCHES, body)] == ["b1"]


def test_what_is_no_batch_is_an_error() -> None:
    with pytest.raises(ModelNotFoundError):
        decode(CREATE, {"error": {"type": "not_found_error"}})
    for operation in (CREATE, Operation.LIST_BATCHES):
        with pytest.raises(MalformedResponseError):
            decode(operation, {"object": "x"})
    with pytest.raises(MalformedResponseError):
        decode(Operation.LIST_BATCHES, {"data": {"id": "x"}})


def test_results_are_fetched_file_by_file() -> None:
    batch = {**BATCH, "output_file_id": "out", "error_file_id": "err"}
    first = follow(RESULTS, target(), {}, batch)
    second = follow(RESULTS, target(), {}, {"custom_id": "a"}, batch)
    assert first is not None
    assert second is not None
    assert (first.encoded.path, second.encoded.path) == ("/files/out/content", "/files/err/content")
    assert follow(RESULTS, target(), {}, {"custom_id": "a"}, batch, {"custom_id": "b"}) is None
    assert follow(RESULTS, target(), {}, {**BATCH, "status": "cancelled"}) is None
    assert decode(RESULTS, BATCH) == BatchResult()


def test_a_batch_that_is_not_done_has_no_results() -> None:
    with pytest.raises(BatchNotCompleteError, match="in_progress"):
        follow(RESULTS, target(), {}, {**BATCH, "status": "in_progress"})


@pytest.mark.parametrize(
    "errors", [{"data": [{"code": "invalid_model", "message": "m"}]}, [{"code": "invalid_model", "message": "m"}]]
)
def test_a_batch_that_failed_says_why(errors: JSON) -> None:
    with pytest.raises(ModelNotFoundError):
        follow(RESULTS, target(), {}, {**BATCH, "status": "failed", "errors": errors})
    with pytest.raises(InvalidRequestError, match="batch b1 failed"):
        follow(RESULTS, target(), {}, {**BATCH, "status": "failed", "errors": None})


def results(endpoint: str, *files: bytes) -> BatchResult:
    """Return what the files of a batch say."""
    batch = {**BATCH, "endpoint": endpoint}
    earlier = (answer(batch), *(answer(file) for file in files[:-1]))
    response = answer(files[-1])
    told: BatchResult = decode(RESULTS, type(response)(200, {}, response.body, earlier))
    return told


def test_each_answer_has_the_type_of_its_endpoint() -> None:
    whole = results("/v1/chat/completions", line("a", CHAT) + b"\n", line("b", {"error": {"code": "x"}}, 400))
    answered, failed = whole.results
    assert isinstance(answered.result, ChatCompletion)
    assert (answered.custom_id, answered.result.choices[0].message.content) == ("a", "Hi")
    assert failed.error is not None
    assert (failed.result, failed.error.code) == (None, "x")
    vectors = {"data": [{"index": 0, "embedding": [1.0]}], "model": "m"}
    assert isinstance(results("/v1/embeddings", line("a", vectors)).results[0].result, CreateEmbeddingResponse)
    assert isinstance(results("/v1/completions", line("a", TEXT)).results[0].result, TextCompletion)
    stored = {"id": "r", "object": "response", "status": "completed", "output": []}
    assert isinstance(results("/v1/responses", line("a", stored)).results[0].result, Response)


def test_an_unknown_endpoint_is_told_by_the_shape() -> None:
    assert isinstance(results("", line("a", CHAT)).results[0].result, ChatCompletion)
    assert isinstance(results("/v1/x", line("a", TEXT)).results[0].result, TextCompletion)
    assert results("/v1/x", line("a", {"x": 1})).results[0].result == {"x": 1}


def test_a_failed_request_says_why() -> None:
    told = results(
        "/v1/chat/completions",
        line("a", error={"code": "batch_expired", "message": "Late."}),
        line("b", None),
        line("c", {"message": "no"}, 500),
        b'{"custom_id": "d", "response": {"status_code": "?"}}',
        b'{"custom_id": "e", "error": "no"}',
    ).results
    errors = [(one.error.code, one.error.message) for one in told if one.error is not None]
    assert errors[0] == ("batch_expired", "Late.")
    assert [message for _, message in errors[1:]] == ["without an answer", "no", "without an answer", "no"]
    assert errors[2][0] == "500"
    with pytest.raises(MalformedResponseError, match="no JSON object"):
        results("/v1/chat/completions", b"[1]\n")


XAI = target("xai")
CREATED: JSONObject = {"batch_id": "b1", "name": "any-llm", "state": {"num_requests": 0}}


def test_requests_are_added_to_a_batch_that_takes_no_file() -> None:
    options = {**OPTIONS, "completion_window": "24h", "name": "mine"}
    created = encode(CREATE, XAI, **options)
    assert (created.path, body_of(created)) == ("/batches", {"name": "mine"})
    assert warned(created) == ["dropped completion_window"]
    added = follow(CREATE, XAI, options, CREATED)
    assert added is not None
    assert added.encoded.path == "/batches/b1/requests"
    request = {"batch_request_id": "a", "batch_request": {"chat_get_completion": {"model": "m", "n": 1}}}
    assert body_of(added.encoded) == {"batch_requests": [request]}
    asked = follow(CREATE, XAI, options, None, CREATED)
    assert asked is not None
    assert asked.encoded.path == "/batches/b1"
    assert follow(CREATE, XAI, options, CREATED, CREATED, None) is None
    stored = {"endpoint": "/v1/responses", "requests": [{"body": {}}]}
    step = follow(CREATE, XAI, stored, CREATED)
    assert step is not None
    assert body_of(step.encoded)["batch_requests"][0]["batch_request_id"] == "0"


def test_what_such_a_batch_cannot_hold_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="no file"):
        encode(CREATE, XAI, endpoint="/v1/responses", input_file_id="file-1")
    with pytest.raises(InvalidRequestError, match="/v1/embeddings"):
        encode(CREATE, XAI, endpoint="/v1/embeddings", requests=[])
    with pytest.raises(MalformedResponseError, match="batch_id"):
        follow(CREATE, XAI, OPTIONS, {"name": "x"})


@pytest.mark.parametrize(
    ("state", "cancelled", "status"),
    [
        ({}, None, "validating"),
        ({"num_requests": 2, "num_pending": 1}, None, "in_progress"),
        ({"num_requests": 2, "num_success": 1, "num_error": 1}, None, "completed"),
        ({"num_requests": 2, "num_pending": 1}, "2026-08-10", "cancelling"),
        ({"num_requests": 2, "num_cancelled": 2}, "2026-08-10", "cancelled"),
    ],
)
def test_its_status_follows_from_what_is_left(state: JSONObject, cancelled: str | None, status: str) -> None:
    told = {**CREATED, "state": state, "cancel_time": cancelled, "create_time": "2026-08-10"}
    batch = decode(Operation.RETRIEVE_BATCH, told, XAI)
    assert (batch.id, batch.status, batch.created_at) == ("b1", status, 1_786_320_000)
    assert batch.request_counts.total == state.get("num_requests", 0)
    assert decode(Operation.RETRIEVE_BATCH, {**CREATED, "state": None}, XAI).status == "validating"


def test_its_results_come_in_pages() -> None:
    done = {**CREATED, "state": {"num_requests": 2, "num_success": 1, "num_error": 1}}
    good = {"batch_request_id": "a", "batch_result": {"response": {"chat_get_completion": CHAT}}}
    bad = {"batch_request_id": "b", "batch_result": {"error": {"code": "x", "message": "Bad."}}}
    worse = {"batch_request_id": "c", "error": "Worse."}
    pages = [
        {"results": [good], "pagination_token": "t"},
        {"batch_results": [bad, worse, {}], "pagination_token": None},
    ]
    first, second = (
        follow(RESULTS, XAI, {"batch_id": "b1"}, done),
        follow(RESULTS, XAI, {"batch_id": "b1"}, pages[0], done),
    )
    assert first is not None
    assert second is not None
    assert first.encoded.path == "/batches/b1/results?limit=100"
    assert second.encoded.path == "/batches/b1/results?limit=100&pagination_token=t"
    assert follow(RESULTS, XAI, {"batch_id": "b1"}, pages[1], done, pages[0]) is None
    told = decode(RESULTS, pages[1], XAI, done, pages[0]).results
    assert isinstance(told[0].result, ChatCompletion)
    assert [one.error.message for one in told[1:]] == ["Bad.", "Worse.", "without an answer"]
