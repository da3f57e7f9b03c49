"""The trip of a request through the mock: read, decide, say, time, break."""

from __future__ import annotations

import inspect
import itertools
import re
from collections import deque
from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from any_llm.exceptions import ConfigurationError
from any_llm.testing.mock.answer import Answer, Failure, RefusedError
from any_llm.testing.mock.answerers.answerer import Answerer, answer_of
from any_llm.testing.mock.answerers.obliging import oblige
from any_llm.testing.mock.clock import Clock, RealClock
from any_llm.testing.mock.fault import Fault
from any_llm.testing.mock.faults.registry import find_fault
from any_llm.testing.mock.ids import Ids
from any_llm.testing.mock.limits import Meter, limit_headers
from any_llm.testing.mock.physics import Physics, plan_of
from any_llm.testing.mock.plan import Plan
from any_llm.testing.mock.request import MockRequest
from any_llm.testing.mock.router import Hit, route
from any_llm.testing.mock.shelf import Shelf
from any_llm.testing.mock.wire import Context, Rendered, Wire
from any_llm.testing.mock.wires.registry import wires

FAULT_HEADER = "x-mock-fault"
_FAULT_MODEL = re.compile(r"(?:^|[/:])fault/(.+)")


class Behaviour(msgspec.Struct, kw_only=True):
    """How a mock behaves; it may be changed between two requests.

    Attributes:
        answerer: decides what is answered.
        physics: how fast the answer comes.
        clock: the time.
        seed: what identifiers, jitter and chance depend on.
        fault: the fault that every request gets; empty for none.
        fault_left: how many requests still get it; `None` for all.
        chances: faults by name, with how likely each is for a request, from 0 to 1.
        keys: the keys that are accepted; empty for any, and for none.
        secrets: the secrets by access key, with which AWS's requests are signed; without them every secret is `mock`.
        meter: counts what is used, and refuses what is too much; `None` for no limits.
    """

    answerer: Answerer = oblige
    physics: Physics = Physics()
    clock: Clock = RealClock()
    seed: int = 0
    fault: str = ""
    fault_left: int | None = None
    chances: Mapping[str, float] = {}
    keys: frozenset[str] = frozenset()
    secrets: Mapping[str, str] = {}
    meter: Meter | None = None


