"""The log in SQLite and in PostgreSQL: written with what it tells of, kept, let go, held, and read by leave."""

from __future__ import annotations

import base64
import os
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeAlias

import msgspec
import psycopg
import pytest
from psycopg.rows import dict_row

from any_llm.audit.event import Event
from any_llm.audit.handover import rotate
from any_llm.audit.log import AuditLog, open_audit
from any_llm.audit.proof import is_proved, prove
from any_llm.audit.reading import Query, Reader, read_events, rows_of, subjects_of, unsealed
from any_llm.audit.reports import report
from any_llm.audit.upkeep import erase, hold, holds, prune, release
from any_llm.exceptions import ConfigurationError
from any_llm.refusals import AuditError
from any_llm.types.auditing import Audit
from tests.audit.logs import DAY, Clock, asked, verdict

Opener: TypeAlias = Callable[[Audit], AuditLog]


def dict_of(cursor: sqlite3.Cursor, row: tuple[object, ...]) -> dict[str, object]:
    return dict(zip((column[0] for column in cursor.description), row, strict=True))


READER = Reader(actor="auditor", reason="the yearly review")


def told(log: AuditLog, action: str = "") -> list[dict[str, object]]:
    """Return events, without leaving a trace."""
    with log.database.snapshot() as session:
        return [row.told() for row in rows_of(session, Query(action=action))]


def test_events_have_numbers_by_tenant_and_checkpoints_by_count(log: AuditLog) -> None:
    placed = log.append([asked(tenant=tenant) for tenant in ("b", "a", "b")])
    assert [(at.tenant, at.number) for at in placed] == [("a", 1), ("b", 1), ("b", 2)]
    for _ in range(12):
        log.append([asked(tenant="a")])
    found = verdict(log)
    assert (found.events, found.checkpoints, found.problems) == (15, 1, [])
    assert sorted(found.heads) == ["a", "b"]


def test_a_checkpoint_is_signed_after_a_while_too(log: AuditLog, clock: Clock) -> None:
    log.append([asked()])
    clock.now += log.policy.checkpoint_seconds
    log.append([asked()])
    assert verdict(log).checkpoints == 1


def delete_and_fail(log: AuditLog) -> None:
    with log.transaction() as transaction:
        transaction.connection.execute("DELETE FROM keys")
        transaction.admin("key.delete", actor="root", thing="key:k1", before={"owner": "ann"})
        raise ZeroDivisionError


def test_an_admins_action_is_committed_with_what_it_tells_of_or_not_at_all(log: AuditLog) -> None:
    with log.transaction() as transaction:
        transaction.connection.execute("CREATE TABLE keys (name TEXT, owner TEXT)")
        transaction.connection.execute("INSERT INTO keys VALUES ('k1', 'ann')")
        transaction.admin(
            "key.create",
            actor="root",
            thing="key:k1",
            after={"owner": "ann", "key": "sk-1234567890abcdefgh"},
            reason="asked",
        )
    with pytest.raises(ZeroDivisionError):
        delete_and_fail(log)
    with log.transaction() as transaction:
        assert len(transaction.session.rows("SELECT * FROM keys")) == 1
    (event,) = told(log)
    assert event["action"] == "key.create"
    assert event["after"] == {"owner": "ann", "key": "[API_KEY]"}
    assert event["reason"] == "asked"
    assert event["at"] == "2026-09-21T14:13:20.000000Z"


