"""Calls and what was said in them, in one SQLite file with a full-text index.

A message is kept once, however many calls say it again: its name is the digest of what it says, as in simonw/llm.
Its words go into the index when somebody looks for words, since most calls are made when nobody does.
https://www.sqlite.org/fts5.html
"""

from __future__ import annotations

import hashlib
import os
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from any_llm.refusals import StoreError
from any_llm.types.json import JSON, JSONObject, is_list, is_mapping

_SECONDS_FOR_A_LOCK = 5.0
_DAY = 86_400.0
_LONGEST_TEXT = 200_000
_TOGETHER = 2_000
"""How many messages go into the index in one transaction, for which others wait."""

_TABLES = """
CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY, digest BLOB UNIQUE NOT NULL, body TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS calls (
    id INTEGER PRIMARY KEY AUTOINCREMENT, request_id TEXT NOT NULL, at REAL NOT NULL, provider TEXT NOT NULL,
    model TEXT NOT NULL, operation TEXT NOT NULL, outcome TEXT NOT NULL, line TEXT NOT NULL, options TEXT NOT NULL,
    spoken TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS calls_at ON calls (at);
CREATE INDEX IF NOT EXISTS calls_request ON calls (request_id);
CREATE TABLE IF NOT EXISTS said (
    call INTEGER NOT NULL, part TEXT NOT NULL, place INTEGER NOT NULL, message INTEGER NOT NULL,
    PRIMARY KEY (call, part, place)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS said_message ON said (message);
CREATE VIRTUAL TABLE IF NOT EXISTS found USING fts5(text, content='');
"""
_UNREAD = frozenset({
    "type", "role", "id", "object", "model", "finish_reason", "tool_call_id", "call_id", "system_fingerprint",
    "service_tier", "signature", "status", "stop_reason", "encrypted_content",
})  # fmt: skip
"""Members of messages that nobody looks for."""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A call to be kept. Each part may be `msgspec.Raw`, too, which is JSON already.

    Attributes:
        line: the record that a log has of it.
        at: when it began, in seconds since 1970.
        options: its parameters, but for the messages.
        spoken: the name of the parameter that the messages were.
        request: the messages that were said.
        response: those that came back.
    """

    line: JSON
    at: float
    options: JSON
    spoken: str = ""
    request: Sequence[JSON] = ()
    response: Sequence[JSON] = ()


class Wanted(NamedTuple):
    """Which calls are wanted: by words, a model, or an outcome; those after a number; at most so many of the latest."""

    text: str = ""
    model: str = ""
    outcome: str = ""
    after: int = 0
    most: int = 20


class CallLog:
    """The file. Each method is one transaction; for one thread at a time.

    Args:
        path: where it is; it is made where it is not.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._process = 0
        self._database: sqlite3.Connection | None = None

    def add(self, calls: Iterable[Kept]) -> None:
        """Keep calls.

        Raises:
            StoreError: the file cannot be written.
        """
        with self._translated(), self._open() as database:
            said = [row for call in calls for row in _add(database, call)]
            database.executemany("INSERT INTO said VALUES (?, ?, ?, ?)", said)

    def find(self, wanted: Wanted) -> list[tuple[int, JSONObject]]:
        """Return the numbers and the lines of calls, oldest first.

        Raises:
            StoreError: the file cannot be read.
        """
        conditions, values = ["calls.id > ?"], [wanted.after]
        more: list[JSON] = []
        if wanted.text:
            self._index()
            conditions.append(
                "calls.id IN (SELECT call FROM said WHERE message IN (SELECT rowid FROM found WHERE found MATCH ?))"
            )
            more.append(_phrases(wanted.text))
        if wanted.model:
            conditions.append("(model = ? OR provider || ':' || model = ?)")
            more += [wanted.model, wanted.model]
        if wanted.outcome:
            conditions.append("outcome = ?")
            more.append(wanted.outcome)
        where = " AND ".join(conditions)
        statement = f"SELECT id, line FROM calls WHERE {where} ORDER BY id DESC LIMIT ?"  # noqa: S608  # conditions of ours
        with self._translated(), self._open() as database:
            rows = database.execute(statement, (*values, *more, wanted.most)).fetchall()
        return [(number, msgspec.json.decode(line)) for number, line in reversed(rows)]

    def _index(self) -> None:
        more = True
        while more:
            with self._translated(), self._open() as database:
                more = _index(database)

    def show(self, name: str) -> tuple[int, Kept] | None:
        """Return a call by its number or its request id; `None` where there is none.

        Raises:
            StoreError: the file cannot be read.
        """
        with self._translated(), self._open() as database:
            row = database.execute(
                "SELECT id, line, at, options, spoken FROM calls WHERE id = ? OR request_id = ? ORDER BY id DESC",
                (int(name) if name.isdecimal() and len(name) < 19 else 0, name),
            ).fetchone()
            if row is None:
                return None
            number, line, at, options, spoken = row
            parts: dict[str, list[JSON]] = {"request": [], "response": []}
            said = "SELECT part, body FROM said JOIN messages ON messages.id = said.message WHERE call = ?"
            statement = f"{said} ORDER BY part, place"
            for part, body in database.execute(statement, (number,)):
                parts[part].append(msgspec.json.decode(body))
        known = (msgspec.json.decode(line), msgspec.json.decode(options))
        return number, Kept(line=known[0], at=at, options=known[1], spoken=spoken, **parts)

    def prune(self, before: float | None, max_bytes: int | None) -> int:
        """Let go of the calls before a time, and of the oldest while the file is larger; return how many went.

        Raises:
            StoreError: the file cannot be written.
        """
        gone = 0
        with self._translated():
            if before is not None:
                with self._open() as database:
                    gone += _forget(database, "SELECT id FROM calls WHERE at < ?", before)
            while max_bytes is not None and self._size() > max_bytes:
                with self._open() as database:
                    eighth = database.execute("SELECT max(1, count(*) / 8) FROM calls").fetchone()[0]
                    went = _forget(database, "SELECT id FROM calls ORDER BY id LIMIT ?", eighth)
                gone += went
                if not went:
                    break
            if gone and self._database is not None:
                # Each step of it gives one page back, and `execute` takes one step.
                self._database.executescript("PRAGMA incremental_vacuum")
        return gone

    def close(self) -> None:
        """Close the file; it is opened again when it is used again."""
        database, self._database = self._database, None
        if database is not None and self._process == os.getpid():
            database.close()

    def _size(self) -> int:
        """Return how many bytes are in use; what was freed counts no more."""
        with self._open() as database:
            pages, free, size = (
                database.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("page_count", "freelist_count", "page_size")
            )
        return int((pages - free) * size)

    def _open(self) -> sqlite3.Connection:
        if self._process != os.getpid():
            # The connection does not live on in a forked child.
            self._process, self._database = os.getpid(), None
        if self._database is None:
            self._database = _connect(self._path)
        return self._database

    def _translated(self) -> _Translated:
        return _Translated(self._path)


