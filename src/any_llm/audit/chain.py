"""The chain of hashes: each event's hash covers its own bytes and the hash before it. Pure.

The hash of an event is SHA-256 over a mark, the hash before it, and the SHA-256 of its body. So a body that retention
or an erasure takes away leaves its digest, and the chain stays as provable as it was.
"""

from __future__ import annotations

import hashlib

GENESIS = bytes(32)
"""What stands before the first event of a chain."""

_EVENT = b"any-llm audit event 1\0"
_HEAD = b"any-llm audit head 1\0"
_CHECKPOINT = b"any-llm audit checkpoint 1\0"


def body_digest(body: bytes) -> bytes:
    """Return the digest of an event's body."""
    return hashlib.sha256(body).digest()


def link(before: bytes, digest: bytes) -> bytes:
    """Return the hash of an event, from the hash before it and the digest of its body."""
    return hashlib.sha256(_EVENT + before + digest).digest()


def head_text(tenant: str, number: int, last: bytes, checked: int) -> bytes:
    """Return what is signed of the end of a chain: whose, its length, the last hash, and how far checkpoints reach."""
    return _HEAD + _named(tenant) + number.to_bytes(8, "big") + checked.to_bytes(8, "big") + last


def checkpoint_text(tenant: str, first: int, last: int, root: bytes, at: str) -> bytes:
    """Return what is signed of a window of events: whose they are, which, the root of their tree, and when."""
    return _CHECKPOINT + _named(tenant) + first.to_bytes(8, "big") + last.to_bytes(8, "big") + root + at.encode()


def _named(tenant: str) -> bytes:
    name = tenant.encode()
    return len(name).to_bytes(4, "big") + name
