"""Cartesia's words for speaking and writing down."""

from __future__ import annotations

import pytest

from any_llm import AnyLLM
from any_llm.exceptions import (
    AuthenticationError,
    InvalidRequestError,
    MalformedResponseError,
    QuotaExhaustedError,
    RateLimitError,
)
from any_llm.spec.provider import Operation
from any_llm.types.json import JSON
from any_llm.types.media import Media
from tests.dialects.plain_calls import Calls, answers, body_of, form_of, warned
from tests.transport.conftest import Serve, serve

__all__ = ["serve"]

SPEECH, TRANSCRIPTION = Operation.SPEECH, Operation.TRANSCRIPTION
CALLS = Calls("cartesia")
SAID = Media(content=b"RIFF", filename="a.wav", media_type="audio/wav")
MP3 = {"container": "mp3", "sample_rate": 44_100, "bit_rate": 128_000}


@pytest.mark.parametrize(
    ("more", "sent", "warnings"),
    [
        ({}, MP3, []),
        ({"response_format": "wav"}, {"container": "wav", "encoding": "pcm_s16le", "sample_rate": 44_100}, []),
        (
            {"response_format": "pcm", "sample_rate": 8_000},
            {"container": "raw", "encoding": "pcm_s16le", "sample_rate": 8_000},
            [],
        ),
        ({"response_format": "flac"}, MP3, [("dropped", "response_format")]),
        ({"output_format": {"bit_rate": 64_000}}, {**MP3, "bit_rate": 64_000}, []),
        ({"instructions": "softly"}, MP3, [("dropped", "instructions")]),
    ],
)
def test_a_format_is_always_said(more: dict[str, JSON], sent: JSON, warnings: list[tuple[str, str]]) -> None:
    encoded = CALLS.encode(SPEECH, "sonic-3", input="hi", voice="v", stream=True, **more)
    assert encoded.path == "/tts/bytes"
    assert body_of(encoded) == {
        "model_id": "sonic-3",
        "transcript": "hi",
        "voice": {"mode": "id", "id": "v"},
        "output_format": sent,
    }
    assert warned(encoded) == warnings


def test_speed_and_voice_are_said_in_the_vendors_words() -> None:
    voice = {"mode": "embedding", "embedding": [1]}
    body = body_of(CALLS.encode(SPEECH, input="hi", voice=voice, speed=1.2, generation_config={"volume": 1}))
    assert (body["voice"], body["generation_config"]) == (voice, {"speed": 1.2, "volume": 1})
    assert CALLS.sound(b"ID3", "audio/mpeg") == b"ID3"


def test_a_recording_is_sent_as_a_form() -> None:
    encoded = CALLS.encode(TRANSCRIPTION, "ink-whisper", file=SAID, language="en", timestamp_granularities=["word"])
    assert (encoded.path, form_of(encoded)) == (
        "/stt",
        [("model", "ink-whisper"), ("language", "en"), ("timestamp_granularities[]", "word"), ("file", b"RIFF")],
    )
    other = CALLS.encode(TRANSCRIPTION, file=SAID, timestamp_granularities=["segment"], diarize=True, stream=True)
    assert form_of(other) == [("model", "m"), ("file", b"RIFF")]
    assert warned(other) == [("dropped", "diarize"), ("dropped", "stream"), ("dropped", "timestamp_granularities")]


def test_a_transcription_tells_words_and_times() -> None:
    words = [{"word": "Hi", "start": 0.1, "end": 0.2}]
    answer = CALLS.decode(
        TRANSCRIPTION, {"text": "Hi", "language": "en", "duration": 2.4, "words": words, "type": "transcript"}
    )
    assert (answer.text, answer.language, answer.duration) == ("Hi", "en", 2.4)
    assert (answer.words[0].word, answer.words[0].end) == ("Hi", 0.2)
    assert answer.usage == {"type": "duration", "seconds": 2.4}
    assert answer.model_extra["type"] == "transcript"
    for body in ({}, {"text": 4}):
        with pytest.raises(MalformedResponseError):
            CALLS.decode(TRANSCRIPTION, body)


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (401, {"title": "Unauthorized", "message": "Bad key", "request_id": "r"}, AuthenticationError, "Bad key"),
        (402, {"error_code": "quota_exceeded", "message": "None left"}, QuotaExhaustedError, "None left"),
        (429, {"error_code": "concurrency_limited", "title": "Too many"}, RateLimitError, "Too many"),
        (400, {"error": {"a": 1}}, InvalidRequestError, '{"a":1}'),
    ],
)
def test_errors_are_told_by_code_and_then_by_status(status: int, body: JSON, kind: type, words: str) -> None:
    error = CALLS.fail(status, body)
    assert type(error) is kind
    assert (error.message, error.code) == (words, body.get("error_code"))


async def test_the_version_of_the_api_is_said_over_a_socket(serve: Serve) -> None:
    server = serve(answers(b"ID3sound", {"text": "Hi"}))
    client = AnyLLM.create("cartesia", api_key="k-1", api_base=server.url(""))
    assert await client.aspeech("sonic-3", "hi", "v") == b"ID3sound"
    assert (await client.atranscription("ink-whisper", b"RIFF")).text == "Hi"
    assert {one.headers["cartesia-version"] for one in server.requests} == {"2026-03-01"}
    assert server.requests[0].headers["authorization"] == "Bearer k-1"
