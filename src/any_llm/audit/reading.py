"""Reading the audit log, which the log tells of itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from any_llm.audit.database import Session
from any_llm.audit.event import Event, Row
from any_llm.audit.log import AuditLog
from any_llm.audit.sealing import Subject, find_subject, opened
from any_llm.types.json import JSON, JSONObject, is_object

_PAGE = 1_000
_COLUMNS = "tenant, number, digest, hash, body, stream, class, at, actor, action"
_MATCHES: Mapping[str, str] = {
    "tenant": "tenant = ?",
    "stream": "stream = ?",
    "kind": "class = ?",
    "action": "action = ?",
    "actor": "actor = ?",
    "since": "at >= ?",
    "until": "at < ?",
}


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """Which events are wanted; what is empty does not matter. `tenant` is a name, or `None` for every tenant's.

    `since` and `until` are times as RFC 3339 writes them, or the beginning of one, such as `2026-11`.
    """

    tenant: str | None = None
    stream: str = ""
    kind: str = ""
    action: str = ""
    actor: str = ""
    since: str = ""
    until: str = ""

    def said(self) -> JSONObject:
        """Return what is asked for, as the log tells of it."""
        return {name: value for name in self.__struct_fields__ if (value := getattr(self, name)) not in (None, "")}


class Reader(msgspec.Struct, frozen=True, kw_only=True):
    """Who reads the log, and why."""

    actor: str
    reason: str = ""


def read_events(log: AuditLog, query: Query, reader: Reader, purpose: str) -> list[Row]:
    """Return the events that are asked for, oldest first by tenant; the log has an event more, which tells of that.

    Where contents are encrypted, a query for an actor finds what is told of them by their reference.

    Raises:
        AuditError: the log cannot be read or written.
    """
    with log.database.snapshot() as session:
        # Whoever is called by a reference is not to be named where that is told.
        known = with_reference(session, query)
        found = list(rows_of(session, known))
    said = known.said()
    if log.policy.content == "encrypted" and query.actor and known is query:
        said["actor"] = "(nobody known)"
    tell_reading(log, reader, purpose, query.tenant, {"query": said, "events": len(found)})
    return found


def tell_reading(log: AuditLog, reader: Reader, purpose: str, tenant: str | None, about: JSONObject) -> None:
    """Write into the log that somebody read it.

    Raises:
        AuditError: the log cannot be written.
    """
    details = about | ({"reason": reader.reason} if reader.reason else {})
    event = Event(
        action=f"audit.{purpose}",
        stream="admin",
        tenant=tenant or "",
        actor=reader.actor,
        kind="audit",
        details=details,
    )
    log.append([event])


def rows_of(session: Session, query: Query) -> Iterator[Row]:
    """Yield the events that are asked for, by tenant and number."""
    conditions = [
        text for name, text in _MATCHES.items() if getattr(query, name) or (name == "tenant" and query.tenant == "")
    ]
    values = [getattr(query, name) for name, text in _MATCHES.items() if text in conditions]
    after: tuple[str, int] = ("", 0)
    while True:
        where = " AND ".join(("(tenant > ? OR (tenant = ? AND number > ?))", *conditions))
        statement = f"SELECT {_COLUMNS} FROM audit_events WHERE {where} ORDER BY tenant, number LIMIT {_PAGE}"  # noqa: S608  # columns and conditions of ours
        page = session.rows(statement, after[0], *after, *values)
        for row in page:
            yield row_of(row)
        if len(page) < _PAGE:
            return
        after = page[-1][0], page[-1][1]


def row_of(row: JSON) -> Row:
    """Return a row of the table of events as a value."""
    tenant, number, digest, link, body, stream, kind, at, actor, action = row
    return Row(
        tenant=tenant,
        number=number,
        digest=_bytes(digest),
        hash=_bytes(link),
        body=None if body is None else _bytes(body),
        stream=stream,
        kind=kind,
        at=at,
        actor=actor,
        action=action,
    )


def _bytes(value: JSON) -> bytes:
    """Return what a database gives for bytes: who changes them by hand may leave text."""
    return value.encode() if isinstance(value, str) else bytes(value)


def with_reference(session: Session, query: Query) -> Query:
    """Return a query for an actor by their reference, where they have one; the very same query where they have not."""
    subject = find_subject(session, query.tenant or "", query.actor) if query.actor else None
    return query if subject is None else msgspec.structs.replace(query, actor=subject.ref)


def subjects_of(session: Session, tenant: str) -> Mapping[str, tuple[str, Subject]]:
    """Return by their references who the subjects of a tenant are, with their keys."""
    rows = session.rows("SELECT subject, ref, secret FROM audit_subjects WHERE tenant = ?", tenant)
    return {ref: (name, Subject(ref, bytes(secret))) for name, ref, secret in rows}


def unsealed(told: JSONObject, subjects: Mapping[str, tuple[str, Subject]]) -> JSONObject:
    """Return an event with what was encrypted in clear, and its actor by name, as far as their key is there still."""
    known = subjects.get(str(told.get("actor", "")))
    if known is None:
        return told
    name, subject = known
    clear: JSONObject = {"actor": name}
    for part, kept in told.items():
        if is_object(kept) and "encrypted" in kept:
            clear[part] = {"digest": kept["digest"], "content": opened(kept, subject)}
    return told | clear
