"""Server-sent events, read from the whole of a body.

Written from https://html.spec.whatwg.org/multipage/server-sent-events.html, with two liberties: an event that the end
of the body leaves without its blank line counts, since some vendors (and some recorders) leave that line out; and so
does a bare JSON object between events, as which Google writes an error.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_LINE_END = re.compile(r"\r\n|\n|\r")
_BEGINNINGS = (b"data:", b"event:", b"id:", b"retry:", b":")


class Event(NamedTuple):
    """One event; `name` is empty when the vendor gives none."""

    name: str
    data: str


def is_event_stream(content_type: str, body: bytes) -> bool:
    """Whether a body is a stream of events: its type says so, or else its beginning."""
    return content_type.lower().startswith(
        ("text/event-stream", "application/vnd.amazon.eventstream")
    ) or body.lstrip().startswith(_BEGINNINGS)


def read_events(body: bytes) -> list[Event]:
    """Return the events of a body that have data."""
    events: list[Event] = []
    name, data, bare = "", list[str](), list[str]()
    for line in [*_LINE_END.split(body.decode(errors="replace").removeprefix("\ufeff")), ""]:
        if line and (bare or (line.startswith("{") and not data and not name)):
            bare.append(line)
            continue
        if line:
            field, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if field == "data":
                data.append(value)
            elif field == "event":
                name = value
            continue
        told = data or (bare if '"error"' in "".join(bare) else [])
        if told:
            events.append(Event(name, "\n".join(told)))
        name, data, bare = "", [], []
    return events
