"""Spoken words in and out.

https://huggingface.co/docs/inference-providers/tasks/automatic-speech-recognition and
https://huggingface.co/docs/inference-providers/tasks/text-to-speech
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.dialects.huggingface.wire import dropped, parse, path, refuse
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.audio import Transcription, TranscriptionSegment
from any_llm.types.binary import Binary
from any_llm.types.http import HttpResponse, Upload
from any_llm.types.json import JSON, JSONObject, is_list, is_mapping, is_object
from any_llm.types.media import Media
from any_llm.types.report import Warning as CallWarning

_UNHEARD: Mapping[str, str] = {
    "chunking_strategy": "the server cuts the recording itself",
    "diarize": "speakers are not told apart",
    "include": "there is nothing more to tell",
    "known_speaker_names": "speakers are not told apart",
    "known_speaker_references": "speakers are not told apart",
    "language": "say `parameters`, in the model's words",
    "prompt": "the server takes no prompt",
    "response_format": "a transcription is told in one form",
    "temperature": "say `generation_parameters`",
}
_UNSPOKEN: Mapping[str, str] = {
    "instructions": "the server takes none",
    "language": "the model has its own",
    "response_format": "the server chooses the format",
    "sample_rate": "the server chooses it",
    "speed": "the model has its own",
}
_AUDIO = "application/octet-stream"
_PAIR = 2


def encode_transcription(target: Target, options: Options) -> Encoded:
    """Encode a request: the recording itself, or its base64 beside parameters.

    Raises:
        MediaNotReadError: the recording is not at hand, or is a file that has to be read for its base64.
    """
    media: Media = options["file"]
    own: JSON = options.get("parameters")
    parameters: JSONObject = dict(own) if is_mapping(own) else {}
    granularities = options.get("timestamp_granularities")
    if granularities:
        parameters["return_timestamps"] = "word" if "word" in granularities else True
    known = _UNHEARD.keys() | _SAID_OTHERWISE
    parameters |= {name: value for name, value in options.items() if name not in known and value is not None}
    warnings = dropped(options, {name: why for name, why in _UNHEARD.items() if (name, options.get(name)) != _JSON})
    route = path(target, "automatic-speech-recognition")
    if not parameters:
        headers = {"Content-Type": media.media_type or _AUDIO}
        return Encoded(route, headers=headers, warnings=warnings, upload=Upload((media.source,)))
    return Encoded(route, msgspec.json.encode({"inputs": media.base64, "parameters": parameters}), warnings=warnings)


_JSON = ("response_format", "json")
_SAID_OTHERWISE = frozenset({"file", "filename", "mime_type", "parameters", "stream", "timestamp_granularities"})


def decode_transcription(_target: Target, response: HttpResponse) -> Transcription:
    """Decode an answer.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer has no text.
    """
    answer = parse(response.body)
    if not is_object(answer) or not isinstance(answer.get("text"), str):
        raise refuse(answer)
    listed: JSON = answer.get("chunks")
    segments = [_segment(chunk) for chunk in listed if is_object(chunk)] if is_list(listed) else []
    return Transcription(text=answer["text"], segments=segments or None)


def _segment(chunk: JSONObject) -> TranscriptionSegment:
    times: JSON = chunk.get("timestamp")
    pair = times if is_list(times) and len(times) == _PAIR else [None, None]
    start, end = (float(time) if isinstance(time, int | float) else 0.0 for time in pair)
    text: JSON = chunk.get("text")
    return TranscriptionSegment(text=text if isinstance(text, str) else "", start=start, end=end)


def encode_speech(target: Target, options: Options) -> Encoded:
    """Encode a request; `parameters`, and members of a body that are not OpenAI's, are sent as they are."""
    own: JSON = options.get("parameters")
    parameters: JSONObject = dict(own) if is_mapping(own) else {}
    warnings: list[CallWarning] = list(dropped(options, _UNSPOKEN))
    if options.get("voice"):
        parameters.setdefault("voice", options["voice"])
    body: JSONObject = {"inputs": options["input"]} | ({"parameters": parameters} if parameters else {})
    not_sent = {"input", "parameters", "stream", "voice", *_UNSPOKEN}
    body |= {name: value for name, value in options.items() if name not in not_sent and value is not None}
    route = path(target, "text-to-speech")
    return Encoded(route, msgspec.json.encode(body), {"Accept": "audio/*"}, tuple(warnings))


def decode_speech(_target: Target, response: HttpResponse) -> Binary:
    """Decode an answer, which is the recording itself.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer is no recording.
    """
    media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not response.body or not media_type.startswith(("audio/", _AUDIO)):
        raise refuse(parse(response.body))
    return Binary(response.body, media_type=media_type)


TRANSCRIPTION: Codec[Transcription, None] = Codec(encode=encode_transcription, decode=decode_transcription)
"""The operation `transcription`."""

SPEECH: Codec[Binary, bytes] = Codec(encode=encode_speech, decode=decode_speech)
"""The operation `speech`."""
