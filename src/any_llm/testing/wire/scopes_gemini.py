"""The recorded APIs of Gemini and of Gemini on Vertex AI: https://ai.google.dev/api."""

from __future__ import annotations

import base64
import copy
from collections.abc import Mapping
from urllib.parse import urlsplit

from any_llm.spec.provider import Operation
from any_llm.testing.recordings import RecordedRequest, Recording
from any_llm.testing.wire.gemini_chats import camel, intent, meaning
from any_llm.testing.wire.scope import Scope
from any_llm.transport.replay import Scripted
from any_llm.types.json import JSON, JSONObject
from any_llm.types.media import Media

_KEY = "x-goog-api-key"
_GET = frozenset({"GET"})
_ROOTS = ("/cachedContents", "/fileSearchStores", "/upload/v1beta/fileSearchStores")
_SETTINGS = ("max_output_tokens", "seed", "temperature", "top_p")
_UPLOAD = "/upload/v1beta/files"


def _model(request: RecordedRequest) -> str:
    """Return the model in a URL."""
    return urlsplit(request.url).path.partition("/models/")[2].partition(":")[0]


def _last(request: RecordedRequest) -> str:
    return urlsplit(request.url).path.rpartition("/")[2]


def say_chat(body: JSONObject, request: RecordedRequest) -> JSONObject:
    """Return what a `generateContent` body means as arguments of `completion`."""
    if any(content.get("role") not in {None, "user", "model", "function"} for content in body["contents"]):
        raise ValueError("the recorded body has a role that there is not")
    streamed = {"stream": True} if ":streamGenerateContent" in request.url else {}
    return {"model": _model(request), **intent(copy.deepcopy(meaning(body))), **streamed}


def say_count(body: JSONObject, request: RecordedRequest) -> JSONObject:
    """Return what a `countTokens` body means as arguments of `count_tokens`."""
    return {"model": _model(request), **intent(copy.deepcopy(mean_count(body)))}


def mean_count(body: JSONObject) -> JSONObject:
    """Return the chat whose tokens a body wants counted."""
    told: JSONObject = camel(body)
    return meaning(told.get("generateContentRequest", told))


def say_embedding(body: JSONObject, request: RecordedRequest) -> JSONObject:
    """Return what an embedding's body means as arguments of `embedding`."""
    told = mean_embedding(body)
    requests = told.get("requests", [told])
    texts = [_text_of(one["content"]) for one in requests]
    own = {name: value for name, value in requests[0].items() if name not in {"content", "model"}}
    if "outputDimensionality" in own:
        own["dimensions"] = own.pop("outputDimensionality")
    own |= own.pop("embedContentConfig", {})
    return {"model": _model(request), "inputs": texts if "requests" in told else texts[0], **own}


def _text_of(content: JSONObject) -> JSON:
    """Return the one text that a content is, or the content itself."""
    parts: list[JSONObject] = content["parts"]
    return parts[0]["text"] if len(parts) == 1 and set(parts[0]) == {"text"} else content


def mean_embedding(body: JSONObject) -> JSONObject:
    """Return an embedding's body in one spelling, without the roles and names that say nothing."""
    told: JSONObject = copy.deepcopy(camel(body))
    told.pop("model", None)
    for request in told.get("requests", [told]):
        request["content"].pop("role", None)
    return told


def say_prediction(body: JSONObject, request: RecordedRequest) -> JSONObject:
    """Return what the body of `predict` means as arguments of `embedding`."""
    instances: list[JSONObject] = body["instances"]
    if "content" not in instances[0]:
        raise ValueError("the recorded body has no texts")
    own = {name: value for name, value in instances[0].items() if name != "content"}
    parameters: JSONObject = dict(body.get("parameters", {}))
    if "outputDimensionality" in parameters:
        own["dimensions"] = parameters.pop("outputDimensionality")
    return {"model": _model(request), "inputs": [one["content"] for one in instances], **own, **parameters}


def say_image(body: JSONObject, request: RecordedRequest) -> JSONObject:
    """Return what Imagen's body means as arguments of `image_generation`."""
    return {"model": _model(request), "prompt": body["instances"][0]["prompt"], **body.get("parameters", {})}


def say_video(body: JSONObject, request: RecordedRequest) -> JSONObject:
    """Return what Veo's body means as arguments of `video_generation`."""
    instance: JSONObject = dict(body["instances"][0])
    image: JSONObject = instance.pop("image", {})
    if "bytesBase64Encoded" in image:
        instance["image"] = Media(
            content=base64.b64decode(image["bytesBase64Encoded"]), media_type=image.get("mimeType")
        )
    return {"model": _model(request), **instance, **body.get("parameters", {})}


