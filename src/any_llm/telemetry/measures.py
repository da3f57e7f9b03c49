"""What is measured: one table of instruments, and what a place must provide that the measures go to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple, Protocol, TypeAlias

import msgspec

from any_llm.telemetry import conventions as names

Kind: TypeAlias = Literal["histogram", "counter", "gauge"]
Across: TypeAlias = Literal["sum", "max", "min"]


class Ids(Protocol):
    """The numbers of a span and of its trace, as OpenTelemetry's `SpanContext` has them."""

    @property
    def trace_id(self) -> int:
        """The number of the trace."""
        ...

    @property
    def span_id(self) -> int:
        """The number of the span."""
        ...


class Trace(NamedTuple):
    """The trace of a sampled call: its context, as OpenTelemetry's, and the ids of its span."""

    context: object
    ids: Ids

    @property
    def trace_id(self) -> str:
        """The id of the trace, in hexadecimal."""
        return f"{self.ids.trace_id:032x}"

    @property
    def span_id(self) -> str:
        """The id of the span, in hexadecimal."""
        return f"{self.ids.span_id:016x}"


Measure: TypeAlias = Callable[[float, Trace | None], None]
"""Takes one value of one series: a time, what a counter grows by, or what a gauge shows."""

Bind: TypeAlias = Callable[[tuple[str, ...]], Measure]
"""Returns the series of an instrument with these values of its labels."""


class Instrument(msgspec.Struct, frozen=True, kw_only=True):
    """One instrument.

    Attributes:
        name: its name, as OpenTelemetry has it.
        kind: what it is.
        unit: its unit, in UCUM's words.
        description: what it tells.
        labels: what tells its series apart.
        buckets: the limits of a histogram's buckets.
        prometheus: its name in Prometheus, without the `_total` of counters.
        across: what a gauge shows of several processes.
    """

    name: str
    kind: Kind
    unit: str
    description: str
    labels: tuple[str, ...]
    prometheus: str
    buckets: tuple[float, ...] = ()
    across: Across = "sum"

    @property
    def series(self) -> int:
        """How many series a set of labels takes: each bucket, the one without limit, the sum, the count, the age."""
        return len(self.buckets) + 4 if self.kind == "histogram" else 2 if self.kind == "counter" else 1


class Backend(Protocol):
    """Where measures go. It is used from any thread, and may neither wait nor raise.

    One that somebody reads when he likes may have a third method, `before_reading(look)`: what it is given looks at
    states such as breakers and queues, so that they are shown as they are then.
    """

    def instrument(self, instrument: Instrument) -> Bind:
        """Make an instrument known, and return what gives its series."""
        ...

    def flush(self) -> None:
        """Send what is held, at the end of each call."""
        ...


_TARGET = (names.PROVIDER, names.REQUEST_MODEL)
_CALL = (names.OPERATION, *_TARGET)
_FULL = (*_CALL, names.RESPONSE_MODEL, names.SERVER_ADDRESS, names.SERVER_PORT)

OVERHEAD_BUCKETS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)

OVERHEAD, COST, UNPRICED = "anyllm.overhead", "anyllm.cost", "anyllm.cost.unknown"
ATTEMPTS, RETRIES, FALLBACKS, HEDGES = "anyllm.attempts", "anyllm.retries", "anyllm.fallbacks", "anyllm.hedges"
CACHE, ABORTS, ACTIVE = "anyllm.cache.lookups", "anyllm.stream.aborts", "anyllm.calls.active"
LIMITER, BREAKER = "anyllm.limiter.decisions", "anyllm.breaker.state"
POOL, QUEUE, BUDGET = "anyllm.pool.connections", "anyllm.queue.depth", "anyllm.budget.remaining"
OVERFLOW = "anyllm.series.overflow"