class _Translated:
    """Tells of what fails as an error of a store."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, sqlite3.Error | OSError):
            raise StoreError(f"The log store {str(self._path)!r} failed: {error}", error) from error


def _connect(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        # Nobody but the owner may read what is said.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    database = sqlite3.connect(path, timeout=_SECONDS_FOR_A_LOCK, check_same_thread=False)
    try:
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
        if tables and "calls" not in tables:
            raise sqlite3.DatabaseError("it is no log store, but the database of something else")
        # What has gone is overwritten.
        database.execute("PRAGMA secure_delete = ON")
        database.execute("PRAGMA auto_vacuum = INCREMENTAL")
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        database.executescript(_TABLES)
    except sqlite3.Error:
        database.close()
        raise
    return database


class _Line(msgspec.Struct, frozen=True):
    """What of a line has a column."""

    operation: str
    outcome: str
    request_id: str = ""
    provider: str = ""
    model: str = ""


_LINE = msgspec.json.Decoder(_Line)


def _add(database: sqlite3.Connection, call: Kept) -> Iterator[tuple[JSON, ...]]:
    """Keep a call, and yield what it said where."""
    text = msgspec.json.encode(call.line)
    line = _LINE.decode(text)
    values = (
        *(line.request_id, call.at, line.provider, line.model, line.operation, line.outcome),
        *(text.decode(), _encode(call.options).decode(), call.spoken),
    )
    columns = "request_id, at, provider, model, operation, outcome, line, options, spoken"
    statement = f"INSERT INTO calls ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608  # columns of ours
    number = database.execute(statement, values).lastrowid
    parts: Mapping[str, Sequence[JSON]] = {"request": call.request, "response": call.response}
    for part, messages in parts.items():
        for place, message in enumerate(messages):
            yield number, part, place, _message(database, _encode(message))


def _message(database: sqlite3.Connection, body: bytes) -> int:
    """Return the number of a message, which is kept now if it was not."""
    digest = hashlib.sha256(body).digest()
    statement = "INSERT OR IGNORE INTO messages (digest, body) VALUES (?, ?)"
    added = database.execute(statement, (digest, body.decode()))
    if added.rowcount:
        return int(added.lastrowid or 0)
    row = database.execute("SELECT id FROM messages WHERE digest = ?", (digest,)).fetchone()
    return int(row[0])


def _index(database: sqlite3.Connection) -> bool:
    """Put the words of some messages into the index, and say whether there may be more."""
    question = "SELECT id, body FROM messages WHERE id > ? ORDER BY id LIMIT ?"
    rows = database.execute(question, (_indexed(database), _TOGETHER)).fetchall()
    database.executemany(
        "INSERT INTO found (rowid, text) VALUES (?, ?)", ((number, _text(body)) for number, body in rows)
    )
    return len(rows) == _TOGETHER


def _indexed(database: sqlite3.Connection) -> int:
    """Return up to which message words are in the index."""
    return int(database.execute("SELECT coalesce(max(id), 0) FROM found_docsize").fetchone()[0])


def _text(body: str) -> str:
    return "\n".join(_words(msgspec.json.decode(body)))[:_LONGEST_TEXT]


_FORGETTING = (
    "INSERT OR IGNORE INTO unsaid SELECT message FROM said WHERE call IN gone",
    "DELETE FROM said WHERE call IN gone",
    "DELETE FROM calls WHERE id IN gone",
    "DELETE FROM unsaid WHERE EXISTS (SELECT 1 FROM said WHERE message = unsaid.id)",
)
"""What becomes of the calls in `gone`, and of what no other call says; it looks at nothing else."""


def _forget(database: sqlite3.Connection, which: str, value: float) -> int:
    """Delete the calls that a question gives, and return how many they are."""
    for table in ("gone", "unsaid"):
        database.execute(f"CREATE TEMP TABLE IF NOT EXISTS {table} (id INTEGER PRIMARY KEY)")
        database.execute(f"DELETE FROM {table}")  # noqa: S608  # ours
    found = database.execute(f"INSERT INTO gone {which}", (value,)).rowcount  # questions of ours
    if found:
        for statement in _FORGETTING:
            database.execute(statement)
        question = "SELECT id, body FROM messages WHERE id IN unsaid AND id <= ?"
        words = [(number, _text(body)) for number, body in database.execute(question, (_indexed(database),))]
        database.executemany("INSERT INTO found (found, rowid, text) VALUES ('delete', ?, ?)", words)
        database.execute("DELETE FROM messages WHERE id IN unsaid")
    return found


_encode = msgspec.json.Encoder(order="sorted").encode


def _words(value: JSON) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif is_list(value):
        for item in value:
            yield from _words(item)
    elif is_mapping(value):
        for name, item in value.items():
            if name not in _UNREAD:
                yield from _words(item)


def _phrases(text: str) -> str:
    """Return words as FTS5 takes them: each must be there; those in quotation marks beside each other."""
    phrases = re.findall(r'"([^"]+)"|(\S+)', text.replace("\0", " "))
    return " ".join('"{}"'.format((first or second).replace('"', '""')) for first, second in phrases)
