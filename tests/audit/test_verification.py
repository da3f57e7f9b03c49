"""Whatever is changed in a log is found: each of ten thousand events edited, dropped, inserted or moved."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec
import pytest

from any_llm.audit.chain import GENESIS, about_text, body_digest, checkpoint_text, link
from any_llm.audit.event import Row
from any_llm.audit.handover import rotate
from any_llm.audit.log import AuditLog
from any_llm.audit.merkle import root
from any_llm.audit.reading import Query, Reader, rows_of
from any_llm.audit.upkeep import erase, hold
from any_llm.audit.verification import check_rows
from any_llm.types.auditing import Audit
from tests.audit.logs import SECONDS, Clock, asked, changing, verdict

EVENTS, WINDOW = 10_000, 8
READER = Reader(actor="auditor")


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AuditLog]:
    folder = tmp_path_factory.mktemp("audit")
    log = AuditLog(Audit(place=f"sqlite:{folder / 'audit.db'}", content="none"), Clock(SECONDS))
    for start in range(0, EVENTS, 500):
        log.append([asked(f"user-{number % 97}", number=number) for number in range(start, start + 500)])
    yield log
    log.close()


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AuditLog]:
    """A log of a hundred events, ten of which go into a checkpoint."""
    folder = tmp_path_factory.mktemp("audit")
    policy = Audit(place=f"sqlite:{folder / 'audit.db'}", content="none", checkpoint_events=10)
    log = AuditLog(policy, Clock(SECONDS))
    for start in range(0, 100, 10):
        log.append([asked(f"user-{number % 97}", number=number) for number in range(start, start + 10)])
    yield log
    log.close()


def copy_of(log: AuditLog, folder: Path) -> tuple[AuditLog, sqlite3.Connection]:
    """Return a copy of a log, and a connection by which somebody changes it."""
    path = folder / "audit.db"
    assert log.database.path is not None
    with sqlite3.connect(log.database.path) as source, sqlite3.connect(path) as target:
        source.backup(target)
    source.close()
    target.close()
    copied = AuditLog(msgspec.structs.replace(log.policy, place=f"sqlite:{path}", key=log.policy.key_path), log.clock)
    assert verdict(copied).problems == []
    return copied, changing(path)


def edited(rows: Sequence[Row]) -> list[Row]:
    body = rows[1].body
    assert body is not None
    return [
        rows[0],
        msgspec.structs.replace(rows[1], body=body.replace(b'"ann"', b'"bob"').replace(b"user-", b"usar-")),
        *rows[2:],
    ]


def edited_with_its_digest(rows: Sequence[Row]) -> list[Row]:
    (changed,) = edited(rows)[1:2]
    return [rows[0], msgspec.structs.replace(changed, digest=body_digest(changed.body or b"")), *rows[2:]]


def with_other_columns(rows: Sequence[Row]) -> list[Row]:
    return [rows[0], msgspec.structs.replace(rows[1], actor="nobody"), *rows[2:]]


def dropped(rows: Sequence[Row]) -> list[Row]:
    return [rows[0], *rows[2:]]


def dropped_and_numbered_anew(rows: Sequence[Row]) -> list[Row]:
    return [rows[0], *(msgspec.structs.replace(row, number=row.number - 1) for row in rows[2:])]


def inserted(rows: Sequence[Row]) -> list[Row]:
    return [*rows[:2], rows[1], *rows[2:]]


def inserted_with_its_own_link(rows: Sequence[Row]) -> list[Row]:
    numbered = msgspec.structs.replace(rows[1], number=rows[1].number + 1)
    made = msgspec.structs.replace(numbered, hash=link(rows[1].hash, rows[1].digest, about_text(numbered.about)))
    return [*rows[:2], made, *(msgspec.structs.replace(row, number=row.number + 1) for row in rows[2:])]


def moved(rows: Sequence[Row]) -> list[Row]:
    return [rows[0], rows[2], rows[1], *rows[3:]]


def moved_with_their_numbers(rows: Sequence[Row]) -> list[Row]:
    first, second = rows[1:3]
    swapped = [
        msgspec.structs.replace(second, number=first.number), msgspec.structs.replace(first, number=second.number)
    ]  # fmt: skip
    return [rows[0], *swapped, *rows[3:]]


COPY_OF_ONE = (
    "INSERT INTO audit_events SELECT tenant, 101, digest, hash, body, stream, class, at, actor, action "
    "FROM audit_events WHERE number = ?"
)
MUTATIONS: Sequence[Callable[[Sequence[Row]], list[Row]]] = (
    edited, edited_with_its_digest, with_other_columns, dropped, dropped_and_numbered_anew, inserted,
    inserted_with_its_own_link, moved, moved_with_their_numbers,
)  # fmt: skip


@pytest.mark.unmeasured
def test_each_of_ten_thousand_events_is_guarded_against_every_change(large: AuditLog) -> None:
    with large.database.snapshot() as session:
        rows = list(rows_of(session, Query()))
    assert len(rows) == EVENTS
    missed: list[tuple[int, str]] = []
    for place in range(EVENTS - WINDOW):
        window = rows[place : place + WINDOW]
        before = rows[place - 1].hash if place else GENESIS
        missed += [
            (place, mutate.__name__)
            for mutate in (MUTATIONS[place % 9], MUTATIONS[(place + 4) % 9])
            if not check_rows("", mutate(window), before, window[0].number)
        ]
    assert missed == []
    assert check_rows("", rows) == []


@pytest.mark.parametrize("number", [1, 9, 10, 11, 50, 100])
@pytest.mark.parametrize(
    "statements",
    [
        ["UPDATE audit_events SET body = replace(body, 'completion', 'embedding!') WHERE number = ?"],
        ["UPDATE audit_events SET body = NULL WHERE number = ?"],
        ["DELETE FROM audit_events WHERE number = ?"],
        ["UPDATE audit_events SET at = '2020' WHERE number = ?"],
        ["UPDATE audit_events SET number = -number WHERE number = ?"],
        [COPY_OF_ONE],
        ["UPDATE audit_heads SET number = ? - 1"],
        ["DELETE FROM audit_checkpoints WHERE last >= ?", "UPDATE audit_heads SET checked = 0"],
        ["UPDATE audit_checkpoints SET root = zeroblob(32) WHERE ? > 0 AND last = 30"],
        ["DELETE FROM audit_heads WHERE ? > 0"],
    ],
)  # fmt: skip
def test_what_is_changed_in_the_database_is_found(
    small: AuditLog, statements: Sequence[str], number: int, tmp_path: Path
) -> None:
    log, connection = copy_of(small, tmp_path)
    for statement in statements:
        connection.execute(statement, (number,) * statement.count("?"))
    assert verdict(log).problems
    connection.close()
    log.close()


def test_a_chain_that_is_computed_anew_lacks_the_signatures(small: AuditLog, tmp_path: Path) -> None:
    log, connection = copy_of(small, tmp_path)
    last = GENESIS
    statement = "SELECT number, body, tenant, at, stream, class, action FROM audit_events ORDER BY number"
    for number, body, tenant, *about in connection.execute(statement).fetchall():
        changed = body.replace(b"user-7", b"user-8")
        last = link(last, body_digest(changed), about_text((tenant, number, *about)))
        values = (changed, body_digest(changed), last, number)
        connection.execute("UPDATE audit_events SET body = ?, digest = ?, hash = ? WHERE number = ?", values)
    connection.execute("UPDATE audit_events SET actor = replace(actor, 'user-7', 'user-8')")
    connection.execute("UPDATE audit_heads SET hash = ?", (last,))
    found = verdict(log).problems
    assert {problem.what for problem in found} >= {"The signature is wrong"}
    assert sum("is not that of these events" in problem.what for problem in found) == 10
    connection.close()
    log.close()


def test_a_log_signed_by_somebody_else_is_not_trusted(small: AuditLog, tmp_path: Path) -> None:
    other = AuditLog(Audit(place=f"sqlite:{tmp_path / 'other.db'}"), Clock(SECONDS))
    copied, connection = copy_of(small, tmp_path)
    foreign = AuditLog(msgspec.structs.replace(copied.policy, key=other.policy.key_path), copied.clock)
    found = verdict(foreign).problems
    assert len(found) == 12
    assert all("by a key that is not trusted" in problem.what for problem in found)
    connection.close()
    copied.close()
    foreign.close()


def test_a_log_set_back_to_an_earlier_state_lacks_what_was_seen(small: AuditLog, tmp_path: Path) -> None:
    from any_llm.audit.verification import verify  # noqa: PLC0415  # used here alone

    log, connection = copy_of(small, tmp_path)
    log.append([asked("later")])
    seen = verdict(log).heads[""].split(":")
    expected = {"": [(int(seen[0]), bytes.fromhex(seen[1]))]}
    with small.database.snapshot() as session:
        problems = verify(session, [small.signer.public], expected=expected).problems
    with log.database.snapshot() as session:
        assert verify(session, [log.signer.public], "", expected).problems == []
    assert [problem.number for problem in problems] == [101]
    connection.close()
    log.close()


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AuditLog]:
    """A log of two tenants, with a row in every table: keys of subjects, a hold, an erasure, and a handover."""
    folder = tmp_path_factory.mktemp("audit")
    policy = Audit(place=f"sqlite:{folder / 'audit.db'}", content="encrypted", checkpoint_events=2)
    log = AuditLog(policy, Clock(SECONDS))
    log.append([asked("ann", tenant="a"), asked("bob", tenant="a"), asked("ann")])
    hold(log, "case-1", READER, tenant="a", subject="bob")
    erase(log, "a", "ann", READER)
    rotate(log, READER)
    log.append([asked("eve", tenant="a"), asked("ann")])
    yield log
    log.close()


COLUMNS = {
    "audit_events": ("tenant", "number", "digest", "hash", "body", "stream", "class", "at", "actor", "action"),
    "audit_heads": ("tenant", "place", "number", "hash", "checked", "checked_at", "key_id", "signature"),
    "audit_roster": ("tenants", "key_id", "signature"),
    "audit_handovers": ("old_key", "new_key", "at", "by_old", "by_new"),
    "audit_checkpoints": ("tenant", "first", "last", "root", "at", "key_id", "signature"),
    "audit_subjects": ("tenant", "ref"),
    "audit_holds": ("tenant", "name", "told", "class"),
}
NEGATIVE = (
    "INSERT INTO audit_events SELECT '', -5, digest, hash, body, stream, class, at, actor, action "
    "FROM audit_events WHERE tenant = '' AND number = 1"
)
FOREIGN = ("x", b"\xff\xfe", 7, 2**62)


@pytest.mark.parametrize("table", COLUMNS)
def test_whatever_stands_in_a_column_that_was_not_written_there_is_found(
    full: AuditLog, table: str, tmp_path: Path
) -> None:
    log, connection = copy_of(full, tmp_path)
    connection.execute("PRAGMA synchronous = OFF")
    missed = []
    for column in COLUMNS[table]:
        change = f"UPDATE {table} SET {column} = ? WHERE rowid = ?"  # noqa: S608  # names of ours
        look = f"SELECT rowid, {column} FROM {table} ORDER BY rowid DESC"  # noqa: S608  # as above
        rowid, written = connection.execute(look).fetchone()
        for value in FOREIGN:
            connection.execute(change, (value, rowid))
            missed += [] if verdict(log).problems else [(column, value)]
            connection.execute(change, (written, rowid))
    assert missed == []
    assert verdict(log).problems == []
    connection.close()
    log.close()


@pytest.mark.parametrize("tenant", ["a", ""])
def test_a_chain_that_is_dropped_as_a_whole_is_missed(full: AuditLog, tenant: str, tmp_path: Path) -> None:
    log, connection = copy_of(full, tmp_path)
    for table in ("audit_events", "audit_heads", "audit_checkpoints", "audit_subjects", "audit_holds"):
        connection.execute(f"DELETE FROM {table} WHERE tenant = ?", (tenant,))  # noqa: S608  # names of ours
    (problem,) = verdict(log).problems
    assert problem.what.startswith("A whole chain is gone: of the 2 that were begun, number")
    connection.execute("DELETE FROM audit_roster")
    assert "how many chains" in verdict(log).problems[0].what
    connection.close()
    log.close()


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("DELETE FROM audit_holds", "The hold 'case-1' was placed, changed or released"),
        ("DELETE FROM audit_subjects WHERE subject = 'bob'", "The key of subject:"),
        ("INSERT INTO audit_holds VALUES ('a', 'case-9', '', '', '', '', '')", "The hold 'case-9' was placed"),
        (NEGATIVE, "stands twice"),
        ("DELETE FROM audit_events WHERE tenant = '' AND number = 3", "The chain ends at 2, but its signed end is 3"),
        (
            "INSERT INTO audit_handovers SELECT 9, new_key, zeroblob(32), at, by_old, by_new FROM audit_handovers",
            "A handover of keys is told for which no key that is trusted vouches",
        ),
    ],
)  # fmt: skip
def test_what_is_done_beside_the_chain_is_found(full: AuditLog, statement: str, said: str, tmp_path: Path) -> None:
    log, connection = copy_of(full, tmp_path)
    connection.execute(statement)
    assert any(said in problem.what for problem in verdict(log).problems)
    connection.close()
    log.close()


def test_what_stays_of_an_event_that_was_let_go_cannot_be_changed(small: AuditLog, tmp_path: Path) -> None:
    log, connection = copy_of(small, tmp_path)
    assert erase(log, "", "user-7", READER) == 1
    assert verdict(log).problems == []
    for column in ("at", "stream", "class", "action"):
        connection.execute("BEGIN")
        connection.execute(f"UPDATE audit_events SET {column} = '2020' WHERE body IS NULL")  # noqa: S608  # as above
        connection.execute("COMMIT")
        assert verdict(log).problems
    connection.close()
    log.close()


def test_checkpoints_of_somebody_else_or_of_another_tenant_are_found(full: AuditLog, tmp_path: Path) -> None:
    log, connection = copy_of(full, tmp_path)
    over = root(hashes_of_all(connection, "a", 2))
    forger = AuditLog(Audit(place=f"sqlite:{tmp_path / 'f.db'}"), Clock(SECONDS)).signer
    forged = forger.sign(checkpoint_text("a", 1, 2, over, "2026"))
    change = (
        "UPDATE audit_checkpoints SET root = ?, at = '2026', signature = ?, key_id = ? WHERE tenant = 'a' AND first = 1"
    )
    connection.execute(change, (over, forged, forger.public_id))
    assert [problem.what for problem in verdict(log).problems] == ["The signature is by a key that is not trusted"]
    elsewhere = log.signer.sign(checkpoint_text("b", 1, 2, over, "2026"))
    connection.execute(change, (over, elsewhere, log.signer.public_id))
    assert [problem.what for problem in verdict(log).problems] == ["The signature is wrong"]
    connection.close()
    log.close()


def hashes_of_all(connection: sqlite3.Connection, tenant: str, last: int) -> list[bytes]:
    statement = "SELECT hash FROM audit_events WHERE tenant = ? AND number <= ? ORDER BY number"
    return [row[0] for row in connection.execute(statement, (tenant, last))]
