"""The stream: cut short, in disorder, or with an error in it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from any_llm.testing.mock.answer import Failure
from any_llm.testing.mock.fault import ChangePlan, Fault, raises
from any_llm.testing.mock.faults.bodies import break_event
from any_llm.testing.mock.faults.changes import (
    beginning,
    body_of,
    each_data,
    halves,
    head_of,
    is_streamed,
    with_body,
    with_head,
    without_roles,
)
from any_llm.testing.mock.plan import Data, Plan, Step
from any_llm.testing.mock.wire import Context

_ENDS = ("finish", "usage", "done")


def _in_band(plan: Plan, argument: str, context: Context) -> Plan:
    failure = _failure(argument)
    if not is_streamed(plan):
        body = context.wire.render_failure(failure, context).body
        return with_head(with_body(plan, body), status=200)
    return (head_of(plan), *_error(failure, context))


def _second(plan: Plan, argument: str, context: Context) -> Plan:
    if not is_streamed(plan):
        return plan
    first = next((index for index, step in enumerate(plan) if isinstance(step, Data)), len(plan))
    return (*plan[: first + 1], *_error(_failure(argument), context))


def _mid_stream(plan: Plan, argument: str, context: Context) -> Plan:
    return (*halves(plan)[0], *_error(_failure(argument), context)) if is_streamed(plan) else plan


def _failure(argument: str) -> Failure:
    return Failure(status=int(argument or 500), message="The server had an error while it answered")


def _error(failure: Failure, context: Context) -> Plan:
    return tuple(Data(piece.data, 0, "error") for piece in context.wire.failure_pieces(failure, context))


def _error_in_html(plan: Plan, _argument: str, _context: Context) -> Plan:
    return (
        (*halves(plan)[0], Data(b"<html><body>504 Gateway Time-out</body></html>\n\n")) if is_streamed(plan) else plan
    )


def _break_middle(plan: Plan, _argument: str, _context: Context) -> Plan:
    if not is_streamed(plan):
        return plan
    pieces = [step for step in plan if isinstance(step, Data)]
    return break_event(plan, pieces[len(pieces) // 2] if pieces else None)


def _cut_short(plan: Plan, argument: str, _context: Context) -> Plan:
    kept = beginning(plan, argument)
    return kept if is_streamed(plan) else with_body(plan, body_of(kept))


def _out_of_order(plan: Plan, _argument: str, _context: Context) -> Plan:
    ends = tuple(step for step in plan if isinstance(step, Data) and step.role == "finish")
    deltas = [step for step in plan if isinstance(step, Data) and step.role == "delta"]
    if not ends or not deltas:
        return plan
    rest = tuple(step for step in plan if step not in ends)
    place = rest.index(deltas[-1])
    return (*rest[:place], *ends, *rest[place:])


def _unknown(plan: Plan, _argument: str, _context: Context) -> Plan:
    tree = msgspec.json.encode({"type": "mock.unknown", "value": 1})

    def followed(step: Data) -> Sequence[Step]:
        if step.role != "delta":
            return (step,)
        if step.data.startswith((b"data:", b"event:")):
            return (step, Data(b"event: mock.unknown\ndata: " + tree + b"\n\n"))
        return (step, Data(tree + b"\n")) if step.data.startswith(b"{") else (step,)

    return each_data(followed)(plan, "", _context) if is_streamed(plan) else plan


def _comments(plan: Plan, _argument: str, _context: Context) -> Plan:
    def between(step: Data) -> Sequence[Step]:
        if step.data.startswith((b"data:", b"event:")):
            return (Data(b": keep-alive\n\n"), step)
        return (Data(b"\n"), step) if step.data.startswith(b"{") else (step,)

    return each_data(between)(plan, "", _context) if is_streamed(plan) else plan


def _line_ends(plan: Plan, _argument: str, _context: Context) -> Plan:
    def rewritten(step: Data) -> Sequence[Step]:
        if not step.data.startswith((b"data:", b"event:")):
            return (step,)
        lines = [line.replace(b": ", b":", 1) for line in step.data.split(b"\n")]
        return (Data(b"\r\n".join(lines), step.tokens, step.role),)

    return each_data(rewritten)(plan, "", _context) if is_streamed(plan) else plan


def _twice(plan: Plan, _argument: str, _context: Context) -> Plan:
    return each_data(lambda step: (step, step) if step.role in _ENDS else (step,))(plan, "", _context)


def _without(*roles: str) -> ChangePlan:
    return lambda plan, _argument, _context: without_roles(plan, *roles)


_TRUNCATED = raises("StreamTruncatedError")
_MALFORMED = raises("MalformedResponseError")
_FAILED = raises("ProviderError")

FAULTS: Sequence[Fault] = (
    Fault(
        name="cut-short",
        summary="Ends inside the answer, properly as far as HTTP is concerned.",
        argument="after how many bytes; half",
        plan=_cut_short,
        whole=_MALFORMED,
        streamed=_TRUNCATED,
    ),
    Fault(
        name="missing-end",
        summary="Leaves out all events behind the last piece of the answer.",
        plan=_without(*_ENDS),
        streamed=_TRUNCATED,
    ),
    Fault(name="missing-done", summary="Leaves out the mark of the end, such as `[DONE]`.", plan=_without("done")),
    Fault(
        name="missing-finish",
        summary="Leaves out why the answer ended, and sends the mark of the end.",
        plan=_without("finish"),
    ),
    Fault(
        name="malformed-event",
        summary="Sends one event in the middle of a stream that is no JSON.",
        plan=_break_middle,
        streamed=_MALFORMED,
    ),
    Fault(
        name="in-band-error",
        summary="Sends an error with status 200.",
        argument="the status it would have had; 500",
        plan=_in_band,
        whole=_FAILED,
        streamed=_FAILED,
    ),
    Fault(
        name="error-second",
        summary="Sends an error as the second event of a stream.",
        argument="the status it would have had; 500",
        plan=_second,
        streamed=_FAILED,
    ),
    Fault(
        name="error-mid-stream",
        summary="Sends an error in the middle of a stream, and ends it.",
        argument="the status it would have had; 500",
        plan=_mid_stream,
        streamed=_FAILED,
    ),
    Fault(
        name="html-mid-stream",
        summary="Goes on with HTML in the middle of a stream, as a proxy does that gave up.",
        plan=_error_in_html,
        streamed=_TRUNCATED,
    ),
    Fault(
        name="out-of-order",
        summary="Tells why the answer ended before its last piece.",
        plan=_out_of_order,
    ),
    Fault(
        name="unknown-event",
        summary="Sends an event of a kind that nobody knows after each piece of the answer.",
        plan=_unknown,
    ),
    Fault(name="comments", summary="Sends comments (or blank lines) between the events.", plan=_comments),
    Fault(
        name="odd-lines",
        summary="Ends the lines of events with CR LF, and leaves out the space after a field's name.",
        plan=_line_ends,
    ),
    Fault(name="repeated-end", summary="Sends the events of the end twice.", plan=_twice),
)
