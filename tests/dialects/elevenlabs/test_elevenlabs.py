"""ElevenLabs' words for speaking and writing down."""

from __future__ import annotations

import math

import pytest

from any_llm import AnyLLM
from any_llm.exceptions import (
    AuthenticationError,
    InvalidRequestError,
    MalformedResponseError,
    ModelNotFoundError,
    OverloadedError,
    QuotaExhaustedError,
    RateLimitError,
)
from any_llm.spec.provider import Operation
from any_llm.types.json import JSON
from any_llm.types.media import Media
from tests.dialects.plain_calls import Calls, answers, body_of, form_of, warned
from tests.transport.conftest import Serve, serve

__all__ = ["serve"]

SPEECH, TRANSCRIPTION, MODELS = Operation.SPEECH, Operation.TRANSCRIPTION, Operation.LIST_MODELS
CALLS = Calls("elevenlabs")
SAID = Media(content=b"RIFF", filename="a.wav", media_type="audio/wav")
WORDS = [
    {"text": "Hi", "start": 0.1, "end": 0.2, "type": "word", "speaker_id": "speaker_0", "logprob": -0.5},
    {"text": " ", "start": 0.2, "end": 0.3, "type": "spacing", "speaker_id": "speaker_0", "logprob": 0},
    {"text": "(laughs)", "start": 0.3, "end": 0.4, "type": "audio_event", "speaker_id": "speaker_0"},
    {"text": "you", "start": 0.5, "end": 0.6, "type": "word", "speaker_id": "speaker_0"},
    {"text": "Yes", "start": 0.7, "end": 0.8, "type": "word", "speaker_id": "speaker_1"},
]


@pytest.mark.parametrize(
    ("more", "path", "warnings"),
    [
        ({}, "/v1/text-to-speech/v%2F1", []),
        ({"stream": True}, "/v1/text-to-speech/v%2F1/stream", []),
        ({"response_format": "mp3"}, "/v1/text-to-speech/v%2F1?output_format=mp3_44100_128", []),
        (
            {"response_format": "mp3", "sample_rate": 22050},
            "/v1/text-to-speech/v%2F1?output_format=mp3_22050_32",
            [],
        ),
        ({"response_format": "pcm"}, "/v1/text-to-speech/v%2F1?output_format=pcm_24000", []),
        ({"response_format": "opus"}, "/v1/text-to-speech/v%2F1?output_format=opus_48000_128", []),
        ({"response_format": "ulaw_8000"}, "/v1/text-to-speech/v%2F1?output_format=ulaw_8000", []),
        ({"sample_rate": 24000}, "/v1/text-to-speech/v%2F1?output_format=mp3_24000_48", []),
        (
            {"output_format": "pcm_16000", "enable_logging": False},
            "/v1/text-to-speech/v%2F1?enable_logging=false&output_format=pcm_16000",
            [],
        ),
        ({"response_format": "aac"}, "/v1/text-to-speech/v%2F1", [("dropped", "response_format")]),
        ({"instructions": "softly"}, "/v1/text-to-speech/v%2F1", [("dropped", "instructions")]),
    ],
)
def test_a_voice_and_a_format_stand_in_the_url(
    more: dict[str, JSON], path: str, warnings: list[tuple[str, str]]
) -> None:
    encoded = CALLS.encode(SPEECH, "eleven_v3", input="hi", voice="v/1", **more)
    assert encoded.path == path
    assert body_of(encoded) == {"model_id": "eleven_v3", "text": "hi"}
    assert warned(encoded) == warnings


def test_settings_of_a_voice_stand_beside_the_speed() -> None:
    encoded = CALLS.encode(
        SPEECH, input="hi", voice="v", speed=1.1, voice_settings={"style": 0.2}, language="de", seed=4
    )
    assert body_of(encoded) == {
        "model_id": "m",
        "text": "hi",
        "language_code": "de",
        "seed": 4,
        "voice_settings": {"speed": 1.1, "style": 0.2},
    }


def test_speech_is_the_answer_itself() -> None:
    assert CALLS.sound(b"ID3", "audio/mpeg").media_type == "audio/mpeg"
    with pytest.raises(MalformedResponseError):
        CALLS.sound(b"{}", "application/json")


def test_a_recording_is_sent_as_a_form_or_named() -> None:
    encoded = CALLS.encode(TRANSCRIPTION, "scribe_v1", file=SAID, language="en", diarize=True, num_speakers=2)
    assert form_of(encoded) == [
        ("model_id", "scribe_v1"), ("language_code", "en"), ("diarize", "true"), ("num_speakers", "2"),
        ("file", b"RIFF"),
    ]  # fmt: skip
    assert encoded.path == "/v1/speech-to-text"
    named = CALLS.encode(TRANSCRIPTION, file=Media(url="https://h/a.mp3"))
    assert form_of(named) == [("model_id", "m"), ("cloud_storage_url", "https://h/a.mp3")]


