"""Whether anything grows while calls are made for long: memory, sockets, tasks, threads.

Each beat makes a call, reads a stream, abandons another in the middle, fails, and makes a call of the blocking API.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import any_llm
from any_llm.exceptions import AnyLLMError

KEY = "sk-soak"
MESSAGES = [{"role": "user", "content": "y" * 900}]
BEAT = 0.1
"""Seconds from one beat to the next."""
SAMPLES_A_MINUTE = 12
WARM_UP = 0.2
"""The part of the time that is left out of the slope, in which pools fill and caches warm."""
MAX_SLOPE = 20.0
"""Kilobytes a minute that the memory may grow in a long run; in a short one the noise is larger than that."""
LONG = 10.0
"""Minutes after which a run is long."""
_ABANDONED_AFTER = 3


@dataclass(frozen=True)
class State:
    """What this process holds: seconds after the start, memory in kilobytes, and counts of what is open."""

    seconds: float
    memory: int
    sockets: int
    tasks: int
    threads: int


@dataclass(frozen=True)
class Soak:
    """How a run ended: its length in minutes, its calls, the slope in KB a minute, first and last state, and all."""

    minutes: float
    calls: int
    slope: float
    states: Sequence[State]

    @property
    def kept(self) -> bool:
        """Whether nothing grew: sockets, tasks and threads not at all, memory in a long run hardly."""
        settled = self.states[int(len(self.states) * WARM_UP) :]
        third = max(1, len(settled) // 3)
        counts = (
            [(one.sockets, one.tasks, one.threads) for one in part] for part in (settled[:third], settled[-third:])
        )
        early, late = (list(zip(*part, strict=True)) for part in counts)
        steady = all(statistics.median(after) <= max(before) for before, after in zip(early, late, strict=True))
        return steady and (self.minutes < LONG or self.slope <= MAX_SLOPE)

    def plain(self) -> dict[str, object]:
        """Return it as plain values."""
        return asdict(self)


def slope(states: Sequence[State]) -> float:
    """Return by how many kilobytes a minute the memory grows: a line through the states after the warm-up."""
    settled = states[int(len(states) * WARM_UP) :]
    if len(settled) < 2:
        return 0.0
    line = statistics.linear_regression([one.seconds / 60 for one in settled], [one.memory for one in settled])
    return line.slope


async def soak(origin: str, minutes: float, progress: Callable[[float], object] = lambda _: None) -> Soak:
    """Make calls to the server at `origin` for some minutes."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    states: list[State] = []
    calls = beats = 0
    while (now := loop.time() - start) < minutes * 60 or not states:
        if now >= len(states) * 60 / SAMPLES_A_MINUTE:
            states.append(_state(now))
            progress(now)
        calls += await _beat(origin)
        beats += 1
        await asyncio.sleep(max(0.0, start + beats * BEAT - loop.time()))
    states.append(_state(loop.time() - start))
    return Soak(minutes, calls, slope(states), states)


async def _beat(origin: str) -> int:
    works = (_call(f"{origin}/v1"), _stream(f"{origin}/v1"), _abandon(f"{origin}/v1"), _fail(f"{origin}/fail/v1"))
    await asyncio.gather(*works, asyncio.to_thread(_block, f"{origin}/v1"))
    return len(works) + 1


async def _call(base: str) -> None:
    answer = await any_llm.acompletion("openai:m", MESSAGES, api_key=KEY, api_base=base)
    assert answer.choices[0].message.content


async def _stream(base: str) -> None:
    async for _ in await any_llm.acompletion("openai:m", MESSAGES, api_key=KEY, api_base=base, stream=True):
        pass


async def _abandon(base: str) -> None:
    count = 0
    async for _ in await any_llm.acompletion("openai:m", MESSAGES, api_key=KEY, api_base=base, stream=True):
        count += 1
        if count == _ABANDONED_AFTER:
            break


async def _fail(base: str) -> None:
    with contextlib.suppress(AnyLLMError):
        await any_llm.acompletion("openai:m", MESSAGES, api_key=KEY, api_base=base)


def _block(base: str) -> None:
    answer = any_llm.completion("openai:m", MESSAGES, api_key=KEY, api_base=base)
    assert answer.choices[0].message.content


def _state(seconds: float) -> State:
    gc.collect()
    return State(round(seconds, 1), resident() // 1024, _sockets(), len(asyncio.all_tasks()), threading.active_count())


def resident() -> int:
    """Return how many bytes of memory this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _sockets() -> int:
    return sum(target.startswith("socket:") for target in _open_files())


def _open_files() -> Iterable[str]:
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208  # what closes meanwhile is no error
        with contextlib.suppress(OSError):
            yield os.readlink(f"/proc/self/fd/{name}")  # noqa: PTH115  # as above


def tell(seconds: float) -> None:
    """Say on standard error how far it is."""
    print(f"\r{time.strftime('%M:%S', time.gmtime(seconds))}", end="", file=sys.stderr, flush=True)
