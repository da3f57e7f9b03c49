"""Counts and times of each call, handed to the backends that are set."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from itertools import pairwise
from time import perf_counter
from typing import TYPE_CHECKING, cast

from any_llm.pipeline.health import circuits
from any_llm.pipeline.observation import base_url_of, dollars_of, error_type_of
from any_llm.pipeline.stream import is_stream
from any_llm.pipeline.watched import WAITS, Waits, decisions, watched
from any_llm.providers.conventional_names import conventional_name
from any_llm.telemetry import conventions as names
from any_llm.telemetry import measures
from any_llm.telemetry.attributes import server_of
from any_llm.telemetry.measures import Backend, Trace
from any_llm.telemetry.series import Series
from any_llm.types.costs import UNPAID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from any_llm.pipeline.call import Call
    from any_llm.pipeline.observation import Record
    from any_llm.pipeline.surroundings import Surroundings
    from any_llm.types.json import JSON
    from any_llm.types.telemetry import Label
    from any_llm.types.telemetry import Metrics as Policy

_LOG = logging.getLogger("any_llm")
_STATES: Mapping[str, int] = {"healthy": 0, "recovering": 1, "down": 2}
_CONTEXT = "telemetry"


class Metrics:
    """The observer that measures calls; all clients with the same policy in the same surroundings share the series."""

    __slots__ = ("_policy", "_series", "_shared")

    def __init__(self, policy: Policy, surroundings: Surroundings) -> None:
        self._policy = policy
        self._shared = surroundings.shared(("metrics", *_identity(policy)), lambda: _Shared(policy, surroundings))
        self._series = self._shared.series

    def begin(self, call: Call) -> tuple[Call, object]:
        """Count a call that is on its way."""
        self._shared.calls.active += 1
        if self._shared.glance():
            self._series.flush()
        noted = _Noted(WAITS.get(), [] if self._policy.each_chunk else None)
        WAITS.set(noted)
        return call, noted

    def leave(self, noted: object, value: JSON) -> None:
        """Have waits be those of the call around this one again, and note when each piece of a stream is there."""
        if not isinstance(noted, _Noted):
            return
        if WAITS.get() is noted:
            WAITS.set(noted.before)
        pieces = noted.pieces
        if pieces is not None and is_stream(value):
            value.tap(on_item=lambda _: pieces.append(perf_counter()))

    def end(self, noted: object, record: Record) -> None:
        """Measure a call that is over."""
        self._shared.calls.active -= 1
        measured = _Measured(record, self._series, self._policy.labels, self._trace(record))
        try:
            measured.call()
            measured.attempts()
            measured.routing()
            if isinstance(noted, _Noted):
                measured.overhead(noted)
            measured.stream(noted.pieces if isinstance(noted, _Noted) else None)
            self._shared.glance()
        finally:
            self._series.flush()

    def tool(self, name: str, seconds: float, error: str) -> None:
        """Measure a tool that the program ran; `error` is empty where it went well."""
        self._series.record(names.TOOL_DURATION, (name, error), seconds)
        self._series.flush()

    def look(self) -> None:
        """Look now at what is looked at: breakers, queues, connections, budgets."""
        self._shared.look()
        self._series.flush()

    def _trace(self, record: Record) -> Trace | None:
        context = record.call.context.get(_CONTEXT) if self._policy.exemplars else None
        if context is None:
            return None
        # A call has a context only where the observer of spans has put it there.
        from any_llm.telemetry.tracing import sampled  # noqa: PLC0415

        span = sampled(context)
        return None if span is None else Trace(context, span)


class _Noted(Waits):
    """The waits of a call on its way, those of the call around it, and when pieces were there."""

    __slots__ = ("before", "pieces")

    def __init__(self, before: Waits | None, pieces: list[float] | None) -> None:
        super().__init__()
        self.before = before
        self.pieces = pieces


class _Calls:
    """How many calls are on their way, whichever policy they are measured by."""

    __slots__ = ("active",)

    def __init__(self) -> None:
        self.active = 0


class _Shared:
    """What all clients with a policy share; it looks at what shows a state rather than happens."""

    __slots__ = (
        "__weakref__",
        "_decided",
        "_due",
        "_latch",
        "_now",
        "_policy",
        "_surroundings",
        "_timer",
        "calls",
        "series",
    )

    def __init__(self, policy: Policy, surroundings: Surroundings) -> None:
        # The policy holds what the series are found by, so that nothing else can take its place.
        self._policy = policy
        self._surroundings = surroundings
        self._now = surroundings.clock.monotonic
        # Whoever takes the one item out, on whichever thread, looks.
        self._latch: list[None] = [None]
        self._due = self._timer = 0.0
        self._decided: dict[str, int] = {}
        self.calls = surroundings.shared("calls on their way", _Calls)
        backends = [_backend(each, policy) for each in policy.backends]
        self.series = Series(backends, policy.labels, policy.max_series)
        for backend in backends:
            before_reading = getattr(backend, "before_reading", None)
            if before_reading is not None:
                before_reading(self.look)

    def glance(self) -> bool:
        """Look if it is time to, and say whether it was; else see to it that somebody looks when it is."""
        now = self._now()
        if now >= self._due:
            self._due = now + self._policy.refresh
            self.look()
            return True
        if self._timer != self._due:
            with suppress(RuntimeError):  # A call may end where no loop runs; the next one looks.
                loop = asyncio.get_running_loop()
                # It may also end in a finaliser, in the middle of anything that the loop does.
                loop.call_soon_threadsafe(loop.call_later, self._due - now, self._late)
                self._timer = self._due
        return False

    def _late(self) -> None:
        """Look at what there was to be seen after the last call for a while."""
        self.look()
        self.series.flush()

    def look(self) -> None:
        """Record everything that can be seen; who comes while another looks has nothing to add."""
        try:
            self._latch.pop()
        except IndexError:
            return
        try:
            self._look()
        except Exception as error:  # noqa: BLE001  # who reads metrics must not fail for what changes meanwhile
            _LOG.warning("Metrics could not look at what shows a state: %r", error)
        finally:
            self._latch.append(None)

    def _look(self) -> None:
        record = self.series.record
        record(measures.ACTIVE, (), self.calls.active)
        worst: dict[tuple[str, str], int] = {}
        # A model may be asked at several places and with several keys.
        for circuit in circuits(self._surroundings).all():
            target = (conventional_name(circuit.place.provider), circuit.place.model)
            worst[target] = max(worst.get(target, 0), _STATES[circuit.state])
        for target, state in worst.items():
            record(measures.BREAKER, target, state)
        for decision, times in tuple(decisions(self._surroundings).items()):
            more = times - self._decided.get(decision, 0)
            self._decided[decision] = times
            if more:
                record(measures.LIMITER, (decision,), more)
        for (name, _), seen in tuple(watched(self._surroundings).items()):
            for labels, value in seen():
                record(name, labels, value)


class _Measured:
    """One call that is over, and where its measures go."""

    __slots__ = ("_base", "_full", "_record", "_series", "_trace", "_who")

    def __init__(self, record: Record, series: Series, labels: tuple[Label, ...], trace: Trace | None) -> None:
        report, call = record.report, record.call
        operation = call.operation.value
        base = (
            names.OPERATIONS.get(operation, operation),
            conventional_name(report.provider or call.target.provider.name),
            report.model or call.target.model,
        )
        server = server_of(base_url_of(record))
        self._base = base
        self._full = (*base, _model_of(record.answer), *(("", "") if server is None else (server[0], str(server[1]))))
        self._record = record
        self._series = series
        self._trace = trace
        self._who = tuple(_READ[label](record) for label in labels) if labels else ()

    def call(self) -> None:
        """Measure what the conventions ask for, what it cost, and what the cache did."""
        record, measure = self._record, self._series.record
        measure(names.DURATION, (*self._full, error_type_of(record.outcome), *self._who), record.elapsed, self._trace)
        cache = record.report.cache
        if cache is not None:
            measure(measures.CACHE, (cache.status,), 1)
            if cache.status in UNPAID:
                # Nobody was asked for it, so nothing was used and nothing is to be paid.
                return
        usage = record.usage
        if usage is not None:
            measure(names.TOKEN_USAGE, (*self._full, "input", *self._who), usage.input_tokens, self._trace)
            if usage.output_tokens:
                measure(names.TOKEN_USAGE, (*self._full, "output", *self._who), usage.output_tokens, self._trace)
        self._cost(told=usage is not None)

    def _cost(self, *, told: bool) -> None:
        attempts = self._record.attempts
        if len(attempts) == 1 and attempts[0].outcome == "ok":
            self._paid(self._base, "answer", dollars_of(self._record), told=told)
            return
        for attempt, spent in zip(attempts, self._record.costs.attempts, strict=False):
            place = (self._base[0], conventional_name(spent.provider), spent.model)
            amount = None if spent.cost is None else float(spent.cost)
            used = told if spent.role == "answer" else attempt.usage is not None
            self._paid(place, spent.role, amount, told=used)

    def _paid(self, place: tuple[str, str, str], role: str, dollars: float | None, *, told: bool) -> None:
        if dollars or (dollars is not None and role == "answer"):
            self._series.record(measures.COST, (*place, role, *self._who), dollars)
        elif dollars is None and told:
            self._series.record(measures.UNPRICED, place[1:], 1)

    def overhead(self, waits: Waits) -> None:
        """Measure what this library took of a call that was answered."""
        record = self._record
        if record.attempts and record.outcome.ending == "complete":
            self._series.record(measures.OVERHEAD, self._base, overhead_of(record, waits), self._trace)

    def attempts(self) -> None:
        """Count attempts, and those that asked a target again."""
        seen: list[tuple[str, str]] = []
        for attempt in self._record.attempts:
            target = (conventional_name(attempt.provider), attempt.model)
            self._series.record(measures.ATTEMPTS, (*target, attempt.outcome, attempt.error or ""), 1)
            if target in seen:
                self._series.record(measures.RETRIES, target, 1)
            seen.append(target)

    def routing(self) -> None:
        """Count how a route found its target."""
        routing = self._record.report.routing
        if routing is None:
            return
        if routing.passed:
            self._series.record(measures.FALLBACKS, (routing.route,), len(routing.passed))
        won = routing.hedges_won
        if won:
            self._series.record(measures.HEDGES, (routing.route, "true"), won)
        if routing.hedged > won:
            self._series.record(measures.HEDGES, (routing.route, "false"), routing.hedged - won)

    def stream(self, pieces: list[float] | None) -> None:
        """Measure the pieces of a stream, and count those that were cut short."""
        first, ending = self._record.first_chunk, self._record.outcome.ending
        if first is None:
            return
        self._series.record(names.TIME_TO_FIRST_CHUNK, self._full, first, self._trace)
        for each in self._gaps(first, pieces):
            self._series.record(names.TIME_PER_CHUNK, self._full, each, self._trace)
        if ending != "complete":
            self._series.record(measures.ABORTS, (*self._base[1:], ending), 1)

    def _gaps(self, first: float, pieces: list[float] | None) -> Iterator[float]:
        """Yield how long each further piece took, or all of them on average."""
        if pieces is not None:
            yield from (later - earlier for earlier, later in pairwise(pieces))
        elif self._record.chunks > 1:
            yield max(0.0, self._record.elapsed - first) / (self._record.chunks - 1)


def overhead_of(record: Record, upstream: Waits) -> float:
    """Return how many seconds of a call were neither waits for a provider nor waits between attempts.

    Of a stream those until its first piece: what comes after is as slow as its reader.
    """
    waits = upstream.seconds + sum(attempt.waited for attempt in record.attempts)
    return max(0.0, (record.elapsed if record.first_chunk is None else record.first_chunk) - waits)


def _model_of(answer: object) -> str:
    model = getattr(answer, "model", None)
    return model if isinstance(model, str) else ""


def _tag(record: Record) -> str:
    tags = record.call.caller.tags
    return tags[0] if tags else ""


def _route(record: Record) -> str:
    return record.route


_READ: Mapping[Label, Callable[[Record], str]] = {
    "user": lambda record: record.call.user,
    "tenant": lambda record: record.call.caller.tenant,
    "tag": _tag,
    "route": _route,
}


def _identity(policy: Policy) -> Iterable[object]:
    """Return what two policies share their series by."""
    parts = (policy.labels, policy.max_series, policy.refresh, policy.statsd, id(policy.meters), id(policy.registry))
    return (*(each if isinstance(each, str) else id(each) for each in policy.backends), *parts)


def _backend(said: object, policy: Policy) -> Backend:
    if not isinstance(said, str):
        return cast("Backend", said)
    return _BACKENDS[said](policy)


def _opentelemetry(policy: Policy) -> Backend:
    # Each backend's package is an extra of its own.
    from any_llm.telemetry.backends.opentelemetry import OpenTelemetryBackend  # noqa: PLC0415

    return OpenTelemetryBackend(policy.meters)


def _prometheus(policy: Policy) -> Backend:
    from any_llm.telemetry.backends.prometheus import PrometheusBackend  # noqa: PLC0415  # as above

    return PrometheusBackend(policy.registry)


def _statsd(policy: Policy) -> Backend:
    from any_llm.telemetry.backends.statsd import StatsdBackend  # noqa: PLC0415  # it opens a socket

    return StatsdBackend(policy.statsd)


_BACKENDS: Mapping[str, Callable[[Policy], Backend]] = {
    "opentelemetry": _opentelemetry,
    "prometheus": _prometheus,
    "statsd": _statsd,
}
