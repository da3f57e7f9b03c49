"""The tables of the ledger, as the steps by which they came to be what they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from any_llm.exceptions import ConfigurationError
from any_llm.stores.ledger.rows import TABLES

STEPS: Sequence[Sequence[str]] = (
    (
        """
        CREATE TABLE ledger_calls (
            id TEXT PRIMARY KEY, started {real} NOT NULL, elapsed {real}, operation TEXT NOT NULL,
            provider TEXT NOT NULL, model TEXT NOT NULL, key TEXT NOT NULL, tenant TEXT NOT NULL,
            user_name TEXT NOT NULL, project TEXT NOT NULL, route TEXT NOT NULL, request_id TEXT NOT NULL,
            tags TEXT NOT NULL, outcome TEXT NOT NULL, error TEXT, stream {whole} NOT NULL, cache TEXT,
            attempts {whole} NOT NULL, cost {money}, saved {money}, unknown {whole} NOT NULL
        )
        """,
        """
        CREATE TABLE ledger_attempts (
            id TEXT PRIMARY KEY, call_id TEXT NOT NULL, number {whole} NOT NULL, started {real} NOT NULL,
            elapsed {real}, operation TEXT NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL, key TEXT NOT NULL,
            tenant TEXT NOT NULL, user_name TEXT NOT NULL, project TEXT NOT NULL, route TEXT NOT NULL,
            request_id TEXT NOT NULL, provider_request_id TEXT, tags TEXT NOT NULL, role TEXT NOT NULL,
            outcome TEXT NOT NULL, error TEXT, status {whole}, input_tokens {whole} NOT NULL,
            cache_read_tokens {whole} NOT NULL, cache_write_tokens {whole} NOT NULL, output_tokens {whole} NOT NULL,
            reasoning_tokens {whole} NOT NULL, usage TEXT, cost {money}, price_source TEXT, price_date TEXT
        )
        """,
        "CREATE INDEX ledger_calls_started ON ledger_calls (started)",
        "CREATE INDEX ledger_attempts_started ON ledger_attempts (started)",
        "CREATE INDEX ledger_attempts_call ON ledger_attempts (call_id)",
    ),
    ("ALTER TABLE ledger_attempts ADD COLUMN unpriced TEXT",),
)
"""Each version of the tables, as the statements that make it of the one before. Never changed, only added to."""


def missing(version: int, types: Mapping[str, str], steps: Sequence[Sequence[str]], where: str) -> Iterator[str]:
    """Give the statements that bring the tables from their version to the newest one.

    Args:
        version: what the tables are; 0 when there are none.
        types: how the database calls `real`, `whole` and `money`.
        steps: all versions, the first one first.
        where: what an error calls the database.

    Raises:
        ConfigurationError: the tables are newer than this program.
    """
    if version > len(steps):
        raise ConfigurationError(
            f"The ledger {where} has version {version} of its tables and this any_llm knows {len(steps)}; upgrade it"
        )
    for step in steps[version:]:
        for statement in step:
            yield statement.format(**types)


def over(table: str) -> str:
    """Return what becomes of a row whose name is there already: it goes over it, but a call that has ended stays so.

    Word that a call begins may come late, when the store was away as it began.
    """
    kept = ", ".join(f"{name} = excluded.{name}" for name in TABLES[table]._fields if name != "id")
    unless = " WHERE excluded.outcome <> 'running'" if table == "ledger_calls" else ""
    return f"ON CONFLICT (id) DO UPDATE SET {kept}{unless}"


def insert(table: str, mark: str) -> str:
    """Return the statement that puts a row in, with the mark that the database has for a value."""
    names = TABLES[table]._fields
    marks = ", ".join([mark] * len(names))
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks}) {over(table)}"  # noqa: S608  # names of ours
