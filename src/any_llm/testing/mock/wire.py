"""What a vendor's wire must provide: routes, each with two pure functions, and the shape of its errors."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol, TypeAlias

import msgspec

from any_llm.testing.mock.answer import Answer, Failure
from any_llm.testing.mock.asked import Asked
from any_llm.testing.mock.ids import Ids
from any_llm.testing.mock.request import MockRequest
from any_llm.testing.mock.shelf import Shelf

JSON_HEADERS: Mapping[str, str] = {"content-type": "application/json"}


class Piece(msgspec.Struct, frozen=True):
    """One piece of a streamed body: an SSE event with its blank line, a JSON line, an AWS event; or a socket's message.

    Attributes:
        data: the bytes.
        tokens: how many tokens of the answer it brings, so that streaming physics can time it.
        role: what it is, for faults: `start` and `delta` (before and in the answer), `finish` (it tells why the answer
            ended), `usage` (it only tells the usage), `done` (the mark of the end, such as `[DONE]`).
    """

    data: bytes
    tokens: int = 0
    role: str = "delta"


class Rendered(msgspec.Struct, frozen=True, kw_only=True):
    """An answer as it goes over the wire.

    Attributes:
        status: the HTTP status.
        headers: its headers, names in lower case, without `content-length`, `transfer-encoding` and `date`.
        body: the whole body.
        pieces: the pieces of a streamed body instead; `None` for a whole one.
        tokens: how many tokens a whole body brings, so that streaming physics can time it.
    """

    status: int = 200
    headers: Mapping[str, str] = msgspec.field(default_factory=lambda: JSON_HEADERS)
    body: bytes = b""
    pieces: tuple[Piece, ...] | None = None
    tokens: int = 0


class Socket(Protocol):
    """A WebSocket that a client has opened."""

    async def receive(self) -> str | bytes | None:
        """Return the next message; `None` when the client has closed."""
        ...

    async def send(self, message: str | bytes) -> None:
        """Send a message at once."""
        ...

    async def answer(self, request: MockRequest, message: Callable[[bytes], str | None]) -> None:
        """Answer a request as if it had come over HTTP, with its faults, each piece of its stream as one message.

        `message` makes the message of a piece, such as the payload of an SSE event; `None` leaves it out.
        """
        ...

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close it with a code of RFC 6455."""
        ...


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """What surrounds one request: all that a wire may know apart from the request itself.

    Attributes:
        request: the request.
        wire: the wire that took it.
        ids: identifiers and randomness, seeded.
        now: seconds since 1970, by the mock's clock.
        shelf: what the mock remembers.
        ask: answers another request as if a client had sent it, such as one line of a batch; it is among the calls.
        secrets: the secrets by access key, of which requests are signed and not sent.
    """

    request: MockRequest
    wire: Wire
    ids: Ids
    now: float
    shelf: Shelf
    ask: Callable[[MockRequest], Awaitable[Rendered]]
    secrets: Mapping[str, str] = {}


Read: TypeAlias = Callable[[MockRequest], Asked]
"""Reads what a request asks for; raises `RefusedError` where the vendor would refuse it."""

Render: TypeAlias = Callable[[Answer, Asked, Context], Rendered]
"""Says an answer in the vendor's words, whole or (with `asked.stream`) in pieces."""

Handle: TypeAlias = Callable[[Context], Rendered | Awaitable[Rendered]]
"""Answers without an answerer: lists, files, batches. It may raise `RefusedError`."""

Converse: TypeAlias = Callable[[Socket, Context], Awaitable[None]]
"""Holds the conversation of a WebSocket."""


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that can be asked for: where, and by `read` and `render`, or `handle`, or `converse`.

    Attributes:
        method: the HTTP method.
        path: the end of the path, whatever stands before it; `{name}` stands for one part of it, `{name*}` for several.
        operation: a name of `any_llm.spec.provider.Operation`, or the vendor's word where there is none.
        read: reads the request.
        render: says the answer.
        handle: does both, with no answerer.
        converse: holds the conversation of a WebSocket; the method is `GET` then.
    """

    method: str
    path: str
    operation: str
    read: Read | None = None
    render: Render | None = None
    handle: Handle | None = None
    converse: Converse | None = None


class Wire(msgspec.Struct, frozen=True, kw_only=True):
    """One vendor's format for a family of operations.

    Attributes:
        name: what recordings call it: `openai.chat`, `anthropic.messages`.
        vendor: the provider whose format it is, by its name in the catalogue.
        routes: what can be asked for.
        render_failure: says an error in the vendor's own shape.
        failure_pieces: says an error inside a stream that had begun, with status 200.
        claims: tells by a request's headers that this vendor is spoken to, where paths of several vendors are equal;
            `None` for a wire that takes what no other one claims.
        check: refuses who may not ask, with a `RefusedError`; `None` for a wire that leaves this to the mock's `keys`.
        limit_headers: the names of its rate-limit headers: `openai`, `anthropic` or `none` (see `limits.py`).
    """

    name: str
    vendor: str
    routes: tuple[Route, ...]
    render_failure: Callable[[Failure, Context], Rendered]
    failure_pieces: Callable[[Failure, Context], tuple[Piece, ...]]
    claims: Callable[[Mapping[str, str]], bool] | None = None
    check: Callable[[Context], None] | None = None
    limit_headers: str = "none"
