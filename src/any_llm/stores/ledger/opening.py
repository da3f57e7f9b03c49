"""From the place of a ledger to the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import unquote

from any_llm.stores.ledger.rows import Entry
from any_llm.stores.state import state_folder

if TYPE_CHECKING:
    from any_llm.types.json import JSON

_POSTGRES = ("postgresql://", "postgres://")


class Book(Protocol):
    """A ledger that is open. One thread at a time may use it.

    Attributes:
        where: what errors call it, without a password.
        words: how the database says what each says differently.
    """

    where: str
    words: Mapping[str, str]

    def write(self, entries: Sequence[Entry]) -> None:
        """Write entries in one transaction; those that are there already are replaced."""
        ...

    def forget(self, before: float) -> int:
        """Delete what began before a time, and return how many calls that were."""
        ...

    def ask(self, statement: str, values: Sequence[JSON]) -> Iterator[tuple[JSON, ...]]:
        """Give the rows that answer a question."""
        ...

    def close(self) -> None:
        """Close it."""
        ...


def open_book(place: str, *, surely: bool = False) -> Book:
    """Open a ledger.

    Args:
        place: a path, `sqlite:PATH` or a PostgreSQL URL; empty for the user's own.
        surely: whether what has been written shall also survive the end of the machine.

    Raises:
        StoreError: it cannot be opened.
        ConfigurationError: it was made by a newer version of this library.
        MissingExtraError: the database's driver is not installed.
    """
    if place.startswith(_POSTGRES):
        from any_llm.stores.ledger.postgres import PostgresBook  # noqa: PLC0415  # an extra

        return PostgresBook(place, surely=surely)
    from any_llm.stores.ledger.sqlite import SqliteBook  # noqa: PLC0415  # loads SQLite

    path = unquote(place.removeprefix("sqlite:").removeprefix("//")) if place.startswith("sqlite:") else place
    return SqliteBook(Path(path).expanduser() if path else state_folder() / "ledger.db", surely=surely)
