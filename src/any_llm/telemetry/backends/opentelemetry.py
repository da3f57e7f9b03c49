"""Measures to OpenTelemetry's metrics API, whose SDK the program sets up. The extra `otel` installs the API.

Only histograms hand each value to the SDK, which takes 9 µs for it. What counters have come to and gauges show is kept
here, and the SDK asks for it when it exports.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import TYPE_CHECKING, cast

from any_llm.exceptions import MissingExtraError
from any_llm.telemetry import conventions as names
from any_llm.telemetry.looks import Look, Looks

if TYPE_CHECKING:
    from opentelemetry.context import Context

    from any_llm.telemetry.measures import Bind, Instrument, Measure, Trace

try:
    from opentelemetry import metrics
except ImportError as error:  # pragma: no cover  # the tests have it; tests/telemetry look at it in a process without
    raise MissingExtraError("otel", "opentelemetry-api", reason="metrics go to it") from error


class OpenTelemetryBackend:
    """Hands measures to a meter; histograms tell it the buckets of the conventions.

    Args:
        meters: the provider of meters (a `MeterProvider`) in place of the process's own.
    """

    def __init__(self, meters: object = None) -> None:
        self._instruments = _instruments(cast("metrics.MeterProvider | None", meters))

    def instrument(self, instrument: Instrument) -> Bind:
        """Make an instrument, and return what gives its series."""
        return self._instruments.bind(instrument)

    def before_reading(self, look: Look) -> None:
        """Have states looked at when the SDK is about to export gauges."""
        self._instruments.looks.add(look)

    def flush(self) -> None:
        """Do nothing: readers of the SDK come by themselves."""


class _Instruments:
    """The instruments of one provider, whoever measures by them."""

    def __init__(self, provider: metrics.MeterProvider) -> None:
        self.looks = Looks()
        self._meter = provider.get_meter(names.SCOPE, schema_url=names.SCHEMA)
        self._made: dict[str, Callable[[dict[str, str | int]], Measure]] = {}
        self._lock = threading.Lock()

    def bind(self, instrument: Instrument) -> Bind:
        """Return what gives the series of an instrument, which is made at most once."""
        with self._lock:
            series = self._made.get(instrument.name) or self._made.setdefault(instrument.name, self._make(instrument))
        return lambda labels: series(_attributes(instrument, labels))

    def _make(self, instrument: Instrument) -> Callable[[dict[str, str | int]], Measure]:
        name, said = instrument.name, {"unit": instrument.unit, "description": instrument.description}
        if instrument.kind == "histogram":
            buckets = list(instrument.buckets)
            histogram = self._meter.create_histogram(name, **said, explicit_bucket_boundaries_advisory=buckets)
            return lambda attributes: _recording(histogram, attributes)
        kept = _Kept()
        if instrument.kind == "counter":
            self._meter.create_observable_counter(name, [lambda _: kept.seen()], **said)
            return kept.adding
        self._meter.create_observable_gauge(name, [lambda _: kept.seen(self.looks)], **said)
        return kept.setting


class _Cell:
    """One series: its attributes, and what it has come to; `None` before its first value."""

    __slots__ = ("attributes", "value")

    def __init__(self, attributes: dict[str, str | int]) -> None:
        self.attributes = attributes
        self.value: float | None = None


class _Kept:
    """What the series of a counter or a gauge have come to."""

    def __init__(self) -> None:
        self._cells: dict[tuple[tuple[str, str | int], ...], _Cell] = {}
        # A finaliser, in which a call may end, comes in the middle of anything, also of this very thread's counting.
        self._lock = threading.RLock()

    def seen(self, first: Callable[[], object] = bool) -> Iterator[metrics.Observation]:
        """Yield what there is to be seen, after `first` was done."""
        first()
        for cell in tuple(self._cells.values()):
            if cell.value is not None:
                yield metrics.Observation(cell.value, cell.attributes)

    def adding(self, attributes: dict[str, str | int]) -> Measure:
        """Return what lets a series grow."""
        return partial(self._add, self._cell(attributes))

    def setting(self, attributes: dict[str, str | int]) -> Measure:
        """Return what has a series show a value."""
        return partial(_set, self._cell(attributes))

    def _cell(self, attributes: dict[str, str | int]) -> _Cell:
        """Return the series with these attributes, which policies with other labels may have, too."""
        return self._cells.setdefault(tuple(attributes.items()), _Cell(attributes))

    def _add(self, cell: _Cell, value: float, _trace: Trace | None) -> None:
        with self._lock:
            cell.value = (cell.value or 0) + value


def _set(cell: _Cell, value: float, _trace: Trace | None) -> None:
    cell.value = value


_LOCK = threading.Lock()


def _instruments(given: metrics.MeterProvider | None) -> _Instruments:
    # Of two that were made at once, only one would be asked.
    with _LOCK:
        return _instruments_of(given)


@cache
def _instruments_of(given: metrics.MeterProvider | None) -> _Instruments:
    # The process's own is a stand-in until the program has set one up, which then serves the instruments of before.
    return _Instruments(given or metrics.get_meter_provider())


def _attributes(instrument: Instrument, labels: tuple[str, ...]) -> dict[str, str | int]:
    """Return the labels that say something, with the port as the number that the conventions want."""
    return {
        name: int(value) if name == names.SERVER_PORT and value.isdecimal() else value
        for name, value in sorted(zip(instrument.labels, labels, strict=True))
        if value
    }


def _recording(histogram: metrics.Histogram, attributes: dict[str, str | int]) -> Measure:
    record = histogram.record

    def measure(value: float, trace: Trace | None) -> None:
        """Add a value to the histogram."""
        if trace is None:
            record(value, attributes)
        else:
            record(value, attributes, cast("Context", trace.context))

    return measure
