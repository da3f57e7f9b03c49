"""A streamed answer as an object: iterate, tap, close. However it ends, it is told once and nothing stays open."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import ExitStack, contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Generic, Literal, NamedTuple, Protocol, TypeAlias, TypeVar

import msgspec
from typing_extensions import TypeIs

from any_llm.exceptions import MalformedResponseError, StreamClosedError
from any_llm.types.json import JSON
from any_llm.types.report import Report

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from any_llm.pipeline.partials import Partials
    from any_llm.spec.dialect import Fold
    from any_llm.types.completion import CompletionUsage
    from any_llm.types.cost import Cost
    from any_llm.types.costs import Costs

E = TypeVar("E")

_FOLD_AFTER = 256

Ending: TypeAlias = Literal["complete", "failed", "cancelled", "closed"]


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How a stream ended: `complete`, `failed` (with the error), `cancelled`, or `closed` by its reader."""

    ending: Ending
    error: BaseException | None = None


class StreamForm(NamedTuple):
    """How the text of a streamed answer is read: `parse` the whole, and `unwrap` a value out of what is around it."""

    parse: Callable[[JSON], JSON]
    unwrap: Callable[[JSON], JSON]


class Upstream(Protocol[E]):
    """Where a stream's items come from."""

    async def pull(self) -> list[E] | None:
        """Return what has arrived, perhaps nothing; `None` at the proper end."""
        ...

    def close(self) -> None:
        """Release what is held. Idempotent, and callable from any thread."""
        ...


