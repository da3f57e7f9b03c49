"""Tell observers of each call: that it begins, and once how it ended, whichever way it did."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, cast

from any_llm.exceptions import AnyLLMError
from any_llm.pipeline.correlation import CALL, is_told_which_call, session_of, trace_of
from any_llm.pipeline.deadline import exceeded
from any_llm.pipeline.observation import Record
from any_llm.pipeline.placed import placed
from any_llm.pipeline.stream import Outcome, is_stream
from any_llm.types.report import Report

if TYPE_CHECKING:
    from any_llm.pipeline.call import Call, Handler, Reply
    from any_llm.pipeline.observation import Around, Observer
    from any_llm.pipeline.stream import EventStream
    from any_llm.pipeline.surroundings import Surroundings
    from any_llm.types.costs import Pricing
    from any_llm.types.json import JSON

_LOG = logging.getLogger("any_llm")
_LOG.addFilter(is_told_which_call)
_COMPLETE = Outcome(ending="complete")


class _Begun(NamedTuple):
    """A call on its way, and what each observer noted when it began."""

    call: Call
    notes: list[object]
    started: float
    since: float


class Observe:
    """The one layer for all observers: they share what is found out about a call."""

    __slots__ = ("_around", "_clock", "_observers", "_pricing")

    def __init__(self, told: tuple[Sequence[tuple[str, object]], Pricing], surroundings: Surroundings) -> None:
        observing, self._pricing = told
        self._clock = surroundings.clock
        self._observers = tuple(
            cast("Observer", placed(place)(policy, surroundings) if place else policy) for place, policy in observing
        )
        # What began last is tidied first.
        around: list[tuple[int, Around]] = [
            (place, cast("JSON", observer))
            for place, observer in enumerate(self._observers)
            if hasattr(observer, "leave")
        ]
        self._around = tuple(reversed(around))

    async def __call__(self, call: Call, inner: Handler) -> Reply:
        """Answer a call as the handler does."""
        begun = self._begin(call)
        token = CALL.set(begun.call)
        value: object = None
        try:
            reply = await inner(begun.call)
        except Exception as error:
            self._end(begun, Outcome(ending="failed", error=error), self._report_of(begun.call, error))
            raise
        except BaseException as error:
            self._end(begun, self._cut_off(begun.call, error), self._report_of(begun.call, error))
            raise
        else:
            if begun.call.context or begun.call.headers:
                _name(begun.call, reply.report)
            value = reply.value
            if is_stream(value):
                self._follow(begun, value)
            else:
                self._end(begun, _COMPLETE, reply.report, value=value)
        finally:
            self._leave(begun, value)
            # A call that is dropped may be closed in another context, where there is nothing to put back.
            with contextlib.suppress(ValueError):
                CALL.reset(token)
        return reply

    def _begin(self, call: Call) -> _Begun:
        notes: list[object] = []
        for observer in self._observers:
            note: object = None
            try:
                call, note = observer.begin(call)
            except Exception as error:  # noqa: BLE001  # who watches must not fail what is watched
                _LOG.warning("The observer %s failed as a call began: %r", type(observer).__name__, error)
            notes.append(note)
        return _Begun(call, notes, self._clock.time(), self._clock.monotonic())

    def _leave(self, begun: _Begun, value: object) -> None:
        for place, observer in self._around:
            try:
                observer.leave(begun.notes[place], value)
            except Exception as error:  # noqa: BLE001  # who watches must not fail what is watched
                _LOG.warning("The observer %s failed as a call went on: %r", type(observer).__name__, error)

    def _follow(self, begun: _Begun, stream: EventStream[JSON]) -> None:
        first = self._clock.monotonic() - begun.since
        stream.follow(lambda followed, outcome: self._end(begun, outcome, followed.report, first, followed))

    def _end(
        self,
        begun: _Begun,
        outcome: Outcome,
        report: Report,
        first: float | None = None,
        value: EventStream[JSON] | JSON = None,
    ) -> None:
        record = Record(
            call=begun.call,
            outcome=outcome,
            report=report,
            started=begun.started,
            elapsed=self._clock.monotonic() - begun.since,
            first_chunk=first,
            value=value,
        )
        for observer, note in zip(self._observers, begun.notes, strict=True):
            try:
                observer.end(note, record)
            except Exception as error:  # noqa: BLE001  # as above
                _LOG.warning("The observer %s failed as a call ended: %r", type(observer).__name__, error)

    def _cut_off(self, call: Call, error: BaseException) -> Outcome:
        """Return how a call ended that was cancelled: by its deadline, which is kept outside of this layer, or else."""
        late = call.deadline is not None and self._clock.monotonic() >= call.deadline
        if late and isinstance(error, asyncio.CancelledError):
            return Outcome(ending="failed", error=exceeded(call))
        return Outcome(ending="cancelled", error=error)

    def _report_of(self, call: Call, error: BaseException) -> Report:
        known = error if isinstance(error, AnyLLMError) else None
        target = call.target
        return Report(
            provider=(known and known.provider_name) or target.provider.name,
            model=(known and known.model) or target.model,
            operation=call.operation.value,
            status=known.status_code if known else None,
            request_id=known.request_id if known else None,
            client_request_id=call.request_id or None,
            attempts=call.attempts,
            routing=known.routing if known else None,
            pricing=self._pricing,
        )


def _name(call: Call, report: Report) -> None:
    """Have a report tell by which ids its call is found again in what observers write."""
    report.trace_id = trace_of(call).get("trace_id")
    report.session_id = session_of(call) or None
