"""Transcription: https://elevenlabs.io/docs/api-reference/speech-to-text/convert."""

from __future__ import annotations

import math
from collections.abc import Mapping

from any_llm.exceptions import MalformedResponseError
from any_llm.spec.answers import label_of, number_of, objects, read_object, words_of
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.spec.requests import fields, file_field, split, take_json_format, take_stream
from any_llm.types.audio import Transcription, TranscriptionWord, turns
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject
from any_llm.types.media import Media
from any_llm.types.report import Warning as CallWarning
from any_llm.types.value import revive

_RENAMED: Mapping[str, str] = {"language": "language_code"}
_INEXPRESSIBLE: Mapping[str, str] = {
    "chunking_strategy": "the recording is not cut by the caller",
    "include": "how sure it is of each word is told anyway",
    "known_speaker_names": "speakers have numbers",
    "known_speaker_references": "speakers have numbers",
    "prompt": "give the words to expect in keyterms",
}


def encode_transcription(target: Target, options: Options) -> Encoded:
    """Encode a request as a form. The recording is a file, or a URL.

    Raises:
        MediaNotReadError: the recording is given by an id.
    """
    said, warnings = split(options, _RENAMED, _INEXPRESSIBLE)
    media: Media = said.pop("file")
    take_stream(said, warnings)
    if take_json_format(said, warnings) == "diarized_json":
        said.setdefault("diarize", True)
    granularities = said.pop("timestamp_granularities", ())
    if granularities:
        said.setdefault("timestamps_granularity", "word")
    if "segment" in granularities and not said.get("diarize"):
        said["diarize"] = True
        warnings.append(CallWarning("emulated", "timestamp_granularities", "segments are what speakers say in turn"))
    if media.url is not None:
        said["cloud_storage_url"] = media.url
        return Encoded("/v1/speech-to-text", warnings=tuple(warnings), form=_form(target, said))
    return Encoded("/v1/speech-to-text", warnings=tuple(warnings), form=(*_form(target, said), file_field(media)))


def _form(target: Target, said: JSONObject) -> tuple[JSON, ...]:
    return tuple(fields({"model_id": target.model, **said}))


def decode_transcription(_target: Target, response: HttpResponse) -> Transcription:
    """Decode an answer; what is no word, such as laughter, is in `audio_events`.

    Of several channels the texts follow one another, and `transcripts` stays readable.

    Raises:
        MalformedResponseError: the answer has no text.
    """
    answer = read_object(response, "text", "transcripts")
    heard = objects(answer.get("transcripts")) if "transcripts" in answer else [answer]
    if not heard or not all(isinstance(one.get("text"), str) for one in heard):
        raise MalformedResponseError("an answer without text")
    told = [item for one in heard for item in objects(one.get("words"))]
    words = [_word(item) for item in told if item.get("type", "word") == "word"]
    events = [item for item in told if item.get("type") == "audio_event"]
    kept = {name: value for name, value in answer.items() if name != "words"}
    transcription = revive(Transcription, kept | ({"audio_events": events} if events else {}))
    transcription.text = "\n".join(one["text"] for one in heard)
    transcription.language = label_of(heard[0].get("language_code"))
    seconds = number_of(answer.get("audio_duration_secs"))
    transcription.duration = seconds
    transcription.words = words or None
    transcription.segments = turns(words) if any(word.speaker is not None for word in words) else None
    transcription.usage = None if seconds is None else {"type": "duration", "seconds": seconds}
    return transcription


def _word(told: JSONObject) -> TranscriptionWord:
    """Return a word; its logarithmic probability stays readable beside the plain one."""
    logprob = number_of(told.get("logprob"))
    confidence = None if logprob is None else math.exp(min(logprob, 0.0))
    kept = {name: value for name, value in told.items() if name != "text"}
    shaped = {"word": words_of(told.get("text")), "speaker": label_of(told.get("speaker_id")), "confidence": confidence}
    return revive(TranscriptionWord, kept | shaped)


TRANSCRIPTION: Codec[Transcription, None] = Codec(encode=encode_transcription, decode=decode_transcription)
"""The operation `transcription`."""
