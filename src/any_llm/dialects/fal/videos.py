"""Videos: put into the queue, asked about, and fetched.

https://fal.ai/docs/model-api-reference/video-generation-api/overview
"""

from __future__ import annotations

from collections.abc import Mapping

from any_llm.dialects.fal.queue import follow_queue, id_of, is_place, is_queued, submit
from any_llm.exceptions import InvalidRequestError, MalformedResponseError
from any_llm.spec.answers import explained, first_text, members, read_binary, read_object, words_of
from any_llm.spec.dialect import Codec, Encoded, FollowUp, Options, Target
from any_llm.spec.requests import place_of, split
from any_llm.types.binary import Binary
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSONObject
from any_llm.types.report import Warning as CallWarning
from any_llm.types.value import revive
from any_llm.types.video import Video

_RENAMED: Mapping[str, str] = {"seconds": "duration"}
_INEXPRESSIBLE: Mapping[str, str] = {"user": "the API does not ask who is asking"}
_SIZES: Mapping[str, tuple[str, str]] = {
    "1280x720": ("16:9", "720p"),
    "720x1280": ("9:16", "720p"),
    "1920x1080": ("16:9", "1080p"),
    "1080x1920": ("9:16", "1080p"),
}
"""Sizes in OpenAI's words as the form and the resolution that models ask for."""

_STATES: Mapping[str, str] = {"IN_QUEUE": "queued", "IN_PROGRESS": "in_progress", "COMPLETED": "completed"}


def encode_video_generation(target: Target, options: Options) -> Encoded:
    """Encode a request; the model's own settings are sent as they are.

    Raises:
        MediaNotReadError: the first image is neither at a URL nor in memory.
    """
    said, warnings = split(options, _RENAMED, _INEXPRESSIBLE)
    image = said.pop("image", None)
    if image is not None:
        said["image_url"] = place_of(image)
    size = said.pop("size", None)
    if size in _SIZES:
        said = dict(zip(("aspect_ratio", "resolution"), _SIZES[size], strict=True)) | said
    elif size is not None:
        warnings.append(
            CallWarning("dropped", "size", f"say resolution and aspect_ratio, or one of {', '.join(_SIZES)}")
        )
    return submit(target, said, warnings)


def encode_retrieve_video(_target: Target, options: Options) -> Encoded:
    """Encode the question how far a video is."""
    return Encoded(f"/{_named(options)}/status")


def _named(options: Options) -> str:
    """Return the path of a request in the queue.

    Raises:
        InvalidRequestError: the id is none of a video made here.
    """
    name = str(options["video_id"])
    if "/requests/" not in name or ".." in name or "?" in name:
        raise InvalidRequestError(
            f"{name!r} is no id of a video at fal: those have /requests/ in them", param="video_id"
        )
    return name


def follow_video(_target: Target, options: Options, response: HttpResponse) -> FollowUp | None:
    """Return the request for the model's answer, when there is one."""
    answer = read_object(response)
    if not is_queued(answer) or answer["status"] != "COMPLETED" or answer.get("error"):
        return None
    return FollowUp(Encoded(f"/{_named(options)}"))


def decode_submitted(target: Target, response: HttpResponse) -> Video:
    """Decode a place in the queue; the vendor's words for it stay readable.

    Raises:
        MalformedResponseError: the answer is none.
    """
    answer = read_object(response, "response_url", "status_url")
    video = revive(Video, {name: value for name, value in answer.items() if name != "error"})
    video.id, video.model = id_of(answer), target.model
    video.status = _STATES.get(words_of(answer.get("status")), "queued")
    return video


def decode_video(target: Target, response: HttpResponse) -> Video:
    """Decode how far a video is, or the model's answer.

    Raises:
        MalformedResponseError: the answer is neither.
    """
    answer = read_object(response)
    asked = read_object(response.earlier[-1]) if response.earlier else answer
    url = _url(answer)
    if not url and not is_queued(answer):
        raise MalformedResponseError(f"an answer that names no video: it has {sorted(answer)}")
    video = revive(Video, {name: value for name, value in answer.items() if name != "error"})
    video.id, video.url = id_of(asked), url or None
    video.model = target.model or video.id.partition("/requests/")[0]
    video.status = "completed" if url else _STATES[answer["status"]]
    if not url and answer.get("error"):
        video.status = "failed"
        code = first_text(answer.get("error_type")) or "failed"
        video.error = {"code": code, "message": explained(answer["error"])}
    video.progress = 100 if url else 0
    return video


def _url(answer: JSONObject) -> str:
    return words_of(members(answer.get("video")).get("url"))


def follow_file(target: Target, options: Options, response: HttpResponse) -> FollowUp | None:
    """Return the request for the model's answer, and for the file that it names.

    Raises:
        AnyLLMError: the request failed.
        InvalidRequestError: there is no video yet.
    """
    if not response.headers.get("content-type", "").startswith("application/json"):
        return None
    answer = read_object(response)
    if not is_queued(answer):
        url = _url(answer)
        if not is_place(url):
            raise MalformedResponseError(f"an answer that names no video: it has {sorted(answer)}")
        return FollowUp(Encoded(url))
    if answer["status"] != "COMPLETED":
        raise InvalidRequestError("the video is not made yet; wait for it with await_video", param="video_id")
    if answer.get("error"):
        return follow_queue(target, options, response)
    return FollowUp(Encoded(f"/{_named(options)}"))


def decode_file(_target: Target, response: HttpResponse) -> Binary:
    """Return the film.

    Raises:
        MalformedResponseError: the answer is none.
    """
    return read_binary(response)


VIDEO_GENERATION: Codec[Video, None] = Codec(encode=encode_video_generation, decode=decode_submitted)
"""The operation `video_generation`."""

RETRIEVE_VIDEO: Codec[Video, None] = Codec(encode=encode_retrieve_video, decode=decode_video, follow_up=follow_video)
"""The operation `retrieve_video`."""

DOWNLOAD_VIDEO: Codec[Binary, None] = Codec(encode=encode_retrieve_video, decode=decode_file, follow_up=follow_file)
"""The operation `download_video`."""
