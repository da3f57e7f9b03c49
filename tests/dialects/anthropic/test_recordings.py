"""The dialect over the folder of real recordings, where there is one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from any_llm.dialects.anthropic import COMPLETION, DIALECT
from any_llm.dialects.anthropic.messages import MESSAGES
from any_llm.dialects.anthropic.models import LIST_MODELS
from any_llm.exceptions import AnyLLMError, StreamTruncatedError
from any_llm.spec.dialect import Codec
from any_llm.testing.reading import read_answer_of
from any_llm.testing.reading.values import Reading
from any_llm.testing.recordings import Recording, load_recordings
from any_llm.transport.framing import FRAMINGS
from any_llm.types.completion import ChatCompletion
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject
from any_llm.types.messages import MessageResponse, TextBlock
from tests.dialects.anthropic.calls import HELLO, body_of, encode, target
from tests.testing.reading.shared_folder import WIRE

pytestmark = pytest.mark.unmeasured  # what the recordings show is measured in the tests beside this

AnyCodec = Codec[JSON, JSON]
SPLICED = "anthropic.anthropic.messages.reasoning-stream-tool_call_out.ef832eb0"
"""A proxy tried a second time in the middle of this stream: another message begins before the first has ended."""


REFUSED = "anthropic.anthropic.messages.error_400-json_schema.6dec5e18"
"""The API refused this request for an `output_format` in OpenAI's shape, which the dialect sends as it should be."""


@pytest.fixture(scope="module")
def recordings() -> list[Recording]:
    """Return the recordings of Anthropic's own API."""
    loaded, malformed = load_recordings(WIRE)
    assert malformed == []
    return [item for item in loaded if item.api in {"anthropic.messages", "anthropic.models"}]


@pytest.fixture(scope="module")
def successes(recordings: list[Recording]) -> list[Recording]:
    """Return the recordings of messages that were answered in full."""
    return [
        item
        for item in recordings
        if item.api == "anthropic.messages" and item.response.status == 200 and item.id != SPLICED
    ]


def replay(codec: AnyCodec, recording: Recording, size: int = 0) -> JSON:
    """Return the whole answer of a recording whose bytes come in pieces of a size, all at once for 0."""
    response = recording.response
    if not response.streamed:
        return codec.decode(target(), HttpResponse(response.status, response.headers, response.body))
    assert codec.stream is not None
    assert codec.fold is not None
    framing, decoder, fold = FRAMINGS["sse"](), codec.stream(target(), {}), codec.fold()
    for piece in [*_pieces(response.body, size), b""]:
        for frame in framing.feed(piece) if piece else framing.finish():
            for item in decoder.feed(frame):
                fold.add(item)
    list(decoder.finish())
    return fold.result()


def _pieces(body: bytes, size: int) -> Iterator[bytes]:
    step = size or len(body)
    for start in range(0, len(body), step):
        yield body[start : start + step]


def parsed(calls: JSON) -> list[tuple[str, str, JSON]]:
    return [(call.id, call.name, msgspec.json.decode(call.arguments)) for call in calls]


def check_completion(completion: ChatCompletion, reading: Reading) -> None:
    """Compare an answer with what was read from the body independently."""
    message, seen = completion.choices[0].message, reading.first
    assert completion.id == (reading.id or "")
    assert completion.model == (reading.model or "")
    assert (message.content or "") == seen.text
    assert (message.reasoning or "") == seen.reasoning
    assert (message.refusal or "") == seen.refusal
    assert parsed(seen.tool_calls) == [
        (call.id, call.function.name, msgspec.json.decode(call.function.arguments)) for call in message.tool_calls or ()
    ]
    assert completion.choices[0].finish_reason == seen.chat_finish_reason
    assert reading.usage is not None
    assert completion.usage is not None
    assert (completion.usage.prompt_tokens, completion.usage.completion_tokens) == (
        reading.usage.input,
        reading.usage.output,
    )


def test_every_answer_is_read_as_a_chat_completion(successes: list[Recording]) -> None:
    for recording in successes:
        check_completion(replay(cast("AnyCodec", COMPLETION), recording), read_answer_of(recording))
    assert len(successes) > 200


def test_every_answer_is_read_as_a_message(successes: list[Recording]) -> None:
    for recording in successes:
        message: MessageResponse = replay(cast("AnyCodec", MESSAGES), recording)
        seen = read_answer_of(recording).first
        assert "".join(block.text for block in message.content if block.type == "text") == seen.text
        assert "".join(block.thinking for block in message.content if block.type == "thinking") == seen.reasoning
        assert message.stop_reason == seen.finish_reason
        calls = [block for block in message.content if block.type == "tool_use"]
        assert [(call.id, call.name, call.input) for call in calls] == parsed(seen.tool_calls)


def test_a_whole_message_is_exactly_what_was_sent(successes: list[Recording]) -> None:
    for recording in successes:
        if not recording.response.streamed:
            message: MessageResponse = replay(cast("AnyCodec", MESSAGES), recording)
            assert message.to_dict() == msgspec.json.decode(recording.response.body)


