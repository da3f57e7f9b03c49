"""One key takes over from another: whoever trusts one of them can check what either signed, and nobody else signs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import msgspec
import pytest

from any_llm.audit.handover import handovers_of, keys_from, read_handover, rotate
from any_llm.audit.log import AuditLog
from any_llm.audit.proof import is_proved, prove
from any_llm.audit.reading import Query, Reader, rows_of
from any_llm.audit.signing import next_key_of, open_signer
from any_llm.audit.verification import verify
from any_llm.exceptions import ConfigurationError
from any_llm.refusals import AuditError
from any_llm.types.auditing import Audit
from tests.audit.logs import asked

Opener: TypeAlias = Callable[[Audit], AuditLog]
READER = Reader(actor="root", reason="once a year")


@pytest.fixture
def place(tmp_path: Path) -> str:
    """The place of a log in SQLite; a handover in PostgreSQL is one of the tests of the log itself."""
    return f"sqlite:{tmp_path / 'audit.db'}"


def problems(log: AuditLog, *trusted: bytes) -> set[str]:
    with log.database.snapshot() as session:
        return {problem.what.rpartition(": ")[2] for problem in verify(session, trusted).problems}


def test_what_either_key_signed_is_trusted_by_who_trusts_one_of_them(log: AuditLog) -> None:
    log.append([asked(tenant="a"), asked(tenant="b")])
    first = log.signer.public
    keys = [first]
    for _ in range(2):
        assert rotate(log, READER) == log.signer.public_id
        log.append([asked(tenant="a"), asked(tenant="c")])
        keys.append(log.signer.public)
    assert len(set(keys)) == 3
    assert [problems(log, key) for key in keys] == [set(), set(), set()]
    assert not next_key_of(Path(log.policy.key_path)).exists()
    assert problems(log, bytes(32)) >= {"The signature is by a key that is not trusted"}
    with log.database.snapshot() as session:
        told = [row.told() for row in rows_of(session, Query(action="audit.rotate"))]
    assert [(event["actor"], event["reason"]) for event in told] == [("root", "once a year")] * 2


def test_a_process_that_has_the_log_open_signs_with_the_new_key(log: AuditLog, policy: Audit, open_log: Opener) -> None:
    other = open_log(policy)
    other.append([asked()])
    old = other.signer
    rotate(log, READER)
    other.append([asked()])
    other.append([asked(tenant="new")])
    assert other.signer.public == log.signer.public != old.public
    assert problems(log, old.public) == set()


def test_a_key_that_has_handed_over_signs_no_more(
    log: AuditLog, policy: Audit, open_log: Opener, tmp_path: Path
) -> None:
    log.append([asked()])
    kept = (tmp_path / "audit.key").read_bytes()
    old = log.signer
    rotate(log, READER)
    (tmp_path / "stolen.key").write_bytes(kept)
    thief = open_log(msgspec.structs.replace(policy, key=str(tmp_path / "stolen.key")))
    with pytest.raises(AuditError, match=f"holds {old.public_id}"):
        thief.append([asked()])
    from any_llm.audit.heads import head_of, write_head  # noqa: PLC0415  # used here alone

    with log.transaction() as transaction:
        write_head(transaction.session, old, "", head_of(transaction.session, ""))
    assert problems(log, log.signer.public) == {"The signature is by a key that has handed over to another one"}


def test_a_handover_that_was_cut_off_is_ended_by_who_comes_next(log: AuditLog, policy: Audit, open_log: Opener) -> None:
    log.append([asked()])
    path = Path(policy.key_path)
    old = path.read_bytes()
    new = rotate(log, READER)
    path.rename(next_key_of(path))
    path.write_bytes(old)
    waiting = next_key_of(path).read_bytes()
    next_key_of(path).unlink()
    next_key_of(path).mkdir()
    with pytest.raises(ConfigurationError, match=r"audit\.key\.new', cannot be used"):
        open_log(policy).append([asked()])
    next_key_of(path).rmdir()
    next_key_of(path).write_bytes(waiting)
    other = open_log(policy)
    other.append([asked()])
    assert other.signer.public_id == new == open_signer(path).public_id
    assert problems(log, other.signer.public) == set()


def test_a_lost_key_vouches_for_nobody(log: AuditLog, policy: Audit, open_log: Opener, tmp_path: Path) -> None:
    log.append([asked()])
    old = log.signer.public
    (tmp_path / "audit.key").unlink()
    other = open_log(policy)
    with pytest.raises(AuditError, match=r"any-llm audit rotate --lost"):
        other.append([asked()])
    rotate(other, READER, lost=True)
    other.append([asked()])
    assert problems(other, other.signer.public) == set()
    assert problems(other, old) >= {"The signature is by a key that is not trusted"}


def test_what_cannot_be_handed_over_is_said(log: AuditLog, tmp_path: Path) -> None:
    with pytest.raises(AuditError, match="Nothing was ever written"):
        rotate(log, READER)
    log.append([asked()])
    first = (tmp_path / "audit.key").read_bytes()
    with pytest.raises(AuditError, match="has signed this log before"):
        rotate(log, READER, lost=True)
    rotate(log, READER)
    next_key_of(tmp_path / "audit.key").write_bytes(first)
    with pytest.raises(AuditError, match="has signed this log before"):
        rotate(log, READER)


def test_a_proof_from_before_holds_by_the_old_key_and_by_the_new_one(log: AuditLog) -> None:
    log.append([asked()])
    old = log.signer.public
    rotate(log, READER)
    proof = msgspec.json.decode(msgspec.json.encode(prove(log, "", 1, READER)))
    assert is_proved(proof, old)
    assert is_proved(proof, log.signer.public)
    assert not is_proved(proof | {"handovers": []}, log.signer.public)
    assert not is_proved(proof | {"handovers": [{"old": "?"}]}, log.signer.public)


def test_nobody_is_believed_who_vouches_for_themselves(log: AuditLog) -> None:
    log.append([asked()])
    old = log.signer.public
    rotate(log, READER)
    with log.database.snapshot() as session:
        (handover,) = handovers_of(session)
    assert read_handover(handover.told()) == handover
    assert len(keys_from([old], [handover]).trusted) == 2
    for changed in ({"at": "2020"}, {"by_old": b""}, {"by_old": bytes(64)}, {"by_new": bytes(64)}, {"new": bytes(32)}):
        keys = keys_from([old], [msgspec.structs.replace(handover, **changed)])
        assert (list(keys.trusted.values()), keys.doubtful) == ([old], 1)
