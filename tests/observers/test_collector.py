"""A real OpenTelemetry collector takes spans, events and metrics over HTTP and over gRPC, attribute by attribute."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter as GrpcLogs
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter as GrpcMetrics
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcSpans
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter as HttpLogs
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter as HttpMetrics
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpSpans
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from any_llm import Metrics, Retry, Settings, Telemetry, tool_span
from any_llm.exceptions import AnyLLMError
from any_llm.pipeline.surroundings import Surroundings
from any_llm.testing import Mock
from any_llm.testing.mock.answer import Answer, Usage
from tests.observers.collector import Collector, told
from tests.observers.listening import check
from tests.telemetry.conventions import pinned

MESSAGES = [{"role": "user", "content": "Say hello."}]
ANSWER = Answer(text="hello", usage=Usage(input=100, output=20, cached=60, cache_written=8, reasoning=5))
CLIENT, OK, FAILED = 3, 0, 2
"""The protocol's numbers for the kind of a span and for its status."""


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with Collector() as running:
        yield running


class Exported:
    """An SDK that exports to the collector by one of the two protocols."""

    def __init__(self, collector: Collector, protocol: str) -> None:
        spans: Any
        logs: Any
        metrics: Any
        if protocol == "grpc":
            place: dict[str, Any] = {"endpoint": f"http://127.0.0.1:{collector.grpc}", "insecure": True}
            spans, logs, metrics = GrpcSpans(**place), GrpcLogs(**place), GrpcMetrics(**place)
        else:
            start = f"http://127.0.0.1:{collector.http}/v1"
            spans, logs = HttpSpans(f"{start}/traces"), HttpLogs(f"{start}/logs")
            metrics = HttpMetrics(f"{start}/metrics")
        self.tracers, self.loggers = TracerProvider(), LoggerProvider()
        self.tracers.add_span_processor(BatchSpanProcessor(spans))
        self.loggers.add_log_record_processor(BatchLogRecordProcessor(logs))
        self.meters = MeterProvider([PeriodicExportingMetricReader(metrics)])

    def shut_down(self) -> None:
        """Send what is left."""
        self.tracers.shutdown()
        self.loggers.shutdown()
        self.meters.shutdown()


@pytest.mark.parametrize("protocol", ["http", "grpc"])
async def test_everything_comes_through_as_the_conventions_have_it(collector: Collector, protocol: str) -> None:
    collector.received.clear()
    exported = Exported(collector, protocol)
    telemetry = Telemetry(tracers=exported.tracers, events=exported.loggers, content="SPAN_AND_EVENT")
    measures = Metrics(meters=exported.meters)
    said: dict[str, Any] = {"telemetry": telemetry, "metrics": measures, "surroundings": Surroundings()}
    with Mock() as mock:
        mock.reply(ANSWER)
        client = mock.client("openai", retry=Retry(max_attempts=2, base=0.001), **said)
        await client.acompletion(model="chat", messages=MESSAGES, temperature=0, stop=["x"])
        async for _ in await client.acompletion(model="stream", messages=MESSAGES, stream=True):
            pass
        await client.aresponses(model="responses", input_data="hi")
        await mock.client("anthropic", **said).amessages(model="messages", messages=MESSAGES, max_tokens=9)
        await client.aembedding(model="embeddings", inputs="hi", dimensions=4)
        with tool_span("weather", call_id="c", arguments={"city": "Oslo"}, settings=Settings(**said)):
            pass
        mock.fault("status=503")
        with pytest.raises(AnyLLMError):
            await client.acompletion(model="failed", messages=MESSAGES)
    exported.shut_down()
    collector.await_until(lambda: len(collector.spans()) == 14 and collector.metrics() and len(collector.events()) == 6)

    calls = {span.name: span for span in collector.spans() if not span.parent_span_id}
    assert sorted(calls) == [
        "chat chat", "chat failed", "chat messages", "chat responses", "chat stream", "embeddings embeddings",
        "execute_tool weather",
    ]  # fmt: skip
    for name, span in calls.items():
        attributes = told(span.attributes)
        kind = {"embeddings": "embeddings", "execute_tool": "execute_tool"}.get(name.split()[0], "inference")
        check(attributes, kind, opted_in=True)
        assert span.status.code == (FAILED if name == "chat failed" else OK)
        assert (span.kind == CLIENT) is (kind != "execute_tool")
    below = [span for span in collector.spans() if span.parent_span_id]
    assert {span.parent_span_id for span in below} == {
        span.span_id for name, span in calls.items() if "chat" in name or "emb" in name
    }
    for span in below:
        check(told(span.attributes), "inference")
    chat = told(calls["chat chat"].attributes)
    assert chat["gen_ai.request.stop_sequences"] == ("x",)
    assert chat["gen_ai.usage.cache_read.input_tokens"] == 60
    assert told(calls["chat failed"].attributes)["error.type"] == "OverloadedError"
    assert "gen_ai.response.time_to_first_chunk" in told(calls["chat stream"].attributes)

    _check_events_and_metrics(collector)


def _check_events_and_metrics(collector: Collector) -> None:
    events = sorted(event.event_name for event in collector.events())
    assert events == ["gen_ai.client.inference.operation.details"] * 5 + ["gen_ai.client.operation.exception"]
    details = [told(event.attributes) for event in collector.events() if event.event_name == events[0]]
    (chat,) = (each for each in details if each["gen_ai.request.model"] == "chat")
    assert chat["gen_ai.input.messages"] == ({"role": "user", "parts": ({"type": "text", "content": "Say hello."},)},)
    assert chat["gen_ai.output.messages"][0]["parts"] == ({"type": "text", "content": "hello"},)
    buckets = pinned()["buckets"]
    metrics = {metric.name: metric for metric in collector.metrics()}
    for name in ("gen_ai.client.operation.duration", "gen_ai.client.token.usage"):
        assert list(metrics[name].histogram.data_points[0].explicit_bounds) == buckets[metrics[name].unit]
    assert sum(point.count for point in metrics["gen_ai.client.operation.duration"].histogram.data_points) == 6
    assert {"anyllm.overhead", "gen_ai.execute_tool.duration"} <= set(metrics)
    attempts = {told(point.attributes)["outcome"]: point for point in metrics["anyllm.attempts"].sum.data_points}
    assert attempts["failed"].as_int == 2
    assert metrics["anyllm.calls.active"].gauge.data_points[0].as_int == 0


async def test_a_collector_that_is_not_there_or_hangs_never_touches_a_call() -> None:
    with Mock(fault="stall") as hanging:
        exporter = HttpSpans(f"{hanging.origin}/v1/traces", timeout=1)
        tracers = TracerProvider()
        tracers.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=1, export_timeout_millis=500))
        with Mock() as mock:
            client = mock.client("openai", telemetry=Telemetry(tracers=tracers))
            answers = [await client.acompletion(model="gpt-5", messages=MESSAGES) for _ in range(200)]
        assert all(answer.choices for answer in answers)
        assert max(answer.report.elapsed or 0 for answer in answers) < 0.5
        tracers.shutdown()
