"""Rev AI's jobs: submit, ask until it has ended, fetch the transcript."""

from __future__ import annotations

import json

import pytest

from any_llm import AnyLLM
from any_llm.exceptions import (
    AuthenticationError,
    InsufficientFundsError,
    InvalidRequestError,
    MalformedResponseError,
    ProviderError,
)
from any_llm.spec.provider import Operation
from any_llm.types.json import JSON
from any_llm.types.media import Media
from tests.dialects.plain_calls import Calls, answers, body_of, respond, warned
from tests.transport.conftest import Serve, serve

__all__ = ["serve"]

TRANSCRIPTION = Operation.TRANSCRIPTION
CALLS = Calls("revai")
SAID = Media(content=b"RIFF", filename="a.wav", media_type="audio/wav")
JOB = {"id": "j/1", "status": "transcribed", "language": "en", "duration_seconds": 2.5, "name": "a.wav"}
HELLO = {"type": "text", "value": "Hello", "ts": 0.1, "end_ts": 0.4, "confidence": 0.9}
STOP = {"type": "punct", "value": "."}
MONOLOGUES = {
    "monologues": [{"speaker": 0, "elements": [HELLO, STOP]}, {"speaker": 1, "elements": [{"type": "unknown"}]}]
}


def test_a_file_is_sent_beside_its_settings_and_a_url_among_them() -> None:
    encoded = CALLS.encode(TRANSCRIPTION, "machine", file=SAID, language="en", diarize=False, filter_profanity=True)
    assert encoded.path == "/speechtotext/v1/jobs"
    media, settings = encoded.form
    assert (media.name, media.content, settings.name, settings.content_type) == (
        "media", b"RIFF", "options", "application/json"
    )  # fmt: skip
    assert isinstance(settings.content, str)
    assert json.loads(settings.content) == {
        "transcriber": "machine",
        "language": "en",
        "filter_profanity": True,
        "skip_diarization": True,
    }
    named = CALLS.encode(TRANSCRIPTION, file=Media(url="https://h/a"), diarize=True, timestamp_granularities=["word"])
    assert body_of(named) == {"source_config": {"url": "https://h/a"}, "transcriber": "m"}
    assert warned(CALLS.encode(TRANSCRIPTION, file=SAID, prompt="p", stream=True)) == [
        ("dropped", "prompt"), ("dropped", "stream")
    ]  # fmt: skip


def test_a_job_is_asked_about_and_its_transcript_fetched() -> None:
    waiting = CALLS.follow(TRANSCRIPTION, {**JOB, "status": "in_progress"}, *[respond({})] * 50)
    assert waiting is not None
    assert (waiting.encoded.path, waiting.wait) == ("/speechtotext/v1/jobs/j%2F1", 3.0)
    done = CALLS.follow(TRANSCRIPTION, JOB)
    assert done is not None
    assert done.encoded.path == "/speechtotext/v1/jobs/j%2F1/transcript"
    assert done.encoded.headers == {"Accept": "application/vnd.rev.transcript.v1.0+json"}
    assert CALLS.follow(TRANSCRIPTION, MONOLOGUES) is None
    with pytest.raises(MalformedResponseError):
        CALLS.follow(TRANSCRIPTION, {})


@pytest.mark.parametrize(
    ("job", "kind", "words"),
    [
        ({"failure": "insufficient_balance", "failure_detail": "Pay"}, InsufficientFundsError, "Pay"),
        ({"failure": "invalid_media"}, InvalidRequestError, "invalid_media"),
        ({}, ProviderError, "the job failed"),
    ],
)
def test_a_job_that_failed_is_an_error(job: JSON, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        CALLS.follow(TRANSCRIPTION, {"id": "j", "status": "failed", **job})


def test_a_transcription_tells_who_says_what_and_when() -> None:
    answer = CALLS.decode(TRANSCRIPTION, MONOLOGUES, respond(JOB))
    assert (answer.text, answer.language, answer.duration) == ("Hello. ", "en", 2.5)
    assert [(word.word, word.start, word.end, word.confidence, word.speaker) for word in answer.words] == [
        ("Hello", 0.1, 0.4, 0.9, "0")
    ]
    assert [(part.text, part.speaker, part.start, part.end) for part in answer.segments] == [
        ("Hello.", "0", 0.1, 0.4),
        ("", "1", 0.0, 0.0),
    ]
    assert answer.model_extra["job"]["name"] == "a.wav"
    bare = CALLS.decode(TRANSCRIPTION, {"monologues": []})
    assert (bare.text, bare.words, bare.segments, bare.usage) == ("", None, None, None)


def test_errors_are_told_by_status() -> None:
    error = CALLS.fail(401, {"title": "Authorization has been denied for this request.", "status": 401})
    assert (type(error), error.message) == (AuthenticationError, "Authorization has been denied for this request.")
    wrong = CALLS.fail(400, {"parameters": {"media": ["is required"]}, "title": "Bad", "detail": "x"})
    assert wrong.message == 'Bad: x: {"media":["is required"]}'


async def test_a_job_over_a_socket(serve: Serve) -> None:
    server = serve(answers({"id": "j", "status": "in_progress"}, {**JOB, "id": "j"}, MONOLOGUES))
    client = AnyLLM.create("revai", api_key="k-1", api_base=server.url(""))
    answer = await client.atranscription("machine", b"RIFF")
    assert (answer.words or [])[0].word == "Hello"
    assert [one.target.removeprefix("/speechtotext/v1") for one in server.requests] == [
        "/jobs",
        "/jobs/j",
        "/jobs/j/transcript",
    ]
    assert server.requests[2].headers["accept"] == "application/vnd.rev.transcript.v1.0+json"
