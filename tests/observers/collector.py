"""A real OpenTelemetry collector (Rotel, from the Python package index), and what it passes on, read by the protocol.

The program exports by OTLP over HTTP or gRPC to the collector, which batches and sends on by OTLP to a server here that
decodes with `opentelemetry-proto`.
"""

from __future__ import annotations

import gzip
import socket
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler
from importlib.resources import files
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from typing_extensions import override

from scripts.monitoring.program import Program, free_port

_KINDS: dict[str, Any] = {
    "/v1/traces": ExportTraceServiceRequest,
    "/v1/metrics": ExportMetricsServiceRequest,
    "/v1/logs": ExportLogsServiceRequest,
}


class Collector(Program):
    """The collector, and what has come through it."""

    def __init__(self) -> None:
        self.received: list[Any] = []
        super().__init__(_handler(self.received))
        self.grpc, self.http = free_port(), free_port()

    @override
    def command(self) -> Sequence[str]:
        """Return the program and its arguments."""
        return [
            str(files("rotel") / "rotel-agent"),
            "start",
            f"--otlp-grpc-endpoint=127.0.0.1:{self.grpc}",
            f"--otlp-http-endpoint=127.0.0.1:{self.http}",
            "--exporter=otlp",
            f"--otlp-exporter-endpoint=http://127.0.0.1:{self.web_port}",
            "--otlp-exporter-protocol=http",
            "--otlp-exporter-compression=none",
            "--batch-timeout=100ms",
        ]

    @override
    def is_ready(self) -> bool:
        """Say whether it listens."""
        return all(map(_listens, (self.grpc, self.http)))

    def spans(self) -> list[Any]:
        """Return the spans that have come through."""
        traces = [each for each in self.received if isinstance(each, ExportTraceServiceRequest)]
        return [
            span for each in traces for held in each.resource_spans for part in held.scope_spans for span in part.spans
        ]

    def events(self) -> list[Any]:
        """Return the log records that have come through."""
        logs = [each for each in self.received if isinstance(each, ExportLogsServiceRequest)]
        return [
            told
            for each in logs
            for held in each.resource_logs
            for part in held.scope_logs
            for told in part.log_records
        ]

    def metrics(self) -> list[Any]:
        """Return the metrics that have come through."""
        all_of_them = [each for each in self.received if isinstance(each, ExportMetricsServiceRequest)]
        return [
            metric
            for each in all_of_them
            for held in each.resource_metrics
            for part in held.scope_metrics
            for metric in part.metrics
        ]


def told(attributes: Any) -> dict[str, Any]:  # noqa: ANN401  # generated code has no types
    """Return the attributes of the protocol as plain values, those of the SDK's types."""
    return {each.key: _plain(each.value) for each in attributes}


def _plain(value: Any) -> Any:  # noqa: ANN401  # as above
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return tuple(_plain(each) for each in value.array_value.values)
    if kind == "kvlist_value":
        return told(value.kvlist_value.values)
    return getattr(value, kind)


def _handler(received: list[Any]) -> type[BaseHTTPRequestHandler]:
    class Endpoint(BaseHTTPRequestHandler):
        """Takes what a collector sends on."""

        def do_POST(self) -> None:
            """Take one batch."""
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers["Content-Encoding"] == "gzip":
                body = gzip.decompress(body)
            received.append(_KINDS[self.path].FromString(body))
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", "0")
            self.end_headers()

        @override
        def log_message(self, format: str, *args: object) -> None:  # theirs is called so
            """Say nothing."""

    return Endpoint


def _listens(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0
