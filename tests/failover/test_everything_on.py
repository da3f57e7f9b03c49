"""All layers at once: cache, guards, targets, health, hedging, retries, keys, limits, hooks and a deadline."""

from __future__ import annotations

import asyncio
import random
from collections import Counter

import pytest

from any_llm import AnyLLM, AnyLLMError, Fallback, Guards, Hooks, Limit, Retry, Route
from any_llm.pipeline.stream import EventStream
from any_llm.testing import Failure, Mock
from any_llm.testing.clock import VirtualClock
from any_llm.testing.mock.request import MockRequest
from any_llm.types.json import JSON
from any_llm.types.keys import Keys

VENDORS = ("openai", "groq", "anthropic")
MODELS = ("openai:gpt-5-mini", "groq:llama-3.3-70b-versatile", "anthropic:claude-sonnet-4-5")
LIMITS = (
    Limit(amount=40, of="concurrency"),
    Limit(amount=6_000),
    Limit(amount=900, only={"provider": "openai"}, mode="fallback"),
)
CALLS, SECONDS = 1_500, 20.0


class Source:
    """Gives a key that the program has."""

    def __init__(self, key: str) -> None:
        self._key = key

    async def __call__(self) -> str:
        return self._key


class World:
    """Three providers of which each answers slowly or not at all now and then, and callers who leave now and then."""

    def __init__(self) -> None:
        self.clock, self.mock, self.chance = VirtualClock(), Mock(), random.Random(5)  # noqa: S311  # not a secret
        self.mock.answer_with(self.answer)
        self.begun: Counter[str] = Counter()
        self.ended: Counter[str] = Counter()
        self.outcomes: Counter[str] = Counter()
        hooks = Hooks(
            on_request=lambda call: self.begun.update([call.request_id]),
            on_end=lambda call, _: self.ended.update([call.request_id]),
        )
        self.client = AnyLLM.create(
            Route(targets=MODELS, fallback=Fallback(hedge=0.3, patience=2, mid_stream="restart")),
            transport=self.mock.transport,
            surroundings=self.clock.surroundings(self.chance.random),
            keys={name: Keys(sources=(Source(f"{name}-1"), Source(f"{name}-2"))) for name in VENDORS},
            cache=True,
            guards=Guards(),
            retry=Retry(),
            limits=LIMITS,
            middleware=[hooks],
            deadline=SECONDS,
        )

    async def answer(self, request: MockRequest) -> JSON:
        await self.clock.sleep(3.0 if self.chance.random() < 0.05 else 0.1)
        if self.chance.random() < 0.05:
            return Failure(status=self.chance.choice([429, 500, 503, 529]))
        return f"the answer to {request.text}"

    async def call(self, number: int) -> None:
        began, question = self.clock.now, f"question {number % 300}"
        messages = [{"role": "user", "content": question}]
        try:
            answer = await self.client.acompletion("auto", messages, stream=bool(number % 2))
            if isinstance(answer, EventStream):
                async for _ in answer:
                    if number % 7 == 0:
                        break
                left = number % 7 == 0
                await answer.aclose()
                self.outcomes["left" if left else "streamed"] += 1
                if left:
                    return
                answer = answer.response
            else:
                self.outcomes["whole"] += 1
            assert answer.choices[0].message.content == f"the answer to {question}"
            attempts = answer.report.attempts
            assert [each.started for each in attempts] == sorted(each.started for each in attempts)
            # A hedge may be answered in the same moment as who it was to replace.
            hedged = 0 if answer.report.routing is None else answer.report.routing.hedged
            assert sum(each.outcome == "ok" for each in attempts) <= 1 + hedged
            assert all(each.error for each in attempts if each.outcome == "failed")
        except AnyLLMError as error:
            self.outcomes[type(error).__name__] += 1
        finally:
            assert self.clock.now - began <= SECONDS + 0.001

    async def story(self) -> None:
        calls: list[asyncio.Task[None]] = []
        for number in range(CALLS):
            calls.append(asyncio.ensure_future(self.call(number)))
            if number % 11 == 0:
                asyncio.get_running_loop().call_later(self.chance.random() * 3, calls[-1].cancel)
            await self.clock.sleep(0.02)
        for ended in await asyncio.gather(*calls, return_exceptions=True):
            assert ended is None or isinstance(ended, asyncio.CancelledError), repr(ended)


@pytest.mark.unmeasured
def test_with_every_layer_on_each_call_ends_once_in_time_with_its_own_answer() -> None:
    world = World()
    world.clock.run(world.story())
    assert world.mock.transport.open == 0
    assert len(world.begun) == CALLS
    assert world.ended == world.begun
    assert world.outcomes["whole"] + world.outcomes["streamed"] + world.outcomes["left"] > 0.9 * CALLS, world.outcomes
    assert len(world.mock.calls) < CALLS, "many of the same are one"