def say_operation(_body: JSONObject, request: RecordedRequest) -> JSONObject:
    """Return which video is asked about."""
    return {"video_id": "models/" + urlsplit(request.url).path.partition("/models/")[2]}


def say_single_model(_body: JSONObject, request: RecordedRequest) -> JSONObject:
    """Return which model is asked about."""
    return {"model": _model(request)}


def say_nothing(_body: JSONObject, _request: RecordedRequest) -> JSONObject:
    """Return the arguments of a question that has none."""
    return {}


def say_file(_body: JSONObject, request: RecordedRequest) -> JSONObject:
    """Return which file is asked about."""
    return {"file_id": _last(request).partition(":")[0]}


def say_upload(body: JSONObject, _request: RecordedRequest) -> JSONObject:
    """Return a file of which an upload tells name, type and size."""
    file: JSONObject = camel(body.get("file", {}))
    content = b"\0" * int(file.get("sizeBytes", 1))
    media = Media(content=content, filename=file.get("displayName"), media_type=file.get("mimeType"))
    return {"file": media}


def say_bytes(_body: JSONObject, request: RecordedRequest) -> JSONObject:
    """Return the file whose bytes go to the place that an upload was given."""
    return {"file": Media(content=request.body)}


def script_upload(recording: Recording) -> tuple[Scripted, ...]:
    """Return the answer that gave the place, of which recorders keep no headers, and the recorded one."""
    place = recording.request.url if recording.request else ""
    response = recording.response
    begun = Scripted(headers={"x-goog-upload-url": place})
    return begun, Scripted(status=response.status, headers=response.headers, chunks=(response.body,))


def mean_upload(body: JSONObject) -> JSONObject:
    """Return what is said of a file beside what the headers say: its type and its size.

    A file without a name gets one from this library.
    """
    file: JSONObject = camel(body.get("file", {}))
    told = {name: value for name, value in file.items() if name not in {"mimeType", "sizeBytes"}}
    return {"file": {name: value for name, value in told.items() if not str(value).startswith("file.")}}


def say_batch(body: JSONObject, request: RecordedRequest) -> JSONObject:
    """Return what the body of a batch means as arguments of `create_batch`."""
    requests: list[JSONObject] = []
    for one in mean_batch(body)["requests"]:
        key = {"custom_id": one["metadata"]["key"]} if "metadata" in one else {}
        requests.append({"body": intent(copy.deepcopy(one["request"])), **key})
    return {"model": _model(request), "requests": requests}


def mean_batch(body: JSONObject) -> JSONObject:
    """Return the requests of a batch, each in one spelling."""
    batch: JSONObject = camel(body)["batch"]
    requests = [dict(one) for one in batch["inputConfig"]["requests"]["requests"]]
    for one in requests:
        one["request"] = meaning(one["request"])
    return {"requests": requests, "displayName": batch.get("displayName")}


def say_interaction(body: JSONObject, _request: RecordedRequest) -> JSONObject:
    """Return what an interaction means as arguments of `responses`."""
    told = dict(body)
    config: JSONObject = dict(told.pop("generation_config", {}))
    arguments: JSONObject = {"model": told.pop("model", None), "input_data": told.pop("input")}
    reasoning = {"effort": config.pop("thinking_level", None)}
    if config.pop("thinking_summaries", None) == "auto":
        reasoning["summary"] = "auto"
    if any(reasoning.values()):
        arguments["reasoning"] = reasoning
    if "system_instruction" in told:
        arguments["instructions"] = told.pop("system_instruction")
    if "previous_interaction_id" in told:
        arguments["previous_response_id"] = told.pop("previous_interaction_id")
    choice = config.pop("tool_choice", None)
    if choice is not None:
        arguments["tool_choice"] = {"any": "required"}.get(choice, choice) if isinstance(choice, str) else choice
    arguments |= {name: config.pop(name) for name in _SETTINGS if name in config}
    if config:
        arguments["generation_config"] = config
    return {**arguments, **told}


def mean_interaction(body: JSONObject) -> JSONObject:
    """Return an interaction without what says nothing."""
    return {name: value for name, value in body.items() if (name, value) != ("stream", False)}


def say_request(body: JSONObject, request: RecordedRequest) -> JSONObject:
    """Return a request of a resource that has no operation of its own, as it is."""
    path = urlsplit(request.url).path
    start = min(path.find(root) for root in _ROOTS if root in path)
    said: JSONObject = {"method": request.method, "path": path[start:]}
    if body:
        said["body"] = body
    elif request.body.strip() not in {b"", b"{}", b"null"}:
        said |= {"content": request.body, "content_type": request.headers.get("content-type", "")}
    return said


