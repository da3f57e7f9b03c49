"""Speech, transcription and translation."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from any_llm.exceptions import (
    InvalidRequestError,
    MalformedResponseError,
    ProviderError,
    RateLimitError,
    StreamTruncatedError,
)
from any_llm.spec.provider import Operation
from any_llm.types.http import FileSource, HttpResponse
from any_llm.types.media import Media
from tests.dialects.openai.operations import answer, body_of, decode, encode, fold, stream, target, warned

SPEAK, WRITE, TRANSLATE = Operation.SPEECH, Operation.TRANSCRIPTION, Operation.TRANSLATION
WAV = Media(kind="audio", content=b"RIFF", media_type="audio/wav", filename="a.wav")
BASE64 = base64.b64encode(b"RIFF").decode()


def sound(body: bytes, media_type: str) -> HttpResponse:
    """Return an answer of some type."""
    return answer(body, 200, {"content-type": media_type})


def test_speech_is_asked_for_and_what_openai_does_not_know_is_named() -> None:
    encoded = encode(SPEAK, target(), input="Hi", voice="alloy", stream=True, language="en", sample_rate=8000)
    assert encoded.path == "/audio/speech"
    assert body_of(encoded) == {"model": "m", "input": "Hi", "voice": "alloy"}
    assert warned(encoded) == ["dropped language", "dropped sample_rate"]
    assert body_of(encode(SPEAK, target("together"), input="Hi", voice="v", language="de"))["language"] == "de"


def test_speech_is_bytes_with_a_type() -> None:
    spoken = decode(SPEAK, sound(b"ID3", "audio/mpeg; x=1"))
    assert (spoken, spoken.media_type) == (b"ID3", "audio/mpeg")
    assert decode(SPEAK, {"audio_data": BASE64}) == b"RIFF"


def test_what_is_no_speech_is_an_error() -> None:
    with pytest.raises(RateLimitError):
        decode(SPEAK, {"error": {"code": "rate_limit_exceeded"}})
    for body in (b"", b"{}", b'{"audio": "\xff"}', b'{"audio": "a"}'):
        with pytest.raises((MalformedResponseError, ValueError)):
            decode(SPEAK, sound(body, "application/json" if body else "audio/mpeg"))
    with pytest.raises(MalformedResponseError, match="stream=True"):
        decode(SPEAK, sound(b"data: {}", "text/event-stream"))


def test_speech_streams_as_bytes() -> None:
    pieces = stream(SPEAK, [b"ID", b"", b"3"])
    assert pieces == [b"ID", b"3"]
    assert fold(SPEAK, pieces) == b"ID3"


def test_speech_streams_as_events_if_that_was_asked_for() -> None:
    delta = {"type": "speech.audio.delta", "audio": BASE64}
    done = {"type": "speech.audio.done", "usage": {"total_tokens": 3}}
    assert stream(SPEAK, [delta, delta, done], stream_format="sse") == [b"RIFF", b"RIFF"]
    assert stream(SPEAK, [("speech.audio.delta", {"audio": BASE64}), b"[DONE]"], stream_format="sse") == [b"RIFF"]
    with pytest.raises(StreamTruncatedError):
        stream(SPEAK, [delta], stream_format="sse")
    with pytest.raises(ProviderError, match="broke"):
        stream(SPEAK, [{"type": "error", "error": {"message": "It broke."}}], stream_format="sse")
    with pytest.raises(MalformedResponseError):
        stream(SPEAK, [b"[]"], stream_format="sse")


def test_a_recording_goes_into_a_form() -> None:
    encoded = encode(
        WRITE, target(), file=WAV, language="en", temperature=0.5, include=["logprobs"], stream=True, prompt="x"
    )
    body = body_of(encoded)
    assert encoded.path == "/audio/transcriptions"
    assert (body["file"].content, body["file"].filename, body["include[]"]) == (b"RIFF", "a.wav", "logprobs")
    assert (body["temperature"], body["stream"], body["language"]) == ("0.5", "true", "en")
    assert "model" not in body_of(encode(WRITE, target("vllm", model=""), file=WAV))


def test_speakers_and_words_are_asked_for_by_the_format() -> None:
    body = body_of(encode(WRITE, target(), file=WAV, diarize=True))
    assert (body["response_format"], body["chunking_strategy"]) == ("diarized_json", "auto")
    body = body_of(encode(WRITE, target(), file=WAV, timestamp_granularities=["word", "segment"]))
    assert (body["response_format"], body["timestamp_granularities[]"]) == ("verbose_json", ["word", "segment"])
    body = body_of(encode(WRITE, target(), file=WAV, diarize=True, response_format="json", chunking_strategy={"a": 1}))
    assert (body["response_format"], body["chunking_strategy[a]"]) == ("json", "1")
    assert "response_format" not in body_of(encode(WRITE, target(), file=WAV, diarize=False))
    assert body_of(encode(WRITE, target("together"), file=WAV, diarize=True))["diarize"] == "true"


def test_a_vendor_may_take_json_or_an_address() -> None:
    body = body_of(encode(WRITE, target("openrouter"), file=WAV))
    assert body["input_audio"] == {"data": BASE64, "format": "wav"}
    unread = Media(kind="audio", content=FileSource(Path("a.wav")), filename="a.wav")
    assert encode(WRITE, target("openrouter"), file=unread).form
    linked = Media(kind="audio", url="https://host/a.wav")
    assert body_of(encode(WRITE, target("groq"), file=linked))["url"] == linked.url
    with pytest.raises(InvalidRequestError, match="is not in memory"):
        encode(WRITE, target(), file=linked)


def test_a_translation_is_asked_for_likewise() -> None:
    encoded = encode(TRANSLATE, target(), file=WAV, prompt="x")
    assert (encoded.path, body_of(encoded)["prompt"]) == ("/audio/translations", "x")
    assert encode(TRANSLATE, target("fireworks"), file=WAV).path.startswith("https://audio-prod.api.fireworks.ai/")


def test_a_transcription_is_read_with_words_and_segments() -> None:
    words = [{"word": "Hi", "start": 0, "end": 0.5}]
    segments = [
        {"id": "seg_1", "text": "Hi", "start": 0.0, "end": 0.5, "speaker": "A", "type": "transcript.text.segment"}
    ]
    told = decode(WRITE, {"text": "Hi", "language": "english", "duration": 0.5, "words": words, "segments": segments})
    assert (told.text, told.words[0].word, told.segments[0].speaker) == ("Hi", "Hi", "A")
    assert decode(WRITE, {"segments": segments}).text == "Hi"


@pytest.mark.parametrize("text", ["Hi there.\n", "1\n00:00:00,000 --> 00:00:01,000\nHi\n", "WEBVTT\n\nHi\n"])
def test_a_text_is_a_transcription_too(text: str) -> None:
    told = decode(WRITE, sound(text.encode(), "text/plain; charset=utf-8"))
    assert (told.text, told.raw) == (text, text.encode())


def test_what_is_no_transcription_is_an_error() -> None:
    assert decode(WRITE, sound(b'"Hi"', "application/json")).text == "Hi"
    for body, kind in ((b"<html>", "text/html"), (b"[]", "application/json"), (b'{"id": 1}', "application/json")):
        with pytest.raises(MalformedResponseError):
            decode(WRITE, sound(body, kind))
    with pytest.raises(RateLimitError):
        decode(WRITE, {"error": {"code": "rate_limit_exceeded"}})


def test_a_streamed_transcription_adds_up() -> None:
    events = [
        {"type": "transcript.text.delta", "delta": "Hi "},
        {"type": "transcript.text.segment", "id": "s", "text": "Hi you", "start": 0.0, "end": 1.0, "speaker": "A"},
        {"type": "transcript.text.done", "text": "Hi you", "usage": {"type": "tokens"}},
    ]
    whole = fold(WRITE, stream(WRITE, events))
    assert (whole.text, whole.segments[0].speaker, whole.usage) == ("Hi you", "A", {"type": "tokens"})
    with pytest.raises(StreamTruncatedError):
        stream(WRITE, events[:1])


def test_a_transcription_that_streams_as_chat_does_is_read() -> None:
    chunks = [{"object": "transcription.chunk", "choices": [{"delta": {"content": text}}]} for text in ("Hi", " you")]
    events = stream(WRITE, [*chunks, {"choices": [{"delta": None}]}, b"[DONE]"])
    assert [event.type for event in events] == ["transcript.text.delta"] * 3
    assert fold(WRITE, events).text == "Hi you"
