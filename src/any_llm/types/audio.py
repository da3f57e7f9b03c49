"""Spoken words in and out: what `transcription`, `translation` and `speech` answer. OpenAI's shapes.

https://platform.openai.com/docs/api-reference/audio
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from any_llm.types.json import JSONObject
from any_llm.types.params import AudioSpeechParams, AudioTranscriptionParams
from any_llm.types.report import Reported
from any_llm.types.value import Value

__all__ = [
    "AudioSpeechParams",
    "AudioTranscriptionParams",
    "Transcription",
    "TranscriptionEvent",
    "TranscriptionFold",
    "TranscriptionSegment",
    "TranscriptionWord",
    "turns",
]


class TranscriptionWord(Value):
    """One word and when it was said, in seconds from the start.

    `speaker` and `confidence` (0 to 1) are there where the provider tells them.
    """

    sdk_type: ClassVar[str] = "openai.types.audio:TranscriptionWord"

    word: str = ""
    start: float = 0.0
    end: float = 0.0
    speaker: str | None = None
    confidence: float | None = None


class TranscriptionSegment(Value):
    """A stretch of speech, in seconds from the start; `speaker` is there where speakers are told apart."""

    sdk_type: ClassVar[str] = "openai.types.audio:TranscriptionSegment"

    id: int | str | None = None
    text: str = ""
    start: float = 0.0
    end: float = 0.0
    speaker: str | None = None
    avg_logprob: float | None = None
    compression_ratio: float | None = None
    no_speech_prob: float | None = None
    seek: int | None = None
    temperature: float | None = None
    tokens: list[int] | None = None
    confidence: float | None = None


class Transcription(Reported):
    """What was said, as one text; `duration` is seconds, `language` the name or code that the provider uses.

    `words` and `segments` are there where they were asked for. `usage` is `{"type": "tokens", …}` or
    `{"type": "duration", "seconds": …}`, in OpenAI's words.
    """

    sdk_type: ClassVar[str] = "openai.types.audio:Transcription"

    text: str = ""
    language: str | None = None
    duration: float | None = None
    words: list[TranscriptionWord] | None = None
    segments: list[TranscriptionSegment] | None = None
    logprobs: list[JSONObject] | None = None
    usage: JSONObject | None = None
    languages: list[str] | None = None


OpenAITranscription = Transcription
OpenAITranscriptionVerbose = Transcription
TranscriptionVerbose = Transcription
"""The drop-in's name for a transcription with words and segments: here every one has them, where they are told."""


def turns(words: Sequence[TranscriptionWord]) -> list[TranscriptionSegment]:
    """Return what the speakers say in turn, for vendors that tell the speaker of each word only."""
    segments: list[TranscriptionSegment] = []
    for word in words:
        last = segments[-1] if segments else None
        if last is None or last.speaker != word.speaker:
            segment = TranscriptionSegment(id=len(segments), speaker=word.speaker, start=word.start)
            segments.append(segment)
            segment.text, segment.end = word.word, word.end
        else:
            last.text, last.end = f"{last.text} {word.word}", word.end
    return segments


class TranscriptionEvent(Value):
    """One event of a streamed transcription; `type` is one of OpenAI's names.

    `transcript.text.delta` adds `delta`, `transcript.text.segment` tells a finished segment (`text`, `start`, `end`,
    `speaker`), `transcript.text.done` holds the whole `text` and the `usage`.
    https://platform.openai.com/docs/api-reference/audio/transcript-text-delta-event
    """

    type: str = ""
    delta: str | None = None
    text: str | None = None
    id: int | str | None = None
    start: float | None = None
    end: float | None = None
    speaker: str | None = None
    segment_id: str | None = None
    logprobs: list[JSONObject] | None = None
    usage: JSONObject | None = None


class TranscriptionFold:
    """Adds up the events of a streamed transcription."""

    def __init__(self) -> None:
        self._deltas: list[str] = []
        self._segments: list[TranscriptionSegment] = []
        self._done: TranscriptionEvent | None = None

    def add(self, item: TranscriptionEvent) -> None:
        """Take one event into account."""
        if item.delta is not None:
            self._deltas.append(item.delta)
        if item.type == "transcript.text.segment":
            self._segments.append(
                TranscriptionSegment(
                    id=item.id,
                    text=item.text or "",
                    start=item.start or 0.0,
                    end=item.end or 0.0,
                    speaker=item.speaker,
                )
            )
        if item.type == "transcript.text.done":
            self._done = item

    def result(self) -> Transcription:
        """Return the transcription so far."""
        done = self._done
        text = "".join(self._deltas) if done is None or done.text is None else done.text
        return Transcription(
            text=text,
            segments=list(self._segments) or None,
            logprobs=done.logprobs if done is not None else None,
            usage=done.usage if done is not None else None,
        )
