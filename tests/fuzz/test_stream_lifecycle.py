"""Streams as a machine: read, batched, tapped, closed, cancelled, dropped and failed in any order, from any thread."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from typing_extensions import override

from any_llm.exceptions import ProviderError, StreamClosedError, StreamTruncatedError
from any_llm.pipeline.stream import EventStream, Outcome
from any_llm.types.report import Report, Reported

ENDED: list[int] = []
"""What `batch` returns at the end."""


class DislikedError(Exception):
    """What somebody who watches raises."""


class Whole(Reported):
    """All that was taken."""

    items: list[int] = []  # noqa: RUF012  # msgspec copies it


class Collecting:
    """Adds pieces up."""

    def __init__(self) -> None:
        self.whole = Whole()

    def add(self, item: int) -> None:
        self.whole.items.append(item)

    def result(self) -> Whole:
        return self.whole


class Source:
    """An upstream that gives what the machine puts in: batches, an error, or `None` for the proper end."""

    def __init__(self) -> None:
        self.script: deque[list[int] | BaseException | None] = deque()
        self.arrived = asyncio.Event()
        self.released = 0

    async def pull(self) -> list[int] | None:
        while not self.script:
            self.arrived.clear()
            await self.arrived.wait()
        said = self.script.popleft()
        if isinstance(said, BaseException):
            raise said
        return said

    def close(self) -> None:
        self.released += 1


class Lifecycle(RuleBasedStateMachine):
    """One stream, its readers on one event loop, and who else may touch it."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.source = Source()
        self.stream: EventStream[int] | None = EventStream(self.source, fold=Collecting, report=Report(provider="p"))
        self.told: list[list[Outcome]] = []
        self.seen: list[int] = []
        self.stream.tap(on_item=self.seen.append)
        self.offered = 0
        self.taken: list[int] = []
        self.reader: asyncio.Task[list[int]] | None = None
        self.over = self.refused = False
        self.tap()

    def step(self) -> None:
        """Let the event loop do all that it can."""

        async def turns() -> None:
            for _ in range(8):
                await asyncio.sleep(0)

        self.runner.run(turns())

    def begin(self, reading: Callable[[], Coroutine[Any, Any, list[int]]]) -> None:
        """Start to read, and see how far it gets."""

        async def start() -> asyncio.Task[list[int]]:
            return asyncio.create_task(reading())

        self.reader = self.runner.run(start())
        self.look()

    def look(self) -> None:
        """See whether what is being read has come, or why it has not."""
        self.step()
        if self.reader is None or not self.reader.done():
            return
        reader, self.reader = self.reader, None
        if reader.cancelled():
            return
        error = reader.exception()
        if error is None:
            self.taken += reader.result()
        else:
            assert isinstance(error, ProviderError | ValueError | DislikedError)
            assert self.outcome is not None

    @property
    def outcome(self) -> Outcome | None:
        """How the stream ended, as far as its first watcher was told."""
        return self.told[0][0] if self.told[0] else None

    @rule(size=st.integers(0, 3))
    def something_arrives(self, size: int) -> None:
        if not self.over:
            self.source.script.append(list(range(self.offered, self.offered + size)))
            self.offered += size
            self.source.arrived.set()
            self.look()

    @rule()
    def the_provider_says_the_end(self) -> None:
        if not self.over:
            self.over = True
            self.source.script.append(None)
            self.source.arrived.set()
            self.look()

    @rule(error=st.sampled_from([StreamTruncatedError, ProviderError, ValueError]))
    def the_answer_breaks(self, error: type[Exception]) -> None:
        if not self.over:
            self.over = True
            self.source.script.append(error("it broke"))
            self.source.arrived.set()
            self.look()

    @precondition(lambda self: self.stream is not None and self.reader is None)
    @rule()
    def one_piece_is_read(self) -> None:
        stream = self.stream
        assert stream is not None

        async def read() -> list[int]:
            async for item in stream:
                return [item]
            return []

        self.begin(read)

    @precondition(lambda self: self.stream is not None and self.reader is None)
    @rule()
    def a_batch_is_read(self) -> None:
        assert self.stream is not None
        self.begin(self.stream.batch)

    @precondition(lambda self: self.stream is not None and self.reader is None)
    @rule()
    def it_is_primed(self) -> None:
        stream = self.stream
        assert stream is not None

        async def prime() -> list[int]:
            await stream.prime()
            return []

        self.begin(prime)

    @precondition(lambda self: self.stream is not None)
    @rule()
    def tap(self) -> None:
        assert self.stream is not None
        told: list[Outcome] = []
        self.told.append(told)
        self.stream.tap(on_end=told.append)

    @precondition(lambda self: self.stream is not None)
    @rule()
    def somebody_who_watches_fails(self) -> None:
        def refuse(outcome: Outcome) -> None:
            raise DislikedError

        assert self.stream is not None
        if self.outcome is None:
            self.refused = True
            self.stream.tap(on_end=refuse)

    @precondition(lambda self: self.stream is not None)
    @rule(threads=st.integers(0, 4))
    def it_is_closed(self, threads: int) -> None:
        assert self.stream is not None
        closers = [threading.Thread(target=quietly(self.stream.close)) for _ in range(threads)]
        for closer in closers:
            closer.start()
        for closer in closers:
            closer.join()
        if not closers:
            quietly(self.stream.close)()
        self.look()
        assert self.outcome is not None

    @precondition(lambda self: self.reader is not None)
    @rule()
    def the_reader_is_cancelled(self) -> None:
        assert self.reader is not None
        self.reader.cancel()
        self.look()
        assert self.outcome is not None

    # What fails in a finaliser is told to Python's own hook, which holds on to all that it is told.
    @precondition(lambda self: self.stream is not None and self.reader is None and self.outcome is None)
    @precondition(lambda self: not self.refused)
    @rule()
    def it_is_dropped(self) -> None:
        assert self.stream is not None
        gone = weakref.ref(self.stream)
        self.stream = None
        gc.collect()
        assert gone() is None
        assert self.outcome is not None
        # What is upstream is dropped too, and closes itself.
        self.source.released += 1

    @precondition(lambda self: self.stream is not None and self.outcome is not None and self.reader is None)
    @rule()
    def it_is_read_after_its_end(self) -> None:
        stream, outcome = self.stream, self.outcome
        assert stream is not None
        assert outcome is not None
        try:
            assert self.runner.run(stream.batch()) == ENDED
        except StreamClosedError:
            assert outcome.ending != "complete"
        else:
            assert outcome.ending == "complete"
        assert stream.closed
        assert stream.response.items == self.taken

    @invariant()
    def everybody_is_told_once_and_the_same(self) -> None:
        assert all(told == self.told[0] and len(told) <= 1 for told in self.told)

    @invariant()
    def it_is_released_once_when_it_has_ended(self) -> None:
        assert self.source.released == (self.outcome is not None)

    @invariant()
    def pieces_come_once_and_in_order(self) -> None:
        assert self.taken == self.seen == list(range(len(self.taken)))

    @invariant()
    def only_what_was_read_to_the_providers_end_is_complete(self) -> None:
        if self.outcome is not None and self.outcome.ending == "complete":
            assert len(self.taken) == self.offered
            assert self.over
            assert not self.source.script

    @override
    def teardown(self) -> None:
        if self.stream is not None:
            quietly(self.stream.close)()
        if self.reader is not None:
            self.reader.cancel()
            self.look()
        self.everybody_is_told_once_and_the_same()
        assert self.outcome is not None
        self.runner.close()


def quietly(close: Callable[[], None]) -> Callable[[], None]:
    """Close, whatever those who watch say to it."""

    def closing() -> None:
        with suppress(DislikedError):
            close()

    return closing


TestLifecycle = Lifecycle.TestCase
TestLifecycle.settings = settings(max_examples=80, stateful_step_count=25, deadline=None)
