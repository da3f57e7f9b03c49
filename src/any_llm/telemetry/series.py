"""The series of all instruments, and no more of them than there may be."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from any_llm.telemetry.measures import INSTRUMENTS, OPEN, OVERFLOW, WHO, Backend, Bind, Instrument, Measure, Trace

_LOG = logging.getLogger("any_llm")
OTHER = "other"
_ROOM = 0.75
"""The part of all series that labels with any number of values may take, so that there is room for new errors."""


class Series:
    """Takes measures and hands them on to backends, each to its series.

    A backend that fails does not keep the others from their measures, nor itself from the next.

    Each instrument has one series kept for it whose labels are all `other`, so the number of series is never above
    what is allowed, however many values labels have. Safe to use from any thread: two that come with the same new
    labels at once count them twice, and nothing worse.

    Args:
        backends: where measures go.
        labels: what else tells series apart, for the instruments `WHO`.
        most: how many series there may be.

    Attributes:
        failures: how often a backend has failed.
    """

    def __init__(self, backends: Sequence[Backend], labels: tuple[str, ...], most: int) -> None:
        self._backends = tuple(backends)
        self._most = most
        self.failures = 0
        table = [_labelled(each, labels) for each in INSTRUMENTS.values()]
        self._used = sum(each.series for each in table)
        self._lines: Mapping[str, _Line] = {
            each.name: _Line(each, tuple(backend.instrument(each) for backend in backends), self._failed)
            for each in table
        }
        self._bound = {name: line.bound for name, line in self._lines.items()}
        self._overflow = self._lines[OVERFLOW].measures(())

    @property
    def used(self) -> int:
        """How many series there are, those included that are kept for `other`."""
        return self._used

    def record(self, name: str, labels: tuple[str, ...], value: float, trace: Trace | None = None) -> None:
        """Hand on one value of the series with these labels."""
        measures = self._bound[name].get(labels)
        if measures is None:
            measures = self._admit(self._lines[name], labels)
        for measure in measures:
            try:
                measure(value, trace)
            except Exception as error:  # noqa: BLE001  # who measures must not fail what is measured
                self._failed(error)

    def flush(self) -> None:
        """Have the backends send what they hold."""
        for backend in self._backends:
            try:
                backend.flush()
            except Exception as error:  # noqa: BLE001  # as above
                self._failed(error)

    def _failed(self, error: Exception) -> None:
        """Count a failure; the first one is told."""
        self.failures += 1
        if self.failures == 1:
            _LOG.warning("A backend of metrics fails, and misses measures: %r", error)

    def _admit(self, line: _Line, labels: tuple[str, ...]) -> tuple[Measure, ...]:
        """Return a new series, or the one that takes what there is no room for."""
        cost = line.instrument.series
        if self._used + cost <= self._most * _ROOM:
            self._used += cost
            return line.measures(labels)
        for measure in self._overflow:
            measure(1, None)
        closed = tuple(
            OTHER if name in OPEN and value else value
            for name, value in zip(line.instrument.labels, labels, strict=True)
        )
        known = line.bound.get(closed)
        if known is None and self._used + cost <= self._most:
            self._used += cost
            known = line.measures(closed)
        return line.measures((OTHER,) * len(labels)) if known is None else known


class _Line:
    """The series of one instrument."""

    __slots__ = ("_binds", "_failed", "bound", "instrument")

    def __init__(self, instrument: Instrument, binds: tuple[Bind, ...], failed: Callable[[Exception], None]) -> None:
        self.instrument = instrument
        self._binds = binds
        self._failed = failed
        self.bound: dict[tuple[str, ...], tuple[Measure, ...]] = {}

    def measures(self, labels: tuple[str, ...]) -> tuple[Measure, ...]:
        known = self.bound.get(labels)
        return self.bound.setdefault(labels, tuple(self._measures(labels))) if known is None else known

    def _measures(self, labels: tuple[str, ...]) -> Iterator[Measure]:
        for bind in self._binds:
            try:
                yield bind(labels)
            except Exception as error:  # noqa: BLE001  # who measures must not fail what is measured
                self._failed(error)


def _labelled(instrument: Instrument, labels: tuple[str, ...]) -> Instrument:
    if instrument.name not in WHO or not labels:
        return instrument
    return msgspec.structs.replace(instrument, labels=(*instrument.labels, *labels))
