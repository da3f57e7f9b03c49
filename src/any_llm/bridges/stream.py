"""A stream of chunks, told in the events of another shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar

from any_llm.exceptions import StreamTruncatedError
from any_llm.spec.dialect import StreamDecoder
from any_llm.types.completion import ChatCompletionChunk
from any_llm.types.http import Frame

E = TypeVar("E")
E_co = TypeVar("E_co", covariant=True)


class EventMaker(Protocol[E_co]):
    """Makes events out of chunks."""

    @property
    def started(self) -> bool:
        """Whether there was a chunk."""
        ...

    def feed(self, chunk: ChatCompletionChunk) -> Sequence[E_co]:
        """Return the events that one chunk stands for."""
        ...

    def finish(self) -> Sequence[E_co]:
        """Return the events with which a complete answer ends."""
        ...


class BridgedStream(Generic[E]):
    """Decodes frames as chunks and hands on the events they stand for; the end is told when the chunks have ended."""

    def __init__(self, chunks: StreamDecoder[ChatCompletionChunk], events: EventMaker[E]) -> None:
        self._chunks = chunks
        self._events = events
        self._ended = False

    @property
    def complete(self) -> bool:
        """Whether the answer is complete, so that nothing more needs to be waited for."""
        return self._ended

    def feed(self, frame: Frame) -> Sequence[E]:
        """Return the events that one frame stands for.

        Raises:
            AnyLLMError: the frame is an error of the vendor's, or cannot be understood.
        """
        events = [event for chunk in self._chunks.feed(frame) for event in self._events.feed(chunk)]
        if self._chunks.complete and not self._ended:
            events += self._end()
        return events

    def finish(self) -> Sequence[E]:
        """Return what is left when the bytes have ended.

        Raises:
            StreamTruncatedError: the vendor had not said that the answer was complete.
        """
        if self._ended:
            return ()
        events = [event for chunk in self._chunks.finish() for event in self._events.feed(chunk)]
        return [*events, *self._end()]

    def _end(self) -> Sequence[E]:
        if not self._events.started:
            raise StreamTruncatedError("the stream ended empty")
        self._ended = True
        return self._events.finish()