def _resources(*names: str) -> Scope:
    """Return the scope of resources that are managed by requests of their own, below one of `names`."""
    routes = tuple(f"{name}{rest}" for name in names for rest in ("", "/{id}", "/{id}:{verb}"))
    return Scope(
        operation=Operation.REQUEST,
        dialect="gemini",
        auth=_KEY,
        methods=frozenset({"DELETE", "GET", "PATCH", "POST"}),
        routes=routes,
        say=say_request,
    )


def _models(verb: str) -> tuple[str, ...]:
    return (f"/models/{{model}}:{verb}",)


_VIDEO = Scope(
    operation=Operation.RETRIEVE_VIDEO,
    dialect="gemini",
    auth=_KEY,
    methods=_GET,
    routes=("/v1beta/models/{model}/operations/{operation}",),
    say=say_operation,
)

GEMINI_SCOPES: Mapping[str, Scope] = {
    "gemini.audio": Scope(operation=Operation.SPEECH, dialect="gemini", auth=_KEY, routes=_models("generateContent")),
    "gemini.batch": Scope(
        operation=Operation.CREATE_BATCH,
        dialect="gemini",
        auth=_KEY,
        routes=_models("batchGenerateContent"),
        say=say_batch,
        means=mean_batch,
    ),
    "gemini.cache": _resources("/cachedContents"),
    "gemini.count_tokens": Scope(
        operation=Operation.COUNT_TOKENS,
        dialect="gemini",
        auth=_KEY,
        routes=_models("countTokens"),
        say=say_count,
        means=mean_count,
    ),
    "gemini.download": Scope(
        operation=Operation.DOWNLOAD_FILE,
        dialect="gemini",
        auth=_KEY,
        methods=_GET,
        routes=("/v1beta/files/{file}:download",),
        say=say_file,
        asked=0,
    ),
    "gemini.embed": Scope(
        operation=Operation.EMBEDDING,
        dialect="gemini",
        auth=_KEY,
        routes=(*_models("embedContent"), *_models("batchEmbedContents")),
        say=say_embedding,
        means=mean_embedding,
    ),
    "gemini.files": Scope(
        operation=Operation.RETRIEVE_FILE,
        dialect="gemini",
        auth=_KEY,
        methods=_GET,
        routes=("/v1beta/files/{file}", "/files/{file}"),
        say=say_file,
        others=(
            Scope(
                operation=Operation.UPLOAD_FILE,
                dialect="gemini",
                auth=_KEY,
                routes=(_UPLOAD,),
                say=say_upload,
                means=mean_upload,
                shown=(b'{"file"',),
            ),
            Scope(
                operation=Operation.UPLOAD_FILE,
                dialect="gemini",
                auth=_KEY,
                routes=(_UPLOAD,),
                say=say_bytes,
                script=script_upload,
            ),
        ),
    ),
    "gemini.generate": Scope(
        operation=Operation.COMPLETION,
        dialect="gemini",
        auth=_KEY,
        routes=(*_models("generateContent"), *_models("streamGenerateContent")),
        say=say_chat,
        means=meaning,
        crossed=(Operation.MESSAGES, Operation.RESPONSES),
    ),
    "gemini.interactions": Scope(
        operation=Operation.RESPONSES,
        dialect="gemini",
        auth=_KEY,
        routes=("/v1beta/interactions", "/interactions"),
        say=say_interaction,
        means=mean_interaction,
    ),
    "gemini.models": Scope(
        operation=Operation.LIST_MODELS,
        dialect="gemini",
        auth=_KEY,
        methods=_GET,
        routes=("/models",),
        say=say_nothing,
        others=(
            _VIDEO,
            Scope(
                operation=Operation.RETRIEVE_MODEL,
                dialect="gemini",
                auth=_KEY,
                methods=_GET,
                routes=("/models/{model}",),
                say=say_single_model,
            ),
        ),
    ),
    "gemini.other": _resources("/fileSearchStores"),
    "gemini.uploadToFileSearchStore": _resources("/upload/v1beta/fileSearchStores"),
    "gemini.predict": Scope(
        operation=Operation.EMBEDDING,
        dialect="gemini",
        auth=_KEY,
        routes=_models("predict"),
        say=say_prediction,
        shown=(b'"embeddings"', b'"content"'),
        others=(
            Scope(
                operation=Operation.IMAGE_GENERATION,
                dialect="gemini",
                auth=_KEY,
                routes=_models("predict"),
                say=say_image,
            ),
        ),
    ),
    "gemini.predict_long": Scope(
        operation=Operation.VIDEO_GENERATION,
        dialect="gemini",
        auth=_KEY,
        routes=_models("predictLongRunning"),
        say=say_video,
    ),
}
"""The scopes, by the recorded API."""
