"""Measures to OpenTelemetry's metrics API, whose SDK the program sets up. The extra `otel` installs the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from any_llm.exceptions import MissingExtraError
from any_llm.telemetry import conventions as names

if TYPE_CHECKING:
    from opentelemetry.context import Context

    from any_llm.telemetry.measures import Bind, Instrument, Measure, Trace

try:
    from opentelemetry import metrics
except ImportError as error:  # pragma: no cover  # the tests have it; tests/telemetry look at it in a process without
    raise MissingExtraError("otel", "opentelemetry-api", reason="metrics go to it") from error


class OpenTelemetryBackend:
    """Hands measures to a meter; histograms tell it the buckets of the conventions."""

    def __init__(self, meters: object = None) -> None:
        provider = cast("metrics.MeterProvider | None", meters) or metrics.get_meter_provider()
        self._meter = provider.get_meter(names.SCOPE, schema_url=names.SCHEMA)

    def instrument(self, instrument: Instrument) -> Bind:
        """Make an instrument, and return what gives its series."""
        said = {"name": instrument.name, "unit": instrument.unit, "description": instrument.description}
        if instrument.kind == "histogram":
            histogram = self._meter.create_histogram(
                **said, explicit_bucket_boundaries_advisory=list(instrument.buckets)
            )
            return lambda labels: _recording(histogram, _attributes(instrument, labels))
        if instrument.kind == "counter":
            counter = self._meter.create_counter(**said)
            return lambda labels: _adding(counter, _attributes(instrument, labels))
        gauge = self._meter.create_gauge(**said)
        return lambda labels: _setting(gauge, _attributes(instrument, labels))

    def flush(self) -> None:
        """Do nothing: readers of the SDK come by themselves."""


def _attributes(instrument: Instrument, labels: tuple[str, ...]) -> dict[str, str | int]:
    """Return the labels that say something, with the port as the number that the conventions want."""
    return {
        name: int(value) if name == names.SERVER_PORT and value.isdecimal() else value
        for name, value in zip(instrument.labels, labels, strict=True)
        if value
    }


def _context(trace: Trace | None) -> Context | None:
    return None if trace is None else cast("Context", trace.context)


def _recording(histogram: metrics.Histogram, attributes: dict[str, str | int]) -> Measure:
    def record(value: float, trace: Trace | None) -> None:
        """Add a value to the histogram."""
        histogram.record(value, attributes, _context(trace))

    return record


def _adding(counter: metrics.Counter, attributes: dict[str, str | int]) -> Measure:
    def add(value: float, trace: Trace | None) -> None:
        """Let the counter grow."""
        counter.add(value, attributes, _context(trace))

    return add


def _setting(gauge: metrics._Gauge, attributes: dict[str, str | int]) -> Measure:
    def show(value: float, _trace: Trace | None) -> None:
        """Show a value."""
        gauge.set(value, attributes)

    return show
