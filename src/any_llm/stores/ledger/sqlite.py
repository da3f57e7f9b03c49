"""The ledger in an SQLite file, whose readers and one writer do not hold each other up."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Context, Decimal
from pathlib import Path
from typing import TYPE_CHECKING, cast
from zoneinfo import ZoneInfo

from any_llm.refusals import StoreError
from any_llm.stores.ledger.rows import TABLES, Entry, UnwritableError
from any_llm.stores.ledger.schema import STEPS, insert, missing
from any_llm.stores.wal import SECONDS_FOR_A_LOCK, turn_to_log

if TYPE_CHECKING:
    from any_llm.types.json import JSON

_TYPES: Mapping[str, str] = {"real": "REAL", "whole": "INTEGER", "money": "TEXT"}
_EXACT = Context(prec=60)
_INSERT: Mapping[str, str] = {table: insert(table, "?") for table in TABLES}


class SqliteBook:
    """A ledger in a file, which is made when it is opened.

    Args:
        path: the file.
        surely: whether what has been written also survives the end of the machine.
        steps: the versions of the tables.

    Raises:
        StoreError: the file cannot be opened.
        ConfigurationError: the file is of a newer version.
    """

    words: Mapping[str, str] = {
        "day": "day_of(e.started, ?)",
        "sum": "exact_sum(e.cost)",
        "sum_saved": "exact_sum(e.saved)",
        "tags": "LEFT JOIN json_each(e.tags) AS tag ON 1",
        "tag": "coalesce(tag.value, '')",
        "mark": "?",
    }

    def __init__(self, path: Path, *, surely: bool = False, steps: Sequence[Sequence[str]] = STEPS) -> None:
        self.where = str(path)
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(
                path, timeout=SECONDS_FOR_A_LOCK, isolation_level=None, check_same_thread=False
            )
            self._prepare(surely=surely, steps=steps)
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"The ledger {self.where!r} cannot be opened: {error}", error) from error

    def write(self, entries: Sequence[Entry]) -> None:
        """Write entries in one transaction; those that are there already are replaced.

        Raises:
            StoreError: it cannot be written; nothing of it is there then.
            UnwritableError: one of them holds what no row can.
        """
        try:
            with self._transaction() as database:
                database.executemany(_INSERT["ledger_calls"], [entry.call for entry in entries])
                database.executemany(_INSERT["ledger_attempts"], [row for entry in entries for row in entry.attempts])
        except (OverflowError, UnicodeError) as error:
            raise UnwritableError(str(error)) from error
        except sqlite3.Error as error:
            raise StoreError(f"The ledger {self.where!r} cannot be written: {error}", error) from error

    def drop(self, entries: Sequence[Entry]) -> None:
        """Delete entries that are still what they are.

        Raises:
            StoreError: it cannot be written.
        """
        calls = [(entry.call.id, entry.call.outcome) for entry in entries]
        try:
            with self._transaction() as database:
                database.executemany("DELETE FROM ledger_calls WHERE id = ? AND outcome = ?", calls)
                database.executemany(
                    "DELETE FROM ledger_attempts WHERE id = ?",
                    [(row.id,) for entry in entries for row in entry.attempts],
                )
        except sqlite3.Error as error:
            raise StoreError(f"The ledger {self.where!r} cannot be written: {error}", error) from error

    def forget(self, before: float) -> int:
        """Delete what began before a time, and return how many calls that were.

        Raises:
            StoreError: it cannot be written.
        """
        try:
            self._database.execute("DELETE FROM ledger_attempts WHERE started < ?", (before,))
            return self._database.execute("DELETE FROM ledger_calls WHERE started < ?", (before,)).rowcount
        except sqlite3.Error as error:
            raise StoreError(f"The ledger {self.where!r} cannot be written: {error}", error) from error

    def ask(self, statement: str, values: Sequence[JSON]) -> Iterator[tuple[JSON, ...]]:
        """Give the rows that answer a question.

        Raises:
            StoreError: it cannot be read.
        """
        try:
            yield from cast("Iterator[tuple[JSON, ...]]", self._database.execute(statement, values))
        except sqlite3.Error as error:
            raise StoreError(f"The ledger {self.where!r} cannot be read: {error}", error) from error

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _prepare(self, *, surely: bool, steps: Sequence[Sequence[str]]) -> None:
        database = self._database
        database.create_function("day_of", 2, _day_of, deterministic=True)
        # The standard library's own stubs ask for more than SQLite does.
        database.create_aggregate("exact_sum", 1, cast("JSON", _ExactSum))
        try:
            turn_to_log(database, "FULL" if surely else "NORMAL")
            with self._transaction():
                version = database.execute("PRAGMA user_version").fetchone()[0]
                for statement in missing(version, _TYPES, steps, repr(self.where)):
                    database.execute(statement)
                database.execute(f"PRAGMA user_version = {len(steps)}")
        except BaseException:
            database.close()
            raise

    @contextmanager
    def _transaction(self) -> Generator[sqlite3.Connection]:
        """Have all that is done within written at once, or nothing of it."""
        database = self._database
        database.execute("BEGIN IMMEDIATE")
        try:
            yield database
        except BaseException:
            # A full disk has undone it already, and is what there is to tell.
            if database.in_transaction:
                database.execute("ROLLBACK")
            raise
        database.execute("COMMIT")


def _day_of(started: float, zone: str) -> str:
    return datetime.fromtimestamp(started, ZoneInfo(zone)).strftime("%Y-%m-%d")


class _ExactSum:
    """Adds up decimals that are kept as texts, and forgets no fraction; without any, there is no sum."""

    def __init__(self) -> None:
        self._sum: Decimal | None = None

    def step(self, value: str | None) -> None:
        """Add one of them."""
        if value is not None:
            self._sum = Decimal(value) if self._sum is None else _EXACT.add(self._sum, Decimal(value))

    def finalize(self) -> str | None:
        """Return the sum."""
        return None if self._sum is None else str(self._sum)