def test_a_transaction_of_the_programs_own_can_be_joined(tmp_path: Path, open_log: Opener) -> None:
    log = open_log(Audit(place=f"sqlite:{tmp_path / 'app.db'}"))
    connection = sqlite3.connect(tmp_path / "app.db", isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    log.join(connection).admin("user.block", actor="root", thing="user:bob", before=1, after=0)
    connection.execute("ROLLBACK")
    connection.execute("BEGIN IMMEDIATE")
    log.join(connection).admin("user.block", actor="root", thing="user:eve", before=1, after=0)
    connection.execute("COMMIT")
    connection.close()
    assert [event["object"] for event in told(log)] == ["user:eve"]
    assert verdict(log).problems == []


def test_a_transaction_in_postgres_can_be_joined(postgres: str, tmp_path: Path, open_log: Opener) -> None:
    log = open_log(Audit(place=postgres, key=str(tmp_path / "k")))
    with psycopg.connect(postgres) as connection:
        log.join(connection).admin("user.block", actor="root", thing="user:bob")
        connection.rollback()
        log.join(connection).admin("user.block", actor="root", thing="user:eve")
    assert [event["object"] for event in told(log)] == ["user:eve"]
    assert verdict(log).problems == []


def test_a_connection_that_makes_of_rows_what_it_likes_can_be_joined(
    place: str, policy: Audit, open_log: Opener
) -> None:
    log = open_log(policy)
    log.append([asked()])
    if log.database.postgres:
        with psycopg.connect(place, row_factory=dict_row) as connection:
            log.join(connection).admin("user.block", actor="root")
    else:
        joined = sqlite3.connect(place.removeprefix("sqlite:"), isolation_level=None)
        joined.row_factory = dict_of
        joined.execute("BEGIN IMMEDIATE")
        log.join(joined).admin("user.block", actor="root")
        joined.execute("COMMIT")
        joined.close()
    found = verdict(log)
    assert (found.events, found.problems) == (2, [])


def test_nothing_is_joined_where_no_transaction_is_under_way(place: str, policy: Audit, open_log: Opener) -> None:
    log = open_log(policy)
    connection: sqlite3.Connection | psycopg.Connection[tuple[object, ...]]
    if log.database.postgres:
        connection = psycopg.connect(place, autocommit=True)
    else:
        connection = sqlite3.connect(place.removeprefix("sqlite:"), isolation_level=None)
    with pytest.raises(AuditError, match="begin one first"):
        log.join(connection)
    connection.execute("BEGIN")
    log.join(connection).admin("user.block", actor="root")
    connection.execute("COMMIT")
    connection.close()
    assert verdict(log).events == 1


def test_nothing_in_the_log_can_be_deleted_or_changed(log: AuditLog) -> None:
    log.append([asked()])
    for statement in (
        "DELETE FROM audit_events",
        "UPDATE audit_events SET actor = 'bob'",
        "UPDATE audit_events SET body = NULL, actor = '', at = '2020'",
        *(["TRUNCATE audit_events"] if log.database.postgres else []),
    ):
        with pytest.raises(AuditError, match="append-only"), log.database.transaction() as session:
            session.run(statement)
    assert verdict(log).problems == []


def test_many_processes_make_one_chain_for_each_tenant_while_a_key_hands_over(log: AuditLog) -> None:
    log.append([asked()])
    children = []
    for name in ("a", "b", "c"):
        child = os.fork()
        if child == 0:
            try:
                for number in range(8):
                    log.append([asked(name, tenant=str(number % 3))])
            finally:
                os._exit(0)
        children.append(child)
    rotate(log, READER)
    assert {os.waitpid(child, 0)[1] for child in children} == {0}
    found = verdict(log)
    assert (found.events, len(found.heads), found.problems) == (26, 4, [])


def test_many_writers_make_one_chain(log: AuditLog, policy: Audit, clock: Clock) -> None:
    log.append([asked()])

    def write(number: int) -> None:
        other = AuditLog(policy, clock)
        for _ in range(10):
            other.append([asked(f"user-{number}")])
        other.close()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(write, range(4)))
    found = verdict(log)
    assert (found.events, found.problems) == (41, [])


@pytest.mark.parametrize("mode", ["none", "hash", "redacted", "encrypted"])
def test_content_is_kept_as_the_mode_says(policy: Audit, open_log: Opener, mode: str) -> None:
    log = open_log(msgspec.structs.replace(policy, content=mode))
    log.append([asked(text='{"text":"mail ann@example.org about sk-1234567890abcdefgh","n":0.5}')])
    (event,) = told(log)
    request = event.get("request")
    digest = "sha256:13ee1ab86b4ff4ea07d4e40da3a8fc8a8b5dcd5a1ac4ba7ed4c3c3ca4e1ae0d5"
    if mode == "none":
        assert request is None
        return
    assert isinstance(request, dict)
    assert (
        set(request)
        == {"hash": {"digest"}, "redacted": {"digest", "content"}, "encrypted": {"digest", "encrypted"}}[mode]
    )
    assert len(request["digest"].partition(":")[2]) == len(digest.partition(":")[2])
    if mode == "redacted":
        assert request["content"] == {"text": "mail [EMAIL] about [API_KEY]", "n": 0.5}
    if mode == "encrypted":
        assert str(event["actor"]).startswith("subject:")
        with log.database.snapshot() as session:
            clear = unsealed(event, subjects_of(session, ""))
        assert clear["actor"] == "ann"
        assert clear["request"]["content"]["n"] == 0.5