def test_segments_are_turns_and_what_cannot_be_said_is_warned_about() -> None:
    encoded = CALLS.encode(TRANSCRIPTION, file=SAID, timestamp_granularities=["segment"], prompt="p", stream=True)
    assert form_of(encoded)[1:3] == [("timestamps_granularity", "word"), ("diarize", "true")]
    assert warned(encoded) == [
        ("dropped", "prompt"), ("dropped", "stream"), ("emulated", "timestamp_granularities")
    ]  # fmt: skip
    diarized = CALLS.encode(TRANSCRIPTION, file=SAID, response_format="diarized_json")
    assert ("diarize", "true") in form_of(diarized)
    words = CALLS.encode(TRANSCRIPTION, file=SAID, timestamp_granularities=["word"])
    assert form_of(words)[1] == ("timestamps_granularity", "word")
    assert warned(words) == []


def test_a_transcription_tells_who_says_what_and_when() -> None:
    body = {"text": "Hi (laughs) you Yes", "language_code": "eng", "language_probability": 0.9, "words": WORDS}
    answer = CALLS.decode(TRANSCRIPTION, {**body, "audio_duration_secs": 1.5})
    assert (answer.text, answer.language, answer.duration) == ("Hi (laughs) you Yes", "eng", 1.5)
    assert [word.word for word in answer.words] == ["Hi", "you", "Yes"]
    assert answer.words[0].confidence == pytest.approx(math.exp(-0.5))
    assert answer.words[0].model_extra["logprob"] == -0.5
    assert [(part.text, part.speaker, part.end) for part in answer.segments] == [
        ("Hi you", "speaker_0", 0.6),
        ("Yes", "speaker_1", 0.8),
    ]
    assert answer.model_extra["audio_events"] == [WORDS[2]]
    assert answer.model_extra["language_probability"] == 0.9
    assert answer.usage == {"type": "duration", "seconds": 1.5}


def test_channels_follow_one_another() -> None:
    channels = [{"text": "Hi", "language_code": "eng", "words": WORDS[:1]}, {"text": "Yes", "words": []}]
    answer = CALLS.decode(TRANSCRIPTION, {"transcripts": channels})
    assert (answer.text, answer.language, len(answer.words)) == ("Hi\nYes", "eng", 1)
    bare = CALLS.decode(TRANSCRIPTION, {"text": "Hi"})
    assert (bare.words, bare.segments, bare.usage) == (None, None, None)


@pytest.mark.parametrize("body", [[], {}, {"text": 4}, {"transcripts": []}])
def test_what_is_no_transcription_is_refused(body: JSON) -> None:
    with pytest.raises(MalformedResponseError):
        CALLS.decode(TRANSCRIPTION, body)


def test_models_are_listed() -> None:
    listed = CALLS.decode(MODELS, [{"model_id": "eleven_v3", "name": "Eleven v3"}, {"name": "nameless"}])
    assert [(model.id, model.model_extra["name"]) for model in listed] == [("eleven_v3", "Eleven v3")]
    assert CALLS.encode(MODELS).path == "/v1/models"
    with pytest.raises(MalformedResponseError):
        CALLS.decode(MODELS, {})


@pytest.mark.parametrize(
    ("status", "detail", "kind", "code"),
    [
        (401, {"status": "invalid_api_key", "message": "Bad"}, AuthenticationError, "invalid_api_key"),
        (401, {"status": "quota_exceeded", "message": "Bad"}, QuotaExhaustedError, "quota_exceeded"),
        (429, {"status": "too_many_concurrent_requests", "message": "Bad"}, RateLimitError, None),
        (429, {"code": "system_busy", "status": "busy", "message": "Bad"}, OverloadedError, "system_busy"),
        (400, {"status": "model_not_found", "message": "Bad"}, ModelNotFoundError, "model_not_found"),
        (400, {"type": "validation_error", "code": "x", "message": "Bad", "param": "p"}, InvalidRequestError, "x"),
    ],
)
def test_errors_are_told_by_code_and_then_by_status(status: int, detail: JSON, kind: type, code: str | None) -> None:
    error = CALLS.fail(status, {"detail": detail})
    assert type(error) is kind
    assert error.message == "Bad"
    assert code in (None, error.code)
    assert error.param == detail.get("param")


def test_a_malformed_requests_places_are_shown() -> None:
    error = CALLS.fail(422, {"detail": [{"loc": ["body", "text"], "msg": "field required"}]})
    assert type(error) is InvalidRequestError
    assert "field required" in error.message


async def test_speech_and_transcription_over_a_socket(serve: Serve) -> None:
    server = serve(answers(b"ID3sound", {"text": "Hi", "words": WORDS}))
    client = AnyLLM.create("elevenlabs", api_key="k-1", api_base=server.url(""))
    stream = await client.aspeech("eleven_v3", "hi", "v", stream=True)
    assert b"".join([piece async for piece in stream]) == b"ID3sound"
    assert (await client.atranscription("scribe_v1", b"RIFF")).text == "Hi"
    assert server.requests[0].target == "/v1/text-to-speech/v/stream"
    assert server.requests[0].headers["xi-api-key"] == "k-1"
    assert server.requests[1].headers["content-type"].startswith("multipart/form-data")
    assert b"RIFF" in server.requests[1].body
