"""Transcription: https://docs.mistral.ai/api/endpoint/audio/transcriptions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from any_llm.dialects.mistral.wire import fields, file_field, read_event, read_object, split
from any_llm.exceptions import StreamTruncatedError
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.audio import Transcription, TranscriptionEvent, TranscriptionFold
from any_llm.types.http import Frame, HttpResponse
from any_llm.types.json import JSON, JSONObject, is_object
from any_llm.types.media import Media
from any_llm.types.report import Warning as CallWarning
from any_llm.types.value import revive

_INEXPRESSIBLE: Mapping[str, str] = {
    "chunking_strategy": "the recording is not cut by the caller",
    "include": "probabilities are not told",
    "known_speaker_names": "speakers have numbers",
    "known_speaker_references": "speakers have numbers",
    "prompt": "give the words to expect in context_bias",
}
_JSON_FORMATS = frozenset({"json", "verbose_json", "diarized_json"})
_DONE = "transcription.done"


def encode_transcription(target: Target, options: Options) -> Encoded:
    """Encode a request as a form. The recording is a file, a URL or the id of one of Mistral's files.

    Who says what is told by segments, which are asked for with `diarize`. With `timestamp_granularities=["word"]`
    each segment is a word.

    Raises:
        InvalidRequestError: the recording is none of these.
    """
    said, warnings = split(options, {}, _INEXPRESSIBLE)
    media: Media = said.pop("file")
    wanted = said.pop("response_format", None)
    if wanted is not None and wanted not in _JSON_FORMATS:
        warnings.append(CallWarning("dropped", "response_format", "the answer is JSON, with the text in it"))
    if said.get("diarize") or wanted in {"verbose_json", "diarized_json"}:
        said.setdefault("timestamp_granularities", ["segment"])
    if media.url is not None:
        said["file_url"] = media.url
    elif media.file_id is not None:
        said["file_id"] = media.file_id
    file = () if media.content is None else (file_field(media),)
    form = (*fields({"model": target.model, **said}), *file)
    return Encoded("/audio/transcriptions", warnings=tuple(warnings), form=form)


def decode_transcription(_target: Target, response: HttpResponse) -> Transcription:
    """Decode a whole answer.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer has no text.
    """
    tree = read_object(response, "text")
    shaped = {**tree, "usage": _usage(tree.get("usage")), "duration": _seconds(tree.get("usage"))}
    if tree.get("segments"):
        shaped["segments"] = [_segment(segment) for segment in tree["segments"]]
    return revive(Transcription, shaped)


def _segment(tree: JSONObject) -> JSONObject:
    return {**tree, "speaker": tree.get("speaker_id"), "confidence": tree.get("score")}


def _usage(tree: JSON) -> JSONObject | None:
    """Return the counts in OpenAI's words beside Mistral's own."""
    if not is_object(tree):
        return None
    told = {"input_tokens": tree.get("prompt_tokens"), "output_tokens": tree.get("completion_tokens")}
    return {"type": "tokens", **told, **tree}


def _seconds(usage: JSON) -> JSON:
    return usage.get("prompt_audio_seconds") if is_object(usage) else None


class TranscriptionStream:
    """Turns Mistral's events into OpenAI's; a stream is `complete` with `transcription.done`.

    The event that tells the language keeps its own name, `transcription.language`.
    """

    def __init__(self, _target: Target, _options: Options) -> None:
        self.complete = False

    def feed(self, frame: Frame) -> Sequence[TranscriptionEvent]:
        """Decode one frame.

        Raises:
            AnyLLMError: the frame is an error, or cannot be understood.
        """
        tree = read_event(frame)
        if tree is None:
            return ()
        kind = str(tree.get("type") or frame.event)
        self.complete = self.complete or kind == _DONE
        shape = _EVENTS.get(kind)
        return (revive(TranscriptionEvent, shape(tree) if shape else {**tree, "type": kind}),)

    def finish(self) -> Sequence[TranscriptionEvent]:
        """Return nothing more.

        Raises:
            StreamTruncatedError: the vendor had not said that the transcription was complete.
        """
        if not self.complete:
            raise StreamTruncatedError(f"The stream ended without the event {_DONE}")
        return ()


def _delta(tree: JSONObject) -> JSONObject:
    kept = {name: value for name, value in tree.items() if name != "text"}
    return {**kept, "type": "transcript.text.delta", "delta": tree.get("text")}


def _finished(tree: JSONObject) -> JSONObject:
    return {**tree, "type": "transcript.text.done", "usage": _usage(tree.get("usage"))}


_EVENTS: Mapping[str, Callable[[JSONObject], JSONObject]] = {
    "transcription.text.delta": _delta,
    "transcription.segment": lambda tree: {**_segment(tree), "type": "transcript.text.segment"},
    _DONE: _finished,
}

TRANSCRIPTION: Codec[Transcription, TranscriptionEvent] = Codec(
    encode=encode_transcription,
    decode=decode_transcription,
    stream=TranscriptionStream,
    fold=TranscriptionFold,
    framing="sse",
)
"""The operation `transcription`."""
