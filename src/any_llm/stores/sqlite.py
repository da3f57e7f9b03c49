"""A store in one SQLite file, shared by the processes of a machine.

One thread of its own does what SQLite does, so that a lock that another process holds never stops an event loop.
https://www.sqlite.org/wal.html
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from math import inf
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote

from any_llm.exceptions import ConfigurationError
from any_llm.refusals import StoreError
from any_llm.spec.clock import Clock
from any_llm.spec.store import Draw, Drawn, Pinned
from any_llm.stores.wal import SECONDS_FOR_A_LOCK, turn_to_log

T = TypeVar("T")

_SWEEP_EVERY = 512
_TABLES = """
CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, value BLOB NOT NULL, until REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counted (name TEXT PRIMARY KEY, amount REAL NOT NULL, until REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS claimed (name TEXT PRIMARY KEY, owner TEXT NOT NULL, until REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS levels (
    bucket TEXT PRIMARY KEY, level REAL NOT NULL, since REAL NOT NULL, until REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS leases (
    bucket TEXT NOT NULL, lease TEXT NOT NULL, amount REAL NOT NULL, until REAL NOT NULL, PRIMARY KEY (bucket, lease)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS pinned (
    board TEXT NOT NULL, owner TEXT NOT NULL, value BLOB NOT NULL, since REAL NOT NULL, until REAL NOT NULL,
    PRIMARY KEY (board, owner)
) WITHOUT ROWID;
"""
_ADD_TO_LEASE = """
INSERT INTO leases VALUES (?1, ?2, ?3, ?4) ON CONFLICT (bucket, lease) DO UPDATE SET
    amount = excluded.amount + CASE WHEN until > ?5 THEN amount ELSE 0 END, until = max(until, excluded.until)
"""
_SWEPT = ("kept", "counted", "claimed", "levels", "leases", "pinned")


def open_sqlite(place: str, clock: Clock) -> SqliteStore:
    """Open the store at `sqlite:PATH`; the file is made when it is first used.

    Raises:
        ConfigurationError: the place names no file.
    """
    path = unquote(place.partition(":")[2].removeprefix("//"))
    if not path:
        raise ConfigurationError(f"store is {place!r}; name a file, as in 'sqlite:limits.db'")
    return SqliteStore(Path(path), clock)


class SqliteStore:
    """Has every protocol of `any_llm.spec.store`; each method is one transaction.

    Args:
        path: the file.
        clock: the time, as all processes see it.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._writes = 0
        self._process = 0
        self._database: sqlite3.Connection | None = None
        self._open()

    async def get(self, name: str) -> bytes | None:
        """Return what is kept, `None` where there is nothing or its time is over."""
        return await self._run(lambda database: self._one(database, "SELECT value FROM kept WHERE name = ?", name))

    async def set(self, name: str, value: bytes, *, seconds: float | None = None) -> None:
        """Keep a value, for so many seconds or until it is replaced."""
        until = self._until(seconds)
        await self._run(
            lambda database: database.execute("INSERT OR REPLACE INTO kept VALUES (?, ?, ?)", (name, value, until))
        )

    async def delete(self, name: str) -> None:
        """Forget a value; one that is not there is no error."""
        await self._run(lambda database: database.execute("DELETE FROM kept WHERE name = ?", (name,)))

    async def names(self, prefix: str) -> Sequence[tuple[str, int]]:
        """Return the names that begin so of what is kept, and how many bytes each has."""
        statement = "SELECT name, length(value) FROM kept WHERE substr(name, 1, ?) = ? AND until > ?"
        values = (len(prefix), prefix, self._clock.time())
        return await self._run(lambda database: database.execute(statement, values).fetchall())

    async def increment(self, name: str, amount: float = 1.0, *, seconds: float | None = None) -> float:
        """Add to a count and return what it is now; a new one begins at nothing and ends after so many seconds."""
        now, until = self._clock.time(), self._until(seconds)

        def add(database: sqlite3.Connection) -> float:
            """Add to what is there, unless its time is over."""
            database.execute("DELETE FROM counted WHERE name = ? AND until <= ?", (name, now))
            statement = (
                "INSERT INTO counted VALUES (?, ?, ?) "
                "ON CONFLICT (name) DO UPDATE SET amount = amount + excluded.amount RETURNING amount"
            )
            return float(database.execute(statement, (name, amount, until)).fetchone()[0])

        return await self._run(add)

    async def count(self, name: str) -> float:
        """Return a count; nothing where there is none or its time is over."""
        statement = "SELECT amount FROM counted WHERE name = ?"
        return await self._run(lambda database: self._one(database, statement, name) or 0.0)

    async def claim(self, name: str, owner: str, *, seconds: float) -> bool:
        """Give the name to this owner for so many seconds, and say whether it is theirs; one who has it has it anew."""
        now, until = self._clock.time(), self._until(seconds)

        def take(database: sqlite3.Connection) -> bool:
            """Write the owner down, unless another one stands there."""
            statement = (
                "INSERT INTO claimed VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE "
                "SET owner = excluded.owner, until = excluded.until WHERE owner = excluded.owner OR until <= ?"
            )
            return database.execute(statement, (name, owner, until, now)).rowcount > 0

        return await self._run(take)

    async def release(self, name: str, owner: str) -> None:
        """Take the name back from this owner; one who does not have it is no error."""
        statement = "DELETE FROM claimed WHERE name = ? AND owner = ?"
        await self._run(lambda database: database.execute(statement, (name, owner)))

    async def pin(self, board: str, owner: str, value: bytes, *, seconds: float) -> Sequence[Pinned]:
        """Pin up a value in place of the owner's last one, for so many seconds; return what all have pinned up."""
        now = self._clock.time()

        def exchange(database: sqlite3.Connection) -> Sequence[Pinned]:
            """Write down what one says, and read what all do."""
            row = (board, owner, value, now, now + seconds)
            database.execute("INSERT OR REPLACE INTO pinned VALUES (?, ?, ?, ?, ?)", row)
            statement = "SELECT owner, ? - since, value FROM pinned WHERE board = ? AND until > ?"
            return [Pinned(*found) for found in database.execute(statement, (now, board, now))]

        return await self._run(exchange)

    async def draw(self, draws: Sequence[Draw]) -> Drawn:
        """Draw from several buckets, all or nothing, in one step."""
        return await self._run(lambda database: _draw(database, draws, self._clock.time()))

    async def give_back(self, draws: Sequence[Draw]) -> None:
        """Put amounts back, or take more where one is negative: more than there is leaves the bucket in debt."""
        await self._run(lambda database: _give_back(database, draws, self._clock.time()))

    async def aclose(self) -> None:
        """Close the file; it is opened again when it is used again."""
        database, self._database = self._database, None
        if database is not None and self._process == os.getpid():
            await asyncio.wrap_future(self._thread.submit(database.close))

    def _open(self) -> None:
        self._process = os.getpid()
        self._thread = ThreadPoolExecutor(1, "any-llm-sqlite")
        self._database = None

    async def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        if self._process != os.getpid():
            # Neither the thread nor the connection live on in a forked child.
            self._open()
        try:
            # What has been handed over is done, whatever becomes of who asked.
            return await asyncio.shield(asyncio.wrap_future(self._thread.submit(self._transact, work)))
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"The store {str(self._path)!r} failed: {error}", error) from error

    def _transact(self, work: Callable[[sqlite3.Connection], T]) -> T:
        database = self._database
        if database is None:
            database = self._database = _connect(self._path)
        # Commits at the end, and takes back what failed, unless SQLite has done so, as it does when the disk is full.
        with database:
            database.execute("BEGIN IMMEDIATE")
            result = work(database)
            self._writes += 1
            if self._writes % _SWEEP_EVERY == 0:
                self._sweep(database)
        return result

    def _sweep(self, database: sqlite3.Connection) -> None:
        for table in _SWEPT:
            database.execute(f"DELETE FROM {table} WHERE until <= ?", (self._clock.time(),))  # noqa: S608  # names of ours

    def _one(self, database: sqlite3.Connection, statement: str, name: str) -> T | None:
        row: tuple[T] | None = database.execute(f"{statement} AND until > ?", (name, self._clock.time())).fetchone()
        return None if row is None else row[0]

    def _until(self, seconds: float | None) -> float:
        return inf if seconds is None else self._clock.time() + seconds


def _connect(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    database = sqlite3.connect(path, timeout=SECONDS_FOR_A_LOCK, isolation_level=None, check_same_thread=False)
    turn_to_log(database, "NORMAL", _TABLES)
    return database


def _draw(database: sqlite3.Connection, draws: Sequence[Draw], now: float) -> Drawn:
    left = [_left(database, draw, now) for draw in draws]
    lacking = [(draw, has) for draw, has in zip(draws, left, strict=True) if has < draw.amount]
    if lacking:
        wait, short = max((_wait(database, draw, has, now), draw.bucket) for draw, has in lacking)
        return Drawn(granted=False, wait=wait, short=short, left=tuple(left))
    for draw, has in zip(draws, left, strict=True):
        if draw.lease:
            values = (draw.bucket, draw.lease, draw.amount, now + draw.window)
            database.execute("INSERT OR REPLACE INTO leases VALUES (?, ?, ?, ?)", values)
        else:
            _set_level(database, draw, has - draw.amount, now)
    return Drawn(granted=True, left=tuple(has - draw.amount for draw, has in zip(draws, left, strict=True)))


def _give_back(database: sqlite3.Connection, draws: Sequence[Draw], now: float) -> None:
    for draw in draws:
        if draw.lease and draw.amount < 0:
            values = (draw.bucket, draw.lease, -draw.amount, now + draw.window, now)
            database.execute(_ADD_TO_LEASE, values)
        elif draw.lease:
            database.execute("DELETE FROM leases WHERE bucket = ? AND lease = ?", (draw.bucket, draw.lease))
        else:
            _set_level(database, draw, min(draw.capacity, _left(database, draw, now) + draw.amount), now)


def _set_level(database: sqlite3.Connection, draw: Draw, level: float, now: float) -> None:
    # When it is full again there is nothing to know about it.
    full = now + (draw.capacity - level) * draw.window / draw.capacity
    database.execute("INSERT OR REPLACE INTO levels VALUES (?, ?, ?, ?)", (draw.bucket, level, now, full))


def _left(database: sqlite3.Connection, draw: Draw, now: float) -> float:
    if draw.lease:
        database.execute("DELETE FROM leases WHERE bucket = ? AND until <= ?", (draw.bucket, now))
        statement = "SELECT total(amount) FROM leases WHERE bucket = ? AND lease != ?"
        taken = database.execute(statement, (draw.bucket, draw.lease)).fetchone()[0]
        return draw.capacity - float(taken)
    row = database.execute("SELECT level, since FROM levels WHERE bucket = ?", (draw.bucket,)).fetchone()
    level, since = row or (draw.capacity, now)
    # A clock that is set back gives nothing.
    return min(draw.capacity, level + max(0.0, now - since) * draw.capacity / draw.window)


def _wait(database: sqlite3.Connection, draw: Draw, has: float, now: float) -> float:
    if not draw.lease:
        return (draw.amount - has) * draw.window / draw.capacity
    statement = "SELECT until, amount FROM leases WHERE bucket = ? AND lease != ? ORDER BY until"
    for until, amount in database.execute(statement, (draw.bucket, draw.lease)):
        has += amount
        if has >= draw.amount:
            return float(until) - now
    return inf