class Responder:
    """Answers the requests of every carrier, and keeps them.

    Attributes:
        behaviour: how it answers.
        shelf: what it remembers between requests.
        calls: the requests, in the order in which they came; with `keep` only the newest so many.
    """

    def __init__(self, behaviour: Behaviour, keep: int | None = None) -> None:
        self.behaviour = behaviour
        self.shelf = Shelf()
        self.calls: deque[MockRequest] = deque(maxlen=keep)
        self._numbers = itertools.count()

    def forget(self) -> None:
        """Forget the calls and what was kept between them, and number the next one as the first."""
        self.calls.clear()
        self.shelf.clear()
        self._numbers = itertools.count()

    async def respond(self, request: MockRequest) -> Plan:
        """Return what goes over the socket for a request, and keep it."""
        rendered, faults, context = await self._render(request)
        plan = plan_of(rendered, self.behaviour.physics, context.ids)
        for fault, argument in faults:
            if fault.plan is not None:
                plan = fault.plan(plan, argument, context)
        return plan

    async def ask(self, request: MockRequest) -> Rendered:
        """Return the answer to a request that comes from inside, such as one line of a batch, and keep it."""
        return (await self._render(request)).rendered

    def context(self, request: MockRequest, wire: Wire) -> Context:
        """Return what surrounds a request, which gets its number here."""
        request.number = next(self._numbers)
        self.calls.append(request)
        return Context(
            request=request,
            wire=wire,
            ids=Ids(self.behaviour.seed, request.number),
            now=self.behaviour.clock.now(),
            shelf=self.shelf,
            ask=self.ask,
            secrets=self.behaviour.secrets,
        )

    async def _render(self, request: MockRequest) -> _Trip:
        hit = route(request)
        if hit is None:
            wire = next((wire for wire in wires() if wire.vendor == request.vendor), wires()[-1])
            context = self.context(request, wire)
            failure = Failure(status=404, message=f"Invalid URL ({request.method} {request.path})", code="unknown_url")
            request.answer = failure
            return _Trip(wire.render_failure(failure, context), (), context)
        context = self.context(request, hit.wire)
        try:
            trip = await self._answer(request, hit, context)
        except RefusedError as refused:
            request.answer = refused.failure
            trip = _Trip(hit.wire.render_failure(refused.failure, context), (), context)
        return trip if self.behaviour.meter is None else _metered(trip, self.behaviour.meter)

    async def _answer(self, request: MockRequest, hit: Hit, context: Context) -> _Trip:
        if hit.wire.check is not None:
            hit.wire.check(context)
        if self.behaviour.keys and request.key not in self.behaviour.keys:
            raise RefusedError(Failure(status=401, message="Incorrect API key provided", param=None))
        answer: Answer | Failure | Rendered | None = None
        if hit.route.read is not None:
            request.asked = hit.route.read(request)
            answer = self._refused(request, context) or await self._decide(request)
        faults = self._faults(request, answer, context)
        said = answer if isinstance(answer, Answer | Failure) else Answer()
        for fault, argument in faults:
            if fault.answer is not None:
                said = fault.answer(said, argument, context)
        if request.asked is not None or isinstance(said, Failure):
            request.answer = said
        if isinstance(answer, Rendered) and isinstance(said, Answer):
            return _Trip(answer, faults, context)
        return _Trip(await _say(said, hit, context), faults, context)

    async def _decide(self, request: MockRequest) -> Answer | Failure | Rendered:
        given = self.behaviour.answerer(request)
        return answer_of(await given if inspect.isawaitable(given) else given) or oblige(request)

    def _refused(self, request: MockRequest, context: Context) -> Failure | None:
        meter, asked = self.behaviour.meter, request.asked
        if meter is None or asked is None:
            return None
        return meter.ask(request.key, asked.input_tokens, context.now)

    def _faults(
        self, request: MockRequest, answer: Answer | Failure | Rendered | None, context: Context
    ) -> tuple[tuple[Fault, str], ...]:
        behaviour = self.behaviour
        named = _FAULT_MODEL.search(request.model)
        in_script = answer.fault if isinstance(answer, Answer) else ""
        call = request.headers.get(FAULT_HEADER) or (named[1] if named else "") or in_script or self._set_fault()
        if call:
            return _find(call)
        if not behaviour.chances:
            return ()
        random = context.ids.random
        drawn = [name for name, chance in behaviour.chances.items() if random.random() < chance]
        return _find(drawn[0]) if drawn else ()

    def _set_fault(self) -> str:
        """Return the fault that is set for all requests, unless as many as were meant have had it."""
        behaviour = self.behaviour
        if not behaviour.fault or behaviour.fault_left is None:
            return behaviour.fault
        if behaviour.fault_left <= 0:
            return ""
        behaviour.fault_left -= 1
        return behaviour.fault


class _Trip(NamedTuple):
    rendered: Rendered
    faults: tuple[tuple[Fault, str], ...]
    context: Context


def _find(call: str) -> tuple[tuple[Fault, str], ...]:
    """Return the faults that a request calls for; a client that calls for one that is none made a bad request."""
    try:
        return tuple(find_fault(each) for each in call.split(","))
    except ConfigurationError as error:
        raise RefusedError(Failure(status=400, message=error.message, code="unknown_fault")) from error


def _metered(trip: _Trip, meter: Meter) -> _Trip:
    """Count what an answer takes, and tell in its headers what is left."""
    request, now = trip.context.request, trip.context.now
    if isinstance(request.answer, Answer) and request.asked is not None:
        meter.spend(request.key, request.answer.usage_for(request.asked).output, now)
    told = limit_headers(trip.context.wire.limit_headers, meter.levels(request.key, now), now)
    return trip._replace(rendered=msgspec.structs.replace(trip.rendered, headers={**told, **trip.rendered.headers}))


async def _say(answer: Answer | Failure, hit: Hit, context: Context) -> Rendered:
    if isinstance(answer, Failure):
        return hit.wire.render_failure(answer, context)
    if hit.route.handle is not None:
        rendered = hit.route.handle(context)
        return await rendered if inspect.isawaitable(rendered) else rendered
    assert hit.route.render is not None
    assert context.request.asked is not None
    return hit.route.render(answer, context.request.asked, context)
