"""Spoken words in and out.

https://developers.cloudflare.com/workers-ai/models/whisper-large-v3-turbo and
https://developers.cloudflare.com/workers-ai/models/aura-1
"""

from __future__ import annotations

import binascii
from collections.abc import Mapping
from functools import partial

import msgspec

from any_llm.dialects.cloudflare.wire import dropped, refuse, result_of, run_path
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.audio import Transcription, TranscriptionSegment, TranscriptionWord
from any_llm.types.binary import Binary
from any_llm.types.http import HttpResponse, Upload
from any_llm.types.json import JSON, JSONObject, is_list, is_object
from any_llm.types.media import Media
from any_llm.types.report import Warning as CallWarning
from any_llm.types.value import revive

_LARGE = "large-v3"
"""The part of a model's name that takes a recording as base64 beside parameters; the others take its bytes alone."""

_UNHEARD: Mapping[str, str] = {
    "chunking_strategy": "the model cuts the recording itself",
    "diarize": "speakers are not told apart",
    "include": "there is nothing more to tell",
    "known_speaker_names": "speakers are not told apart",
    "known_speaker_references": "speakers are not told apart",
    "response_format": "a transcription is told in one form",
    "temperature": "the model has none",
}
_DEEPGRAM = "@cf/deepgram/"
"""How the names of models begin that take Deepgram's parameters."""

_UNSPOKEN: Mapping[str, str] = {"instructions": "the models take none", "speed": "the models have their own"}
_FACTS = ("word_count", "vtt", "transcription_info")


def encode_transcription(target: Target, options: Options, *, task: str = "transcribe") -> Encoded:
    """Encode a request; parameters that are not OpenAI's (`vad_filter`, …) are sent as they are.

    Raises:
        MediaNotReadError: the recording is not at hand, or is a file that has to be read for its base64.
    """
    media: Media = options["file"]
    warnings = list(dropped(options, {name: why for name, why in _UNHEARD.items() if options.get(name) != "json"}))
    not_sent = {"file", "prompt", "stream", "timestamp_granularities", *_UNHEARD}
    more = {name: value for name, value in options.items() if name not in not_sent and value is not None}
    prompt: JSON = options.get("prompt")
    if _LARGE not in target.model:
        said = {**more, "prompt": prompt} if prompt else more
        warnings += [CallWarning("dropped", name, "the model takes the recording alone") for name in said]
        headers = {"Content-Type": media.media_type or "application/octet-stream"}
        return Encoded(run_path(target), headers=headers, warnings=tuple(warnings), upload=Upload((media.source,)))
    body: JSONObject = {"audio": media.base64, "task": task, **more}
    if prompt:
        body["initial_prompt"] = prompt
    return Encoded(run_path(target), msgspec.json.encode(body), warnings=tuple(warnings))


def decode_transcription(_target: Target, response: HttpResponse) -> Transcription:
    """Decode an answer.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer has no text.
    """
    result = result_of(response)
    if not isinstance(result.get("text"), str):
        raise refuse(result)
    info: JSON = result.get("transcription_info")
    told: JSONObject = info if is_object(info) else {}
    segments = [revive(TranscriptionSegment, item) for item in _objects(result.get("segments"))]
    listed = _objects(result.get("words")) or [
        word for item in segments for word in _objects(item.model_extra.get("words"))
    ]
    language, duration = told.get("language"), told.get("duration")
    transcription = Transcription(
        text=result["text"],
        language=language if isinstance(language, str) else None,
        duration=float(duration) if isinstance(duration, int | float) else None,
        segments=segments or None,
        words=[revive(TranscriptionWord, item) for item in listed] or None,
    )
    for name in _FACTS:
        if result.get(name) is not None:
            setattr(transcription, name, result[name])
    return transcription


def _objects(listed: JSON) -> list[JSONObject]:
    return [item for item in listed if is_object(item)] if is_list(listed) else []


def encode_speech(target: Target, options: Options) -> Encoded:
    """Encode a request; parameters that are not OpenAI's are sent as they are."""
    deepgram = target.model.startswith(_DEEPGRAM)
    names = {"input": "text" if deepgram else "prompt", "voice": "speaker" if deepgram else "", "language": "lang"}
    names |= {"response_format": "encoding", "sample_rate": "sample_rate"} if deepgram else {}
    reasons = dict(_UNSPOKEN)
    if not deepgram:
        reasons |= {"response_format": "the model speaks MP3", "sample_rate": "the model has its own"}
    body: JSONObject = {}
    for name, value in options.items():
        theirs = names.get(name, name)
        if value is not None and theirs and name != "stream" and name not in reasons:
            body[theirs] = value
    if not deepgram and options.get("voice"):
        reasons["voice"] = "the model has one"
    return Encoded(run_path(target), msgspec.json.encode(body), {"Accept": "*/*"}, dropped(options, reasons))


def decode_speech(_target: Target, response: HttpResponse) -> Binary:
    """Decode an answer: the recording itself, or its base64 in an envelope.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer is no recording.
    """
    media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type.startswith("audio/"):
        return Binary(response.body, media_type=media_type)
    result = result_of(response)
    audio: JSON = result.get("audio")
    if not isinstance(audio, str):
        raise refuse(result)
    try:
        return Binary(binascii.a2b_base64(audio), media_type="audio/mpeg")
    except (binascii.Error, ValueError) as error:
        raise refuse({}) from error


TRANSCRIPTION: Codec[Transcription, None] = Codec(encode=encode_transcription, decode=decode_transcription)
"""The operation `transcription`."""

TRANSLATION: Codec[Transcription, None] = Codec(
    encode=partial(encode_transcription, task="translate"), decode=decode_transcription
)
"""The operation `translation`."""

SPEECH: Codec[Binary, bytes] = Codec(encode=encode_speech, decode=decode_speech)
"""The operation `speech`."""
