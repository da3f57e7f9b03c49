"""The dialect over the folder of real recordings, where there is one."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from any_llm.dialects.cohere import COMPLETION, DIALECT
from any_llm.dialects.cohere.chat_stream import ChatStream
from any_llm.dialects.cohere.embeddings import EMBEDDING
from any_llm.dialects.cohere.rerank import RERANK
from any_llm.exceptions import AuthenticationError, ModelNotFoundError, StreamTruncatedError
from any_llm.spec.provider import Operation
from any_llm.testing.recordings import Recording, load_recordings
from any_llm.transport.framing import FRAMINGS
from any_llm.types.completion import ChatCompletion
from any_llm.types.completion_fold import CompletionFold
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject
from tests.dialects.cohere.calls import target
from tests.dialects.cohere.reading import Read, read
from tests.testing.reading.shared_folder import WIRE

pytestmark = pytest.mark.unmeasured  # what the recordings show is measured in the tests beside this

OLDER = frozenset({"rerank", "cohere.v1.rerank", "cohere.v1.embed"})
"""Answers in the shape of version 1, or of other vendors that rerank in it, which the dialect reads too."""

REASONS = {"COMPLETE": "stop", "MAX_TOKENS": "length", "TOOL_CALL": "tool_calls"}


@pytest.fixture(scope="module")
def recordings() -> list[Recording]:
    """Return the recordings of Cohere's own API, and of others that rerank in its shape."""
    loaded, malformed = load_recordings(WIRE)
    assert malformed == []
    return [item for item in loaded if item.api.startswith("cohere.v2.") or item.api in OLDER]


@pytest.fixture(scope="module")
def chats(recordings: list[Recording]) -> list[Recording]:
    """Return the recordings of chats that were answered."""
    return [item for item in recordings if item.api == "cohere.v2.chat" and item.response.status == 200]


def response_of(recording: Recording) -> HttpResponse:
    response = recording.response
    return HttpResponse(response.status, response.headers, response.body)


def replay(recording: Recording, size: int = 0) -> ChatCompletion:
    """Return the whole answer of a recording whose bytes come in pieces of a size, all at once for 0."""
    if not recording.response.streamed:
        return COMPLETION.decode(target(), response_of(recording))
    framing, decoder, fold = FRAMINGS["sse"](), ChatStream(target(), {}), CompletionFold()
    for piece in [*_pieces(recording.response.body, size), b""]:
        for frame in framing.feed(piece) if piece else framing.finish():
            for item in decoder.feed(frame):
                fold.add(item)
    list(decoder.finish())
    return fold.result()


def _pieces(body: bytes, size: int) -> Iterator[bytes]:
    step = size or len(body)
    for start in range(0, len(body), step):
        yield body[start : start + step]


def as_read(completion: ChatCompletion) -> Read:
    """Return what a completion says in the shape of the independent reading."""
    message, usage = completion.choices[0].message, completion.usage
    assert usage is not None
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    return Read(
        id=completion.id,
        text=message.content or "",
        thought=message.reasoning or "",
        calls=[
            (call.id, call.function.name, msgspec.json.decode(call.function.arguments))
            for call in message.tool_calls or ()
        ],
        reason=completion.choices[0].finish_reason or "",
        citations=[annotation["citation"] for annotation in message.annotations or ()],
        input=usage.prompt_tokens,
        output=usage.completion_tokens,
    )


def test_every_answer_is_read_as_a_chat_completion(chats: list[Recording]) -> None:
    for recording in chats:
        seen = read(recording)
        assert as_read(replay(recording)) == seen._replace(reason=REASONS[seen.reason])
    assert len(chats) > 40


@given(size=st.integers(1, 40))
def test_any_split_of_the_bytes_gives_the_same_answer(chats: list[Recording], size: int) -> None:
    streams = [item for item in chats if item.response.streamed and len(item.response.body) < 8_000]
    assert len(streams) > 4
    for recording in streams[size % 3 :: 3]:
        assert replay(recording, size) == replay(recording)


