"""The audit log: append events within a transaction, of its own or of the program's."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from any_llm.audit.canonical import canonical, clean_text
from any_llm.audit.chain import about_text, body_digest, link
from any_llm.audit.database import Connection, Database, Session
from any_llm.audit.event import VERSION, Appended, Event, written_time
from any_llm.audit.heads import (
    Head,
    head_of,
    heads_of,
    roster_of,
    write_checkpoint,
    write_head,
    write_roster,
)
from any_llm.audit.sealing import Subject, sealed, subject_of, without_secrets
from any_llm.audit.signing import Signer, find_signer, open_signer
from any_llm.refusals import AuditError
from any_llm.spec.clock import Clock
from any_llm.types.auditing import Audit
from any_llm.types.json import JSON

_INSERT = "INSERT INTO audit_events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


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

    def signer_after(self, key: str) -> Signer:
        """Return who signs what follows something that was signed with a key, by the digits of which that is known.

        Another process may have handed over to a new key, which is in the same file then, or beside it.

        Raises:
            AuditError: the key is another one.
            ConfigurationError: there is no usable key.
        """
        if key in ("", self.signer.public_id):
            return self.signer
        self._signer = find_signer(Path(self.policy.key_path), key)
        if self.signer.public_id != key:
            raise AuditError(
                f"The audit log is signed with the key {key}, and {self.policy.key_path!r} holds "
                f"{self.signer.public_id}; bring the key that signs there, or hand over to this one with "
                "`any-llm audit rotate --lost`"
            )
        return self.signer

    def use(self, signer: Signer) -> None:
        """Have another signer sign from now on."""
        self._signer = signer

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

        Raises:
            AuditError: no transaction is under way, or the log cannot be written.
        """
        session = Session(connection, postgres=not isinstance(connection, sqlite3.Connection))
        if not session.begun:
            raise AuditError("No transaction is under way on this connection, which could be joined; begin one first")
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
        head = self._head_of(tenant)
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
            last = link(last, digest, about_text((tenant, number, at, event.stream, kind, event.action)))
            rows.append((tenant, number, digest, last, body, event.stream, kind, at, actor, event.action))
            appended.append(Appended(tenant, number, last))
        self.session.run_many(_INSERT, rows)
        self._set_head(tenant, msgspec.structs.replace(head, number=number, hash=last))
        return appended

    def _head_of(self, tenant: str) -> Head:
        """Return the end of a tenant's chain; one that begins has a place among all that were begun."""
        head = head_of(self.session, tenant)
        if head.place:
            return head
        roster = roster_of(self.session)
        write_roster(self.session, self._log.signer_after(roster.key_id), roster.tenants + 1)
        return Head(place=roster.tenants + 1)

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
        signer = self._log.signer_after(head.key_id)
        now = self._log.clock.time()
        since = head.checked_at or written_time(now)
        old = written_time(now - self._policy.checkpoint_seconds) >= since
        head = msgspec.structs.replace(head, checked_at=since)
        if head.number - head.checked >= self._policy.checkpoint_events or old:
            head = write_checkpoint(self.session, signer, tenant, head, written_time(now))
        write_head(self.session, signer, tenant, head)

    def close_windows(self, *, older: float = 0.0) -> None:
        """Sign a checkpoint for each tenant with events that none covers yet.

        Args:
            older: only where the last one is so many seconds old.
        """
        moment = self._log.clock.time()
        now, before = written_time(moment), written_time(moment - older)
        for tenant, head in heads_of(self.session).items():
            if head.number > head.checked and head.checked_at <= before:
                signer = self._log.signer_after(head.key_id)
                write_head(self.session, signer, tenant, write_checkpoint(self.session, signer, tenant, head, now))


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
    try:
        names = event.tenant + event.actor + event.action + event.kind
        if names.isascii() and names.isprintable():
            return event
    except (AttributeError, TypeError):
        # Programs say what they like, such as a number for a user.
        pass
    said = (event.tenant, event.actor, event.action, event.kind)
    tenant, actor, action, kind = (clean_text(str(name)) for name in said)
    return msgspec.structs.replace(event, tenant=tenant, actor=actor, action=action, kind=kind)


def _tenant(event: Event) -> str:
    return event.tenant