def test_who_is_erased_cannot_be_read_and_the_chain_stays_valid(policy: Audit, open_log: Opener) -> None:
    log = open_log(msgspec.structs.replace(policy, content="encrypted"))
    log.append([asked("ann"), asked("bob"), asked("ann")])
    assert report(log, "subject", Query(tenant="", actor="ann"), READER)["events"] == 2
    assert erase(log, "", "ann", READER) == 0
    assert verdict(log).problems == []
    assert report(log, "subject", Query(tenant="", actor="ann"), READER)["events"] == 0
    everything = report(log, "subject", Query(tenant=""), READER)
    assert everything["unreadable"] == 2
    assert b'"ann"' not in msgspec.json.encode(everything)
    log.append([asked("ann")])
    assert report(log, "subject", Query(tenant="", actor="ann"), READER)["events"] == 1


def test_what_is_told_in_clear_goes_with_an_erasure(log: AuditLog) -> None:
    log.append([asked("ann"), asked("bob"), asked("ann"), asked("ann")])
    assert erase(log, "", "ann", READER) == 3
    found = verdict(log)
    assert (found.removed, found.problems) == (3, [])
    assert [event.get("actor") for event in told(log)] == [None, "bob", None, None, "auditor"]
    assert told(log, action="audit.erase")[0]["numbers"] == [[1, 1], [3, 4]]
    with pytest.raises(AuditError, match="tells nothing of this subject"):
        erase(log, "", "ann", READER)


def test_events_go_when_their_class_is_over_unless_they_are_held(log: AuditLog, clock: Clock) -> None:
    log.append([asked("ann"), asked("bob"), Event(action="key.create", stream="admin", actor="root")])
    hold(log, "case-1", READER, subject="bob")
    clock.now += 31 * DAY
    log.append([asked("ann")])
    assert prune(log, READER) == 1
    assert verdict(log).problems == []
    release(log, "case-1", READER)
    assert prune(log, READER) == 1
    assert prune(log, READER) == 0
    found = verdict(log)
    assert (found.removed, found.problems) == (2, [])
    assert [event["numbers"] for event in told(log, action="audit.prune")] == [[[1, 1]], [[2, 2]]]


def test_a_hold_forbids_to_erase(log: AuditLog) -> None:
    log.append([asked("ann")])
    hold(log, "case-1", READER)
    assert holds(log) == [("case-1", "", "", READER.reason)]
    with pytest.raises(AuditError, match="'case-1' forbids to erase"):
        erase(log, "", "ann", READER)
    with pytest.raises(AuditError, match="There is a hold 'case-1' already"):
        hold(log, "case-1", READER)
    with pytest.raises(AuditError, match="There is no hold 'case-2'; there are case-1"):
        release(log, "case-2", READER)


def test_reading_is_recorded_with_who_and_why(log: AuditLog) -> None:
    log.append([asked("ann")])
    assert len(read_events(log, Query(tenant="", actor="ann"), READER, "read")) == 1
    (event,) = told(log, action="audit.read")
    assert event["actor"] == "auditor"
    assert event["query"] == {"actor": "ann"}
    assert event["events"] == 1
    assert event["reason"] == READER.reason
    assert event["class"] == "audit"


def test_one_event_is_proved_to_who_has_the_public_key_alone(log: AuditLog) -> None:
    log.append([asked(f"user-{number}") for number in range(7)])
    log.append([asked(f"user-{number}") for number in range(7)])
    for number in (1, 7, 14):
        proof = msgspec.json.decode(msgspec.json.encode(prove(log, "", number, READER)))
        assert is_proved(proof, log.signer.public)
        assert base64.b64decode(proof["public_key"]) == log.signer.public
        assert not is_proved(proof, bytes(32))
        for name, value in (("body", "{}"), ("number", number + 1), ("hash", "00" * 32), ("path", []), ("tenant", "x")):
            assert not is_proved(proof | {name: value}, log.signer.public), name
        assert not is_proved({}, log.signer.public)
    with pytest.raises(AuditError, match="has no event 99"):
        prove(log, "", 99, READER)


