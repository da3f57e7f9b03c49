"""Reading the audit log, which the log tells of itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from any_llm.audit.database import Session, as_bytes
from any_llm.audit.event import Event, Row
from any_llm.audit.heads import head_of
from any_llm.audit.log import AuditLog
from any_llm.audit.sealing import Subject, find_subject, opened
from any_llm.types.json import JSON, JSONObject, is_object

_PAGE = 1_000
_COLUMNS = "tenant, number, digest, hash, body, stream, class, at, actor, action"
_MATCHES: Mapping[str, str] = {
    "stream": "stream = ?",
    "kind": "class = ?",
    "action": "action = ?",
    "since": "at >= ?",
    "until": "at < ?",
    "first": "number >= ?",
    "last": "number <= ?",
}
_ACTOR = "(actor = ? OR actor = ?)"
_LEAST = -(2**63)
"""No event has such a number, but somebody may have put in one that has."""


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """Which events are wanted; what is empty does not matter. `tenant` is a name, or `None` for every tenant's.

    `since` and `until` are times as RFC 3339 writes them, or the beginning of one, such as `2026-11`; `first` and
    `last` are numbers. `reference` is what the actor is called where contents are encrypted.
    """

    tenant: str | None = None
    stream: str = ""
    kind: str = ""
    action: str = ""
    actor: str = ""
    since: str = ""
    until: str = ""
    first: int = 0
    last: int = 0
    reference: str = ""

    def said(self) -> JSONObject:
        """Return what is asked for."""
        told = {name: getattr(self, name) for name in self.__struct_fields__ if name != "reference"}
        return {name: value for name, value in told.items() if value not in (None, "", 0)}


class Reader(msgspec.Struct, frozen=True, kw_only=True):
    """Who reads the log, and why."""

    actor: str
    reason: str = ""


def read_events(log: AuditLog, query: Query, reader: Reader, purpose: str) -> list[Row]:
    """Return the events that are asked for, as `each_event` yields them."""
    return list(each_event(log, query, reader, purpose))


def each_event(log: AuditLog, query: Query, reader: Reader, purpose: str) -> Iterator[Row]:
    """Yield the events that are asked for, oldest first by tenant; before the first one the log tells of that.

    Where contents are encrypted, a query for an actor finds what is told of them by their reference, too. Events that
    come while others are read are not among them.

    Raises:
        AuditError: the log cannot be read or written.
    """
    with log.database.snapshot() as session:
        query = with_reference(session, query)
        where, values = _conditions(query)
        counted = f"SELECT tenant, COUNT(*), MAX(number) FROM audit_events WHERE {where}"  # noqa: S608  # ours
        statement = f"{counted} GROUP BY tenant ORDER BY tenant"
        found = {tenant: (count, last) for tenant, count, last in session.rows(statement, *_start(query), *values)}
    tell_found(log, query, reader, purpose, {tenant: count for tenant, (count, _) in found.items()})
    after = _start(query)
    while found:
        with log.database.snapshot() as session:
            page = _page(session, query, after)
        yield from (row for row in page if row.number <= found.get(row.tenant, (0, 0))[1])
        if len(page) < _PAGE:
            break
        after = page[-1].tenant, page[-1].number


def tell_found(log: AuditLog, query: Query, reader: Reader, purpose: str, found: Mapping[str, int]) -> None:
    """Write into the log that somebody read it: into the chain of each tenant whose events they were given.

    Raises:
        AuditError: the log cannot be written.
    """
    said = query.said()
    if query.actor and (query.reference or log.policy.content == "encrypted"):
        # Whoever is called by a reference is not to be named where that is told.
        said["actor"] = query.reference or "(nobody known)"
    tenants = dict(found) or {query.tenant or "": 0}
    tell_reading(log, reader, purpose, {name: {"query": said, "events": count} for name, count in tenants.items()})


def tell_reading(log: AuditLog, reader: Reader, purpose: str, about: Mapping[str, JSONObject]) -> None:
    """Write into the chains of some tenants that somebody looked at them, and what is to be told of that.

    Of a tenant who has none, the chain of no tenant tells: nobody gets one by being asked about.

    Raises:
        AuditError: the log cannot be written.
    """
    with log.transaction() as transaction:
        there = {tenant for tenant in about if head_of(transaction.session, tenant).place}
        transaction.append(
            [
                _reading(reader, purpose, tenant if tenant in there else "", told | ({"of": tenant} if tenant else {}))
                for tenant, told in about.items()
            ]
        )


def _reading(reader: Reader, purpose: str, tenant: str, about: JSONObject) -> Event:
    details = about | ({"reason": reader.reason} if reader.reason else {})
    action = f"audit.{purpose}"
    return Event(action=action, stream="admin", tenant=tenant, actor=reader.actor, kind="audit", details=details)


def rows_of(session: Session, query: Query) -> Iterator[Row]:
    """Yield the events that are asked for, by tenant and number."""
    after = _start(query)
    while True:
        page = _page(session, query, after)
        yield from page
        if len(page) < _PAGE:
            return
        after = page[-1].tenant, page[-1].number


def _start(query: Query) -> tuple[str, int]:
    """Return before what the first event stands."""
    return query.tenant or "", _LEAST


def _page(session: Session, query: Query, after: tuple[str, int]) -> list[Row]:
    where, values = _conditions(query)
    statement = f"SELECT {_COLUMNS} FROM audit_events WHERE {where} ORDER BY tenant, number LIMIT {_PAGE}"  # noqa: S608  # columns and conditions of ours
    return [row_of(row) for row in session.rows(statement, *after, *values)]


def _conditions(query: Query) -> tuple[str, list[object]]:
    """Return what is asked for as SQL, the first two values of which are a tenant and a number to begin behind."""
    conditions = ["(tenant, number) > (?, ?)" if query.tenant is None else "tenant = ? AND number > ?"]
    named = [name for name in _MATCHES if getattr(query, name)]
    conditions += [_MATCHES[name] for name in named]
    values: list[object] = [getattr(query, name) for name in named]
    if query.actor:
        conditions.append(_ACTOR)
        values += query.actor, query.reference or query.actor
    return " AND ".join(conditions), values


def row_of(row: JSON) -> Row:
    """Return a row of the table of events as a value."""
    tenant, number, digest, link, body, stream, kind, at, actor, action = row
    return Row(
        tenant=tenant,
        number=number,
        digest=as_bytes(digest),
        hash=as_bytes(link),
        body=None if body is None else as_bytes(body),
        stream=stream,
        kind=kind,
        at=at,
        actor=actor,
        action=action,
    )


def with_reference(session: Session, query: Query) -> Query:
    """Return a query for an actor with their reference, where they have one; the very same one where they have not."""
    subject = find_subject(session, query.tenant or "", query.actor) if query.actor else None
    return query if subject is None else msgspec.structs.replace(query, reference=subject.ref)


def subjects_of(session: Session, tenant: str) -> Mapping[str, tuple[str, Subject]]:
    """Return by their references who the subjects of a tenant are, with their keys."""
    rows = session.rows("SELECT subject, ref, secret FROM audit_subjects WHERE tenant = ?", tenant)
    return {ref: (name, Subject(ref, as_bytes(secret))) for name, ref, secret in rows}


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
