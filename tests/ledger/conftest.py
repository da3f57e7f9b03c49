"""Ledgers in files and in a real PostgreSQL server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from any_llm.stores.ledger.opening import Book, open_book
from tests.stores.postgres import postgres, postgres_server

__all__ = ["postgres", "postgres_server"]


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a new ledger can be."""
    return str(request.getfixturevalue("postgres")) if request.param == "postgres" else str(tmp_path / "new" / "l.db")


@pytest.fixture
def book(place: str) -> Iterator[Book]:
    """A new ledger."""
    opened = open_book(place)
    yield opened
    opened.close()
