"""Transcription: a job is submitted, asked about until it has ended, and its transcript fetched.

https://docs.rev.ai/api/asynchronous/reference
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.dialects.revai.errors import FAILURES
from any_llm.exceptions import AnyLLMError, ProviderError
from any_llm.spec.answers import (
    first_text,
    label_of,
    members,
    number_of,
    objects,
    parse,
    pause_after,
    read_object,
    words_of,
)
from any_llm.spec.dialect import Codec, Encoded, FollowUp, Options, Target
from any_llm.spec.requests import file_field, segment, split, take_json_format, take_stream
from any_llm.types.audio import Transcription, TranscriptionSegment, TranscriptionWord
from any_llm.types.http import FormPart, HttpResponse
from any_llm.types.json import JSONObject
from any_llm.types.media import Media
from any_llm.types.value import revive

_JOBS = "/speechtotext/v1/jobs"
_TRANSCRIPT = "application/vnd.rev.transcript.v1.0+json"
_INEXPRESSIBLE: Mapping[str, str] = {
    "chunking_strategy": "the recording is not cut by the caller",
    "include": "how sure it is of each word is told anyway",
    "known_speaker_names": "say speaker_names",
    "known_speaker_references": "speakers are not known by their voices",
    "prompt": "give the words to expect in custom_vocabularies",
    "temperature": "the model has none",
}


def encode_transcription(target: Target, options: Options) -> Encoded:
    """Encode the submission of a job: a file beside its settings, or a URL among them.

    The model is a transcriber, such as `machine`. Speakers are told apart unless `diarize` is false. The vendor's own
    settings are sent as they are.

    Raises:
        MediaNotReadError: the recording is given by an id.
    """
    said, warnings = split(options, {}, _INEXPRESSIBLE)
    media: Media = said.pop("file")
    take_stream(said, warnings)
    take_json_format(said, warnings)
    said.pop("timestamp_granularities", None)
    if said.pop("diarize", True) is False:
        said["skip_diarization"] = True
    settings = {"transcriber": target.model, **said}
    if media.url is not None:
        body = msgspec.json.encode({"source_config": {"url": media.url}, **settings})
        return Encoded(_JOBS, body, warnings=tuple(warnings))
    form = (
        file_field(media, "media"),
        FormPart("options", msgspec.json.encode(settings).decode(), content_type="application/json"),
    )
    return Encoded(_JOBS, warnings=tuple(warnings), form=form)


def follow_job(_target: Target, _options: Options, response: HttpResponse) -> FollowUp | None:
    """Return the question how far a job is, and, when it is done, the one for its transcript.

    Raises:
        AnyLLMError: the job failed.
        MalformedResponseError: the answer is about no job.
    """
    answer = read_object(response, "monologues", "status")
    if "monologues" in answer:
        return None
    if answer["status"] == "failed":
        raise _failure(answer)
    job = f"{_JOBS}/{segment(answer.get('id'))}"
    if answer["status"] == "transcribed":
        return FollowUp(Encoded(f"{job}/transcript", headers={"Accept": _TRANSCRIPT}))
    return FollowUp(Encoded(job), pause_after(response))


def _failure(job: JSONObject) -> AnyLLMError:
    code = words_of(job.get("failure"))
    words = first_text(job.get("failure_detail"), code) or "the job failed"
    return FAILURES.get(code, ProviderError)(words, code=code or None)


def decode_transcription(_target: Target, response: HttpResponse) -> Transcription:
    """Decode a transcript, and what the job says of language and length; `monologues` and `job` stay readable.

    Raises:
        MalformedResponseError: the answer has no monologues.
    """
    answer = read_object(response, "monologues")
    job = members(parse(response.earlier[-1])) if response.earlier else {}
    monologues = objects(answer["monologues"])
    segments = [_segment(index, monologue) for index, monologue in enumerate(monologues)]
    words = [_word(one, monologue) for monologue in monologues for one in _spoken(monologue)]
    seconds = number_of(job.get("duration_seconds"))
    transcription = revive(Transcription, answer | ({"job": job} if job else {}))
    transcription.text = " ".join(one.text for one in segments)
    transcription.language = label_of(job.get("language"))
    transcription.duration = seconds
    transcription.words, transcription.segments = words or None, segments or None
    transcription.usage = None if seconds is None else {"type": "duration", "seconds": seconds}
    return transcription


def _spoken(monologue: JSONObject) -> list[JSONObject]:
    """Return what of a monologue was spoken: the rest is punctuation, and sounds that were not understood."""
    return [one for one in objects(monologue.get("elements")) if one.get("type") == "text"]


def _word(told: JSONObject, monologue: JSONObject) -> TranscriptionWord:
    kept = {name: value for name, value in told.items() if name not in {"type", "value", "ts", "end_ts"}}
    times = {"start": number_of(told.get("ts")) or 0.0, "end": number_of(told.get("end_ts")) or 0.0}
    who = label_of(monologue.get("speaker"))
    return revive(TranscriptionWord, {**kept, **times, "word": words_of(told.get("value")), "speaker": who})


def _segment(index: int, monologue: JSONObject) -> TranscriptionSegment:
    spoken = _spoken(monologue)
    text = "".join(words_of(one.get("value")) for one in objects(monologue.get("elements"))).strip()
    return TranscriptionSegment(
        id=index,
        text=text,
        speaker=label_of(monologue.get("speaker")),
        start=(number_of(spoken[0].get("ts")) or 0.0) if spoken else 0.0,
        end=(number_of(spoken[-1].get("end_ts")) or 0.0) if spoken else 0.0,
    )


TRANSCRIPTION: Codec[Transcription, None] = Codec(
    encode=encode_transcription, decode=decode_transcription, follow_up=follow_job
)
"""The operation `transcription`."""
