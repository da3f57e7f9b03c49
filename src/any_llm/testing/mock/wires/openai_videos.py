"""OpenAI's videos: https://platform.openai.com/docs/api-reference/videos.

A video is being made until somebody looks at it; the first look after its order finds it finished.
"""

from __future__ import annotations

import msgspec

from any_llm.testing.mock.answer import Answer
from any_llm.testing.mock.asked import Asked
from any_llm.testing.mock.ids import HEX
from any_llm.testing.mock.request import MockRequest
from any_llm.testing.mock.wire import Context, Rendered, Route, Wire
from any_llm.testing.mock.wires.openai_errors import failure_pieces, render_failure
from any_llm.testing.mock.wires.openai_words import head, not_found, page, refuse, whole
from any_llm.types.json import JSONObject

_HOUR = 3600
_MP4 = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom\x00\x00\x00\x08mdat"


class Video(msgspec.Struct, kw_only=True):
    """A video: what the vendor says of it, and its bytes.

    Attributes:
        object: the video in the vendor's words.
        content: the bytes.
    """

    object: JSONObject
    content: bytes


def _read(request: MockRequest) -> Asked:
    body = request.fields or request.object
    if not body.get("prompt"):
        raise refuse("prompt")
    return Asked(
        model=str(body.get("model") or "sora-2"),
        inputs=(str(body["prompt"]),),
        options={"size": str(body.get("size") or "720x1280"), "seconds": str(body.get("seconds") or 4)},
    )


def _render(answer: Answer, asked: Asked, context: Context) -> Rendered:
    now = int(context.now)
    video: JSONObject = {
        "id": context.ids.take("video_", 48, HEX),
        "object": "video",
        "created_at": now,
        "completed_at": None,
        "expires_at": now + _HOUR,
        "error": None,
        "model": asked.model,
        "progress": 0,
        "prompt": asked.text,
        "remixed_from_video_id": None,
        "seconds": asked.options["seconds"],
        "size": asked.options["size"],
        "status": "queued",
    }
    content = answer.media[0].data if answer.media else _MP4
    context.shelf.room("openai.videos", Video).put(video["id"], Video(object=dict(video), content=content))
    return whole(video, context, answer)


def _video(context: Context) -> Video:
    name = context.request.params["video"]
    found = context.shelf.room("openai.videos", Video).find(name, not_found("video", name))
    if found.object["status"] == "queued":
        found.object |= {"status": "completed", "progress": 100, "completed_at": int(context.now)}
    return found


def _retrieve(context: Context) -> Rendered:
    return whole(_video(context).object, context)


def _content(context: Context) -> Rendered:
    return Rendered(headers=head(context, content_type="video/mp4"), body=_video(context).content)


def _list(context: Context) -> Rendered:
    kept = [video.object for video in context.shelf.room("openai.videos", Video).values()]
    return whole(page(kept, context.request), context)


def _delete(context: Context) -> Rendered:
    name = _video(context).object["id"]
    context.shelf.room("openai.videos", Video).pop(name)
    return whole({"id": name, "object": "video.deleted", "deleted": True}, context)


WIRE = Wire(
    name="openai.videos",
    vendor="openai",
    routes=(
        Route(method="POST", path="/videos", operation="video_generation", read=_read, render=_render),
        Route(method="GET", path="/videos", operation="list_videos", handle=_list),
        Route(method="GET", path="/videos/{video}", operation="retrieve_video", handle=_retrieve),
        Route(method="GET", path="/videos/{video}/content", operation="download_video", handle=_content),
        Route(method="DELETE", path="/videos/{video}", operation="delete_video", handle=_delete),
    ),
    render_failure=render_failure,
    failure_pieces=failure_pieces,
    limit_headers="openai",
)
