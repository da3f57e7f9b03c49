"""The readings over the folder of real recordings, where there is one."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from any_llm.testing.reading import APIS, read_answer, read_answer_of
from any_llm.testing.reading.frames import read_events
from any_llm.testing.recordings import Recording, load_recordings
from tests.testing.reading.shared_folder import WIRE

pytestmark = pytest.mark.unmeasured  # what the recordings show is measured in the tests beside this

SPEAKING = {"anthropic.messages", "openai.chat", "openai.responses"}
# Files whose body is that of another API than they say: transcriptions, a chat completion, a page of costs, one model,
# an answer of an app of its own; and the empty answers to the beginnings of uploads.
MISFILED = {
    "azure.openai.responses.basic.bdcc30f9",
    "gemini.gemini.files.basic.8d6db3ba",
    "gemini.gemini.files.basic.d704691a",
    "groq.openai.chat.basic.2d55f16d",
    "groq.openai.chat.basic.3a6388d5",
    "mistral.openai.chat.basic.1d8ddbe3",
    "mistral.openai.chat.basic.8815d555",
    "mistral.openai.chat.basic.8a535ce1",
    "openai.openai.embeddings.basic.2160198e",
    "openai.openai.responses.basic.70b0f747",
    "vertex.gemini.generate.basic.b4d85c4b",
}
FAILED_STREAMS = {
    "anthropic.anthropic.messages.reasoning-stream-tool_call_out.ef832eb0": "StreamTruncatedError",
    "groq.openai.chat.reasoning-stream-tools.88c28fb6": "InvalidRequestError",
    "openai.openai.responses.stream.2865ba80": "QuotaExhaustedError",
    "openai.openai.responses.stream.6d6b93a5": "ProviderError",
    "gemini.gemini.generate.content_filter-stream.eadaa285": "ContentFilterError",
    "gemini.gemini.generate.content_filter.a1fbe213": "ContentFilterError",
    "vertex.gemini.generate.content_filter-stream.42aa3c7e": "ContentFilterError",
    "vertex.gemini.generate.content_filter-stream.9b63d7ad": "ContentFilterError",
    "vertex.gemini.generate.content_filter.5763c2de": "ContentFilterError",
    "vertex.gemini.generate.content_filter.632093a4": "ContentFilterError",
    "vertex.gemini.generate.stream.ac0b4a6a": "StreamTruncatedError",
    "openrouter.openai.chat.length_stop-reasoning-stream-stream_usage.c07dfb53": "InvalidRequestError",
}

FINISHED = re.compile(r'"finish_?[rR]eason": ?"')


@pytest.fixture(scope="module")
def recordings() -> list[Recording]:
    """Return the recordings of the APIs that have a reading."""
    loaded, malformed = load_recordings(WIRE)
    assert malformed == []
    return [recording for recording in loaded if recording.api in APIS]


def test_every_success_is_read_without_a_failure(recordings: list[Recording]) -> None:
    failures = {
        recording.id: reading.failure.error
        for recording in recordings
        if recording.response.status == 200 and (reading := read_answer_of(recording)).failure
    }
    assert failures == FAILED_STREAMS | dict.fromkeys(MISFILED, "MalformedResponseError")


def test_every_error_status_is_a_failure_with_a_message(recordings: list[Recording]) -> None:
    failures = [read_answer_of(recording).failure for recording in recordings if recording.response.status >= 400]
    assert len(failures) > 100
    assert all(failure and (failure.message or failure.status in {499, 500}) for failure in failures)


def test_what_the_index_says_of_a_recording_is_found_in_it(recordings: list[Recording]) -> None:
    missing = []
    for recording in recordings:
        reading = read_answer_of(recording)
        if reading.failure:
            continue
        if "length_stop" in recording.features and "length" not in {c.chat_finish_reason for c in reading.choices}:
            missing.append((recording.id, "length_stop"))
        if "cache_hit" in recording.features and not (reading.usage and reading.usage.cached):
            missing.append((recording.id, "cache_hit"))
        if "stream" in recording.features and not reading.streamed:
            missing.append((recording.id, "stream"))
    assert missing == []


def test_every_answer_says_something_and_every_call_has_a_name(recordings: list[Recording]) -> None:
    silent: Counter[str] = Counter()
    for recording in recordings:
        reading = read_answer_of(recording)
        if recording.api not in SPEAKING or reading.failure:
            continue
        assert reading.choices, recording.id
        for choice in reading.choices:
            assert all(call.name for call in choice.tool_calls), recording.id
            silent[recording.api] += not (choice.text or choice.reasoning or choice.tool_calls or choice.refusal)
    # Answers that were cut before their first word, or that are made of a vendor's own tools, images or audio.
    assert all(silent[api] < 30 for api in SPEAKING)


def test_half_a_stream_is_truncated(recordings: list[Recording]) -> None:
    checked = 0
    for recording in recordings:
        response = recording.response
        reading = read_answer_of(recording)
        if not response.streamed or reading.failure or reading.notes:
            continue
        events = read_events(response.body)
        half = "".join(f"event: {event.name}\ndata: {event.data}\n\n" for event in events[: len(events) // 2])
        # A chat stream whose finish reason has come is complete even without its last line.
        if FINISHED.search(half):
            continue
        failure = read_answer(recording.api, 200, "text/event-stream", half.encode()).failure
        assert failure is not None, recording.id
        assert failure.error in {"StreamTruncatedError", "MalformedResponseError"}, recording.id
        assert (failure.error == "MalformedResponseError") == (half == ""), recording.id
        checked += 1
    assert checked > 500
