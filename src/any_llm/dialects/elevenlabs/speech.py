"""Speech: https://elevenlabs.io/docs/api-reference/text-to-speech/convert and …/stream."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.spec.answers import members, read_binary
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.spec.requests import segment, split, with_query
from any_llm.types.binary import Binary, BinaryFold, BinaryStream
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON
from any_llm.types.report import Warning as CallWarning

_RENAMED: Mapping[str, str] = {"input": "text", "language": "language_code"}
_INEXPRESSIBLE: Mapping[str, str] = {"instructions": "the voice says how it speaks; tags in the text say more"}
_OF_QUERY = ("enable_logging", "optimize_streaming_latency", "output_format")
_FORMATS: Mapping[str, tuple[int, str]] = {
    "alaw": (8_000, ""),
    "mp3": (44_100, "_128"),
    "opus": (48_000, "_128"),
    "pcm": (24_000, ""),
    "ulaw": (8_000, ""),
    "wav": (24_000, ""),
}
"""By format the usual rate, which is OpenAI's for bare samples, and how many bits a second."""

_MP3_RATES: Mapping[int, str] = {22_050: "_32", 24_000: "_48"}
"""The bits a second of the slower kinds of MP3."""


def encode_speech(target: Target, options: Options) -> Encoded:
    """Encode a request; `voice` is a voice's id. The vendor's own settings are sent as they are."""
    said, warnings = split(options, _RENAMED, _INEXPRESSIBLE)
    streamed = "/stream" if said.pop("stream", False) else ""
    path = f"/v1/text-to-speech/{segment(said.pop('voice'))}{streamed}"
    speed = said.pop("speed", None)
    if speed is not None:
        said["voice_settings"] = {"speed": speed} | members(said.get("voice_settings"))
    wanted = _format(said.pop("response_format", None), said.pop("sample_rate", None), warnings)
    query = {"output_format": wanted} if wanted else {}
    query |= {name: said.pop(name) for name in _OF_QUERY if name in said}
    body = msgspec.json.encode({"model_id": target.model, **said})
    return Encoded(with_query(path, query), body, warnings=tuple(warnings))


def _format(wanted: JSON, rate: JSON, warnings: list[CallWarning]) -> str:
    """Return the vendor's name of a format, such as `mp3_44100_128`; its own names are taken as they are."""
    if wanted is None and rate is None:
        return ""
    name = str(wanted or "mp3")
    if "_" in name:
        return name
    if name not in _FORMATS:
        warnings.append(CallWarning("dropped", "response_format", f"one of {', '.join(_FORMATS)} is taken, not {name}"))
        return ""
    usual, bits = _FORMATS[name]
    chosen = int(rate or usual)
    return f"{name}_{chosen}{_MP3_RATES.get(chosen, bits) if name == 'mp3' else bits}"


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
