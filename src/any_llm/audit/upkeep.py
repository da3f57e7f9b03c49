"""What takes something out of the log, and what forbids it: retention, erasure, and legal holds.

A body goes, its digest stays, and an event tells the numbers of all that went: the chain is as provable as before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from any_llm.audit.database import Session
from any_llm.audit.event import Event, written_time
from any_llm.audit.log import AuditLog, Transaction
from any_llm.audit.reading import Query, Reader
from any_llm.audit.sealing import find_subject, subject_of
from any_llm.refusals import AuditError
from any_llm.types.json import JSON

_DAY = 86_400.0
_AT_ONCE = 10_000
"""How many bodies one transaction takes away, so that calls which wait for the log never wait long."""

_HELD = (
    "EXISTS (SELECT 1 FROM audit_holds h WHERE h.tenant = audit_events.tenant "
    "AND (h.class = '' OR h.class = audit_events.class) AND (h.subject = '' OR h.subject = audit_events.actor "
    "OR EXISTS (SELECT 1 FROM audit_subjects s WHERE s.tenant = h.tenant AND s.subject = h.subject "
    "AND s.ref = audit_events.actor)))"
)
_FORBIDS = (
    "SELECT name FROM audit_holds h WHERE tenant = ? AND (subject = ? OR (subject = '' AND EXISTS (SELECT 1 FROM "
    "audit_events e WHERE e.tenant = h.tenant AND e.actor IN (?, ?) AND e.stream = 'access' AND e.body IS NOT NULL "
    "AND (h.class = '' OR h.class = e.class)))) ORDER BY name LIMIT 1"
)


def prune(log: AuditLog, reader: Reader, tenant: str | None = None) -> int:
    """Take away the bodies of events that are older than their class is kept, and return how many went.

    Args:
        log: of which log.
        reader: who does it, and why.
        tenant: whose events; `None` for everybody's.

    Raises:
        AuditError: the log cannot be written.
    """
    removed = 0
    for kind, days in log.policy.retention.items():
        before = written_time(log.clock.time() - days * _DAY)
        query = Query(tenant=tenant, kind=kind, until=before)
        while gone := _prune(log, query, reader):
            removed += gone
    if removed:
        log.database.forget()
    return removed


def _prune(log: AuditLog, query: Query, reader: Reader) -> int:
    old = "SELECT tenant, number FROM audit_events WHERE class = ? AND at < ? AND body IS NOT NULL AND NOT "
    of_one = "" if query.tenant is None else " AND tenant = ?"
    statement = f"{old}{_HELD}{of_one} ORDER BY tenant, number LIMIT {_AT_ONCE}"
    values = (query.kind, query.until, *(() if query.tenant is None else (query.tenant,)))
    with log.database.snapshot() as session:
        # Most often there is nothing, which need not keep anybody from writing.
        if not session.rows(statement, *values):
            return 0
    by_tenant: dict[str, list[int]] = {}
    with log.transaction() as transaction:
        session = transaction.session
        for tenant, number in session.rows(statement, *values):
            by_tenant.setdefault(tenant, []).append(number)
        for tenant, numbers in by_tenant.items():
            _take_away(session, tenant, numbers)
            about = {"class_removed": query.kind, "before": query.until, "numbers": ranges(numbers)}
            _tell(transaction, "audit.prune", tenant, reader, about)
    return sum(map(len, by_tenant.values()))


def erase(log: AuditLog, tenant: str, subject: str, reader: Reader) -> int:
    """Have the log forget somebody: their key is dropped, and what is told of them in clear is taken away.

    Returns:
        How many events' bodies were taken away; those whose content is encrypted stay, and nobody can read them.

    Raises:
        AuditError: a legal hold forbids it, or the log cannot be written.
    """
    with log.transaction() as transaction:
        session = transaction.session
        known = find_subject(session, tenant, subject)
        held = session.rows(_FORBIDS, tenant, subject, subject, subject if known is None else known.ref)
        if held:
            raise AuditError(f"The hold {held[0][0]!r} forbids to erase; release it first, if the law allows it")
        # What an administrator did is told for others' sake.
        statement = (
            "SELECT number FROM audit_events WHERE tenant = ? AND actor = ? AND stream = 'access' "
            "AND body IS NOT NULL ORDER BY number"
        )
        numbers = [row[0] for row in session.rows(statement, tenant, subject)]
        if known is None and not numbers:
            raise AuditError("The log tells nothing of this subject; name them as the calls did, and their tenant")
        _take_away(session, tenant, numbers)
        session.run("DELETE FROM audit_subjects WHERE tenant = ? AND subject = ?", tenant, subject)
        about = {"numbers": ranges(numbers), "subject": "" if known is None else known.ref}
        _tell(transaction, "audit.erase", tenant, reader, about)
    log.database.forget()
    return len(numbers)


def hold(log: AuditLog, name: str, reader: Reader, *, tenant: str = "", subject: str = "", kind: str = "") -> None:
    """Keep retention and erasure from what a hold covers, until it is released.

    Args:
        log: of which log.
        name: what the hold is called, such as the number of a case.
        reader: who holds, and why.
        tenant: whose events.
        subject: only those of whom this is told; everybody's if empty.
        kind: only those of a class; all if empty.

    Raises:
        AuditError: there is a hold of this name, or the log cannot be written.
    """
    with log.transaction() as transaction:
        session = transaction.session
        if any(held == name for held, *_ in _holds(session, tenant)):
            raise AuditError(f"There is a hold {name!r} already; release it, or take another name")
        called = _called(log, session, tenant, subject) if subject else ""
        values = (tenant, name, subject, called, kind, reader.reason, written_time(log.clock.time()))
        session.run("INSERT INTO audit_holds VALUES (?, ?, ?, ?, ?, ?, ?)", *values)
        _tell(transaction, "audit.hold", tenant, reader, {"hold": name, "subject": called, "class_held": kind})


def _called(log: AuditLog, session: Session, tenant: str, subject: str) -> str:
    """Return what the log calls a subject: a reference where contents are encrypted, also before their first call."""
    if log.policy.content == "encrypted":
        return subject_of(session, tenant, subject).ref
    known = find_subject(session, tenant, subject)
    return subject if known is None else known.ref


def release(log: AuditLog, name: str, reader: Reader, *, tenant: str = "") -> None:
    """Let a hold go.

    Raises:
        AuditError: there is none of this name, or the log cannot be written.
    """
    with log.transaction() as transaction:
        session = transaction.session
        names = [held for held, *_ in _holds(session, tenant)]
        if name not in names:
            raise AuditError(f"There is no hold {name!r}; there are {', '.join(names) or 'none'}")
        session.run("DELETE FROM audit_holds WHERE tenant = ? AND name = ?", tenant, name)
        _tell(transaction, "audit.release", tenant, reader, {"hold": name})


def holds(log: AuditLog, tenant: str = "") -> list[tuple[str, str, str, str]]:
    """Return a tenant's holds: the name, the subject, the class and the reason of each."""
    with log.database.snapshot() as session:
        return _holds(session, tenant)


