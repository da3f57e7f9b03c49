"""Videos by Veo: an operation that is asked about until it is done, and the file that it has made.

https://ai.google.dev/gemini-api/docs/video and
https://docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/veo-video-generation
"""

from __future__ import annotations

import binascii
from collections.abc import Mapping

import msgspec

from any_llm.dialects.gemini.files import follow_redirect
from any_llm.dialects.gemini.generated import read_answer
from any_llm.dialects.gemini.media import media_bytes
from any_llm.dialects.gemini.places import on_cloud, path, rooted
from any_llm.dialects.gemini.wire import camel, entries, members, text_of
from any_llm.exceptions import InvalidRequestError, MalformedResponseError
from any_llm.spec.dialect import Codec, Encoded, FollowUp, Options, Target
from any_llm.types.binary import Binary
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject
from any_llm.types.report import Warning as CallWarning
from any_llm.types.value import revive
from any_llm.types.video import Video

_RENAMED: Mapping[str, str] = {"n": "sampleCount", "seconds": "durationSeconds"}
_OF_INSTANCE = frozenset({"lastFrame", "referenceImages", "video"})
_SIZES: Mapping[str, tuple[str, str]] = {
    "1280x720": ("16:9", "720p"),
    "720x1280": ("9:16", "720p"),
    "1920x1080": ("16:9", "1080p"),
    "1080x1920": ("9:16", "1080p"),
    "3840x2160": ("16:9", "4k"),
    "2160x3840": ("9:16", "4k"),
}
"""Sizes in OpenAI's words as the form and the resolution that they are."""

_STORAGE = "https://storage.googleapis.com/"
"""Where files of Cloud Storage are: https://docs.cloud.google.com/storage/docs/request-endpoints."""


def encode_video_generation(target: Target, options: Options) -> Encoded:
    """Encode a request; the vendor's own parameters are sent as they are.

    Raises:
        InvalidRequestError: the first image is a file that has not been read yet.
    """
    warnings: list[CallWarning] = []
    instance: JSONObject = {"prompt": options["prompt"]}
    parameters: JSONObject = {}
    for name, value in options.items():
        if value is None or name in {"prompt", "image", "size", "user"}:
            continue
        spelt = _RENAMED.get(name) or camel(name)
        holder = instance if spelt in _OF_INSTANCE else parameters
        holder[spelt] = int(value) if name == "seconds" else value
    if options.get("image") is not None:
        instance["image"] = media_bytes(options["image"], "image")
    _add_size(parameters, options.get("size"), warnings)
    if options.get("user") is not None:
        warnings.append(CallWarning("dropped", "user", "the API does not ask who is asking"))
    body = {"instances": [instance]} | ({"parameters": parameters} if parameters else {})
    return Encoded(path(target, "predictLongRunning"), msgspec.json.encode(body), warnings=tuple(warnings))


def _add_size(parameters: JSONObject, size: JSON, warnings: list[CallWarning]) -> None:
    if size is None:
        return
    if size not in _SIZES:
        warnings.append(CallWarning("dropped", "size", f"one of {', '.join(_SIZES)} is taken, not {size!r}"))
        return
    ratio, resolution = _SIZES[size]
    parameters.setdefault("aspectRatio", ratio)
    parameters.setdefault("resolution", resolution)


def encode_retrieve_video(target: Target, options: Options) -> Encoded:
    """Encode the question how far an operation is; Vertex AI is asked by a method of the model's."""
    name = str(options["video_id"])
    if not on_cloud(target):
        return Encoded(rooted(target, name))
    model = name.partition("/operations/")[0]
    body = msgspec.json.encode({"operationName": name})
    return Encoded(rooted(target, f"{model}:fetchPredictOperation"), body)


