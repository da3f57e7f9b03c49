"""A provider that breaks as the scenarios of FailoverBench say, and what a caller and the provider see of each call.

The list is public: https://github.com/failoverbench/failoverbench (methodology 0.1). The scenarios are implemented
afresh, on this library's own mock. What is scored is what the list scores: the answer that a caller gets, and the
attempts that the provider sees.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from decimal import Decimal
from typing import Literal, Self, TypeAlias

import msgspec

from any_llm import AnyLLM, Costs, Fallback, Price, Retry, Route, Timeouts
from any_llm.exceptions import AnyLLMError
from any_llm.pipeline.stream import EventStream
from any_llm.pipeline.surroundings import Surroundings
from any_llm.testing import Answer, Failure, Mock
from any_llm.testing.clock import VirtualClock
from any_llm.testing.mock.clock import Clock, RealClock, TimeOf
from any_llm.testing.mock.request import MockRequest
from any_llm.types.completion import CompletionUsage
from any_llm.types.json import JSON
from any_llm.types.report import Report
from any_llm.types.restart import Restart
from any_llm.types.routes import MidStream

Carrier: TypeAlias = Literal["virtual", "sockets"]
"""With the list's own times on a virtual clock, or over real sockets with shorter ones."""

QUESTION = [{"role": "user", "content": "Say in sixty words what a route of two providers is worth."}]
TEXT = (
    "one provider fails while another answers and nobody who reads the text can tell that anything went wrong because "
    "each word of it arrives once and in order so count them there are sixty of them in this answer which is why half "
    "an answer is never taken for a whole one by any test that compares every word with"
)
PRIMARY, FALLBACK, NO_PREFILL = "fb-primary", "fb-ok", "fb-ok-noprefill"

Behaviour: TypeAlias = "Callable[[Wall, int], JSON]"
"""What the primary answers to its attempt of a number, from 1 on."""


class Times(msgspec.Struct, frozen=True):
    """The seconds of a profile: what the provider waits, and what the caller grants."""

    retry_after: float
    slow: float
    stall: float
    outage: float
    patience: float
    idle: float
    base: float


TIMES: Mapping[Carrier, Times] = {
    "virtual": Times(retry_after=2.0, slow=20.0, stall=30.0, outage=60.0, patience=10.0, idle=15.0, base=0.5),
    "sockets": Times(retry_after=0.2, slow=30.0, stall=30.0, outage=0.0, patience=1.5, idle=0.5, base=0.02),
}


class Seen(msgspec.Struct, frozen=True):
    """One attempt as the provider saw it: of which model, and when."""

    model: str
    at: float


class Outcome(msgspec.Struct, kw_only=True):
    """What the caller has: a text or an error, after how long, and what is told about it."""

    elapsed: float
    text: str = ""
    error: AnyLLMError | None = None
    model: str | None = None
    usage: CompletionUsage | None = None
    cost: Decimal | None = None
    costs: Costs = Costs()
    report: Report = msgspec.field(default_factory=Report)

    @property
    def complete(self) -> bool:
        """Whether the whole answer came, and nothing but it."""
        return self.error is None and self.text == TEXT

    @property
    def truncated(self) -> bool:
        """Whether less than the whole answer passed for it."""
        return self.error is None and self.text != TEXT


