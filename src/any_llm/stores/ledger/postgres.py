"""The ledger in PostgreSQL, by psycopg, which comes with the extra `postgres`: https://www.psycopg.org/psycopg3/docs/."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from any_llm.exceptions import ConfigurationError, MissingExtraError
from any_llm.refusals import StoreError
from any_llm.stores.ledger.rows import TABLES, Entry, UnwritableError
from any_llm.stores.ledger.schema import STEPS, insert, missing, over

if TYPE_CHECKING:
    import psycopg

    from any_llm.types.json import JSON

_TYPES: Mapping[str, str] = {"real": "DOUBLE PRECISION", "whole": "BIGINT", "money": "NUMERIC"}
_SECONDS_TO_CONNECT = 5
_ONE_AT_A_TIME = 7_264_011_093
"""The name of the lock under which one process at a time brings the tables up to date; any number does."""

_COPIED_FROM = 20
"""From how many rows on they are copied into a table of the session first: quicker by far than one by one."""


_INSERT: Mapping[str, bytes] = {table: insert(table, "%s").encode() for table in TABLES}

_SHOWN = re.compile(r".*@|.*?//", re.DOTALL)
"""What stands in a URL before the host."""


class PostgresBook:
    """A ledger in a database, whose tables are made when it is opened.

    Args:
        url: where: `postgresql://USER:PASSWORD@HOST:PORT/DATABASE`.
        surely: whether what has been written also survives the end of the server's machine, as the server has it set;
            else its log reaches the disk a moment later.
        steps: the versions of the tables.

    Raises:
        MissingExtraError: the driver is not installed.
        StoreError: the server cannot be reached.
        ConfigurationError: the tables are of a newer version.
    """

    words: Mapping[str, str] = {
        "day": "to_char(to_timestamp(e.started) AT TIME ZONE %s, 'YYYY-MM-DD')",
        "sum": "sum(e.cost)",
        "sum_saved": "sum(e.saved)",
        "tags": "LEFT JOIN LATERAL jsonb_array_elements_text(e.tags::jsonb) AS tag (value) ON true",
        "tag": "coalesce(tag.value, '')",
        "mark": "%s",
    }

    def __init__(self, url: str, *, surely: bool = False, steps: Sequence[Sequence[str]] = STEPS) -> None:
        self._library = _driver()
        parts = urlsplit(url)
        # Without what stands before the host: that is who, and by which password.
        # A password may hold what ought to be escaped in a URL, a slash among them.
        place, query = url.partition("?")[::2]
        self.where = f"{parts.scheme}://{'…' if '@' in query and '@' not in place else _SHOWN.sub('', place, count=1)}"
        self._url = url
        self._surely = surely
        self._connection = self._connect(steps)

    def write(self, entries: Sequence[Entry]) -> None:
        """Write entries in one transaction; those that are there already are replaced.

        Raises:
            StoreError: it cannot be written; nothing of it is there then.
            UnwritableError: one of them holds what no row can.
        """
        rows: Mapping[str, Sequence[tuple[object, ...]]] = {
            "ledger_calls": [entry.call for entry in entries],
            "ledger_attempts": [row for entry in entries for row in entry.attempts],
        }
        connection = self._live()
        try:
            with connection.transaction(), connection.cursor() as cursor:
                for table, held in rows.items():
                    if len(held) >= _COPIED_FROM:
                        _copy(cursor, table, held)
                    elif held:
                        cursor.executemany(_INSERT[table], held)
        except self._library.DataError as error:
            raise UnwritableError(str(error)) from error
        except self._library.Error as error:
            raise self._failed("written", error) from error

    def forget(self, before: float) -> int:
        """Delete what began before a time, and return how many calls that were.

        Raises:
            StoreError: it cannot be written.
        """
        connection = self._live()
        try:
            with connection.transaction():
                connection.execute("DELETE FROM ledger_attempts WHERE started < %s", (before,))
                return connection.execute("DELETE FROM ledger_calls WHERE started < %s", (before,)).rowcount
        except self._library.Error as error:
            raise self._failed("written", error) from error

    def ask(self, statement: str, values: Sequence[JSON]) -> Iterator[tuple[JSON, ...]]:
        """Give the rows that answer a question, fetched a thousand at a time.

        Raises:
            StoreError: it cannot be read.
        """
        connection = self._live()
        try:
            with connection.transaction(), connection.cursor("any_llm_ledger") as cursor:
                cursor.itersize = 1_000
                yield from cast("Iterator[tuple[JSON, ...]]", cursor.execute(statement.encode(), values))
        except self._library.Error as error:
            raise self._failed("read", error) from error

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _live(self) -> psycopg.Connection[tuple[JSON, ...]]:
        """Return the connection, a new one where the server has ended the last."""
        if self._connection.closed:
            self._connection = self._connect(())
        return self._connection

    def _connect(self, steps: Sequence[Sequence[str]]) -> psycopg.Connection[tuple[JSON, ...]]:
        try:
            connection: psycopg.Connection[tuple[JSON, ...]] = self._library.connect(
                self._url, autocommit=True, connect_timeout=_SECONDS_TO_CONNECT, application_name="any-llm ledger"
            )
        except self._library.Error as error:
            raise self._failed("opened", error) from error
        try:
            connection.execute(f"SET synchronous_commit = {'on' if self._surely else 'off'}")
            if steps:
                self._migrate(connection, steps)
        except self._library.Error as error:
            connection.close()
            raise self._failed("opened", error) from error
        except ConfigurationError:
            connection.close()
            raise
        return connection

    def _migrate(self, connection: psycopg.Connection[tuple[JSON, ...]], steps: Sequence[Sequence[str]]) -> None:
        with connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (_ONE_AT_A_TIME,))
            connection.execute("CREATE TABLE IF NOT EXISTS ledger_version (version BIGINT NOT NULL)")
            row: JSON = connection.execute("SELECT coalesce(max(version), 0) FROM ledger_version").fetchone()
            version = int(row[0])
            for statement in missing(version, _TYPES, steps, repr(self.where)):
                connection.execute(statement.encode())
            if version != len(steps):
                connection.execute("INSERT INTO ledger_version VALUES (%s)", (len(steps),))

    def _failed(self, what: str, error: Exception) -> StoreError:
        said = " ".join(str(error).split())
        return StoreError(f"The ledger {self.where!r} cannot be {what}: {said}", error)


def _copy(cursor: psycopg.Cursor[JSON], table: str, rows: Sequence[tuple[object, ...]]) -> None:
    names = TABLES[table]._fields
    # Of rows with one name in one batch the last one counts that tells how it ended, as it does in two.
    ended = names.index("outcome")
    latest: dict[object, tuple[object, ...]] = {}
    for row in rows:
        if row[0] not in latest or row[ended] != "running":
            latest[row[0]] = row
    listed = ", ".join(names)
    copied = f"copied_{table}"
    statements: JSON = (
        f"CREATE TEMPORARY TABLE IF NOT EXISTS {copied} (LIKE {table}) ON COMMIT DELETE ROWS",
        f"COPY {copied} ({listed}) FROM STDIN",
        f"INSERT INTO {table} ({listed}) SELECT {listed} FROM {copied} {over(table)}",  # noqa: S608  # names of ours
    )
    cursor.execute(statements[0])
    with cursor.copy(statements[1]) as copy:
        for row in latest.values():
            copy.write_row(row)
    cursor.execute(statements[2])


def _driver() -> JSON:
    try:
        return import_module("psycopg")
    except ImportError as error:
        raise MissingExtraError("postgres", "psycopg", reason="it speaks with the server of the ledger") from error
