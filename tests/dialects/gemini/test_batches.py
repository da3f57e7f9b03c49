from __future__ import annotations

import msgspec
import pytest

from any_llm.dialects.gemini.batches import (
    CANCEL_BATCH,
    CREATE_BATCH,
    LIST_BATCHES,
    RETRIEVE_BATCH,
    RETRIEVE_BATCH_RESULTS,
)
from any_llm.exceptions import (
    BatchNotCompleteError,
    InvalidRequestError,
    MalformedResponseError,
    ModelNotFoundError,
)
from any_llm.spec.dialect import Encoded
from any_llm.types.completion import ChatCompletion
from any_llm.types.embedding import CreateEmbeddingResponse
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject
from tests.dialects.gemini.calls import HELLO, body_of, piece, respond, target, warned

ROOT = "https://generativelanguage.googleapis.com"
CHATS = "/v1/chat/completions"
VECTORS = "/v1/embeddings"
ANSWER = piece({"text": "Hi"}, reason="STOP")


def batch(state: str, **facts: JSON) -> JSONObject:
    """Return a batch in a state."""
    told = {"model": "models/m", "state": f"BATCH_STATE_{state}", "createTime": "2026-07-21T16:05:49Z", **facts}
    return {"name": "batches/b", "metadata": told}


def create(*requests: JSONObject, model: str = "m", endpoint: str = CHATS, **options: JSON) -> Encoded:
    """Encode a batch."""
    return CREATE_BATCH.encode(target(model), {"endpoint": endpoint, "requests": requests, **options})


def test_the_requests_of_a_batch_stand_in_it() -> None:
    request = {"custom_id": "one", "body": {"model": "m", "messages": [HELLO], "user": "me", "temperature": 0}}
    encoded = create(request, request, metadata={"display_name": "mine", "x": "y"}, completion_window="1h")
    assert encoded.path == "/v1beta/models/m:batchGenerateContent"
    told = body_of(encoded)["batch"]
    assert told["displayName"] == "mine"
    (first, _) = told["inputConfig"]["requests"]["requests"]
    assert first["metadata"] == {"key": "one"}
    assert first["request"]["generationConfig"] == {"temperature": 0}
    assert warned(encoded) == [("dropped", "user"), ("dropped", "metadata"), ("dropped", "completion_window")]


def test_a_batch_takes_its_model_from_its_requests() -> None:
    encoded = create({"body": {"model": "models/n", "messages": [HELLO]}}, model="", completion_window="24h")
    assert encoded.path == "/v1beta/models/n:batchGenerateContent"
    assert encoded.warnings == ()
    assert "metadata" not in body_of(encoded)["batch"]["inputConfig"]["requests"]["requests"][0]


@pytest.mark.parametrize("models", [("a", "b"), ("", "")])
def test_a_batch_has_one_model(models: tuple[str, str]) -> None:
    requests = [{"body": {"model": name, "messages": [HELLO]}} for name in models]
    with pytest.raises(InvalidRequestError, match="a batch has one model"):
        create(*requests, model="")


def test_embeddings_have_batches_of_one_text_each() -> None:
    encoded = create({"custom_id": "1", "body": {"input": "Hi", "dimensions": 3, "user": "me"}}, endpoint=VECTORS)
    assert encoded.path == "/v1beta/models/m:asyncBatchEmbedContent"
    request = body_of(encoded)["batch"]["inputConfig"]["requests"]["requests"][0]["request"]
    assert request == {"content": {"parts": [{"text": "Hi"}]}, "outputDimensionality": 3}
    assert warned(encoded) == [("dropped", "user")]
    with pytest.raises(InvalidRequestError, match="one input"):
        create({"body": {"input": ["a", "b"]}}, endpoint=VECTORS)
    with pytest.raises(InvalidRequestError, match="have batches"):
        create({"body": {}}, endpoint="/v1/responses")


def test_a_batch_tells_how_far_it_is() -> None:
    stats = {"requestCount": "3", "successfulRequestCount": "1", "failedRequestCount": 1}
    told = RETRIEVE_BATCH.decode(target(), respond(batch("RUNNING", batchStats=stats)))
    assert (told.id, told.status, told.model, told.endpoint) == ("batches/b", "in_progress", "m", CHATS)
    assert told.request_counts is not None
    assert (told.request_counts.total, told.request_counts.completed, told.request_counts.failed) == (3, 1, 1)
    assert not told.finished


@pytest.mark.parametrize(
    ("state", "status"),
    [("PENDING", "validating"), ("SUCCEEDED", "completed"), ("FAILED", "failed"), ("CANCELLED", "cancelled")],
)
def test_a_state_has_openais_word(state: str, status: str) -> None:
    told = RETRIEVE_BATCH.decode(target(), respond(batch(state, endTime="2026-07-21T17:00:00Z")))
    assert told.status == status
    assert (getattr(told, f"{status}_at", None) is not None) == told.finished


