"""The connection: refused, reset, closed, or not to be trusted."""

from __future__ import annotations

from collections.abc import Sequence

from any_llm.testing.mock.fault import ChangePlan, Fault, raises
from any_llm.testing.mock.faults.changes import beginning, body_of, halves, in_chunks, with_head
from any_llm.testing.mock.plan import BreakTls, Close, HalfClose, Head, Plan, Raw, Refuse, Reset, Step, Wait
from any_llm.testing.mock.wire import Context

_UNTIL_READ = 0.05
"""How many seconds a client gets to read what a reset would throw away."""
_TOO_MANY_BYTES = 1_000
_BROKEN = raises("ConnectionFailedError")
_NOT_HTTP = raises("MalformedResponseError")
_NOT_TRUSTED = raises("ConnectionFailedError", retryable=False)


def _instead(*steps: Step) -> ChangePlan:
    return lambda _plan, _argument, _context: steps


def _after_head(*steps: Step) -> ChangePlan:
    def broken(plan: Plan, _argument: str, _context: Context) -> Plan:
        place = next((index for index, step in enumerate(plan) if isinstance(step, Head)), 0)
        return (*plan[: place + 1], *steps)

    return broken


def _in_the_middle(*steps: Step) -> ChangePlan:
    return lambda plan, _argument, _context: (*halves(plan)[0], *steps)


def _cut_chunked(plan: Plan, argument: str, _context: Context) -> Plan:
    return (*beginning(in_chunks(plan), argument), Close())


def _promise_more(plan: Plan, _argument: str, _context: Context) -> Plan:
    return (*with_head(plan, length=len(body_of(plan)) + _TOO_MANY_BYTES), Close())


def _break_chunk(plan: Plan, _argument: str, _context: Context) -> Plan:
    return (*halves(in_chunks(plan))[0], Wait(_UNTIL_READ), Raw(b"no size\r\n"), Close())


FAULTS: Sequence[Fault] = (
    Fault(
        name="connection-refused",
        summary="Nobody listens on the port; a request that came over an open connection resets it.",
        plan=_instead(Refuse()),
        listener="refuse",
        whole=_BROKEN,
        streamed=_BROKEN,
    ),
    Fault(
        name="tls-garbage",
        summary="The port answers the beginning of TLS with what is no TLS.",
        plan=_instead(BreakTls("what it says is no TLS")),
        listener="garble",
        whole=_BROKEN,
        streamed=_BROKEN,
    ),
    Fault(
        name="tls-self-signed",
        summary="The server's certificate is signed by nobody that a client knows.",
        plan=_instead(BreakTls("self-signed certificate", certificate=True)),
        listener="self-signed",
        whole=_NOT_TRUSTED,
        streamed=_NOT_TRUSTED,
    ),
    Fault(
        name="tls-expired",
        summary="The server's certificate is out of date.",
        plan=_instead(BreakTls("certificate has expired", certificate=True)),
        listener="expired",
        whole=_NOT_TRUSTED,
        streamed=_NOT_TRUSTED,
    ),
    Fault(
        name="reset-before-headers",
        summary="The connection is reset (TCP RST) when the request has arrived.",
        plan=_instead(Reset()),
        whole=_BROKEN,
        streamed=_BROKEN,
    ),
    Fault(
        name="reset-after-headers",
        summary="The connection is reset after the head of the answer.",
        plan=_after_head(Wait(_UNTIL_READ), Reset()),
        whole=_BROKEN,
        streamed=_BROKEN,
    ),
    Fault(
        name="reset-mid-body",
        summary="The connection is reset in the middle of the body.",
        plan=_in_the_middle(Wait(_UNTIL_READ), Reset()),
        whole=_BROKEN,
        streamed=_BROKEN,
    ),
    Fault(
        name="close-before-headers",
        summary="The connection is closed, without an answer.",
        plan=_instead(Close()),
        whole=_BROKEN,
        streamed=_BROKEN,
    ),
    Fault(
        name="close-after-headers",
        summary="The connection is closed after the head of the answer.",
        plan=_after_head(Close()),
        whole=_BROKEN,
        streamed=_BROKEN,
    ),
    Fault(
        name="truncated",
        summary="The connection is closed inside a chunked body, without its last chunk.",
        argument="after how many bytes; half",
        plan=_cut_chunked,
        whole=_BROKEN,
        streamed=_BROKEN,
    ),
    Fault(
        name="length-too-long",
        summary="The head promises more bytes than the body has, after which the connection is closed.",
        plan=_promise_more,
        whole=_BROKEN,
    ),
    Fault(
        name="broken-chunk",
        summary="A chunk of the body begins with a size that is no number.",
        plan=_break_chunk,
        whole=_NOT_HTTP,
        streamed=_NOT_HTTP,
    ),
    Fault(
        name="half-closed",
        summary="The server closes its half of the connection (TCP FIN) in the middle of the body, and holds the rest.",
        plan=lambda plan, _argument, _context: (*halves(in_chunks(plan))[0], HalfClose()),
        whole=_BROKEN,
        streamed=_BROKEN,
    ),
    Fault(
        name="half-closed-before-headers",
        summary="The server closes its half of the connection without an answer, and holds the rest.",
        plan=_instead(HalfClose()),
        whole=_BROKEN,
        streamed=_BROKEN,
    ),
)
