"""A stream's items, from the bytes of an open exchange."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, MutableSequence
from typing import Generic, TypeVar

from any_llm.engine.facts import Facts
from any_llm.engine.translation import decode_end, decode_frame
from any_llm.exceptions import AnyLLMError
from any_llm.spec.dialect import StreamDecoder
from any_llm.spec.transport import Exchange, Framing
from any_llm.types.http import Frame, HttpResponse
from any_llm.types.json import JSON

E = TypeVar("E")

_GRACE = 0.5


class Held:
    """An exchange whose body has been read already, for a stream of events that says it is something else."""

    __slots__ = ("_body", "headers", "status")

    def __init__(self, response: HttpResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self._body = response.body

    async def read(self) -> bytes:
        """Return what is left of the body."""
        return await self.chunk()

    async def chunk(self) -> bytes:
        """Return the body, and then its end."""
        body, self._body = self._body, b""
        return body

    def close(self) -> None:
        """Do nothing: the connection was released when the body had been read."""


class HttpUpstream(Generic[E]):
    """Reads an exchange, frames its bytes and decodes the frames.

    What was decoded before an error is handed out before the error is raised. `explain` completes an error with what is
    known about the call. Only with `again` can its items be had once more: files need not stay in memory.
    """

    __slots__ = ("_decoder", "_ended", "_exchange", "_explain", "_failure", "_frames", "_framing", "_fresh", "_unread")

    def __init__(
        self,
        exchange: Exchange,
        framing: Framing,
        fresh: Callable[[], StreamDecoder[E]],
        explain: Callable[[AnyLLMError], AnyLLMError],
        *,
        again: bool = True,
    ) -> None:
        self._exchange = exchange
        self._framing = framing
        self._fresh = fresh
        self._decoder = fresh()
        self._frames: MutableSequence[Frame] = [] if again else deque(maxlen=0)
        self._explain = explain
        self._failure: AnyLLMError | None = None
        self._ended = False
        self._unread: bytes | None = b""

    @property
    def usage(self) -> JSON:
        """What the answer used, where its items have no place for that and its decoder keeps it."""
        return getattr(self._decoder, "usage", None)

    async def pull(self) -> list[E] | None:
        """Return the items of what has arrived, perhaps none; `None` at the proper end."""
        if self._failure is not None:
            failure, self._failure, self._ended = self._failure, None, True
            raise failure
        if self._ended:
            return None
        if self._decoder.complete:
            await self._drain()
            self._ended = True
            return None
        items: list[E] = []
        try:
            self._take(await self._exchange.chunk(), items)
        except AnyLLMError as error:
            if self._unread and error.response_excerpt is None:
                error.response_excerpt = Facts.excerpt(self._unread)
            failure = self._explain(error)
            if not items:
                raise failure from failure.__cause__
            self._failure = failure
        return items

    def close(self) -> None:
        """Release the connection."""
        self._exchange.close()

    def again(self, count: int) -> list[E]:
        """Return the first items of the stream once more, decoded anew: frames are far lighter to keep than items."""
        items: list[E] = []
        decoder = self._fresh()
        # The error that ended a stream comes again; what stood before it in its frame was handed out.
        with contextlib.suppress(AnyLLMError):
            for frame in self._frames:
                if len(items) >= count:
                    break
                decode_frame(decoder, frame, items)
            if len(items) < count:
                decode_end(decoder, items)
        return items[:count]

    def _take(self, data: bytes, items: list[E]) -> None:
        """Add the items of what has arrived; those before an error are there when it is raised."""
        for frame in self._framing.feed(data) if data else self._framing.finish():
            self._frames.append(frame)
            decode_frame(self._decoder, frame, items)
        if not data:
            self._ended = True
            decode_end(self._decoder, items)
        if self._unread is not None:
            # As long as nothing of the body was an item it may be anything, and its beginning is kept for the error.
            self._unread = None if items else self._unread or data

    async def _drain(self) -> None:
        """Read the few bytes after the last event, so that the connection can be used again; do not wait for them."""
        hurry = asyncio.get_running_loop().call_later(_GRACE, self._exchange.close)
        try:
            while await self._exchange.chunk():
                continue
        except AnyLLMError:
            self._exchange.close()
        finally:
            hurry.cancel()
