"""Deepgram's words for speaking and writing down."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from any_llm import AnyLLM
from any_llm.exceptions import (
    AuthenticationError,
    InsufficientFundsError,
    InvalidRequestError,
    MalformedResponseError,
    PermissionDeniedError,
)
from any_llm.spec.dialect import Encoded
from any_llm.spec.provider import Operation
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON
from any_llm.types.media import Media
from tests.dialects.plain_calls import Calls, answers, body_of, warned
from tests.transport.conftest import Serve, serve

__all__ = ["serve"]

SPEECH, TRANSCRIPTION, MODELS = Operation.SPEECH, Operation.TRANSCRIPTION, Operation.LIST_MODELS
CALLS = Calls("deepgram")
SAID = Media(content=b"RIFF", filename="a.wav", media_type="audio/wav")
HELLO = {"word": "hello", "punctuated_word": "Hello,", "start": 0.1, "end": 0.4, "confidence": 0.9, "speaker": 0}
THERE = {"word": "there", "start": 0.5, "end": 0.8, "confidence": 0.8, "speaker": 1, "speaker_confidence": 0.7}


def query_of(encoded: Encoded) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(encoded.path).query))


def told(*channels: JSON, **results: JSON) -> JSON:
    listed = [{"alternatives": [{"transcript": text, "words": words}]} for text, words in channels]
    return {"metadata": {"duration": 2.5, "request_id": "r"}, "results": {"channels": listed, **results}}


@pytest.mark.parametrize(
    ("model", "voice", "more", "sent", "warnings"),
    [
        ("aura-2", "Thalia", {}, {"model": "aura-2-thalia-en"}, []),
        ("aura-2", "aura-2-thalia-en", {}, {"model": "aura-2-thalia-en"}, []),
        ("aura-2", "celeste", {"language": "es"}, {"model": "aura-2-celeste-es"}, []),
        ("aura-2-thalia-en", "thalia", {"language": "en"}, {"model": "aura-2-thalia-en"}, []),
        ("aura-2-thalia-en", "", {}, {"model": "aura-2-thalia-en"}, []),
        ("aura-2", "", {}, {"model": "aura-2"}, []),
        (
            "aura-2-thalia-en",
            "luna",
            {"language": "es"},
            {"model": "aura-2-thalia-en"},
            [("dropped", "voice"), ("dropped", "language")],
        ),
        ("a-b-en", "b", {"response_format": "mp3"}, {"model": "a-b-en", "encoding": "mp3"}, []),
        (
            "a-b-en",
            "b",
            {"response_format": "wav", "sample_rate": 8000},
            {"model": "a-b-en", "encoding": "linear16", "container": "wav", "sample_rate": "8000"},
            [],
        ),
        (
            "a-b-en",
            "b",
            {"response_format": "pcm"},
            {"model": "a-b-en", "encoding": "linear16", "container": "none"},
            [],
        ),
        ("a-b-en", "b", {"sample_rate": 8000}, {"model": "a-b-en"}, [("dropped", "sample_rate")]),
        ("a-b-en", "b", {"instructions": "x", "stream": True}, {"model": "a-b-en"}, [("dropped", "instructions")]),
        (
            "a-b-en",
            "b",
            {"tag": ["x"], "mip_opt_out": True},
            {"model": "a-b-en", "tag": "x", "mip_opt_out": "true"},
            [],
        ),
    ],
)
def test_a_voice_is_a_model_and_all_settings_stand_in_the_query(
    model: str, voice: str, more: dict[str, JSON], sent: dict[str, str], warnings: list[tuple[str, str]]
) -> None:
    encoded = CALLS.encode(SPEECH, model, input="hi", voice=voice, **more)
    assert encoded.path.startswith("/v1/speak?")
    assert query_of(encoded) == sent
    assert body_of(encoded) == {"text": "hi"}
    assert warned(encoded) == warnings


def test_speech_is_the_answer_itself() -> None:
    spoken = CALLS.sound(b"ID3", "audio/mpeg")
    assert (spoken, spoken.media_type) == (b"ID3", "audio/mpeg")
    for content, kind in ((b"", "audio/mpeg"), (b"{}", "application/json"), (b"<p>", "text/html")):
        with pytest.raises(MalformedResponseError, match="no media"):
            CALLS.sound(content, kind)


def test_a_recording_is_sent_as_it_is_or_named() -> None:
    encoded = CALLS.encode(TRANSCRIPTION, "nova-3", file=SAID, language="en", diarize=True, keyterm=["a", "b"])
    assert encoded.upload is not None
    assert (encoded.upload.pieces, encoded.headers) == ((b"RIFF",), {"Content-Type": "audio/wav"})
    pairs = parse_qsl(urlsplit(encoded.path).query)
    assert pairs == [
        ("model", "nova-3"), ("language", "en"), ("diarize", "true"), ("keyterm", "a"), ("keyterm", "b")
    ]  # fmt: skip
    named = CALLS.encode(TRANSCRIPTION, file=Media(url="https://h/a.mp3"))
    assert body_of(named) == {"url": "https://h/a.mp3"}
    assert named.upload is None


def test_segments_are_utterances_and_what_cannot_be_said_is_warned_about() -> None:
    assert query_of(CALLS.encode(TRANSCRIPTION, file=SAID, timestamp_granularities=["segment"]))["utterances"] == "true"
    diarized = query_of(CALLS.encode(TRANSCRIPTION, file=SAID, response_format="diarized_json"))
    assert (diarized["diarize"], diarized["utterances"]) == ("true", "true")
    encoded = CALLS.encode(TRANSCRIPTION, file=SAID, prompt="p", stream=True, response_format="srt", temperature=0)
    assert query_of(encoded) == {"model": "m"}
    assert warned(encoded) == [
        ("dropped", "prompt"), ("dropped", "temperature"), ("dropped", "stream"), ("dropped", "response_format")
    ]  # fmt: skip


def test_a_transcription_tells_who_says_what_and_when() -> None:
    answer = CALLS.decode(TRANSCRIPTION, told(("Hello, there", [HELLO, THERE])))
    assert (answer.text, answer.duration, answer.language) == ("Hello, there", 2.5, None)
    assert [(word.word, word.speaker, word.confidence) for word in answer.words] == [
        ("Hello,", "0", 0.9),
        ("there", "1", 0.8),
    ]
    assert answer.words[1].model_extra["speaker_confidence"] == 0.7
    assert [(part.text, part.speaker, part.start, part.end) for part in answer.segments] == [
        ("Hello,", "0", 0.1, 0.4),
        ("there", "1", 0.5, 0.8),
    ]
    assert answer.usage == {"type": "duration", "seconds": 2.5}
    assert answer.model_extra["metadata"]["request_id"] == "r"


def test_utterances_and_channels_are_read() -> None:
    utterance = {"transcript": "hello there", "start": 0.1, "end": 0.8, "speaker": 0, "confidence": 0.9, "id": "u"}
    body = told(("hello", [{**THERE, "speaker": None}]), ("there", [HELLO]), utterances=[utterance])
    body["results"]["channels"][0]["detected_language"] = "en"
    answer = CALLS.decode(TRANSCRIPTION, body)
    assert (answer.text, answer.language) == ("hello\nthere", "en")
    assert [word.start for word in answer.words] == [0.1, 0.5]
    assert [(part.text, part.id, part.speaker) for part in answer.segments] == [("hello there", "u", "0")]
    bare = CALLS.decode(TRANSCRIPTION, {"results": {"channels": [{"alternatives": [{"languages": ["fr"]}]}]}})
    assert (bare.text, bare.words, bare.segments, bare.usage, bare.language) == ("", None, None, None, "fr")


@pytest.mark.parametrize("body", [[], {}, {"results": {}}, {"results": {"channels": []}}])
def test_what_is_no_transcription_is_refused(body: JSON) -> None:
    with pytest.raises(MalformedResponseError):
        CALLS.decode(TRANSCRIPTION, body)


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(MalformedResponseError, match="not JSON"):
        CALLS.codec(TRANSCRIPTION).decode(CALLS.target(), HttpResponse(200, {}, b"<p>"))


def test_models_that_listen_and_voices_are_listed_once() -> None:
    nova = {"name": "nova-3", "canonical_name": "nova-3", "version": "1"}
    listed = CALLS.decode(MODELS, {"stt": [nova, nova], "tts": [{"name": "thalia", "canonical_name": "aura-2-thalia"}]})
    assert [model.id for model in listed] == ["nova-3", "aura-2-thalia"]
    assert listed[0].model_extra["version"] == "1"
    assert CALLS.encode(MODELS).path == "/v1/models"


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (401, {"err_code": "INVALID_AUTH", "err_msg": "Bad", "request_id": "r"}, AuthenticationError, "Bad"),
        (402, {"err_code": "ASR_PAYMENT_REQUIRED", "err_msg": "Pay"}, InsufficientFundsError, "Pay"),
        (403, {"category": "INSUFFICIENT_PERMISSIONS", "message": "No"}, PermissionDeniedError, "No"),
        (400, {"err_code": "Bad Request", "err_msg": "No such model"}, InvalidRequestError, "No such model"),
        (400, b"<html>", InvalidRequestError, "HTTP 400 without an explanation"),
    ],
)
def test_errors_are_told_by_code_and_then_by_status(status: int, body: JSON, kind: type, words: str) -> None:
    error = CALLS.fail(status, body)
    assert type(error) is kind
    assert (error.message, error.status_code) == (words, status)


async def test_a_recording_is_streamed_to_a_server_and_speech_from_it(serve: Serve, tmp_path: Path) -> None:
    recording = tmp_path / "a.wav"
    recording.write_bytes(b"RIFF" * 1000)
    server = serve(answers(told(("hello", [HELLO])), b"ID3sound", b"ID3sound"))
    client = AnyLLM.create("deepgram", api_key="k-1", api_base=server.url(""))
    heard = await client.atranscription("nova-3", recording, diarize=True)
    spoken = await client.aspeech("aura-2", "hi", "thalia")
    stream = await client.aspeech("aura-2", "hi", "thalia", stream=True)
    assert (heard.text, spoken, b"".join([piece async for piece in stream])) == ("hello", b"ID3sound", b"ID3sound")
    first = server.requests[0]
    assert (first.headers["authorization"], first.body) == ("Token k-1", b"RIFF" * 1000)
    assert first.target == "/v1/listen?model=nova-3&diarize=true"
    assert server.requests[1].target == "/v1/speak?model=aura-2-thalia-en"
