"""Certificates that nobody should trust, for servers whose TLS shall fail.

Their keys are in this folder for everybody to read: they protect nothing.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path

_FOLDER = Path(__file__).parent

CERTIFICATES: Mapping[str, Path] = {
    "expired": _FOLDER / "expired.pem",
    "self-signed": _FOLDER / "self_signed.pem",
}
"""Files with a certificate for this machine and its key. Both are signed by themselves, so that a client tells of the
`expired` one's date only if it trusts this file."""


def bad_certificate(name: str) -> ssl.SSLContext:
    """Return how a server speaks TLS with one of these certificates."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES[name])
    return context
