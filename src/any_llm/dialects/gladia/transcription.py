"""Transcription: a file is uploaded, a job started, and asked about until it is done.

https://docs.gladia.io/api-reference/v2/pre-recorded/init
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.exceptions import AnyLLMError, MalformedResponseError, ProviderError
from any_llm.spec.answers import label_of, members, number_of, objects, pause_after, read_object, words_of
from any_llm.spec.dialect import Codec, Encoded, FollowUp, Options, Target
from any_llm.spec.errors import error_for_status
from any_llm.spec.requests import file_field, segment, split, take_json_format, take_stream
from any_llm.types.audio import Transcription, TranscriptionSegment, TranscriptionWord
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject, is_list
from any_llm.types.media import Media
from any_llm.types.report import Warning as CallWarning
from any_llm.types.value import revive

_JOBS = "/v2/pre-recorded"
_RENAMED: Mapping[str, str] = {"diarize": "diarization"}
_INEXPRESSIBLE: Mapping[str, str] = {
    "chunking_strategy": "the recording is not cut by the caller",
    "include": "how sure it is of each word is told anyway",
    "known_speaker_names": "speakers have numbers",
    "known_speaker_references": "speakers have numbers",
    "prompt": "give the words to expect in custom_vocabulary",
    "temperature": "the model has none",
}
_NEEDLESS = frozenset({"file", "timestamp_granularities"})
"""Words and utterances are told with their times anyway."""


def encode_transcription(target: Target, options: Options) -> Encoded:
    """Encode the upload of a file, or at once the job for a URL. The vendor's own settings are sent as they are."""
    media: Media = options["file"]
    body, warnings = _job(target, options)
    if media.url is not None:
        return Encoded(_JOBS, msgspec.json.encode({"audio_url": media.url, **body}), warnings=tuple(warnings))
    return Encoded("/v2/upload", warnings=tuple(warnings), form=(file_field(media, "audio"),))


def _job(target: Target, options: Options) -> tuple[JSONObject, list[CallWarning]]:
    said, warnings = split(options, _RENAMED, _INEXPRESSIBLE)
    take_stream(said, warnings)
    if take_json_format(said, warnings) == "diarized_json":
        said.setdefault("diarization", True)
    language = said.pop("language", None)
    if language is not None:
        said["language_config"] = {"languages": [language]} | members(said.get("language_config"))
    named = {"model": target.model} if target.model else {}
    return named | {name: value for name, value in said.items() if name not in _NEEDLESS}, warnings


def follow_job(target: Target, options: Options, response: HttpResponse) -> FollowUp | None:
    """Return the start of the job after the upload, and the question how far it is until it has ended.

    Raises:
        MalformedResponseError: the answer tells neither of a file nor of a job.
    """
    answer = read_object(response, "audio_url", "id", "status")
    if "audio_url" in answer and "id" not in answer:
        body, _ = _job(target, options)
        return FollowUp(Encoded(_JOBS, msgspec.json.encode({"audio_url": answer["audio_url"], **body})))
    if answer.get("status", "queued") not in {"queued", "processing"}:
        return None
    place = words_of(answer.get("result_url")) or f"{_JOBS}/{segment(answer.get('id'))}"
    return FollowUp(Encoded(place), pause_after(response))


def decode_transcription(_target: Target, response: HttpResponse) -> Transcription:
    """Decode a job that has ended; `result` stays readable, with what else was asked of it.

    Raises:
        AnyLLMError: the job failed.
        MalformedResponseError: the answer has no text.
    """
    answer = read_object(response, "status")
    if answer["status"] == "error":
        raise _failure(answer)
    result = members(answer.get("result"))
    told = members(result.get("transcription"))
    text = told.get("full_transcript")
    if not isinstance(text, str):
        raise MalformedResponseError(f"a job without a transcript: it has {sorted(answer)}")
    utterances = objects(told.get("utterances"))
    seconds = number_of(members(result.get("metadata")).get("audio_duration"))
    languages: JSON = told.get("languages")
    transcription = revive(Transcription, answer)
    transcription.text = text
    transcription.language = label_of(languages[0]) if is_list(languages) and languages else None
    transcription.duration = seconds
    transcription.words = [_word(word, one) for one in utterances for word in objects(one.get("words"))] or None
    transcription.segments = [_segment(one) for one in utterances] or None
    transcription.usage = None if seconds is None else {"type": "duration", "seconds": seconds}
    return transcription


def _failure(answer: JSONObject) -> AnyLLMError:
    """Return why a job failed, which is told as an HTTP status."""
    code = answer.get("error_code")
    kind = error_for_status(code) if isinstance(code, int) else ProviderError
    return kind("the transcription failed", code=label_of(code))


def _word(told: JSONObject, utterance: JSONObject) -> TranscriptionWord:
    shaped = {"word": words_of(told.get("word")).strip(), "speaker": label_of(utterance.get("speaker"))}
    return revive(TranscriptionWord, told | shaped)


def _segment(told: JSONObject) -> TranscriptionSegment:
    kept = {name: value for name, value in told.items() if name != "words"}
    return revive(TranscriptionSegment, {**kept, "speaker": label_of(told.get("speaker"))})


TRANSCRIPTION: Codec[Transcription, None] = Codec(
    encode=encode_transcription, decode=decode_transcription, follow_up=follow_job
)
"""The operation `transcription`."""