def _holds(session: Session, tenant: str) -> list[tuple[str, str, str, str]]:
    statement = "SELECT name, subject, class, reason FROM audit_holds WHERE tenant = ? ORDER BY name"
    return [(row[0], row[1], row[2], row[3]) for row in session.rows(statement, tenant)]


def _take_away(session: Session, tenant: str, numbers: Sequence[int]) -> None:
    for first, last in ranges(numbers):
        statement = "UPDATE audit_events SET body = NULL, actor = '' WHERE tenant = ? AND number >= ? AND number <= ?"
        session.run(statement, tenant, first, last)


def _tell(transaction: Transaction, action: str, tenant: str, reader: Reader, about: Mapping[str, JSON]) -> None:
    details = {name: value for name, value in about.items() if value != ""}
    if reader.reason:
        details["reason"] = reader.reason
    transaction.append(
        [Event(action=action, stream="admin", tenant=tenant, actor=reader.actor, kind="audit", details=details)]
    )


def ranges(numbers: Sequence[int]) -> list[list[int]]:
    """Return rising numbers as ranges, the first and the last of each."""
    return list(_ranges(numbers))


def _ranges(numbers: Sequence[int]) -> Iterator[list[int]]:
    start = 0
    for place in range(1, len(numbers) + 1):
        if place == len(numbers) or numbers[place] != numbers[place - 1] + 1:
            yield [numbers[start], numbers[place - 1]]
            start = place
