"""The layer `audit` tells of every call, also of those that others refuse, and loses nothing of what was answered."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from time import monotonic

import msgspec
import pytest

from any_llm import AnyLLM, Budget, Limit, Route
from any_llm.attempts import Considered, Routing
from any_llm.audit.log import AuditLog
from any_llm.audit.reading import Query, rows_of
from any_llm.audit.verification import verify
from any_llm.audit.writer import Writer
from any_llm.exceptions import OverloadedError
from any_llm.middleware.audit import _decisions
from any_llm.pipeline.stream import is_stream
from any_llm.pipeline.surroundings import PROCESS, Surroundings
from any_llm.refusals import AuditError, BudgetExceededError, GuardrailError, LimitExceededError
from any_llm.testing import Mock
from any_llm.types.auditing import Audit
from any_llm.types.caller import Caller
from any_llm.types.guards import Guards
from any_llm.types.json import JSONObject
from any_llm.types.report import Report
from tests.client.answers import MESSAGES


@pytest.fixture
def policy(tmp_path: Path) -> Audit:
    return Audit(place=f"sqlite:{tmp_path / 'audit.db'}", group_window=0.001)


@pytest.fixture
def surroundings() -> Iterator[Surroundings]:
    made = Surroundings()
    yield made
    for kept in made.kept.values():
        if isinstance(kept, Writer):
            assert kept.flush(5)
            kept.log.close()


def events(policy: Audit, surroundings: Surroundings) -> list[JSONObject]:
    """Return what the log tells, once everything is in it, and see that it is whole."""
    for kept in surroundings.kept.values():
        if isinstance(kept, Writer):
            assert kept.flush(5)
    log = AuditLog(policy, PROCESS.clock)
    with log.database.snapshot() as session:
        assert verify(session, [log.signer.public]).problems == []
        told = [row.told() for row in rows_of(session, Query())]
    log.close()
    return told


async def test_a_call_is_told_with_who_asked_whom_and_digests(policy: Audit, surroundings: Surroundings) -> None:
    with Mock() as mock:
        asking = mock.client(
            "openai", audit=policy, surroundings=surroundings, caller=Caller(tenant="acme", tags=("t",))
        )
        answer = await asking.acompletion(model="gpt-5", messages=MESSAGES, user="ann")
    (event,) = events(policy, surroundings)
    assert event["actor"] == "ann"
    assert event["tenant"] == "acme"
    assert event["action"] == "completion"
    assert event["target"] == "openai:gpt-5"
    assert event["outcome"] == "complete"
    assert event["tags"] == ["t"]
    assert event["client_request_id"] == answer.report.client_request_id
    assert event["attempts"][0]["outcome"] == "ok"
    assert event["key"] == event["attempts"][0]["key"] != ""
    assert event["at"] <= event["ended"]
    assert event["request"]["digest"] != event["response"]["digest"]


async def test_a_stream_is_told_when_it_ends_and_has_the_digest_of_what_was_taken(
    policy: Audit, surroundings: Surroundings
) -> None:
    with Mock() as mock:
        asking = mock.client("openai", audit=policy, surroundings=surroundings)
        stream = await asking.acompletion(model="gpt-5", messages=MESSAGES, stream=True)
        assert events(policy, surroundings) == []
        async for _ in stream:
            pass
        left = await asking.acompletion(model="gpt-5", messages=MESSAGES, stream=True)
        left.close()
    assert [event["outcome"] for event in events(policy, surroundings)] == ["complete", "closed"]


async def test_what_others_refuse_and_what_fails_is_told(policy: Audit, surroundings: Surroundings) -> None:
    secret = [{"role": "user", "content": "my key is sk-1234567890abcdefghij"}]
    with Mock() as mock:
        guarded = mock.client("openai", audit=policy, surroundings=surroundings, guards=Guards(requests="block"))
        with pytest.raises(GuardrailError):
            await guarded.acompletion(model="gpt-5", messages=secret)
    with Mock(fault="status=529") as mock, pytest.raises(OverloadedError):
        await mock.client("openai", audit=policy, surroundings=surroundings, retry=None).acompletion(
            model="gpt-5", messages=MESSAGES
        )
    refused, failed = events(policy, surroundings)
    assert (refused["outcome"], refused["refused_by"]) == ("failed", "GuardrailError")
    assert refused["findings"][0]["action"] == "blocked"
    assert (failed["error"], failed["status"]) == ("OverloadedError", 529)
    assert "refused_by" not in failed
    assert "sk-1234567890" not in str((refused, failed))


async def test_what_guards_found_and_the_cache_did_are_policy_decisions(
    policy: Audit, surroundings: Surroundings
) -> None:
    secret = [{"role": "user", "content": "write to ann@example.org"}]
    with Mock() as mock:
        asking = mock.client(
            "openai", audit=policy, surroundings=surroundings, guards=Guards(detect=("personal",)), cache=True
        )
        for _ in range(2):
            await asking.acompletion(model="gpt-5", messages=secret)
    first, second = events(policy, surroundings)
    assert first["policy"]["cache"] == "miss"
    assert second["policy"]["cache"] == "hit"
    assert first["policy"]["findings"]


async def test_a_call_that_is_cancelled_or_too_late_is_told(policy: Audit, surroundings: Surroundings) -> None:
    with Mock(fault="slow-headers=60") as mock:
        asking = mock.client("openai", audit=policy, surroundings=surroundings)
        with pytest.raises(Exception, match="deadline"):
            await asking.acompletion(model="gpt-5", messages=MESSAGES, deadline=0.05)
        task = asyncio.create_task(asking.acompletion(model="gpt-5", messages=MESSAGES))
        while len(mock.calls) < 2:  # noqa: ASYNC110  # the mock tells nobody of a request
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    late, cancelled = events(policy, surroundings)
    assert (late["outcome"], late["error"]) == ("failed", "DeadlineExceededError")
    assert cancelled["outcome"] == "cancelled"


async def test_an_answer_comes_after_its_event_is_on_the_disk_where_that_is_wanted(
    policy: Audit, surroundings: Surroundings
) -> None:
    policy = msgspec.structs.replace(policy, durability="commit")
    with Mock() as mock, Mock(fault="status=529") as failing:
        asking = mock.client("openai", audit=policy, surroundings=surroundings)
        await asking.acompletion(model="gpt-5", messages=MESSAGES)
        assert numbers(policy) == [1]
        stream = await asking.acompletion(model="gpt-5", messages=MESSAGES, stream=True)
        assert numbers(policy) == [1, 2]
        stream.close()
        with pytest.raises(OverloadedError):
            await failing.client("openai", audit=policy, surroundings=surroundings, retry=None).acompletion(
                model="gpt-5", messages=MESSAGES
            )
        assert len(numbers(policy)) == 4
    assert [event["outcome"] for event in events(policy, surroundings)] == ["complete", "opened", "closed", "failed"]


def numbers(policy: Audit) -> list[int]:
    database = sqlite3.connect(policy.place.removeprefix("sqlite:"))
    found = [row[0] for row in database.execute("SELECT number FROM audit_events ORDER BY number")]
    database.close()
    return found


@pytest.mark.parametrize("durability", ["group", "commit"])
async def test_calls_are_refused_while_the_log_cannot_be_written_and_nothing_is_lost(
    policy: Audit, surroundings: Surroundings, tmp_path: Path, durability: str, caplog: pytest.LogCaptureFixture
) -> None:
    policy = msgspec.structs.replace(
        policy, place=f"sqlite:{tmp_path / 'gone' / 'audit.db'}", key=str(tmp_path / "k"), durability=durability
    )
    (tmp_path / "gone").write_text("in the way")
    with Mock() as mock, caplog.at_level(logging.ERROR, "any_llm"):
        asking = mock.client("openai", audit=policy, surroundings=surroundings)
        refused = 0
        while not refused:
            try:
                await asking.acompletion(model="gpt-5", messages=MESSAGES)
            except AuditError:
                refused += 1
        assert len(mock.calls) >= 1
        going_on = mock.client(
            "openai", audit=msgspec.structs.replace(policy, on_failure="continue"), surroundings=surroundings
        )
        await going_on.acompletion(model="gpt-5", messages=MESSAGES)
        (tmp_path / "gone").unlink()
    assert len(events(policy, surroundings)) == len(mock.calls)
    assert "is tried again" in caplog.text


async def test_calls_wait_for_room(policy: Audit, surroundings: Surroundings) -> None:
    policy = msgspec.structs.replace(policy, capacity=1, group_window=0.05)
    with Mock() as mock:
        asking = mock.client("openai", audit=policy, surroundings=surroundings)
        started = monotonic()
        for _ in range(3):
            await asking.acompletion(model="gpt-5", messages=MESSAGES)
        assert monotonic() - started >= 0.05
    assert len(events(policy, surroundings)) == 3


async def test_content_may_stay_out(policy: Audit, surroundings: Surroundings) -> None:
    policy = msgspec.structs.replace(policy, content="none")
    with Mock() as mock:
        asking = mock.client("openai", audit=policy, surroundings=surroundings)
        await asking.acompletion(model="gpt-5", messages=MESSAGES, extra_body={"seed": 1})
        async for _ in await asking.acompletion(model="gpt-5", messages=MESSAGES, stream=True):
            pass
    assert [event.keys() & {"request", "response"} for event in events(policy, surroundings)] == [set(), set()]


async def test_a_stream_whose_pieces_do_not_add_up_is_told_as_incomplete(
    policy: Audit, surroundings: Surroundings
) -> None:
    with Mock() as mock:
        asking = mock.client("openai", audit=policy, surroundings=surroundings)
        stream = await asking.acompletion(model="gpt-5", messages=MESSAGES, stream=True)
        assert is_stream(stream)
        stream.fold = None
        stream.close()
    (event,) = events(policy, surroundings)
    assert (event["outcome"], event["incomplete"]) == ("closed", True)
    assert "response" not in event


def test_what_a_route_passed_is_a_policy_decision() -> None:
    dropped = Considered(target="openai:gpt-4", route="fast", reason="no tools")
    asked = Considered(target="openai:gpt-5", route="fast", place=1)
    routing = Routing(route="fast", passed=["openai:gpt-5: OverloadedError"], considered=(asked, dropped), hedged=1)
    assert _decisions(Report(routing=routing)) == {
        "route": "fast",
        "passed": ["openai:gpt-5: OverloadedError"],
        "dropped": {"openai:gpt-4": "no tools"},
        "hedged": 1,
    }


async def test_a_call_that_every_target_of_a_route_failed_is_told_with_what_each_failed_with(
    policy: Audit, surroundings: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-0123456789abcdefghij")
    routes = {"fast": Route(targets=("openai:gpt-5", "openai:gpt-5-mini"))}
    with Mock(fault="status=529") as mock:
        said: JSONObject = {"transport": mock.transport, "surroundings": surroundings, "retry": None}
        asking = AnyLLM.create("route", routes=routes, audit=policy, **said)
        with pytest.raises(OverloadedError):
            await asking.acompletion("fast", MESSAGES)
    (event,) = events(policy, surroundings)
    assert event["policy"] == {
        "route": "fast", "passed": ["openai:gpt-5: OverloadedError", "openai:gpt-5-mini: OverloadedError"]
    }  # fmt: skip
    assert [attempt["error"] for attempt in event["attempts"]] == ["OverloadedError"] * 2


async def test_what_budgets_and_limits_decide_is_told_and_in_encrypted_logs_nobody_is_named(
    policy: Audit, surroundings: Surroundings
) -> None:
    policy = msgspec.structs.replace(policy, content="encrypted")
    mine = Budget(amount=Decimal("0.000001"), window="day", name="mine", per=("user",))
    ann = Caller(user="ann-smith", project="books")
    with Mock() as mock:

        def client(**said: object) -> AnyLLM:
            return mock.client("openai", audit=policy, surroundings=surroundings, caller=ann, **said)

        for _ in range(2):
            await client(budgets=[msgspec.structs.replace(mine, on_exhausted="warn")]).acompletion("gpt-5", MESSAGES)
        with pytest.raises(BudgetExceededError):
            await client(budgets=[mine]).acompletion("gpt-5", MESSAGES)
        once = client(limits=[Limit(amount=1, name="once", mode="reject")])
        await once.acompletion("gpt-5", MESSAGES)
        with pytest.raises(LimitExceededError):
            await once.acompletion("gpt-5", MESSAGES)
    _, warned, refused, _, limited = told = events(policy, surroundings)
    (warning,) = warned["policy"]["warnings"]
    assert warning.startswith("budget 'mine' was exceeded: $")
    assert (refused["refused_by"], refused["budget"], refused["limit"], refused["each"]) == (
        "BudgetExceededError", "mine", "0.000001", ["user"],
    )  # fmt: skip
    assert (limited["refused_by"], limited["limit"]) == ("LimitExceededError", "once")
    assert {event["project"] for event in told} == {"books"}
    assert "ann-smith" not in str(told)


PROGRAM = """
import asyncio, sys
from any_llm.testing import Mock
from any_llm.types.auditing import Audit

