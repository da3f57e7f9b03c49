"""The recorded APIs of vendors that speak, write down, draw and film, each in a format of its own.

https://developers.deepgram.com/reference, https://elevenlabs.io/docs/api-reference,
https://docs.cartesia.ai/api-reference, https://docs.gladia.io/api-reference,
https://docs.rev.ai/api/asynchronous/reference, https://www.assemblyai.com/docs/api-reference,
https://fal.ai/docs/model-apis, https://replicate.com/docs/reference/http and https://docs.aleph-alpha.com/api
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl, urlsplit

import msgspec

from any_llm.spec.provider import Operation
from any_llm.testing.recordings import RecordedRequest
from any_llm.testing.wire.scope import Scope
from any_llm.testing.wire.scopes_openai import say_nothing, say_request
from any_llm.types.json import JSONObject
from any_llm.types.media import Media

_ANY = frozenset({"DELETE", "GET", "PATCH", "POST", "PUT"})
_GET = frozenset({"GET"})
_RUNS = ("/models/{owner}/{name}/predictions", "/deployments/{owner}/{name}/predictions", "/predictions")


def _query(request: RecordedRequest) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(request.url).query))


def say_listen(body: JSONObject, request: RecordedRequest) -> JSONObject:
    """Return what a recording, or its URL, means as arguments of `transcription`; the rest stands in the query."""
    media = Media(url=body["url"]) if "url" in body else Media(content=request.body)
    return {"model": _query(request).get("model"), "file": media}


def say_speak(body: JSONObject, request: RecordedRequest) -> JSONObject:
    """Return what a text means as arguments of `speech`, of a model that is a voice."""
    return {"model": _query(request).get("model"), "input": body["text"], "voice": ""}


def say_voice(body: JSONObject, request: RecordedRequest) -> JSONObject:
    """Return what a body means as arguments of `speech`, of a voice in the URL."""
    told = dict(body)
    path = urlsplit(request.url).path
    streamed = {"stream": True} if path.endswith("/stream") else {}
    voice = path.removesuffix("/stream").rpartition("/")[2]
    return {"model": told.pop("model_id", None), "input": told.pop("text"), "voice": voice, **told, **streamed}


def say_transcript(body: JSONObject, _request: RecordedRequest) -> JSONObject:
    """Return what a body means as arguments of `speech`, with a voice in it."""
    told = dict(body)
    return {"model": told.pop("model_id"), "input": told.pop("transcript"), "voice": told.pop("voice"), **told}


def say_run(body: JSONObject, request: RecordedRequest) -> JSONObject:
    """Return what a run of a model means as arguments of `video_generation`, which does not wait for its end."""
    told = dict(body)
    given: JSONObject = dict(told.pop("input", {}))
    if not isinstance(given.get("prompt"), str):
        raise ValueError("the recorded input has no prompt")  # noqa: TRY004  # what cannot be said is a ValueError
    path = urlsplit(request.url).path.removesuffix("/predictions")
    named = path.partition("/models/")[2] or path.partition("/v1/")[2]
    return {"model": told.pop("version", None) or named, **given, **told}


def say_prediction(_body: JSONObject, request: RecordedRequest) -> JSONObject:
    """Return which prediction is asked about."""
    return {"video_id": urlsplit(request.url).path.rpartition("/")[2]}


def say_known_model(_body: JSONObject, request: RecordedRequest) -> JSONObject:
    """Return which model, or version of one, is asked about."""
    return {"model": urlsplit(request.url).path.partition("/models/")[2].replace("/versions/", ":")}


def say_complete(body: JSONObject, _request: RecordedRequest) -> JSONObject:
    """Return what a body means as arguments of `text_completion`; a prompt of one text is that text."""
    told = dict(body)
    prompt = told.pop("prompt")
    if not isinstance(prompt, str):
        if len(prompt) != 1 or prompt[0].get("type") != "text" or prompt[0].get("controls"):
            raise ValueError("the recorded prompt is more than a text")
        prompt = prompt[0]["data"]
    names = {"maximum_tokens": "max_tokens", "stop_sequences": "stop"}
    return {"prompt": prompt, **{names.get(name, name): value for name, value in told.items()}}


def mean_complete(body: JSONObject) -> JSONObject:
    """Return a body with a prompt of one text as that text."""
    prompt = body["prompt"]
    plain = prompt if isinstance(prompt, str) else prompt[0]["data"] if len(prompt) == 1 else prompt
    return {**body, "prompt": plain}


def _scope(
    dialect: str,
    operation: Operation,
    *routes: str,
    say: Callable[[JSONObject, RecordedRequest], JSONObject] | None = None,
    shown: str = "",
    methods: frozenset[str] = frozenset({"POST"}),
) -> Scope:
    return Scope(
        operation=operation,
        dialect=dialect,
        routes=routes,
        say=say,
        shown=(shown.encode(),) if shown else (),
        methods=methods,
    )


def _also(scope: Scope, *others: Scope) -> Scope:
    return msgspec.structs.replace(scope, others=others)


def _others(dialect: str, *routes: str) -> Scope:
    return _scope(dialect, Operation.REQUEST, *routes, say=say_request, methods=_ANY)


_ELEVENLABS = _also(
    # An answer without its request shows by its text what it is; forms do not.
    _scope("elevenlabs", Operation.TRANSCRIPTION, "/v1/speech-to-text", shown='"text"'),
    _scope(
        "elevenlabs",
        Operation.SPEECH,
        "/v1/text-to-speech/{voice}",
        "/v1/text-to-speech/{voice}/stream",
        say=say_voice,
    ),
    _scope("elevenlabs", Operation.LIST_MODELS, "/v1/models", say=say_nothing, methods=_GET),
    _others("elevenlabs", "/v1/{rest*}", "/v2/{rest*}"),
)
_LISTEN = _scope("deepgram", Operation.TRANSCRIPTION, "/v1/listen", say=say_listen)
_FAL = _also(
    # What only the answer was recorded of is read as what it shows; a request may be one for anything.
    _scope("fal", Operation.VIDEO_GENERATION, "/", shown='"IN_QUEUE"'),
    _scope("fal", Operation.IMAGE_GENERATION, "/", shown='"images"'),
    _scope("fal", Operation.TRANSCRIPTION, "/", shown='"chunks"'),
    _others("fal", "/{rest*}"),
)

SPEECH_SCOPES: Mapping[str, Scope] = {
    "aleph-alpha.complete": msgspec.structs.replace(
        _scope("alephalpha", Operation.TEXT_COMPLETION, "/complete", say=say_complete), means=mean_complete
    ),
    "assemblyai.transcript": _also(
        _scope("assemblyai", Operation.TRANSCRIPTION, "/", shown='"completed"'), _others("assemblyai", "/v2/{rest*}")
    ),
    "cartesia.tts": _also(
        _scope("cartesia", Operation.TRANSCRIPTION, "/stt", shown='"text"'),
        _scope("cartesia", Operation.SPEECH, "/tts/bytes", say=say_transcript),
        _others("cartesia", "/{rest*}"),
    ),
    "deepgram.listen": _LISTEN,
    "deepgram.speak": _scope("deepgram", Operation.SPEECH, "/v1/speak", say=say_speak),
    "elevenlabs.audio": _ELEVENLABS,
    "elevenlabs.stt": _ELEVENLABS,
    "fal.run": _FAL,
    "gladia.transcript": _also(
        _scope("gladia", Operation.TRANSCRIPTION, "/", shown='"full_transcript"'), _others("gladia", "/v2/{rest*}")
    ),
    "replicate.collections": _others("replicate", "/collections", "/collections/{name}"),
    "replicate.files": _others("replicate", "/files", "/files/{file}", "/files/{file}/download"),
    "replicate.hardware": _others("replicate", "/hardware"),
    "replicate.models": _also(
        _scope("replicate", Operation.LIST_MODELS, "/models", say=say_nothing, methods=_GET),
        _scope(
            "replicate",
            Operation.RETRIEVE_MODEL,
            "/models/{owner}/{name}",
            "/models/{owner}/{name}/versions/{version}",
            say=say_known_model,
            methods=_GET,
        ),
        _others("replicate", "/models/{rest*}", "/models"),
    ),
    "replicate.predictions": _also(
        _scope("replicate", Operation.VIDEO_GENERATION, *_RUNS, say=say_run),
        _scope("replicate", Operation.RETRIEVE_VIDEO, "/predictions/{id}", say=say_prediction, methods=_GET),
        _others("replicate", "/predictions", "/predictions/{id}/cancel"),
    ),
    "replicate.trainings": _others("replicate", "/trainings", "/trainings/{id}", "/trainings/{id}/cancel"),
    "revai.transcript": _also(
        _scope("revai", Operation.TRANSCRIPTION, "/", shown='"monologues"'),
        _others("revai", "/jobs", "/jobs/{id}", "/jobs/{id}/transcript"),
    ),
}
"""The scopes, by the recorded API."""
