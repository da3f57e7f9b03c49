"""Speech: https://docs.mistral.ai/api/endpoint/audio/speech."""

from __future__ import annotations

import binascii
from collections.abc import Mapping, Sequence

import msgspec

from any_llm.dialects.mistral.wire import read_event, read_object, split
from any_llm.exceptions import MalformedResponseError, StreamTruncatedError
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.binary import Binary, BinaryFold
from any_llm.types.http import Frame, HttpResponse
from any_llm.types.json import JSON
from any_llm.types.media_types import sniff

_RENAMED: Mapping[str, str] = {"voice": "voice_id"}
_INEXPRESSIBLE: Mapping[str, str] = {
    "instructions": "the voice says how it speaks",
    "language": "the voice has its language",
    "sample_rate": "the format has its rate",
    "speed": "the voice has its pace",
}
_DELTA, _DONE = "speech.audio.delta", "speech.audio.done"


def encode_speech(target: Target, options: Options) -> Encoded:
    """Encode a request."""
    said, warnings = split(options, _RENAMED, _INEXPRESSIBLE)
    body = {"model": target.model, **said}
    return Encoded("/audio/speech", msgspec.json.encode(body), warnings=tuple(warnings))


def decode_speech(_target: Target, response: HttpResponse) -> Binary:
    """Return the audio, which stands in the JSON as base64.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer holds no audio.
    """
    audio = _bytes(read_object(response, "audio_data")["audio_data"])
    return Binary(audio, media_type=sniff(audio) or "")


class SpeechStream:
    """Turns events into the bytes they bring; a stream is `complete` with `speech.audio.done`."""

    def __init__(self, _target: Target, _options: Options) -> None:
        self.complete = False
        self.usage: JSON = None

    def feed(self, frame: Frame) -> Sequence[bytes]:
        """Decode one frame.

        Raises:
            AnyLLMError: the frame is an error, or cannot be understood.
        """
        event = read_event(frame)
        if event is None:
            return ()
        kind: JSON = event.get("type") or frame.event
        self.complete = self.complete or kind == _DONE
        self.usage = event.get("usage") or self.usage
        return (_bytes(event.get("audio_data")),) if kind == _DELTA else ()

    def finish(self) -> Sequence[bytes]:
        """Return nothing more.

        Raises:
            StreamTruncatedError: the vendor had not said that the audio was complete.
        """
        if not self.complete:
            raise StreamTruncatedError(f"The stream ended without the event {_DONE}")
        return ()


def _bytes(audio: JSON) -> bytes:
    try:
        return binascii.a2b_base64(audio)
    except (TypeError, ValueError) as error:
        raise MalformedResponseError(f"'audio_data' is {audio!r:.60}, not base64") from error


SPEECH: Codec[Binary, bytes] = Codec(
    encode=encode_speech, decode=decode_speech, stream=SpeechStream, fold=BinaryFold, framing="sse"
)
"""The operation `speech`."""
