"""What the content type of an answer says about how to read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from any_llm.pipeline.call import Call
    from any_llm.spec.dialect import Codec
    from any_llm.types.json import JSON

_LINES = frozenset({"application/stream+json", "application/x-ndjson", "application/jsonl"})
"""Media types of JSON in lines."""


def framing_of(codec: Codec[JSON, JSON], call: Call, content_type: str) -> str:
    """Return how a stream is framed; a vendor that can stream bytes as they are may have been asked for events.

    One that says that it sends lines of JSON is believed.
    """
    events = codec.framing == "raw" and content_type.startswith("text/event-stream")
    if codec.framing and not events:
        return codec.framing
    return "json_lines" if _media(content_type) in _LINES else call.target.provider.framing


def is_json(content_type: str) -> bool:
    """Say whether a body is one JSON value."""
    media = _media(content_type)
    return media == "application/json" or (media.endswith("+json") and media not in _LINES)


def _media(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()
