"""Changing what goes over the socket: the few things that many faults do to a plan."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import msgspec

from any_llm.testing.mock.fault import ChangePlan
from any_llm.testing.mock.plan import Data, Head, Plan, Step, Wait
from any_llm.testing.mock.wire import Context, Rendered
from any_llm.types.json import JSONObject, is_object


def seconds(argument: str) -> float:
    """Return the seconds that an argument says; for ever without one."""
    return float(argument) if argument else math.inf


def is_streamed(plan: Plan) -> bool:
    """Say whether a plan sends a body in pieces."""
    return head_of(plan).length is None


def head_of(plan: Plan) -> Head:
    """Return the head of an answer."""
    return next((step for step in plan if isinstance(step, Head)), Head(200, {}))


def body_of(plan: Plan) -> bytes:
    """Return the whole body."""
    return b"".join(step.data for step in plan if isinstance(step, Data))


def with_head(
    plan: Plan,
    *,
    status: int | None = None,
    headers: Mapping[str, str] | None = None,
    length: int | None = None,
) -> Plan:
    """Return a plan whose head has another status, more headers, or another length."""
    head = head_of(plan)
    changed = Head(
        head.status if status is None else status,
        {**head.headers, **(headers or {})},
        head.length if length is None else length,
    )
    return tuple(changed if step is head else step for step in plan)


def with_body(plan: Plan, body: bytes) -> Plan:
    """Return a plan that sends this body whole, in place of its own."""
    head = head_of(plan)
    waits = (step for step in plan if isinstance(step, Wait))
    return (*waits, Head(head.status, head.headers, len(body)), Data(body, role="body"))


def in_chunks(plan: Plan) -> Plan:
    """Return a plan that does not tell how long its body is."""
    head = head_of(plan)
    return tuple(Head(head.status, head.headers) if step is head else step for step in plan)


def with_object(plan: Plan, change: Callable[[JSONObject], JSONObject]) -> Plan:
    """Return a plan whose whole body, a JSON object, is changed; one with any other body stays as it is."""
    try:
        tree = msgspec.json.decode(body_of(plan))
    except msgspec.DecodeError:
        return plan
    return with_body(plan, msgspec.json.encode(change(tree))) if is_object(tree) else plan


def each_data(change: Callable[[Data], Sequence[Step]]) -> ChangePlan:
    """Return the change of a plan that puts steps in the place of each piece of the body."""

    def changed(plan: Plan, _argument: str, _context: Context) -> Plan:
        return tuple(new for step in plan for new in (change(step) if isinstance(step, Data) else (step,)))

    return changed


def halves(plan: Plan) -> tuple[Plan, Plan]:
    """Cut a plan in the middle of its body: of its pieces, or within the only one."""
    places = [index for index, step in enumerate(plan) if isinstance(step, Data)]
    if not places:
        return plan, ()
    middle = places[len(places) // 2]
    if len(places) > 1:
        return plan[:middle], plan[middle:]
    piece = plan[middle]
    assert isinstance(piece, Data)
    half = len(piece.data) // 2
    first, second = Data(piece.data[:half], 0, piece.role), Data(piece.data[half:], piece.tokens, piece.role)
    return (*plan[:middle], first), (second, *plan[middle + 1 :])


def beginning(plan: Plan, argument: str) -> Plan:
    """Return a plan up to as many bytes of its body as an argument says, or up to the middle without one."""
    if not argument:
        return halves(plan)[0]
    left = int(float(argument))
    kept: list[Step] = []
    for step in plan:
        if not isinstance(step, Data):
            kept.append(step)
        elif left > 0:
            kept.append(Data(step.data[:left], step.tokens, step.role))
            left -= len(step.data)
    return tuple(kept)


def before_role(plan: Plan, roles: Sequence[str], *steps: Step) -> Plan:
    """Put steps before the first piece that plays one of these parts, the first of them that any piece plays."""
    for role in roles:
        for index, step in enumerate(plan):
            if isinstance(step, Data) and step.role == role:
                return (*plan[:index], *steps, *plan[index:])
    return plan


def without_roles(plan: Plan, *roles: str) -> Plan:
    """Leave out the pieces that play these parts."""
    return tuple(step for step in plan if not (isinstance(step, Data) and step.role in roles))


def plan_of_rendered(rendered: Rendered) -> Plan:
    """Return what goes over the socket for a whole answer, at once."""
    head = Head(rendered.status, rendered.headers, len(rendered.body))
    return (head, Data(rendered.body, rendered.tokens, "body"))
