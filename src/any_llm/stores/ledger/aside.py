"""Where entries of a ledger wait on the disk while its database is away: a ledger of its own, in a file."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from any_llm.stores.ledger.rows import AttemptRow, CallRow, Entry
from any_llm.stores.ledger.sqlite import SqliteBook

_CALLS = f"SELECT {', '.join(CallRow._fields)} FROM ledger_calls ORDER BY rowid LIMIT ?"  # noqa: S608  # names of ours
_ATTEMPTS = f"SELECT {', '.join(AttemptRow._fields)} FROM ledger_attempts WHERE call_id = ? ORDER BY number"  # noqa: S608  # as above


class Aside:
    """Keeps entries, and gives them back, also to another process. For any thread.

    Args:
        path: the file; it is made with the first entry.
        surely: whether what is kept also survives the end of the machine.

    Attributes:
        path: the file.
        some: whether there may be entries.
    """

    def __init__(self, path: Path, *, surely: bool = False) -> None:
        self.path = path
        self.some = path.exists()
        self._surely = surely
        self._lock = threading.Lock()
        self._opened: SqliteBook | None = None

    def keep(self, entries: Sequence[Entry]) -> None:
        """Keep entries.

        Raises:
            StoreError: the file cannot be written.
            UnwritableError: one of them holds what no row can.
        """
        with self._lock:
            self._book().write(entries)
            self.some = True

    def oldest(self, most: int) -> Sequence[Entry]:
        """Return the entries that came first.

        Raises:
            StoreError: the file cannot be read.
        """
        with self._lock:
            book = self._book()
            calls = [CallRow._make(row) for row in book.ask(_CALLS, (most,))]
            self.some = bool(calls)
            return [Entry(call, [AttemptRow._make(row) for row in book.ask(_ATTEMPTS, (call.id,))]) for call in calls]

    def drop(self, entries: Sequence[Entry]) -> None:
        """Forget entries that are in the ledger now, but for a call whose end has been told meanwhile.

        Raises:
            StoreError: the file cannot be written.
        """
        with self._lock:
            self._book().drop(entries)

    def close(self) -> None:
        """Close the file; it is opened anew when it is needed."""
        with self._lock:
            book, self._opened = self._opened, None
            if book is not None:
                book.close()

    def _book(self) -> SqliteBook:
        if self._opened is None:
            self._opened = SqliteBook(self.path, surely=self._surely)
        return self._opened