def test_a_stream_that_is_cut_anywhere_never_looks_finished(chats: list[Recording]) -> None:
    for recording in chats:
        body = recording.response.body
        if not recording.response.streamed:
            continue
        framing, decoder = FRAMINGS["sse"](), ChatStream(target(), {})
        for frame in framing.feed(body[: body.index(b"message-end")]):
            list(decoder.feed(frame))
        with pytest.raises(StreamTruncatedError):
            decoder.finish()


def test_every_error_has_the_class_that_it_means(recordings: list[Recording]) -> None:
    classes = {401: AuthenticationError, 404: ModelNotFoundError}
    failed = [item for item in recordings if item.response.status >= 400 and item.provider == "cohere"]
    assert len(failed) >= 3
    for recording in failed:
        error = DIALECT.decode_error(target(), response_of(recording))
        said = msgspec.json.decode(recording.response.body)
        assert type(error) is classes[recording.response.status]
        assert (error.message, error.request_id) == (said["message"], said["id"])


def test_every_embedding_is_read(recordings: list[Recording]) -> None:
    embedded = [item for item in recordings if item.api.endswith(".embed") and item.response.status == 200]
    assert len(embedded) >= 13
    for recording in embedded:
        said = msgspec.json.decode(recording.response.body)
        answer = EMBEDDING.decode(target(), response_of(recording))
        kinds = said["embeddings"] if isinstance(said["embeddings"], dict) else {"float": said["embeddings"]}
        (vectors,) = kinds.values()
        assert [list(row.embedding) for row in answer.data] == vectors
        assert answer.usage is not None
        billed = said["meta"]["billed_units"]
        assert answer.usage.prompt_tokens == billed.get("input_tokens", 0) + billed.get("image_tokens", 0)
        assert answer.model_extra == {name: value for name, value in said.items() if name != "embeddings"}


def test_every_reranking_is_read(recordings: list[Recording]) -> None:
    ranked = [item for item in recordings if item.api.endswith("rerank") and item.response.status == 200]
    assert len(ranked) >= 11
    for recording in ranked:
        said = msgspec.json.decode(recording.response.body)
        answer = RERANK.decode(target("asked"), response_of(recording))
        assert [(item.index, item.relevance_score) for item in answer.results] == [
            (item["index"], item["relevance_score"]) for item in said["results"]
        ]
        assert answer.id == said.get("id", "")
        assert answer.model == said.get("model", "asked")
        assert (answer.usage.total_tokens if answer.usage else None) == said.get("usage", {}).get("total_tokens")


@pytest.mark.parametrize(
    ("api", "operation", "argument"),
    [
        ("cohere.v2.chat", Operation.COMPLETION, ("messages", "messages")),
        ("cohere.v2.embed", Operation.EMBEDDING, ("texts", "inputs")),
        ("cohere.v2.rerank", Operation.RERANK, ("documents", "documents")),
    ],
)
def test_every_request_is_sent_as_it_was(
    recordings: list[Recording], api: str, operation: Operation, argument: tuple[str, str]
) -> None:
    compared = 0
    for recording in recordings:
        if recording.api != api or recording.request is None:
            continue
        body = msgspec.json.decode(recording.request.body)
        options = {
            argument[1] if name == argument[0] else name: value
            for name, value in body.items()
            if name != "model" and value is not None
        }
        encoded = DIALECT.operations[operation].encode(target(body["model"]), options)
        assert encoded.path == urlsplit(recording.request.url).path
        assert _meaning(msgspec.json.decode(encoded.body)) == _meaning(body)
        compared += 1
    assert compared >= 4


def _meaning(body: JSONObject) -> JSON:
    """Return a request without what says nothing, and with what goes without saying."""
    said = {"embedding_types": ["float"], **body} if "input_type" in body else body
    form = said.get("response_format", {})
    schema = form.get("json_schema", form.get("schema"))
    if schema:
        said = said | {"response_format": {"type": "json_object", "json_schema": schema}}
    return _bare({name: value for name, value in said.items() if (name, value) != ("stream", False)})


def _bare(value: JSON) -> JSON:
    if isinstance(value, dict):
        return {name: _bare(item) for name, item in value.items() if item is not None and item != []}
    if isinstance(value, list):
        return [_bare(item) for item in value]
    return value
