"""Spoken words in and out: https://fal.ai/models/fal-ai/wizper/api and https://fal.ai/models?categories=text-to-speech."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from any_llm.dialects.fal.queue import follow_queue, is_place, submit
from any_llm.exceptions import MalformedResponseError
from any_llm.spec.answers import label_of, members, number_of, objects, read_binary, read_object, words_of
from any_llm.spec.dialect import Codec, Encoded, FollowUp, Options, Target
from any_llm.spec.requests import place_of, split, take_json_format, take_stream
from any_llm.types.audio import Transcription, TranscriptionSegment, TranscriptionWord
from any_llm.types.binary import Binary
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject, is_list
from any_llm.types.value import revive

_SPOKEN: Mapping[str, str] = {"input": "text", "response_format": "output_format"}
_UNSPOKEN: Mapping[str, str] = {"instructions": "say it in the model's own words"}
_UNHEARD: Mapping[str, str] = {
    "chunking_strategy": "the recording is not cut by the caller",
    "include": "there is nothing more to tell",
    "known_speaker_names": "speakers have numbers",
    "known_speaker_references": "speakers have numbers",
    "temperature": "the model decides",
}


def encode_speech(target: Target, options: Options) -> Encoded:
    """Encode a request; the model's own settings are sent as they are."""
    said, warnings = split(options, _SPOKEN, _UNSPOKEN)
    take_stream(said, warnings)
    if not said.get("voice"):
        said.pop("voice", None)
    return submit(target, said, warnings)


def follow_speech(target: Target, options: Options, response: HttpResponse) -> FollowUp | None:
    """Return what is asked next: about the place in the queue, then for the model's answer, then for its recording.

    Raises:
        AnyLLMError: the request failed.
        MalformedResponseError: the answer names no recording.
    """
    if not response.headers.get("content-type", "").startswith("application/json"):
        return None
    step = follow_queue(target, options, response)
    if step is not None:
        return step
    answer = read_object(response)
    told: JSON = answer.get("audio") or answer.get("audio_url") or answer.get("audio_file")
    url = words_of(told) or words_of(members(told).get("url"))
    if not is_place(url):
        raise MalformedResponseError(f"an answer that names no recording: it has {sorted(answer)}")
    return FollowUp(Encoded(url))


def decode_speech(_target: Target, response: HttpResponse) -> Binary:
    """Return the recording.

    Raises:
        MalformedResponseError: the answer is none.
    """
    return read_binary(response)


def encode_transcription(target: Target, options: Options, task: str = "transcribe") -> Encoded:
    """Encode a request; the model's own settings are sent as they are.

    Raises:
        MediaNotReadError: the recording is neither at a URL nor in memory.
    """
    said, warnings = split(options, {}, _UNHEARD)
    media = said.pop("file")
    take_stream(said, warnings)
    if take_json_format(said, warnings) == "diarized_json":
        said.setdefault("diarize", True)
    granularities = said.pop("timestamp_granularities", ())
    if granularities:
        said["chunk_level"] = "word" if "word" in granularities else "segment"
    return submit(target, {"audio_url": place_of(media), "task": task, **said}, warnings)


def decode_transcription(_target: Target, response: HttpResponse) -> Transcription:
    """Decode a model's answer. Its `chunks` stay readable, and are segments, or words where those were asked for.

    Raises:
        MalformedResponseError: the answer has no text.
    """
    answer = read_object(response, "text")
    if not isinstance(answer["text"], str):
        raise MalformedResponseError(f"an answer whose text is {type(answer['text']).__name__}")
    languages: JSON = answer.get("inferred_languages") or answer.get("languages")
    transcription = revive(Transcription, answer)
    if not transcription.language:
        transcription.language = label_of(languages[0]) if is_list(languages) and languages else None
    transcription.segments = [_segment(index, one) for index, one in enumerate(objects(answer.get("chunks")))] or None
    return transcription


def settle_transcription(options: Options, transcription: Transcription) -> Transcription:
    """Return chunks as words, where words were asked for."""
    if "word" in (options.get("timestamp_granularities") or ()) and transcription.segments:
        transcription.words = [
            TranscriptionWord(word=one.text.strip(), start=one.start, end=one.end, speaker=one.speaker)
            for one in transcription.segments
        ]
        transcription.segments = None
    return transcription


def _segment(index: int, told: JSONObject) -> TranscriptionSegment:
    times: JSON = told.get("timestamp")
    start, end = (number_of(time) or 0.0 for time in (*(times if is_list(times) else ()), None, None)[:2])
    text, who = words_of(told.get("text")), label_of(told.get("speaker"))
    return TranscriptionSegment(id=index, text=text, start=start, end=end, speaker=who)


SPEECH: Codec[Binary, bytes] = Codec(encode=encode_speech, decode=decode_speech, follow_up=follow_speech)
"""The operation `speech`."""

TRANSCRIPTION: Codec[Transcription, None] = Codec(
    encode=encode_transcription, decode=decode_transcription, follow_up=follow_queue, settle=settle_transcription
)
"""The operation `transcription`."""

TRANSLATION: Codec[Transcription, None] = Codec(
    encode=partial(encode_transcription, task="translate"), decode=decode_transcription, follow_up=follow_queue
)
"""The operation `translation`."""
