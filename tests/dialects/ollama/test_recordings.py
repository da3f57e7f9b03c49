"""The dialect over the folder of real recordings, where there is one."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from any_llm.dialects.ollama import COMPLETION, DIALECT
from any_llm.dialects.ollama.chat_stream import ChatStream
from any_llm.dialects.ollama.embeddings import EMBEDDING
from any_llm.dialects.ollama.models import LIST_MODELS
from any_llm.exceptions import ModelNotFoundError, StreamTruncatedError
from any_llm.spec.provider import Operation
from any_llm.testing.recordings import Recording, load_recordings
from any_llm.transport.framing import FRAMINGS
from any_llm.types.completion import ChatCompletion
from any_llm.types.completion_fold import CompletionFold
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject
from tests.dialects.ollama.calls import PROVIDER, target
from tests.dialects.ollama.reading import Read, read
from tests.testing.reading.shared_folder import WIRE

pytestmark = pytest.mark.unmeasured  # what the recordings show is measured in the tests beside this

APIS = frozenset({"ollama.chat", "ollama.embed", "ollama.tags"})


@pytest.fixture(scope="module")
def recordings() -> list[Recording]:
    """Return the recordings of Ollama's own API."""
    loaded, malformed = load_recordings(WIRE)
    assert malformed == []
    return [item for item in loaded if item.api in APIS]


@pytest.fixture(scope="module")
def chats(recordings: list[Recording]) -> list[Recording]:
    """Return the recordings of chats that were answered."""
    return [item for item in recordings if item.api == "ollama.chat" and item.response.status == 200]


def is_stream(recording: Recording) -> bool:
    return recording.response.content_type.startswith("application/x-ndjson")


def response_of(recording: Recording) -> HttpResponse:
    response = recording.response
    return HttpResponse(response.status, response.headers, response.body)


def replay(recording: Recording, size: int = 0) -> ChatCompletion:
    """Return the whole answer of a recording whose bytes come in pieces of a size, all at once for 0."""
    if not is_stream(recording):
        return COMPLETION.decode(target(), response_of(recording))
    framing, decoder, fold = FRAMINGS[PROVIDER.framing](), ChatStream(target(), {}), CompletionFold()
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


def as_read(completion: ChatCompletion, seen: Read) -> Read:
    """Return what a completion says in the shape of the independent reading."""
    message, usage = completion.choices[0].message, completion.usage
    assert usage is not None
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    calls = message.tool_calls or ()
    return Read(
        model=completion.model,
        text=message.content or "",
        thought=message.reasoning or "",
        calls=[(call.function.name, msgspec.json.decode(call.function.arguments)) for call in calls],
        ids=[call.id for call in calls] if seen.ids else [],
        reason=completion.choices[0].finish_reason or "",
        input=usage.prompt_tokens,
        output=usage.completion_tokens,
        durations=usage.model_extra,
    )


def test_every_answer_is_read_as_a_chat_completion(chats: list[Recording]) -> None:
    for recording in chats:
        seen = read(recording)
        assert as_read(replay(recording), seen) == seen
    assert len(chats) > 40


def test_every_call_has_an_id_of_its_own(chats: list[Recording]) -> None:
    made = 0
    for recording in chats:
        calls = replay(recording).choices[0].message.tool_calls or ()
        assert len({call.id for call in calls}) == len(calls)
        assert all(call.id for call in calls)
        made += len(calls)
    assert made > 15


@given(size=st.integers(1, 60))
def test_any_split_of_the_bytes_gives_the_same_answer(chats: list[Recording], size: int) -> None:
    streams = [item for item in chats if is_stream(item) and len(item.response.body) < 12_000]
    assert len(streams) > 4
    for recording in streams[size % 3 :: 3]:
        assert replay(recording, size) == replay(recording)


def test_a_stream_that_is_cut_anywhere_never_looks_finished(chats: list[Recording]) -> None:
    for recording in chats:
        if not is_stream(recording):
            continue
        body = recording.response.body.rstrip()
        framing, decoder = FRAMINGS[PROVIDER.framing](), ChatStream(target(), {})
        for frame in [*framing.feed(body[: body.rindex(b"\n") + 20]), *framing.finish()]:
            list(decoder.feed(frame))
        with pytest.raises(StreamTruncatedError):
            decoder.finish()


def test_every_error_has_the_class_that_it_means(recordings: list[Recording]) -> None:
    (failed,) = [item for item in recordings if item.response.status >= 400]
    error = DIALECT.decode_error(target(), response_of(failed))
    assert type(error) is ModelNotFoundError
    assert error.message == "model 'nonexistent-model:latest' not found"


def test_every_embedding_is_read(recordings: list[Recording]) -> None:
    embedded = [item for item in recordings if item.api == "ollama.embed"]
    assert len(embedded) >= 6
    for recording in embedded:
        said = msgspec.json.decode(recording.response.body)
        answer = EMBEDDING.decode(target(), response_of(recording))
        assert [list(row.embedding) for row in answer.data] == said["embeddings"]
        assert answer.model == said["model"]
        assert answer.usage is not None
        assert answer.usage.prompt_tokens == said["prompt_eval_count"]
        assert answer.model_extra == {name: said[name] for name in ("total_duration", "load_duration")}


def test_every_list_of_models_is_read(recordings: list[Recording]) -> None:
    (listed,) = [item for item in recordings if item.api == "ollama.tags"]
    said = msgspec.json.decode(listed.response.body)["models"]
    models = LIST_MODELS.decode(target(), response_of(listed))
    assert [(model.id, model.model_extra["size"]) for model in models] == [
        (entry["model"], entry["size"]) for entry in said
    ]
    assert all(model.created > 1_700_000_000 for model in models)


@pytest.mark.parametrize(
    ("api", "operation", "argument"),
    [
        ("ollama.chat", Operation.COMPLETION, ("messages", "messages")),
        ("ollama.embed", Operation.EMBEDDING, ("input", "inputs")),
    ],
)
def test_every_request_is_sent_as_it_was(
    recordings: list[Recording], api: str, operation: Operation, argument: tuple[str, str]
) -> None:
    compared = 0
    for recording in recordings:
        if recording.api != api or recording.request is None or not recording.request.body:
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
    """Return a request without what says nothing, and with a setting where the server reads it."""
    said = {name: value for name, value in body.items() if value not in (None, "", [], {}) and name != "temperature"}
    if "temperature" in body:
        said["options"] = {**body.get("options", {}), "temperature": body["temperature"]}
    return said | ({"stream": body.get("stream", False)} if "messages" in body else {})
