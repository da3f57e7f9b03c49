"""The proof that one event is in the log, which anybody can check who has the public key, without the log."""

from __future__ import annotations

import base64
import binascii

from any_llm.audit.chain import about_text, body_digest, checkpoint_text, link
from any_llm.audit.database import Session, as_bytes
from any_llm.audit.event import Row
from any_llm.audit.handover import handovers_of, keys_from, read_handover
from any_llm.audit.heads import hashes_of
from any_llm.audit.log import AuditLog
from any_llm.audit.merkle import climb, path
from any_llm.audit.reading import Query, Reader, read_events
from any_llm.audit.signing import is_signed
from any_llm.refusals import AuditError
from any_llm.types.json import JSON, JSONObject

VERSION = 1


def prove(log: AuditLog, tenant: str, number: int, reader: Reader) -> JSONObject:
    """Return the proof that an event is in the log, as JSON values: the event, its path, and the signed root.

    Where no checkpoint covers the event yet, one is signed.

    Raises:
        AuditError: there is no such event, or the log is not as it was written, so that nothing can be proved.
    """
    found = read_events(log, Query(tenant=tenant, first=number, last=number), reader, "prove") if number > 0 else []
    if not found:
        raise AuditError(f"The tenant {tenant!r} has no event {number}")
    row = found[0]
    with log.transaction() as transaction:
        session = transaction.session
        point = _point_over(session, tenant, number)
        if point is None:
            transaction.close_windows()
            point = _point_over(session, tenant, number)
        handovers = handovers_of(session)
        hashes = hashes_of(session, tenant, point[0] - 1, point[1]) if point else []
    changed = AuditError(f"The event {number} cannot be proved: the log is not as it was written; see what verify says")
    if point is None or len(hashes) != point[1] - max(point[0] - 1, 1) + 1:
        raise changed
    proof = _proof(row, point, hashes) | {
        "handovers": [handover.told() for handover in handovers],
        "public_key": base64.b64encode(log.signer.public).decode(),
    }
    if not is_proved(proof, log.signer.public):
        raise changed
    return proof


def _point_over(session: Session, tenant: str, number: int) -> tuple[int, int, bytes, str, bytes] | None:
    """Return the checkpoint that an event is under: first, last, root, time and signature."""
    statement = (
        "SELECT first, last, root, at, signature FROM audit_checkpoints WHERE tenant = ? AND first <= ? AND last >= ?"
    )
    rows = session.rows(statement, tenant, number, number)
    return (rows[0][0], rows[0][1], as_bytes(rows[0][2]), rows[0][3], as_bytes(rows[0][4])) if rows else None


def _proof(row: Row, point: tuple[int, int, bytes, str, bytes], hashes: list[bytes]) -> JSONObject:
    first, last, root, at, signature = point
    before = bytes(32) if first == 1 else hashes.pop(0)
    index = row.number - first
    return {
        "version": VERSION,
        "tenant": row.tenant,
        "number": row.number,
        "about": {"at": row.at, "stream": row.stream, "class": row.kind, "action": row.action},
        "body": None if row.body is None else row.body.decode("utf-8", "replace"),
        "digest": row.digest.hex(),
        "before": (hashes[index - 1] if index else before).hex(),
        "hash": row.hash.hex(),
        "path": [step.hex() for step in path(hashes, index)],
        "checkpoint": {
            "first": first,
            "last": last,
            "root": root.hex(),
            "at": at,
            "signature": base64.b64encode(signature).decode(),
        },
    }


def is_proved(proof: JSON, public: bytes) -> bool:
    """Say whether a proof holds, by the signature of the owner of a public key, or of who took over from them."""
    try:
        point, about = proof["checkpoint"], proof["about"]
        first, last, number = int(point["first"]), int(point["last"]), int(proof["number"])
        digest, hashed, root = (bytes.fromhex(text) for text in (proof["digest"], proof["hash"], point["root"]))
        steps = [bytes.fromhex(step) for step in proof["path"]]
        before, body = bytes.fromhex(proof["before"]), proof["body"]
        signature = base64.b64decode(point["signature"])
        text = checkpoint_text(str(proof["tenant"]), first, last, root, str(point["at"]))
        stays = about_text((proof["tenant"], number, *(about[name] for name in ("at", "stream", "class", "action"))))
        keys = keys_from([public], [read_handover(told) for told in proof["handovers"]])
    except (KeyError, TypeError, ValueError, OverflowError, binascii.Error):
        return False
    return (
        (body is None or body_digest(str(body).encode()) == digest)
        and link(before, digest, stays) == hashed
        and first <= number <= last
        and climb(hashed, number - first, last - first + 1, steps) == root
        and any(is_signed(key, signature, text) for key in keys.trusted.values())
    )
