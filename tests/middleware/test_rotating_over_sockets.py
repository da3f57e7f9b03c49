"""Keys that are changed 20 times under 500 calls a second to the mock, over real sockets and in real time."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from any_llm import AnyLLM, KeyEvent, Keys
from any_llm.pipeline.surroundings import Surroundings
from any_llm.testing import Mock
from any_llm.types.json import JSON
from tests.client.answers import MESSAGES

pytestmark = pytest.mark.unmeasured  # thousands of calls take the same way

ROTATIONS, RATE, TICK = 20, 500, 0.02
WITHIN = 1.0
"""How many seconds after a change the new key must be in use."""


class Rotating:
    """Makes calls at an even pace while a file's key is changed, and notes which key each call used and when."""

    def __init__(self, mock: Mock, file: Path) -> None:
        self.told: list[KeyEvent] = []
        self.failures: list[BaseException] = []
        self.used: Counter[str] = Counter()
        self.took: list[float] = []
        self.pause = 0.0
        self._mock = mock
        self._file = file
        self._calls: set[asyncio.Task[None]] = set()
        self._in_use = asyncio.Event()
        keys = Keys(sources=(f"file:{file}",), on_event=self.tell)
        self._client = AnyLLM.create(
            "openai", api_base=mock.url("openai"), keys=keys, retry=None, surroundings=Surroundings()
        )

    def tell(self, event: KeyEvent) -> None:
        """Note what becomes of a key."""
        self.told.append(event)
        if event.state == "active":
            self._in_use.set()

    async def call(self) -> None:
        """Make one call; none may fail, and none may have had to ask twice."""
        try:
            answer: JSON = await self._client.acompletion("m", MESSAGES)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is a failed call
            self.failures.append(error)
            return
        (attempt,) = answer.report.attempts
        self.used[attempt.key] += 1

    async def pace(self) -> None:
        """Begin calls at the rate, until cancelled; where the machine stalls, what is due is begun later."""
        loop = asyncio.get_running_loop()
        due = last = loop.time()
        while True:
            now = loop.time()
            self.pause, last = max(self.pause, now - last), now
            while due <= now:
                call = loop.create_task(self.call())
                self._calls.add(call)
                call.add_done_callback(self._calls.discard)
                due += 1 / RATE
            await asyncio.sleep(TICK)

    async def change(self, number: int) -> None:
        """Write a new key, wait until it is in use, and withdraw the old when the calls are over that used it."""
        loop, new = asyncio.get_running_loop(), f"key-{number}"
        self._mock.accept(f"key-{number - 1}", new)
        replacement = self._file.with_suffix(".next")
        replacement.write_text(new)
        replacement.replace(self._file)
        written = loop.time()
        self._in_use.clear()
        await self._in_use.wait()
        self.took.append(loop.time() - written)
        if before := tuple(self._calls):
            await asyncio.wait(before)
        self._mock.accept(new)

    async def run(self) -> None:
        """Change the key so many times."""
        await self.call()
        pacing = asyncio.create_task(self.pace())
        for number in range(1, ROTATIONS + 1):
            await self.change(number)
        pacing.cancel()
        await asyncio.wait({pacing, *self._calls})


async def test_twenty_changes_of_a_key_fail_no_call_and_leave_no_old_key_in_use(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("key-0")
    with Mock(keys=["key-0"]) as mock:
        rotating = Rotating(mock, file)
        await rotating.run()
    assert rotating.failures == []
    # An old key that was used after it was withdrawn would have been refused, and so have come up as dead.
    assert {event.state for event in rotating.told} <= {"active", "draining"}
    assert len(rotating.used) == ROTATIONS + 1
    assert len(rotating.took) == ROTATIONS
    # What the machine itself stood still is not the library's doing.
    assert max(rotating.took) <= WITHIN + rotating.pause
