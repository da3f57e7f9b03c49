"""A stream's items, from the bytes of an open exchange."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

import msgspec

from any_llm.exceptions import AnyLLMError, MalformedResponseError
from any_llm.spec.dialect import StreamDecoder
from any_llm.spec.transport import Exchange, Framing
from any_llm.types.http import Frame

E = TypeVar("E")

_GRACE = 0.5
_EXCERPT = 500


class HttpUpstream(Generic[E]):
    """Reads an exchange, frames its bytes and decodes the frames.

    What was decoded before an error is handed out before the error is raised. `explain` completes an error with what is
    known about the call.
    """

    __slots__ = ("_decoder", "_ended", "_exchange", "_explain", "_failure", "_framing")

    def __init__(
        self,
        exchange: Exchange,
        framing: Framing,
        decoder: StreamDecoder[E],
        explain: Callable[[AnyLLMError], AnyLLMError],
    ) -> None:
        self._exchange = exchange
        self._framing = framing
        self._decoder = decoder
        self._explain = explain
        self._failure: AnyLLMError | None = None
        self._ended = False

    async def pull(self) -> list[E] | None:
        """Return the items of what has arrived, perhaps none; `None` at the proper end."""
        if self._failure is not None:
            raise self._failure
        if self._ended:
            return None
        if self._decoder.complete:
            await self._drain()
            self._ended = True
            return None
        items: list[E] = []
        try:
            data = await self._exchange.chunk()
            for frame in self._framing.feed(data) if data else self._framing.finish():
                items.extend(self._decode(frame))
            if not data:
                self._ended = True
                items.extend(self._decoder.finish())
        except AnyLLMError as error:
            self._failure = self._explain(error)
            if not items:
                raise
        return items

    def close(self) -> None:
        """Release the connection."""
        self._exchange.close()

    def _decode(self, frame: Frame) -> list[E]:
        try:
            return list(self._decoder.feed(frame))
        except msgspec.DecodeError as error:
            excerpt = frame.data[:_EXCERPT].decode("utf-8", "replace")
            msg = f"an event of the stream cannot be decoded: {error}"
            raise MalformedResponseError(msg, error, response_excerpt=excerpt) from error

    async def _drain(self) -> None:
        """Read the few bytes after the last event, so that the connection can be used again, but do not wait for them."""
        hurry = asyncio.get_running_loop().call_later(_GRACE, self._exchange.close)
        try:
            while await self._exchange.chunk():
                continue
        except AnyLLMError:
            self._exchange.close()
        finally:
            hurry.cancel()
