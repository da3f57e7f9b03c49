"""What goes into an audit log: an event, before it has its place in the chain."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal, TypeAlias

import msgspec

from any_llm.types.json import JSON, JSONObject

Stream: TypeAlias = Literal["admin", "access"]
VERSION = 1
"""The version of an event's body."""


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something that has happened.

    Attributes:
        action: what was done, such as `completion` or `key.create`.
        stream: `admin` for what somebody did to how things are set, `access` for calls and the data in them.
        tenant: whose chain it belongs to.
        actor: who did it.
        at: when, in seconds since 1970.
        kind: by which class it is kept and let go; the stream's name unless said otherwise.
        details: whatever else is to be told, as plain JSON values; nothing in it is taken for content.
        contents: what was said, as JSON texts by their names; kept as the log's content mode says.
    """

    action: str
    stream: Stream
    tenant: str = ""
    actor: str = ""
    at: float = 0.0
    kind: str = ""
    details: Mapping[str, JSON] = {}
    contents: Mapping[str, bytes] = {}


class Appended(msgspec.Struct, frozen=True):
    """Where an event stands: its number in the chain of its tenant, from 1 on, and its hash."""

    tenant: str
    number: int
    hash: bytes


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """An event as it is stored. `body` is `None` where retention or an erasure took it away."""

    tenant: str
    number: int
    digest: bytes
    hash: bytes
    body: bytes | None
    stream: str
    kind: str
    at: str
    actor: str
    action: str

    @property
    def about(self) -> tuple[JSON, ...]:
        """What stays of the event in every case, as `any_llm.audit.chain:about_text` takes it."""
        return self.tenant, self.number, self.at, self.stream, self.kind, self.action

    def told(self) -> JSONObject:
        """Return the event as JSON values, with its hash; of one whose body is gone, what stayed and its digest."""
        known: JSONObject = (
            {"tenant": self.tenant, "number": self.number, "at": self.at, "stream": self.stream, "class": self.kind}
            | {"action": self.action, "removed": True, "digest": self.digest.hex()}
            if self.body is None
            else msgspec.json.decode(self.body)
        )
        return known | {"hash": self.hash.hex()}


def written_time(at: float) -> str:
    """Return a time in seconds since 1970 as RFC 3339 writes it, in UTC and to the microsecond."""
    return f"{datetime.fromtimestamp(at, UTC).isoformat(timespec='microseconds')[:26]}Z"
