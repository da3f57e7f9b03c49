"""Reading the log, of which each tenant's chain tells, and which proves nothing that is not so."""

from __future__ import annotations

from pathlib import Path

import pytest

from any_llm.audit.log import AuditLog
from any_llm.audit.proof import prove
from any_llm.audit.reading import Query, Reader, read_events, rows_of
from any_llm.refusals import AuditError
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


def test_nothing_is_proved_of_a_log_that_was_changed(log: AuditLog) -> None:
    log.append([asked(f"user-{number}") for number in range(12)])
    unguarded(log)
    with log.transaction() as transaction:
        transaction.session.run("UPDATE audit_events SET at = '2020' WHERE number = 3")
        transaction.session.run("DELETE FROM audit_events WHERE number = 7")
    for number in (3, 5):
        with pytest.raises(AuditError, match="the log is not as it was written"):
            prove(log, "", number, READER)
