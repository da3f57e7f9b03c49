"""The blocking half: the same coroutines, run on one background event loop. The only place that knows about threads."""

from __future__ import annotations

import _thread
import asyncio
import atexit
import contextvars
import os
import sys
import threading
from collections import deque
from collections.abc import Coroutine
from types import TracebackType
from typing import TYPE_CHECKING, Generic, TypeVar

from any_llm.pipeline.stream import EventStream, is_stream
from any_llm.types.report import Report

if TYPE_CHECKING:
    from typing import Self

    from any_llm.pipeline.partials import Partials
    from any_llm.types.completion import CompletionUsage
    from any_llm.types.cost import Cost
    from any_llm.types.costs import Costs
    from any_llm.types.json import JSON

T = TypeVar("T")
E = TypeVar("E")

_GOODBYE = 2.0


class Runner:
    """One event loop on one daemon thread, made on first use, and again in a forked child."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        os.register_at_fork(after_in_child=self._forget)

    def run(self, coroutine: Coroutine[object, object, T]) -> T:
        """Run a coroutine to its end and return what it returns; an interrupt cancels it.

        Raises:
            RuntimeError: it is called from a coroutine that runs here, which would wait for itself; or the interpreter
                is ending.
        """
        waiting = _Waiting(coroutine)
        try:
            loop = self._loop or self._start()
            _refuse_to_wait_for_itself(loop)
            loop.call_soon_threadsafe(waiting.begin, loop)
        except BaseException:
            waiting.abandoned = True
            coroutine.close()
            raise
        return waiting.result(loop)

    def stop(self) -> None:
        """Cancel what runs on the loop, close what is open there, and end its thread; the next call starts anew."""
        with self._lock:
            loop, thread = self._loop, self._thread
            self._loop = self._thread = None
        if loop is None or thread is None:
            return
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_GOODBYE)

    def _start(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                loop = asyncio.new_event_loop()
                thread = threading.Thread(target=_serve, args=(loop,), name="any-llm-async-runner", daemon=True)
                try:
                    thread.start()
                except RuntimeError:
                    # The interpreter is ending and starts no thread any more.
                    loop.close()
                    raise
                self._loop, self._thread = loop, thread
            return self._loop

    def _forget(self) -> None:
        # In a forked child there is no such thread, and the lock may be held by one that is not there.
        self._lock = threading.Lock()
        self._loop = self._thread = None


def _refuse_to_wait_for_itself(loop: asyncio.AbstractEventLoop) -> None:
    if asyncio._get_running_loop() is loop:  # noqa: SLF001  # documented, and cheaper than to raise
        raise RuntimeError("The blocking API is called on the thread that serves it; use the async API here")


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    loop.run_forever()
    while tasks := asyncio.all_tasks(loop):
        for task in tasks:
            task.cancel()
        loop.run_until_complete(asyncio.wait(tasks))
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()


class _Waiting(Generic[T]):
    """One thread waiting for one coroutine; lighter than a `concurrent.futures.Future`.

    `abandoned` says that the thread was interrupted and waits no more.
    """

    __slots__ = ("_context", "_coroutine", "_done", "_task", "abandoned")

    def __init__(self, coroutine: Coroutine[object, object, T]) -> None:
        self._coroutine = coroutine
        self._context = contextvars.copy_context()
        self._done = _thread.allocate_lock()
        self._done.acquire()
        self._task: asyncio.Task[T] | None = None
        self.abandoned = False

    def begin(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start the coroutine; called on the loop's thread."""
        if self.abandoned:
            self._coroutine.close()
            return
        self._task = loop.create_task(self._coroutine, context=self._context)
        self._task.add_done_callback(self._finished)

    def result(self, loop: asyncio.AbstractEventLoop) -> T:
        """Wait for the coroutine's end."""
        try:
            self._done.acquire()
        except BaseException:
            self.abandoned = True
            loop.call_soon_threadsafe(self._abandon)
            raise
        task, self._task = self._task, None
        assert task is not None
        return task.result()

    def _abandon(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _finished(self, task: asyncio.Task[T]) -> None:
        if self.abandoned and not task.cancelled():
            # Nobody hears of its error, and asyncio shall not complain about that.
            task.exception()
        self._done.release()


class Stream(Generic[E]):
    """The pieces of one answer, in order, once, for blocking code.

    Use it in `for`, best inside `with`. Leaving early by any way, or dropping the stream, closes the connection.
    """

    def __init__(self, events: EventStream[E], runner: Runner) -> None:
        self._events = events
        self._runner = runner
        self._ready: deque[E] = deque()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> E:
        if not self._ready:
            self._ready.extend(self._runner.run(self._events.batch()))
            if not self._ready:
                raise StopIteration
        return self._ready.popleft()

    @property
    def report(self) -> Report:
        """How the call went."""
        return self._events.report

    @property
    def response(self) -> JSON:
        """The whole answer added up from what has arrived; complete once the iteration has ended."""
        return self._events.response

    @property
    def usage(self) -> CompletionUsage | None:
        """The tokens used so far, as far as the provider has said; final once the iteration has ended."""
        return self._events.usage

    @property
    def cost(self) -> Cost | None:
        """What the answer has cost so far, as far as the provider has said what it used; final at the end."""
        return self._events.cost

    @property
    def costs(self) -> Costs:
        """What the whole call cost: the answer, and apart from it what failed, was retried, hedged or passed on."""
        return self._events.costs

    def partials(self) -> BlockingPartials:
        """Iterate over the values that a JSON answer passes through, instead of over its pieces."""
        return BlockingPartials(self._events.partials(), self._runner)

    @property
    def closed(self) -> bool:
        """Whether the stream has ended, in whichever way."""
        return self._events.closed

    def close(self) -> None:
        """End the stream now and release its connection. Idempotent, and callable from any thread."""
        self._ready.clear()
        self._events.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class BlockingPartials:
    """The values that a streamed JSON answer passes through, for blocking code; see `any_llm.pipeline.partials`."""

    def __init__(self, partials: Partials, runner: Runner) -> None:
        self._partials = partials
        self._runner = runner

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> JSON:
        value = self._runner.run(self._next())
        if value is None:
            raise StopIteration
        return value

    def close(self) -> None:
        """End the stream and release its connection."""
        self._partials.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def _next(self) -> JSON:
        return await anext(self._partials, None)


RUNNER = Runner()
"""The one runner of this process."""

atexit.register(RUNNER.stop)


def run(coroutine: Coroutine[object, object, T], *, allow_running_loop: bool | None = None) -> T:
    """Run a coroutine from blocking code.

    Raises:
        RuntimeError: this thread is running an event loop, which would stand still meanwhile. Inside a notebook that is
            allowed, since nothing else can be done there; `allow_running_loop` says otherwise.
    """
    allowed = "IPython" in sys.modules if allow_running_loop is None else allow_running_loop
    if not allowed and asyncio._get_running_loop() is not None:  # noqa: SLF001  # as above
        coroutine.close()
        raise RuntimeError(
            "Cannot use the `sync` API in an `async` context. Use the `async` API instead (`acompletion`, …)."
        )
    return RUNNER.run(coroutine)


def run_stream(value: JSON, *, runner: Runner = RUNNER) -> JSON:
    """Return a stream for blocking code in place of one for async code; anything else as it is."""
    return Stream(value, runner) if is_stream(value) else value
