"""Images and videos, which are tasks: submitted, asked about, and then fetched from where they are.

https://www.alibabacloud.com/help/en/model-studio/text-to-image-v2-api-reference and
https://www.alibabacloud.com/help/en/model-studio/text-to-video-api-reference
"""

from __future__ import annotations

import base64
from collections.abc import Mapping

import msgspec

from any_llm.dialects.dashscope.errors import error_from
from any_llm.dialects.dashscope.wire import ASYNC, ask_about, await_task, read_output, request
from any_llm.exceptions import InvalidRequestError, MalformedResponseError
from any_llm.spec.dialect import Codec, Encoded, FollowUp, Options, Target
from any_llm.types.binary import Binary
from any_llm.types.http import HttpResponse
from any_llm.types.image import Image, ImagesResponse
from any_llm.types.json import JSON, JSONObject, is_list, is_object
from any_llm.types.media import Media
from any_llm.types.report import Warning as CallWarning
from any_llm.types.value import revive
from any_llm.types.video import Video

_IMAGES = "/services/aigc/text2image/image-synthesis"
_VIDEOS = "/services/aigc/video-generation/video-synthesis"
_INPUTS = frozenset(
    {
        "audio_url", "extend_prompt", "first_frame_url", "function", "img_url", "last_frame_url", "negative_prompt",
        "prompt", "ref_image_url", "ref_images_url", "ref_img", "template", "video_url",
    }
)  # fmt: skip
"""What stands in the input; all else are parameters."""

_RENAMED: Mapping[str, str] = {"seconds": "duration"}
_INEXPRESSIBLE: Mapping[str, str] = {
    "aspect_ratio": "say size",
    "background": "images have no transparent background",
    "moderation": "the API inspects by itself",
    "output_compression": "images come as they are made",
    "output_format": "images come as they are made",
    "quality": "there is one quality",
    "response_format": "images come by their addresses",
    "stream": "images come when they are made",
    "style": "say it in the prompt",
    "user": "the API does not ask who is asking",
}
_STATUSES: Mapping[str, str] = {
    "PENDING": "queued",
    "SUSPENDED": "queued",
    "RUNNING": "in_progress",
    "SUCCEEDED": "completed",
    "FAILED": "failed",
    "CANCELED": "cancelled",
    "UNKNOWN": "expired",
}
"""The vendor's words for how far a task is; one that it does not know any more was kept for a day."""

_DONE = "SUCCEEDED"


def encode_image_generation(target: Target, options: Options) -> Encoded:
    """Encode a request; sizes become the vendor's (`1024*1024`), its own parameters are sent as they are."""
    return _encode(target, _IMAGES, options)


def encode_video_generation(target: Target, options: Options) -> Encoded:
    """Encode a request; an image is the first that is seen."""
    return _encode(target, _VIDEOS, options)


def _encode(target: Target, route: str, options: Options) -> Encoded:
    given: JSONObject = {}
    parameters: JSONObject = {}
    warnings: list[CallWarning] = []
    for name, value in options.items():
        if value is None or (name == "response_format" and value == "url"):
            continue
        if name in _INEXPRESSIBLE:
            warnings.append(CallWarning("dropped", name, _INEXPRESSIBLE[name]))
        elif name == "image":
            given["img_url"] = _url_of(value)
        elif name in _INPUTS:
            given[name] = value
        else:
            parameters[_RENAMED.get(name, name)] = _parameter(name, value)
    return msgspec.structs.replace(request(target, route, given, parameters, warnings), headers=ASYNC)


def _parameter(name: str, value: JSON) -> JSON:
    if name == "size" and isinstance(value, str):
        return value.replace("x", "*")
    return int(value) if name == "seconds" else value


def _url_of(image: JSON) -> str:
    media = image if isinstance(image, Media) else Media(url=str(image))
    if media.url is not None:
        return media.url
    return f"data:{media.media_type or 'image/png'};base64,{base64.b64encode(media.data).decode()}"


def decode_image_generation(_target: Target, response: HttpResponse) -> ImagesResponse:
    """Decode a task that has ended; images that were refused stand beside the others, with the vendor's `code`.

    Raises:
        AnyLLMError: the task failed, or the answer is an error in spite of its HTTP status.
        MalformedResponseError: the task has no images.
    """
    output, answer = read_output(response)
    if output.get("task_status") != _DONE:
        raise error_from(_failure(output), response.status)
    results: JSON = output.get("results")
    if not is_list(results):
        raise MalformedResponseError(f"a task without results: it has {sorted(output)}")
    told = {name: value for name, value in answer.items() if name not in {"output", "usage"}}
    images = revive(ImagesResponse, told | {"task_id": output.get("task_id"), "image_usage": answer.get("usage")})
    images.data = [_image(result) for result in results if is_object(result)]
    return images


def _image(result: JSONObject) -> Image:
    named = {"actual_prompt": "revised_prompt"}
    return revive(Image, {named.get(name, name): value for name, value in result.items()})


def _failure(output: JSONObject) -> JSONObject:
    status = output.get("task_status")
    return {"code": output.get("code") or status, "message": output.get("message") or f"the task is {status}"}


def encode_retrieve_video(target: Target, options: Options) -> Encoded:
    """Encode the question how far a task is."""
    return ask_about(target, str(options["video_id"]))


def decode_video(target: Target, response: HttpResponse) -> Video:
    """Decode a task; the vendor's words for it stay readable on the video.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer is no task.
    """
    output, answer = read_output(response)
    if not output.get("task_id"):
        raise MalformedResponseError(f"the output is no task: it has {sorted(output)}")
    status = str(output.get("task_status"))
    video = revive(Video, {**output, "usage": answer.get("usage"), "request_id_of_answer": answer.get("request_id")})
    video.id, video.model = str(output["task_id"]), target.model
    video.status = _STATUSES.get(status, status.lower())
    video.progress = 100 if status == _DONE else 0
    video.url = output.get("video_url")
    video.error = _failure(output) if video.status == "failed" else None
    return video


def ask_for_file(_target: Target, options: Options, response: HttpResponse) -> FollowUp | None:
    """Return the request for the file that a task has made.

    Raises:
        InvalidRequestError: there is no video yet, or none came about.
    """
    if response.earlier:
        return None
    output, _ = read_output(response)
    url: JSON = output.get("video_url")
    if not isinstance(url, str):
        detail = _failure(output)["message"]
        raise InvalidRequestError(f"the video {options['video_id']!r} cannot be fetched: {detail}", param="video_id")
    return FollowUp(Encoded(url))


def decode_video_file(_target: Target, response: HttpResponse) -> Binary:
    """Decode the file."""
    return Binary(response.body, media_type=response.headers.get("content-type", "video/mp4"))


IMAGE_GENERATION: Codec[ImagesResponse, None] = Codec(
    encode=encode_image_generation, decode=decode_image_generation, follow_up=await_task
)
"""The operation `image_generation`."""

VIDEO_GENERATION: Codec[Video, None] = Codec(encode=encode_video_generation, decode=decode_video)
"""The operation `video_generation`."""

RETRIEVE_VIDEO: Codec[Video, None] = Codec(encode=encode_retrieve_video, decode=decode_video)
"""The operation `retrieve_video`."""

DOWNLOAD_VIDEO: Codec[Binary, None] = Codec(
    encode=encode_retrieve_video, decode=decode_video_file, follow_up=ask_for_file
)
"""The operation `download_video`."""
