"""One call to a provider for all who ask the same at the same time; it goes on as long as anybody waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from any_llm.pipeline.entry import Entry, decode_pieces, encode_json, kind_of, origin_of
from any_llm.pipeline.stream import EventStream, is_stream
from any_llm.types.json import JSON
from any_llm.types.report import Reported

if TYPE_CHECKING:
    from any_llm.pipeline.call import Call, Handler, Reply
    from any_llm.spec.clock import Clock

Keep: TypeAlias = "Callable[[Entry, JSON], Awaitable[None]]"
"""Is handed an answer that has come to its end, as an entry and as itself."""


class Flight:
    """One call on its way, in a task of its own, so that nobody who waits for it can take it away from the others.

    For one event loop. Its stream is read as far as the one reader wants who wants most; nobody left, it is closed.

    Attributes:
        call: the call, as its first asker made it.
        readers: how many wait for it or read it.
        entry: the answer as an entry, once it has come to its end and is one that can be copied.
    """

    def __init__(self, call: Call, inner: Handler, keep: Keep, clock: Clock) -> None:
        self.call = call
        self.readers = 0
        self.entry: Entry | None = None
        self.on_over: Callable[[Flight], None] | None = None
        self._inner = inner
        self._keep = keep
        self._clock = clock
        self._began = clock.monotonic()
        self._reply: Reply | None = None
        self._pieces: list[msgspec.Raw] = []
        self._originals: list[JSON] = []
        self._times: list[float] = []
        self._ended = False
        self._failure: BaseException | None = None
        self._pulling: asyncio.Task[None] | None = None
        self.loop = asyncio.get_running_loop()
        self._opening = self.loop.create_task(self._open())

    def join(self) -> None:
        """Count one more who waits."""
        self.readers += 1

    def leave(self) -> None:
        """Count one less; with the last one what is still on its way is given up."""
        self.readers -= 1
        if self.readers > 0:
            return
        self._over()
        self._opening.cancel()
        if self._pulling is not None:
            self._pulling.cancel()
        if self._reply is not None and is_stream(self._reply.value):
            self._reply.value.close()

    async def opened(self) -> Reply:
        """Return the reply as it came, once it is there; what it failed with is raised to all who wait."""
        await asyncio.shield(self._opening)
        assert self._reply is not None, "the task ends with a reply or an error"
        return self._reply

    async def finished(self) -> None:
        """Wait until the answer has come to its end."""
        while not self._ended:
            await self.advance()

    def reader(self, *, first: bool) -> Reader:
        """Return a new reader of the stream from its beginning; it counts as one who waits until it is closed."""
        return Reader(self, first=first)

    async def advance(self) -> None:
        """Read on in the stream, together with all who want that now.

        Raises:
            BaseException: what the stream failed with.
        """
        if self._failure is None and not self._ended:
            if self._pulling is None:
                self._pulling = self.loop.create_task(self._pull())
            await asyncio.shield(self._pulling)
        if self._failure is not None:
            raise self._failure

    def pieces_from(self, place: int, *, first: bool) -> list[JSON]:
        """Return the pieces from a place on: to the first reader themselves, to all others new ones like them."""
        if first:
            taken = self._originals[place:]
            self._originals[place:] = [None] * len(taken)
            return taken
        return decode_pieces(self.call.operation.value, self._pieces[place:])

    def copies(self, count: int) -> list[JSON]:
        """Return new pieces like the first ones."""
        return decode_pieces(self.call.operation.value, self._pieces[:count])

    @property
    def ended(self) -> bool:
        """Whether the answer has come to its end."""
        return self._ended

    async def _open(self) -> None:
        try:
            reply = await self._inner(self.call)
        except BaseException:
            self._over()
            raise
        self._reply = reply
        if not is_stream(reply.value):
            await self._end(reply.value)

    async def _pull(self) -> None:
        assert self._reply is not None, "a stream is read after it was opened"
        stream: EventStream[JSON] = self._reply.value
        try:
            items = await stream.batch()
            if items:
                now = self._clock.monotonic() - self._began
                self._pieces += map(encode_json, items)
                self._originals += items
                self._times += [now] * len(items)
            else:
                await self._end(stream.response)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001  # whatever it is, it is raised to every reader
            self._failure = error
            self._over()
        finally:
            self._pulling = None

    async def _end(self, answer: JSON) -> None:
        """Have the answer kept, so that whoever comes later finds it there."""
        assert self._reply is not None, "it has come"
        if type(answer) is kind_of(self.call.operation.value).whole:
            self.entry = self._entry(answer)
            await self._keep(self.entry, answer)
        self._ended = True
        self._over()

    def _entry(self, answer: Reported) -> Entry:
        assert self._reply is not None, "it has come"
        entry = Entry(made=self._clock.time(), ttl=0.0, origin=origin_of(self._reply.report), tokens=_tokens(answer))
        if not self._pieces:
            return msgspec.structs.replace(entry, answer=encode_json(answer), raw=answer.raw)
        return msgspec.structs.replace(
            entry, pieces=self._pieces, times=self._times, stream_options=self.call.options.get("stream_options")
        )

    def _over(self) -> None:
        """Tell that nobody can join any more."""
        on_over, self.on_over = self.on_over, None
        if on_over is not None:
            on_over(self)


class Reader:
    """The upstream of one who reads a flight's stream; the first reader has the pieces themselves."""

    __slots__ = ("_first", "_flight", "_left", "_place")

    def __init__(self, flight: Flight, *, first: bool) -> None:
        self._flight = flight
        self._first = first
        self._place = 0
        self._left = False
        flight.join()

    async def pull(self) -> list[JSON] | None:
        """Return what has arrived, perhaps nothing; `None` at the proper end."""
        flight = self._flight
        pieces = flight.pieces_from(self._place, first=self._first)
        if not pieces:
            if flight.ended:
                return None
            await flight.advance()
            pieces = flight.pieces_from(self._place, first=self._first)
        self._place += len(pieces)
        return pieces if pieces or not flight.ended else None

    def again(self, count: int) -> list[JSON]:
        """Return the first items of the stream once more."""
        return self._flight.copies(count)

    def close(self) -> None:
        """Read no more. Idempotent, and callable from any thread."""
        loop = self._flight.loop
        if asyncio._get_running_loop() is loop:  # noqa: SLF001  # documented, and cheaper than to raise
            self._leave()
        elif not loop.is_closed():
            loop.call_soon_threadsafe(self._leave)

    def __del__(self) -> None:
        # A finaliser may run in the middle of anything, so the loop does it later.
        if not self._left and not self._flight.loop.is_closed():
            self._flight.loop.call_soon_threadsafe(_leave_late, self._flight)

    def _leave(self) -> None:
        if not self._left:
            self._left = True
            self._flight.leave()


def _leave_late(flight: Flight) -> None:
    flight.leave()


def _tokens(answer: Reported) -> tuple[int, int] | None:
    """Return how many tokens an answer took, in and out."""
    usage: JSON = getattr(answer, "usage", None)
    if usage is None:
        return None
    read = getattr(usage, "prompt_tokens", None) or getattr(usage, "input_tokens", None) or 0
    written = getattr(usage, "completion_tokens", None) or getattr(usage, "output_tokens", None) or 0
    return (read, written) if isinstance(read, int) and isinstance(written, int) else None
