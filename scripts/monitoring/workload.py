"""A program whose calls make every series there is: good and bad calls, routes, caches, limits, budgets."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable
from decimal import Decimal
from typing import Any

from prometheus_client import CollectorRegistry

from any_llm import (
    AnyLLM,
    AnyLLMError,
    Budget,
    Budgets,
    Fallback,
    Health,
    Limit,
    Metrics,
    Retry,
    Route,
    Settings,
    tool_span,
)
from any_llm.observers.metrics import Metrics as Observer
from any_llm.pipeline.surroundings import Surroundings
from any_llm.testing import Mock
from any_llm.testing.mock.answer import Answer, Usage
from any_llm.testing.mock.physics import Physics

_SAY = [{"role": "user", "content": "Say hello."}]
_ROUTED = ({"model": "openai:gpt-5-mini", "api_key": "k"}, {"model": "groq:llama-3.3-70b-versatile", "api_key": "k"})
_EVERY = 10
_TOOLS = 200


class Workload:
    """Clients of a provider for tests that share their measures."""

    def __init__(self, registry: CollectorRegistry) -> None:
        surroundings = Surroundings()
        policy = Metrics(backends=("prometheus",), registry=registry, refresh=0)
        self._observer = Observer(policy, surroundings)
        self._mock = Mock(physics=Physics(ttft=0.02, tps=800, jitter=0.9), chances={"status=503": 0.1})
        self._mock.answer_with(lambda _: Answer(text="word " * 12, usage=Usage(input=900, output=60, cached=300)))
        self._down = Mock(fault="status=500")
        self._cut = Mock(lambda _: Answer(text="word " * 12), fault="error-mid-stream")
        self._turn = 0
        shared: dict[str, Any] = {"metrics": policy, "surroundings": surroundings, "retry": Retry(base=0.001)}
        self._settings = Settings(**shared)
        self._plain = self._mock.client("openai", **shared)
        budget = Budget(amount=Decimal(50), name="team")
        self._other = self._mock.client("anthropic", budgets=Budgets(budgets=(budget,)), **shared)
        self._kept = self._mock.client("openai", cache=True, **shared)
        self._limited = self._mock.client("openai", limits=[Limit(amount=6, window=1, mode="reject")], **shared)
        self._breaking = self._cut.client("openai", **shared)
        self._broken = self._down.client("mistral", **{**shared, "retry": None}, health=Health(failures=2))
        route = Route(targets=_ROUTED, fallback=Fallback(hedge=1.0))
        self._routed = AnyLLM.create(route, transport=self._mock.transport, **shared)

    async def turn(self) -> None:
        """Make some calls of every kind."""
        self._turn += 1
        async with asyncio.TaskGroup() as group:
            for number in range(_EVERY):
                group.create_task(_made(self._plain.acompletion(model="gpt-5-mini", messages=_SAY)))
                group.create_task(_made(self._read(self._plain, "gpt-5-mini", leave=number == 0)))
                group.create_task(_made(self._read(self._other, "claude-sonnet-4-5", leave=False)))
                group.create_task(_made(self._limited.acompletion(model="gpt-5-nano", messages=_SAY)))
                group.create_task(_made(self._kept.acompletion(model="gpt-5-mini", messages=_SAY)))
                group.create_task(_made(self._routed.acompletion(model="auto", messages=_SAY)))
            group.create_task(_made(self._read(self._breaking, "gpt-5-mini", leave=False)))
            group.create_task(_made(self._plain.acompletion(model="a-model-without-a-price", messages=_SAY)))
            group.create_task(_made(self._broken.acompletion(model="mistral-small-latest", messages=_SAY)))
            group.create_task(_made(self._plain.aembedding(model="text-embedding-3-small", inputs="hello")))
        with tool_span("weather", settings=self._settings):
            pass
        self._observer.look()

    def fill(self) -> None:
        """Run more tools than there may be series, so that what is new goes to `other`."""
        for number in range(_TOOLS):
            with tool_span(f"tool {number}", settings=self._settings):
                pass

    @staticmethod
    async def _read(client: AnyLLM, model: str, *, leave: bool) -> None:
        stream = await client.acompletion(model=model, messages=_SAY, stream=True)
        async with stream:
            async for _ in stream:
                if leave:
                    return


async def _made(call: Awaitable[object]) -> None:
    """Make a call, which may fail: that some do is what is to be seen."""
    with contextlib.suppress(AnyLLMError):
        await call
