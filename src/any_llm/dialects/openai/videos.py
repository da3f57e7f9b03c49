"""Videos in OpenAI's format, and in that of vendors who only hand out a link.

https://platform.openai.com/docs/api-reference/videos · https://docs.x.ai/docs/guides/video-generations
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from any_llm.dialects.openai.adapt import adapt
from any_llm.dialects.openai.answers import refuse, seconds_of, tree_of
from any_llm.dialects.openai.errors import error_from
from any_llm.dialects.openai.forms import form, link_of
from any_llm.dialects.openai.places import place, segment
from any_llm.exceptions import InvalidRequestError
from any_llm.spec.answers import decode_binary
from any_llm.spec.dialect import Codec, Encoded, FollowUp, Options, Target
from any_llm.spec.provider import Operation
from any_llm.types.binary import Binary
from any_llm.types.http import HttpResponse
from any_llm.types.json import JSON, JSONObject, is_list, is_object
from any_llm.types.media import Media
from any_llm.types.value import revive
from any_llm.types.video import Video

LINKED_VIDEOS = "linked_videos"
"""The quirk of a provider that gives the link of a finished video, rather than its content."""

_STATUSES: Mapping[str, str] = {"pending": "in_progress", "processing": "in_progress", "done": "completed"}


def _as_image(image: Media) -> JSONObject:
    """Say where a video begins as xAI does."""
    return {"image": {"url": link_of(image)}}


def _as_frame(image: Media) -> JSONObject:
    """Say where a video begins as OpenRouter does."""
    frame = {"type": "image_url", "image_url": {"url": link_of(image)}, "frame_type": "first_frame"}
    return {"frame_images": [frame]}


def _as_media(image: Media) -> JSONObject:
    """Say where a video begins as Together does."""
    return {"media": {"frame_images": [{"input_image": link_of(image), "frame": "first"}]}}


IMAGE_QUIRKS: Mapping[str, Callable[[Media], JSONObject]] = {
    "video_image": _as_image,
    "video_frames": _as_frame,
    "video_media": _as_media,
}
"""How the image is said that a video begins with, by the name that a provider's record uses."""


def encode_video_generation(target: Target, options: Options) -> Encoded:
    """Encode a request: JSON, or a form where an image goes along as a file.

    Raises:
        InvalidRequestError: an image has to go into JSON, but is not in memory.
    """
    provider = target.provider
    body: JSONObject = {"model": target.model, **options}
    image: Media | None = body.pop("image", None)
    lengths = provider.rename.get("video_generation.seconds")
    if "seconds" in body:
        body["seconds"] = str(body["seconds"]) if lengths is None else _whole(body["seconds"])
    warnings = tuple(adapt(body, provider, Operation.VIDEO_GENERATION))
    path = place(target, Operation.VIDEO_GENERATION, "/videos")
    quirk = next((IMAGE_QUIRKS[name] for name in provider.quirks if name in IMAGE_QUIRKS), None)
    if image is not None and quirk is not None:
        body |= quirk(image)
    elif image is not None and image.content is not None:
        return Encoded(path, form=form({**body, "input_reference": image}), warnings=warnings)
    elif image is not None:
        body["input_reference"] = {"file_id": image.file_id} if image.file_id else {"image_url": image.url}
    return Encoded(path, msgspec.json.encode(body), warnings=warnings)


def _whole(seconds: JSON) -> JSON:
    return int(seconds) if isinstance(seconds, str) and seconds.isdecimal() else seconds


def encode_retrieve_video(target: Target, options: Options) -> Encoded:
    """Encode a request."""
    return Encoded(place(target, Operation.RETRIEVE_VIDEO, f"/videos/{segment(options['video_id'])}"))


def encode_download_video(target: Target, options: Options) -> Encoded:
    """Encode a request for the content, or for the link to it."""
    if LINKED_VIDEOS in target.provider.quirks:
        return encode_retrieve_video(target, options)
    path = place(target, Operation.DOWNLOAD_VIDEO, f"/videos/{segment(options['video_id'])}/content")
    return Encoded(path, headers={"Accept": "*/*"})


def follow_download_video(target: Target, _options: Options, response: HttpResponse) -> FollowUp | None:
    """Go on to the link of a finished video.

    Raises:
        InvalidRequestError: the video is not finished, or has failed.
    """
    if LINKED_VIDEOS not in target.provider.quirks or response.earlier:
        return None
    video = decode_video(target, response)
    if not video.url:
        why = f": {video.error}" if video.error else "; wait until it is completed"
        raise InvalidRequestError(f"The video is {video.status}{why}", param="video_id")
    return FollowUp(Encoded(video.url, headers={"Accept": "*/*"}))


def decode_video(_target: Target, response: HttpResponse) -> Video:
    """Decode what is known about a video.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status.
        MalformedResponseError: the answer tells neither an id nor a status.
    """
    tree = tree_of(response)
    made: JSON = tree.get("video")
    facts: JSONObject = {**tree, "id": tree.get("id") or tree.get("request_id") or ""}
    if isinstance(tree.get("error"), str):
        facts["error"] = {"message": tree["error"]}
    status: JSON = tree.get("status")
    facts["status"] = _STATUSES.get(str(status).lower(), str(status).lower()) if status else "queued"
    facts["url"] = _link(tree)
    if is_object(made) and made.get("duration") is not None:
        facts.setdefault("seconds", str(made["duration"]))
    if not facts["id"] and not status:
        if tree.get("error"):
            raise error_from(tree, response.status)
        refuse(revive(Video, tree), response, ("id", "request_id", "status"))
    for name in ("created_at", "completed_at", "expires_at"):
        if name in tree:
            facts[name] = seconds_of(tree[name])
    return revive(Video, facts)


def _link(tree: JSONObject) -> str | None:
    """Return where a finished video is, by whichever name the vendor has for that."""
    video, outputs, links = tree.get("video"), tree.get("outputs"), tree.get("unsigned_urls")
    found: JSON = tree.get("url")
    if is_object(video):
        found = found or video.get("url")
    if is_object(outputs):
        found = found or outputs.get("video_url")
    if is_list(links) and links:
        found = found or links[0]
    return found if isinstance(found, str) else None


VIDEO_GENERATION: Codec[Video, None] = Codec(encode=encode_video_generation, decode=decode_video)
"""The operation `video_generation`."""

RETRIEVE_VIDEO: Codec[Video, None] = Codec(encode=encode_retrieve_video, decode=decode_video)
"""The operation `retrieve_video`."""

DOWNLOAD_VIDEO: Codec[Binary, None] = Codec(
    encode=encode_download_video, decode=decode_binary, follow_up=follow_download_video
)
"""The operation `download_video`."""
