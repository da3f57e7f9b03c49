"""The audit log: append events within a transaction, of its own or of the program's."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from any_llm.audit.canonical import canonical, clean_text
from any_llm.audit.chain import GENESIS, body_digest, checkpoint_text, head_text, link
from any_llm.audit.database import Connection, Database, Session
from any_llm.audit.event import VERSION, Appended, Event, written_time
from any_llm.audit.merkle import root
from any_llm.audit.sealing import Subject, sealed, subject_of, without_secrets
from any_llm.audit.signing import Signer, open_signer
from any_llm.spec.clock import Clock
from any_llm.types.auditing import Audit
from any_llm.types.json import JSON

_INSERT = "INSERT INTO audit_events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_HEAD = (
    "INSERT INTO audit_heads VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (tenant) DO UPDATE SET number = excluded.number, "
    "hash = excluded.hash, key_id = excluded.key_id, signature = excluded.signature, checked = excluded.checked, "
    "checked_at = excluded.checked_at"
)


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The end of a tenant's chain: how many events it has, the last hash, and how far checkpoints reach, since when."""

    number: int = 0
    hash: bytes = GENESIS
    checked: int = 0
    checked_at: str = ""


class AuditLog:
    """An audit log, for any number of threads and processes. Its methods wait for the disk or the server.

    Args:
        policy: where it is, and how it is kept.
        clock: the time.
    """

    def __init__(self, policy: Audit, clock: Clock) -> None:
        self.policy = policy
        self.clock = clock
        self.database = Database(policy.place)
        self._signer: Signer | None = None

    @property
    def signer(self) -> Signer:
        """Who signs heads and checkpoints.

        Raises:
            ConfigurationError: there is no usable key.
        """
        if self._signer is None:
            self._signer = open_signer(Path(self.policy.key_path))
        return self._signer

    @contextmanager
    def transaction(self) -> Generator[Transaction]:
        """Begin a transaction, in which the program changes what it has to, and tells of it.

        Whatever is done with the transaction's `connection` is committed together with the events, or not at all.

        Raises:
            AuditError: the log cannot be reached or written.
        """
        with self.database.transaction() as session:
            yield Transaction(self, session)

    def join(self, connection: sqlite3.Connection | Connection) -> Transaction:
        """Return what writes into a transaction that the program has begun on a connection of its own.

        The connection is to the database of the log's own kind; the tables are made in it where they are missing. The
        program commits: `BEGIN IMMEDIATE` it must have said to SQLite, since events are numbered one after the other.
        """
        session = Session(connection, postgres=not isinstance(connection, sqlite3.Connection))
        session.lock()
        session.make_tables()
        return Transaction(self, session)

    def append(self, events: Sequence[Event]) -> list[Appended]:
        """Write events in one transaction, and return where they stand.

        Raises:
            AuditError: the log cannot be reached or written.
        """
        with self.transaction() as transaction:
            return transaction.append(events)

    def close(self) -> None:
        """Close the connection."""
        self.database.close()


