"""Retention, erasure and holds where a clock goes back, a mode changes, or a hold is on something else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import msgspec
import pytest

from any_llm.audit.log import AuditLog
from any_llm.audit.reading import Query, Reader, rows_of, subjects_of
from any_llm.audit.reports import report
from any_llm.audit.upkeep import erase, hold, holds, prune, release
from any_llm.refusals import AuditError
from any_llm.types.auditing import Audit
from tests.audit.logs import DAY, Clock, asked, verdict

Opener: TypeAlias = Callable[[Audit], AuditLog]
READER = Reader(actor="auditor", reason="the yearly review")


@pytest.fixture
def place(tmp_path: Path) -> str:
    """The place of a log in SQLite: none of this depends on the database."""
    return f"sqlite:{tmp_path / 'audit.db'}"


def told(log: AuditLog, action: str = "") -> list[dict[str, object]]:
    """Return events, without leaving a trace."""
    with log.database.snapshot() as session:
        return [row.told() for row in rows_of(session, Query(action=action))]


def test_a_clock_that_goes_back_leaves_the_log_whole(log: AuditLog, clock: Clock) -> None:
    log.append([asked()])
    clock.now -= 40 * DAY
    log.append([asked()])
    clock.now += 80 * DAY
    log.append([asked()])
    found = verdict(log)
    assert (found.events, found.checkpoints, found.problems) == (3, 1, [])
    assert [str(event["at"])[:10] for event in told(log)] == ["2026-09-21", "2026-08-12", "2026-10-31"]
    assert prune(log, READER) == 2
    assert verdict(log).problems == []


def files_in(folder: Path) -> bytes:
    """Return all bytes of a log in SQLite."""
    return b"".join(path.read_bytes() for path in folder.glob("audit.db*"))


def test_who_is_erased_leaves_nothing_in_the_files_of_sqlite(tmp_path: Path, open_log: Opener) -> None:
    log = open_log(Audit(place=f"sqlite:{tmp_path / 'audit.db'}", content="encrypted"))
    log.append([asked("ann-smith"), asked("bob-smith")])
    with log.database.snapshot() as session:
        ((_, ann),) = [each for each in subjects_of(session, "").values() if each[0] == "ann-smith"]
    assert ann.secret in files_in(tmp_path)
    erase(log, "", "ann-smith", READER)
    assert ann.secret not in files_in(tmp_path)
    assert b"ann-smith" not in files_in(tmp_path)
    assert b"bob-smith" in files_in(tmp_path)


def test_what_was_told_in_clear_before_contents_were_encrypted_is_found_held_and_erased_too(
    policy: Audit, open_log: Opener, clock: Clock
) -> None:
    open_log(policy).append([asked("ann"), asked("bob")])
    log = open_log(msgspec.structs.replace(policy, content="encrypted"))
    hold(log, "case-1", READER, subject="ann")
    log.append([asked("ann"), asked("bob")])
    assert report(log, "subject", Query(tenant="", actor="ann"), READER)["events"] == 2
    assert holds(log) == [("case-1", "ann", "", READER.reason)]
    assert str(told(log, action="audit.hold")[0]["subject"]).startswith("subject:")
    clock.now += 31 * DAY
    assert prune(log, READER) == 2
    assert verdict(log).problems == []
    with pytest.raises(AuditError, match="'case-1' forbids"):
        erase(log, "", "ann", READER)
    release(log, "case-1", READER)
    assert erase(log, "", "ann", READER) == 1
    assert verdict(log).problems == []


def test_what_one_tenant_keeps_no_longer_is_let_go_of_theirs_alone(log: AuditLog, clock: Clock) -> None:
    log.append([asked("ann", tenant="a"), asked("ann", tenant="b")])
    clock.now += 31 * DAY
    assert prune(log, READER, "a") == 1
    assert prune(log, READER) == 1
    assert [(event["tenant"], event["numbers"]) for event in told(log, "audit.prune")] == [
        ("a", [[1, 1]]), ("b", [[1, 1]]),
    ]  # fmt: skip


def test_a_hold_on_another_class_forbids_nothing(log: AuditLog) -> None:
    log.append([asked("ann")])
    hold(log, "case-1", READER, kind="billing")
    hold(log, "case-2", READER, subject="bob")
    assert erase(log, "", "ann", READER) == 1
