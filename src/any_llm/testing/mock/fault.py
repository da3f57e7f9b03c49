"""What a fault is: a change of an answer, or of the way it goes over the socket."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import msgspec

from any_llm.testing.mock.answer import Answer, Failure
from any_llm.testing.mock.plan import Plan
from any_llm.testing.mock.wire import Context

ChangeAnswer: TypeAlias = Callable[[Answer | Failure, str, Context], Answer | Failure]
"""Changes what is answered, before a wire says it; the text is the fault's argument, empty for none."""

ChangePlan: TypeAlias = Callable[[Plan, str, Context], Plan]
"""Changes what goes over the socket; the text is the fault's argument, empty for none."""


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One way of misbehaving.

    It is called for by name, with an argument behind `=` where it takes one: `stall`, `status=503`.

    Attributes:
        name: how it is called for: `stall`, `connection-refused`.
        summary: what it does, in one sentence.
        argument: what its argument means, with the value that stands for none; empty when it takes none.
        answer: changes what is answered.
        plan: changes how it is sent.
        listener: what a server's port does while the fault is set for all requests: `refuse` connections, or `garble`
            what they begin with (so that TLS fails); empty for neither.
    """

    name: str
    summary: str
    argument: str = ""
    answer: ChangeAnswer | None = None
    plan: ChangePlan | None = None
    listener: str = ""