async def main() -> None:
    with Mock() as mock:
        asking = mock.client("openai", audit=Audit(place=sys.argv[1], durability="commit"))
        async def call() -> None:
            answer = await asking.acompletion(model="gpt-5", messages=[{"role": "user", "content": "hi"}])
            print(answer.report.client_request_id, flush=True)
        calls = set()
        while True:
            task = asyncio.ensure_future(call())
            calls.add(task)
            task.add_done_callback(calls.discard)
            await asyncio.sleep(1 / 320)

asyncio.run(main())
"""


@pytest.mark.unmeasured
def test_nothing_that_was_answered_is_lost_when_the_process_is_killed_at_300_calls_a_second(tmp_path: Path) -> None:
    policy = Audit(place=f"sqlite:{tmp_path / 'audit.db'}")
    for wanted in (150, 350):
        program = subprocess.Popen([sys.executable, "-c", PROGRAM, policy.place], stdout=subprocess.PIPE, text=True)
        assert program.stdout
        answered = [program.stdout.readline().strip() for _ in range(wanted)]
        program.send_signal(signal.SIGKILL)
        answered += program.stdout.read().split("\n")[:-1]
        program.stdout.close()
        assert program.wait() == -signal.SIGKILL
        log = AuditLog(policy, PROCESS.clock)
        with log.database.snapshot() as session:
            assert verify(session, [log.signer.public]).problems == []
            kept = {row.told()["client_request_id"] for row in rows_of(session, Query())}
        log.close()
        assert set(answered) - kept == set()
        assert len(answered) >= wanted


def test_a_forked_child_writes_by_itself(policy: Audit) -> None:
    from any_llm.audit.event import Event  # noqa: PLC0415  # used here alone

    writer = Writer(AuditLog(policy, PROCESS.clock))
    writer.put(Event(action="parent", stream="admin"))
    assert writer.flush(5)
    program = os.fork()
    if program == 0:
        writer.put(Event(action="child", stream="admin"))
        os._exit(not writer.flush(5))
    assert os.waitpid(program, 0)[1] == 0
    with writer.log.database.snapshot() as session:
        assert [row.action for row in rows_of(session, Query())] == ["parent", "child"]
    writer.log.close()
