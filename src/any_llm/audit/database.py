"""Where an audit log is: one SQLite file, or PostgreSQL; the few differences between the two stand here."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from time import monotonic, sleep
from typing import Protocol
from urllib.parse import unquote

from any_llm.audit.tables import POSTGRES, SQLITE
from any_llm.exceptions import ConfigurationError, MissingExtraError
from any_llm.refusals import AuditError
from any_llm.types.auditing import shown_place
from any_llm.types.json import JSON

_SECONDS_FOR_A_LOCK = 10.0
_SECONDS_BETWEEN_TRIES = 0.02
_LOCK = 0x616E796C6C6D
_PATIENCE = "SELECT set_config('lock_timeout', ?, false) WHERE current_setting('lock_timeout') = '0'"
_THERE = "SELECT 1 FROM sqlite_master WHERE name = 'audit_events_same'"


class Cursor(Protocol):
    """What a connection answers with."""

    def fetchall(self) -> list[JSON]:
        """Return every row."""
        ...


class Connection(Protocol):
    """A connection of `sqlite3` or of `psycopg`."""

    def execute(self, statement: JSON, values: JSON = ..., /) -> object:
        """Run one statement."""
        ...

    def close(self) -> None:
        """Close it."""
        ...


class Session:
    """Runs statements on a connection within a transaction that somebody has begun.

    Args:
        connection: whose; statements are written with question marks.
        postgres: whether it is one of `psycopg`.
    """

    __slots__ = ("_errors", "connection", "postgres")

    def __init__(self, connection: Connection, *, postgres: bool) -> None:
        self.connection = connection
        self.postgres = postgres
        self._errors = _errors(postgres=postgres)

    def rows(self, statement: str, *values: object) -> list[JSON]:
        """Run a statement and return its rows.

        Raises:
            AuditError: it failed.
        """
        try:
            return self._execute(statement, values).fetchall()
        except self._errors as error:
            raise _failed(error) from error

    def run(self, statement: str, *values: object) -> None:
        """Run a statement that has no rows.

        Raises:
            AuditError: it failed.
        """
        try:
            self._execute(statement, values)
        except self._errors as error:
            raise _failed(error) from error

    def run_many(self, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
        """Run a statement for each of some rows.

        Raises:
            AuditError: it failed.
        """
        connection: JSON = self.connection
        try:
            if self.postgres:
                connection.cursor().executemany(statement.replace("?", "%s"), rows)
            else:
                connection.executemany(statement, rows)
        except self._errors as error:
            raise _failed(error) from error

    def _execute(self, statement: str, values: Sequence[object]) -> Cursor:
        # A program's own connection may make of rows what it likes; here they are tuples.
        connection: JSON = self.connection
        if self.postgres:
            cursor = connection.cursor(row_factory=_psycopg().rows.tuple_row)
            statement = statement.replace("?", "%s")
        else:
            cursor = connection.cursor()
            cursor.row_factory = None
        result: Cursor = cursor.execute(statement, values)
        return result

    def lock(self) -> None:
        """Have no other process write into the log before this transaction is over."""
        if self.postgres:
            self.run("SELECT pg_advisory_xact_lock(?)", _LOCK)

    @property
    def begun(self) -> bool:
        """Whether a transaction is under way."""
        connection: JSON = self.connection
        if self.postgres:
            return not connection.autocommit or connection.info.transaction_status != 0
        return bool(connection.in_transaction)

    def make_tables(self) -> None:
        """Make the tables where they are not there."""
        there = "SELECT to_regclass('audit_holds')" if self.postgres else _THERE
        if any(row[0] for row in self.rows(there)):
            return
        for statement in POSTGRES if self.postgres else SQLITE:
            self.run(statement)


class Database:
    """One place of an audit log, open once for each process, for any number of threads.

    Args:
        place: `sqlite:PATH`, or `postgresql://…` as libpq takes it.
    """

    def __init__(self, place: str) -> None:
        self.postgres = place.startswith(("postgresql:", "postgres:"))
        self.place = place
        self.path = None if self.postgres else _path_of(place)
        self._lock = RLock()
        self._process = os.getpid()
        self._connection: Connection | None = None

    @contextmanager
    def transaction(self) -> Generator[Session]:
        """Begin a transaction for writing; it is committed at the end, and undone where that is an error.

        Raises:
            AuditError: the log cannot be reached, read or written.
        """
        with self._begun("BEGIN" if self.postgres else "BEGIN IMMEDIATE") as session:
            session.lock()
            yield session

    @contextmanager
    def snapshot(self) -> Generator[Session]:
        """Begin a transaction for reading, which sees one state of the log and keeps nobody from writing.

        Raises:
            AuditError: the log cannot be reached or read.
        """
        with self._begun("BEGIN ISOLATION LEVEL REPEATABLE READ" if self.postgres else "BEGIN") as session:
            yield session

    @contextmanager
    def _begun(self, begin: str) -> Generator[Session]:
        if self._process != os.getpid():
            # Neither the connection nor who held the lock live on in a forked child.
            self._process, self._lock, self._connection = os.getpid(), RLock(), None
        with self._lock:
            session = self._session(begin)
            try:
                yield session
                session.run("COMMIT")
            except BaseException:
                self._undo(session)
                raise

    def _session(self, begin: str) -> Session:
        """Begin a transaction, on a new connection where the server has cut the one there was."""
        while True:
            kept = self._connection
            connection = self._connection = kept or self._connect()
            session = Session(connection, postgres=self.postgres)
            try:
                session.run(begin)
            except AuditError:
                if kept is None or not getattr(kept, "closed", False):
                    raise
                self._connection = None
            else:
                return session

    def forget(self) -> None:
        """Have nothing be left in the database's own files of what was taken away just now.

        Raises:
            AuditError: the log cannot be reached.
        """
        with self._lock:
            connection = self._connection
            if connection is None:
                return
            session = Session(connection, postgres=self.postgres)
            if self.postgres:
                session.run("VACUUM audit_events, audit_subjects")
            else:
                # What is deleted is overwritten; what was written before waits in a file beside it until then.
                session.rows("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close the connection; it is opened again when it is used again."""
        with self._lock:
            connection, self._connection = self._connection, None
            if connection is not None and self._process == os.getpid():
                connection.close()

    def _undo(self, session: Session) -> None:
        try:
            session.run("ROLLBACK")
        except AuditError:
            # The connection itself is broken; the next transaction has a new one.
            self._connection = None
            session.connection.close()

    @property
    def shown(self) -> str:
        """The place as a text may show it."""
        if self.path is not None:
            return str(self.path)
        return shown_place(self.place)

    def _connect(self) -> Connection:
        failures: tuple[type[Exception], ...] = (*_errors(postgres=self.postgres), OSError)
        try:
            connection = _connect_postgres(self.place) if self.path is None else _connect_sqlite(self.path)
        except failures as error:
            raise AuditError(f"The audit log at {self.shown!r} cannot be opened: {error}", error) from error
        if self.postgres:
            try:
                _begin_postgres(Session(connection, postgres=True))
            except AuditError:
                connection.close()
                raise
        return connection