def test_a_batch_without_a_state_tells_whether_it_is_done() -> None:
    bare: JSONObject = {"name": "batches/b", "metadata": {"@type": "type.googleapis.com/x.EmbedContentBatch"}}
    assert RETRIEVE_BATCH.decode(target(), respond(bare)).status == "in_progress"
    assert RETRIEVE_BATCH.decode(target(), respond(bare)).endpoint == VECTORS
    assert RETRIEVE_BATCH.decode(target(), respond(bare | {"done": True})).status == "completed"
    failed = RETRIEVE_BATCH.decode(target(), respond(bare | {"done": True, "error": {"code": 3, "message": "Oh"}}))
    assert (failed.status, failed.errors) == ("failed", {"object": "list", "data": [{"code": 3, "message": "Oh"}]})


def test_a_batch_is_asked_about_stopped_and_listed() -> None:
    assert RETRIEVE_BATCH.encode(target(), {"batch_id": "b"}).path == f"{ROOT}/v1beta/batches/b"
    stop = CANCEL_BATCH.encode(target(), {"batch_id": "batches/b"})
    assert (stop.method, stop.path) == ("POST", f"{ROOT}/v1beta/batches/b:cancel")
    assert CANCEL_BATCH.follow_up is not None
    stopped = respond({})
    asked = CANCEL_BATCH.follow_up(target(), {"batch_id": "b"}, stopped)
    assert asked is not None
    assert asked.encoded.path == f"{ROOT}/v1beta/batches/b"
    assert CANCEL_BATCH.follow_up(target(), {"batch_id": "b"}, HttpResponse(200, {}, b"{}", (stopped,))) is None
    assert LIST_BATCHES.encode(target(), {"limit": 2}).path == f"{ROOT}/v1beta/batches?pageSize=2"
    listed = LIST_BATCHES.decode(target(), respond({"operations": [batch("FAILED")]}))
    assert [one.status for one in listed] == ["failed"]
    assert LIST_BATCHES.decode(target(), respond({})) == []
    with pytest.raises(ModelNotFoundError):
        LIST_BATCHES.decode(target(), respond({"error": {"code": 404}}))


def test_results_stand_in_the_batch() -> None:
    lines = [
        {"response": ANSWER, "metadata": {"key": "a"}},
        {"error": {"code": 3, "message": "Bad", "status": "INVALID_ARGUMENT"}, "metadata": {"key": "b"}},
        {"response": {"embedding": {"values": [1, 2]}}},
        {"error": {"code": 5, "message": "None"}},
    ]
    done = respond(batch("SUCCEEDED", output={"inlinedResponses": {"inlinedResponses": lines}}))
    assert RETRIEVE_BATCH_RESULTS.follow_up is not None
    assert RETRIEVE_BATCH_RESULTS.follow_up(target(), {"batch_id": "b"}, done) is None
    chat, failed, vector, other = RETRIEVE_BATCH_RESULTS.decode(target(), done).results
    assert isinstance(chat.result, ChatCompletion)
    assert (chat.custom_id, chat.result.choices[0].message.content) == ("a", "Hi")
    assert failed.error is not None
    assert (failed.custom_id, failed.error.code, failed.error.message) == ("b", "INVALID_ARGUMENT", "Bad")
    assert isinstance(vector.result, CreateEmbeddingResponse)
    assert (vector.custom_id, list(vector.result.data[0].embedding)) == ("2", [1, 2])
    assert other.error is not None
    assert other.error.message == "None"


def test_results_may_be_in_a_file() -> None:
    done = respond(batch("SUCCEEDED", output={"responsesFile": "files/r"}))
    assert RETRIEVE_BATCH.decode(target(), done).output_file_id == "files/r"
    assert RETRIEVE_BATCH_RESULTS.follow_up is not None
    asked = RETRIEVE_BATCH_RESULTS.follow_up(target(), {"batch_id": "b"}, done)
    assert asked is not None
    assert asked.encoded.path == f"{ROOT}/download/v1beta/files/r:download?alt=media"
    lines = b"\n".join([msgspec.json.encode({"key": "a", "response": ANSWER}), b""])
    file = HttpResponse(200, {}, lines, (done,))
    assert RETRIEVE_BATCH_RESULTS.follow_up(target(), {"batch_id": "b"}, file) is None
    assert [item.custom_id for item in RETRIEVE_BATCH_RESULTS.decode(target(), file).results] == ["a"]


def test_results_of_a_batch_that_runs_are_not_there_yet() -> None:
    assert RETRIEVE_BATCH_RESULTS.follow_up is not None
    with pytest.raises(BatchNotCompleteError):
        RETRIEVE_BATCH_RESULTS.follow_up(target(), {"batch_id": "b"}, respond(batch("RUNNING")))


@pytest.mark.parametrize(
    ("answer", "error"), [({"error": {"code": 404}}, ModelNotFoundError), ([], MalformedResponseError)]
)
def test_an_answer_that_is_no_batch_is_an_error(answer: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        CREATE_BATCH.decode(target(), respond(answer))
