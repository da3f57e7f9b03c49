"""AssemblyAI's transcripts: upload, ask for one, ask until it is done."""

from __future__ import annotations

import pytest

from any_llm import AnyLLM
from any_llm.exceptions import AuthenticationError, InvalidRequestError, MalformedResponseError, ProviderError
from any_llm.spec.provider import Operation
from any_llm.types.media import Media
from tests.dialects.plain_calls import Calls, answers, body_of, warned
from tests.transport.conftest import Serve, serve

__all__ = ["serve"]

TRANSCRIPTION = Operation.TRANSCRIPTION
CALLS = Calls("assemblyai")
SAID = Media(content=b"RIFF", filename="a.wav", media_type="audio/wav")
WORD = {"text": "Hi", "start": 100, "end": 250, "confidence": 0.9, "speaker": "A"}
DONE = {
    "id": "t",
    "status": "completed",
    "text": "Hi",
    "words": [WORD],
    "utterances": [{**WORD, "words": [WORD]}],
    "language_code": "en_us",
    "audio_duration": 3,
    "chapters": [],
}


def test_a_file_is_uploaded_and_a_url_is_named_at_once() -> None:
    encoded = CALLS.encode(TRANSCRIPTION, file=SAID)
    assert encoded.upload is not None
    assert (encoded.path, encoded.upload.pieces) == ("/v2/upload", (b"RIFF",))
    assert encoded.headers == {"Content-Type": "application/octet-stream"}
    named = CALLS.encode(
        TRANSCRIPTION, "universal-2", file=Media(url="https://h/a"), language="en", diarize=True, auto_chapters=True
    )
    assert named.path == "/v2/transcript"
    assert body_of(named) == {
        "audio_url": "https://h/a",
        "speech_models": ["universal-2"],
        "language_code": "en",
        "speaker_labels": True,
        "auto_chapters": True,
    }


def test_what_cannot_be_said_is_warned_about() -> None:
    encoded = CALLS.encode(TRANSCRIPTION, file=SAID, include=["x"], stream=True, timestamp_granularities=["segment"])
    assert warned(encoded) == [
        ("dropped", "include"), ("dropped", "stream"), ("emulated", "timestamp_granularities")
    ]  # fmt: skip
    named = CALLS.encode(TRANSCRIPTION, file=Media(url="https://h/a"), response_format="diarized_json")
    assert body_of(named)["speaker_labels"] is True


def test_a_transcript_is_asked_for_after_the_upload_and_until_it_has_ended() -> None:
    uploaded = CALLS.follow(TRANSCRIPTION, {"upload_url": "https://h/f"}, file=SAID, diarize=True)
    assert uploaded is not None
    assert body_of(uploaded.encoded) == {"audio_url": "https://h/f", "speech_models": ["m"], "speaker_labels": True}
    queued = CALLS.follow(TRANSCRIPTION, {"id": "t/1", "status": "queued"}, file=SAID)
    assert queued is not None
    assert (queued.encoded.path, queued.wait) == ("/v2/transcript/t%2F1", 0.2)
    assert CALLS.follow(TRANSCRIPTION, DONE, file=SAID) is None
    with pytest.raises(MalformedResponseError):
        CALLS.follow(TRANSCRIPTION, {}, file=SAID)


def test_times_are_seconds() -> None:
    answer = CALLS.decode(TRANSCRIPTION, DONE)
    assert (answer.text, answer.language, answer.duration) == ("Hi", "en_us", 3.0)
    assert [(word.word, word.start, word.end, word.speaker) for word in answer.words] == [("Hi", 0.1, 0.25, "A")]
    assert [(part.text, part.start, part.end, part.speaker) for part in answer.segments] == [("Hi", 0.1, 0.25, "A")]
    assert answer.usage == {"type": "duration", "seconds": 3.0}
    assert answer.model_extra["chapters"] == []
    bare = CALLS.decode(TRANSCRIPTION, {"status": "completed", "text": "Hi", "words": None})
    assert (bare.words, bare.segments, bare.usage) == (None, None, None)


def test_what_failed_is_an_error() -> None:
    with pytest.raises(ProviderError, match="Download error"):
        CALLS.decode(TRANSCRIPTION, {"status": "error", "error": "Download error"})
    with pytest.raises(MalformedResponseError, match="no text"):
        CALLS.decode(TRANSCRIPTION, {"status": "completed", "text": None})
    error = CALLS.fail(401, {"error": "Authentication error, API token missing/invalid"})
    assert (type(error), error.message) == (AuthenticationError, "Authentication error, API token missing/invalid")
    assert type(CALLS.fail(400, {})) is InvalidRequestError


async def test_a_transcript_over_a_socket(serve: Serve) -> None:
    server = serve(answers({"upload_url": "https://h/f"}, {"id": "t", "status": "queued"}, DONE))
    client = AnyLLM.create("assemblyai", api_key="k-1", api_base=server.url(""))
    answer = await client.atranscription("universal-2", b"RIFF")
    assert answer.text == "Hi"
    assert [one.target for one in server.requests] == ["/v2/upload", "/v2/transcript", "/v2/transcript/t"]
    assert [one.headers["authorization"] for one in server.requests] == ["k-1"] * 3
    assert server.requests[0].body == b"RIFF"
