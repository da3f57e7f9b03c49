"""The recorded APIs of OpenAI's format beyond answers of models: https://platform.openai.com/docs/api-reference."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

import msgspec

from any_llm.spec.provider import Operation
from any_llm.testing.recordings import RecordedRequest
from any_llm.testing.wire.forms import form_of, is_form
from any_llm.testing.wire.scope import Scope
from any_llm.types.json import JSON, JSONObject, is_list, is_object
from any_llm.types.media import Media

_GET = frozenset({"GET"})
_ENDED = b'{"batch_id": "batch", "state": {"num_requests": 1, "num_success": 1}}'
_ANY = frozenset({"DELETE", "GET", "POST"})
_SHAPED = frozenset({"none", "auto", "required"})


def _said(body: JSONObject, request: RecordedRequest) -> JSONObject:
    """Return a body, or the fields of a form, as arguments.

    Raises:
        ValueError: there was a form, and it was not kept.
    """
    if is_form(request.headers.get("content-type", "")) and form_of(request) is None:
        raise ValueError("the recorded form was not kept")
    return {"model": None, **body}


def say_text(body: JSONObject, _request: RecordedRequest) -> JSONObject:
    """Return what a body means as arguments of `text_completion`."""
    return {"model": None, **body}


def say_moderation(body: JSONObject, _request: RecordedRequest) -> JSONObject:
    """Return what a body means as arguments of `moderation`; a model may be left to the provider."""
    return {"model": "", **body}


def say_image(body: JSONObject, _request: RecordedRequest) -> JSONObject:
    """Return what a body means as arguments of `image_generation`; a model may be left to the provider."""
    return {"model": "", **body}


def say_edit(body: JSONObject, request: RecordedRequest) -> JSONObject:
    """Return what a body, or a form, means as arguments of `image_edit`."""
    told = {**_said(body, request), "model": body.get("model", "")}
    listed = told.pop("images", None) or told.pop("image[]", None) or told.pop("image")
    images = [_link(image) for image in (listed if is_list(listed) else [listed])]
    return {**told, "image": images}


def _link(image: JSON) -> JSON:
    """Return an image; one that JSON names by its URL stays one, even if that holds the image itself."""
    return Media(url=image.get("image_url") or image.get("url")) if is_object(image) else image


def say_form(body: JSONObject, request: RecordedRequest) -> JSONObject:
    """Return what a form means as arguments; repeated fields have brackets."""
    told = {name.removesuffix("[]"): _listed(name, value) for name, value in _said(body, request).items()}
    if "file" not in told and "image" not in told:
        raise ValueError("the recorded form has no file")
    return told


def _listed(name: str, value: JSON) -> JSON:
    return [value] if name.endswith("[]") and not is_list(value) else value


def say_variation(body: JSONObject, request: RecordedRequest) -> JSONObject:
    """Return what a form means as arguments of `image_variation`; a model may be left to the provider."""
    return {**say_form(body, request), "model": body.get("model", "")}


def say_transcription(body: JSONObject, request: RecordedRequest) -> JSONObject:
    """Return what a form, or OpenRouter's body, means as arguments of `transcription`."""
    told: JSONObject = dict(body)
    sound = told.pop("input_audio", None)
    if is_object(sound):
        uri = f"data:audio/{sound['format']};base64,{sound['data']}"
        return {"model": None, **told, "file": uri}
    told = say_form(body, request)
    return told if body.get("model") else {**told, "model": ""}


def say_upload(body: JSONObject, request: RecordedRequest) -> JSONObject:
    """Return what a form means as arguments of `upload_file`."""
    told = say_form(body, request)
    del told["model"]
    return told


def say_batch(body: JSONObject, _request: RecordedRequest) -> JSONObject:
    """Return what a body means as arguments of `create_batch`."""
    return dict(body)


def say_results(_body: JSONObject, request: RecordedRequest) -> JSONObject:
    """Return which batch's results are asked for."""
    if urlsplit(request.url).query != "limit=100":
        raise ValueError("the recorded page is not the first, or of another size")
    return {"batch_id": urlsplit(request.url).path.split("/")[-2]}


def say_id(name: str) -> Callable[[JSONObject, RecordedRequest], JSONObject]:
    """Return what makes a URL's last part an argument."""

    def say(_body: JSONObject, request: RecordedRequest) -> JSONObject:
        path = urlsplit(request.url).path.removesuffix("/content")
        return {name: path.rpartition("/")[2]}

    return say


def say_video(body: JSONObject, _request: RecordedRequest) -> JSONObject:
    """Return what a body means as arguments of `video_generation`."""
    told = dict(body)
    if "duration" in told:
        told["seconds"] = told.pop("duration")
    return told


def say_count(body: JSONObject, _request: RecordedRequest) -> JSONObject:
    """Return what a body means as arguments of `count_tokens`."""
    told = dict(body)
    messages = [{**item, "content": _chat_content(item["content"])} for item in told.pop("input")]
    tools = [{"type": "function", "function": _without_type(tool)} for tool in told.pop("tools", ())]
    return {**told, "messages": messages, **({"tools": tools} if tools else {})}


def _chat_content(content: JSON) -> JSON:
    return [{"type": "text", "text": part["text"]} for part in content] if is_list(content) else content


def _without_type(tool: JSONObject) -> JSONObject:
    return {name: value for name, value in tool.items() if name != "type"}


def say_compaction(body: JSONObject, _request: RecordedRequest) -> JSONObject:
    """Return what a body means as arguments of `compact_response`."""
    told = dict(body)
    return {"input_data": told.pop("input"), **told}


