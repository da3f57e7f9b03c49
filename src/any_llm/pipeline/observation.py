"""What is known about a call at its end, and who is told of it: spans, metrics, logs, ledgers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import msgspec

from any_llm.exceptions import AnyLLMError
from any_llm.pipeline.call import Call
from any_llm.pipeline.stream import EventStream, Outcome
from any_llm.types.costs import UNPAID, Costs, cost_in, costs_of
from any_llm.types.json import JSON
from any_llm.types.metering import merged, usage_of
from any_llm.types.report import Report

if TYPE_CHECKING:
    from any_llm.attempts import Attempt
    from any_llm.types.cost import Cost
    from any_llm.types.usage import Usage


_SEVERAL = 2
CANCELLED = "cancelled"
"""The `error.type` of calls that were cancelled, whatever their task was cancelled with."""


class Record(msgspec.Struct, frozen=True, kw_only=True, eq=False, dict=True):
    """One call that has ended.

    Attributes:
        call: as it was made.
        outcome: how it ended.
        report: how it went; of a call that failed, as far as that is known.
        started: when it began, in seconds since 1970.
        elapsed: how many seconds it took; of a stream, until its end.
        first_chunk: how many seconds after it began the first piece of its stream was there, however many targets and
            attempts that took; `None` where there was no stream.
        value: the whole answer, the stream, or `None` where there was none.
    """

    call: Call
    outcome: Outcome
    report: Report
    started: float
    elapsed: float
    first_chunk: float | None = None
    value: JSON = None

    @cached_property
    def answer(self) -> JSON:
        """The whole answer; of a stream, of what was taken; `None` where there is none."""
        value: object = self.value
        if not isinstance(value, EventStream):
            return value
        try:
            return value.whole()
        except (AnyLLMError, TypeError):
            # The pieces that came do not add up, or never do.
            return None

    @cached_property
    def usage(self) -> Usage | None:
        """What the answer used; `None` where there is none, or neither it nor its request tells."""
        return None if self.answer is None else merged(usage_of(self.answer), self.report.metered)

    @cached_property
    def cost(self) -> Cost | None:
        """What the answer cost; `None` where its usage or its price is not known."""
        return None if self.answer is None else cost_in(self.answer, self.report, self.usage)

    @cached_property
    def costs(self) -> Costs:
        """What the whole call cost, attempts without an answer included; reading a usage takes a while: it is once."""
        report = self.report
        if report.cache is not None and report.cache.status in UNPAID:
            return Costs(saved=report.cache.saved)
        priced = _nobody_knows if report.pricing is None else report.pricing.of_attempt
        return costs_of(report.attempts, self.cost, priced, report.routing)

    @property
    def route(self) -> str:
        """The name of the route that was asked; empty without one."""
        routing = self.report.routing
        # An error does not tell of its route, which the call brought along.
        return routing.route if routing is not None else getattr(self.call.overrides.get("fallback"), "name", "")

    @property
    def attempts(self) -> Sequence[Attempt]:
        """Every attempt that was made, the first one first."""
        return self.call.attempts

    @property
    def chunks(self) -> int:
        """How many pieces were taken of a stream."""
        value: object = self.value
        return value.taken if isinstance(value, EventStream) else 0


def _nobody_knows(_attempt: Attempt) -> Cost | None:
    return None


class Observer(Protocol):
    """Is told of each call. It may neither wait nor raise: a call ends in finalisers and on any thread."""

    def begin(self, call: Call) -> tuple[Call, object]:
        """Note that a call begins; return the call as it shall go on, and what `end` is to be given back."""
        ...

    def end(self, noted: object, record: Record) -> None:
        """Note how the call ended."""
        ...


class Around(Observer, Protocol):
    """An observer that has something in the context of a call, such as its span, and takes it out again."""

    def leave(self, noted: object, value: JSON) -> None:
        """Tidy the context that `begin` found: the call's own code is done there, and a stream is about to be read.

        It comes once for each `begin`, from the same task; of a whole answer and of a failure after `end`. `value` is
        the answer, or the stream, or `None` where there is none.
        """
        ...


def error_type_of(outcome: Outcome) -> str:
    """Return what the conventions' `error.type` is of a call that ended so: the name of an error's class, or empty."""
    if outcome.ending == "cancelled":
        return CANCELLED
    return type(outcome.error).__name__ if outcome.ending == "failed" else ""


def base_url_of(record: Record) -> str:
    """Return where the target was asked that served a call, or failed last; empty where that is not known."""
    report, target = record.report, record.call.target
    if report.routing is not None:
        model = f"{report.provider}:{report.model}"
        asked = [each for each in report.routing.considered if each.place is not None and each.target == model]
        # The same model may be asked at several places, each with a key of its own.
        key = next((each.key for each in reversed(record.attempts) if each.outcome != "cancelled"), "")
        asked.sort(key=lambda each: each.key != key)
        if asked:
            return asked[0].base_url
    return target.base_url if report.provider in {"", target.provider.name} else ""


def first_chunk_of(record: Record) -> float:
    """Return how many seconds after the call began the first piece of its answer was there; 0 without a stream."""
    return record.first_chunk or 0.0


def spent_on(record: Record) -> float | None:
    """Return what a call cost in US dollars with all its attempts; `None` where nobody knows that of any."""
    if record.outcome.ending == "complete" and len(record.attempts) < _SEVERAL:
        return dollars_of(record)
    costs = record.costs
    return float(costs.total) if costs.unknown < len(costs.attempts) else dollars_of(record)


def dollars_of(record: Record) -> float | None:
    """Return what an answer cost in US dollars, as nearly as a float can say it; `None` where nobody knows."""
    return None if record.cost is None else float(record.cost.total)
