"""The chain of hashes: each event's hash covers its own bytes and the hash before it. Pure.

The hash of an event is SHA-256 over a mark, the hash before it, the SHA-256 of its body, and when what kind of event it
was. So a body that retention or an erasure takes away leaves its digest, and the chain stays as provable as it was.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec

from any_llm.types.json import JSON

GENESIS = bytes(32)
"""What stands before the first event of a chain."""

_ENCODE = msgspec.json.Encoder().encode
_EVENT = b"any-llm audit event 1\0"
_HEAD = b"any-llm audit head 1\0"
_ROSTER = b"any-llm audit roster 1\0"
_HANDOVER = b"any-llm audit handover 1\0"
_CHECKPOINT = b"any-llm audit checkpoint 1\0"


def body_digest(body: bytes) -> bytes:
    """Return the digest of an event's body."""
    return hashlib.sha256(body).digest()


def link(before: bytes, digest: bytes, about: bytes) -> bytes:
    """Return the hash of an event.

    Args:
        before: the hash before it.
        digest: the digest of its body.
        about: what stays of it where its body is taken away, as `about_text` writes that.
    """
    return hashlib.sha256(_EVENT + before + digest + about).digest()


def about_text(columns: Sequence[JSON]) -> bytes:
    """Return what stays of an event in every case, as JSON: tenant, number, time, stream, class, action."""
    return _ENCODE(columns)


def head_text(tenant: str, counts: Sequence[int], last: bytes, checked_at: str) -> bytes:
    """Return what is signed of the end of a chain: whose, counts, the last hash, and since when the next window runs.

    The counts are its place among the chains of the log, its length, and how far checkpoints reach.
    """
    return _HEAD + _named(tenant) + _written(counts) + last + checked_at.encode()


def roster_text(tenants: int) -> bytes:
    """Return what is signed of a whole log: how many chains were begun in it."""
    return _ROSTER + _written((tenants,))


def handover_text(old: bytes, new: bytes, at: str, *, lost: bool) -> bytes:
    """Return what is signed when one key takes over from another: their public halves, whether one was lost, when."""
    return _HANDOVER + old + new + bytes([lost]) + at.encode()


def checkpoint_text(tenant: str, first: int, last: int, root: bytes, at: str) -> bytes:
    """Return what is signed of a window of events: whose they are, which, the root of their tree, and when."""
    return _CHECKPOINT + _named(tenant) + _written((first, last)) + root + at.encode()


def _written(numbers: Sequence[int]) -> bytes:
    return b"".join(number.to_bytes(8, "big", signed=True) for number in numbers)


def _named(tenant: str) -> bytes:
    name = tenant.encode()
    return len(name).to_bytes(4, "big") + name
