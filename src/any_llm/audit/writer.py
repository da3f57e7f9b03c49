"""Writing events behind the calls: one thread, one transaction for all that has come together."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import logging
import os
from collections import deque
from collections.abc import Sequence
from threading import Condition, Event, RLock, Thread
from time import sleep
from typing import NamedTuple

from any_llm.audit.event import Event as AuditEvent
from any_llm.audit.log import AuditLog
from any_llm.exceptions import AnyLLMError
from any_llm.refusals import AuditError

_LOG = logging.getLogger("any_llm")
_BATCH = 512
_SECONDS_AT_EXIT = 5.0
_SECONDS_AFTER_A_FAILURE = 0.5


class _Waiting(NamedTuple):
    """An event on its way to the log, and who waits for it to be there."""

    event: AuditEvent
    loop: asyncio.AbstractEventLoop | None = None
    written: asyncio.Future[AnyLLMError | None] | None = None


class Writer:
    """Writes events in the order they come. What fails to be written is kept, and tried again.

    Args:
        log: where to.
    """

    def __init__(self, log: AuditLog) -> None:
        self.log = log
        self._window = 0.0 if log.policy.durability == "commit" else log.policy.group_window
        self._begin()
        atexit.register(self.flush, _SECONDS_AT_EXIT)

    def _begin(self) -> None:
        self._process = os.getpid()
        self._queue: deque[_Waiting] = deque()
        self._woken = Event()
        self._idle = Condition()
        self._writing = 0
        self._starting = RLock()
        self._thread: Thread | None = None
        self.failure: AnyLLMError | None = None
        """Why the last transaction failed; `None` after one that did not."""

    @property
    def waiting(self) -> int:
        """How many events are not yet in the log."""
        return len(self._queue) + self._writing

    def put(self, event: AuditEvent) -> None:
        """Have an event written soon."""
        self._put(_Waiting(event))

    async def written(self, event: AuditEvent) -> None:
        """Have an event written, and come back when it is on the disk.

        Raises:
            AuditError: it could not be written; it will be tried again.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[AnyLLMError | None] = loop.create_future()
        self._put(_Waiting(event, loop, future))
        failure = self.failure or await future
        if failure is not None:
            raise failure

    async def room(self) -> None:
        """Wait until there is room for another event."""
        while self.waiting >= self.log.policy.capacity:  # noqa: ASYNC110  # a thread makes room, and tells no loop of it
            await asyncio.sleep(self._window or 0.001)

    def flush(self, seconds: float) -> bool:
        """Wait until everything is written, at most so many seconds, and say whether it is."""
        self._woken.set()
        with self._idle:
            return self._idle.wait_for(lambda: not self.waiting or self._process != os.getpid(), seconds)

    def _put(self, waiting: _Waiting) -> None:
        if self._process != os.getpid():
            # The thread does not live on in a forked child, and what waited is the parent's.
            self._begin()
        self._queue.append(waiting)
        self._woken.set()
        if self._thread is None:
            with self._starting:
                if self._thread is None:
                    self._thread = Thread(target=self._work, name="any-llm-audit", daemon=True)
                    self._thread.start()

    def _work(self) -> None:
        while True:
            self._woken.wait()
            if self._window:
                sleep(self._window)
            self._woken.clear()
            while self._queue:
                self._writing = min(len(self._queue), _BATCH)
                self._write([self._queue.popleft() for _ in range(self._writing)])

    def _write(self, batch: Sequence[_Waiting]) -> None:
        while True:
            try:
                self.log.append([waiting.event for waiting in batch])
            except Exception as error:  # noqa: BLE001  # whatever it is, no event may be lost and no call answered
                self._failed(error if isinstance(error, AnyLLMError) else AuditError(None, error), batch)
                batch = [_Waiting(waiting.event) for waiting in batch]
                sleep(_SECONDS_AFTER_A_FAILURE)
            else:
                break
        self.failure = None
        _tell(batch, None)
        with self._idle:
            self._writing = 0
            self._idle.notify_all()

    def _failed(self, error: AnyLLMError, batch: Sequence[_Waiting]) -> None:
        if self.failure is None:
            _LOG.error("The audit log cannot be written, and is tried again: %s", error)
        self.failure = error
        _tell([*batch, *tuple(self._queue)], error)


def _tell(batch: Sequence[_Waiting], outcome: AnyLLMError | None) -> None:
    by_loop: dict[asyncio.AbstractEventLoop, list[asyncio.Future[AnyLLMError | None]]] = {}
    for waiting in batch:
        if waiting.loop is not None and waiting.written is not None:
            by_loop.setdefault(waiting.loop, []).append(waiting.written)
    for loop, futures in by_loop.items():
        # Who waited may be gone with their loop.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(_settle, futures, outcome)


def _settle(futures: Sequence[asyncio.Future[AnyLLMError | None]], outcome: AnyLLMError | None) -> None:
    for future in futures:
        if not future.done():
            future.set_result(outcome)
