"""Observers are told once how each call ended, whichever way it did, and never harm it."""

from __future__ import annotations

import asyncio
import gc
import logging

import pytest

from any_llm import AnyLLM, Hooks, Layer, Settings
from any_llm.exceptions import ConfigurationError, OverloadedError
from any_llm.pipeline.call import Call
from any_llm.pipeline.observation import Record
from any_llm.pipeline.stream import is_stream
from any_llm.refusals import DeadlineExceededError
from any_llm.testing import Mock
from any_llm.types.json import JSON
from tests.client.answers import MESSAGES


class Notes:
    """An observer that keeps what it is told."""

    def __init__(self) -> None:
        self.begun: list[Call] = []
        self.records: list[Record] = []
        self.told = asyncio.Event()

    def begin(self, call: Call) -> tuple[Call, object]:
        self.begun.append(call)
        self.told.set()
        return call, len(self.begun)

    def end(self, noted: object, record: Record) -> None:
        assert noted == len(self.begun)
        self.records.append(record)


class Broken:
    """An observer that fails at whatever it is told."""

    def begin(self, call: Call) -> tuple[Call, object]:
        raise ZeroDivisionError(call.operation)

    def leave(self, noted: object, value: JSON) -> None:
        raise ZeroDivisionError(noted, value)

    def end(self, noted: object, record: Record) -> None:
        raise ZeroDivisionError(noted, record.elapsed)


def client(mock: Mock, *observers: object, **arguments: JSON) -> AnyLLM:
    return mock.client("openai", observers=observers, **arguments)


async def test_a_whole_answer_is_told_with_its_attempts() -> None:
    notes = Notes()
    with Mock() as mock:
        answer = await client(mock, notes).acompletion(model="gpt-5", messages=MESSAGES)
    (record,) = notes.records
    assert record.outcome.ending == "complete"
    assert record.answer is answer
    assert record.report is answer.report
    assert record.call is notes.begun[0]
    assert [attempt.outcome for attempt in record.attempts] == ["ok"]
    assert record.chunks == 0
    assert record.started > 1_700_000_000
    assert record.elapsed > 0


async def test_a_stream_is_told_when_it_has_been_read() -> None:
    notes = Notes()
    with Mock() as mock:
        stream = await client(mock, notes).acompletion(model="gpt-5", messages=MESSAGES, stream=True)
        assert notes.records == []
        pieces = [piece async for piece in stream]
    (record,) = notes.records
    assert record.outcome.ending == "complete"
    assert record.chunks == len(pieces)
    assert record.answer.choices[0].message.content
    assert record.report.elapsed is not None


async def test_a_stream_that_is_left_is_told_as_closed_and_one_that_is_dropped_too() -> None:
    notes = Notes()
    with Mock() as mock:
        asking = client(mock, notes)
        stream = await asking.acompletion(model="gpt-5", messages=MESSAGES, stream=True)
        await anext(stream)
        stream.close()
        await asking.acompletion(model="gpt-5", messages=MESSAGES, stream=True)
        gc.collect()
    assert [record.outcome.ending for record in notes.records] == ["closed", "closed"]
    assert [record.chunks for record in notes.records] == [1, 0]


async def test_a_failure_is_told_with_what_is_known_of_it() -> None:
    notes = Notes()
    with Mock(fault="status=529") as mock, pytest.raises(OverloadedError) as raised:
        await client(mock, notes).acompletion(model="gpt-5", messages=MESSAGES)
    (record,) = notes.records
    assert record.outcome.ending == "failed"
    assert record.outcome.error is raised.value
    assert record.report.status == raised.value.status_code
    assert (record.report.provider, record.report.model) == ("openai", "gpt-5")
    assert record.answer is None
    assert record.report.attempts


async def test_what_does_not_add_up_is_no_answer() -> None:
    notes = Notes()
    with Mock() as mock:
        stream = await client(mock, notes).acompletion(model="gpt-5", messages=MESSAGES, stream=True)
        assert is_stream(stream)
        stream.fold = None
        stream.close()
    assert notes.records[0].answer is None


async def test_a_call_that_is_cancelled_is_told_so_and_one_that_is_late_as_failed() -> None:
    notes = Notes()
    with Mock(fault="slow-headers=60") as mock:
        asking = client(mock, notes)
        task = asyncio.create_task(asking.acompletion(model="gpt-5", messages=MESSAGES))
        await notes.told.wait()
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(DeadlineExceededError):
            await asking.acompletion(model="gpt-5", messages=MESSAGES, deadline=0.05)
    cancelled, late = notes.records
    assert cancelled.outcome.ending == "cancelled"
    assert late.outcome.ending == "failed"
    assert isinstance(late.outcome.error, DeadlineExceededError)


async def test_an_observer_that_breaks_harms_neither_the_call_nor_the_next_observer(
    caplog: pytest.LogCaptureFixture,
) -> None:
    notes = Notes()
    with Mock() as mock, caplog.at_level(logging.WARNING, "any_llm"):
        answer = await client(mock, Broken(), notes).acompletion(model="gpt-5", messages=MESSAGES)
    assert answer.choices[0].message.content
    assert len(notes.records) == 1
    assert [record.message.split(":")[0] for record in caplog.records] == [
        "The observer Broken failed as a call began",
        "The observer Broken failed as a call ended",
        "The observer Broken failed as a call went on",
    ]


def test_what_cannot_be_told_is_no_observer() -> None:
    with pytest.raises(ConfigurationError, match="methods begin and end"):
        Settings(observers=("nobody",))  # type: ignore[arg-type]  # that is the mistake


async def test_lines_of_the_library_itself_tell_in_which_call_they_were_written(
    caplog: pytest.LogCaptureFixture,
) -> None:
    headers = {"x-request-id": "mine-1", "x-session-id": "talk", "traceparent": f"00-{'a' * 32}-{'b' * 16}-01"}

    def failing(_call: Call, _end: object) -> None:
        raise ZeroDivisionError

    with Mock() as mock:
        asking = client(mock, Notes(), middleware=[Layer(middleware=Hooks(on_end=failing), after="telemetry")])
        await asking.acompletion(model="gpt-5", messages=MESSAGES, extra_headers=headers)
    logging.getLogger("any_llm").warning("something else")
    inside, outside = (vars(record) for record in caplog.records)
    assert inside["request_id"] == "mine-1"
    assert inside["any_llm"] == {
        "request_id": "mine-1", "session_id": "talk", "trace_id": "a" * 32, "span_id": "b" * 16,
        "provider": "openai", "model": "gpt-5", "attempt": 1,
    }  # fmt: skip
    assert (outside["request_id"], outside["any_llm"]) == ("", {})
