"""The one seam to the network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from any_llm.types.http import Frame, HttpRequest, Timeouts


class Exchange(Protocol):
    """An answer whose head has arrived and whose body is still to be read.

    Whoever holds one must read it to its end or `close` it. Dropping the last reference closes it too.
    """

    @property
    def status(self) -> int:
        """The HTTP status code."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """The response headers, names in lower case."""
        ...

    async def read(self) -> bytes:
        """Read the rest of the body and release the connection."""
        ...

    async def chunk(self) -> bytes:
        """Return what has arrived of the body, waiting for at least one byte; `b""` at its proper end.

        Raises:
            ConnectionFailedError: the connection broke inside the body.
            RequestTimeoutError: `FirstTokenTimeoutError`, `IdleTimeoutError` or `TotalTimeoutError`.
        """
        ...

    def close(self) -> None:
        """Release the connection; an unfinished one is aborted. Idempotent, and callable from any thread."""
        ...


class Transport(Protocol):
    """Sends requests. One transport serves every provider, thread and event loop of a process."""

    async def send(self, request: HttpRequest, timeouts: Timeouts) -> Exchange:
        """Send a request and return when the head of its answer has arrived, whatever its status.

        Raises:
            ConnectionFailedError: no connection, or it broke before the head arrived.
            RequestTimeoutError: the subclass that names the exceeded limit.
        """
        ...

    async def aclose(self) -> None:
        """Close what is open on the running loop; the transport stays usable."""
        ...


class Framing(Protocol):
    """Cuts the bytes of one streamed body into frames; any split of the bytes gives the same frames."""

    def feed(self, data: bytes) -> list[Frame]:
        """Take the next bytes and return the frames they complete.

        Raises:
            MalformedResponseError: a frame grows beyond the limit of memory.
        """
        ...

    def finish(self) -> list[Frame]:
        """Return the last frame if the body ended right after it; called once, at the body's proper end."""
        ...
