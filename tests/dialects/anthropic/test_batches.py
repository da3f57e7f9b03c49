"""Message Batches: requests in either shape, states in OpenAI's words, results of the right type."""

from __future__ import annotations

import json

import msgspec
import pytest

from any_llm.dialects.anthropic import batches
from any_llm.exceptions import BatchNotCompleteError, InvalidMessageError, MalformedResponseError
from any_llm.spec.dialect import Encoded
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON
from tests.dialects.anthropic.calls import HELLO, MODEL, body_of, respond, target, warned, whole

COUNTS = {"processing": 1, "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0}
RUNNING = {
    "id": "msgbatch_1",
    "type": "message_batch",
    "processing_status": "in_progress",
    "request_counts": COUNTS,
    "created_at": "2026-08-19T14:44:51Z",
    "expires_at": "2026-08-20T14:44:51Z",
    "ended_at": None,
    "cancel_initiated_at": None,
    "results_url": None,
}
ENDED = RUNNING | {"processing_status": "ended", "ended_at": "2026-08-19T15:00:00Z"}


def create(*requests: JSON, model: str = MODEL, **options: JSON) -> Encoded:
    return batches.CREATE_BATCH.encode(target(model), {"requests": list(requests), **options})


def test_bodies_in_openais_shape_are_translated_by_default() -> None:
    chat = {"messages": [{"role": "system", "content": "Be terse"}, HELLO], "max_tokens": 9, "seed": 1}
    encoded = create({"custom_id": "a", "method": "POST", "body": chat}, endpoint="/v1/chat/completions")
    assert encoded.path == "/v1/messages/batches"
    params = {"model": MODEL, "system": "Be terse", "messages": [HELLO], "max_tokens": 9}
    assert body_of(encoded) == {"requests": [{"custom_id": "a", "params": params}]}
    assert warned(encoded) == [("dropped", "requests[0].body.seed")]


def test_bodies_in_anthropics_shape_are_sent_as_they_are() -> None:
    body = {"model": "claude-haiku-4-5", "max_tokens": 9, "messages": [HELLO], "stop_sequences": ["x"]}
    wanted = {"requests": [{"custom_id": "a", "params": body}]}
    assert body_of(create({"custom_id": "a", "body": body}, endpoint="/v1/messages", model="")) == wanted
    assert body_of(create({"custom_id": "a", "params": body}, model="")) == wanted


def test_flags_of_the_requests_and_of_the_caller_are_those_of_the_batch() -> None:
    part = {"type": "file", "file": {"file_id": "file_1"}}
    chat = {"messages": [{"role": "user", "content": [part]}], "max_tokens": 9}
    encoded = create({"custom_id": "a", "body": chat}, betas=["more"])
    assert encoded.headers["anthropic-beta"] == "more,files-api-2025-04-14"


def test_what_a_batch_cannot_be_told_is_a_warning() -> None:
    own = {"custom_id": "a", "params": {"messages": [HELLO], "max_tokens": 9}}
    assert warned(create(own, completion_window="24h")) == []
    assert warned(create(own, completion_window="1h", metadata={"a": "b"})) == [
        ("dropped", "completion_window"),
        ("dropped", "metadata"),
    ]


@pytest.mark.parametrize(
    ("request_", "options", "place"),
    [
        ({"custom_id": "a", "body": {"messages": [HELLO]}}, {"endpoint": "/v1/embeddings"}, "endpoint"),
        ({"custom_id": "a"}, {}, r"requests\[0\]"),
        ({"body": {"messages": [HELLO]}}, {}, r"requests\[0\]"),
        ("text", {}, r"requests\[0\]"),
        ({"custom_id": "a", "body": {"messages": [HELLO]}}, {"model": ""}, r"requests\[0\]\.body\.model"),
    ],
)
def test_a_malformed_request_is_named(request_: JSON, options: dict[str, str], place: str) -> None:
    with pytest.raises(InvalidMessageError, match=place):
        create(request_, **options)


def test_every_question_about_a_batch_has_its_place() -> None:
    asked = {"batch_id": "msgbatch_1"}
    assert batches.RETRIEVE_BATCH.encode(target(), asked).path == "/v1/messages/batches/msgbatch_1"
    stopped = batches.CANCEL_BATCH.encode(target(), asked)
    assert (stopped.method, stopped.path) == ("POST", "/v1/messages/batches/msgbatch_1/cancel")
    assert batches.LIST_BATCHES.encode(target(), {}).path == "/v1/messages/batches"
    listed = batches.LIST_BATCHES.encode(target(), {"after": "b", "limit": 2})
    assert listed.path == "/v1/messages/batches?after_id=b&limit=2"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({}, "in_progress"),
        ({"processing_status": "canceling"}, "cancelling"),
        ({"processing_status": "ended"}, "completed"),
        ({"processing_status": "ended", "request_counts": COUNTS | {"processing": 0, "canceled": 2}}, "cancelled"),
        ({"processing_status": "ended", "request_counts": COUNTS | {"processing": 0, "expired": 2}}, "expired"),
        ({"processing_status": "ended", "request_counts": None}, "completed"),
        ({"processing_status": "new_word"}, "new_word"),
    ],
)
def test_the_state_of_a_batch_is_told_in_openais_words(change: dict[str, JSON], status: str) -> None:
    assert batches.RETRIEVE_BATCH.decode(target(), respond(RUNNING | change)).status == status


