"""Speech, transcriptions and translations."""

from __future__ import annotations

import io
import wave
from collections.abc import Sequence

import msgspec
import pytest

from any_llm.dialects.gemini.speech import SPEECH, rate_of
from any_llm.dialects.gemini.transcription import TRANSCRIPTION, TRANSLATION
from any_llm.exceptions import ContentFilterError, InvalidRequestError, MalformedResponseError, StreamTruncatedError
from any_llm.spec.dialect import Encoded
from any_llm.types.audio import TranscriptionEvent
from any_llm.types.http import Frame
from any_llm.types.json import JSON, JSONObject
from any_llm.types.media import Media
from tests.dialects.gemini.calls import body_of, config_of, piece, respond, target, warned

BARE = "audio/L16;codec=pcm;rate=16000"
SOUND: JSONObject = {"inlineData": {"mimeType": BARE, "data": "AAEAAQ=="}}
SAMPLES = b"\x00\x01\x00\x01"
RECORDING = Media(content=b"mp3", media_type="audio/mpeg")
BLOCKED = {"promptFeedback": {"blockReason": "SAFETY"}}


def speak(**options: JSON) -> Encoded:
    """Encode a request for speech."""
    return SPEECH.encode(target("gemini-2.5-flash-preview-tts"), {"input": "Hello", "voice": "Kore", **options})


