"""Transcriptions and translations: a recording in a chat, and words that ask to write it down.

https://ai.google.dev/gemini-api/docs/audio
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from any_llm.dialects.gemini.generated import ended, nothing_made, read_answer, text_in
from any_llm.dialects.gemini.media import media_part
from any_llm.dialects.gemini.places import path
from any_llm.dialects.gemini.wire import camel, completion_usage, members
from any_llm.exceptions import StreamTruncatedError
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.types.audio import Transcription, TranscriptionEvent, TranscriptionFold
from any_llm.types.http import Frame, HttpResponse
from any_llm.types.json import JSON, JSONObject
from any_llm.types.report import Warning as CallWarning

_ASK = "Write down word for word what is said in this recording. Answer with the words alone."
_ASK_IN_ENGLISH = "Write down in English what is said in this recording. Answer with the words alone."
_EMULATED = "the API has no transcription; a chat was asked to write down what is said"
_INEXPRESSIBLE: Mapping[str, str] = {
    "chunking_strategy": "the recording is heard as a whole",
    "diarize": "ask for speakers in prompt",
    "include": "the API does not tell probabilities here",
    "known_speaker_names": "name the speakers in prompt",
    "known_speaker_references": "the API takes one recording",
    "timestamp_granularities": "the API does not tell times",
}
_PLAIN = frozenset({"json", "text"})
_TRANSLATED = _INEXPRESSIBLE.keys() | {"file", "language", "prompt", "response_format", "stream", "temperature"}


def encode_transcription(target: Target, options: Options) -> Encoded:
    """Encode a request to write down what is said.

    Raises:
        InvalidRequestError: the recording is a file that has not been read yet.
    """
    ask = _ASK
    if options.get("language"):
        ask += f" The language spoken is {options['language']}."
    return _encode(target, options, ask, "transcription")


def encode_translation(target: Target, options: Options) -> Encoded:
    """Encode a request to write down in English what is said.

    Raises:
        InvalidRequestError: the recording is a file that has not been read yet.
    """
    return _encode(target, options, _ASK_IN_ENGLISH, "translation")


def _encode(target: Target, options: Options, ask: str, operation: str) -> Encoded:
    warnings = [CallWarning("emulated", operation, _EMULATED)]
    warnings += [
        CallWarning("dropped", name, reason)
        for name, reason in _INEXPRESSIBLE.items()
        if options.get(name) not in (None, False)
    ]
    if options.get("response_format") not in (None, *_PLAIN):
        warnings.append(CallWarning("dropped", "response_format", "the answer is text without times"))
    if options.get("prompt"):
        ask = f"{ask}\n\n{options['prompt']}"
    config = {camel(name): value for name, value in options.items() if name not in _TRANSLATED and value is not None}
    if options.get("temperature") is not None:
        config["temperature"] = options["temperature"]
    parts = [{"text": ask}, media_part(options["file"], "file")]
    body: JSONObject = {"contents": [{"role": "user", "parts": parts}]}
    if config:
        body["generationConfig"] = config
    verb = "streamGenerateContent?alt=sse" if options.get("stream") else "generateContent"
    return Encoded(path(target, verb), msgspec.json.encode(body), warnings=tuple(warnings))


def decode_transcription(_target: Target, response: HttpResponse) -> Transcription:
    """Decode an answer.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        ContentFilterError: the recording was refused.
        MalformedResponseError: there is no text.
    """
    answer = read_answer(response.body, response.status)
    text = text_in(answer).strip()
    if not text and ended(answer) != "STOP":
        raise nothing_made(answer, "a transcription")
    return Transcription(text=text, usage=_usage(answer))


class TranscriptionStream:
    """Turns frames into events, of which the last has the whole text."""

    complete = False

    def __init__(self, _target: Target, _options: Options) -> None:
        self._texts: list[str] = []
        self._reason: str | None = None
        self._usage: JSONObject | None = None
        self._last: JSONObject = {}

    def feed(self, frame: Frame) -> Sequence[TranscriptionEvent]:
        """Decode one frame.

        Raises:
            AnyLLMError: the frame is an error.
            MalformedResponseError: the frame cannot be understood.
        """
        self._last = read_answer(frame.data, 200)
        self._reason = ended(self._last) or self._reason
        self._usage = _usage(self._last) or self._usage
        text = text_in(self._last)
        if not text:
            return ()
        self._texts.append(text)
        return (TranscriptionEvent(type="transcript.text.delta", delta=text),)

    def finish(self) -> Sequence[TranscriptionEvent]:
        """Return the event of the end.

        Raises:
            ContentFilterError: the recording was refused.
            StreamTruncatedError: the vendor had not said that the answer was complete.
        """
        if self._reason is None and "promptFeedback" not in self._last:
            raise StreamTruncatedError("the stream ended before the transcription was complete")
        text = "".join(self._texts)
        if not text and self._reason != "STOP":
            raise nothing_made(self._last, "a transcription")
        return (TranscriptionEvent(type="transcript.text.done", text=text, usage=self._usage),)


def _usage(answer: Mapping[str, JSON]) -> JSONObject | None:
    """Return the tokens in OpenAI's shape: https://platform.openai.com/docs/api-reference/audio."""
    if "usageMetadata" not in answer:
        return None
    counted = completion_usage(members(answer["usageMetadata"]))
    return {
        "type": "tokens",
        "input_tokens": counted.prompt_tokens,
        "output_tokens": counted.completion_tokens,
        "total_tokens": counted.total_tokens,
    }


TRANSCRIPTION: Codec[Transcription, TranscriptionEvent] = Codec(
    encode=encode_transcription, decode=decode_transcription, stream=TranscriptionStream, fold=TranscriptionFold
)
"""The operation `transcription`."""

TRANSLATION: Codec[Transcription, TranscriptionEvent] = Codec(
    encode=encode_translation, decode=decode_transcription, stream=TranscriptionStream, fold=TranscriptionFold
)
"""The operation `translation`."""
