"""Speech in OpenAI's format: whole, streamed as bytes, or streamed as events.

https://platform.openai.com/docs/api-reference/audio/createSpeech
"""

from __future__ import annotations

import binascii
from collections.abc import Sequence

import msgspec

from any_llm.dialects.openai.adapt import adapt
from any_llm.dialects.openai.answers import tree_of
from any_llm.dialects.openai.errors import error_from
from any_llm.dialects.openai.places import place
from any_llm.exceptions import MalformedResponseError, StreamTruncatedError
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.spec.provider import Operation
from any_llm.types.binary import Binary, BinaryFold
from any_llm.types.http import Frame, HttpResponse
from any_llm.types.json import JSON, JSONObject, is_object

_EVENTS = "sse"
_AUDIO = ("audio_data", "audio", "data")


def encode_speech(target: Target, options: Options) -> Encoded:
    """Encode a request. Bytes stream unasked; `stream_format="sse"` asks for events instead, where it is offered."""
    body: JSONObject = {"model": target.model, **options}
    body.pop("stream", None)
    warnings = adapt(body, target.provider, Operation.SPEECH)
    path = place(target, Operation.SPEECH, "/audio/speech")
    return Encoded(path, msgspec.json.encode(body), warnings=tuple(warnings))


def decode_speech(_target: Target, response: HttpResponse) -> Binary:
    """Return the audio; that inside JSON, as some servers send it, is taken out.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer holds no audio.
    """
    kind = response.headers.get("content-type", "")
    if kind.startswith("text/event-stream"):
        raise MalformedResponseError("The answer is a stream of events; ask with stream=True for stream_format='sse'")
    if not kind.startswith("application/json"):
        if not response.body:
            raise MalformedResponseError("The answer holds no audio: its body is empty")
        return Binary(response.body, media_type=kind)
    tree = tree_of(response)
    encoded = next((tree[name] for name in _AUDIO if isinstance(tree.get(name), str)), None)
    if encoded is None:
        if tree.get("error") or tree.get("message") or tree.get("detail"):
            raise error_from(tree, response.status)
        raise MalformedResponseError(f"The answer holds no audio; it has {sorted(tree) or 'nothing'}")
    return Binary(_from_base64(encoded))


class SpeechStream:
    """Hands on bytes as they come, or those inside events.

    https://platform.openai.com/docs/api-reference/audio/speech-audio-delta-event
    """

    def __init__(self, _target: Target, options: Options) -> None:
        self.complete = False
        self.usage: JSON = None
        self._in_events = options.get("stream_format") == _EVENTS

    def feed(self, frame: Frame) -> Sequence[bytes]:
        """Decode one frame.

        Raises:
            AnyLLMError: the frame is an error, or no such event.
        """
        if not self._in_events:
            return (frame.data,) if frame.data else ()
        if frame.data.startswith(b"[DONE]"):
            self.complete = True
            return ()
        event: JSON = msgspec.json.decode(frame.data)
        if not is_object(event):
            raise MalformedResponseError("An event of the speech is no JSON object")
        kind = event.get("type") or frame.event
        if kind == "error" or event.get("error"):
            raise error_from(event, 200)
        self.complete = kind == "speech.audio.done"
        self.usage = event.get("usage")
        return (_from_base64(event["audio"]),) if kind == "speech.audio.delta" else ()

    def finish(self) -> Sequence[bytes]:
        """Make sure that events were complete; the end of plain bytes is the transport's to tell.

        Raises:
            StreamTruncatedError: the event is missing that ends them.
        """
        if self._in_events and not self.complete:
            raise StreamTruncatedError("The stream ended without the event speech.audio.done")
        return ()


def _from_base64(text: str) -> bytes:
    try:
        return binascii.a2b_base64(text)
    except binascii.Error as error:
        raise MalformedResponseError(f"The audio is not base64; it begins with {text[:40]!r}") from error


SPEECH: Codec[Binary, bytes] = Codec(
    encode=encode_speech, decode=decode_speech, stream=SpeechStream, fold=BinaryFold, framing="raw"
)
"""The operation `speech`."""