def test_a_batch_keeps_what_anthropic_says_of_it() -> None:
    counts = {"processing": 1, "succeeded": 2, "errored": 3, "canceled": 4, "expired": 5}
    batch = batches.RETRIEVE_BATCH.decode(target(), respond(ENDED | {"request_counts": counts}))
    assert batch.request_counts is not None
    assert (batch.request_counts.total, batch.request_counts.completed, batch.request_counts.failed) == (15, 2, 12)
    assert batch.request_counts.model_extra["expired"] == 5
    assert (batch.created_at, batch.completed_at, batch.finished) == (1_787_150_691, 1_787_151_600, True)
    assert batch.model_extra["processing_status"] == "ended"
    assert batches.LIST_BATCHES.decode(target(), respond({"data": [RUNNING]}))[0].id == "msgbatch_1"
    with pytest.raises(MalformedResponseError, match="processing_status"):
        batches.RETRIEVE_BATCH.decode(target(), respond([]))


def test_results_are_asked_for_when_the_batch_has_ended() -> None:
    follow_up = batches.RETRIEVE_BATCH_RESULTS.follow_up
    assert follow_up is not None
    asked = {"batch_id": "msgbatch_1"}
    assert batches.RETRIEVE_BATCH_RESULTS.encode(target(), asked).path == "/v1/messages/batches/msgbatch_1"
    step = follow_up(target(), asked, respond(ENDED))
    assert step is not None
    assert step.encoded.path == "/v1/messages/batches/msgbatch_1/results"
    last = HttpResponse(200, {}, b"", (respond(ENDED),))
    assert follow_up(target(), asked, last) is None
    with pytest.raises(BatchNotCompleteError, match="in_progress"):
        follow_up(target(), asked, respond(RUNNING))


def test_each_result_is_an_answer_or_says_why_there_is_none() -> None:
    failed = {"type": "error", "error": {"type": "invalid_request_error", "message": "no such model"}}
    lines = [
        {"custom_id": "a", "result": {"type": "succeeded", "message": whole({"type": "text", "text": "4"})}},
        {"custom_id": "b", "result": {"type": "errored", "error": failed}},
        {"custom_id": "c", "result": {"type": "expired"}},
        {"custom_id": "d", "result": {"type": "errored", "error": {"error": "odd"}}},
    ]
    body = b"\n".join(json.dumps(line).encode() for line in lines) + b"\n"
    answer = batches.RETRIEVE_BATCH_RESULTS.decode(target(), HttpResponse(200, {}, body))
    first, *others = answer.results
    assert (first.custom_id, first.result.choices[0].message.content, first.error) == ("a", "4", None)
    assert first.model_extra["message"].content[0].text == "4"
    assert [(item.custom_id, item.error.code, item.error.message) for item in others if item.error] == [
        ("b", "invalid_request_error", "no such model"),
        ("c", "expired", ""),
        ("d", "errored", ""),
    ]
    assert answer.raw == body


def test_a_line_that_is_no_result_is_an_error() -> None:
    with pytest.raises(msgspec.DecodeError):
        batches.RETRIEVE_BATCH_RESULTS.decode(target(), HttpResponse(200, {}, b'{"custom_id": "a", "resu'))