def test_speech_is_asked_for_with_a_voice() -> None:
    encoded = speak(language="de-DE")
    assert encoded.path.endswith(":generateContent")
    assert config_of(encoded) == {
        "responseModalities": ["AUDIO"],
        "speechConfig": {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Kore"}}, "languageCode": "de-DE"},
    }


def test_instructions_are_said_before_the_text() -> None:
    encoded = speak(instructions="Whisper:", response_format="mp3", speed=2.0, stream=True)
    assert encoded.path.endswith(":streamGenerateContent?alt=sse")
    assert body_of(encoded)["contents"][0]["parts"] == [{"text": "Whisper:\n\nHello"}]
    assert warned(encoded) == [("dropped", "speed"), ("dropped", "response_format"), ("emulated", "instructions")]


def test_several_speakers_have_voices_of_their_own() -> None:
    several: JSONObject = {"multiSpeakerVoiceConfig": {"speakerVoiceConfigs": []}}
    assert config_of(speak(speech_config=several, temperature=1))["speechConfig"] == several


def test_speech_tells_the_rate_of_its_samples() -> None:
    spoken = SPEECH.decode(target(), respond(piece(SOUND, SOUND, reason="STOP")))
    assert (bytes(spoken), spoken.media_type) == (SAMPLES * 2, BARE)


def test_samples_become_a_wav_file_when_one_was_asked_for() -> None:
    assert SPEECH.settle is not None
    spoken = SPEECH.decode(target(), respond(piece(SOUND, reason="STOP")))
    assert SPEECH.settle({}, spoken) is spoken
    file = SPEECH.settle({"response_format": "wav"}, spoken)
    assert file.media_type == "audio/wav"
    with wave.open(io.BytesIO(file)) as opened:
        assert (opened.getframerate(), opened.getnchannels(), opened.readframes(9)) == (16_000, 1, SAMPLES)
    assert SPEECH.settle({"response_format": "wav"}, file) is file


@pytest.mark.parametrize(
    ("media_type", "rate"),
    [
        ("audio/L16;rate=8000", 8_000),
        ("audio/L16; RATE=44100", 44_100),
        ("audio/L16", 24_000),
        ("audio/L16;rate=x", 24_000),
    ],
)
def test_a_media_type_tells_a_rate(media_type: str, rate: int) -> None:
    assert rate_of(media_type) == rate


@pytest.mark.parametrize(
    ("answer", "error"),
    [(BLOCKED, ContentFilterError), (piece({"text": "?"}, reason="STOP"), MalformedResponseError)],
)
def test_an_answer_without_sound_is_an_error(answer: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        SPEECH.decode(target(), respond(answer))


def hear(*bodies: object, **options: JSON) -> list[bytes]:
    """Return the pieces of streamed speech."""
    assert SPEECH.stream is not None
    decoder = SPEECH.stream(target(), options)
    pieces = [sound for body in bodies for sound in decoder.feed(Frame("", msgspec.json.encode(body)))]
    return [*pieces, *decoder.finish()]


def test_streamed_speech_comes_in_pieces_with_the_head_of_a_file_before_them() -> None:
    assert hear(piece(SOUND), piece(SOUND, reason="STOP")) == [SAMPLES, SAMPLES]
    head, *samples = hear(piece(SOUND), piece(SOUND, reason="STOP"), response_format="wav")
    assert (head[:4], len(head), samples) == (b"RIFF", 44, [SAMPLES, SAMPLES])


@pytest.mark.parametrize(
    ("bodies", "error"),
    [
        ([piece(SOUND)], StreamTruncatedError),
        ([piece(reason="STOP")], MalformedResponseError),
        ([BLOCKED], ContentFilterError),
        ([{"error": {"code": 400}}], InvalidRequestError),
    ],
)
def test_streamed_speech_that_did_not_come_is_an_error(bodies: Sequence[object], error: type[Exception]) -> None:
    with pytest.raises(error):
        hear(*bodies)


def test_a_transcription_is_asked_for_in_words() -> None:
    options = {"file": RECORDING, "language": "German", "prompt": "Names: Ada", "temperature": 0, "stream": True}
    encoded = TRANSCRIPTION.encode(target(), options)
    ask, recording = body_of(encoded)["contents"][0]["parts"]
    assert "German" in ask["text"]
    assert ask["text"].endswith("Names: Ada")
    assert recording == {"inlineData": {"mimeType": "audio/mpeg", "data": "bXAz"}}
    assert config_of(encoded) == {"temperature": 0}
    assert warned(encoded) == [("emulated", "transcription")]


def test_what_a_transcription_cannot_tell_is_a_warning() -> None:
    options = {"file": RECORDING, "diarize": True, "timestamp_granularities": ["word"], "response_format": "srt"}
    encoded = TRANSLATION.encode(target(), options)
    assert "English" in body_of(encoded)["contents"][0]["parts"][0]["text"]
    assert "generationConfig" not in body_of(encoded)
    assert warned(encoded) == [
        ("emulated", "translation"),
        ("dropped", "diarize"),
        ("dropped", "timestamp_granularities"),
        ("dropped", "response_format"),
    ]


def test_a_transcription_is_the_text_of_the_answer() -> None:
    usage = {"usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": 2, "totalTokenCount": 7}}
    told = TRANSCRIPTION.decode(target(), respond(piece({"text": " Hello. "}, reason="STOP") | usage))
    assert told.text == "Hello."
    assert told.usage == {"type": "tokens", "input_tokens": 5, "output_tokens": 2, "total_tokens": 7}
    assert TRANSCRIPTION.decode(target(), respond(piece(reason="STOP"))).text == ""
    with pytest.raises(ContentFilterError):
        TRANSCRIPTION.decode(target(), respond(BLOCKED))


def listen(*bodies: object) -> tuple[list[TranscriptionEvent], str]:
    """Return the events of a streamed transcription, and the text they add up to."""
    assert TRANSCRIPTION.stream is not None
    assert TRANSCRIPTION.fold is not None
    decoder, fold = TRANSCRIPTION.stream(target(), {}), TRANSCRIPTION.fold()
    events = [event for body in bodies for event in decoder.feed(Frame("", msgspec.json.encode(body)))]
    events += decoder.finish()
    for event in events:
        fold.add(event)
    return events, fold.result().text


def test_a_streamed_transcription_ends_with_the_whole_text() -> None:
    events, text = listen(piece({"text": "Hel"}), piece({"text": "lo"}), piece(reason="STOP"))
    assert [event.type for event in events] == ["transcript.text.delta"] * 2 + ["transcript.text.done"]
    assert events[-1].text == text == "Hello"


@pytest.mark.parametrize(
    ("bodies", "error"), [([piece({"text": "Hel"})], StreamTruncatedError), ([BLOCKED], ContentFilterError)]
)
def test_a_streamed_transcription_that_did_not_come_is_an_error(
    bodies: Sequence[object], error: type[Exception]
) -> None:
    with pytest.raises(error):
        listen(*bodies)
