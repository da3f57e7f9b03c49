"""The dialect over the folder of real recordings, where there is one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import unquote, urlsplit

import msgspec
import pytest
from botocore.eventstream import EventStreamBuffer
from hypothesis import given
from hypothesis import strategies as st

from any_llm.dialects.bedrock import DIALECT
from any_llm.exceptions import (
    AuthenticationError,
    ContextLengthExceededError,
    InvalidRequestError,
    ModelNotFoundError,
    PermissionDeniedError,
    StreamTruncatedError,
)
from any_llm.spec.provider import Operation
from any_llm.testing.recordings import Recording, load_recordings
from any_llm.testing.wire.converse_chats import intent_of, meaning_of
from any_llm.transport.framing import FRAMINGS
from any_llm.types.completion import ChatCompletion
from any_llm.types.embedding import CreateEmbeddingResponse
from any_llm.types.http import Frame, HttpResponse
from any_llm.types.json import JSON, JSONObject
from tests.dialects.bedrock.calls import HELLO, MODEL, body_of, complaints, encode, play, target, turns
from tests.testing.reading.shared_folder import WIRE

pytestmark = pytest.mark.unmeasured  # what the recordings show is measured in the tests beside this

STOPS = {
    "end_turn": "stop",
    "tool_use": "tool_calls",
    "max_tokens": "length",
    "guardrail_intervened": "content_filter",
}
ERRORS = {
    "AccessDeniedException": PermissionDeniedError,
    "ExpiredTokenException": AuthenticationError,
    "InvalidSignatureException": AuthenticationError,
    "ResourceNotFoundException": ModelNotFoundError,
    "ValidationException": InvalidRequestError,
    "400": InvalidRequestError,
}


@pytest.fixture(scope="module")
def recordings() -> list[Recording]:
    """Return the recordings of Bedrock."""
    loaded, malformed = load_recordings(WIRE / "bedrock")
    assert malformed == []
    return loaded


@pytest.fixture(scope="module")
def successes(recordings: list[Recording]) -> list[Recording]:
    """Return the recordings of chats that were answered."""
    return [item for item in recordings if item.api == "bedrock.converse" and item.response.status == 200]


def is_binary(recording: Recording) -> bool:
    return recording.response.content_type.startswith("application/vnd.amazon.eventstream")


def frames_of(recording: Recording, size: int = 0) -> list[Frame]:
    """Return the frames of a stream whose bytes come in pieces of a size, all at once for 0."""
    body = recording.response.body
    if recording.response.framing_assumed:
        # Of these only the payloads were kept, each in an object with the name of its event.
        sent = [msgspec.json.decode(line[6:]) for line in body.splitlines() if line.startswith(b"data: ")]
        return [Frame(name, msgspec.json.encode(payload)) for event in sent for name, payload in event.items()]
    framing, step = FRAMINGS["event_stream"](), size or len(body)
    pieces = [body[start : start + step] for start in range(0, len(body), step)]
    return [frame for piece in pieces for frame in framing.feed(piece)] + framing.finish()


def replay(recording: Recording, size: int = 0) -> ChatCompletion:
    """Return the whole answer of a recording."""
    response = recording.response
    if response.streamed or is_binary(recording):
        whole: ChatCompletion = play(frames_of(recording, size))[1]
        return whole
    codec = DIALECT.operations[Operation.COMPLETION]
    decoded: ChatCompletion = codec.decode(
        target(recording.model or MODEL), HttpResponse(response.status, response.headers, response.body)
    )
    return decoded


class Seen(msgspec.Struct):
    """What an independent reading of an answer finds."""

    text: str = ""
    thoughts: str = ""
    signatures: list[str] = []
    calls: list[tuple[str, str, JSON]] = []
    stop: str = ""
    usage: JSONObject = {}


def payloads(recording: Recording) -> Iterator[tuple[str, JSONObject]]:
    """Yield the events of a stream, read with botocore."""
    if recording.response.framing_assumed:
        for frame in frames_of(recording):
            yield frame.event, msgspec.json.decode(frame.data)
        return
    buffer = EventStreamBuffer()
    buffer.add_data(recording.response.body)
    for message in buffer:
        yield message.headers[":event-type"], msgspec.json.decode(message.payload)


def read(recording: Recording) -> Seen:
    """Read an answer without the library."""
    if recording.response.streamed or is_binary(recording):
        return read_stream(recording)
    answer = msgspec.json.decode(recording.response.body)
    seen = Seen(stop=answer["stopReason"], usage=answer["usage"])
    for block in answer["output"]["message"]["content"]:
        pieces = block.get("citationsContent", {}).get("content", [block])
        seen.text += "".join(piece.get("text", "") for piece in pieces)
        thought = block.get("reasoningContent", {})
        seen.thoughts += thought.get("reasoningText", {}).get("text", "")
        seen.signatures += [thought[name] for name in ("redactedContent",) if name in thought]
        seen.signatures += [
            thought["reasoningText"][name] for name in ("signature",) if name in thought.get("reasoningText", ())
        ]
        if "toolUse" in block:
            call = block["toolUse"]
            seen.calls.append((call["toolUseId"], call["name"], call["input"]))
    return seen


def read_stream(recording: Recording) -> Seen:
    seen = Seen()
    inputs: dict[int, tuple[JSONObject, list[str]]] = {}
    for name, payload in payloads(recording):
        delta = payload.get("delta", {})
        seen.text += delta.get("text", "")
        seen.thoughts += delta.get("reasoningContent", {}).get("text", "")
        seen.signatures += [value for key, value in delta.get("reasoningContent", {}).items() if key == "signature"]
        start = payload.get("start", {}).get("toolUse")
        if start and start.get("type") != "server_tool_use":
            inputs[payload["contentBlockIndex"]] = (start, [])
        if "toolUse" in delta and payload["contentBlockIndex"] in inputs:
            inputs[payload["contentBlockIndex"]][1].append(delta["toolUse"]["input"])
        seen.stop = payload.get("stopReason", seen.stop)
        seen.usage = payload["usage"] if name == "metadata" else seen.usage
    for _, (start, pieces) in sorted(inputs.items()):
        seen.calls.append((start["toolUseId"], start["name"], msgspec.json.decode("".join(pieces) or "{}")))
    return seen


def check(completion: ChatCompletion, seen: Seen) -> None:
    """Compare an answer with what was read from it independently."""
    choice = completion.choices[0]
    message = choice.message
    assert (message.content or "") == seen.text
    assert (message.reasoning or "") == seen.thoughts
    calls = [
        (call.id, call.function.name, msgspec.json.decode(call.function.arguments)) for call in message.tool_calls or ()
    ]
    assert calls == seen.calls
    assert choice.finish_reason == STOPS[seen.stop]
    kept = (message.extra_content or {}).get("bedrock", {}).get("reasoning_blocks", ())
    assert [secret_of(block) for block in kept] == seen.signatures
    if not seen.usage:
        assert completion.usage is None
        return
    assert completion.usage is not None
    assert completion.usage.total_tokens == seen.usage["totalTokens"]
    assert completion.usage.completion_tokens == seen.usage["outputTokens"]
    details = completion.usage.prompt_tokens_details
    assert (details.cached_tokens if details else None) == seen.usage.get("cacheReadInputTokens")


def secret_of(block: JSONObject) -> str:
    thought = block["reasoningContent"]
    secret: str = thought.get("redactedContent") or thought["reasoningText"]["signature"]
    return secret


def test_every_answer_is_read(successes: list[Recording]) -> None:
    for recording in successes:
        check(replay(recording), read(recording))
    assert len(successes) > 70


def test_the_id_of_a_whole_answer_is_that_of_its_request(successes: list[Recording]) -> None:
    wholes = [item for item in successes if "x-amzn-requestid" in item.response.headers and not is_binary(item)]
    assert [replay(item).id for item in wholes] == [item.response.headers["x-amzn-requestid"] for item in wholes]
    assert len(wholes) > 10


@given(size=st.integers(1, 300))
def test_any_split_of_the_bytes_gives_the_same_answer(successes: list[Recording], size: int) -> None:
    streams = [item for item in successes if is_binary(item)]
    assert len(streams) > 10
    for recording in streams[size % 7 :: 7]:
        check(replay(recording, size), read(recording))


def test_every_recorded_event_stream_is_framed_as_botocore_frames_it(recordings: list[Recording]) -> None:
    streams = [item for item in recordings if is_binary(item)]
    for recording in streams:
        buffer = EventStreamBuffer()
        buffer.add_data(recording.response.body)
        told = [Frame(message.headers[":event-type"], message.payload) for message in buffer]
        assert frames_of(recording) == told
    assert len(streams) > 25


def test_a_stream_that_is_cut_anywhere_never_looks_finished(successes: list[Recording]) -> None:
    for recording in successes:
        if is_binary(recording):
            sent = frames_of(recording)
            stop = next(place for place, frame in enumerate(sent) if frame.event == "messageStop")
            for place in {0, 1, stop // 2, stop}:
                with pytest.raises(StreamTruncatedError):
                    play(sent[:place])


def test_every_error_has_the_class_that_it_means(recordings: list[Recording]) -> None:
    failures = [item for item in recordings if item.response.status >= 400]
    for recording in failures:
        response = recording.response
        error = DIALECT.decode_error(target(), HttpResponse(response.status, response.headers, response.body))
        kind = response.headers.get("x-amzn-errortype", str(response.status)).partition(":")[0]
        assert type(error) is (
            ContextLengthExceededError if b"tokens exceeds maximum" in response.body else ERRORS[kind]
        )
        assert error.message == msgspec.json.decode(response.body)["message"]
        assert error.request_id == response.headers.get("x-amzn-requestid")
    assert len(failures) > 15


def test_every_request_is_sent_as_it_was_meant(recordings: list[Recording]) -> None:
    compared = 0
    for recording in recordings:
        if recording.api != "bedrock.converse" or recording.request is None:
            continue
        body = msgspec.json.decode(recording.request.body)
        path = urlsplit(recording.request.url).path
        model, route = path.removeprefix("/model/").rsplit("/", 1)
        options = intent_of(body) | ({"stream": True} if route == "converse-stream" else {})
        encoded = DIALECT.operations[Operation.COMPLETION].encode(target(unquote(model)), options)
        assert meaning_of(body_of(encoded)) == meaning_of(body)
        assert unquote(encoded.path) == unquote(path)
        assert [warning for warning in encoded.warnings if warning.kind == "dropped"] == []
        operation = "ConverseStream" if route == "converse-stream" else "Converse"
        assert complaints(operation, {"modelId": model, **body_of(encoded)}) == ""
        compared += 1
    assert compared > 70


def test_the_next_turn_of_every_answer_has_its_exact_blocks(successes: list[Recording]) -> None:
    for recording in successes:
        if recording.response.streamed or is_binary(recording):
            continue
        blocks = msgspec.json.decode(recording.response.body)["output"]["message"]["content"]
        answer = msgspec.json.decode(replay(recording).choices[0].message.model_dump_json())
        assert turns(HELLO, answer)[1]["content"] == [plain(block) for block in blocks if is_taken_back(block)]


def plain(block: JSONObject) -> JSONObject:
    if "toolUse" in block:
        return {"toolUse": {name: value for name, value in block["toolUse"].items() if name != "type"}}
    return {name: value for name, value in block.items() if name != "type"}


def is_taken_back(block: JSONObject) -> bool:
    """Tell whether a block may be sent again: unsigned thoughts may not."""
    thought = block.get("reasoningContent")
    return thought is None or "redactedContent" in thought or "signature" in thought["reasoningText"]


def test_a_streamed_answer_is_sent_back_like_a_whole_one(successes: list[Recording]) -> None:
    for recording in successes:
        if is_binary(recording) or recording.response.framing_assumed:
            answer = msgspec.json.decode(replay(recording).choices[0].message.model_dump_json())
            assert turns(HELLO, answer)[1]["content"] == folded(list(payloads(recording)))


def folded(told: Sequence[tuple[str, JSONObject]]) -> list[JSONObject]:
    """Return the blocks of a stream by an independent reading."""
    blocks: dict[int, JSONObject] = {}
    for _, payload in told:
        index, start, delta = payload.get("contentBlockIndex"), payload.get("start", {}), payload.get("delta", {})
        if index is None:
            continue
        block = blocks.setdefault(index, {"texts": [], "citations": [], "start": start})
        for name in ("text", "citation"):
            if name in delta:
                block["texts" if name == "text" else "citations"].append(delta[name])
        for name, value in {**delta.get("reasoningContent", {}), **_input_of(delta)}.items():
            block[name] = block.get(name, "") + value
        block.setdefault("results", []).extend(delta.get("toolResult", ()))
    return [_whole(block) for _, block in sorted(blocks.items())]


def _input_of(delta: JSONObject) -> JSONObject:
    return {"input": delta["toolUse"]["input"]} if "toolUse" in delta else {}


def _whole(block: JSONObject) -> JSONObject:
    start, text = block["start"], "".join(block["texts"])
    if "toolUse" in start:
        call = {**start["toolUse"], "input": msgspec.json.decode(block["input"])}
        return {"toolUse": {name: value for name, value in call.items() if value != "tool_use"}}
    if "toolResult" in start:
        return {"toolResult": {**start["toolResult"], "content": block["results"]}}
    if "signature" in block:
        return {"reasoningContent": {"reasoningText": {"text": block["text"], "signature": block["signature"]}}}
    if block["citations"]:
        return {"citationsContent": {"content": [{"text": text}], "citations": block["citations"]}}
    return {"text": text}


def test_every_embedding_is_read_and_asked_for_as_it_was(recordings: list[Recording]) -> None:
    codec = DIALECT.operations[Operation.EMBEDDING]
    embedded = [item for item in recordings if "embeddings" in item.features]
    for recording in embedded:
        response, request = recording.response, recording.request
        assert request is not None
        there = target(recording.model or "")
        answer: CreateEmbeddingResponse = codec.decode(there, HttpResponse(200, response.headers, response.body))
        assert [list(row.embedding) for row in answer.data] == vectors(msgspec.json.decode(response.body))
        assert answer.usage is not None
        assert answer.usage.prompt_tokens > 0
        sent = msgspec.json.decode(request.body)
        texts = sent["texts"] if "texts" in sent else sent["inputText"]
        more = {name: value for name, value in sent.items() if name not in {"texts", "inputText"}}
        encoded = codec.encode(there, {"inputs": texts, **more})
        assert body_of(encoded) == sent
        assert unquote(encoded.path) == unquote(urlsplit(request.url).path)
        assert encoded.warnings == ()
    assert len(embedded) == 4


def vectors(answer: JSONObject) -> list[list[float]]:
    if "embedding" in answer:
        return [answer["embedding"]]
    listed: JSON = answer["embeddings"]
    found: list[list[float]] = listed["float"] if isinstance(listed, dict) else listed
    return found


def test_a_greeting_is_a_valid_request() -> None:
    assert encode().path == "/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse"