_TABLE = (
    Instrument(
        name=names.DURATION,
        kind="histogram",
        unit="s",
        description="How long calls took, with all their attempts; of a stream, until its end.",
        labels=(*_FULL, names.ERROR_TYPE),
        prometheus="gen_ai_client_operation_duration_seconds",
        buckets=names.SECONDS_BUCKETS,
    ),
    Instrument(
        name=names.TOKEN_USAGE,
        kind="histogram",
        unit="{token}",
        description="How many tokens calls took in and gave out.",
        labels=(*_FULL, names.TOKEN_TYPE),
        prometheus="gen_ai_client_token_usage",
        buckets=names.TOKENS_BUCKETS,
    ),
    Instrument(
        name=names.TIME_TO_FIRST_CHUNK,
        kind="histogram",
        unit="s",
        description="How long it took from a call to the first piece of its stream.",
        labels=_FULL,
        prometheus="gen_ai_client_operation_time_to_first_chunk_seconds",
        buckets=names.SECONDS_BUCKETS,
    ),
    Instrument(
        name=names.TIME_PER_CHUNK,
        kind="histogram",
        unit="s",
        description="How long the further pieces of streams took; one value for a stream, its average, or for each.",
        labels=_FULL,
        prometheus="gen_ai_client_operation_time_per_output_chunk_seconds",
        buckets=names.SECONDS_BUCKETS,
    ),
    Instrument(
        name=names.TOOL_DURATION,
        kind="histogram",
        unit="s",
        description="How long tools ran.",
        labels=(names.TOOL_NAME, names.ERROR_TYPE),
        prometheus="gen_ai_execute_tool_duration_seconds",
        buckets=names.SECONDS_BUCKETS,
    ),
    Instrument(
        name=OVERHEAD,
        kind="histogram",
        unit="s",
        description="What this library took of a call: its time less the waits for providers and between attempts.",
        labels=_CALL,
        prometheus="anyllm_overhead_seconds",
        buckets=OVERHEAD_BUCKETS,
    ),
    Instrument(
        name=COST,
        kind="counter",
        unit="{USD}",
        description="What attempts cost in US dollars, and what they were for their call.",
        labels=(*_CALL, "role"),
        prometheus="anyllm_cost_usd",
    ),
    Instrument(
        name=UNPRICED,
        kind="counter",
        unit="{attempt}",
        description="How many attempts have used something whose price nobody knows.",
        labels=_TARGET,
        prometheus="anyllm_cost_unknown",
    ),
    Instrument(
        name=ATTEMPTS,
        kind="counter",
        unit="{attempt}",
        description="How many attempts were made, and how they went.",
        labels=(*_TARGET, "outcome", names.ERROR_TYPE),
        prometheus="anyllm_attempts",
    ),
    Instrument(
        name=RETRIES,
        kind="counter",
        unit="{attempt}",
        description="How many attempts asked the same target again.",
        labels=_TARGET,
        prometheus="anyllm_retries",
    ),
    Instrument(
        name=FALLBACKS,
        kind="counter",
        unit="{call}",
        description="How often the next target of a route was asked.",
        labels=("route",),
        prometheus="anyllm_fallbacks",
    ),
    Instrument(
        name=HEDGES,
        kind="counter",
        unit="{call}",
        description="How often a second target was asked because the first was slow, and whether it won.",
        labels=("route", "won"),
        prometheus="anyllm_hedges",
    ),
    Instrument(
        name=CACHE,
        kind="counter",
        unit="{call}",
        description="What the cache did for calls: hit, stale, coalesced, miss or bypass.",
        labels=("kind",),
        prometheus="anyllm_cache_lookups",
    ),
    Instrument(
        name=ABORTS,
        kind="counter",
        unit="{stream}",
        description="How many streams did not come to their end, and why: failed, cancelled or closed.",
        labels=(*_TARGET, "ending"),
        prometheus="anyllm_stream_aborts",
    ),
    Instrument(
        name=ACTIVE,
        kind="gauge",
        unit="{call}",
        description="How many calls are on their way.",
        labels=(),
        prometheus="anyllm_calls_active",
    ),
    Instrument(
        name=LIMITER,
        kind="counter",
        unit="{call}",
        description="What limits decided about attempts: allowed, waited or rejected.",
        labels=("decision",),
        prometheus="anyllm_limiter_decisions",
    ),
    Instrument(
        name=BREAKER,
        kind="gauge",
        unit="{state}",
        description="How healthy targets are: 0 healthy, 1 recovering, 2 down.",
        labels=_TARGET,
        prometheus="anyllm_breaker_state",
        across="max",
    ),
    Instrument(
        name=POOL,
        kind="gauge",
        unit="{connection}",
        description="How many connections answer a request.",
        labels=(),
        prometheus="anyllm_pool_connections",
    ),
    Instrument(
        name=QUEUE,
        kind="gauge",
        unit="{call}",
        description="How many calls wait for their turn, and for what.",
        labels=("queue",),
        prometheus="anyllm_queue_depth",
    ),
    Instrument(
        name=BUDGET,
        kind="gauge",
        unit="{USD}",
        description="What is left of budgets, in US dollars.",
        labels=("budget",),
        prometheus="anyllm_budget_remaining_usd",
        across="min",
    ),
    Instrument(
        name=OVERFLOW,
        kind="counter",
        unit="{measure}",
        description="How many measures went to `other` because there are as many series as there may be.",
        labels=(),
        prometheus="anyllm_series_overflow",
    ),
)

INSTRUMENTS: Mapping[str, Instrument] = {each.name: each for each in _TABLE}
"""Every instrument, by its name."""

OPEN = frozenset({
    names.REQUEST_MODEL, names.RESPONSE_MODEL, names.SERVER_ADDRESS, names.SERVER_PORT, names.TOOL_NAME,
    "user", "tenant", "tag", "route", "budget",
})  # fmt: skip
"""Labels of which there may be any number of values."""

WHO: tuple[str, ...] = (names.DURATION, names.TOKEN_USAGE, COST)
"""The instruments that tell apart what a program asks to be told apart, such as users."""
