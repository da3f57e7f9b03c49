"""Requests, responses and frames as plain values: what dialects and transports exchange."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec


class HttpRequest(msgspec.Struct, frozen=True):
    """One HTTP request, whole in memory.

    `url` is absolute; `headers` holds everything but `host`, `content-length` and the connection's own headers;
    `body` is the exact bytes to send.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""


class HttpResponse(msgspec.Struct, frozen=True):
    """One HTTP response, whole in memory; `headers` has lower-case names."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Frame(NamedTuple):
    """One framed piece of a streamed body: an SSE event, or a JSON line with an empty `event`."""

    event: str
    data: bytes


class Timeouts(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds to wait, each `None` for no limit.

    `connect`: until a connection is ready, waiting for a free one included. `first_token`: from the request's last
    byte until the first byte of the answer's body. `idle`: between two pieces of the body. `total`: the whole exchange.
    """

    connect: float | None = 10.0
    first_token: float | None = 600.0
    idle: float | None = 300.0
    total: float | None = None
