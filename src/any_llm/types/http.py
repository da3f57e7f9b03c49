"""Requests, responses and frames as plain values: what dialects and transports exchange."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypeGuard

import msgspec
from typing_extensions import override

from any_llm.exceptions import ConfigurationError
from any_llm.types.secret import redact_headers


class HttpRequest(msgspec.Struct, frozen=True):
    """One HTTP request, whole in memory.

    `url` is absolute; `headers` holds everything but `host`, `content-length` and the connection's own headers;
    `body` is the exact bytes to send.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""

    @override
    def __repr__(self) -> str:
        headers = redact_headers(self.headers)
        return f"HttpRequest({self.method!r}, {self.url!r}, {headers!r}, body of {len(self.body)} bytes)"


class HttpResponse(msgspec.Struct, frozen=True):
    """One HTTP response, whole in memory; `headers` has lower-case names.

    `earlier` are the answers to the requests that led to this one, where an operation takes several.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    earlier: tuple[HttpResponse, ...] = ()


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

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            seconds: object = getattr(self, name)
            if seconds is not None and not (is_number(seconds) and seconds > 0):
                raise ConfigurationError(f"{name} is {seconds!r}; it must be a positive number of seconds, or None")


def is_number(value: object) -> TypeGuard[float]:
    """Say whether a value is a number; a truth value is none."""
    return isinstance(value, int | float) and not isinstance(value, bool)
