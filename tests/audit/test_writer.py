"""Writing behind the calls: nothing that a call brings along stops the log, and what is missing is told."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event as Flag

import msgspec
import pytest
from typing_extensions import override

from any_llm.audit.event import Appended, Event
from any_llm.audit.log import AuditLog
from any_llm.audit.reading import Query, rows_of
from any_llm.audit.writer import Writer
from any_llm.refusals import AuditError
from any_llm.types.auditing import Audit
from tests.audit.logs import DAY, SECONDS, Clock, asked, verdict

POLICY = Audit(place="sqlite:audit.db", group_window=0.0)


class Gated(AuditLog):
    """A log that writes when it may, and fails as long as it is to."""

    def __init__(self, policy: Audit, clock: Clock) -> None:
        super().__init__(policy, clock)
        self.tried, self.open = Flag(), Flag()
        self.broken: Exception | None = None

    @override
    def append(self, events: list[Event]) -> list[Appended]:  # type: ignore[override]  # a list will do here
        self.tried.set()
        self.open.wait(10)
        if self.broken is not None:
            raise self.broken
        return super().append(events)


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Writer]]:
    """What makes writers that are ended after the test."""
    made: list[Writer] = []

    def one(kind: type[AuditLog] = AuditLog, **said: object) -> Writer:
        policy = msgspec.structs.replace(POLICY, place=f"sqlite:{tmp_path / 'audit.db'}", **said)
        made.append(Writer(kind(policy, Clock(SECONDS))))
        return made[-1]

    yield one
    for writer in made:
        assert writer.flush(10)
        writer.log.close()


def told(writer: Writer) -> list[dict[str, object]]:
    assert writer.flush(10)
    assert verdict(writer.log).problems == []
    with writer.log.database.snapshot() as session:
        return [row.told() for row in rows_of(session, Query())]


def test_an_event_that_cannot_be_written_stops_no_other(
    make: Callable[..., Writer], caplog: pytest.LogCaptureFixture
) -> None:
    writer = make()
    writer.put(asked("before"))
    writer.put(asked(7))  # type: ignore[arg-type]  # as a program may name its users
    writer.put(asked("odd", what={1, 2}, more={3: object()}))
    deep: object = "deep"
    for _ in range(600):
        deep = [deep, 0.5]
    writer.put(msgspec.structs.replace(asked("deep"), contents={"request": msgspec.json.encode(deep)}))
    writer.put(asked("after"))
    events = told(writer)
    assert [event["actor"] for event in events] == ["before", "7", "odd", "deep", "after"]
    assert [event.get("unwritable") for event in events] == [None, None, "TypeError", None, None]
    assert events[3]["request"]["digest"].startswith("sha256:")  # type: ignore[index]  # it is there
    assert "cannot be written into the audit log as it is" in caplog.text


def test_what_there_was_no_room_for_is_counted_by_tenant_and_told(
    make: Callable[..., Writer], caplog: pytest.LogCaptureFixture
) -> None:
    writer = make(Gated, on_failure="continue", capacity=2)
    log = writer.log
    assert isinstance(log, Gated)
    log.broken = AuditError("The disk is full")
    writer.put(asked("first"))
    assert log.tried.wait(10)
    for number in range(6):
        writer.put(asked(f"user-{number}", tenant="a" if number % 2 else ""))
    assert writer.waiting == 2
    log.broken = None
    with caplog.at_level(logging.ERROR):
        log.open.set()
        events = told(writer)
    assert [(event["tenant"], event.get("missing", event["actor"])) for event in events] == [
        ("", "first"), ("", 2), ("", "user-0"), ("a", 3),
    ]  # fmt: skip
    assert {event["action"] for event in events if "missing" in event} == {"audit.gap"}


async def test_who_waits_for_room_is_told_when_there_will_be_none(make: Callable[..., Writer]) -> None:
    writer = make(Gated, capacity=1)
    log = writer.log
    assert isinstance(log, Gated)
    log.broken = AuditError("The disk is full")
    writer.put(asked("first"))
    waiting = asyncio.create_task(writer.room())
    await asyncio.sleep(0)
    log.open.set()
    with pytest.raises(AuditError, match="disk is full"):
        await waiting
    log.broken = None


def test_what_goes_wrong_with_every_event_is_a_failure_of_the_log(make: Callable[..., Writer]) -> None:
    writer = make(Gated)
    log = writer.log
    assert isinstance(log, Gated)
    log.broken = RuntimeError("out of order")
    writer.put(asked("ann"))
    log.open.set()
    while writer.failure is None:
        log.tried.wait(0.001)
    assert isinstance(writer.failure.original_exception, RuntimeError)
    log.broken = None
    (event,) = told(writer)
    assert (event["actor"], event["unwritable"]) == ("ann", "RuntimeError")
    assert writer.failure is None


async def test_who_waits_to_have_written_what_there_is_no_room_for_is_told(make: Callable[..., Writer]) -> None:
    writer = make(Gated, on_failure="continue", capacity=1)
    log = writer.log
    assert isinstance(log, Gated)
    writer.put(asked("first"))
    with pytest.raises(AuditError, match="no room"):
        await writer.written(asked("second"))
    log.open.set()


def test_what_is_older_than_it_is_kept_goes_by_itself_once_an_hour(make: Callable[..., Writer]) -> None:
    class Moving(Clock):
        passed = 0.0

        @override
        def monotonic(self) -> float:
            return self.passed

    writer = make(retention={"access": 30})
    clock = writer.log.clock = Moving(SECONDS)
    writer.put(asked("ann"))
    assert writer.flush(10)
    clock.now += 31 * DAY
    writer.put(asked("bob"))
    assert [event.get("removed") for event in told(writer)] == [None, None]
    clock.passed += 3_600
    writer.put(asked("eve"))
    assert writer.flush(10)
    # It is let go after the event was written, by the same thread: the next one comes after that.
    writer.put(asked("joe"))
    events = told(writer)
    assert [event.get("removed", event.get("actor")) for event in events] == [True, "bob", "eve", "retention", "joe"]
    assert events[3]["numbers"] == [[1, 1]]


ENDING = """
import sys
from any_llm.audit.event import Event
from any_llm.audit.log import AuditLog
from any_llm.audit import writer
from any_llm.pipeline.surroundings import PROCESS
from any_llm.types.auditing import Audit
writer._SECONDS_AT_EXIT = 0.05
one = writer.Writer(AuditLog(Audit(place=sys.argv[1]), PROCESS.clock))
for _ in range(3):
    one.put(Event(action="a", stream="admin"))
"""


def test_what_is_lost_as_the_process_ends_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    place, key = f"sqlite:{tmp_path / 'file' / 'audit.db'}", str(tmp_path / "key")
    program = ENDING.replace("place=sys.argv[1]", "place=sys.argv[1], key=sys.argv[2]")
    done = subprocess.run([sys.executable, "-c", program, place, key], capture_output=True, text=True, check=True)
    assert "3 events are lost" in done.stderr
