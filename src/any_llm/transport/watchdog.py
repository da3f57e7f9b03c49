"""The time limits of one exchange, kept by one timer that is re-armed only when a limit draws nearer."""

from __future__ import annotations

from asyncio import AbstractEventLoop, CancelledError, Task, TimerHandle, current_task
from math import inf
from typing import Final

from any_llm.exceptions import (
    ConnectTimeoutError,
    FirstTokenTimeoutError,
    IdleTimeoutError,
    RequestTimeoutError,
    TotalTimeoutError,
)
from any_llm.types.http import Timeouts

_UPLOADING: Final = 0
_AWAITING: Final = 1
_STREAMING: Final = 2


class Watchdog:
    """Cancels the task that waits on an exchange when a limit of `Timeouts` is exceeded, and tells which limit it was.

    A wait is bracketed by `begin` and `end`; between waits only the `total` limit runs. `failure` turns the
    cancellation into the matching error. The connect limit is kept by the HTTP library; `connect_limit` is what to
    tell it. Not safe across threads.
    """

    __slots__ = (
        "_armed",
        "_cancelling",
        "_due",
        "_expired",
        "_handle",
        "_loop",
        "_phase",
        "_task",
        "_timeouts",
        "_total_due",
        "where",
    )

    def __init__(self, loop: AbstractEventLoop, timeouts: Timeouts, where: str) -> None:
        self._loop = loop
        self._timeouts = timeouts
        self._total_due = inf if timeouts.total is None else loop.time() + timeouts.total
        self._due = self._total_due
        self._phase = _AWAITING
        self._task: Task[object] | None = None
        self._cancelling = 0
        self._expired: RequestTimeoutError | None = None
        self._handle: TimerHandle | None = None
        self._armed = inf
        self.where = where

    @property
    def connect_limit(self) -> float | None:
        """Seconds until a connection must be ready; a shorter `total` is kept by this watchdog itself."""
        return self._timeouts.connect

    def begin(self) -> None:
        """The current task begins to wait for the head or the body of the answer."""
        task = current_task(self._loop)
        if task is None:
            raise RuntimeError("An exchange is awaited outside of a task; use asyncio.run or create_task")
        self._task = task
        self._cancelling = task.cancelling()
        idle = self._timeouts.idle
        if self._phase == _STREAMING and idle is not None:
            self._due = min(self._loop.time() + idle, self._total_due)
        if self._due < self._armed:
            self._arm()

    def end(self) -> None:
        """The wait is over, in the one way or the other."""
        self._task = None

    def uploading(self) -> None:
        """A piece of the request goes out: the next one must follow within the idle limit."""
        self._set(_UPLOADING, self._timeouts.idle)

    def awaiting(self) -> None:
        """The request is on its way, whole: the first byte of the answer's body must follow in time."""
        self._set(_AWAITING, self._timeouts.first_token)

    def streaming(self) -> None:
        """The first byte of the answer's body is here: from now on the idle limit counts."""
        if self._phase != _STREAMING:
            self._phase = _STREAMING
            self._due = self._total_due

    def stop(self) -> None:
        """Forget the timer; called when the exchange is over."""
        self._task = None
        self._phase = _STREAMING
        self._due = inf
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
            self._armed = inf

    def failure(self, error: BaseException) -> RequestTimeoutError | None:
        """Return the timeout that `error` is the effect of, or None if it is none of ours.

        Must be called once in the task that waited, before anything else is awaited there.
        """
        expired, self._expired = self._expired, None
        task = current_task(self._loop)
        if expired is None or task is None:
            return None
        outside = task.uncancel() > self._cancelling
        return None if outside and isinstance(error, CancelledError) else expired

    def connect_failure(self) -> ConnectTimeoutError:
        """Return the error for an exceeded connect limit, which the HTTP library keeps."""
        return ConnectTimeoutError(
            f"No connection to {self.where} within {self._timeouts.connect} s; check the network, or raise the "
            "connect timeout"
        )

    def _set(self, phase: int, seconds: float | None) -> None:
        if self._phase == _STREAMING:
            return
        self._phase = phase
        self._due = self._total_due if seconds is None else min(self._loop.time() + seconds, self._total_due)
        if self._due < self._armed:
            self._arm()

    def _arm(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
        self._armed = self._due
        self._handle = self._loop.call_at(self._due, self._tick)

    def _tick(self) -> None:
        self._handle = None
        self._armed = inf
        if self._task is None:
            return
        if self._loop.time() < self._due:
            self._arm()
            return
        self._expired = self._describe()
        self._task.cancel()

    def _describe(self) -> RequestTimeoutError:
        timeouts = self._timeouts
        if self._due == self._total_due:
            return TotalTimeoutError(f"The call to {self.where} took longer than {timeouts.total} s")
        if self._phase == _AWAITING:
            return FirstTokenTimeoutError(f"{self.where} sent no first byte within {timeouts.first_token} s")
        if self._phase == _UPLOADING:
            return IdleTimeoutError(f"{self.where} took nothing of the request for {timeouts.idle} s")
        return IdleTimeoutError(f"{self.where} stalled for {timeouts.idle} s inside its answer")
