"""Transcription: a file is uploaded, a transcript asked for, and asked about until it is done.

https://www.assemblyai.com/docs/api-reference/transcripts/submit
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.exceptions import MalformedResponseError, ProviderError
from any_llm.spec.answers import first_text, label_of, number_of, objects, pause_after, read_object, words_of
from any_llm.spec.dialect import Codec, Encoded, FollowUp, Options, Target
from any_llm.spec.requests import OCTETS, segment, split, take_json_format, take_stream
from any_llm.types.audio import Transcription, TranscriptionSegment, TranscriptionWord
from any_llm.types.http import HttpResponse, Upload
from any_llm.types.json import JSONObject
from any_llm.types.media import Media
from any_llm.types.report import Warning as CallWarning
from any_llm.types.value import revive

_TRANSCRIPTS = "/v2/transcript"
_MILLISECONDS = 1_000
_RENAMED: Mapping[str, str] = {"diarize": "speaker_labels", "language": "language_code"}
_INEXPRESSIBLE: Mapping[str, str] = {
    "chunking_strategy": "the recording is not cut by the caller",
    "include": "how sure it is of each word is told anyway",
    "known_speaker_names": "say speech_understanding",
    "known_speaker_references": "speakers are not known by their voices",
}
_LOST = frozenset({"end", "start", "text", "words"})


def encode_transcription(target: Target, options: Options) -> Encoded:
    """Encode the upload of a file, or at once the wish for a transcript of a URL.

    Segments are utterances, which there are where speakers are told apart. The vendor's own settings are sent as they
    are.

    Raises:
        MediaNotReadError: the recording is given by an id.
    """
    media: Media = options["file"]
    body, warnings = _wish(target, options)
    if media.url is not None:
        return Encoded(_TRANSCRIPTS, msgspec.json.encode({"audio_url": media.url, **body}), warnings=tuple(warnings))
    headers = {"Content-Type": OCTETS}
    return Encoded("/v2/upload", headers=headers, warnings=tuple(warnings), upload=Upload((media.source,)))


def _wish(target: Target, options: Options) -> tuple[JSONObject, list[CallWarning]]:
    said, warnings = split(options, _RENAMED, _INEXPRESSIBLE)
    said.pop("file", None)
    take_stream(said, warnings)
    if take_json_format(said, warnings) == "diarized_json":
        said.setdefault("speaker_labels", True)
    if "segment" in said.pop("timestamp_granularities", ()) and not said.get("speaker_labels"):
        said["speaker_labels"] = True
        warnings.append(CallWarning("emulated", "timestamp_granularities", "segments are what speakers say in turn"))
    return {"speech_models": [target.model], **said}, warnings


def follow_job(target: Target, options: Options, response: HttpResponse) -> FollowUp | None:
    """Return the wish for a transcript after the upload, and the question how far it is until it has ended.

    Raises:
        MalformedResponseError: the answer tells neither of a file nor of a transcript.
    """
    answer = read_object(response, "upload_url", "status")
    if "upload_url" in answer:
        body, _ = _wish(target, options)
        return FollowUp(Encoded(_TRANSCRIPTS, msgspec.json.encode({"audio_url": answer["upload_url"], **body})))
    if answer["status"] not in {"queued", "processing"}:
        return None
    return FollowUp(Encoded(f"{_TRANSCRIPTS}/{segment(answer.get('id'))}"), pause_after(response))


def decode_transcription(_target: Target, response: HttpResponse) -> Transcription:
    """Decode a transcript; what else was asked of it stays readable. Times are seconds, the vendor's milliseconds.

    Raises:
        MalformedResponseError: the answer has no text.
        ProviderError: the transcription failed.
    """
    answer = read_object(response, "status")
    if answer["status"] == "error":
        raise ProviderError(first_text(answer.get("error")) or "the transcription failed")
    if not isinstance(answer.get("text"), str):
        raise MalformedResponseError(f"a transcript that is {answer['status']!r} and has no text")
    words = [_word(one) for one in objects(answer.get("words"))]
    segments = [_segment(index, one) for index, one in enumerate(objects(answer.get("utterances")))]
    kept = {name: value for name, value in answer.items() if name != "words"}
    seconds = number_of(answer.get("audio_duration"))
    transcription = revive(Transcription, kept)
    transcription.language = label_of(answer.get("language_code"))
    transcription.duration = seconds
    transcription.words, transcription.segments = words or None, segments or None
    transcription.usage = None if seconds is None else {"type": "duration", "seconds": seconds}
    return transcription


def _times(told: JSONObject) -> JSONObject:
    return {name: (number_of(told.get(name)) or 0.0) / _MILLISECONDS for name in ("start", "end")}


def _word(told: JSONObject) -> TranscriptionWord:
    kept = {name: value for name, value in told.items() if name not in _LOST}
    return revive(TranscriptionWord, {**kept, **_times(told), "word": words_of(told.get("text"))})


def _segment(index: int, told: JSONObject) -> TranscriptionSegment:
    kept = {name: value for name, value in told.items() if name not in _LOST}
    text = words_of(told.get("text"))
    return revive(TranscriptionSegment, {**kept, **_times(told), "text": text, "id": index})


TRANSCRIPTION: Codec[Transcription, None] = Codec(
    encode=encode_transcription, decode=decode_transcription, follow_up=follow_job
)
"""The operation `transcription`."""
