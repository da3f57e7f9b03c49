"""The signed ends of chains, the checkpoints over them, and the signed number of chains that were ever begun."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.audit.chain import GENESIS, checkpoint_text, head_text, roster_text
from any_llm.audit.database import Session, as_bytes
from any_llm.audit.merkle import root
from any_llm.audit.signing import Signer

_HEAD = (
    "INSERT INTO audit_heads VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (tenant) DO UPDATE SET "
    "number = excluded.number, hash = excluded.hash, checked = excluded.checked, checked_at = excluded.checked_at, "
    "key_id = excluded.key_id, signature = excluded.signature"
)
_ROSTER = (
    "INSERT INTO audit_roster VALUES (1, ?, ?, ?, ?) ON CONFLICT (one) DO UPDATE SET tenants = excluded.tenants, "
    "public = excluded.public, key_id = excluded.key_id, signature = excluded.signature"
)
_OF_HEADS = "SELECT tenant, place, number, hash, checked, checked_at, key_id FROM audit_heads"


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The end of a tenant's chain.

    Attributes:
        place: as the how many-th chain of the log this one was begun, from 1 on.
        number: how many events it has.
        hash: the last one's.
        checked: how far checkpoints reach.
        checked_at: since when.
        key_id: by whom it is signed; empty for a chain that has not begun.
    """

    place: int = 0
    number: int = 0
    hash: bytes = GENESIS
    checked: int = 0
    checked_at: str = ""
    key_id: str = ""


class Roster(msgspec.Struct, frozen=True, kw_only=True):
    """How many chains were begun, and by whom that is signed: the public key, and its digits."""

    tenants: int = 0
    public: bytes = b""
    key_id: str = ""


def head_of(session: Session, tenant: str) -> Head:
    """Return the end of a tenant's chain."""
    rows = session.rows(f"{_OF_HEADS} WHERE tenant = ?", tenant)
    return _head(rows[0])[1] if rows else Head()


def heads_of(session: Session) -> Mapping[str, Head]:
    """Return the ends of all chains."""
    return dict(map(_head, session.rows(f"{_OF_HEADS} ORDER BY tenant")))


def _head(row: tuple[str, int, int, bytes, int, str, str]) -> tuple[str, Head]:
    tenant, place, number, last, checked, checked_at, key_id = row
    head = Head(place=place, number=number, hash=as_bytes(last), checked=checked, checked_at=checked_at, key_id=key_id)
    return tenant, head


def write_head(session: Session, signer: Signer, tenant: str, head: Head) -> None:
    """Sign the end of a chain."""
    signature = signer.sign(signed_of(tenant, head))
    about = (head.place, head.number, head.hash, head.checked, head.checked_at)
    session.run(_HEAD, tenant, *about, signer.public_id, signature)


def signed_of(tenant: str, head: Head) -> bytes:
    """Return what is signed of the end of a chain."""
    return head_text(tenant, (head.place, head.number, head.checked), head.hash, head.checked_at)


def roster_of(session: Session) -> Roster:
    """Return how many chains were begun."""
    rows = session.rows("SELECT tenants, public, key_id FROM audit_roster")
    return Roster(tenants=rows[0][0], public=as_bytes(rows[0][1]), key_id=rows[0][2]) if rows else Roster()


def write_roster(session: Session, signer: Signer, tenants: int) -> None:
    """Sign how many chains were begun."""
    session.run(_ROSTER, tenants, signer.public, signer.public_id, signer.sign(roster_text(tenants)))


def write_checkpoint(session: Session, signer: Signer, tenant: str, head: Head, at: str) -> Head:
    """Sign the root of the tree over the events that no checkpoint covers yet, and return the new head."""
    first, last = head.checked + 1, head.number
    over = root(hashes_of(session, tenant, first, last))
    signature = signer.sign(checkpoint_text(tenant, first, last, over, at))
    session.run(
        "INSERT INTO audit_checkpoints VALUES (?, ?, ?, ?, ?, ?, ?)",
        *(tenant, first, last, over, at, signer.public_id, signature),
    )
    return msgspec.structs.replace(head, checked=last, checked_at=at)


def hashes_of(session: Session, tenant: str, first: int, last: int) -> list[bytes]:
    """Return the hashes of a tenant's events from one number to another."""
    statement = "SELECT hash FROM audit_events WHERE tenant = ? AND number >= ? AND number <= ? ORDER BY number"
    return [as_bytes(row[0]) for row in session.rows(statement, tenant, first, last)]
