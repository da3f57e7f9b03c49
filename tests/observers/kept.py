"""A backend of metrics as a program may have one of its own, and settings whose measures go there."""

from __future__ import annotations

from typing import Any

from any_llm import Metrics
from any_llm.pipeline.surroundings import Surroundings
from any_llm.telemetry.measures import Bind, Instrument
from any_llm.types.json import JSON


class Kept:
    """A backend that keeps every value."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, tuple[str, ...]], list[float]] = {}
        self.flushed = 0

    def instrument(self, instrument: Instrument) -> Bind:
        """Return what keeps the values of an instrument."""
        return lambda labels: lambda value, _trace: self.values.setdefault((instrument.name, labels), []).append(value)

    def flush(self) -> None:
        """Count how often what is held is to be sent."""
        self.flushed += 1

    def of(self, name: str) -> dict[tuple[str, ...], list[float]]:
        """Return the values of an instrument, by their labels."""
        return {labels: values for (each, labels), values in self.values.items() if each == name}


def measured(kept: Kept, surroundings: Surroundings | None = None, **said: JSON) -> dict[str, Any]:
    """Return settings of a client whose measures are kept, in surroundings of its own."""
    policy = Metrics(backends=(kept,), refresh=said.pop("refresh", 0), **said)
    return {"metrics": policy, "surroundings": surroundings or Surroundings()}
