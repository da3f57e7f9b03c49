"""Images and videos, which are generations: asked for, asked about, and fetched.

https://docs.lumalabs.ai/docs/video-generation and https://docs.lumalabs.ai/docs/image-generation
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.exceptions import InvalidRequestError, MalformedResponseError, ProviderError
from any_llm.spec.answers import first_text, members, pause_after, read_binary, read_object, seconds_of, words_of
from any_llm.spec.dialect import Codec, Encoded, FollowUp, Options, Target
from any_llm.spec.requests import segment, split, take_stream
from any_llm.types.binary import Binary
from any_llm.types.http import HttpResponse
from any_llm.types.image import Image, ImagesResponse
from any_llm.types.json import JSON, JSONObject
from any_llm.types.report import Warning as CallWarning
from any_llm.types.value import revive
from any_llm.types.video import Video

_UNDRAWN: Mapping[str, str] = {
    "background": "the model decides",
    "moderation": "the vendor moderates",
    "n": "one image is given; call it several times",
    "negative_prompt": "say it in the prompt",
    "output_compression": "the model decides",
    "partial_images": "images come whole",
    "quality": "the model's name says it",
    "response_format": "images are at addresses",
    "seed": "the model takes none",
    "size": "say aspect_ratio",
    "style": "say it in words, or style_ref",
    "user": "the API does not ask who is asking",
}
_UNFILMED: Mapping[str, str] = {"user": "the API does not ask who is asking"}
_SIZES: Mapping[str, tuple[str, str]] = {
    "1280x720": ("16:9", "720p"),
    "720x1280": ("9:16", "720p"),
    "1920x1080": ("16:9", "1080p"),
    "1080x1920": ("9:16", "1080p"),
}
"""Sizes in OpenAI's words as the form and the resolution that they are."""

_STATES: Mapping[str, str] = {
    "completed": "completed",
    "dreaming": "in_progress",
    "failed": "failed",
    "queued": "queued",
}


def encode_image_generation(target: Target, options: Options) -> Encoded:
    """Encode a request; the vendor's own settings are sent as they are."""
    reasons = {name: why for name, why in _UNDRAWN.items() if (name, options.get(name)) not in _NEEDLESS}
    said, warnings = split(options, {"output_format": "format"}, reasons)
    for name, _ in _NEEDLESS:
        said.pop(name, None)
    take_stream(said, warnings)
    body = {"model": target.model, **said}
    return Encoded("/generations/image", msgspec.json.encode(body), warnings=tuple(warnings))


_NEEDLESS = (("n", 1), ("response_format", "url"))
"""What is so anyway."""


def encode_video_generation(target: Target, options: Options) -> Encoded:
    """Encode a request; the vendor's own settings are sent as they are.

    Raises:
        InvalidRequestError: the first image is not at a URL.
    """
    said, warnings = split(options, {}, _UNFILMED)
    seconds = said.pop("seconds", None)
    if seconds is not None:
        said["duration"] = f"{str(seconds).removesuffix('s')}s"
    size = said.pop("size", None)
    if size in _SIZES:
        said = dict(zip(("aspect_ratio", "resolution"), _SIZES[size], strict=True)) | said
    elif size is not None:
        warnings.append(CallWarning("dropped", "size", f"one of {', '.join(_SIZES)} is taken, not {size}"))
    image: JSON = said.pop("image", None)
    if image is not None:
        if image.url is None:
            raise InvalidRequestError("Luma takes images by their URLs only", param="image")
        said["keyframes"] = {"frame0": {"type": "image", "url": image.url}} | members(said.get("keyframes"))
    body = {"model": target.model, **said}
    return Encoded("/generations/video", msgspec.json.encode(body), warnings=tuple(warnings))


def encode_retrieve_video(_target: Target, options: Options) -> Encoded:
    """Encode the question how far a generation is."""
    return Encoded(f"/generations/{segment(options['video_id'])}")


def follow_generation(_target: Target, _options: Options, response: HttpResponse) -> FollowUp | None:
    """Return the question how far a generation is, until it has ended.

    Raises:
        MalformedResponseError: the answer is no generation.
    """
    answer = read_object(response, "state")
    if answer["state"] in {"completed", "failed"}:
        return None
    return FollowUp(Encoded(f"/generations/{segment(answer.get('id'))}"), pause_after(response))


def _made(answer: JSONObject, kind: str) -> str:
    """Return where what was made is.

    Raises:
        MalformedResponseError: there is nothing.
        ProviderError: the generation failed.
    """
    if answer["state"] == "failed":
        raise ProviderError(first_text(answer.get("failure_reason")) or "the generation failed", code="failed")
    place = words_of(members(answer.get("assets")).get(kind))
    if not place:
        raise MalformedResponseError(f"a generation that is {answer['state']!r} and has no {kind}")
    return place


def decode_images(_target: Target, response: HttpResponse) -> ImagesResponse:
    """Decode a generation that has ended; the vendor's words for it stay readable.

    Raises:
        MalformedResponseError: there is no image.
        ProviderError: the generation failed.
    """
    answer = read_object(response, "state")
    place = _made(answer, "image")
    made = revive(ImagesResponse, answer)
    made.created, made.data = seconds_of(answer.get("created_at")), [Image(url=place)]
    return made


def decode_video(target: Target, response: HttpResponse) -> Video:
    """Decode a generation; the vendor's words for it stay readable.

    Raises:
        MalformedResponseError: the answer is none.
    """
    answer = read_object(response, "state")
    status = _STATES.get(words_of(answer["state"]))
    if status is None:
        raise MalformedResponseError(f"a generation that is {answer['state']!r}")
    video = revive(Video, answer)
    video.status, video.model = status, words_of(answer.get("model")) or target.model
    video.created_at = seconds_of(answer.get("created_at"))
    video.url = words_of(members(answer.get("assets")).get("video")) or None
    video.progress = 100 if status == "completed" else 0
    if status == "failed":
        words = first_text(answer.get("failure_reason")) or "the generation failed"
        video.error = {"code": "failed", "message": words}
    return video


def follow_file(_target: Target, _options: Options, response: HttpResponse) -> FollowUp | None:
    """Return the request for the file that a generation has made.

    Raises:
        InvalidRequestError: there is none yet.
        MalformedResponseError: the generation names none.
        ProviderError: the generation failed.
    """
    if response.earlier:
        return None
    answer = read_object(response, "state")
    if answer["state"] not in {"completed", "failed"}:
        raise InvalidRequestError("the video is not made yet; wait for it with await_video", param="video_id")
    return FollowUp(Encoded(_made(answer, "video")))


def decode_file(_target: Target, response: HttpResponse) -> Binary:
    """Return the film.

    Raises:
        MalformedResponseError: the answer is none.
    """
    return read_binary(response)


IMAGE_GENERATION: Codec[ImagesResponse, None] = Codec(
    encode=encode_image_generation, decode=decode_images, follow_up=follow_generation
)
"""The operation `image_generation`."""

VIDEO_GENERATION: Codec[Video, None] = Codec(encode=encode_video_generation, decode=decode_video)
"""The operation `video_generation`."""

RETRIEVE_VIDEO: Codec[Video, None] = Codec(encode=encode_retrieve_video, decode=decode_video)
"""The operation `retrieve_video`."""

DOWNLOAD_VIDEO: Codec[Binary, None] = Codec(encode=encode_retrieve_video, decode=decode_file, follow_up=follow_file)
"""The operation `download_video`."""
