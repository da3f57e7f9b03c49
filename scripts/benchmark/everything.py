"""What all layers cost together around a call of the public API, over one that has none of them."""

from __future__ import annotations

import asyncio
import itertools
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from any_llm import AnyLLM, Cache, Fallback, Guards, Health, Keys, Limit, Limits, Retry, Route
from any_llm.pipeline.surroundings import Surroundings
from any_llm.types.http import HttpRequest, Timeouts
from any_llm.types.secret import Secret
from scripts.benchmark.measure import Row

PROMISED = 300.0
"""Microseconds of CPU time that everything may cost for each call."""

MODEL = "gpt-5-mini"
_TIMES, _CHUNKS = 400, 50
_WORDS = "Tell me in a few sentences how a gateway survives the failure of a provider. " * 8
_BODY = (
    b'{"id":"chatcmpl-1","object":"chat.completion","created":1760000000,"model":"gpt-5-mini","choices":[{"index":0,'
    b'"message":{"role":"assistant","content":"' + b"It asks the next one, and says so. " * 8 + b'"},'
    b'"finish_reason":"stop"}],"usage":{"prompt_tokens":130,"completion_tokens":72,"total_tokens":202}}'
)
_CHUNK = (
    b'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1760000000,"model":"gpt-5-mini","choices":'
    b'[{"index":0,"delta":{"content":"word "},"finish_reason":null}]}\n\n'
)
_STREAM = (
    _CHUNK * _CHUNKS + _CHUNK.replace(b'{"content":"word "},"finish_reason":null', b'{},"finish_reason":"stop"')
    + b"data: [DONE]\n\n"
)  # fmt: skip
_LIMITS = {
    "x-ratelimit-limit-requests": "1000000",
    "x-ratelimit-limit-tokens": "500000000",
    "x-ratelimit-remaining-requests": "999999",
    "x-ratelimit-remaining-tokens": "499933500",
    "x-ratelimit-reset-requests": "6ms",
    "x-ratelimit-reset-tokens": "12ms",
}


class Canned:
    """A transport whose answers are there already, so that nothing but this library is measured."""

    async def send(self, request: HttpRequest, timeouts: Timeouts) -> Answered:  # noqa: ARG002  # as `Transport` has it
        """Answer at once."""
        streamed = request.headers.get("Accept") == "text/event-stream"
        return Answered(_STREAM, "text/event-stream") if streamed else Answered(_BODY, "application/json")

    async def aclose(self) -> None:
        """Hold nothing."""


class Answered:
    """An answer that is there already."""

    status = 200

    def __init__(self, body: bytes, content_type: str) -> None:
        self.headers: Mapping[str, str] = {"content-type": content_type, **_LIMITS}
        self._body = body

    async def read(self) -> bytes:
        """Return the body."""
        return self._body

    async def chunk(self) -> bytes:
        """Return the body, and then its end."""
        body, self._body = self._body, b""
        return body

    def close(self) -> None:
        """Hold nothing."""


def bare() -> AnyLLM:
    """Return a client without any layer."""
    return AnyLLM.create("openai", api_key="sk-bench", retry=None, transport=Canned(), surroundings=Surroundings())


def everything() -> AnyLLM:
    """Return a client with all layers: cache, retry, several keys, guards, limits, fallback and health, in memory."""
    route = Route(targets=(f"openai:{MODEL}", "groq:llama-3.3-70b-versatile"), fallback=Fallback(mid_stream="restart"))
    limits = Limits(limits=(Limit(amount=1e9), Limit(amount=1e12, of="tokens")))
    return AnyLLM.create(
        route,
        cache=Cache(),
        retry=Retry(),
        keys={name: Keys(sources=(Secret(f"{name}-one"), Secret(f"{name}-two"))) for name in ("openai", "groq")},
        guards=Guards(responses="monitor", detect=("secrets", "personal")),
        limits=limits,
        health=Health(),
        deadline=60.0,
        transport=Canned(),
        surroundings=Surroundings(),
    )


def caller(client: AnyLLM, model: str, *, stream: bool) -> Callable[[], Awaitable[None]]:
    """Return what makes one call that was never made before, so that no cache has its answer, and reads it."""
    numbers = itertools.count()

    async def call() -> None:
        """Make it."""
        messages = [{"role": "user", "content": f"{_WORDS}{next(numbers)}"}]
        answer = await client.acompletion(model, messages, stream=stream)
        if stream:
            async for _ in answer:  # type: ignore[union-attr]  # it is streamed
                pass

    return call


async def _spent(call: Callable[[], Awaitable[None]]) -> float:
    """Return how many microseconds of CPU time a call takes."""
    started = time.process_time()
    for _ in range(_TIMES):
        await call()
    return (time.process_time() - started) / _TIMES * 1e6


async def measure_everything(rounds: int) -> list[Row]:
    """Measure calls with all layers against calls with none, whole and streamed."""
    figures: dict[bool, tuple[float, float]] = {}
    for stream in (False, True):
        plain, full = caller(bare(), MODEL, stream=stream), caller(everything(), "auto", stream=stream)
        taken = [(await _spent(plain), await _spent(full)) for _ in range(rounds + 1)][1:]
        figures[stream] = statistics.median(one for one, _ in taken), statistics.median(all_ for _, all_ in taken)
    (less, more), (piece, pieces) = figures[False], figures[True]
    cost = more - less
    per_chunk, all_per_chunk = piece / _CHUNKS, pieces / _CHUNKS
    return [
        Row("everything on, a call", "promised", cost, PROMISED, cost / PROMISED, "µs", 1.0),
        Row("everything on, a call, all of it", "nothing on", more, less, more / less, "µs"),
        Row("everything on, a chunk, all of it", "nothing on", all_per_chunk, per_chunk, pieces / piece, "µs"),
    ]


if __name__ == "__main__":
    for result in asyncio.run(measure_everything(5)):
        print(f"{result.name:40} {result.ours:8.1f} us, {result.against} {result.theirs:8.1f}")  # what it is for
