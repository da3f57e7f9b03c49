"""The PostgreSQL server of the tests is a real one, and each test has a database of its own."""

from __future__ import annotations

import psycopg

from tests.stores.postgres import postgres, postgres_server

__all__ = ["postgres", "postgres_server"]


def test_a_database_of_a_real_server_is_there_and_empty(postgres: str) -> None:
    with psycopg.connect(postgres) as connection:
        version = connection.execute("SHOW server_version").fetchone()
        tables = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()

    assert version is not None
    assert int(version[0].split(".")[0]) >= 16
    assert tables == (0,)