def say_nothing(_body: JSONObject, _request: RecordedRequest) -> JSONObject:
    """Return the arguments of a question that has none."""
    return {}


def say_model(_body: JSONObject, request: RecordedRequest) -> JSONObject:
    """Return which model is asked about."""
    return {"model": urlsplit(request.url).path.rpartition("/")[2]}


def say_request(body: JSONObject, request: RecordedRequest) -> JSONObject:
    """Return a request as it is; its path begins after the version of the API."""
    path = urlsplit(request.url).path
    path = "/" + path.partition("/v1/")[2] if "/v1/" in path else path
    arguments: JSONObject = {"method": request.method, "path": path}
    content_type = request.headers.get("content-type", "")
    if is_form(content_type):
        content = _form_bytes(body, content_type.partition("boundary=")[2])
        return {**arguments, "content": content, "content_type": content_type}
    return {**arguments, "body": body} if request.method == "POST" and request.body else arguments


def _form_bytes(members: JSONObject, boundary: str) -> bytes:
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in members.items()
    ]
    return ("".join(parts) + f"--{boundary}--\r\n").encode()


def _scope(operation: Operation, say: Callable[[JSONObject, RecordedRequest], JSONObject], *routes: str) -> Scope:
    return Scope(operation=operation, dialect="openai", routes=routes, say=say)


def _asked(operation: Operation, say: Callable[[JSONObject, RecordedRequest], JSONObject], *routes: str) -> Scope:
    return Scope(operation=operation, dialect="openai", routes=routes, methods=_GET, say=say)


def _others(*routes: str) -> Scope:
    return Scope(operation=Operation.REQUEST, dialect="openai", routes=routes, methods=_ANY, say=say_request)


_USAGE = _others("/organization/usage/{kind}")


def _also(scope: Scope, *others: Scope) -> Scope:
    return msgspec.structs.replace(scope, others=others)


OPENAI_SCOPES: Mapping[str, Scope] = {
    "groq.audio": _scope(Operation.TRANSCRIPTION, say_transcription, "/audio/transcriptions"),
    "heroku.other": _asked(Operation.LIST_MODELS, say_nothing, "/available-models"),
    "llamacpp.other": _others("/props"),
    "openai.assistants": _others(
        "/threads/{thread}/runs", "/threads/{thread}/runs/{run}", "/threads/{thread}/runs/{run}/steps/{step}"
    ),
    "openai.audio.speech": _scope(Operation.SPEECH, say_text, "/audio/speech"),
    "openai.audio.transcriptions": _scope(Operation.TRANSCRIPTION, say_transcription, "/audio/transcriptions"),
    "openai.audio.translations": _scope(Operation.TRANSLATION, say_form, "/audio/translations"),
    "openai.batches": _also(
        msgspec.structs.replace(_scope(Operation.CREATE_BATCH, say_batch, "/batches"), needed=("input_file_id",)),
        _asked(Operation.RETRIEVE_BATCH, say_id("batch_id"), "/batches/{batch}"),
        msgspec.structs.replace(
            _asked(Operation.RETRIEVE_BATCH_RESULTS, say_results, "/batches/{batch}/results"), earlier=(_ENDED,)
        ),
        _others("/batches", "/batches/{batch}/requests"),
    ),
    "openai.completions": _also(
        msgspec.structs.replace(_scope(Operation.TEXT_COMPLETION, say_text, "/completions"), needed=("prompt",)),
        _others("/prompts/{prompt}/completions"),
        _USAGE,
    ),
    "openai.conversations": _others(
        "/conversations/{conversation}/items", "/conversations/{conversation}/items/{item}"
    ),
    "openai.files": _also(
        _scope(Operation.UPLOAD_FILE, say_upload, "/files"),
        _asked(Operation.DOWNLOAD_FILE, say_id("file_id"), "/files/{file}/content"),
        _others("/vector_stores/{store}/file_batches/{batch}/files"),
    ),
    "openai.fine_tuning": _others("/fine_tuning/jobs", "/fine_tuning/jobs/{job}/events"),
    "openai.images": _scope(Operation.IMAGE_GENERATION, say_image, "/images/generations"),
    "openai.images.edit": _scope(Operation.IMAGE_EDIT, say_edit, "/images/edits"),
    "openai.images.other": _also(_scope(Operation.IMAGE_GENERATION, say_image, "/images"), _USAGE),
    "openai.images.variation": _scope(Operation.IMAGE_VARIATION, say_variation, "/images/variations"),
    "openai.models": _also(
        _asked(Operation.LIST_MODELS, say_nothing, "/models"),
        _asked(Operation.RETRIEVE_MODEL, say_model, "/models/{model}"),
    ),
    "openai.moderations": _scope(Operation.MODERATION, say_moderation, "/moderations"),
    "openai.other": _USAGE,
    "openai.realtime": _others("/realtime/client_secrets", "/realtime/calls"),
    "openai.responses.compact": _scope(Operation.COMPACT_RESPONSE, say_compaction, "/responses/compact"),
    "openai.responses.input_tokens": _scope(Operation.COUNT_TOKENS, say_count, "/responses/input_tokens"),
    "openai.vector_stores": _others("/vector_stores", "/vector_stores/{store}"),
    "openai.videos": _also(
        _scope(Operation.VIDEO_GENERATION, say_video, "/videos/generations", "/videos"),
        _asked(Operation.RETRIEVE_VIDEO, say_id("video_id"), "/videos/{video}"),
    ),
    "rerank": _scope(Operation.RERANK, say_text, "/rerank"),
    "venice.other": _others("/image/generate"),
}
"""The scopes, by the recorded API."""
