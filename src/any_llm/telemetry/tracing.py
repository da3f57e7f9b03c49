"""OpenTelemetry's API, and nothing but the API: spans, their contexts, and events. The extra `otel` installs it.

Without an SDK nothing listens, and nothing is made. What an exporter does, or fails to do, happens in the SDK's own
threads; what a span processor of the program raises is caught by whoever calls this, for a call never pays for it.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, ParamSpec, TypeAlias, TypeVar, cast

from any_llm.exceptions import MissingExtraError
from any_llm.telemetry import conventions as names

if TYPE_CHECKING:
    from contextvars import Token

    from opentelemetry.trace import SpanContext, Tracer

    from any_llm.telemetry.attributes import Attributes, Scalar

try:
    from opentelemetry import _logs as logs
    from opentelemetry import context as contexts
    from opentelemetry import trace
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
except ImportError as error:  # pragma: no cover  # the tests have it; tests/telemetry look at it in a process without
    raise MissingExtraError("otel", "opentelemetry-api", reason="telemetry makes spans with it") from error

P = ParamSpec("P")
T = TypeVar("T")

_LOG = logging.getLogger("any_llm")

Context: TypeAlias = contexts.Context
Span: TypeAlias = trace.Span

_W3C = TraceContextTextMapPropagator()
_SILENT = (trace.ProxyTracerProvider, trace.NoOpTracerProvider)
HEADERS = ("traceparent", "tracestate")
"""The headers by which traces go from one program to another: https://www.w3.org/TR/trace-context/."""


class Tracing:
    """Makes spans and events with the program's providers, or those that are given."""

    __slots__ = ("_events", "_given", "_logger", "_told", "_tracer", "_tracers")

    def __init__(self, tracers: object = None, events: object = None) -> None:
        self._given = tracers
        self._events = events
        self._tracers: object = None
        self._tracer: Tracer | None = None
        self._told: object = None
        self._logger: logs.Logger | None = None

    def tracer(self) -> Tracer | None:
        """Return what makes spans; `None` while nobody listens."""
        tracers = self._given or trace.get_tracer_provider()
        if tracers is not self._tracers:
            self._tracers = tracers
            silent = isinstance(tracers, _SILENT)
            provider = cast("trace.TracerProvider", tracers)
            self._tracer = None if silent else provider.get_tracer(names.SCOPE, schema_url=names.SCHEMA)
        return self._tracer

    def emit(
        self, name: str, attributes: Mapping[str, object], parent: Context | None, *, failed: bool = False
    ) -> None:
        """Tell an event, as a log record that belongs to a span; the severities are those of the conventions."""
        told = self._events or logs.get_logger_provider()
        if told is not self._told:
            self._told = told
            self._logger = cast("logs.LoggerProvider", told).get_logger(names.SCOPE)
        assert self._logger is not None, "it was just made"
        severity = logs.SeverityNumber.WARN if failed else logs.SeverityNumber.DEBUG
        self._logger.emit(
            logs.LogRecord(event_name=name, attributes=dict(attributes), context=parent, severity_number=severity)  # type: ignore[arg-type]  # JSON values are what it takes
        )

    @staticmethod
    def start(
        tracer: Tracer, name: str, attributes: Mapping[str, Scalar | tuple[str, ...]], parent: Context | None
    ) -> Span:
        """Begin the span of a request to a provider."""
        return tracer.start_span(
            name, context=parent, kind=trace.SpanKind.CLIENT, attributes=attributes, record_exception=False
        )


def start_within(tracer: Tracer, name: str, attributes: Attributes, parent: Context | None = None) -> Span:
    """Begin the span of something that is done in this program: a tool, or a layer."""
    return tracer.start_span(name, context=parent, attributes=attributes, record_exception=False)


def fail(span: Span, kind: str, message: str) -> None:
    """Mark a span as failed."""
    span.set_attribute(names.ERROR_TYPE, kind)
    span.set_status(trace.Status(trace.StatusCode.ERROR, message))


def quietly(tell: Callable[P, T], *said: P.args, **named: P.kwargs) -> T | None:
    """Do something with the SDK; what it or a processor of the program raises is logged, and goes no further."""
    try:
        return tell(*said, **named)
    except Exception as error:  # noqa: BLE001  # who watches must not fail what is watched
        _LOG.warning("OpenTelemetry's SDK failed: %r", error)
        return None


def without_trace(headers: Mapping[str, str]) -> Mapping[str, str]:
    """Return headers without those that name a trace."""
    return {name: value for name, value in headers.items() if name.lower() not in HEADERS}


def parent_of(headers: Mapping[str, str]) -> Context | None:
    """Return the context that headers name; `None` without one, which stands for the current context."""
    found = {name.lower(): value for name, value in headers.items() if name.lower() in HEADERS}
    return _W3C.extract(found) if "traceparent" in found else None


def around(span: Span, parent: Context | None) -> Context:
    """Return a context in which a span is the current one."""
    return trace.set_span_in_context(span, parent)


def outgoing(context: Context | None) -> dict[str, str]:
    """Return the headers that carry a context to another program; none where no span is in it."""
    headers: dict[str, str] = {}
    _W3C.inject(headers, context)
    return headers


def ids_of(context: object) -> tuple[str, str] | None:
    """Return the ids of the trace and of the span in a context, in hexadecimal; `None` where there is no span.

    `context` is one of OpenTelemetry's, or `None` for the current one.
    """
    span: SpanContext = trace.get_current_span(context).get_span_context()  # type: ignore[arg-type]  # as call.context keeps it
    return (f"{span.trace_id:032x}", f"{span.span_id:016x}") if span.is_valid else None


def sampled(context: object) -> SpanContext | None:
    """Return what is known of the span in a context, if somebody keeps it."""
    span = trace.get_current_span(context).get_span_context()  # type: ignore[arg-type]  # as call.context keeps it
    return span if span.trace_flags.sampled else None


attach = contexts.attach
"""Makes a context the current one, and returns what puts the one of before back."""


def detach(token: Token[Context]) -> None:
    """Put the context of before back.

    A coroutine that is dropped ends wherever that is noticed. There is nothing to put back there, and nothing to tell,
    as the API's own function would, which is for contexts of another kind.
    """
    reset: Callable[[Token[Context]], None] = getattr(getattr(token, "var", None), "reset", contexts.detach)
    with contextlib.suppress(ValueError):
        reset(token)
