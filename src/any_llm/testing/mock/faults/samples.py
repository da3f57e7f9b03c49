"""Two faults: one that changes the answer, one that changes how it is sent."""

from __future__ import annotations

import math
from collections.abc import Sequence

from any_llm.testing.mock.answer import Answer, Failure
from any_llm.testing.mock.fault import Fault
from any_llm.testing.mock.plan import Data, Plan, Wait
from any_llm.testing.mock.wire import Context


def _fail(_answer: Answer | Failure, argument: str, _context: Context) -> Failure:
    return Failure(status=int(argument or 500), message="The mock was told to fail")


def _stall(plan: Plan, argument: str, _context: Context) -> Plan:
    sent = [index for index, step in enumerate(plan) if isinstance(step, Data)]
    kept = plan[: sent[len(sent) // 2] + 1] if sent else plan
    if argument:
        return (*kept, Wait(float(argument)), *plan[len(kept) :])
    return (*kept, Wait(math.inf))


FAULTS: Sequence[Fault] = (
    Fault(name="status", summary="Fails with an HTTP status.", argument="the status; 500", answer=_fail),
    Fault(
        name="stall",
        summary="Goes silent in the middle of the body.",
        argument="for how many seconds; for ever",
        plan=_stall,
    ),
)
