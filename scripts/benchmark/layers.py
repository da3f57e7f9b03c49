"""What layers around a call cost by themselves, with nothing behind them: absolute times against what is promised."""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import msgspec

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from any_llm import Audit, Hooks, Limit, Logs, LogStore, Metrics, Retry, Settings, Telemetry
from any_llm.attempts import Attempt
from any_llm.engine.stack import stack
from any_llm.pipeline.call import Call, Handler, Middleware, Reply
from any_llm.pipeline.compose import compose
from any_llm.pipeline.deadline import keeping_deadlines
from any_llm.pipeline.observation import Record
from any_llm.pipeline.stream import EventStream
from any_llm.pipeline.surroundings import PROCESS, Surroundings
from any_llm.spec.dialect import Target
from any_llm.spec.provider import Operation, Provider
from any_llm.types.completion import (
    ChatCompletion,
    ChatCompletionChunk,
    Choice,
    ChoiceDelta,
    ChunkChoice,
    CompletionUsage,
)
from any_llm.types.completion_fold import CompletionFold
from any_llm.types.json import JSON
from any_llm.types.report import Report
from scripts.benchmark.measure import Row

_CALL = Call(
    operation=Operation.COMPLETION,
    target=Target(provider=Provider(name="p"), model="m", base_url="http://127.0.0.1"),
    options={},
)
_REPLY = Reply(value=ChatCompletion(id="1"), report=Report())
_LIMITS = {
    "content-type": "application/json",
    "x-ratelimit-limit-requests": "10000",
    "x-ratelimit-limit-tokens": "5000000",
    "x-ratelimit-remaining-requests": "9999",
    "x-ratelimit-remaining-tokens": "4999335",
    "x-ratelimit-reset-requests": "6ms",
    "x-ratelimit-reset-tokens": "12ms",
}
_CHUNKS = 1_000
_TIMES = 2_000
_MEASURES = 6
"""How many values a call that is answered records: its duration, two of tokens, overhead, attempts, no price."""