def decode_video(target: Target, response: HttpResponse) -> Video:
    """Decode an operation; the vendor's words for it stay readable on the video.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer is no operation.
    """
    operation = _operation(response)
    name = text_of(operation.get("name"))
    video = revive(Video, {key: value for key, value in operation.items() if key != "error"})
    video.id = name
    video.model = name.partition("/operations/")[0].rpartition("/")[2] or target.model
    video.status, video.progress = "in_progress", 0
    if operation.get("done"):
        made = _videos(operation)
        video.status, video.progress = ("completed", 100) if made else ("failed", 0)
        video.error = None if made else _failure(operation)
        video.url = text_of(made[0].get("uri") or made[0].get("gcsUri")) or None if made else None
    return video


def _operation(response: HttpResponse) -> JSONObject:
    tree = msgspec.json.decode(response.body)
    operation = members(tree)
    if not operation.get("name"):
        read_answer(response.body, response.status)
        raise MalformedResponseError(f"the answer is no operation, but {tree!r:.100}")
    return operation


def _videos(operation: JSONObject) -> list[JSONObject]:
    """Return what an operation has made: Gemini's samples, or Vertex AI's videos."""
    answer = members(operation.get("response"))
    samples = entries(members(answer.get("generateVideoResponse")).get("generatedSamples"))
    found = [members(sample).get("video") for sample in samples] or entries(answer.get("videos"))
    return [video for video in map(members, found) if video]


def _failure(operation: JSONObject) -> JSONObject:
    """Return why there is no video, in OpenAI's shape."""
    error = members(operation.get("error"))
    if error:
        return {"code": str(error.get("code", "")), "message": text_of(error.get("message"))}
    answer = members(operation.get("response"))
    facts = members(answer.get("generateVideoResponse")) or answer
    reasons = [text_of(reason) for reason in entries(facts.get("raiMediaFilteredReasons"))]
    return {"code": "content_filter", "message": " ".join(reasons) or "the operation ended without a video"}


def ask_for_file(target: Target, _options: Options, response: HttpResponse) -> FollowUp | None:
    """Return the request for the file that an operation has made, and for where the file really is.

    Raises:
        InvalidRequestError: there is no video yet, or none came about.
    """
    if response.earlier:
        return follow_redirect(target, _options, response)
    operation = _operation(response)
    made = _videos(operation)
    if not made:
        done = bool(operation.get("done"))
        detail = _failure(operation)["message"] if done else "it is not made yet; wait for it with await_video"
        raise InvalidRequestError(f"the video {operation['name']!r} cannot be fetched: {detail}", param="video_id")
    uri = text_of(made[0].get("uri") or made[0].get("gcsUri"))
    if not uri:
        return None
    return FollowUp(Encoded(_STORAGE + uri.removeprefix("gs://") if uri.startswith("gs://") else uri))


def decode_video_file(_target: Target, response: HttpResponse) -> Binary:
    """Decode the file, which Vertex AI gives within the operation itself.

    Raises:
        MalformedResponseError: there is none.
    """
    if response.earlier:
        return Binary(response.body, media_type=response.headers.get("content-type", "video/mp4"))
    made = _videos(_operation(response))[0]
    data = text_of(made.get("bytesBase64Encoded") or made.get("encodedVideo"))
    if not data:
        raise MalformedResponseError(f"the operation tells neither a place nor the bytes of its video: {sorted(made)}")
    media = text_of(made.get("mimeType") or made.get("encoding"))
    return Binary(binascii.a2b_base64(data), media_type=media or "video/mp4")


VIDEO_GENERATION: Codec[Video, None] = Codec(encode=encode_video_generation, decode=decode_video)
"""The operation `video_generation`."""

RETRIEVE_VIDEO: Codec[Video, None] = Codec(encode=encode_retrieve_video, decode=decode_video)
"""The operation `retrieve_video`."""

DOWNLOAD_VIDEO: Codec[Binary, None] = Codec(
    encode=encode_retrieve_video, decode=decode_video_file, follow_up=ask_for_file, redirects=True
)
"""The operation `download_video`."""
