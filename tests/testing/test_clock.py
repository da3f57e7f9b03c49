"""Virtual time: it passes when everybody waits, and not otherwise."""

from __future__ import annotations

import asyncio
import time

import pytest

from any_llm import Retry
from any_llm.testing import Answer, Failure, JumpingClock, Mock
from any_llm.testing.clock import VirtualClock


def test_an_hour_of_waiting_takes_no_time() -> None:
    clock = VirtualClock(began=0.0)
    began = time.monotonic()

    async def wait() -> list[float]:
        seen: list[float] = []

        async def one(seconds: float) -> None:
            await clock.sleep(seconds)
            seen.append(clock.monotonic())

        await asyncio.gather(one(3600), one(1), one(60))
        return seen

    assert clock.run(wait()) == pytest.approx([1, 60, 3600])
    assert clock.time() == pytest.approx(3600)
    assert time.monotonic() - began < 60


def test_time_limits_of_the_event_loop_go_by_it() -> None:
    clock = VirtualClock()

    async def wait() -> float:
        began = clock.monotonic()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(30):
                await asyncio.Event().wait()
        return clock.monotonic() - began

    assert clock.run(wait()) == pytest.approx(30)


def test_what_no_time_brings_about_is_an_error() -> None:
    clock = VirtualClock()

    async def wait() -> None:
        await asyncio.Event().wait()

    with pytest.raises(RuntimeError, match="Everybody waits"):
        clock.run(wait())


def test_retries_of_a_mocks_client_pass_by_the_mocks_time() -> None:
    clock = JumpingClock()
    mock = Mock(clock=clock)
    mock.reply(Failure(status=429, headers={"retry-after": "50"}), Answer(text="sun"))
    began, real = clock.now(), time.monotonic()
    answer = mock.client(retry=Retry()).completion("m", [{"role": "user", "content": "Will it rain?"}])
    assert [attempt.status for attempt in answer.report.attempts] == [429, 200]
    assert clock.now() - began >= 50
    assert time.monotonic() - real < 50
