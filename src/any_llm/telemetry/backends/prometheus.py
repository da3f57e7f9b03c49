"""Measures to `prometheus_client`, of one process or of several. The extra `prometheus` installs it.

Several worker processes are one where `PROMETHEUS_MULTIPROC_DIR` names a folder that they share, before any of them
loads `prometheus_client`: https://prometheus.github.io/client_python/multiprocess/. Exemplars are not kept there.
"""

from __future__ import annotations

import os
from bisect import bisect_left
from functools import cache
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Literal, NamedTuple, cast

from any_llm.exceptions import ConfigurationError, MissingExtraError
from any_llm.telemetry.looks import Look, Looks

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from any_llm.telemetry.measures import Across, Bind, Instrument, Measure, Trace

try:
    import prometheus_client
    from prometheus_client import multiprocess
    from prometheus_client.exposition import choose_encoder
    from prometheus_client.metrics_core import Metric
except ImportError as error:  # pragma: no cover  # the tests have it; tests/telemetry look at it in a process without
    raise MissingExtraError("prometheus", "prometheus-client", reason="metrics go to it") from error

MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"
_SECONDS_BETWEEN_EXAMPLES = 1.0
_ACROSS: Mapping[Across, Literal["livesum", "livemax", "livemin"]] = {
    "sum": "livesum",
    "max": "livemax",
    "min": "livemin",
}


class Exposition(NamedTuple):
    """What a scrape is answered with."""

    body: bytes
    content_type: str


class PrometheusBackend:
    """Registers instruments; made anew, it finds those that are there."""

    def __init__(self, registry: object = None) -> None:
        self._registry = _registry(registry)
        self._looking = _looking(self._registry)

    def instrument(self, instrument: Instrument) -> Bind:
        """Register an instrument, and return what gives its series.

        Raises:
            ConfigurationError: it is registered with other labels.
        """
        metric = _registered(self._registry, instrument)
        return lambda labels: _measure(metric, labels, instrument.buckets)

    def before_reading(self, look: Look) -> None:
        """Have states looked at before the registry is read; of several processes, those of the one that is asked."""
        self._looking.looks.add(look)

    def flush(self) -> None:
        """Do nothing: Prometheus comes by itself."""


def exposition(accept: str = "", registry: object = None) -> Exposition:
    """Return the measures of this process, or of all that share a folder, for a route such as `/metrics`.

    Args:
        accept: the scrape's header `Accept`; exemplars are told in the OpenMetrics format alone.
        registry: the `CollectorRegistry` in place of the process's own.
    """
    encode, content_type = choose_encoder(accept)
    if MULTIPROCESS in os.environ:
        _looking(_registry(registry)).looks()
        _forget_the_dead(Path(os.environ[MULTIPROCESS]))
        own = prometheus_client.CollectorRegistry()
        multiprocess.MultiProcessCollector(own)  # type: ignore[no-untyped-call]  # theirs is untyped
        return Exposition(encode(own), content_type)
    return Exposition(encode(_registry(registry)), content_type)


def _forget_the_dead(folder: Path) -> None:
    """Take away what states processes showed that have ended, perhaps killed; what they counted stays.

    https://prometheus.github.io/client_python/multiprocess/ asks the program for it; here it is done by itself.
    """
    shown = {path.stem.rpartition("_")[2] for path in folder.glob("gauge_live*_*.db")}
    for process in filter(str.isdecimal, shown):
        if not _lives(int(process)):
            multiprocess.mark_process_dead(int(process), str(folder))  # type: ignore[no-untyped-call]  # theirs is untyped


def _lives(process: int) -> bool:
    """Say whether a process runs, or may do so: elsewhere than on POSIX one cannot ask without doing it harm."""
    try:
        if os.name == "posix":
            os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


class _Looking:
    """A collector of nothing, which has states looked at before the others are asked."""

    def __init__(self) -> None:
        self.looks = Looks()

    def describe(self) -> Iterable[Metric]:
        """Return nothing."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """Look, and return nothing."""
        self.looks()
        return ()


@cache
def _looking(registry: prometheus_client.CollectorRegistry) -> _Looking:
    """Return what looks for a registry; it is asked for before gauges are, and so stands before them."""
    looking = _Looking()
    registry.register(looking)
    return looking


def _registry(given: object) -> prometheus_client.CollectorRegistry:
    return cast("prometheus_client.CollectorRegistry | None", given) or prometheus_client.REGISTRY


@cache
def _registered(
    registry: prometheus_client.CollectorRegistry, instrument: Instrument
) -> prometheus_client.Counter | prometheus_client.Gauge | prometheus_client.Histogram:
    names = tuple(name.replace(".", "_") for name in instrument.labels)
    name, description = instrument.prometheus, instrument.description
    try:
        if instrument.kind == "histogram":
            return prometheus_client.Histogram(name, description, names, registry=registry, buckets=instrument.buckets)
        if instrument.kind == "counter":
            return prometheus_client.Counter(name, description, names, registry=registry)
        mode = _ACROSS[instrument.across]
        return prometheus_client.Gauge(name, description, names, registry=registry, multiprocess_mode=mode)
    except ValueError as error:
        raise ConfigurationError(
            f"{name} cannot be registered: {error}; give all clients of a process the same metrics, or a registry each"
        ) from error


def _measure(
    metric: prometheus_client.Counter | prometheus_client.Gauge | prometheus_client.Histogram,
    labels: tuple[str, ...],
    buckets: Sequence[float],
) -> Measure:
    child = metric.labels(*labels) if labels else metric
    if isinstance(child, prometheus_client.Gauge):
        return lambda value, _: child.set(value)
    if isinstance(child, prometheus_client.Histogram):
        return _Observing(child, buckets).measure
    return lambda value, _: child.inc(value)


class _Observing:
    """Measures into a histogram, each bucket of which is given an example once a second at most.

    A bucket shows its last example only, and to check one takes longer than all else.
    """

    __slots__ = ("_buckets", "_due", "_histogram")

    def __init__(self, histogram: prometheus_client.Histogram, buckets: Sequence[float]) -> None:
        self._histogram = histogram
        self._buckets = buckets
        self._due = [0.0] * (len(buckets) + 1)

    def measure(self, value: float, trace: Trace | None) -> None:
        """Measure a value, with the call that it is of."""
        if trace is not None:
            bucket, now = bisect_left(self._buckets, value), monotonic()
            if now >= self._due[bucket]:
                self._due[bucket] = now + _SECONDS_BETWEEN_EXAMPLES
                self._histogram.observe(value, {"trace_id": trace.trace_id, "span_id": trace.span_id})
                return
        self._histogram.observe(value)