def as_bytes(value: JSON) -> bytes:
    """Return what a database gives for bytes: who changes them by hand may leave anything."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


def _path_of(place: str) -> Path:
    kind, _, path = place.partition(":")
    path = unquote(path.removeprefix("//"))
    if kind != "sqlite" or not path:
        raise ConfigurationError(f"The place of the audit log is {place!r}; use 'sqlite:PATH' or 'postgresql://…'")
    return Path(path)


def _connect_sqlite(path: Path) -> Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        # Nobody but the owner may read what is said.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    connection = sqlite3.connect(path, timeout=_SECONDS_FOR_A_LOCK, isolation_level=None, check_same_thread=False)
    give_up = monotonic() + _SECONDS_FOR_A_LOCK
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            # What is committed is on the disk, and what is deleted is overwritten.
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA secure_delete = ON")
            for statement in SQLITE:
                connection.execute(statement)
        except sqlite3.Error as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or monotonic() > give_up:
                connection.close()
                raise
            sleep(_SECONDS_BETWEEN_TRIES)
        else:
            return connection


def _connect_postgres(place: str) -> Connection:
    # A server that does not answer must be a failure before calls have waited for too long.
    seconds = int(_SECONDS_FOR_A_LOCK)
    patience = {"connect_timeout": seconds, "tcp_user_timeout": seconds * 1_000}
    usual = {name: value for name, value in patience.items() if name not in place}
    connection: Connection = _psycopg().connect(place, autocommit=True, **usual)
    return connection


def _begin_postgres(session: Session) -> None:
    """Make the tables; who holds the log for too long is a failure, unless its place says for how long one waits."""
    session.rows(_PATIENCE, f"{_SECONDS_FOR_A_LOCK:g}s")
    session.run("BEGIN")
    session.lock()
    session.make_tables()
    session.run("COMMIT")


def _errors(*, postgres: bool) -> tuple[type[Exception], ...]:
    """Return what a connection fails with."""
    return (_psycopg().Error,) if postgres else (sqlite3.Error,)


def _psycopg() -> JSON:
    """Return the module that speaks with PostgreSQL; it takes 0.2 s to load, and few logs are there."""
    try:
        import psycopg  # noqa: PLC0415  # as the docstring says
    except ImportError as error:
        raise MissingExtraError("postgres", "psycopg", reason="the audit log is in PostgreSQL") from error
    return psycopg


def _failed(error: Exception) -> AuditError:
    return AuditError(f"The audit log failed: {error}", error)
