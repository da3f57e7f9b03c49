"""Gladia's jobs: upload, start, ask until it is done."""

from __future__ import annotations

import pytest

from any_llm import AnyLLM
from any_llm.exceptions import (
    AuthenticationError,
    InvalidRequestError,
    MalformedResponseError,
    ProviderError,
    RateLimitError,
)
from any_llm.spec.provider import Operation
from any_llm.types.json import JSON
from any_llm.types.media import Media
from tests.dialects.plain_calls import Calls, answers, body_of, form_of, respond, warned
from tests.transport.conftest import Serve, serve

__all__ = ["serve"]

TRANSCRIPTION = Operation.TRANSCRIPTION
CALLS = Calls("gladia")
SAID = Media(content=b"RIFF", filename="a.wav", media_type="audio/wav")
HOST = "https://api.gladia.io"
UTTERANCE = {
    "text": "Hi there",
    "start": 0.1,
    "end": 0.9,
    "confidence": 0.8,
    "channel": 0,
    "speaker": 0,
    "words": [{"word": " Hi", "start": 0.1, "end": 0.2, "confidence": 0.7}],
}
DONE = {
    "id": "j",
    "status": "done",
    "result": {
        "metadata": {"audio_duration": 2.5},
        "transcription": {"full_transcript": "Hi there", "languages": ["en"], "utterances": [UTTERANCE]},
    },
}


def test_a_file_is_uploaded_and_a_url_is_named_at_once() -> None:
    encoded = CALLS.encode(TRANSCRIPTION, file=SAID)
    assert (encoded.path, form_of(encoded)) == ("/v2/upload", [("audio", b"RIFF")])
    named = CALLS.encode(TRANSCRIPTION, "solaria-1", file=Media(url="https://h/a.mp3"), language="en", diarize=True)
    assert named.path == "/v2/pre-recorded"
    assert body_of(named) == {
        "audio_url": "https://h/a.mp3",
        "model": "solaria-1",
        "diarization": True,
        "language_config": {"languages": ["en"]},
    }


def test_what_cannot_be_said_is_warned_about_once() -> None:
    encoded = CALLS.encode(TRANSCRIPTION, file=SAID, prompt="p", stream=True, response_format="srt")
    assert warned(encoded) == [("dropped", "prompt"), ("dropped", "stream"), ("dropped", "response_format")]


def test_a_job_is_started_after_the_upload_and_asked_about_until_it_has_ended() -> None:
    uploaded = CALLS.follow(TRANSCRIPTION, {"audio_url": "https://api.gladia.io/file/f"}, file=SAID, diarize=True)
    assert uploaded is not None
    assert body_of(uploaded.encoded) == {
        "audio_url": "https://api.gladia.io/file/f",
        "model": "m",
        "diarization": True,
    }
    started = CALLS.follow(TRANSCRIPTION, {"id": "j", "result_url": f"{HOST}/v2/pre-recorded/j"}, file=SAID)
    assert started is not None
    assert started.encoded.path == f"{HOST}/v2/pre-recorded/j"
    waiting = CALLS.follow(TRANSCRIPTION, {"id": "j", "status": "queued"}, *[respond({})] * 4, file=SAID)
    assert waiting is not None
    assert (waiting.encoded.path, waiting.wait) == ("/v2/pre-recorded/j", 1.0)
    assert CALLS.follow(TRANSCRIPTION, DONE, file=SAID) is None
    with pytest.raises(MalformedResponseError):
        CALLS.follow(TRANSCRIPTION, {}, file=SAID)


def test_speakers_can_be_asked_for_by_the_format() -> None:
    named = CALLS.encode(TRANSCRIPTION, "", file=Media(url="https://h/a"), response_format="diarized_json")
    assert body_of(named) == {"audio_url": "https://h/a", "diarization": True}


def test_a_transcription_tells_who_says_what_and_when() -> None:
    answer = CALLS.decode(TRANSCRIPTION, DONE)
    assert (answer.text, answer.language, answer.duration) == ("Hi there", "en", 2.5)
    assert [(word.word, word.speaker, word.confidence) for word in answer.words] == [("Hi", "0", 0.7)]
    assert [(part.text, part.speaker, part.end) for part in answer.segments] == [("Hi there", "0", 0.9)]
    assert answer.segments[0].model_extra == {"channel": 0}
    assert answer.usage == {"type": "duration", "seconds": 2.5}
    assert answer.model_extra["result"] == DONE["result"]
    bare = CALLS.decode(TRANSCRIPTION, {"status": "done", "result": {"transcription": {"full_transcript": ""}}})
    assert (bare.text, bare.words, bare.segments, bare.language, bare.usage) == ("", None, None, None, None)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"status": "error", "error_code": 400}, InvalidRequestError),
        ({"status": "error", "error_code": None}, ProviderError),
        ({"status": "done", "result": None}, MalformedResponseError),
        ({"id": "j"}, MalformedResponseError),
    ],
)
def test_a_job_that_failed_is_an_error(body: JSON, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        CALLS.decode(TRANSCRIPTION, body)


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (401, {"message": "gladia key not found", "request_id": "r"}, AuthenticationError, "gladia key not found"),
        (422, {"validation_errors": ["audio_url must be a URL"], "message": "Bad"}, InvalidRequestError, '["audio_url'),
        (429, {}, RateLimitError, "HTTP 429"),
    ],
)
def test_errors_are_told_by_status(status: int, body: JSON, kind: type, words: str) -> None:
    error = CALLS.fail(status, body)
    assert type(error) is kind
    assert error.message.startswith(words)


async def test_a_job_over_a_socket(serve: Serve) -> None:
    server = serve(answers({"audio_url": "https://h/f"}, {"id": "j"}, {"id": "j", "status": "processing"}, DONE))
    client = AnyLLM.create("gladia", api_key="k-1", api_base=server.url(""))
    answer = await client.atranscription("solaria-1", b"RIFF", diarize=True)
    assert answer.text == "Hi there"
    asked = [(one.method, one.target) for one in server.requests]
    assert asked == [
        ("POST", "/v2/upload"),
        ("POST", "/v2/pre-recorded"),
        ("GET", "/v2/pre-recorded/j"),
        ("GET", "/v2/pre-recorded/j"),
    ]
    assert all(one.headers["x-gladia-key"] == "k-1" for one in server.requests)
