"""Reading documents, writing down speech and speaking in Mistral's words."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from any_llm.exceptions import InvalidRequestError, MalformedResponseError, StreamTruncatedError
from any_llm.spec.provider import Operation
from any_llm.types.http import FileSource, Frame
from any_llm.types.json import JSON
from any_llm.types.media import Media
from tests.dialects.mistral.calls import body_of, decode, encode, form_of, frames, play, warned

OCR, SPEECH, TRANSCRIPTION = Operation.OCR, Operation.SPEECH, Operation.TRANSCRIPTION
SAID = Media(content=b"RIFF", filename="a.wav", media_type="audio/wav")
USAGE = {"prompt_tokens": 4, "completion_tokens": 5, "total_tokens": 9, "prompt_audio_seconds": 7}
SEGMENT = {"type": "transcription_segment", "text": " hi", "start": 0.5, "end": 1.5, "speaker_id": "s1", "score": 0.9}


@pytest.mark.parametrize(
    ("media", "sent"),
    [
        (Media(file_id="f"), {"type": "file", "file_id": "f"}),
        (Media(url="https://h/a.pdf"), {"type": "document_url", "document_url": "https://h/a.pdf"}),
        (Media(url="https://h/a", kind="image"), {"type": "image_url", "image_url": "https://h/a"}),
        (
            Media(content=b"a", media_type="image/png"),
            {"type": "image_url", "image_url": "data:image/png;base64,YQ=="},
        ),
        (
            Media(content=b"a", media_type="application/pdf", filename="a.pdf"),
            {"type": "document_url", "document_url": "data:application/pdf;base64,YQ=="},
        ),
    ],
)
def test_a_document_is_named_by_where_it_is(media: Media, sent: JSON) -> None:
    encoded = encode(OCR, "mistral-ocr-latest", document=media, pages=[0])
    assert encoded.path == "/ocr"
    assert body_of(encoded) == {"model": "mistral-ocr-latest", "document": sent, "pages": [0]}


def test_pages_are_read_with_what_else_is_told_of_them() -> None:
    page = {"index": 0, "markdown": "# A", "images": [], "dimensions": {"dpi": 200}, "header": "h"}
    answer = decode(
        OCR, {"pages": [page, page | {"markdown": "B"}], "model": "m", "usage_info": {"pages_processed": 2}}
    )
    assert (answer.text, answer.usage_info.pages_processed) == ("# A\n\nB", 2)
    assert answer.pages[0].model_extra == {"header": "h"}


def test_a_recording_is_sent_as_a_form() -> None:
    encoded = encode(TRANSCRIPTION, file=SAID, language="en", temperature=0.5, stream=True, prompt="p")
    assert encoded.path == "/audio/transcriptions"
    assert form_of(encoded) == [
        ("model", "m"), ("language", "en"), ("temperature", "0.5"), ("stream", "true"), ("file", b"RIFF")
    ]  # fmt: skip
    assert (encoded.form[-1].filename, encoded.form[-1].content_type) == ("a.wav", "audio/wav")
    assert warned(encoded) == [("dropped", "prompt")]


def test_a_recording_that_is_elsewhere_is_named() -> None:
    assert ("file_url", "https://h/a") in form_of(encode(TRANSCRIPTION, file=Media(url="https://h/a")))
    assert ("file_id", "f") in form_of(encode(TRANSCRIPTION, file=Media(file_id="f")))
    source = FileSource(Path("a.mp3"))
    unnamed = encode(TRANSCRIPTION, file=Media(content=source)).form[-1]
    assert (unnamed.content, unnamed.filename, unnamed.content_type) == (source, "file", "application/octet-stream")


def test_speakers_and_formats_are_asked_for_by_segments() -> None:
    wanted = ("timestamp_granularities", "segment")
    assert wanted in form_of(encode(TRANSCRIPTION, file=SAID, diarize=True))
    assert wanted in form_of(encode(TRANSCRIPTION, file=SAID, response_format="verbose_json"))
    words = encode(TRANSCRIPTION, file=SAID, diarize=True, timestamp_granularities=["word", "segment"])
    assert [value for name, value in form_of(words) if name == wanted[0]] == ["word", "segment"]
    plain = encode(TRANSCRIPTION, file=SAID, response_format="srt")
    assert wanted not in form_of(plain)
    assert warned(plain) == [("dropped", "response_format")]


def test_a_transcription_tells_who_speaks_when() -> None:
    told = {"model": "m", "text": " hi", "language": "en", "segments": [SEGMENT], "usage": USAGE}
    answer = decode(TRANSCRIPTION, told)
    assert (answer.text, answer.language, answer.duration) == (" hi", "en", 7)
    (segment,) = answer.segments
    assert (segment.speaker, segment.confidence, segment.start, segment.end) == ("s1", 0.9, 0.5, 1.5)
    assert answer.usage == {"type": "tokens", "input_tokens": 4, "output_tokens": 5, **USAGE}
    bare = decode(TRANSCRIPTION, {"text": "hi"})
    assert (bare.text, bare.segments, bare.usage, bare.duration) == ("hi", None, None, None)


def test_a_streamed_transcription_has_openais_events() -> None:
    events = frames(
        {"type": "transcription.language", "audio_language": "en"},
        {"type": "transcription.text.delta", "text": " h"},
        {"type": "transcription.text.delta", "text": "i"},
        {**SEGMENT, "type": "transcription.segment"},
        {"type": "transcription.done", "text": " hi", "model": "m", "usage": USAGE},
    )
    items, answer = play(TRANSCRIPTION, [*events, Frame("", b"[DONE]")])
    assert [item.type for item in items] == [
        "transcription.language", "transcript.text.delta", "transcript.text.delta", "transcript.text.segment",
        "transcript.text.done",
    ]  # fmt: skip
    assert (items[0].model_extra["audio_language"], items[1].delta, items[3].speaker) == ("en", " h", "s1")
    assert (answer.text, answer.segments[0].text, answer.usage["input_tokens"]) == (" hi", " hi", 4)
    with pytest.raises(StreamTruncatedError, match=r"transcription\.done"):
        play(TRANSCRIPTION, events[:-1])


def test_speech_is_asked_for_by_a_voices_id() -> None:
    encoded = encode(SPEECH, input="hi", voice="v", response_format="wav", speed=2.0)
    assert encoded.path == "/audio/speech"
    assert body_of(encoded) == {"model": "m", "input": "hi", "voice_id": "v", "response_format": "wav"}
    assert warned(encoded) == [("dropped", "speed")]


def test_spoken_bytes_stand_in_json() -> None:
    audio = decode(SPEECH, {"audio_data": base64.b64encode(b"ID3 mp3").decode()})
    assert (bytes(audio), audio.media_type) == (b"ID3 mp3", "audio/mpeg")
    with pytest.raises(MalformedResponseError, match="not base64"):
        decode(SPEECH, {"audio_data": 3})
    with pytest.raises(MalformedResponseError, match="audio_data"):
        decode(SPEECH, {})


def test_streamed_speech_is_bytes() -> None:
    events = frames(
        {"type": "speech.audio.delta", "audio_data": "YQ=="},
        {"type": "speech.audio.delta", "audio_data": "Yg=="},
        {"type": "speech.audio.done", "usage": USAGE},
    )
    items, audio = play(SPEECH, [*events, Frame("", b"[DONE]")])
    assert (items, audio) == ([b"a", b"b"], b"ab")
    with pytest.raises(StreamTruncatedError):
        play(SPEECH, events[:-1])


def test_a_recording_that_is_nowhere_cannot_be_uploaded() -> None:
    with pytest.raises(InvalidRequestError, match="give a path or bytes"):
        encode(Operation.UPLOAD_FILE, file=Media(url="https://h/a"))
