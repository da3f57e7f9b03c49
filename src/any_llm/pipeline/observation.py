"""What is known about a call at its end, and who is told of it: spans, metrics, logs, ledgers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import msgspec

from any_llm.exceptions import AnyLLMError
from any_llm.pipeline.call import Call
from any_llm.pipeline.stream import EventStream, Outcome
from any_llm.types.json import JSON
from any_llm.types.report import Report

if TYPE_CHECKING:
    from any_llm.attempts import Attempt
    from any_llm.types.cost import Cost
    from any_llm.types.usage import Usage


class Record(msgspec.Struct, frozen=True, kw_only=True, eq=False, dict=True):
    """One call that has ended.

    Attributes:
        call: as it was made.
        outcome: how it ended.
        report: how it went; of a call that failed, as far as that is known.
        started: when it began, in seconds since 1970.
        elapsed: how many seconds it took; of a stream, until its end.
        value: the whole answer, the stream, or `None` where there was none.
    """

    call: Call
    outcome: Outcome
    report: Report
    started: float
    elapsed: float
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
        from any_llm.types.metering import merged, usage_of  # noqa: PLC0415  # what observers there are decides who asks

        return None if self.answer is None else merged(usage_of(self.answer), self.report.metered)

    @cached_property
    def cost(self) -> Cost | None:
        """What the answer cost; `None` where its usage or its price is not known."""
        from any_llm.types.costs import cost_in  # noqa: PLC0415  # as above

        return None if self.answer is None else cost_in(self.answer, self.report, self.usage)

    @property
    def attempts(self) -> Sequence[Attempt]:
        """Every attempt that was made, the first one first."""
        return self.call.attempts

    @property
    def chunks(self) -> int:
        """How many pieces were taken of a stream."""
        value: object = self.value
        return value.taken if isinstance(value, EventStream) else 0


class Observer(Protocol):
    """Is told of each call. It may neither wait nor raise: a call ends in finalisers and on any thread."""

    def begin(self, call: Call) -> tuple[Call, object]:
        """Note that a call begins; return the call as it shall go on, and what `end` is to be given back."""
        ...

    def end(self, noted: object, record: Record) -> None:
        """Note how the call ended."""
        ...


def first_chunk_of(record: Record) -> float:
    """Return how many seconds after the call began the first piece of its answer was there."""
    attempts = record.attempts
    before = max(0.0, attempts[-1].started - record.started) if attempts else 0.0
    return before + (record.report.time_to_first_chunk or 0.0)


def dollars_of(record: Record) -> float | None:
    """Return what an answer cost in US dollars, as nearly as a float can say it; `None` where nobody knows."""
    return None if record.cost is None else float(record.cost.total)
