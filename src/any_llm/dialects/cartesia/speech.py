"""Speech: https://docs.cartesia.ai/api-reference/tts/bytes."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.spec.answers import members, read_binary
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.spec.requests import split
from any_llm.types.binary import Binary, BinaryFold, BinaryStream
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject
from any_llm.types.report import Warning as CallWarning

_RENAMED: Mapping[str, str] = {"input": "transcript"}
_INEXPRESSIBLE: Mapping[str, str] = {"instructions": "say generation_config, with an emotion in it"}
_FORMATS: Mapping[str, Mapping[str, JSON]] = {
    "mp3": {"container": "mp3", "sample_rate": 44_100, "bit_rate": 128_000},
    "pcm": {"container": "raw", "encoding": "pcm_s16le", "sample_rate": 24_000},
    "wav": {"container": "wav", "encoding": "pcm_s16le", "sample_rate": 44_100},
}
"""OpenAI's formats in the vendor's words; one must be said, and OpenAI's usual one is `mp3`."""


def encode_speech(target: Target, options: Options) -> Encoded:
    """Encode a request; `voice` is a voice's id. The vendor's own settings are sent as they are."""
    said, warnings = split(options, _RENAMED, _INEXPRESSIBLE)
    said.pop("stream", None)
    voice: JSON = said.pop("voice")
    said["voice"] = voice if isinstance(voice, dict) else {"mode": "id", "id": voice}
    speed = said.pop("speed", None)
    if speed is not None:
        said["generation_config"] = {"speed": speed} | members(said.get("generation_config"))
    chosen = _format(said.pop("response_format", None), said.pop("sample_rate", None), warnings)
    said["output_format"] = chosen | members(said.get("output_format"))
    return Encoded("/tts/bytes", msgspec.json.encode({"model_id": target.model, **said}), warnings=tuple(warnings))


def _format(wanted: JSON, rate: JSON, warnings: list[CallWarning]) -> JSONObject:
    name = str(wanted or "mp3")
    if name not in _FORMATS:
        warnings.append(CallWarning("dropped", "response_format", f"one of {', '.join(_FORMATS)} is taken, not {name}"))
    chosen = dict(_FORMATS[name if name in _FORMATS else "mp3"])
    return chosen if rate is None else chosen | {"sample_rate": rate}


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
