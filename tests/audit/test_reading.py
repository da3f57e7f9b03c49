"""Reading the log, of which each tenant's chain tells, and which proves nothing that is not so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from any_llm.audit.log import AuditLog
from any_llm.audit.proof import prove
from any_llm.audit.reading import Query, Reader, each_event, read_events, rows_of
from any_llm.audit.reports import report
from any_llm.refusals import AuditError
from any_llm.types.auditing import Audit
from tests.audit.logs import asked, unguarded

READER = Reader(actor="auditor")


@pytest.fixture
def place(tmp_path: Path) -> str:
    """The place of a log in SQLite: none of this depends on the database."""
    return f"sqlite:{tmp_path / 'audit.db'}"


def told(log: AuditLog, action: str = "") -> list[dict[str, object]]:
    """Return events, without leaving a trace."""
    with log.database.snapshot() as session:
        return [row.told() for row in rows_of(session, Query(action=action))]


def test_reading_is_recorded_with_each_tenant_whose_events_were_read(log: AuditLog) -> None:
    log.append([asked("ann", tenant="a"), asked("ann", tenant="a"), asked("bob", tenant="b")])
    read_events(log, Query(stream="access"), READER, "export")
    read_events(log, Query(actor="nobody"), READER, "export")
    assert [(event["tenant"], event["events"]) for event in told(log, action="audit.export")] == [
        ("", 0), ("a", 2), ("b", 1),
    ]  # fmt: skip


def test_nobody_is_named_where_a_reading_is_told_who_is_called_by_a_reference(
    policy: Audit, open_log: Callable[[Audit], AuditLog]
) -> None:
    log = open_log(msgspec.structs.replace(policy, content="encrypted"))
    log.append([asked("ann-smith")])
    # Who reads need not know how the log is kept.
    for reading in (log, open_log(policy)):
        assert report(reading, "subject", Query(tenant="", actor="ann-smith"), READER)["events"] == 1
        assert report(log, "subject", Query(tenant="", actor="bob-smith"), READER)["events"] == 0
    assert "smith" not in str(told(log))
    with log.transaction() as transaction:
        transaction.session.run("UPDATE audit_subjects SET secret = ?", bytes(32))
    with pytest.raises(AuditError, match="is not encrypted with their key: somebody has changed the log"):
        report(log, "subject", Query(tenant="", actor="ann-smith"), READER)


def test_a_long_log_is_read_in_pieces_and_without_what_comes_meanwhile(log: AuditLog) -> None:
    log.append([asked(f"user-{number}", tenant=tenant) for tenant in ("a", "b") for number in range(1_100)])
    reading = each_event(log, Query(), READER, "export")
    first = next(reading)
    log.append([asked("late", tenant="b")])
    rows = [first, *reading]
    assert len(rows) == 2_200
    assert [row.number for row in rows] == [*range(1, 1_101)] * 2
    assert "late" not in {row.actor for row in rows}
    assert len(read_events(log, Query(tenant="b", first=1_099), READER, "export")) == 4


def test_nothing_is_proved_of_a_log_that_was_changed(log: AuditLog) -> None:
    log.append([asked(f"user-{number}") for number in range(12)])
    unguarded(log)
    with log.transaction() as transaction:
        transaction.session.run("UPDATE audit_events SET at = '2020' WHERE number = 3")
        transaction.session.run("DELETE FROM audit_events WHERE number = 7")
    for number in (3, 5):
        with pytest.raises(AuditError, match="the log is not as it was written"):
            prove(log, "", number, READER)
