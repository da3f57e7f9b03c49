from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from any_llm.audit.log import AuditLog
from any_llm.types.auditing import Audit
from tests.audit.logs import SECONDS, Clock
from tests.stores.postgres import postgres, postgres_server

__all__ = ["postgres", "postgres_server"]


@pytest.fixture
def clock() -> Clock:
    return Clock(SECONDS)


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The place of a new log, of either kind."""
    url: str = f"sqlite:{tmp_path / 'audit.db'}" if request.param == "sqlite" else request.getfixturevalue("postgres")
    return url


@pytest.fixture
def policy(place: str, tmp_path: Path) -> Audit:
    return Audit(place=place, key=str(tmp_path / "audit.key"), checkpoint_events=10, retention={"access": 30})


@pytest.fixture
def open_log(clock: Clock) -> Iterator[Callable[[Audit], AuditLog]]:
    """What opens logs that are closed after the test."""
    opened: list[AuditLog] = []

    def open_one(policy: Audit) -> AuditLog:
        opened.append(AuditLog(policy, clock))
        return opened[-1]

    yield open_one
    for log in opened:
        log.close()


@pytest.fixture
def log(policy: Audit, open_log: Callable[[Audit], AuditLog]) -> AuditLog:
    return open_log(policy)
