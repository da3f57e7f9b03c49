"""What it costs to have every call watched: spans, metrics, a log line, ledger, log store and audit log together."""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from prometheus_client import CollectorRegistry

from any_llm import AnyLLM, Audit, Ledger, Logs, LogStore, Metrics, Telemetry
from any_llm.pipeline.surroundings import Surroundings
from scripts.benchmark.everything import MODEL, Canned, bare, caller
from scripts.benchmark.measure import Row

PROMISED = 350.0
"""Microseconds of CPU time that it may cost for each call, what threads write behind the calls included."""

_TIMES = 400
_MANY = 1_000_000


def watched(folder: str) -> tuple[AnyLLM, Surroundings]:
    """Return a client whose calls are watched in every way, and where what watches is kept."""
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
        log_store=LogStore(path=f"{folder}/log.db", capacity=_MANY),
        audit=Audit(place=f"sqlite:{folder}/audit.db", capacity=_MANY),
    )
    return client, surroundings


async def _spent(call: Callable[[], Awaitable[None]], surroundings: Surroundings | None = None) -> float:
    """Return how many microseconds of CPU time a call takes, what is written behind it included."""
    started = time.process_time()
    for _ in range(_TIMES):
        await call()
    for kept in () if surroundings is None else tuple(surroundings.kept.values()):
        flush: Callable[[float], object] = getattr(kept, "flush", bool)
        await asyncio.to_thread(flush, 60.0)
    return (time.process_time() - started) / _TIMES * 1e6


async def measure_watched(rounds: int) -> list[Row]:
    """Measure watched calls against calls that nobody watches."""
    with tempfile.TemporaryDirectory(prefix="any-llm-bench-") as folder:
        client, surroundings = watched(folder)
        plain, full = caller(bare(), MODEL, stream=False), caller(client, MODEL, stream=False)
        taken = [(await _spent(plain), await _spent(full, surroundings)) for _ in range(rounds + 1)][1:]
    less, more = statistics.median(one for one, _ in taken), statistics.median(all_ for _, all_ in taken)
    cost = more - less
    return [
        Row("everything watched, a call", "promised", cost, PROMISED, cost / PROMISED, "µs", 1.0),
        Row("everything watched, a call, all of it", "unwatched", more, less, more / less, "µs"),
    ]


if __name__ == "__main__":
    for result in asyncio.run(measure_watched(5)):
        print(f"{result.name:40} {result.ours:8.1f} us, {result.against} {result.theirs:8.1f}")  # what it is for
