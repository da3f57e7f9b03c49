"""A thread that does behind the calls what may wait: it never stops a call, and counts what it had no room for."""

from __future__ import annotations

import atexit
import logging
import os
import sys
from collections import deque
from collections.abc import Callable, Sequence
from threading import Condition, Event, RLock, Thread
from typing import Generic, TypeVar

T = TypeVar("T")

_LOG = logging.getLogger("any_llm")
_BATCH = 1_000
_SECONDS_AT_EXIT = 2.0
_SECONDS_TO_REST = 1.0


class Behind(Generic[T]):
    """Hands what it is given to a function, in order and together with what has come meanwhile.

    Args:
        name: what for, as the thread is called.
        work: takes some of it, and how many were dropped before it.
        capacity: how many may wait.
        gather: how many seconds it waits for more to come.
        rest: what to do when nothing has come for a second.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[Sequence[T], int], None],
        capacity: int,
        gather: float = 0.0,
        *,
        rest: Callable[[], None] | None = None,
    ) -> None:
        self._name = name
        self._work = work
        self._capacity = capacity
        self._gather = gather
        self._rest = rest
        self.dropped = 0
        """How many there was no room for, since the process began."""
        self._begin()
        atexit.register(self.flush, _SECONDS_AT_EXIT)

    def _begin(self) -> None:
        self._process = os.getpid()
        self._queue: deque[T] = deque()
        self._woken, self._hurry = Event(), Event()
        self._idle = Condition()
        self._working = False
        self._told = self.dropped
        self._starting = RLock()
        self._thread: Thread | None = None
        if (util := sys.modules.get("multiprocessing.util")) is not None:
            # A process of multiprocessing ends without what `atexit` was told, but with this.
            util.Finalize(None, self.flush, (_SECONDS_AT_EXIT,), exitpriority=0)

    def put(self, item: T) -> None:
        """Have something done soon, unless there is no room for it."""
        if self._process != os.getpid():
            # The thread does not live on in a forked child, and what waited is the parent's.
            self._begin()
        if len(self._queue) >= self._capacity:
            self.dropped += 1
            return
        self._queue.append(item)
        if not self._woken.is_set():
            self._woken.set()
        if self._thread is None:
            with self._starting:
                if self._thread is None:
                    self._thread = Thread(target=self._run, name=f"any-llm-{self._name}", daemon=True)
                    self._thread.start()

    def flush(self, seconds: float = _SECONDS_AT_EXIT) -> bool:
        """Wait until nothing waits any more, at most so many seconds, and say whether that is so."""
        self._hurry.set()
        self._woken.set()
        try:
            with self._idle:
                return self._idle.wait_for(self._is_idle, seconds)
        finally:
            self._hurry.clear()

    def _is_idle(self) -> bool:
        return not (self._queue or self._working) or self._process != os.getpid()

    def _run(self) -> None:
        while True:
            if self._rest is not None and not self._woken.wait(_SECONDS_TO_REST):
                self._rest()
            self._woken.wait()
            if self._gather:
                self._hurry.wait(self._gather)
            self._woken.clear()
            while self._queue:
                self._working = True
                batch = [self._queue.popleft() for _ in range(min(len(self._queue), _BATCH))]
                missing, self._told = self.dropped - self._told, self.dropped
                try:
                    self._work(batch, missing)
                except Exception as error:  # noqa: BLE001  # a full disk must not end the thread
                    _LOG.warning("%s of the %s were lost: %r", len(batch), self._name, error)
            with self._idle:
                self._working = False
                self._idle.notify_all()
