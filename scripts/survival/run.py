"""Calls over providers that fail at random: each is made, read to its end, and judged by what its caller got."""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from any_llm import AnyLLM, Fallback, Retry, Route, Timeouts
from any_llm.exceptions import AnyLLMError
from any_llm.pipeline.stream import EventStream
from any_llm.pipeline.surroundings import PROCESS, Surroundings
from any_llm.testing import Mock
from any_llm.testing.clock import VirtualClock
from any_llm.testing.mock.clock import Clock, RealClock, TimeOf
from any_llm.types.json import JSON
from any_llm.types.report import Report
from any_llm.types.restart import Restart
from scripts.survival.providers import MODELS, Providers, text_of

PROMISED = 0.999
"""The part of the calls that succeed within their deadline."""

_SLACK = 0.05
"""Seconds after its deadline that a call over real sockets may end, since loops and threads take turns."""


@dataclass(frozen=True)
class Plan:
    """What is run.

    Attributes:
        calls: how many calls are made, every second one streamed.
        every: seconds from one call to the next; none waits for another.
        rate: the part of the requests that fail.
        outage: for how many seconds the first provider is out, in the middle of the run.
        deadline: seconds that each call has, waits, retries and other targets included.
        seed: what chance depends on.
        real: over real sockets and in real time, rather than in this process and in virtual time.
    """

    calls: int = 20_000
    every: float = 0.02
    rate: float = 0.05
    outage: float = 60.0
    deadline: float = 20.0
    seed: int = 1
    real: bool = False

    @property
    def outage_begins(self) -> float:
        """When the first provider goes down, in seconds from the beginning."""
        return max(0.0, (self.calls * self.every - self.outage) / 2)


@dataclass
class Figures:
    """What the callers got, and what the providers saw.

    Attributes:
        calls: how many calls were made, by whole and streamed.
        succeeded: how many were answered in full and in time, likewise.
        late: how many ended after their deadline.
        doubled: how many were answered by two providers, or had a text that came twice.
        truncated: how many had less than the whole text, which passed for it.
        errors: the names of the errors of the others.
        served: how many calls each provider answered.
        attempts: how many requests the calls made.
        restarts: how many streams began anew in the middle.
        faults: how often the providers failed in each way.
        in_outage: how many calls were made while the first provider was out.
        asked_in_vain: how many requests it got meanwhile.
        back_after: how many seconds after the outage it served again.
        median: seconds that a call took.
        slowest: seconds within which 99 of 100 calls were over.
        seconds: how long the run took, as its clock counts.
        cpu: seconds of CPU time that it took.
    """

    calls: Counter[str] = field(default_factory=Counter)
    succeeded: Counter[str] = field(default_factory=Counter)
    late: int = 0
    doubled: int = 0
    truncated: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    served: Counter[str] = field(default_factory=Counter)
    attempts: int = 0
    restarts: int = 0
    faults: Mapping[str, int] = field(default_factory=dict)
    in_outage: int = 0
    asked_in_vain: int = 0
    back_after: float | None = None
    median: float = 0.0
    slowest: float = 0.0
    seconds: float = 0.0
    cpu: float = 0.0

    @property
    def part(self) -> float:
        """The part of the calls that succeeded within their deadline."""
        return self.succeeded.total() / max(1, self.calls.total())

    @property
    def kept(self) -> bool:
        """Whether what is promised was kept."""
        return self.part >= PROMISED and not (self.late or self.doubled or self.truncated)

    def plain(self) -> dict[str, object]:
        """Return it as plain values."""
        told = {name: dict(value) if isinstance(value, Counter) else value for name, value in vars(self).items()}
        return told | {"part": self.part, "kept": self.kept}


