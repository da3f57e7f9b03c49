"""Writing events behind the calls: one thread, one transaction for all that has come together."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import logging
import os
from collections import Counter, deque
from collections.abc import Sequence
from threading import Condition, Event, RLock, Thread
from time import sleep
from typing import NamedTuple

from any_llm.audit.event import Event as AuditEvent
from any_llm.audit.log import AuditLog
from any_llm.audit.reading import Reader
from any_llm.audit.upkeep import prune
from any_llm.exceptions import AnyLLMError
from any_llm.refusals import AuditError

_LOG = logging.getLogger("any_llm")
_BATCH = 512
_SECONDS_AT_EXIT = 5.0
_SECONDS_AFTER_A_FAILURE = 0.5
_SECONDS_BETWEEN_PRUNINGS = 3_600.0


class _Waiting(NamedTuple):
    """An event on its way to the log, and who waits for it to be there."""

    event: AuditEvent
    loop: asyncio.AbstractEventLoop | None = None
    written: asyncio.Future[AnyLLMError | None] | None = None


class Writer:
    """Writes events in the order they come. What fails to be written is kept, and tried again.

    Where calls go on while the log cannot be written, events for which there is no room are counted, and an event tells
    how many those were. What is older than it is kept is let go once an hour.

    Args:
        log: where to.
    """

    def __init__(self, log: AuditLog) -> None:
        self.log = log
        self._window = 0.0 if log.policy.durability == "commit" else log.policy.group_window
        self._begin()
        self._pruned_at: float | None = None
        atexit.register(self._end)

    def _begin(self) -> None:
        self._process = os.getpid()
        self._queue: deque[_Waiting] = deque()
        self._woken = Event()
        self._idle = Condition()
        self._writing = 0
        self._missing: Counter[str] = Counter()
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
        """Wait until there is room for another event.

        Raises:
            AuditError: there will be none before the log can be written again.
        """
        while self.waiting >= self.log.policy.capacity:
            if self.failure is not None:
                raise self.failure
            await asyncio.sleep(self._window or 0.001)

    def flush(self, seconds: float) -> bool:
        """Wait until everything is written, at most so many seconds, and say whether it is."""
        self._woken.set()
        with self._idle:
            return self._idle.wait_for(self._is_idle, seconds)

    def _is_idle(self) -> bool:
        return not (self._queue or self._writing or self._missing) or self._process != os.getpid()

    def _put(self, waiting: _Waiting) -> None:
        if self._process != os.getpid():
            # The thread does not live on in a forked child, and what waited is the parent's.
            self._begin()
        if self.log.policy.on_failure == "continue" and self.waiting >= self.log.policy.capacity:
            with self._starting:
                self._missing[waiting.event.tenant] += 1
            _tell([waiting], AuditError("There is no room for the event; how many those are is told later"))
            return
        self._queue.append(waiting)
        if not self._woken.is_set():
            self._woken.set()
        if self._thread is None:
            with self._starting:
                if self._thread is None:
                    self._thread = Thread(target=self._work, name="any-llm-audit", daemon=True)
                    self._thread.start()

    def _end(self) -> None:
        """Write what is left as the process ends, and say so where that cannot be done."""
        if not self.flush(_SECONDS_AT_EXIT) and self._process == os.getpid():
            _LOG.error("%s events are lost, which the audit log did not take as the process ended", self.waiting)

    def _work(self) -> None:
        while True:
            self._woken.wait()
            if self._window:
                sleep(self._window)
            self._woken.clear()
            while self._queue or self._missing:
                self._write(self._batch())
            self._prune()

    def _batch(self) -> list[_Waiting]:
        with self._starting:
            gaps = [_Waiting(_gap(tenant, count)) for tenant, count in sorted(self._missing.items())]
            size = min(len(self._queue), _BATCH)
            self._writing = size + len(gaps)
            self._missing.clear()
        return [*gaps, *(self._queue.popleft() for _ in range(size))]

    def _write(self, batch: Sequence[_Waiting]) -> None:
        self._append(batch)
        self.failure = None
        _tell(batch, None)
        with self._idle:
            self._writing = 0
            self._idle.notify_all()

    def _append(self, batch: Sequence[_Waiting]) -> None:
        """Write events, however often that must be tried; one that cannot be written as it is, without its details."""
        while True:
            try:
                self.log.append([waiting.event for waiting in batch])
            except AnyLLMError as error:
                self._failed(error, batch)
                batch = [_Waiting(waiting.event) for waiting in batch]
                sleep(_SECONDS_AFTER_A_FAILURE)
            except Exception as error:  # noqa: BLE001  # whatever a call brings along, the other events must be written
                if len(batch) > 1:
                    for waiting in batch:
                        self._append([waiting])
                    return
                if "unwritable" in batch[0].event.details:
                    # It is not for what the event brings along.
                    self._failed(AuditError(None, error), batch)
                    sleep(_SECONDS_AFTER_A_FAILURE)
                _LOG.error("An event cannot be written into the audit log as it is: %r", error)
                batch = [batch[0]._replace(event=_without_details(batch[0].event, error))]
            else:
                return

    def _prune(self) -> None:
        """Let go of what is older than it is kept, once an hour."""
        now = self.log.clock.monotonic()
        if not self.log.policy.retention or (
            self._pruned_at is not None and now - self._pruned_at < _SECONDS_BETWEEN_PRUNINGS
        ):
            return
        self._pruned_at = now
        try:
            prune(self.log, Reader(actor="retention", reason="the configuration's audit.retention"))
        except Exception as error:  # noqa: BLE001  # the thread must go on, whatever happens
            _LOG.warning("What the audit log keeps no longer could not be let go: %r", error)

    def _failed(self, error: AnyLLMError, batch: Sequence[_Waiting]) -> None:
        if self.failure is None:
            _LOG.error("The audit log cannot be written, and is tried again: %s", error)
        self.failure = error
        _tell([*batch, *tuple(self._queue)], error)


def _gap(tenant: str, missing: int) -> AuditEvent:
    """Return the event that tells of events for which there was no room."""
    about = {"missing": missing, "reason": "the log could not be written, and its queue was full"}
    return AuditEvent(action="audit.gap", stream="admin", tenant=tenant, actor="any-llm", kind="audit", details=about)


def _without_details(event: AuditEvent, error: Exception) -> AuditEvent:
    """Return an event with nothing in it that could be foreign to the log."""
    tenant, actor, action, kind = map(str, (event.tenant, event.actor, event.action, event.kind))
    details = {"unwritable": type(error).__name__}
    return AuditEvent(
        action=action, stream=event.stream, tenant=tenant, actor=actor, kind=kind, at=event.at, details=details
    )


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
