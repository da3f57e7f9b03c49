"""What it costs to have every call watched: spans, metrics, a log line, ledger and audit log, and the log store."""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NamedTuple

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from prometheus_client import CollectorRegistry

from any_llm import AnyLLM, Audit, Ledger, Logs, LogStore, Metrics, Telemetry
from any_llm.pipeline.surroundings import Surroundings
from scripts.benchmark.everything import MODEL, Canned, bare, caller
from scripts.benchmark.measure import Row

PROMISED = 350.0
"""Microseconds of CPU time that all of it may cost for each call, what threads write behind the calls included."""

_TIMES = 1_000
_MANY = 1_000_000


def watched(folder: str, *, stored: bool) -> tuple[AnyLLM, Surroundings]:
    """Return a client whose calls are watched, `stored` or not, and where what watches is kept."""
    surroundings = Surroundings()
    tracers = TracerProvider()
    tracers.add_span_processor(SpanProcessor())
    client = AnyLLM.create(
        "openai",
        api_key="sk-bench",
        retry=None,
        transport=Canned(),
        surroundings=surroundings,
        telemetry=Telemetry(tracers=tracers),
        metrics=Metrics(backends=("prometheus",), registry=CollectorRegistry()),
        logs=Logs(to=os.devnull, capacity=_MANY),
        ledger=Ledger(store=f"sqlite:{folder}/ledger.db"),
        log_store=LogStore(path=f"{folder}/log.db", capacity=_MANY) if stored else None,
        audit=Audit(place=f"sqlite:{folder}/audit.db", capacity=_MANY),
    )
    return client, surroundings


class Spent(NamedTuple):
    """Microseconds of CPU time that a call takes: in all, and in the thread that makes it."""

    total: float
    here: float


async def _spent(call: Callable[[], Awaitable[None]], surroundings: Surroundings | None = None) -> Spent:
    """Return what a call takes, what is written behind it included."""
    started, here = time.process_time(), time.thread_time()
    for _ in range(_TIMES):
        await call()
    here = time.thread_time() - here
    for kept in () if surroundings is None else tuple(surroundings.kept.values()):
        flush: Callable[[float], object] = getattr(kept, "flush", bool)
        await asyncio.to_thread(flush, 60.0)
    return Spent((time.process_time() - started) / _TIMES * 1e6, here / _TIMES * 1e6)


async def _more(rounds: int, *, stored: bool) -> Spent:
    """Return what a watched call takes more than one that nobody watches."""
    with tempfile.TemporaryDirectory(prefix="any-llm-bench-") as folder:
        client, surroundings = watched(folder, stored=stored)
        plain, full = caller(bare(), MODEL, stream=False), caller(client, MODEL, stream=False)
        taken = [(await _spent(plain), await _spent(full, surroundings)) for _ in range(rounds + 1)][1:]
    return Spent(
        statistics.median(full.total - plain.total for plain, full in taken),
        statistics.median(full.here - plain.here for plain, full in taken),
    )


async def measure_watched(rounds: int) -> list[Row]:
    """Measure watched calls against calls that nobody watches."""
    most, less = await _more(rounds, stored=True), await _more(rounds, stored=False)
    return [
        Row("everything watched, a call", "promised", most.total, PROMISED, most.total / PROMISED, "µs", 1.0),
        Row("everything watched, on the way", "in all", most.here, most.total, most.here / most.total, "µs"),
        Row("watched, nothing stored", "everything", less.total, most.total, less.total / most.total, "µs"),
    ]


if __name__ == "__main__":
    for result in asyncio.run(measure_watched(5)):
        print(f"{result.name:40} {result.ours:8.1f} us, {result.against} {result.theirs:8.1f}")  # what it is for