class Run:
    """One run of a plan."""

    def __init__(self, plan: Plan, tell: Callable[[int], object] = lambda _: None) -> None:
        self._plan = plan
        self._tell = tell
        self._virtual = None if plan.real else VirtualClock()
        self._surroundings: Surroundings = (
            Surroundings() if self._virtual is None else self._virtual.surroundings(_chance(plan.seed))
        )
        self._began = 0.0
        self._took: list[float] = []
        self._providers = Providers(plan.seed, plan.rate, "openai", self._is_out)
        self.figures = Figures()

    def go(self) -> Figures:
        """Make all calls and return the figures."""
        cpu = time.process_time()
        mock = Mock(self._providers.answer, clock=self._mock_clock())
        with mock if self._plan.real else contextlib.nullcontext():
            client = self._client(mock)
            if self._virtual is None:
                asyncio.run(self._all(client))
            else:
                self._virtual.run(self._all(client))
        figures = self.figures
        figures.faults = dict(self._providers.faults.most_common())
        figures.asked_in_vain = self._providers.asked_in_vain
        figures.doubled += sum(times > 1 for times in self._providers.heard.values())
        figures.median = statistics.median(self._took)
        figures.slowest = sorted(self._took)[int(len(self._took) * 0.99)]
        figures.seconds = self._now()
        figures.cpu = time.process_time() - cpu
        return figures

    def _now(self) -> float:
        clock = self._virtual or PROCESS.clock
        return clock.monotonic() - self._began

    def _is_out(self) -> bool:
        return 0 <= self._now() - self._plan.outage_begins < self._plan.outage

    def _mock_clock(self) -> Clock:
        return RealClock() if self._virtual is None else TimeOf(self._virtual)

    def _client(self, mock: Mock) -> AnyLLM:
        targets: list[dict[str, JSON]] = []
        for vendor, model in MODELS.items():
            base = {"api_base": mock.url(vendor)} if self._plan.real else {}
            targets.append({"model": model, "api_key": "chaos", **base})
        given: dict[str, JSON] = {} if self._plan.real else {"transport": mock.transport}
        return AnyLLM.create(
            Route(targets=tuple(targets), fallback=Fallback(mid_stream="restart", patience=4.0)),
            retry=Retry(),
            surroundings=self._surroundings,
            **given,
        )

    async def _all(self, client: AnyLLM) -> None:
        self._began = self._now() + self._began
        running: set[asyncio.Task[None]] = set()
        for number in range(self._plan.calls):
            wait = number * self._plan.every - self._now()
            if wait > 0:
                await asyncio.sleep(wait)
            task = asyncio.ensure_future(self._one(client, number))
            running.add(task)
            task.add_done_callback(running.discard)
            self._tell(number + 1)
        while running:
            await asyncio.wait(running)

    async def _one(self, client: AnyLLM, number: int) -> None:
        figures, kind, began = self.figures, "streamed" if number % 2 else "whole", self._now()
        figures.calls[kind] += 1
        figures.in_outage += self._is_out()
        text, error = "", ""
        report = Report()
        try:
            text, report = await self._read(client, number)
        except AnyLLMError as raised:
            error = type(raised).__name__
            figures.attempts += len(raised.attempts)
        took = self._now() - began
        self._took.append(took)
        figures.late += took > self._plan.deadline + (_SLACK if self._plan.real else 1e-6)
        if error:
            figures.errors[error] += 1
            return
        figures.attempts += len(report.attempts)
        figures.restarts += report.routing.restarts if report.routing else 0
        figures.doubled += [attempt.outcome for attempt in report.attempts].count("ok") > 1
        if text != text_of(number):
            figures.truncated += 1
            return
        figures.succeeded[kind] += took <= self._plan.deadline
        figures.served[report.provider] += 1
        after = self._now() - self._plan.outage_begins - self._plan.outage
        if after >= 0 and report.provider == "openai" and figures.back_after is None:
            figures.back_after = after

    async def _read(self, client: AnyLLM, number: int) -> tuple[str, Report]:
        question = [{"role": "user", "content": f"Give the answer to question {number}"}]
        limits = Timeouts(first_token=4.0, idle=4.0)
        answer = await client.acompletion(
            "auto", question, stream=bool(number % 2), deadline=self._plan.deadline, timeout=limits
        )
        if not isinstance(answer, EventStream):
            return answer.choices[0].message.content or "", answer.report
        text = ""
        async with answer:
            async for piece in answer:
                if isinstance(piece, Restart):
                    text = ""
                else:
                    text += "".join(choice.delta.content or "" for choice in piece.choices)
        return text, answer.report


def _chance(seed: int) -> Callable[[], float]:
    # Another one than that of the faults, so that a wait more does not change what fails.
    import random  # noqa: PLC0415  # beside what it makes

    return random.Random(seed + 1).random  # noqa: S311  # not a secret