class Wall:
    """A provider with a primary model that misbehaves and others that answer, and one client for all scenarios.

    The client's settings are the same for each scenario, as the list demands: two retries, a limit on silence, one
    fallback. A reader of its streams heeds restarts.
    """

    def __init__(
        self, carrier: Carrier, behaviour: Behaviour, *, spare: str = FALLBACK, mid_stream: MidStream = "restart"
    ) -> None:
        self.times = TIMES[carrier]
        self.attempts: list[Seen] = []
        self._behaviour = behaviour
        self._clock = VirtualClock() if carrier == "virtual" else None
        self.mock = Mock(self._answer, clock=self._mock_clock())
        self._closing = ExitStack()
        if carrier == "sockets":
            self._closing.enter_context(self.mock)
        self.client = self._client(spare, mid_stream)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._closing.close()

    def now(self) -> float:
        """Return the time in seconds, which only grows."""
        return time.monotonic() if self._clock is None else self._clock.now

    async def pause(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)

    def run(self, story: Callable[[], JSON]) -> JSON:
        """Run an asynchronous function to its end."""
        return asyncio.run(story()) if self._clock is None else self._clock.run(story())

    def ask(self, *, stream: bool) -> Outcome:
        """Make one call, and read it to its end."""
        outcome: Outcome = self.run(lambda: self.asked(stream=stream))
        return outcome

    async def asked(self, *, stream: bool) -> Outcome:
        """The same, within a story."""
        began = self.now()
        timeouts = Timeouts(first_token=self.times.idle * 2, idle=self.times.idle)
        text, report = "", Report()
        try:
            answer = await self.client.acompletion("auto", QUESTION, stream=stream, timeout=timeouts)
            report = answer.report
            if isinstance(answer, EventStream):
                async for piece in answer:
                    if isinstance(piece, Restart):
                        text = ""
                    elif piece.choices:
                        text += piece.choices[0].delta.content or ""
                answer = answer.response
            text = answer.choices[0].message.content or ""
        except AnyLLMError as error:
            return Outcome(elapsed=self.now() - began, text=text, error=error, report=report)
        return Outcome(
            elapsed=self.now() - began,
            text=text,
            model=answer.model,
            usage=answer.usage,
            cost=None if answer.cost is None else answer.cost.total,
            costs=answer.costs,
            report=answer.report,
        )

    def is_left(self, number: int) -> bool:
        """Wait until the provider sees that the client has left its request of a number, from 0 on."""

        async def seen() -> bool:
            async with asyncio.timeout(10):
                # The server notices it in a thread of its own, which has no event for it.
                while not self.mock.calls[number].abandoned:  # noqa: ASYNC110  # see above
                    await asyncio.sleep(0)
            return True

        return bool(self.run(seen))

    def at(self, model: str) -> list[float]:
        """Return when a model was asked."""
        return [seen.at for seen in self.attempts if seen.model == model]

    @property
    def asked_of(self) -> Counter[str]:
        """How often each model was asked."""
        return Counter(seen.model for seen in self.attempts)

    def _mock_clock(self) -> Clock:
        return RealClock() if self._clock is None else TimeOf(self._clock)

    def _answer(self, request: MockRequest) -> JSON:
        self.attempts.append(Seen(request.model, self.now()))
        if request.model == PRIMARY:
            return self._behaviour(self, self.asked_of[PRIMARY])
        return self._healthy(request)

    def _healthy(self, request: MockRequest) -> JSON:
        last = request.json["messages"][-1]
        if last["role"] != "assistant":
            return TEXT
        if request.model == NO_PREFILL:
            return Failure(status=400, message="The conversation must end with a user message", code="invalid_prefill")
        return TEXT.removeprefix(last["content"])

    def _client(self, spare: str, mid_stream: MidStream) -> AnyLLM:
        fallback = Fallback(
            mid_stream=mid_stream,
            retries=2,
            patience=self.times.patience,
            # A refusal of the content is told to the caller; that another provider would have said it is no reason.
            errors={"ContentFilterError": "stop"},
        )
        targets = [self._target(f"openai:{PRIMARY}"), self._target(f"groq:{spare}")]
        surroundings = Surroundings() if self._clock is None else self._clock.surroundings()
        given: dict[str, JSON] = {} if self._clock is None else {"transport": self.mock.transport}
        return AnyLLM.create(
            Route(targets=tuple(targets), fallback=fallback),
            models={f"groq:{spare}": {"prefill": spare != NO_PREFILL, "context_window": 1_000_000}},
            prices={
                f"openai:{PRIMARY}": Price(input_price=Decimal(0), output_price=Decimal(1_000_000)),
                f"groq:{spare}": Price(input_price=Decimal(0), output_price=Decimal(1_000)),
            },
            retry=Retry(base=self.times.base),
            surroundings=surroundings,
            **given,
        )

    def _target(self, model: str) -> Mapping[str, JSON]:
        provider = model.partition(":")[0]
        base = {} if self._clock is not None else {"api_base": self.mock.url(provider)}
        return {"model": model, "api_key": f"key-of-{provider}", **base}


def failing(failure: Failure, times: int | None = None) -> Behaviour:
    """Return a behaviour that fails so many times, or always, and answers afterwards."""
    return lambda _wall, number: failure if times is None or number <= times else TEXT


def broken(fault: str, times: int | None = None) -> Behaviour:
    """Return a behaviour that breaks its answer with a fault of the mock, so many times, or always."""
    return lambda _wall, number: Answer(text=TEXT, fault=fault if times is None or number <= times else "")
