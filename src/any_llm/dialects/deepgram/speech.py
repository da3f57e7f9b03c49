"""Speech: https://developers.deepgram.com/reference/text-to-speech/speak-request."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.spec.answers import read_binary
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.spec.requests import split, with_query
from any_llm.types.binary import Binary, BinaryFold, BinaryStream
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSONObject
from any_llm.types.report import Warning as CallWarning

_INEXPRESSIBLE: Mapping[str, str] = {"instructions": "the voice says how it speaks"}
_FORMATS: Mapping[str, Mapping[str, str]] = {
    "ogg": {"encoding": "opus", "container": "ogg"},
    "opus": {"encoding": "opus", "container": "ogg"},
    "pcm": {"encoding": "linear16", "container": "none"},
    "wav": {"encoding": "linear16", "container": "wav"},
}
"""Formats that are an encoding in a container; the others are encodings by the same name.

https://developers.deepgram.com/docs/tts-media-output-settings
"""

_FIXED_RATE = frozenset({"aac", "mp3", "opus"})
_CODE = 2


def encode_speech(target: Target, options: Options) -> Encoded:
    """Encode a request: the text is its body, all else its query. The vendor's own settings are sent as they are."""
    said, warnings = split(options, {}, _INEXPRESSIBLE)
    said.pop("stream", None)
    text, voice, language = said.pop("input"), said.pop("voice", None), said.pop("language", None)
    wanted = said.pop("response_format", None)
    query: JSONObject = {"model": _model(target.model, voice, language, warnings)}
    query |= _FORMATS.get(wanted, {"encoding": wanted} if wanted else {})
    if "sample_rate" in said and query.get("encoding", "mp3") in _FIXED_RATE and "encoding" not in said:
        warnings.append(CallWarning("dropped", "sample_rate", f"{query.get('encoding', 'mp3')} has its own"))
        del said["sample_rate"]
    body = msgspec.json.encode({"text": text})
    return Encoded(with_query("/v1/speak", {**query, **said}), body, warnings=tuple(warnings))


def _model(model: str, voice: object, language: object, warnings: list[CallWarning]) -> str:
    """Return a voice's model, such as `aura-2-thalia-en`, of which the caller may have said the family and the voice.

    https://developers.deepgram.com/docs/tts-models
    """
    name = str(voice or "").lower()
    if model.count("-") > 1 and len(model.rpartition("-")[2]) == _CODE:
        if name and name != model and name not in model.split("-"):
            warnings.append(CallWarning("dropped", "voice", f"the model {model!r} is a voice already"))
        if language is not None and language != model.rpartition("-")[2]:
            warnings.append(CallWarning("dropped", "language", f"the model {model!r} has its own"))
        return model
    if not name or name.startswith(f"{model}-"):
        if language is not None:
            warnings.append(CallWarning("dropped", "language", "the voice has its own"))
        return name or model
    return f"{model}-{name}-{language or 'en'}"


def decode_speech(_target: Target, response: HttpResponse) -> Binary:
    """Return the sound.

    Raises:
        MalformedResponseError: the answer is none.
    """
    return read_binary(response)


SPEECH: Codec[Binary, bytes] = Codec(
    encode=encode_speech, decode=decode_speech, stream=BinaryStream, fold=BinaryFold, framing="raw"
)
"""The operation `speech`."""