class EventStream(Generic[E]):
    """The pieces of one answer, in order, once.

    Use it in `async for`, best inside `async with`. Leaving early by any way (break, exception, cancellation, or
    just dropping the stream) closes the connection. A stream that was cut short raises; it never looks finished.

    Attributes:
        report: how the call went.
        convert: what is made of each piece, and of the whole answer, as it is handed out, if anything.
        form: how the text of the answer is read, when a `response_format` was asked for.
        fold: what adds the pieces up to the whole answer, if they can be.
    """

    def __init__(self, upstream: Upstream[E], *, fold: Callable[[], Fold[E, JSON]] | None, report: Report) -> None:
        self.report = report
        self.convert: Callable[[JSON], JSON] | None = None
        self.form: StreamForm | None = None
        self._upstream = upstream
        self._ready: deque[E] = deque()
        self._outcome: Outcome | None = None
        self._exhausted = False
        # Whoever takes the one item out, on whichever thread, ends the stream.
        self._latch: list[None] = [None]
        self._unsettled: asyncio.Future[object] | None = None
        self._changes: list[Callable[[E], E | None]] = []
        self._altered = False
        self._on_item: list[Callable[[E], None]] = []
        self._on_end: list[Callable[[Outcome], None]] = []
        self._followers: list[Callable[[EventStream[E], Outcome], None]] = []
        self.fold = fold
        self._again: Callable[[int], list[E]] | None = getattr(upstream, "again", None)
        self._taken = 0
        self._adding: Fold[E, JSON] | None = None
        self._unfolded: list[E] = []
        self._added: JSON = None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> E:
        if not self._ready and not await self._fill():
            raise StopAsyncIteration
        try:
            item = self._ready.popleft()
        except IndexError:
            # Another thread closed the stream in between.
            raise self._refusal() from None
        return self._take(item)

    async def batch(self) -> list[E]:
        """Return every piece that has arrived, waiting for at least one; an empty list at the end."""
        if not self._ready and not await self._fill():
            return []
        items = list(self._ready)
        self._ready.clear()
        if self._again is not None and self._is_plain():
            self._taken += len(items)
            return items
        return [self._take(item) for item in items]

    async def prime(self, enough: Callable[[E], bool] | None = None, most: int = 1) -> None:
        """Wait for the first piece without taking it, so that an early failure is raised here.

        With `enough`, wait for the first piece of which it is true, or for the end, or until `most` pieces are there.
        """
        if not self._ready:
            await self._fill()
        if enough is None or self._outcome is not None:
            return
        looked = 0
        while True:
            for item in islice(self._ready, looked, None):
                if enough(item):
                    return
            looked = len(self._ready)
            if looked >= most or not await self._add():
                return

    def tap(self, on_item: Callable[[E], None] | None = None, on_end: Callable[[Outcome], None] | None = None) -> None:
        """Watch the stream: `on_item` sees each piece as it is taken, `on_end` is told once how it ended.

        An `on_end` that comes after the end is told at once.
        """
        if on_item:
            self._on_item.append(on_item)
        if on_end and self._outcome is not None:
            on_end(self._outcome)
        elif on_end:
            self._on_end.append(on_end)

    def follow(self, told: Callable[[EventStream[E], Outcome], None]) -> None:
        """Have `told` called once with this stream and how it ended; after the end, at once.

        For those who want to know more than the outcome: an `on_end` that held the stream itself would keep it from
        being closed when it is dropped.
        """
        if self._outcome is not None:
            told(self, self._outcome)
        else:
            self._followers.append(told)

    def alter(self, change: Callable[[E], E | None]) -> None:
        """Hand out what `change` makes of each piece, as it is taken; `None` says that it has left the piece alone.

        One that has changed a piece in its place returns it. What it raises ends the stream.
        """
        self._changes.append(change)

    def through(self, change: Callable[[AsyncIterator[E]], AsyncIterator[E]]) -> EventStream[E]:
        """Return a stream of what an asynchronous generator makes of the pieces of this one, which is now its own.

        It may drop, add, hold back or change pieces, end early, and raise. However the new stream ends, so does this.
        """
        from any_llm.pipeline.through import Through  # noqa: PLC0415  # few streams are made anew

        stream = EventStream(Through(self, change), fold=self.fold, report=self.report)
        stream.convert, stream.form = self.convert, self.form
        self.convert = None
        return stream

    def close(self) -> None:
        """End the stream now and release its connection. Idempotent, and callable from any thread."""
        self._end(Outcome(ending="closed"))

    async def aclose(self) -> None:
        """The same as `close`, for use with `contextlib.aclosing`."""
        self.close()

    @property
    def ready(self) -> tuple[E, ...]:
        """The pieces that have arrived and are still to be taken."""
        return tuple(self._ready)

    @property
    def closed(self) -> bool:
        """Whether the stream has ended, in whichever way."""
        return self._outcome is not None

    @property
    def taken(self) -> int:
        """How many pieces were taken so far."""
        return self._taken

    @property
    def response(self) -> JSON:
        """The whole answer added up from the pieces taken so far; complete once the iteration has ended."""
        whole = self.whole()
        if self.form is not None and self._outcome is not None and self._outcome.ending == "complete":
            whole = self.form.parse(whole)
        return whole if self.convert is None else self.convert(whole)

    def partials(self) -> Partials:
        """Iterate over the values that a JSON answer passes through, instead of over its pieces.

        Each is the answer so far, with what is open closed where it stands: made for forms that fill.
        """
        from any_llm.pipeline.partials import Partials  # noqa: PLC0415  # few streams are read so

        return Partials(self, self.form.unwrap if self.form is not None else _as_it_is)

    @property
    def usage(self) -> CompletionUsage | None:
        """The tokens used so far, as far as the provider has said; final once the iteration has ended."""
        return getattr(self.whole(), "usage", None)

    @property
    def cost(self) -> Cost | None:
        """What the answer has cost so far, as far as the provider has said what it used; final at the end."""
        from any_llm.types.costs import cost_in  # noqa: PLC0415  # most answers are never asked what they cost

        return cost_in(self.whole(), self.report)

    @property
    def costs(self) -> Costs:
        """What the whole call cost: the answer, and apart from it what failed, was retried, hedged or passed on."""
        from any_llm.types.costs import costs_in  # noqa: PLC0415  # most answers are never asked what they cost

        return costs_in(self.whole(), self.report)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        # What is upstream is dropped with the stream and then closes itself, in its own way: a finaliser may run in the
        # middle of anything, so it must not touch a connection.
        if getattr(self, "_outcome", True) is None:
            self._end(Outcome(ending="closed"), release=False)

    def wait_for(self, work: asyncio.Future[object]) -> None:
        """Have who reads on to the end wait for work that the end has begun, so that no program ends before it."""
        self._unsettled = work

    async def _settle(self) -> bool:
        if self._unsettled is not None:
            await asyncio.wait([self._unsettled])
        return False

    async def _fill(self) -> bool:
        if self._outcome is not None:
            if self._outcome.ending == "complete":
                return False
            raise self._refusal() from self._outcome.error
        if self._exhausted:
            self._end(Outcome(ending="complete"))
            return await self._settle()
        while not self._ready:
            if not await self._add():
                return await self._settle()
        return True

    async def _add(self) -> bool:
        """Have ready what arrives next, perhaps nothing, and say whether there may be more."""
        try:
            items = await self._upstream.pull()
        except (asyncio.CancelledError, GeneratorExit) as error:
            self._end(Outcome(ending="cancelled", error=error))
            raise
        except BaseException as error:
            self._end(Outcome(ending="failed", error=error))
            await self._settle()
            raise
        if items is None:
            # What is ready is still to be taken, and the end comes after it.
            self._exhausted = True
            if not self._ready:
                self._end(Outcome(ending="complete"))
            return False
        self._ready.extend(items)
        return True

    def _refusal(self) -> StreamClosedError:
        error = None if self._outcome is None else self._outcome.error
        ended = "was closed by this program" if error is None else f"has ended with {type(error).__name__}"
        message = f"The stream {ended} and cannot be read any more; make the call again"
        return StreamClosedError(message, provider_name=self.report.provider or None)

    def _is_plain(self) -> bool:
        """Say whether pieces are handed out as they came, and nobody looks at them or adds them up meanwhile."""
        return not (self._changes or self._on_item or self._altered or self._adding or self.convert)

    def _take(self, item: E) -> E:
        try:
            for change in self._changes:
                changed = change(item)
                if changed is not None:
                    item, self._altered = changed, True
            if self.fold is not None and (
                self._again is None or self._adding is not None or self._on_item or self._altered
            ):
                self._keep(item, self.fold)
            self._taken += 1
            for on_item in self._on_item:
                on_item(item)
            return item if self.convert is None else self.convert(item)
        except BaseException as error:
            self._end(Outcome(ending="failed", error=error))
            raise

    def whole(self) -> JSON:
        """Return what `response` is made of: the whole answer so far, in this library's own types.

        Raises:
            TypeError: this operation's pieces never add up.
            MalformedResponseError: those that came do not.
        """
        if self.fold is None:
            raise TypeError("This operation's stream does not add up to a whole answer")
        if self._added is not None:
            return self._added
        with _adding_up():
            if self._adding is None and self._again is not None:
                adding = self.fold()
                for item in self._again(self._taken):
                    adding.add(item)
            else:
                adding = self._add_up(self.fold)
            whole, self._adding = adding.result(), adding  # kept, as who looks before the end may look at each piece
        whole.report = self.report
        if self._outcome is not None:
            self._added = whole
        return whole

    def _keep(self, item: E, fold: Callable[[], Fold[E, JSON]]) -> None:
        """Keep a piece that cannot be had again, or that somebody who watches may have changed."""
        if self._adding is None and self._again is not None:
            self._unfolded = self._again(self._taken)
        self._unfolded.append(item)
        if self._adding is None or len(self._unfolded) >= _FOLD_AFTER:
            with _adding_up():
                self._add_up(fold)

    def _add_up(self, fold: Callable[[], Fold[E, JSON]]) -> Fold[E, JSON]:
        adding = self._adding = self._adding or fold()
        for item in self._unfolded:
            adding.add(item)
        self._unfolded.clear()
        return adding

    def _end(self, outcome: Outcome, *, release: bool = True) -> None:
        try:
            self._latch.pop()
        except IndexError:
            return
        self._outcome = outcome
        self._ready.clear()
        with ExitStack() as watchers:
            for told in reversed(self._followers):
                watchers.callback(told, self, outcome)
            for on_end in reversed(self._on_end):
                watchers.callback(on_end, outcome)
            self._on_end.clear()
            self._followers.clear()
            if release:
                self._upstream.close()


@contextmanager
def _adding_up() -> Generator[None]:
    """Make a typed error of what a fold stumbles over, whose pieces are as the provider sent them."""
    try:
        yield
    except (AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError) as error:
        message = f"The pieces of the stream do not add up to an answer: {error!r}"
        raise MalformedResponseError(message, error) from error


def _as_it_is(value: JSON) -> JSON:
    return value


def is_stream(value: object) -> TypeIs[EventStream[JSON]]:
    """Say whether an answer comes in pieces."""
    return isinstance(value, EventStream)
