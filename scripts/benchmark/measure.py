"""How things are measured: CPU time, several rounds, subjects in turn, medians of the ratios within each round."""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One result: a figure of ours, the same of whom we compare with, and the ratio that is promised, if any."""

    name: str
    against: str
    ours: float
    theirs: float
    ratio: float
    unit: str
    limit: float | None = None

    @property
    def kept(self) -> bool:
        """Whether the promise is kept."""
        return self.limit is None or self.ratio <= self.limit


async def cpu(work: Callable[[], Awaitable[object]], times: int, concurrency: int) -> float:
    """Return the microseconds of CPU time that one piece of work takes, of `times` with so many at once."""

    async def worker() -> None:
        """Do one worker's share."""
        for _ in range(times // concurrency):
            await work()

    started = time.process_time()
    await asyncio.gather(*(worker() for _ in range(concurrency)))
    return (time.process_time() - started) / (times // concurrency * concurrency) * 1e6


async def compare(
    works: Mapping[str, Callable[[], Awaitable[object]]], *, times: int, concurrency: int, rounds: int
) -> dict[str, list[float]]:
    """Measure several pieces of work in turn, after one round that does not count."""
    figures: dict[str, list[float]] = {name: [] for name in works}
    for turn in range(rounds + 1):
        for name, work in works.items():
            figure = await cpu(work, times, concurrency)
            if turn:
                figures[name].append(figure)
    return figures


def row(name: str, figures: Mapping[str, Sequence[float]], *, unit: str, limit: float | None = None) -> Row:
    """Make a result of two subjects' figures, ours first; the ratio is the median of the rounds' ratios."""
    (_, ours), (against, theirs) = figures.items()
    ratio = statistics.median(mine / other for mine, other in zip(ours, theirs, strict=True))
    return Row(name, against, statistics.median(ours), statistics.median(theirs), ratio, unit, limit)


def in_process(program: str) -> float:
    """Run a program that prints one number in a fresh interpreter, and return the number."""
    outcome = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return float(outcome.stdout.split()[-1])
