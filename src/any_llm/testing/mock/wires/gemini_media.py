"""Imagen's pictures and Veo's videos.

https://ai.google.dev/gemini-api/docs/imagen, https://ai.google.dev/gemini-api/docs/video, and on Vertex AI
https://docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/veo-video-generation.

A video is made by an operation, which the first look after its beginning finds done.
"""

from __future__ import annotations

import base64

import msgspec

from any_llm.testing.mock.answer import Answer, Blob
from any_llm.testing.mock.asked import Asked, Turn
from any_llm.testing.mock.request import MockRequest
from any_llm.testing.mock.shelf import Room
from any_llm.testing.mock.wire import Context, Rendered, Route, Wire
from any_llm.testing.mock.wires.gemini_files import File, files
from any_llm.testing.mock.wires.google_errors import failure_pieces, render_failure
from any_llm.testing.mock.wires.google_words import (
    ALPHABET,
    api_root,
    claims,
    group,
    keyed,
    keyed_read,
    listed,
    member,
    on_vertex,
    refuse,
    whole,
)
from any_llm.testing.mock.wires.samples import picture
from any_llm.types.json import JSONObject

_MOST_PICTURES = 4
_FILM = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom\x00\x00\x00\x08mdat"
"""A film without a picture, in the shape of MP4."""

_FILTERED = (
    "Your current safety filter threshold filtered out {count} generated images. You will not be charged for blocked "
    "images. Try rephrasing the prompt. If you think this was an error, send feedback."
)


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """An operation: its name, what it makes, and why it makes nothing.

    Attributes:
        name: its full name.
        films: the videos.
        refused: why there is none; empty when there are some.
    """

    name: str
    films: tuple[Blob, ...] = ()
    refused: str = ""


def _operations(context: Context) -> Room[Operation]:
    return context.shelf.room("gemini.operations", Operation)


def _read_pictures(request: MockRequest) -> Asked:
    return _read(request, f"imagen{request.params['model']}", "sampleCount", _MOST_PICTURES)


def _read_films(request: MockRequest) -> Asked:
    return _read(request, request.params["model"], "sampleCount", 1)


def _read(request: MockRequest, model: str, counted: str, usual: int) -> Asked:
    body = request.object
    instances = listed(body, "instances")
    if not instances:
        raise refuse("Empty instances.")
    parameters = group(body, "parameters")
    return Asked(
        model=model,
        turns=tuple(Turn("user", str(instance.get("prompt") or "")) for instance in instances),
        n=member(parameters, counted) or usual,
        options={
            "type": member(group(parameters, "outputOptions"), "mimeType") or "image/png",
            "storage": member(parameters, "storageUri"),
        },
    )


def _render_pictures(answer: Answer, asked: Asked, context: Context) -> Rendered:
    count = asked.n
    if answer.refusal:
        return whole({"predictions": [{"raiFilteredReason": _FILTERED.format(count=count)}]}, context, answer)
    kind, storage = str(asked.options["type"]), asked.options["storage"]
    made = answer.media or tuple(Blob(kind, picture(f"{asked.text}{number}")) for number in range(count))
    predictions: list[JSONObject] = [
        {"mimeType": blob.content_type, "gcsUri": f"{storage}/sample_{number}.{blob.content_type.rpartition('/')[2]}"}
        if isinstance(storage, str)
        else {"mimeType": blob.content_type, "bytesBase64Encoded": base64.b64encode(blob.data).decode()}
        for number, blob in enumerate(made)
    ]
    return whole({"predictions": predictions}, context, answer)


def _begin_film(answer: Answer, asked: Asked, context: Context) -> Rendered:
    place = context.request.path.rpartition(":")[0]
    _, _, below = place.partition("/projects/")
    model = (
        f"projects/{below}"
        if below
        else f"{'publishers/google/' if on_vertex(context.request) else ''}models/{asked.model}"
    )
    id_ = context.ids.uuid() if on_vertex(context.request) else context.ids.take("", 12, ALPHABET)
    films = answer.media or (Blob("video/mp4", _FILM),) * asked.n
    name = f"{model}/operations/{id_}"
    made = Operation(name=name, films=() if answer.refusal else films, refused=answer.refusal)
    _operations(context).put(id_, made)
    return whole({"name": name}, context, answer)


def _found(context: Context, id: str) -> Operation:  # noqa: A002  # the word that the vendor uses
    return _operations(context).find(id, refuse(f"Operation {id} not found.", 404))


def _look(context: Context) -> Rendered:
    operation = _found(context, context.request.params["operation"])
    root, version = api_root(context.request)
    samples: list[JSONObject] = []
    for film in operation.films:
        file = files(context).put(
            id_ := context.ids.take("", 12, ALPHABET),
            File(id=id_, content_type=film.content_type, content=film.data, created=context.now),
        )
        samples.append({"video": {"uri": f"{root}{version}/files/{file.id}:download?alt=media"}})
    made: JSONObject = {"generatedSamples": samples}
    if operation.refused:
        made = {"raiMediaFilteredCount": 1, "raiMediaFilteredReasons": [operation.refused]}
    kind = "type.googleapis.com/google.ai.generativelanguage.v1beta.PredictLongRunningResponse"
    return whole(
        {"name": operation.name, "done": True, "response": {"@type": kind, "generateVideoResponse": made}}, context
    )


def _fetch(context: Context) -> Rendered:
    name = str(member(context.request.object, "operationName") or "")
    operation = _found(context, name.rpartition("/")[2])
    made: JSONObject = {
        "@type": "type.googleapis.com/cloud.ai.large_models.vision.GenerateVideoResponse",
        "raiMediaFilteredCount": 1 if operation.refused else 0,
    }
    if operation.refused:
        made["raiMediaFilteredReasons"] = [operation.refused]
    else:
        made["videos"] = [
            {"bytesBase64Encoded": base64.b64encode(film.data).decode(), "mimeType": film.content_type}
            for film in operation.films
        ]
    return whole({"name": operation.name, "done": True, "response": made}, context)


WIRE = Wire(
    name="gemini.predict",
    vendor="gemini",
    routes=(
        Route(
            method="POST",
            path="/models/imagen{model}:predict",
            operation="image_generation",
            read=keyed_read(_read_pictures),
            render=_render_pictures,
        ),
        Route(
            method="POST",
            path="/models/{model}:predictLongRunning",
            operation="video_generation",
            read=keyed_read(_read_films),
            render=_begin_film,
        ),
        Route(
            method="POST",
            path="/models/{model}:fetchPredictOperation",
            operation="retrieve_video",
            handle=keyed(_fetch),
        ),
        Route(
            method="GET",
            path="/models/{model}/operations/{operation}",
            operation="retrieve_video",
            handle=keyed(_look),
        ),
    ),
    render_failure=render_failure,
    failure_pieces=failure_pieces,
    claims=claims,
)
