"""Transcriptions and translations in OpenAI's format: forms in, JSON, text, subtitles or events out.

https://platform.openai.com/docs/api-reference/audio/createTranscription
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from typing_extensions import override

from any_llm.dialects.openai.adapt import adapt
from any_llm.dialects.openai.answers import TypedEvents, read
from any_llm.dialects.openai.forms import form
from any_llm.dialects.openai.places import place
from any_llm.exceptions import MalformedResponseError
from any_llm.spec.dialect import Codec, Encoded, Options, Target
from any_llm.spec.provider import Operation
from any_llm.types.audio import Transcription, TranscriptionEvent, TranscriptionFold
from any_llm.types.http import Frame, HttpResponse
from any_llm.types.json import JSON, JSONObject, is_list, is_object
from any_llm.types.media import Media
from any_llm.types.source import Source
from any_llm.types.value import link

JSON_AUDIO = "json_audio"
"""The quirk of a provider that takes a recording in memory inside JSON, as OpenRouter does."""

AUDIO_URLS = "audio_urls"
"""The quirk of a provider that fetches a recording from a URL: https://console.groq.com/docs/speech-to-text."""

NATIVE_DIARIZE = "native_diarize"
"""The quirk of a provider that has a switch for telling speakers apart, rather than a format of the answer."""


def encode_transcription(target: Target, options: Options) -> Encoded:
    """Encode a request; who says what, and when, is asked for by the format of the answer.

    Raises:
        InvalidRequestError: the recording is given by a URL, or cannot go into JSON, where the provider needs that.
    """
    body = {**_named(target), **options}
    if NATIVE_DIARIZE not in target.provider.quirks and body.pop("diarize", None) and "response_format" not in body:
        body |= {"response_format": "diarized_json"}
        body.setdefault("chunking_strategy", "auto")
    if body.get("timestamp_granularities") and "response_format" not in body:
        body["response_format"] = "verbose_json"
    return _encode(target, body, Operation.TRANSCRIPTION, "/audio/transcriptions")


def encode_translation(target: Target, options: Options) -> Encoded:
    """Encode a request.

    Raises:
        InvalidRequestError: the recording is given by a URL, or cannot go into JSON, where the provider needs that.
    """
    return _encode(target, {**_named(target), **options}, Operation.TRANSLATION, "/audio/translations")


def _named(target: Target) -> JSONObject:
    # A server of one's own has one model, and needs no name for it.
    return {"model": target.model} if target.model else {}


def _encode(target: Target, body: JSONObject, operation: Operation, path: str) -> Encoded:
    provider = target.provider
    warnings = adapt(body, provider, operation)
    path = place(target, operation, path)
    media: Media = body["file"]
    if JSON_AUDIO in provider.quirks and isinstance(media.content, bytes):
        del body["file"]
        body["input_audio"] = {"data": media.base64, "format": media.format}
        return Encoded(path, msgspec.json.encode(body), warnings=tuple(warnings))
    if media.url is not None and AUDIO_URLS in provider.quirks:
        del body["file"]
        body["url"] = media.url
    return Encoded(path, form=form(body), warnings=tuple(warnings))


def decode_transcription(_target: Target, response: HttpResponse) -> Transcription:
    """Decode an answer; one that is no JSON (`text`, `srt`, `vtt`) is the text as it is.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer has no text.
    """
    raw = response.body
    if raw.lstrip()[:1] != b"{":
        return _plain(response)
    answer = read(Transcription, response, "text", "segments", "words")
    if not answer.text and answer.segments:
        answer.text = "".join(segment.text for segment in answer.segments)
    return answer


def _plain(response: HttpResponse) -> Transcription:
    kind, raw = response.headers.get("content-type", ""), response.body
    if kind.startswith("text/html"):
        raise MalformedResponseError(f"The answer is {kind}, not a transcription")
    text: JSON = raw.decode("utf-8", "replace")
    if kind.startswith("application/json"):
        text = msgspec.json.decode(raw)
        if not isinstance(text, str):
            raise MalformedResponseError(f"The answer is {type(text).__name__}, not a transcription")
    answer = Transcription(text=text)
    link(answer, Source(raw, tree={}))
    return answer


class TranscriptionStream(TypedEvents[TranscriptionEvent]):
    """Turns frames into events; the chunks of servers that stream as chat does become events too.

    https://platform.openai.com/docs/api-reference/audio/transcript-text-delta-event
    """

    def __init__(self, _target: Target, _options: Options) -> None:
        super().__init__(TranscriptionEvent, frozenset({"transcript.text.done"}))

    @override
    def feed(self, frame: Frame) -> Sequence[TranscriptionEvent]:
        """Decode one frame.

        Raises:
            AnyLLMError: the frame is an error.
        """
        events = super().feed(frame)
        for event in events:
            choices: JSON = event.model_extra.get("choices") if not event.type else None
            if is_list(choices):
                event.type = "transcript.text.delta"
                deltas = [choice.get("delta") for choice in choices if is_object(choice)]
                event.delta = "".join(delta.get("content") or "" for delta in deltas if is_object(delta))
        return events


TRANSCRIPTION: Codec[Transcription, TranscriptionEvent] = Codec(
    encode=encode_transcription, decode=decode_transcription, stream=TranscriptionStream, fold=TranscriptionFold
)
"""The operation `transcription`."""

TRANSLATION: Codec[Transcription, None] = Codec(encode=encode_translation, decode=decode_transcription)
"""The operation `translation`."""
