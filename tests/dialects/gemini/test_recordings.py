"""The dialect's reading over the folder of real recordings, where there is one."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from any_llm.dialects.gemini import COMPLETION, DIALECT
from any_llm.dialects.gemini.embeddings import EMBEDDING
from any_llm.dialects.gemini.models import LIST_MODELS
from any_llm.exceptions import ContentFilterError, MalformedResponseError, StreamTruncatedError
from any_llm.testing.recordings import Recording, load_recordings
from any_llm.transport.framing import FRAMINGS
from any_llm.types.completion import ChatCompletion, ChatCompletionMessage
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject
from tests.dialects.gemini.calls import HELLO, body_of, encode, target
from tests.dialects.gemini.reading import Seen, bodies_of, read, usage_of
from tests.testing.reading.shared_folder import WIRE

pytestmark = pytest.mark.unmeasured  # what the recordings show is measured in the tests beside this

CUT = "vertex.gemini.generate.stream.ac0b4a6a"
"""A fixture without parts, and without a finish reason."""

FOREIGN = "vertex.gemini.generate.basic.b4d85c4b"
"""A fixture that is JSON, but no answer."""

LOST = "vertex.gemini.generate.error_499-stream.146d9cf2"
"""A fixture whose error stands in the middle of a stream."""

ERRORS = {
    "API_KEY_INVALID": "AuthenticationError",
    "RATE_LIMIT_EXCEEDED": "QuotaExhaustedError",
    "SERVICE_DISABLED": "PermissionDeniedError",
    "FAILED_PRECONDITION": "InvalidRequestError",
    "INVALID_ARGUMENT": "InvalidRequestError",
    "NOT_FOUND": "ModelNotFoundError",
    "PERMISSION_DENIED": "PermissionDeniedError",
    "RESOURCE_EXHAUSTED": "RateLimitError",
}
"""What the recorded reasons and statuses mean; the one limit on requests allows none at all."""


@pytest.fixture(scope="module")
def recordings() -> list[Recording]:
    """Return the recordings of the Gemini API and of Gemini on Vertex AI."""
    loaded = [item for folder in ("gemini", "vertex") for item in load_recordings(WIRE / folder)[0]]
    return [item for item in loaded if item.api.startswith("gemini.")]


@pytest.fixture(scope="module")
def answered(recordings: list[Recording]) -> list[Recording]:
    """Return the recordings that were answered in full."""
    return [
        item
        for item in recordings
        if item.api == "gemini.generate"
        and item.response.status == 200
        and item.id not in {CUT, FOREIGN}
        and b"blockReason" not in item.response.body
    ]


def replay(recording: Recording, size: int = 0) -> ChatCompletion:
    """Return the whole answer of a recording whose bytes come in pieces of a size, all at once for 0."""
    response = recording.response
    if not response.body.startswith(b"data:"):
        return COMPLETION.decode(target(), HttpResponse(response.status, response.headers, response.body))
    assert COMPLETION.stream is not None
    assert COMPLETION.fold is not None
    framing, decoder, fold = FRAMINGS["sse"](), COMPLETION.stream(target(), {}), COMPLETION.fold()
    for piece in [*_pieces(response.body, size), b""]:
        for frame in framing.feed(piece) if piece else framing.finish():
            for chunk in decoder.feed(frame):
                fold.add(chunk)
    for chunk in decoder.finish():
        fold.add(chunk)
    return fold.result()


def _pieces(body: bytes, size: int) -> Iterator[bytes]:
    step = size or len(body)
    for start in range(0, len(body), step):
        yield body[start : start + step]


def check(completion: ChatCompletion, bodies: list[JSONObject]) -> None:
    """Compare an answer with what was read from its bodies independently."""
    seen = read(bodies)
    assert completion.id == bodies[0].get("responseId", "")
    assert completion.model == next((body["modelVersion"] for body in bodies if "modelVersion" in body), "")
    assert (completion.created > 0) == ("createTime" in bodies[0])
    assert [choice.index for choice in completion.choices] == sorted(seen)
    for choice in completion.choices:
        check_message(choice.message, seen[choice.index])
        assert choice.finish_reason == seen[choice.index].finish_reason
    used, usage = usage_of(bodies), completion.usage
    assert (usage is None) == (used is None)
    if usage is not None and used is not None:
        cached = usage.prompt_tokens_details.cached_tokens if usage.prompt_tokens_details else None
        details = usage.completion_tokens_details
        assert (usage.prompt_tokens, usage.completion_tokens, cached) == used[:3]
        assert (details.reasoning_tokens if details else 0) == (used[3] or 0)


def check_message(message: ChatCompletionMessage, seen: Seen) -> None:
    """Compare one message with what was read independently."""
    assert (message.content or "") == seen.text
    assert (message.reasoning or "") == seen.thought
    calls = message.tool_calls or []
    assert [(call.function.name, json.loads(call.function.arguments)) for call in calls] == seen.calls
    assert [call.id for call in calls] == [sent or call.id for sent, call in zip(seen.ids, calls, strict=True)]
    assert len({call.id for call in calls}) == len(calls)
    assert all(call.id for call in calls)
    assert len(message.images or []) == seen.images
    assert set(_signatures(message)) == set(seen.signatures)


def _signatures(message: ChatCompletionMessage) -> Iterator[str]:
    kept = (message.extra_content or {}).get("google", {})
    yield from (kept[name] for name in ("thought_signature",) if name in kept)
    yield from (part["thoughtSignature"] for part in kept.get("parts", ()) if "thoughtSignature" in part)
    for call in message.tool_calls or ():
        if call.extra_content:
            yield call.extra_content["google"]["thought_signature"]


def test_every_answer_is_read(answered: list[Recording]) -> None:
    for recording in answered:
        check(replay(recording), bodies_of(recording.response.body.decode()))
    assert len(answered) > 280


@given(size=st.integers(1, 40))
def test_any_split_of_the_bytes_gives_the_same_answer(answered: list[Recording], size: int) -> None:
    streams = [item for item in answered if item.response.body.startswith(b"data:") and len(item.response.body) < 6_000]
    assert len(streams) > 40
    for recording in streams[size % 7 :: 7]:
        assert replay(recording, size) == replay(recording)


def test_every_blocked_prompt_is_an_error(recordings: list[Recording]) -> None:
    blocked = [item for item in recordings if b"blockReason" in item.response.body and item.api == "gemini.generate"]
    for recording in blocked:
        with pytest.raises(ContentFilterError):
            replay(recording)
    assert len(blocked) == 6


def test_what_is_cut_or_foreign_never_looks_like_an_answer(recordings: list[Recording]) -> None:
    kept = {item.id: item for item in recordings}
    with pytest.raises(StreamTruncatedError):
        replay(kept[CUT])
    with pytest.raises(MalformedResponseError):
        replay(kept[FOREIGN])


def test_every_error_has_the_class_that_it_means(recordings: list[Recording]) -> None:
    apis = {"gemini.generate", "gemini.embed", "gemini.models", "gemini.count_tokens"}
    failed = [item for item in recordings if item.api in apis and item.response.status >= 400 and item.id != LOST]
    for recording in failed:
        response = recording.response
        error = DIALECT.decode_error(target(), HttpResponse(response.status, response.headers, response.body))
        told: JSONObject = json.loads(response.body)["error"]
        assert error.message == told["message"]
        assert error.error_type == told["status"]
        assert error.code in ERRORS
        too_long = "exceeds the maximum number of tokens" in told["message"]
        assert type(error).__name__ == ("ContextLengthExceededError" if too_long else ERRORS[error.code])
        assert (error.retry_after == 34.4) == (b"retryDelay" in response.body)
    assert len(failed) > 25


def test_every_embedding_is_read(recordings: list[Recording]) -> None:
    embedded = [item for item in recordings if item.api == "gemini.embed" and item.response.status == 200]
    for recording in embedded:
        body = json.loads(recording.response.body)
        answer = EMBEDDING.decode(target(), HttpResponse(200, {}, recording.response.body))
        vectors: list[JSON] = body["embeddings"] if "embeddings" in body else [body["embedding"]]
        assert [list(row.embedding) for row in answer.data] == [vector["values"] for vector in vectors]
        assert [row.index for row in answer.data] == list(range(len(vectors)))
        assert (answer.usage is not None) == ("usageMetadata" in body)
    assert len(embedded) >= 8


def test_every_list_of_models_is_read(recordings: list[Recording]) -> None:
    listed = [item for item in recordings if item.api == "gemini.models" and b'"models"' in item.response.body]
    for recording in listed:
        models = LIST_MODELS.decode(target(), HttpResponse(200, {}, recording.response.body))
        told = json.loads(recording.response.body)["models"]
        assert ["models/" + model.id for model in models] == [one["name"] for one in told]
        assert [model.inputTokenLimit for model in models] == [one["inputTokenLimit"] for one in told]  # type: ignore[attr-defined]  # kept as sent
    assert len(listed) == 1


def test_the_next_turn_of_every_answer_has_its_exact_signed_parts(answered: list[Recording]) -> None:
    compared = 0
    for recording in answered:
        completion = replay(recording)
        if not completion.choices or recording.response.body.count(b"partialArgs"):
            continue
        answer = json.loads(completion.choices[0].message.model_dump_json())
        sent = body_of(encode("gemini-2.5-flash", messages=[HELLO, answer]))["contents"][1:]
        bodies = bodies_of(recording.response.body.decode())
        came = [part for body in bodies for part in _first_parts(body)]
        parts = sent[0]["parts"] if sent else []
        assert [part for part in parts if "thoughtSignature" in part] == [
            part for part in came if "thoughtSignature" in part
        ]
        assert [part["functionCall"] for part in parts if "functionCall" in part] == [
            {"args": {}} | part["functionCall"] for part in came if "functionCall" in part
        ]
        compared += bool(parts)
    assert compared > 250


def _first_parts(body: JSONObject) -> list[JSONObject]:
    candidates = [one for one in body.get("candidates", []) if one.get("index", 0) == 0]
    parts: list[JSONObject] = [part for one in candidates for part in one.get("content", {}).get("parts", [])]
    return parts
