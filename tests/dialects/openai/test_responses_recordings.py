"""What real vendors answered to `responses`, `embedding` and `list_models`, and what they were asked."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from openai.types.responses import Response as SdkResponse

from any_llm.dialects.openai.embeddings import EMBEDDING, INT8_EMBEDDINGS
from any_llm.dialects.openai.models import LIST_MODELS
from any_llm.dialects.openai.responses import RESPONSES
from any_llm.exceptions import AnyLLMError, MalformedResponseError
from any_llm.spec.dialect import Target
from any_llm.spec.provider import Provider
from any_llm.testing.reading import read_answer_of
from any_llm.testing.reading.values import Reading
from any_llm.testing.recordings import Recording, read_recording
from any_llm.transport.framing import SseFraming
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject
from any_llm.types.responses import (
    Response,
    ResponseCustomToolCall,
    ResponseFunctionToolCall,
    ResponseOutputMessage,
    ResponseOutputRefusal,
    ResponseReasoningItem,
    ResponseStreamEvent,
)
from any_llm.types.responses_fold import ResponsesFold
from any_llm.types.value import Value
from tests.testing.reading.shared_folder import WIRE

pytestmark = pytest.mark.unmeasured  # what the recordings show is measured in the tests beside this

# The tools of a server stand in the final event alone.
SAID_LAST = "openai.openai.responses.hosted_mcp-stream.0d0e3ab2"
# OpenAI encrypts anew for each event, and some vendors make new ids; how far an item has come changes by nature.
CHANGING = {"id", "status", "encrypted_content", "fingerprint"}


def paths(api: str) -> list[Path]:
    """Return the files of an API."""
    pattern = re.compile(rf"[^.]+\.{re.escape(api)}\.[^.]+\.[0-9a-f]+")
    return sorted(path for path in WIRE.rglob(f"*.{api}.*.json") if pattern.fullmatch(path.stem))


def recorded(path: Path) -> Recording:
    """Read one file."""
    recording = read_recording(path)
    assert isinstance(recording, Recording)
    return recording


def target(recording: Recording) -> Target:
    """Return a target like the one that answered."""
    quirks = (INT8_EMBEDDINGS,) if recording.provider == "perplexity" else ()
    provider = Provider(name="vendor", quirks=quirks)
    return Target(provider=provider, model=recording.model or "", base_url="https://api.example/v1")


def events_of(recording: Recording, size: int = 0) -> list[ResponseStreamEvent]:
    """Return the events of a recorded stream, its bytes arriving in pieces of a size."""
    assert RESPONSES.stream is not None
    framing, stream = SseFraming(), RESPONSES.stream(target(recording), {})
    events: list[ResponseStreamEvent] = []
    for piece in pieces(recording.response.body, size):
        for frame in framing.feed(piece):
            events.extend(stream.feed(frame))
    for frame in framing.finish():
        events.extend(stream.feed(frame))
    events.extend(stream.finish())
    return events


def pieces(body: bytes, size: int) -> Iterator[bytes]:
    """Cut a body into pieces; a size of 0 leaves it whole."""
    step = size or len(body)
    return (body[start : start + step] for start in range(0, len(body), step))


def folded(events: list[ResponseStreamEvent]) -> Response:
    """Return what events amount to."""
    fold = ResponsesFold()
    for event in events:
        fold.add(event)
    return fold.result()


def answered(recording: Recording) -> Response:
    """Decode a recording, whole or streamed."""
    response = recording.response
    if recording.response.streamed:
        return folded(events_of(recording))
    return RESPONSES.decode(target(recording), HttpResponse(response.status, response.headers, response.body))


def read_back(answer: Response) -> JSONObject:
    """Return what a program reads of an answer."""
    contents = [part for item in answer.output if isinstance(item, ResponseOutputMessage) for part in item.content]
    thoughts = [
        str(part.model_dump()["text"])
        for item in answer.output
        if isinstance(item, ResponseReasoningItem)
        for part in item.content or item.summary
    ]
    calls = [item for item in answer.output if isinstance(item, ResponseFunctionToolCall | ResponseCustomToolCall)]
    usage = answer.usage
    return {
        "id": answer.id,
        "model": answer.model,
        "text": answer.output_text,
        "reasoning": "".join(thoughts),
        "refusal": "".join(part.refusal for part in contents if isinstance(part, ResponseOutputRefusal)),
        "calls": [(call.call_id, call.name, written(call)) for call in calls],
        "stop": (answer.incomplete_details and answer.incomplete_details.reason) or answer.status,
        "input": usage and usage.input_tokens,
        "output": usage and usage.output_tokens,
        "cached": (usage and usage.input_tokens_details.cached_tokens) or 0,
        "thought": (usage and usage.output_tokens_details.reasoning_tokens) or 0,
    }


def written(call: ResponseFunctionToolCall | ResponseCustomToolCall) -> str:
    """Return what the model wrote for a tool."""
    return call.arguments if isinstance(call, ResponseFunctionToolCall) else call.input


def as_read(reading: Reading) -> JSONObject:
    """Return the same of an independent reading."""
    choice, usage = reading.first, reading.usage
    return {
        "id": reading.id or "",
        "model": reading.model or "",
        "text": choice.text,
        "reasoning": choice.reasoning,
        "refusal": choice.refusal,
        "calls": [(call.id, call.name, call.arguments) for call in choice.tool_calls],
        "stop": choice.finish_reason,
        "input": usage and usage.input,
        "output": usage and usage.output,
        "cached": (usage and usage.cached) or 0,
        "thought": (usage and usage.reasoning) or 0,
    }


def sent_events(recording: Recording) -> list[JSONObject]:
    """Return the events of a recorded stream as plain JSON."""
    framing = SseFraming()
    frames = [*framing.feed(recording.response.body), *framing.finish()]
    return [json.loads(frame.data) for frame in frames if frame.data[:1] == b"{"]


def without_counts(event: Value, sent: JSONObject) -> JSONObject:
    """Return the dump of an event, without the counts that we put in where the server gave none."""
    counts = {"sequence_number", "output_index"} - set(sent)
    return {name: value for name, value in event.model_dump(exclude_unset=True).items() if name not in counts}


def plain(items: list[JSON]) -> list[JSONObject]:
    """Return items as plain values, without what changes from event to event."""
    return [
        {name: value for name, value in item.model_dump(exclude_none=True).items() if name not in CHANGING}
        for item in items
    ]


def in_the_shape_of_chat(intent: JSONObject) -> JSONObject:
    """Say functions and formats as chat completions do."""
    said = dict(intent)
    if "tools" in said:
        said["tools"] = [nested(tool) for tool in said["tools"]]
    text = said.get("text") or {}
    if "format" in text:
        said["response_format"] = nested(text["format"])
        said["text"] = {name: value for name, value in text.items() if name != "format"}
        if not said["text"]:
            del said["text"]
    return said


def nested(flat: JSONObject) -> JSONObject:
    """Put what a function or a schema says under its type."""
    kind = flat["type"]
    if kind not in {"function", "json_schema"}:
        return flat
    return {"type": kind, kind: {name: value for name, value in flat.items() if name != "type"}}


Exchanges = list[tuple[Recording, Reading]]


def exchanges(api: str) -> Exchanges:
    """Return the recorded exchanges of an API that ended well, with their readings."""
    loaded = [recorded(path) for path in paths(api)]
    return [(recording, read_answer_of(recording)) for recording in loaded if recording.response.status == 200]


@pytest.fixture(scope="module")
def responses() -> Exchanges:
    """Return the exchanges of the Responses API."""
    return exchanges("openai.responses")


@pytest.fixture(scope="module")
def whole(responses: Exchanges) -> list[Recording]:
    """Return the answers that came whole."""
    found = [one for one, reading in responses if not one.response.streamed and reading.failure is None]
    assert len(found) > 200
    return found


@pytest.fixture(scope="module")
def streams(responses: Exchanges) -> list[Recording]:
    """Return the answers that came in events."""
    found = [one for one, reading in responses if one.response.streamed and reading.failure is None]
    assert len(found) > 100
    return found


def test_an_answer_means_what_an_independent_reading_finds(responses: Exchanges) -> None:
    """Text, calls, thoughts, refusals, usage and how it ended."""
    for recording, reading in responses:
        if reading.failure is None:
            assert read_back(answered(recording)) == as_read(reading), recording.id


def test_a_failure_is_the_error_an_independent_reading_finds(responses: Exchanges) -> None:
    """Errors inside a stream, and answers of other APIs."""
    raised = {}
    for recording, reading in responses:
        if reading.failure is not None:
            with pytest.raises(AnyLLMError) as caught:
                answered(recording)
            raised[recording.id] = (type(caught.value).__name__, reading.failure.error)
    assert len(raised) == 4
    assert all(ours == theirs for ours, theirs in raised.values())


def test_nothing_of_an_answer_is_lost_or_invented(whole: list[Recording]) -> None:
    """What is dumped is what was sent; the SDK reads the same from both."""
    for recording in whole:
        sent = json.loads(recording.response.body)
        answer = answered(recording)
        assert answer.model_dump(exclude_unset=True) == sent, recording.id
        assert answer.to_openai() == SdkResponse.construct(**sent), recording.id


def test_nothing_of_an_event_is_lost_or_invented(streams: list[Recording]) -> None:
    """But for the counts that we put in where the server gave none."""
    for recording in streams:
        for event, sent in zip(events_of(recording), sent_events(recording), strict=False):
            assert without_counts(event, sent) == sent, recording.id


def test_a_stream_is_the_same_however_its_bytes_arrive(streams: list[Recording]) -> None:
    """Byte by byte where it is short, in odd pieces where it is long."""
    for recording in streams:
        size = 1 if len(recording.response.body) < 20_000 else 1_021
        assert events_of(recording, size) == events_of(recording), recording.id


def test_the_pieces_of_a_stream_add_up_to_its_final_answer(streams: list[Recording]) -> None:
    """Also without the event that brings the whole."""
    for recording in streams:
        *events, final = events_of(recording)
        answer = getattr(final, "response", None)
        assert isinstance(answer, Response)
        assert folded([*events, final]) is answer, recording.id
        if recording.id != SAID_LAST:
            assert plain(folded(events).output) == plain(answer.output), recording.id


def test_a_request_is_made_again_from_the_same_intent() -> None:
    """As said flat, and as said in the shape of chat completions."""
    bodies = requests("openai.responses")
    assert len(bodies) > 200
    for body in bodies:
        intent = {name: value for name, value in body.items() if name not in {"model", "input"}}
        intent["input_data"] = body["input"]
        for said in (intent, in_the_shape_of_chat(intent)):
            encoded = RESPONSES.encode(aimed_at(body["model"]), said)
            assert (json.loads(encoded.body), encoded.warnings) == (body, ())


def test_the_output_of_an_answer_is_replayed_exactly(whole: list[Recording]) -> None:
    """As the input of a next turn, thoughts and signatures byte for byte."""
    for recording in whole:
        encoded = RESPONSES.encode(target(recording), {"input_data": answered(recording).output})
        assert json.loads(encoded.body)["input"] == json.loads(recording.response.body)["output"], recording.id


def requests(api: str) -> list[JSONObject]:
    """Return the bodies of an API's recorded requests."""
    sent = [recording.request for recording in map(recorded, paths(api)) if recording.request is not None]
    return [json.loads(request.body) for request in sent if request.method == "POST"]


