"""What becomes of a log whose place breaks or is none."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import psycopg
import pytest

from any_llm.audit.database import Database, Session
from any_llm.audit.event import Event
from any_llm.audit.log import AuditLog
from any_llm.audit.reading import Query, rows_of
from any_llm.audit.signing import public_key_of
from any_llm.audit.writer import Writer
from any_llm.exceptions import ConfigurationError
from any_llm.refusals import AuditError
from any_llm.types.auditing import Audit
from tests.audit.logs import asked, unguarded, verdict

WITHOUT = """
import sys
sys.modules[{package!r}] = None
from any_llm.exceptions import MissingExtraError
from any_llm.audit.log import AuditLog
from any_llm.audit.event import Event
from any_llm.pipeline.surroundings import PROCESS
from any_llm.types.auditing import Audit
try:
    AuditLog(Audit(place={place!r}, key="audit.key"), PROCESS.clock).append([Event(action="a", stream="admin")])
except MissingExtraError as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("package", "place", "extra"),
    [("cryptography", "sqlite:audit.db", "any-llm[audit]"), ("psycopg", "postgresql://h/d", "any-llm[postgres]")],
)
def test_a_missing_extra_is_named(package: str, place: str, extra: str, tmp_path: Path) -> None:
    program = WITHOUT.format(package=package, place=place)
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path, timeout=60)
    assert extra in done.stdout


def test_statements_that_fail_are_errors_of_the_log(log: AuditLog) -> None:
    log.append([asked()])
    for use in (lambda s: s.rows("SELECT * FROM nothing"), lambda s: s.run("INSERT INTO nothing VALUES (1)")):
        with pytest.raises(AuditError, match="nothing"):
            use_in(log, use)
    with pytest.raises(AuditError, match="nothing"):
        use_in(log, lambda s: s.run_many("INSERT INTO nothing VALUES (?)", [(1,)]))
    log.append([asked()])
    assert verdict(log).events == 2


def use_in(log: AuditLog, use: object) -> None:
    assert callable(use)
    with log.database.transaction() as session:
        use(session)


def test_a_connection_that_the_server_has_cut_is_made_again(postgres: str, open_log: object, tmp_path: Path) -> None:
    assert callable(open_log)
    log = open_log(Audit(place=postgres, key=str(tmp_path / "k")))
    log.append([asked()])
    with log.transaction() as transaction:
        process = transaction.session.rows("SELECT pg_backend_pid()")[0][0]
    with psycopg.connect(postgres) as other:
        other.execute("SELECT pg_terminate_backend(%s)", (process,))
    log.append([asked()])
    assert verdict(log).events == 2


def test_a_log_that_somebody_holds_for_too_long_is_a_failure(postgres: str, open_log: object, tmp_path: Path) -> None:
    assert callable(open_log)
    policy = Audit(place=f"{postgres}&options=-clock_timeout%3D20ms", key=str(tmp_path / "k"))
    log, other = open_log(policy), open_log(policy)
    log.append([asked()])
    with log.transaction(), pytest.raises(AuditError, match="lock timeout"):
        other.append([asked()])
    other.append([asked()])
    patient = open_log(Audit(place=postgres, key=str(tmp_path / "k")))
    with patient.database.snapshot() as session:
        assert session.rows("SELECT current_setting('lock_timeout')") == [("10s",)]


def test_the_writer_writes_into_postgres(postgres: str, open_log: object, tmp_path: Path) -> None:
    assert callable(open_log)
    writer = Writer(open_log(Audit(place=postgres, key=str(tmp_path / "k"), content="encrypted")))
    for number in range(600):
        writer.put(asked(f"user-{number % 7}"))
    assert writer.flush(20)
    found = verdict(writer.log)
    assert (found.events, found.problems) == (600, [])


def test_what_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "audit.db").write_bytes(b"far from being a database" * 100)
    with pytest.raises(AuditError, match="file is not a database"):
        use_nothing(Database(f"sqlite:{tmp_path / 'audit.db'}"))
    with pytest.raises(ConfigurationError, match="use 'sqlite:PATH'"):
        Database("mysql:x")


def use_nothing(database: Database) -> None:
    with database.snapshot() as session:
        assert isinstance(session, Session)


def test_a_log_that_another_process_holds_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "audit.db"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")
    threading.Timer(0.2, other.execute, ("COMMIT",)).start()
    database = Database(f"sqlite:{path}")
    use_nothing(database)
    database.close()
    other.close()


def test_a_public_key_must_be_one(tmp_path: Path) -> None:
    private, public = tmp_path / "rsa.key", tmp_path / "rsa.pub"
    make = ["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", str(private)]
    subprocess.run(make, check=True, capture_output=True)
    subprocess.run(["openssl", "pkey", "-in", str(private), "-pubout", "-out", str(public)], check=True)
    with pytest.raises(ConfigurationError, match="is not for Ed25519"):
        public_key_of(public)
    with pytest.raises(ConfigurationError, match="is not for Ed25519"):
        open_private(private, tmp_path)


def open_private(private: Path, folder: Path) -> None:
    from any_llm.audit.signing import open_signer  # noqa: PLC0415  # used here alone

    assert folder.exists()
    open_signer(private)


def test_a_body_that_is_no_canonical_json_is_found(log: AuditLog) -> None:
    from any_llm.audit.chain import GENESIS, about_text, body_digest, link  # noqa: PLC0415  # used here alone

    log.append([Event(action="a", stream="admin")])
    unguarded(log)
    with log.database.snapshot() as session:
        about = about_text(next(rows_of(session, Query())).about)
    for body in (b"no json", b'{"b": 1}', b"[]"):
        digest = body_digest(body)
        with log.database.transaction() as session:
            statement = "UPDATE audit_events SET body = ?, digest = ?, hash = ?"
            session.run(statement, body, digest, link(GENESIS, digest, about))
        assert "The body is no canonical JSON" in [problem.what for problem in verdict(log).problems]
    with log.database.snapshot() as session:
        assert len(list(rows_of(session, Query()))) == 1
