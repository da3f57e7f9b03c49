"""What tests of the audit log share: a clock that is set, and events."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from typing_extensions import override

from any_llm.audit.event import Event
from any_llm.audit.log import AuditLog
from any_llm.audit.verification import Verdict, verify
from any_llm.pipeline.surroundings import SystemClock

SECONDS = 1_790_000_000.0
DAY = 86_400.0


class Clock(SystemClock):
    """Tells the time that it is set to."""

    def __init__(self, now: float) -> None:
        self.now = now

    @override
    def time(self) -> float:
        return self.now


def asked(actor: str = "ann", text: str = '"Say hello."', tenant: str = "", **details: object) -> Event:
    """Return the event of a call."""
    contents = {"request": text.encode(), "response": b'"Hello."'}
    return Event(action="completion", stream="access", tenant=tenant, actor=actor, details=details, contents=contents)


def verdict(log: AuditLog) -> Verdict:
    """Return what a verification of a whole log says."""
    with log.database.snapshot() as session:
        return verify(session, [log.signer.public])


def changing(path: Path) -> sqlite3.Connection:
    """Return a connection by which somebody changes a log, who first takes away what keeps them from it."""
    connection = sqlite3.connect(path, isolation_level=None)
    for name in ("audit_events_stay", "audit_events_same"):
        connection.execute(f"DROP TRIGGER IF EXISTS {name}")
    return connection


def unguarded(log: AuditLog) -> None:
    """Take away what in the database keeps a log from being changed."""
    where = " ON audit_events" if log.database.postgres else ""
    with log.database.transaction() as session:
        for name in ("audit_events_stay", "audit_events_same"):
            session.run(f"DROP TRIGGER {name}{where}")
