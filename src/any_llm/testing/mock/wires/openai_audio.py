"""OpenAI's speech, transcription and translation: https://platform.openai.com/docs/api-reference/audio."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence

from any_llm.testing.mock.answer import Answer
from any_llm.testing.mock.asked import Asked, count_tokens, tokens_of
from any_llm.testing.mock.request import MockRequest
from any_llm.testing.mock.wire import Context, Piece, Rendered, Route, Wire
from any_llm.testing.mock.wires.openai_chat_extras import token_logprobs
from any_llm.testing.mock.wires.openai_errors import failure_pieces, render_failure
from any_llm.testing.mock.wires.openai_words import EVENTS, event, head, model_of, refuse, whole
from any_llm.testing.mock.wires.samples import sound
from any_llm.testing.mock.wires.vendors import manner_of
from any_llm.types.json import JSONObject

_SECONDS = 2
"""How long every recording is taken to be, in seconds."""

_AUDIO_TOKENS = 10 * _SECONDS


def _read_speech(request: MockRequest) -> Asked:
    body = request.object
    check = manner_of(request).check
    if check is not None:
        check(request)
    for name in ("input", "voice"):
        if not body.get(name):
            raise refuse(name)
    return Asked(
        model=model_of(request, body),
        stream=body.get("stream_format") == "sse",
        inputs=(str(body["input"]),),
        options={"response_format": str(body.get("response_format") or "mp3")},
    )


def _render_speech(answer: Answer, asked: Asked, context: Context) -> Rendered:
    content_type, data = sound(str(asked.options["response_format"]))
    if answer.media:
        content_type, data = answer.media[0].content_type, answer.media[0].data
    tokens = count_tokens(asked.text)
    if not asked.stream:
        return Rendered(headers=head(context, answer, content_type), body=data, tokens=tokens)
    usage = {"input_tokens": tokens, "output_tokens": _AUDIO_TOKENS, "total_tokens": tokens + _AUDIO_TOKENS}
    pieces = [
        event({"type": "speech.audio.delta", "audio": base64.b64encode(data[start : start + 1024]).decode()}, tokens=1)
        for start in range(0, len(data), 1024)
    ]
    done = event({"type": "speech.audio.done", "usage": usage}, "finish")
    return Rendered(headers=head(context, answer, EVENTS), pieces=(*pieces, done))


def read_transcription(request: MockRequest) -> Asked:
    """Read a request to write down what a recording says."""
    check = manner_of(request).check
    if check is not None:
        check(request)
    form, file = request.fields, next((part for part in request.form if part.filename is not None), None)
    if file is None:
        raise refuse("file")
    many = [(part.name.removesuffix("[]"), part.content) for part in request.form if part.filename is None]
    return Asked(
        model=model_of(request, form),
        stream=form.get("stream", "").lower() == "true",
        inputs=(f"This is what {file.filename} says.",),
        options={
            "response_format": form.get("response_format") or "json",
            "language": form.get("language") or "english",
            "words": ("timestamp_granularities", b"word") in many,
            "logprobs": ("include", b"logprobs") in many,
        },
    )


def _render_transcription(answer: Answer, asked: Asked, context: Context) -> Rendered:
    whisper = "whisper" in asked.model
    if asked.stream and not whisper:
        return Rendered(headers=head(context, answer, EVENTS), pieces=tuple(_pieces(answer, asked)))
    form = str(asked.options["response_format"])
    if form in _TEXTS:
        body = _TEXTS[form](answer.text).encode()
        return Rendered(headers=head(context, answer, "text/plain; charset=utf-8"), body=body)
    said: JSONObject = {"text": answer.text, "usage": _duration() if whisper else _usage(answer)}
    if asked.options["logprobs"]:
        said["logprobs"] = _logprobs(answer.text)
    if form in _WHOLE:
        said |= _WHOLE[form](answer, asked)
    return whole(said, context, answer, count_tokens(answer.text))


def _render_translation(answer: Answer, asked: Asked, context: Context) -> Rendered:
    form = str(asked.options["response_format"])
    if form in _TEXTS:
        body = _TEXTS[form](answer.text).encode()
        return Rendered(headers=head(context, answer, "text/plain; charset=utf-8"), body=body)
    said: JSONObject = {"text": answer.text}
    if form in _WHOLE:
        said |= {**_verbose(answer, asked), "task": "translate", "language": "english"}
    return whole(said, context, answer, count_tokens(answer.text))


def _duration() -> JSONObject:
    return {"type": "duration", "seconds": _SECONDS}


def _usage(answer: Answer) -> JSONObject:
    written = answer.usage.output if answer.usage else count_tokens(answer.text)
    return {
        "type": "tokens",
        "total_tokens": _AUDIO_TOKENS + written,
        "input_tokens": _AUDIO_TOKENS,
        "input_token_details": {"text_tokens": 0, "audio_tokens": _AUDIO_TOKENS},
        "output_tokens": written,
    }


def _logprobs(text: str) -> list[JSONObject]:
    return [{name: each[name] for name in ("token", "logprob", "bytes")} for each in token_logprobs(text, 0)]


def _verbose(answer: Answer, asked: Asked) -> JSONObject:
    words = answer.text.split()
    step = _SECONDS / max(len(words), 1)
    said: JSONObject = {
        "task": "transcribe",
        "language": asked.options["language"],
        "duration": float(_SECONDS),
        "segments": [
            {
                "id": 0,
                "seek": 0,
                "start": 0.0,
                "end": float(_SECONDS),
                "text": answer.text,
                "tokens": list(range(count_tokens(answer.text))),
                "temperature": 0.0,
                "avg_logprob": -0.25,
                "compression_ratio": 1.0,
                "no_speech_prob": 0.01,
            }
        ],
        "usage": _duration(),
    }
    if asked.options["words"]:
        said["words"] = [
            {"word": word, "start": round(at * step, 3), "end": round((at + 1) * step, 3)}
            for at, word in enumerate(words)
        ]
    return said


def _diarized(answer: Answer, _asked: Asked) -> JSONObject:
    segment = {"type": "transcript.text.segment", "id": "seg_0", "start": 0.0, "end": float(_SECONDS)}
    return {
        "task": "transcribe",
        "duration": float(_SECONDS),
        "segments": [{**segment, "text": answer.text, "speaker": "A"}],
    }


_WHOLE: Mapping[str, Callable[[Answer, Asked], JSONObject]] = {"verbose_json": _verbose, "diarized_json": _diarized}
_TEXTS: Mapping[str, Callable[[str], str]] = {
    "text": lambda text: f"{text}\n",
    "srt": lambda text: f"1\n00:00:00,000 --> 00:00:0{_SECONDS},000\n{text}\n\n",
    "vtt": lambda text: f"WEBVTT\n\n00:00:00.000 --> 00:00:0{_SECONDS}.000\n{text}\n\n",
}


def _pieces(answer: Answer, asked: Asked) -> Iterator[Piece]:
    for text in tokens_of(answer.text):
        delta: JSONObject = {"type": "transcript.text.delta", "delta": text}
        if asked.options["logprobs"]:
            delta["logprobs"] = _logprobs(text)
        yield event(delta, tokens=1)
    done: JSONObject = {"type": "transcript.text.done", "text": answer.text, "usage": _usage(answer)}
    if asked.options["logprobs"]:
        done["logprobs"] = _logprobs(answer.text)
    yield event(done, "finish")


_ROUTES: Sequence[Route] = (
    Route(method="POST", path="/audio/speech", operation="speech", read=_read_speech, render=_render_speech),
    Route(
        method="POST",
        path="/audio/transcriptions",
        operation="transcription",
        read=read_transcription,
        render=_render_transcription,
    ),
    Route(
        method="POST",
        path="/audio/translations",
        operation="translation",
        read=read_transcription,
        render=_render_translation,
    ),
)

WIRE = Wire(
    name="openai.audio",
    vendor="openai",
    routes=tuple(_ROUTES),
    render_failure=render_failure,
    failure_pieces=failure_pieces,
    limit_headers="openai",
)
