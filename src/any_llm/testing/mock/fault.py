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


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a program that calls through this library gets: an error, or else an answer.

    Attributes:
        error: the error's name in `any_llm.exceptions`; empty when there is an answer.
        retryable: whether the error says that the same call may succeed later; `None` for what its class says.
        retry_after: the seconds to wait that the error tells.
        finish: why the answer ended, by the words of chat completions; empty for an answer without choices.
    """

    error: str = ""
    retryable: bool | None = None
    retry_after: float | None = None
    finish: str = "stop"


ANSWERED = Outcome()
"""The answer comes as if there were no fault."""


def raises(error: str, *, retryable: bool | None = None, retry_after: float | None = None) -> Outcome:
    """Return the outcome that is an error of this name."""
    return Outcome(error=error, retryable=retryable, retry_after=retry_after)


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One way of misbehaving.

    It is called for by name, with an argument behind `=` where it takes one: `stall`, `status=503`.

    Attributes:
        name: how it is called for: `stall`, `connection-refused`.
        summary: what it does, in one sentence.
        argument: what its argument means, with the value that stands for none; empty when it takes none.
        answer: changes what is answered.
        plan: changes how it is sent.
        listener: what a server's port does while the fault is set for all requests: `refuse` connections, `garble`
            what they begin with (so that TLS fails), or speak TLS with an `expired` certificate or one that is
            `self-signed`; empty for none of these.
        whole: what the library makes of it where the answer comes whole. Here and below the fault has no argument, the
            format is that of chat completions, and the limits of time are shorter than what the fault takes.
        streamed: what it makes of it where the answer comes in pieces.
    """

    name: str
    summary: str
    argument: str = ""
    answer: ChangeAnswer | None = None
    plan: ChangePlan | None = None
    listener: str = ""
    whole: Outcome = ANSWERED
    streamed: Outcome = ANSWERED
