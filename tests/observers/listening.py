"""An OpenTelemetry SDK for one test, which keeps what it is told; nothing of it is the process's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opentelemetry.sdk._logs import LoggerProvider, ReadableLogRecord
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from any_llm import AnyLLM, Telemetry
from any_llm.testing import Mock
from any_llm.types.json import JSON
from tests.telemetry.conventions import pinned

TYPES: Mapping[str, Any] = {"double": float, "int": int, "boolean": bool, "string[]": tuple}


class Listening:
    """Tracers and loggers whose spans and events stay here."""

    def __init__(self) -> None:
        self._spans = InMemorySpanExporter()
        self._events = InMemoryLogRecordExporter()  # type: ignore[no-untyped-call]  # theirs is untyped
        self.tracers = TracerProvider()
        self.tracers.add_span_processor(SimpleSpanProcessor(self._spans))
        self.loggers = LoggerProvider()
        self.loggers.add_log_record_processor(SimpleLogRecordProcessor(self._events))

    def policy(self, **said: JSON) -> Telemetry:
        return Telemetry(tracers=self.tracers, events=self.loggers, **said)

    def client(self, mock: Mock, provider: str = "openai", **said: JSON) -> AnyLLM:
        """Return a client whose spans end up here; further names are those of its policy."""
        names = Telemetry.__struct_fields__
        policy = self.policy(**{name: said.pop(name) for name in names if name in said})
        return mock.client(provider, telemetry=policy, **said)

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        """Every span that has ended."""
        return self._spans.get_finished_spans()

    def clear(self) -> None:
        """Forget what has ended so far."""
        self._spans.clear()

    @property
    def calls(self) -> list[ReadableSpan]:
        """The spans of calls, which have none of ours above."""
        ids = {span.context.span_id for span in self.spans if span.context}
        return [span for span in self.spans if span.parent is None or span.parent.span_id not in ids]

    @property
    def call(self) -> ReadableSpan:
        """The one span of a call."""
        (span,) = self.calls
        return span

    @property
    def attempts(self) -> list[ReadableSpan]:
        """The spans below those of calls."""
        return [span for span in self.spans if span not in self.calls]

    @property
    def events(self) -> tuple[ReadableLogRecord, ...]:
        """Every event."""
        return self._events.get_finished_logs()


def attributes(span: ReadableSpan) -> Mapping[str, Any]:
    """Return the attributes of a span."""
    return dict(span.attributes or {})


def check(told: Mapping[str, Any], kind: str, *, opted_in: bool = False, earlier: bool = True) -> None:
    """Check attributes one by one against the pinned names of a kind of span: present, known, and of the right type."""
    copy = pinned()
    of_kind = copy["spans"][kind]
    theirs = {*of_kind["required"], *of_kind["allowed"], *(of_kind["opt_in"] if opted_in else ())}
    known = {*copy["attributes"], *copy["newest"]}
    before = {"gen_ai.system", "gen_ai.usage.cache_creation.input_tokens", "gen_ai.usage.cost"} if earlier else set()
    if told.get("gen_ai.provider.name") == "openai" and kind == "inference":
        theirs |= set(copy["spans"]["openai"]["allowed"])
    general = {"http.response.status_code", "http.request.resend_count", "user.id"}
    for name in of_kind["required"]:
        assert told[name]
    for name, value in told.items():
        if name.startswith("any_llm."):
            continue
        assert name in theirs | before | general, f"{name} is no attribute of {kind}"
        assert name in known | before, f"{name} is not in the pinned copy"
        wanted = of_kind["types"].get(name)
        if wanted is not None:
            assert type(value) is TYPES[wanted], f"{name} is {value!r}, not a {wanted}"


def is_client(span: ReadableSpan) -> bool:
    """Say whether a span is one of a request to somebody else."""
    return span.kind is SpanKind.CLIENT
