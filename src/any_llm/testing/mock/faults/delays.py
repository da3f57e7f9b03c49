"""Time: slow, silent, or without an end."""

from __future__ import annotations

import math
from collections.abc import Sequence

from any_llm.testing.mock.fault import Fault, raises
from any_llm.testing.mock.faults.changes import (
    before_role,
    body_of,
    halves,
    head_of,
    in_chunks,
    is_streamed,
    seconds,
    without_roles,
)
from any_llm.testing.mock.plan import Data, Forever, Head, Plan, Step, Wait
from any_llm.testing.mock.wire import Context

_SLOW = 0.1
_AFTER = 0.1
_EVERY = 0.02
_PIECES = 20
_COMMENT = b": keep-alive\n\n"
_BLANK = b"\n"


def _wait_before_head(plan: Plan, argument: str, _context: Context) -> Plan:
    return (Wait(seconds(argument)), *plan)


def _wait_before_body(plan: Plan, argument: str, _context: Context) -> Plan:
    place = next((index for index, step in enumerate(plan) if isinstance(step, Head)), -1) + 1
    return (*plan[:place], Wait(seconds(argument)), *plan[place:])


def _stall(plan: Plan, argument: str, _context: Context) -> Plan:
    first, second = halves(plan)
    return (*first, Wait(seconds(argument)), *second)


def _drip(plan: Plan, argument: str, _context: Context) -> Plan:
    every = float(argument) if argument else _SLOW
    body = body_of(plan)
    size = max(1, -(-len(body) // _PIECES))
    steps: list[Step] = [step for step in plan if isinstance(step, Head | Wait)]
    for start in range(0, len(body), size):
        steps += (Wait(every), Data(body[start : start + size]))
    return tuple(steps)


def _never_end(plan: Plan, _argument: str, _context: Context) -> Plan:
    deltas = [step for step in plan if isinstance(step, Data) and step.role == "delta"]
    if not is_streamed(plan) or not deltas:
        return (*in_chunks(plan), Forever(_BLANK, _EVERY))
    return (*halves(plan)[0], Forever(deltas[-1].data, _EVERY))


def _keep_alive(plan: Plan, _argument: str, _context: Context) -> Plan:
    head = head_of(plan)
    lines = head.headers.get("content-type", "").startswith("text/event-stream")
    return (Head(head.status, head.headers), Forever(_COMMENT if lines else _BLANK, _EVERY))


def _silent_after_done(plan: Plan, _argument: str, _context: Context) -> Plan:
    return (*in_chunks(plan), Wait(math.inf))


def _silent_after_finish(plan: Plan, _argument: str, _context: Context) -> Plan:
    return (*without_roles(in_chunks(plan), "usage", "done"), Wait(math.inf))


def _wait_before_usage(plan: Plan, argument: str, _context: Context) -> Plan:
    return before_role(plan, ("usage", "finish", "done"), Wait(float(argument or _AFTER)))


_LATE = raises("FirstTokenTimeoutError")
_SILENT = raises("IdleTimeoutError")
_ENDLESS = raises("TotalTimeoutError")

FAULTS: Sequence[Fault] = (
    Fault(
        name="slow-headers",
        summary="Says nothing at all for a while.",
        argument="for how many seconds; for ever",
        plan=_wait_before_head,
        whole=_LATE,
        streamed=_LATE,
    ),
    Fault(
        name="slow-first-token",
        summary="Sends the head at once, and is silent before the body.",
        argument="for how many seconds; for ever",
        plan=_wait_before_body,
        whole=_LATE,
        streamed=_LATE,
    ),
    Fault(
        name="stall",
        summary="Goes silent in the middle of the body.",
        argument="for how many seconds; for ever",
        plan=_stall,
        whole=_SILENT,
        streamed=_SILENT,
    ),
    Fault(
        name="drip",
        summary="Sends the body in twenty parts, each after a wait.",
        argument="how many seconds between; 0.1",
        plan=_drip,
        whole=_ENDLESS,
        streamed=_ENDLESS,
    ),
    Fault(
        name="never-ending",
        summary="Goes on without an end: the same event again and again, or blank lines behind a whole answer.",
        plan=_never_end,
        whole=_ENDLESS,
        streamed=_ENDLESS,
    ),
    Fault(
        name="keep-alive-only",
        summary="Sends nothing but comments (or blank lines), as gateways do while they wait.",
        plan=_keep_alive,
        whole=_ENDLESS,
        streamed=_ENDLESS,
    ),
    Fault(
        name="silent-after-done",
        summary="Sends the whole answer with its mark of the end, and does not end the body.",
        plan=_silent_after_done,
        whole=_SILENT,
    ),
    Fault(
        name="silent-after-finish",
        summary="Tells why the answer ended, and neither sends a mark of the end nor ends the body.",
        plan=_silent_after_finish,
        whole=_SILENT,
        streamed=_SILENT,
    ),
    Fault(
        name="late-usage",
        summary="Tells the usage a while after the answer.",
        argument="how many seconds after; 0.1",
        plan=_wait_before_usage,
    ),
)
