"""Turning an SQLite file to its log, with which readers and one writer do not hold each other up.

https://www.sqlite.org/wal.html
"""

from __future__ import annotations

import sqlite3
from time import monotonic, sleep
from typing import Literal

SECONDS_FOR_A_LOCK = 5.0
"""For how long one waits for what another process does in the file."""

_SECONDS_BETWEEN_TRIES = 0.02


def turn_to_log(database: sqlite3.Connection, synchronous: Literal["NORMAL", "FULL"], tables: str = "") -> None:
    """Have a file write to its log, and make tables in it.

    Raises:
        sqlite3.Error: it cannot be done; the file is closed then.
    """
    # Turning to the log needs the file for a moment, and SQLite does not wait for it by itself.
    give_up = monotonic() + SECONDS_FOR_A_LOCK
    while True:
        try:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute(f"PRAGMA synchronous = {synchronous}")
            database.executescript(tables)
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", None) != sqlite3.SQLITE_BUSY or monotonic() > give_up:
                database.close()
                raise
            sleep(_SECONDS_BETWEEN_TRIES)
        else:
            return
