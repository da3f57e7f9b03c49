"""The tables of an audit log, and what in the database itself keeps them from being changed."""

from __future__ import annotations

_TABLES = """
CREATE TABLE IF NOT EXISTS audit_events (
    tenant TEXT NOT NULL, number BIGINT NOT NULL, digest BLOB NOT NULL, hash BLOB NOT NULL, body BLOB,
    stream TEXT NOT NULL, class TEXT NOT NULL, at TEXT NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,
    PRIMARY KEY (tenant, number)
);
CREATE INDEX IF NOT EXISTS audit_events_at ON audit_events (tenant, at);
CREATE INDEX IF NOT EXISTS audit_events_actor ON audit_events (tenant, actor);
CREATE TABLE IF NOT EXISTS audit_heads (
    tenant TEXT PRIMARY KEY, place BIGINT NOT NULL, number BIGINT NOT NULL, hash BLOB NOT NULL, checked BIGINT NOT NULL,
    checked_at TEXT NOT NULL, key_id TEXT NOT NULL, signature BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS audit_roster (
    one INTEGER PRIMARY KEY, tenants BIGINT NOT NULL, public BLOB NOT NULL, key_id TEXT NOT NULL,
    signature BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS audit_handovers (
    number BIGINT PRIMARY KEY, old_key BLOB NOT NULL, new_key BLOB NOT NULL, at TEXT NOT NULL, by_old BLOB NOT NULL,
    by_new BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS audit_checkpoints (
    tenant TEXT NOT NULL, first BIGINT NOT NULL, last BIGINT NOT NULL, root BLOB NOT NULL, at TEXT NOT NULL,
    key_id TEXT NOT NULL, signature BLOB NOT NULL, PRIMARY KEY (tenant, last)
);
CREATE TABLE IF NOT EXISTS audit_subjects (
    tenant TEXT NOT NULL, subject TEXT NOT NULL, ref TEXT NOT NULL, secret BLOB NOT NULL, PRIMARY KEY (tenant, subject)
);
CREATE TABLE IF NOT EXISTS audit_holds (
    tenant TEXT NOT NULL, name TEXT NOT NULL, subject TEXT NOT NULL, told TEXT NOT NULL, class TEXT NOT NULL,
    reason TEXT NOT NULL, since TEXT NOT NULL, PRIMARY KEY (tenant, name)
);
"""
"""An event's number is its place in the chain of its tenant, from 1 on. `checked` is the last one in a checkpoint.

A chain's place is its number among all that were begun in the log, and the roster holds how many those are, so that one
that is gone as a whole is missed. A hold has its subject's name, and what its event calls them.
"""

_SAME = " AND ".join(
    f"NEW.{name} = OLD.{name}" for name in ("tenant", "number", "digest", "hash", "stream", "class", "at", "action")
)
_TAKEN_AWAY = f"NEW.body IS NULL AND NEW.actor = '' AND {_SAME}"
"""The one change that is allowed: retention or an erasure takes the body of an event away."""

_REFUSAL = "The audit log is append-only"


def _statements(text: str) -> tuple[str, ...]:
    return tuple(statement.strip() for statement in text.split(";") if statement.strip())


_STAY = "CREATE TRIGGER IF NOT EXISTS audit_events_stay BEFORE DELETE ON audit_events"
_ALIKE = f"CREATE TRIGGER IF NOT EXISTS audit_events_same BEFORE UPDATE ON audit_events WHEN NOT ({_TAKEN_AWAY})"

SQLITE = (
    *_statements(_TABLES),
    f"{_STAY} BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END",
    f"{_ALIKE} BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END",
)
"""What makes the tables in SQLite where they are not there."""

_REFUSE = "EXECUTE FUNCTION audit_events_refuse()"
_FUNCTION = "CREATE OR REPLACE FUNCTION audit_events_refuse() RETURNS trigger LANGUAGE plpgsql AS"
_TRIGGER = "CREATE OR REPLACE TRIGGER audit_events_{} BEFORE {} ON audit_events FOR EACH {}"

POSTGRES = (
    *_statements(_TABLES.replace("BLOB", "BYTEA")),
    f"{_FUNCTION} $$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$",
    f"{_TRIGGER.format('stay', 'DELETE', 'ROW')} {_REFUSE}",
    f"{_TRIGGER.format('none', 'TRUNCATE', 'STATEMENT')} {_REFUSE}",
    f"{_TRIGGER.format('same', 'UPDATE', 'ROW')} WHEN (NOT ({_TAKEN_AWAY})) {_REFUSE}",
)
"""What makes them in PostgreSQL, from version 14 on."""
