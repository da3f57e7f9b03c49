"""One call to a provider for all who ask the same at the same time; it goes on as long as anybody waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from any_llm.pipeline.completeness import text_place
from any_llm.pipeline.entry import Entry, decode_pieces, encode_json, kind_of, origin_of
from any_llm.pipeline.stream import EventStream, is_stream
from any_llm.types.json import JSON
from any_llm.types.report import Reported
from any_llm.types.restart import Restart

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
        asked: when it was made, in seconds since 1970.
        readers: how many wait for it or read it.
        entry: the answer as an entry, once it has come to its end and is one that can be copied.
        left_behind: whether the one who began it has left before it was answered.
    """

    def __init__(self, call: Call, inner: Handler, keep: Keep, clock: Clock) -> None:
        self.call = call
        self.readers = 0
        self.entry: Entry | None = None
        self.left_behind = False
        self.on_over: Callable[[Flight], None] | None = None
        self._inner = inner
        self._keep = keep
        self._clock = clock
        self._began, self.asked = clock.monotonic(), clock.time()
        self._reply: Reply | None = None
        self._pieces: list[msgspec.Raw] = []
        self._originals: list[JSON] = []
        self._times: list[float] = []
        self._telling: list[int] = []
        self._adds_to: object = None
        self._kept_from = 0
        self._place_of = text_place(call.operation.value)
        self._ended = False
        self._failure: BaseException | None = None
        self._pulling: asyncio.Task[None] | None = None
        self._waiting: list[asyncio.Future[None]] = []
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
            # Each has a future of its own, which may be cancelled without harm to the others.
            waiting = self.loop.create_future()
            self._waiting.append(waiting)
            if self._pulling is None:
                self._pulling = self.loop.create_task(self._pull())
            await waiting
        if self._failure is not None:
            raise self._failure

    def pieces_from(self, place: int, *, first: bool) -> list[JSON]:
        """Return the pieces from a place on: to the first reader themselves, to all others new ones like them."""
        if first:
            taken, self._originals = self._originals, []
            return taken
        return decode_pieces(self.call.operation.value, self._pieces[place:])

    def copies(self, count: int) -> list[JSON]:
        """Return new pieces like the first ones."""
        return decode_pieces(self.call.operation.value, self._pieces[:count])

    @property
    def fold(self) -> JSON:
        """What adds up the pieces of its stream, once it is opened."""
        return None if self._reply is None else self._reply.value.fold

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
        """Read on as long as somebody wants more by the time the others have seen what came."""
        try:
            while self._waiting and self._failure is None and not self._ended:
                try:
                    await self._take()
                finally:
                    self._wake()
                # Whoever waited runs now; a reader who keeps up then waits again, and needs no new task.
                await asyncio.sleep(0)
        finally:
            self._pulling = None

    async def _take(self) -> None:
        """Take what arrives next."""
        assert self._reply is not None, "a stream is read after it was opened"
        stream: EventStream[JSON] = self._reply.value
        try:
            items = await stream.batch()
            if not items:
                await self._end(None)
                return
            now = self._clock.monotonic() - self._began
            for item in items:
                self._note(item)
                self._pieces.append(encode_json(item))
                self._times.append(now)
            self._originals += items
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001  # whatever it is, it is raised to every reader
            self._failure = error
            self._over()

    def _note(self, item: JSON) -> None:
        """Remember which pieces tell more than the one before them; the others are not needed to judge the answer."""
        if isinstance(item, Restart):
            self._kept_from, self._telling, self._adds_to = len(self._pieces) + 1, [], None
            return
        adds_to = self._place_of(item)
        if adds_to is None or adds_to != self._adds_to:
            self._telling.append(len(self._pieces))
        self._adds_to = adds_to

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            if not one.done():
                one.set_result(None)

    async def _end(self, whole: JSON) -> None:
        """Have the answer kept, so that whoever comes later finds it there."""
        assert self._reply is not None, "it has come"
        answer = self._gist() if self._pieces else whole
        if type(answer) is kind_of(self.call.operation.value).whole:
            answer.report = self._reply.report
            self.entry = self._entry(answer)
            await self._keep(self.entry, answer)
        self._ended = True
        self._over()

    def _gist(self) -> JSON:
        """Return the whole answer but for texts that only go on, which is enough to judge it and costs far less."""
        told = decode_pieces(self.call.operation.value, [self._pieces[place] for place in self._telling])
        adding = kind_of(self.call.operation.value).fold()
        try:
            for piece in told:
                adding.add(piece)
            return adding.result()
        except (AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError):
            # The pieces do not add up, so there is no answer to keep.
            return None

    def _entry(self, answer: Reported) -> Entry:
        assert self._reply is not None, "it has come"
        entry = Entry(made=self._clock.time(), ttl=0.0, origin=origin_of(self._reply.report), tokens=_tokens(answer))
        if not self._pieces:
            return msgspec.structs.replace(entry, answer=encode_json(answer), raw=answer.raw)
        return msgspec.structs.replace(
            entry,
            pieces=self._pieces[self._kept_from :],
            times=self._times[self._kept_from :],
            stream_options=self.call.options.get("stream_options"),
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