def test_reports_tell_who_used_what(log: AuditLog) -> None:
    log.append(
        [
            asked("ann", target="openai:gpt-5", outcome="complete", key="f1"),
            asked("bob", target="openai:gpt-5", outcome="failed", refused_by="LimitExceededError"),
        ]
    )
    with log.transaction() as transaction:
        transaction.admin("key.create", actor="root", thing="key:k1", after={"owner": "ann"})
    review = report(log, "soc2", Query(tenant=""), READER)
    assert review["people"]["ann"] == {
        "calls": 1, "refused": 0, "changes": 0, "reads": 0, "targets": ["openai:gpt-5"], "keys": ["f1"],
        "first": "2026-09-21T14:13:20.000000Z", "last": "2026-09-21T14:13:20.000000Z",
    }  # fmt: skip
    assert review["people"]["bob"]["refused"] == 1
    assert [change["object"] for change in review["changes"]] == ["key:k1"]
    act = report(log, "eu-ai-act", Query(tenant=""), READER)
    assert act["systems"] == {"openai:gpt-5": 2}
    assert [refusal["refused_by"] for refusal in act["refusals"]] == ["LimitExceededError"]
    assert [use["request"]["digest"][:7] for use in act["uses"]] == ["sha256:", "sha256:"]


def test_names_that_no_database_holds_are_told_with_question_marks(log: AuditLog) -> None:
    log.append([asked("a\0b\ud800", target="\udfff")])
    assert [(event["actor"], event["target"]) for event in told(log)] == [("a?b?", "?")]
    assert verdict(log).problems == []


def test_a_log_that_cannot_be_opened_says_where_it_is(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(AuditError, match="cannot be opened"):
        open_audit(f"sqlite:{tmp_path / 'file' / 'audit.db'}", clock).append([asked()])
    gone = Audit(place=f"postgresql://nobody:secret@/audit?host={tmp_path}", key=str(tmp_path / "k"))
    with pytest.raises(AuditError, match="postgresql://…/") as raised:
        AuditLog(gone, clock).append([asked()])
    assert "secret" not in str(raised.value)
    for place in ("postgresql://u:secret@h", "postgresql://u:sec/ret@h/db", "postgres:///db?password=secret&host=/a/b"):
        policy = Audit(place=place, key="k")
        shown = f"{policy!r} {AuditLog(policy, clock).database.shown}"
        assert "secret" not in shown
        assert "ret" not in shown.replace("retention", "")
        assert "…/" in shown
    with pytest.raises(ConfigurationError, match="use 'sqlite:PATH' or 'postgresql"):
        AuditLog(Audit(place="sqlite:"), clock)


def test_what_is_no_key_is_told(tmp_path: Path, open_log: Opener) -> None:
    (tmp_path / "k").write_text("no key")
    log = open_log(Audit(place=f"sqlite:{tmp_path / 'a.db'}", key=str(tmp_path / "k")))
    with pytest.raises(ConfigurationError, match="openssl genpkey"):
        log.append([asked()])
    assert not told(log)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"content": "all"}, "audit.content is 'all'; use one of none, hash, redacted, encrypted"),
        ({"durability": "never"}, "audit.durability is 'never'"),
        ({"on_failure": "ask"}, "audit.on_failure is 'ask'"),
        ({"capacity": 0}, "audit.capacity is 0"),
        ({"group_window": -1}, "audit.group_window is -1"),
        ({"place": "mysql:a"}, "audit.place is not"),
        ({"place": "postgresql://h/d"}, "audit.key is empty"),
        ({"retention": {"audit": 3}}, "audit.retention"),
        ({"retention": {"access": "long"}}, "audit.retention"),
    ],
)
def test_a_policy_that_cannot_be_is_refused(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        Audit(**wrong)  # type: ignore[arg-type]  # that is the mistake


def test_a_content_is_opened_by_the_key_of_its_subject_alone(policy: Audit, open_log: Opener) -> None:
    log = open_log(msgspec.structs.replace(policy, content="encrypted"))
    log.append([asked("ann"), asked("bob")])
    ann, bob = told(log)
    with log.database.snapshot() as session:
        subjects = subjects_of(session, "")
    of_bob = subjects[str(bob["actor"])]
    with pytest.raises(ValueError, match="is not encrypted with their key"):
        unsealed(ann | {"actor": bob["actor"]}, {str(bob["actor"]): of_bob})
    assert unsealed(ann, {}) is ann


def test_an_event_under_no_checkpoint_yet_is_proved_under_a_new_one(log: AuditLog) -> None:
    log.append([asked("ann")])
    assert verdict(log).checkpoints == 0
    assert is_proved(prove(log, "", 1, READER), log.signer.public)
    found = verdict(log)
    assert (found.checkpoints, found.problems) == (1, [])
