"""How the content of an event is kept: not at all, as a digest, redacted, or encrypted with a key of its subject's.

Who is told apart by a reference only, where content is encrypted: when the key is dropped nothing leads back to whom
an event was about, and the chain is whole all the same.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable
from functools import lru_cache, partial
from typing import NamedTuple

from any_llm.audit.canonical import canonical_text, digest
from any_llm.audit.database import Session, as_bytes
from any_llm.sanitising.detectors import Detector
from any_llm.types.auditing import ContentMode
from any_llm.types.json import JSON, JSONObject, decode_json, is_list, is_object
from any_llm.types.secret import redact

_WORD = re.compile("[a-z_]{0,15}")
"""What the names of parameters are, and many values: nothing that is looked for is made of so few letters alone."""

_KEY_BYTES, _NONCE_BYTES, _REF_BYTES = 32, 12, 8


class Subject(NamedTuple):
    """Whom events are about: how they are called in the log, and with which key their contents are encrypted."""

    ref: str
    secret: bytes


def subject_of(session: Session, tenant: str, name: str) -> Subject:
    """Return a subject's reference and key, made where there is none."""
    found = find_subject(session, tenant, name)
    if found is None:
        found = Subject(f"subject:{secrets.token_hex(_REF_BYTES)}", secrets.token_bytes(_KEY_BYTES))
        session.run("INSERT INTO audit_subjects VALUES (?, ?, ?, ?)", tenant, name, *found)
    return found


def find_subject(session: Session, tenant: str, name: str) -> Subject | None:
    """Return a subject's reference and key; `None` where there is none, or no longer."""
    rows = session.rows("SELECT ref, secret FROM audit_subjects WHERE tenant = ? AND subject = ?", tenant, name)
    return Subject(rows[0][0], as_bytes(rows[0][1])) if rows else None


def sealed(mode: ContentMode, content: bytes, subject: Subject | None) -> JSONObject | None:
    """Return what is kept of a content, which is a JSON text."""
    if mode == "none":
        return None
    clear = mode == "redacted" or subject is None
    try:
        text = canonical_text(content)
        kept = redacted(decode_json(text)) if clear and mode != "hash" else None
    except RecursionError:
        # What is nested deeper than functions may be has one spelling as well: the one that it came in.
        text, kept = content, "(nested too deep to be redacted)"
    if mode == "hash":
        return {"digest": digest(text)}
    if clear or subject is None:
        return {"digest": digest(text), "content": kept}
    nonce = secrets.token_bytes(_NONCE_BYTES)
    locked = _cipher(subject.secret)(nonce, text, subject.ref.encode())
    # Nobody shall find out what a digest is of by trying, so it needs the key, too.
    mark = hmac.new(subject.secret, text, hashlib.sha256).hexdigest()
    return {"digest": f"hmac-sha256:{mark}", "encrypted": base64.b64encode(nonce + locked).decode()}


def opened(kept: JSONObject, subject: Subject) -> JSON:
    """Return a content that was encrypted.

    Raises:
        ValueError: the key is not the one that it was encrypted with.
    """
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415  # loaded with the first audit log
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415  # as above

    data = base64.b64decode(kept["encrypted"])
    try:
        text = AESGCM(subject.secret).decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], subject.ref.encode())
    except InvalidTag as error:
        raise ValueError(f"A content of {subject.ref} is not encrypted with their key") from error
    return decode_json(text)


def _cipher(secret: bytes) -> Callable[[bytes, bytes, bytes], bytes]:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415  # loaded with the first audit log

    return AESGCM(secret).encrypt


def redacted(value: JSON, names: tuple[str, ...] = ("secrets", "personal")) -> JSON:
    """Return JSON values with what looks like a secret, or tells about a person, replaced by its label."""
    detector = _detector(names)

    def clean(text: str) -> str:
        """Return a text without what is found in it."""
        if _WORD.fullmatch(text):
            return text
        parts: list[str] = []
        place = 0
        for found in detector.find(text):
            if found.real and found.start >= place:
                parts += text[place : found.start], f"[{found.label}]"
                place = found.end
        return redact("".join((*parts, text[place:])))

    return _mapped(value, clean)


_detector = lru_cache(partial(Detector, patterns={}))


def without_secrets(value: JSON) -> JSON:
    """Return JSON values with what looks like a secret replaced by its label."""
    return redacted(value, ("secrets",))


def _mapped(value: JSON, change: Callable[[str], str]) -> JSON:
    if isinstance(value, str):
        return change(value)
    if is_list(value):
        return [_mapped(item, change) for item in value]
    if is_object(value):
        return {change(name): _mapped(item, change) for name, item in value.items()}
    return value