class Transaction:
    """A transaction that events go into.

    Args:
        log: of which log.
        session: where the transaction is.
    """

    def __init__(self, log: AuditLog, session: Session) -> None:
        self._log = log
        self._policy = log.policy
        self.session = session

    @property
    def connection(self) -> JSON:
        """The connection, of `sqlite3` or of `psycopg`."""
        return self.session.connection

    def admin(  # noqa: PLR0913  # who did what to which thing, what it was before and after, and why
        self,
        action: str,
        *,
        actor: str,
        thing: str = "",
        before: JSON = None,
        after: JSON = None,
        reason: str = "",
        tenant: str = "",
        kind: str = "admin",
    ) -> Appended:
        """Tell of something that somebody did to how things are set; secrets in it are replaced by their labels.

        Args:
            action: what was done, such as `key.create`.
            actor: who did it.
            thing: to what.
            before: what it was, as plain JSON values.
            after: what it is now.
            reason: why.
            tenant: whose chain this belongs to.
            kind: by which class it is kept.
        """
        told = {"object": thing, "before": before, "after": after, "reason": reason}
        details = without_secrets({name: value for name, value in told.items() if value not in (None, "")})
        event = Event(action=action, stream="admin", tenant=tenant, actor=actor, kind=kind, details=details)
        return self.append([event])[0]

    def append(self, events: Sequence[Event]) -> list[Appended]:
        """Write events, and return where they stand."""
        events = [_clean(event) for event in events]
        return [
            appended
            for tenant, group in itertools.groupby(sorted(events, key=_tenant), key=_tenant)
            for appended in self._append_to(tenant, list(group))
        ]

    def _append_to(self, tenant: str, events: Sequence[Event]) -> list[Appended]:
        head = head_of(self.session, tenant)
        number, last = head.number, head.hash
        rows: list[tuple[object, ...]] = []
        appended: list[Appended] = []
        subjects: dict[str, Subject] = {}
        for event in events:
            number += 1
            at = written_time(event.at or self._log.clock.time())
            actor, contents = self._sealed(event, subjects)
            kind = event.kind or event.stream
            told = {"tenant": tenant, "number": number, "at": at, "actor": actor, "action": event.action}
            about = {"v": VERSION, "stream": event.stream, "class": kind}
            body = canonical({**event.details, **contents, **told, **about})
            digest = body_digest(body)
            last = link(last, digest)
            rows.append((tenant, number, digest, last, body, event.stream, kind, at, actor, event.action))
            appended.append(Appended(tenant, number, last))
        self.session.run_many(_INSERT, rows)
        self._set_head(tenant, msgspec.structs.replace(head, number=number, hash=last))
        return appended

    def _sealed(self, event: Event, subjects: dict[str, Subject]) -> tuple[str, Mapping[str, JSON]]:
        """Return how an event's actor is called, and what is kept of its contents."""
        mode = self._policy.content
        subject: Subject | None = None
        if mode == "encrypted" and event.stream == "access":
            subject = subjects.get(event.actor)
            if subject is None:
                subject = subjects[event.actor] = subject_of(self.session, event.tenant, event.actor)
        kept = {name: sealed(mode, content, subject) for name, content in event.contents.items()}
        actor = event.actor if subject is None else subject.ref
        return actor, {name: content for name, content in kept.items() if content is not None}

    def _set_head(self, tenant: str, head: Head) -> None:
        now = self._log.clock.time()
        since = head.checked_at or written_time(now)
        old = written_time(now - self._policy.checkpoint_seconds) >= since
        if head.number - head.checked >= self._policy.checkpoint_events or old:
            head = self._checkpoint(tenant, head)
            since = head.checked_at
        self._sign(tenant, msgspec.structs.replace(head, checked_at=since))

    def _sign(self, tenant: str, head: Head) -> None:
        signer = self._log.signer
        signature = signer.sign(head_text(tenant, head.number, head.hash, head.checked))
        about = (head.checked, head.checked_at)
        self.session.run(_HEAD, tenant, head.number, head.hash, signer.public_id, signature, *about)

    def _checkpoint(self, tenant: str, head: Head) -> Head:
        """Sign the root of the tree over the events that no checkpoint covers yet, and return the new head."""
        hashes = hashes_of(self.session, tenant, head.checked + 1, head.number)
        at, over, signer = written_time(self._log.clock.time()), root(hashes), self._log.signer
        signature = signer.sign(checkpoint_text(tenant, head.checked + 1, head.number, over, at))
        self.session.run(
            "INSERT INTO audit_checkpoints VALUES (?, ?, ?, ?, ?, ?, ?)",
            *(tenant, head.checked + 1, head.number, over, at, signer.public_id, signature),
        )
        return msgspec.structs.replace(head, checked=head.number, checked_at=at)

    def close_windows(self) -> None:
        """Sign a checkpoint for each tenant with events that none covers yet."""
        for (tenant,) in self.session.rows("SELECT tenant FROM audit_heads WHERE number > checked ORDER BY tenant"):
            self._sign(tenant, self._checkpoint(tenant, head_of(self.session, tenant)))


def head_of(session: Session, tenant: str) -> Head:
    """Return the end of a tenant's chain."""
    rows = session.rows("SELECT number, hash, checked, checked_at FROM audit_heads WHERE tenant = ?", tenant)
    if not rows:
        return Head()
    number, last, checked, checked_at = rows[0]
    return Head(number=number, hash=bytes(last), checked=checked, checked_at=checked_at)


def hashes_of(session: Session, tenant: str, first: int, last: int) -> list[bytes]:
    """Return the hashes of a tenant's events from one number to another."""
    statement = "SELECT hash FROM audit_events WHERE tenant = ? AND number >= ? AND number <= ? ORDER BY number"
    return [bytes(row[0]) for row in session.rows(statement, tenant, first, last)]


def open_audit(policy: Audit | str, clock: Clock) -> AuditLog:
    """Open an audit log; nothing is read or made before it is used.

    Args:
        policy: how it is kept, or its place alone.
        clock: the time.

    Raises:
        ConfigurationError: the place is none.
    """
    return AuditLog(Audit(place=policy) if isinstance(policy, str) else policy, clock)


def _clean(event: Event) -> Event:
    """Return an event whose names every database holds."""
    names = "".join((event.tenant, event.actor, event.action, event.kind))
    if names.isascii() and names.isprintable():
        return event
    cleaned = {name: clean_text(getattr(event, name)) for name in ("tenant", "actor", "action", "kind")}
    return msgspec.structs.replace(event, **cleaned)


def _tenant(event: Event) -> str:
    return event.tenant
