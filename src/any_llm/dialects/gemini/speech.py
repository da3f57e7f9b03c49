"""Speech: a text spoken by a model that answers in sound.

https://ai.google.dev/gemini-api/docs/speech-generation
"""

from __future__ import annotations

import binascii
import struct
from collections.abc import Mapping, Sequence

import msgspec

from any_llm.dialects.gemini.generated import data_parts, ended, nothing_made, read_answer
from any_llm.dialects.gemini.places import path
from any_llm.dialects.gemini.wire import camel, completion_usage, members
from any_llm.exceptions import StreamTruncatedError
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.binary import Binary, BinaryFold
from any_llm.types.http import Frame, HttpResponse
from any_llm.types.json import JSON, JSONObject
from any_llm.types.report import Warning as CallWarning

_INEXPRESSIBLE: Mapping[str, str] = {
    "sample_rate": "the API chooses it, which is 24,000 Hz",
    "speed": "say in instructions how fast to speak",
}
_TRANSLATED = _INEXPRESSIBLE.keys() | {"input", "instructions", "language", "response_format", "stream", "voice"}
_NATIVE = frozenset({"pcm", "wav"})
_USUAL_RATE = 24_000
_UNKNOWN_LENGTH = 0xFFFF_FFFF
_HEADER = 36


def encode_speech(target: Target, options: Options) -> Encoded:
    """Encode a request. Instructions are said before the text; the vendor's own settings are sent as they are.

    Several speakers are said in `speechConfig`, with a voice of any name beside it.
    """
    warnings = [
        CallWarning("dropped", name, reason) for name, reason in _INEXPRESSIBLE.items() if options.get(name) is not None
    ]
    wanted = options.get("response_format")
    if wanted is not None and wanted not in _NATIVE:
        warnings.append(CallWarning("dropped", "response_format", f"the API gives pcm, or wav, not {wanted}"))
    own = {camel(name): value for name, value in options.items() if name not in _TRANSLATED and value is not None}
    speech: JSONObject = {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": options["voice"]}}}
    if options.get("language") is not None:
        speech["languageCode"] = options["language"]
    given = members(own.pop("speechConfig", None))
    if "multiSpeakerVoiceConfig" in given:
        del speech["voiceConfig"]
    config = {"responseModalities": ["AUDIO"], "speechConfig": speech | given} | own
    text = options["input"]
    if options.get("instructions"):
        text = f"{options['instructions']}\n\n{text}"
        warnings.append(CallWarning("emulated", "instructions", "they were said before the text"))
    body = {"contents": [{"role": "user", "parts": [{"text": text}]}], "generationConfig": config}
    verb = "streamGenerateContent?alt=sse" if options.get("stream") else "generateContent"
    return Encoded(path(target, verb), msgspec.json.encode(body), warnings=tuple(warnings))


def decode_speech(_target: Target, response: HttpResponse) -> Binary:
    """Decode the sound of an answer; its media type tells the rate of bare samples (`audio/L16;codec=pcm;rate=24000`).

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        ContentFilterError: the text was refused.
        MalformedResponseError: there is no sound.
    """
    answer = read_answer(response.body, response.status)
    pieces = data_parts(answer, "audio/")
    if not pieces:
        raise nothing_made(answer, "speech")
    spoken = Binary(b"".join(binascii.a2b_base64(data) for _, data in pieces))
    spoken.media_type = pieces[0][0]
    spoken.usage = _usage(answer)
    return spoken


def settle_speech(options: Options, spoken: Binary) -> Binary:
    """Return speech in the form that was asked for: bare samples become a WAV file."""
    if options.get("response_format") != "wav" or not _is_bare(spoken.media_type):
        return spoken
    settled = Binary(wav_header(rate_of(spoken.media_type), len(spoken)) + spoken, media_type="audio/wav")
    settled.usage = spoken.usage
    return settled


class SpeechStream:
    """Turns frames into pieces of sound, with the head of a WAV file before them where that was asked for."""

    complete = False

    def __init__(self, _target: Target, options: Options) -> None:
        self._as_wav = options.get("response_format") == "wav"
        self._spoken = False
        self._reason: str | None = None
        self._last: JSONObject = {}
        self.usage: JSON = None

    def feed(self, frame: Frame) -> Sequence[bytes]:
        """Decode one frame.

        Raises:
            AnyLLMError: the frame is an error.
            MalformedResponseError: the frame cannot be understood.
        """
        self._last = read_answer(frame.data, 200)
        self._reason = ended(self._last) or self._reason
        pieces: list[bytes] = []
        for media, data in data_parts(self._last, "audio/"):
            if self._as_wav and not self._spoken and _is_bare(media):
                pieces.append(wav_header(rate_of(media), _UNKNOWN_LENGTH - _HEADER))
            self._spoken = True
            pieces.append(binascii.a2b_base64(data))
        self.usage = _usage(self._last) or self.usage
        return pieces

    def finish(self) -> Sequence[bytes]:
        """Return nothing more.

        Raises:
            ContentFilterError: the text was refused.
            StreamTruncatedError: the vendor had not said that the answer was complete.
        """
        if self._reason is None and "promptFeedback" not in self._last:
            raise StreamTruncatedError("the stream ended before the speech was complete")
        if not self._spoken:
            raise nothing_made(self._last, "speech")
        return ()


def rate_of(media_type: str) -> int:
    """Return the samples in a second that a media type such as `audio/L16;rate=24000` tells (RFC 2586)."""
    parts = [part.strip().partition("=") for part in media_type.lower().split(";")[1:]]
    rate = next((value for name, _, value in parts if name == "rate" and value.isdigit()), "")
    return int(rate or 0) or _USUAL_RATE


def wav_header(rate: int, size: int) -> bytes:
    """Return the head of a WAV file with `size` bytes of 16-bit samples of one channel.

    http://soundfile.sapp.org/doc/WaveFormat/
    """
    width = 2
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, rate * width, width, 8 * width)
    return struct.pack("<4sI4s", b"RIFF", _HEADER + size, b"WAVE") + form + struct.pack("<4sI", b"data", size)


def _usage(answer: JSONObject) -> JSON:
    """Return the tokens that the text and the sound were."""
    told = members(answer.get("usageMetadata"))
    return completion_usage(told) if told else None


def _is_bare(media_type: str) -> bool:
    kind = media_type.partition(";")[0].strip().lower()
    return kind in {"audio/l16", "audio/pcm"}


SPEECH: Codec[Binary, bytes] = Codec(
    encode=encode_speech, decode=decode_speech, stream=SpeechStream, fold=BinaryFold, settle=settle_speech
)
"""The operation `speech`."""