@given(size=st.integers(1, 40))
def test_any_split_of_the_bytes_gives_the_same_answer(successes: list[Recording], size: int) -> None:
    streams = [item for item in successes if item.response.streamed and len(item.response.body) < 4_000]
    assert len(streams) > 10
    for recording in streams[size % 5 :: 5]:
        check_completion(replay(cast("AnyCodec", COMPLETION), recording, size), read_answer_of(recording))


def test_a_spliced_stream_never_looks_finished(recordings: list[Recording]) -> None:
    (spliced,) = [item for item in recordings if item.id == SPLICED]
    for codec in (COMPLETION, MESSAGES):
        with pytest.raises(StreamTruncatedError):
            replay(cast("AnyCodec", codec), spliced)


def test_every_error_has_the_class_that_it_means(recordings: list[Recording]) -> None:
    failed = [item for item in recordings if item.response.status >= 400]
    assert len(failed) > 8
    for recording in failed:
        response = recording.response
        error: AnyLLMError = DIALECT.decode_error(
            target(), HttpResponse(response.status, response.headers, response.body)
        )
        failure = read_answer_of(recording).failure
        assert failure is not None
        assert type(error).__name__ == failure.error
        assert error.message == failure.message
        assert error.error_type == failure.type


def test_every_list_of_models_is_read(recordings: list[Recording]) -> None:
    (listed,) = [item for item in recordings if item.api == "anthropic.models" and item.response.status == 200]
    models = replay(cast("AnyCodec", LIST_MODELS), listed)
    assert tuple(model.id for model in models) == read_answer_of(listed).listed


def test_every_request_for_messages_is_sent_as_it_was(recordings: list[Recording]) -> None:
    compared = 0
    for recording in recordings:
        request = recording.request
        body = msgspec.json.decode(request.body) if request is not None and request.body else {}
        if request is None or "messages" not in body or recording.id == REFUSED:
            continue
        flags = [flag for flag in request.headers.get("anthropic-beta", "").split(",") if flag]
        options = {name: value for name, value in body.items() if name != "model"} | ({"betas": flags} if flags else {})
        encoded = MESSAGES.encode(target(body.get("model", "")), options)
        assert body_of(encoded) == {"model": "", **body}
        # Some recordings have lost their headers.
        if "anthropic-version" in request.headers:
            assert encoded.headers.get("anthropic-beta", "") == ",".join(flags)
        compared += 1
    assert compared > 150


def test_the_next_turn_of_every_answer_has_its_exact_blocks(successes: list[Recording]) -> None:
    compared = 0
    for recording in successes:
        message: MessageResponse = replay(cast("AnyCodec", MESSAGES), recording)
        blocks = [_comparable(block.model_dump(exclude_none=True)) for block in message.content if block != TextBlock()]
        if not blocks:
            continue
        completion: ChatCompletion = replay(cast("AnyCodec", COMPLETION), recording)
        answer = msgspec.json.decode(completion.choices[0].message.model_dump_json())
        content = body_of(encode(messages=[HELLO, answer]))["messages"][1]["content"]
        sent = [{"type": "text", "text": content}] if isinstance(content, str) else content
        assert [_comparable(block) for block in sent] == blocks
        compared += 1
    assert compared > 200


def _comparable(block: JSONObject) -> JSONObject:
    """Return a block without what says nothing: nulls, no citations, and that the model itself made a call."""
    return {
        name: value
        for name, value in block.items()
        if value is not None and (name, value) not in (("citations", []), ("caller", {"type": "direct"}))
    }


def test_a_recorded_next_turn_is_the_one_that_is_sent(recordings: list[Recording], successes: list[Recording]) -> None:
    said = dict(_recorded_turns(recordings))
    compared = 0
    for recording in successes:
        completion: ChatCompletion = replay(cast("AnyCodec", COMPLETION), recording)
        kept = ((completion.choices[0].message.extra_content or {}).get("anthropic") or {}).get("signature")
        turn = said.get(kept or "")
        if turn is None or any("citations" in block or "_result" in block["type"] for block in turn):
            # The recorders themselves left citations out, or wrote nulls into results, when they sent these back.
            continue
        content = body_of(encode(messages=[HELLO, completion.choices[0].message]))["messages"][1]["content"]
        assert [_comparable(block) for block in content] == [_comparable(block) for block in turn]
        compared += 1
    assert compared >= 4


def _recorded_turns(recordings: list[Recording]) -> Iterator[tuple[str, list[JSONObject]]]:
    """Give by its first signature each turn of the model that a recorded request sent back."""
    for recording in recordings:
        body = msgspec.json.decode(recording.request.body) if recording.request and recording.request.body else {}
        for message in body.get("messages", ()):
            blocks = message["content"] if isinstance(message["content"], list) else []
            signatures = [block["signature"] for block in blocks if block.get("signature")]
            if message["role"] == "assistant" and signatures and "REDACTED" not in signatures[0]:
                yield signatures[0], blocks
