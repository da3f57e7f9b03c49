"""Counts and times of each call, handed to the backends that are set."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, cast

from any_llm.pipeline.health import circuits
from any_llm.pipeline.observation import dollars_of, first_chunk_of
from any_llm.pipeline.watched import WAITS, Waits, decisions, watched
from any_llm.providers.conventional_names import conventional_name
from any_llm.telemetry import conventions as names
from any_llm.telemetry import measures
from any_llm.telemetry.attributes import server_of
from any_llm.telemetry.measures import Backend, Trace
from any_llm.telemetry.series import Series

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from any_llm.attempts import Attempt
    from any_llm.pipeline.call import Call
    from any_llm.pipeline.observation import Record
    from any_llm.pipeline.surroundings import Surroundings
    from any_llm.types.telemetry import Label
    from any_llm.types.telemetry import Metrics as Policy

_STATES: Mapping[str, int] = {"healthy": 0, "recovering": 1, "down": 2}
_CONTEXT = "telemetry"


class Metrics:
    """The observer that measures calls; all clients with the same policy in the same surroundings share the series."""

    __slots__ = ("_exemplars", "_looker", "_policy", "_series", "_shared", "_surroundings")

    def __init__(self, policy: Policy, surroundings: Surroundings) -> None:
        self._policy = policy
        self._surroundings = surroundings
        self._exemplars = policy.exemplars
        self._shared = surroundings.shared(("metrics", *_identity(policy)), lambda: _Shared(policy))
        self._series = self._shared.series
        self._looker = _Looker(self._series, surroundings, self._shared)

    def begin(self, call: Call) -> tuple[Call, object]:
        """Count a call that is on its way."""
        self._shared.active += 1
        waits = Waits()
        WAITS.set(waits)
        return call, waits

    def end(self, noted: object, record: Record) -> None:
        """Measure a call that is over."""
        self._shared.active -= 1
        measured = _Measured(record, self._series, self._policy.labels, self._trace(record))
        try:
            measured.call()
            if isinstance(noted, Waits):
                measured.overhead(noted)
            measured.attempts()
            measured.routing()
            measured.stream()
            self._look()
        finally:
            self._series.flush()

    def tool(self, name: str, seconds: float, error: str) -> None:
        """Measure a tool that the program ran; `error` is empty where it went well."""
        self._series.record(names.TOOL_DURATION, (name, error), seconds)
        self._series.flush()

    def look(self) -> None:
        """Look now at what is looked at: breakers, queues, connections, budgets."""
        self._looker.look()
        self._series.flush()

    def _look(self) -> None:
        now = self._surroundings.clock.monotonic()
        if now >= self._shared.due:
            self._shared.due = now + self._policy.refresh
            self._looker.look()

    def _trace(self, record: Record) -> Trace | None:
        context = record.call.context.get(_CONTEXT) if self._exemplars else None
        if context is None:
            return None
        # A call has a context only where the observer of spans has put it there.
        from any_llm.telemetry.tracing import sampled_ids  # noqa: PLC0415

        ids = sampled_ids(context)
        return None if ids is None else Trace(context, *ids)


class _Shared:
    """What all clients with a policy share."""

    __slots__ = ("active", "due", "seen", "series")

    def __init__(self, policy: Policy) -> None:
        self.series = Series([_backend(each, policy) for each in policy.backends], policy.labels, policy.max_series)
        self.active = 0
        self.due = 0.0
        self.seen: dict[str, int] = {}


class _Measured(NamedTuple):
    """One call that is over, and where its measures go."""

    record: Record
    series: Series
    labels: tuple[Label, ...]
    trace: Trace | None

    def call(self) -> None:
        """Measure what the conventions ask for, what it cost, and what this library took of it."""
        record, report, who = self.record, self.record.report, self._who()
        answer: object = record.answer
        full = (*self._base, _model_of(answer), *self._server)
        record_value = self.series.record
        record_value(names.DURATION, (*full, self._error, *who), record.elapsed, self.trace)
        usage = record.usage
        if usage is not None:
            record_value(names.TOKEN_USAGE, (*full, "input", *who), usage.input_tokens, self.trace)
            if usage.output_tokens:
                record_value(names.TOKEN_USAGE, (*full, "output", *who), usage.output_tokens, self.trace)
        self._cost(who, told=usage is not None)
        if report.cache is not None:
            record_value(measures.CACHE, (report.cache.status,), 1)

    def _cost(self, who: tuple[str, ...], *, told: bool) -> None:
        cost = dollars_of(self.record)
        if cost is not None:
            self.series.record(measures.COST, (*self._base, *who), cost)
        elif told and self.record.attempts:
            self.series.record(measures.UNPRICED, self._base[1:], 1)

    def overhead(self, waits: Waits) -> None:
        """Measure what this library took of a call that was answered."""
        record = self.record
        if record.attempts and record.outcome.ending == "complete":
            self.series.record(measures.OVERHEAD, self._base, overhead_of(record, waits), self.trace)

    def attempts(self) -> None:
        """Count attempts, and those that asked a target again."""
        before: Attempt | None = None
        for attempt in self.record.attempts:
            target = (conventional_name(attempt.provider), attempt.model)
            self.series.record(measures.ATTEMPTS, (*target, attempt.outcome, attempt.error or ""), 1)
            if before is not None and (before.provider, before.model) == (attempt.provider, attempt.model):
                self.series.record(measures.RETRIES, target, 1)
            before = attempt

    def routing(self) -> None:
        """Count how a route found its target."""
        routing = self.record.report.routing
        if routing is None:
            return
        if routing.passed:
            self.series.record(measures.FALLBACKS, (routing.route,), len(routing.passed))
        if routing.hedged:
            won = _won(self.record)
            self.series.record(measures.HEDGES, (routing.route, "true" if won else "false"), routing.hedged)

    def stream(self) -> None:
        """Measure the pieces of a stream, and count those that were cut short."""
        record, report = self.record, self.record.report
        if not record.call.stream:
            return
        if report.time_to_first_chunk is not None:
            full = (*self._base, report.model or "", *self._server)
            first = first_chunk_of(record)
            self.series.record(names.TIME_TO_FIRST_CHUNK, full, first, self.trace)
            if record.chunks > 1:
                each = max(0.0, record.elapsed - first) / (record.chunks - 1)
                self.series.record(names.TIME_PER_CHUNK, full, each, self.trace)
        if record.outcome.ending != "complete":
            self.series.record(measures.ABORTS, (*self._base[1:], record.outcome.ending), 1)

    @property
    def _base(self) -> tuple[str, str, str]:
        report, call = self.record.report, self.record.call
        operation = call.operation.value
        return (
            names.OPERATIONS.get(operation, operation),
            conventional_name(report.provider or call.target.provider.name),
            report.model or call.target.model,
        )

    @property
    def _server(self) -> tuple[str, str]:
        target, report = self.record.call.target, self.record.report
        server = server_of(target.base_url) if report.provider in {"", target.provider.name} else None
        return ("", "") if server is None else (server[0], str(server[1]))

    @property
    def _error(self) -> str:
        outcome = self.record.outcome
        if outcome.ending == "cancelled":
            return "cancelled"
        return type(outcome.error).__name__ if outcome.ending == "failed" else ""

    def _who(self) -> tuple[str, ...]:
        return tuple(_READ[label](self.record) for label in self.labels) if self.labels else ()


class _Looker:
    """Looks at what shows a state rather than happens."""

    __slots__ = ("_series", "_shared", "_surroundings")

    def __init__(self, series: Series, surroundings: Surroundings, shared: _Shared) -> None:
        self._series = series
        self._surroundings = surroundings
        self._shared = shared

    def look(self) -> None:
        """Record everything that can be seen."""
        record = self._series.record
        record(measures.ACTIVE, (), self._shared.active)
        for circuit in circuits(self._surroundings).all():
            place = circuit.place
            record(measures.BREAKER, (conventional_name(place.provider), place.model), _STATES[circuit.state])
        for decision, times in tuple(decisions(self._surroundings).items()):
            more = times - self._shared.seen.get(decision, 0)
            self._shared.seen[decision] = times
            if more:
                record(measures.LIMITER, (decision,), more)
        for name, seen in tuple(watched(self._surroundings).items()):
            for labels, value in seen():
                record(name, labels, value)


def overhead_of(record: Record, upstream: Waits) -> float:
    """Return how many seconds of a call were neither waits for a provider nor waits between attempts.

    Of a stream those until its first piece: what comes after is as slow as its reader.
    """
    waits = upstream.seconds + sum(attempt.waited for attempt in record.attempts)
    streamed = record.call.stream and record.report.time_to_first_chunk is not None
    return max(0.0, (first_chunk_of(record) if streamed else record.elapsed) - waits)


def _won(record: Record) -> bool:
    """Say whether the second target was the first to answer."""
    attempts, report = record.attempts, record.report
    return bool(attempts) and (attempts[0].provider, attempts[0].model) != (report.provider, report.model)


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
    parts = (policy.labels, policy.max_series, policy.statsd, id(policy.meters), id(policy.registry))
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
