"""Parts of the events of the Realtime API: errors, limits, answers, and what all events have.

https://platform.openai.com/docs/api-reference/realtime
"""

from __future__ import annotations

from typing import ClassVar

import msgspec
from typing_extensions import override

from any_llm.types.decode import ANY_TYPE, tagged
from any_llm.types.json import JSONObject
from any_llm.types.value import Value


class RealtimeValue(Value):
    """A value of the Realtime API; the class of OpenAI's SDK has the same name unless `sdk_type` says otherwise."""

    @override
    def __init_subclass__(cls, **config: object) -> None:
        super().__init_subclass__()
        if "sdk_type" not in vars(cls):
            cls.sdk_type = f"openai.types.realtime:{cls.__name__}"


class RealtimeEvent(RealtimeValue, tag_field="type", tag=""):
    """An event; `event_id` is the sender's name for it."""

    sdk_type: ClassVar[str] = ""

    event_id: str | None = None


class RealtimeClientEvent(RealtimeEvent, tag=""):
    """An event that a program sends."""

    sdk_type: ClassVar[str] = ""


class RealtimeServerEvent(RealtimeEvent, tag=""):
    """An event that the server sends."""

    sdk_type: ClassVar[str] = ""


class RealtimeOutputEvent(RealtimeServerEvent, tag=""):
    """An event about the item number `output_index` of an answer."""

    sdk_type: ClassVar[str] = ""

    response_id: str = ""
    item_id: str = ""
    output_index: int = 0


class RealtimeContentEvent(RealtimeOutputEvent, tag=""):
    """An event about the part number `content_index` of an item."""

    sdk_type: ClassVar[str] = ""

    content_index: int = 0


class OtherRealtimeEvent(RealtimeEvent, tag=ANY_TYPE):
    """An event of a type that has no class here; everything it holds is in `model_extra`."""

    sdk_type: ClassVar[str] = ""

    type: str = tagged("")


class RealtimeError(RealtimeValue):
    """What went wrong; `event_id` is the program's event that it is about."""

    type: str = ""
    message: str = ""
    code: str | None = None
    param: str | None = None
    event_id: str | None = None


class RateLimit(RealtimeValue):
    """A limit and what is left of it; it is whole again after `reset_seconds`."""

    sdk_type: ClassVar[str] = "openai.types.realtime.rate_limits_updated_event:RateLimit"

    name: str | None = None
    limit: int | None = None
    remaining: int | None = None
    reset_seconds: float | None = None


class RealtimeResponse(RealtimeValue):
    """An answer: `in_progress`, `completed`, `cancelled`, `failed` or `incomplete`, and why in `status_details`."""

    id: str | None = None
    object: str | None = None
    status: str | None = None
    status_details: JSONObject | None = None
    output: list[JSONObject] = msgspec.field(default_factory=list[JSONObject])
    usage: JSONObject | None = None
    conversation_id: str | None = None
    output_modalities: list[str] | None = None
    max_output_tokens: int | str | None = None
    metadata: dict[str, str] | None = None