def aimed_at(model: str) -> Target:
    """Return a target for a model."""
    return Target(provider=Provider(name="vendor"), model=model, base_url="https://api.example/v1")


def test_vectors_are_those_of_an_independent_reading() -> None:
    """In their order; or the right error."""
    read = exchanges("openai.embeddings")
    assert len(read) > 60
    for recording, reading in read:
        http = HttpResponse(200, recording.response.headers, recording.response.body)
        if reading.failure is not None:
            with pytest.raises(MalformedResponseError):
                EMBEDDING.decode(target(recording), http)
            continue
        answer = EMBEDDING.decode(target(recording), http)
        assert tuple(tuple(row.embedding) for row in answer.data) == reading.embeddings, recording.id
        assert answer.model == (reading.model or "")
        assert (answer.usage and answer.usage.prompt_tokens) == (reading.usage and reading.usage.input)


def test_a_request_for_vectors_is_made_again_from_the_same_intent() -> None:
    """But that base64 is asked for where the caller did not care."""
    bodies = requests("openai.embeddings")
    assert len(bodies) > 60
    for body in bodies:
        intent = {name: value for name, value in body.items() if name not in {"model", "input"}}
        encoded = EMBEDDING.encode(aimed_at(body.get("model", "")), {"inputs": body["input"], **intent})
        assert json.loads(encoded.body) == {"model": "", "encoding_format": "base64"} | body


def test_models_are_those_of_an_independent_reading() -> None:
    """With everything the vendor says of them."""
    read = exchanges("openai.models")
    assert len(read) > 8
    for recording, reading in read:
        http = HttpResponse(200, recording.response.headers, recording.response.body)
        if not reading.listed:
            with pytest.raises(MalformedResponseError):
                LIST_MODELS.decode(target(recording), http)
            continue
        models = LIST_MODELS.decode(target(recording), http)
        assert tuple(model.id for model in models) == reading.listed
        sent = json.loads(recording.response.body)
        rows = sent["data"] if isinstance(sent, dict) else sent
        assert [model.model_dump(exclude_unset=True) for model in models] == rows, recording.id
