"""Transcription: https://docs.cartesia.ai/api-reference/stt/transcribe."""

from __future__ import annotations

from collections.abc import Mapping

from any_llm.exceptions import MalformedResponseError
from any_llm.spec.answers import number_of, read_object
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.spec.requests import fields, file_field, split, take_json_format, take_stream
from any_llm.types.audio import Transcription
from any_llm.types.http import HttpResponse
from any_llm.types.media import Media
from any_llm.types.report import Warning as CallWarning
from any_llm.types.value import revive

_INEXPRESSIBLE: Mapping[str, str] = {
    "chunking_strategy": "the recording is not cut by the caller",
    "diarize": "speakers are not told apart",
    "include": "there is nothing more to tell",
    "known_speaker_names": "speakers are not told apart",
    "known_speaker_references": "speakers are not told apart",
    "prompt": "the model takes no prompt",
    "temperature": "the model has none",
}


def encode_transcription(target: Target, options: Options) -> Encoded:
    """Encode a request as a form.

    Raises:
        MediaNotReadError: the recording is not a file.
    """
    said, warnings = split(options, {}, _INEXPRESSIBLE)
    media: Media = said.pop("file")
    take_stream(said, warnings)
    take_json_format(said, warnings)
    granularities = list(said.pop("timestamp_granularities", ()))
    if "segment" in granularities:
        warnings.append(CallWarning("dropped", "timestamp_granularities", "words have times, segments are not told"))
    if "word" in granularities:
        said["timestamp_granularities[]"] = ["word"]
    form = (*fields({"model": target.model, **said}), file_field(media))
    return Encoded("/stt", warnings=tuple(warnings), form=form)


def decode_transcription(_target: Target, response: HttpResponse) -> Transcription:
    """Decode an answer, which has OpenAI's fields.

    Raises:
        MalformedResponseError: the answer has no text.
    """
    answer = read_object(response, "text")
    if not isinstance(answer["text"], str):
        raise MalformedResponseError(f"an answer whose text is {type(answer['text']).__name__}")
    transcription = revive(Transcription, answer)
    seconds = number_of(answer.get("duration"))
    transcription.usage = None if seconds is None else {"type": "duration", "seconds": seconds}
    return transcription


TRANSCRIPTION: Codec[Transcription, None] = Codec(encode=encode_transcription, decode=decode_transcription)
"""The operation `transcription`."""
