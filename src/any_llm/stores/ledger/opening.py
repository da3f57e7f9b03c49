"""From the place of a ledger to the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from any_llm.stores.ledger.rows import Entry
from any_llm.stores.state import state_folder

if TYPE_CHECKING:
    from any_llm.stores.ledger.aside import Aside
    from any_llm.types.json import JSON

_POSTGRES = ("postgresql://", "postgres://")
_WHERE = frozenset({"host", "hostaddr", "port", "dbname", "service"})
"""Parameters of a database's URL that say which it is."""


class Book(Protocol):
    """A ledger that is open. One thread at a time may use it.

    Attributes:
        where: what errors call it, without a password.
        words: how the database says what each says differently.
    """

    where: str
    words: Mapping[str, str]

    def write(self, entries: Sequence[Entry]) -> None:
        """Write entries in one transaction; those that are there already are replaced.

        A call that has ended stays so, whatever comes later of its beginning.
        """
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


def open_aside(place: str, *, surely: bool = False) -> Aside | None:
    """Return where entries wait while a ledger is away; `None` for one in a file, which goes away only with its disk.

    Args:
        place: as `open_book` takes it.
        surely: whether what waits there shall also survive the end of the machine.
    """
    if not place.startswith(_POSTGRES):
        return None
    from any_llm.stores.ledger.aside import Aside  # noqa: PLC0415  # loads SQLite

    parts = urlsplit(place)
    # All who write that ledger share the file, by whatever user and password.
    said = sorted(one for one in parse_qsl(parts.query) if one[0] in _WHERE)
    where = f"{parts.netloc.rpartition('@')[2]}{parts.path}?{urlencode(said)}"
    name = sha256(where.encode()).hexdigest()[:16]
    return Aside(state_folder() / f"ledger-aside-{name}.db", surely=surely)
