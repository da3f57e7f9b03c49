"""One key takes over from another: each vouches for the other, so that who trusts one can check what either signed."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from any_llm.audit.chain import handover_text
from any_llm.audit.database import Session, as_bytes
from any_llm.audit.event import Event, written_time
from any_llm.audit.heads import heads_of, roster_of, write_head, write_roster
from any_llm.audit.log import AuditLog
from any_llm.audit.reading import Reader
from any_llm.audit.signing import Signer, find_signer, is_signed, key_id, next_key_of, open_signer
from any_llm.refusals import AuditError
from any_llm.types.json import JSON


class Handover(msgspec.Struct, frozen=True, kw_only=True):
    """That a new key signs from a time on what an old one signed until then, signed by both.

    Where the old key was lost, `by_old` is empty: who trusts the new one believes it, who trusts the old one does not.
    """

    old: bytes
    new: bytes
    at: str
    by_old: bytes
    by_new: bytes

    def told(self) -> Mapping[str, str]:
        """Return it as JSON values, the bytes as base64."""
        values = {name: getattr(self, name) for name in ("old", "new", "by_old", "by_new")}
        return {"at": self.at} | {name: base64.b64encode(value).decode() for name, value in values.items()}


class Keys(msgspec.Struct, frozen=True, kw_only=True):
    """Which keys count.

    Attributes:
        trusted: the public keys by their digits.
        retired: those of them that have handed over to another one.
        doubtful: how many handovers are told for which nobody who counts vouches.
    """

    trusted: Mapping[str, bytes]
    retired: frozenset[str]
    doubtful: int = 0


def handovers_of(session: Session) -> list[Handover]:
    """Return the handovers that a log tells of, the first one first."""
    rows = session.rows("SELECT old_key, new_key, at, by_old, by_new FROM audit_handovers ORDER BY number")
    return [
        Handover(old=as_bytes(old), new=as_bytes(new), at=str(at), by_old=as_bytes(by_old), by_new=as_bytes(by_new))
        for old, new, at, by_old, by_new in rows
    ]


def read_handover(told: JSON) -> Handover:
    """Return a handover from its JSON values.

    Raises:
        ValueError: they are none.
    """
    try:
        parts = {name: base64.b64decode(told[name], validate=True) for name in ("old", "new", "by_old", "by_new")}
        return Handover(at=str(told["at"]), **parts)
    except (KeyError, TypeError, binascii.Error) as error:
        raise ValueError(f"A handover lacks something: {error}") from error


def keys_from(trusted: Sequence[bytes], handovers: Sequence[Handover]) -> Keys:
    """Return the keys that count where some are trusted, and others have their word."""
    counting = set(trusted)
    retired: set[bytes] = set()
    left = list(handovers)
    while left:
        believed = [handover for handover in left if _is_believed(handover, counting)]
        if not believed:
            break
        for handover in believed:
            counting |= {handover.old, handover.new}
            retired.add(handover.old)
            left.remove(handover)
    by_digits = {key_id(key): key for key in counting}
    return Keys(trusted=by_digits, retired=frozenset(map(key_id, retired)), doubtful=len(left))


def _is_believed(handover: Handover, counting: set[bytes]) -> bool:
    lost = not handover.by_old
    text = handover_text(handover.old, handover.new, handover.at, lost=lost)
    signed = is_signed(handover.new, handover.by_new, text) and (lost or is_signed(handover.old, handover.by_old, text))
    return signed and (handover.new in counting or (handover.old in counting and not lost))


def rotate(log: AuditLog, reader: Reader, *, lost: bool = False) -> str:
    """Have a new key sign the log from now on, and return its digits.

    The new one is in a file beside the old one's, with `.new` behind its name, and made there where it is missing; it
    takes the old one's place. Processes that have the log open find it by themselves.

    Args:
        log: which log.
        reader: who does it, and why.
        lost: whether the old key is lost: then that in the file takes over, and no old one vouches for it.

    Raises:
        AuditError: the log cannot be written, or its key is another one.
        ConfigurationError: a key cannot be used.
    """
    path = Path(log.policy.key_path)
    with log.transaction() as transaction:
        session = transaction.session
        roster = roster_of(session)
        if not roster.tenants:
            raise AuditError("Nothing was ever written into this log; there is nothing to hand over")
        old = None if lost else log.signer_after(roster.key_id)
        if old is not None:
            transaction.close_windows()
        new = log.signer if old is None else open_signer(next_key_of(path))
        if new.public in {roster.public, *(handover.old for handover in handovers_of(session))}:
            raise AuditError(f"The key {new.public_id} has signed this log before; make another one in its place")
        _hand_over(session, roster.public, old, new, written_time(log.clock.time()))
        log.use(new)
        details = {"old_key": roster.key_id, "new_key": new.public_id, "lost": lost, "reason": reader.reason}
        kept = {name: value for name, value in details.items() if value}
        transaction.append(
            [Event(action="audit.rotate", stream="admin", actor=reader.actor, kind="audit", details=kept)]
        )
    if old is not None:
        find_signer(path, new.public_id)
    return new.public_id


def _hand_over(session: Session, before: bytes, old: Signer | None, new: Signer, at: str) -> None:
    text = handover_text(before, new.public, at, lost=old is None)
    by_old = b"" if old is None else old.sign(text)
    number = session.rows("SELECT COUNT(*) FROM audit_handovers")[0][0] + 1
    values = (number, before, new.public, at, by_old, new.sign(text))
    session.run("INSERT INTO audit_handovers VALUES (?, ?, ?, ?, ?, ?)", *values)
    for tenant, head in heads_of(session).items():
        write_head(session, new, tenant, head)
    write_roster(session, new, roster_of(session).tenants)