class _Pieces:
    def __init__(self) -> None:
        self._left = _CHUNKS // 10
        self._ten = [
            ChatCompletionChunk(id="1", choices=[ChunkChoice(index=0, delta=ChoiceDelta(content="word "))])
            for _ in range(10)
        ]

    async def pull(self) -> list[ChatCompletionChunk] | None:
        self._left -= 1
        return None if self._left < 0 else list(self._ten)

    def close(self) -> None:
        """Hold nothing."""

    def again(self, count: int) -> list[ChatCompletionChunk]:
        return [chunk for _ in range(count // 10 + 1) for chunk in self._ten][:count]


async def _whole(_call: Call) -> Reply:
    return _REPLY


async def _answered(call: Call) -> Reply:
    attempt = Attempt(provider="p", model="m", outcome="ok", elapsed=0.1, started=time.time())
    call.attempts[:] = [attempt]
    usage = CompletionUsage(prompt_tokens=100, completion_tokens=20, total_tokens=120)
    value = ChatCompletion(id="1", model="m", choices=[Choice(finish_reason="stop")], usage=usage)
    return Reply(value=value, report=Report(provider="p", model="m", status=200, request_id="r"))


class _Reading:
    """An observer that reads what a call used and cost, as most do."""

    def begin(self, call: Call) -> tuple[Call, object]:
        """Go on."""
        return call, None

    def end(self, _noted: object, record: Record) -> tuple[object, object]:
        """Read."""
        return record.usage, record.cost


async def _limited(_call: Call) -> Reply:
    return Reply(value=_REPLY.value, report=Report(headers=_LIMITS))


async def _streamed(_call: Call) -> Reply:
    report = Report()
    return Reply(value=EventStream(_Pieces(), fold=CompletionFold, report=report), report=report)


async def _nothing(call: Call, inner: Handler) -> Reply:
    return await inner(call)


def _look(_call: Call, _chunk: JSON) -> None:
    return None


async def _take(handler: Handler) -> None:
    async for _ in (await handler(_CALL)).value:
        pass


async def _cost(
    ours: Callable[[], Awaitable[object]], bare: Callable[[], Awaitable[object]], times: int, rounds: int
) -> float:
    """Return how many more microseconds of CPU time ours takes, the median of the rounds."""
    more: list[float] = []
    for _ in range(rounds + 1):
        took: list[float] = []
        for work in (ours, bare):
            started = time.process_time()
            for _ in range(times):
                await work()
            took.append((time.process_time() - started) / times * 1e6)
        more.append(took[0] - took[1])
    return statistics.median(more[1:])


async def _cost_behind(settings: Settings, rounds: int) -> float:
    """Return how many microseconds of CPU time a call costs, what a thread does for it later included."""
    handler = compose(stack(settings), _whole)
    took: list[float] = []
    for _ in range(rounds + 1):
        started = time.process_time()
        for _ in range(_TIMES):
            await handler(_CALL)
        for kept in settings.surroundings.kept.values():
            flush: Callable[[float], bool] = getattr(kept, "flush", bool)
            flush(60.0)
        took.append((time.process_time() - started) / _TIMES * 1e6)
    return statistics.median(took[1:])


async def _measure_behind(rounds: int) -> list[Row]:
    """Measure layers that write what they are told of behind the calls."""
    many = 1_000_000
    with tempfile.TemporaryDirectory(prefix="any-llm-bench-") as folder:
        audit = Audit(place=f"sqlite:{folder}/audit.db", capacity=many)
        store = LogStore(path=f"{folder}/log.db", capacity=many)
        told: list[tuple[str, Settings, float]] = [
            ("audit, all that is written included", Settings(retry=None, audit=audit), 150.0),
            ("a log line, its writing included", Settings(retry=None, logs=Logs(to=os.devnull, capacity=many)), 40.0),
            ("the log store, its writing included", Settings(retry=None, log_store=store), 350.0),
        ]
        return [
            _row(
                name, await _cost_behind(msgspec.structs.replace(settings, surroundings=Surroundings()), rounds), limit
            )
            for name, settings, limit in told
        ]


def _row(name: str, cost: float, limit: float) -> Row:
    return Row(name, "promised", cost, limit, cost / limit, "µs", 1.0)


async def measure_layers(rounds: int) -> list[Row]:
    """Measure layers against the handler inside of them."""

    def on_calls(handler: Handler) -> Callable[[], Awaitable[object]]:
        """Return what makes one call."""
        return lambda: handler(_CALL)

    async def calls(handler: Handler) -> float:
        """Return what a handler costs for each call."""
        return await _cost(on_calls(handler), on_calls(_whole), _TIMES, rounds)

    async def chunks(layers: Sequence[Middleware]) -> float:
        """Return what layers cost for each chunk."""
        handler = compose(layers, _streamed)
        return await _cost(lambda: _take(handler), lambda: _take(_streamed), 20, rounds) / _CHUNKS

    retry = stack(Settings(retry=Retry()))
    limits = stack(Settings(retry=None, limits=[Limit(amount=1e9), Limit(amount=1e12, of="tokens")]))
    observing = await _observing(calls)
    return [
        _row("an empty stack", await calls(keeping_deadlines(compose((), _whole), PROCESS.clock)), 5.0),
        _row("ten layers that do nothing, a call", await calls(compose([_nothing] * 10, _whole)), 60.0),
        _row("ten hooks that do nothing, a call", await calls(compose([Hooks()] * 10, _whole)), 60.0),
        _row("ten layers that do nothing, a chunk", await chunks([_nothing] * 10), 2.0),
        _row("ten hooks that look at it, a chunk", await chunks([Hooks(on_chunk=_look)] * 10), 2.0),
        _row("retry around a call that succeeds", await calls(compose(retry, _whole)), 2.0),
        _row("two limits, and those that a provider tells of", await calls(compose(limits, _limited)), 50.0),
        *await _measure_behind(rounds),
        *observing,
    ]


async def _observing(calls: Callable[[Handler], Awaitable[float]]) -> list[Row]:
    """Measure spans and measures, each by itself and against the same answer without them."""
    # OpenTelemetry and prometheus-client are packages of the tests.
    from opentelemetry.sdk.metrics import MeterProvider  # noqa: PLC0415
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader  # noqa: PLC0415
    from opentelemetry.sdk.trace import SpanProcessor, TracerProvider  # noqa: PLC0415
    from prometheus_client import CollectorRegistry  # noqa: PLC0415

    tracers = TracerProvider()
    tracers.add_span_processor(SpanProcessor())
    sampled = Telemetry(tracers=tracers)

    def around(**said: JSON) -> Handler:
        """Return the handler inside of the layers that these settings turn on."""
        return compose(stack(Settings(retry=None, surroundings=Surroundings(), **said)), _answered)

    async def each(policy: Metrics, name: str) -> Row:
        """Measure one measure: a call that is answered makes six. What was used is read once for all who watch."""
        read = await calls(around(observers=(_Reading(),)))
        return _row(name, (await calls(around(metrics=policy)) - read) / _MEASURES, 8.0)

    bare = await calls(_answered)
    registry, meters = CollectorRegistry(), MeterProvider([InMemoryMetricReader()])
    return [
        _row("telemetry to which nobody listens, a call", await calls(around(telemetry=True)) - bare, 15.0),
        _row("telemetry of a sampled call, two spans", await calls(around(telemetry=sampled)) - bare, 120.0),
        await each(Metrics(backends=("prometheus",), registry=registry), "metrics for Prometheus, a measure"),
        await each(Metrics(backends=("statsd",)), "metrics for statsd, a measure"),
        await each(Metrics(meters=meters), "metrics for OpenTelemetry, a measure, its SDK included"),
    ]


if __name__ == "__main__":
    for result in asyncio.run(measure_layers(7)):
        print(f"{result.name:40} {result.ours:8.3f} us, at most {result.theirs:g}")  # what it is for
