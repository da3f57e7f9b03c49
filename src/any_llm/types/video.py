"""Generated videos, which take minutes: a job that is asked about until it is done. OpenAI's shape.

https://platform.openai.com/docs/api-reference/videos
"""

from __future__ import annotations

from typing import ClassVar

from any_llm.types.json import JSONObject
from any_llm.types.report import Reported

FINISHED = frozenset({"completed", "failed", "cancelled", "expired"})
"""The states that a video stays in."""


class Video(Reported):
    """One video, in the making or made.

    Attributes:
        id: by what `retrieve_video` and `download_video` know it.
        status: `queued`, `in_progress`, `completed`, `failed`, `cancelled` or `expired`.
        progress: percent, 0 where the provider does not say until it is 100.
        created_at: seconds since 1970, as the other times are.
        seconds: how long it is.
        size: such as `1280x720`.
        url: where it can be fetched, for providers that say so.
        error: why it failed: `code` and `message`.
    """

    sdk_type: ClassVar[str] = "openai.types:Video"

    id: str = ""
    object: str = "video"
    model: str = ""
    status: str = "queued"
    progress: float = 0
    created_at: int = 0
    completed_at: int | None = None
    expires_at: int | None = None
    prompt: str | None = None
    seconds: str | None = None
    size: str | None = None
    url: str | None = None
    remixed_from_video_id: str | None = None
    error: JSONObject | None = None

    @property
    def finished(self) -> bool:
        """Whether its status will not change any more."""
        return self.status in FINISHED
