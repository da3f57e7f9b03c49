"""The proof that one event is in the log, which anybody can check who has the public key, without the log."""

from __future__ import annotations

import base64
import binascii

from any_llm.audit.chain import body_digest, checkpoint_text, link
from any_llm.audit.log import AuditLog, hashes_of
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
        AuditError: there is no such event.
    """
    found = [row for row in read_events(log, Query(tenant=tenant), reader, "prove") if row.number == number]
    if not found:
        raise AuditError(f"The tenant {tenant!r} has no event {number}")
    row = found[0]
    with log.transaction() as transaction:
        session = transaction.session
        statement = (
            "SELECT first, last, root, at, signature FROM audit_checkpoints "
            "WHERE tenant = ? AND first <= ? AND last >= ?"
        )
        if not session.rows(statement, tenant, number, number):
            transaction.close_windows()
        first, last, root, at, signature = session.rows(statement, tenant, number, number)[0]
        hashes = hashes_of(session, tenant, first - 1, last)
    before = bytes(32) if first == 1 else hashes.pop(0)
    index = number - first
    return {
        "version": VERSION,
        "tenant": tenant,
        "number": number,
        "body": None if row.body is None else row.body.decode(),
        "digest": row.digest.hex(),
        "before": (hashes[index - 1] if index else before).hex(),
        "hash": row.hash.hex(),
        "path": [step.hex() for step in path(hashes, index)],
        "checkpoint": {
            "first": first,
            "last": last,
            "root": bytes(root).hex(),
            "at": at,
            "signature": base64.b64encode(bytes(signature)).decode(),
        },
        "public_key": base64.b64encode(log.signer.public).decode(),
    }


def is_proved(proof: JSON, public: bytes) -> bool:
    """Say whether a proof holds, by the signature of the owner of a public key."""
    try:
        point = proof["checkpoint"]
        first, last, number = int(point["first"]), int(point["last"]), int(proof["number"])
        digest, hashed, root = (bytes.fromhex(text) for text in (proof["digest"], proof["hash"], point["root"]))
        steps = [bytes.fromhex(step) for step in proof["path"]]
        before, body = bytes.fromhex(proof["before"]), proof["body"]
        signature = base64.b64decode(point["signature"])
        text = checkpoint_text(str(proof["tenant"]), first, last, root, str(point["at"]))
    except (KeyError, TypeError, ValueError, OverflowError, binascii.Error):
        return False
    return (
        (body is None or body_digest(str(body).encode()) == digest)
        and link(before, digest) == hashed
        and first <= number <= last
        and climb(hashed, number - first, last - first + 1, steps) == root
        and is_signed(public, signature, text)
    )
