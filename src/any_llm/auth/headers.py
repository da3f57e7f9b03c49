"""Keys that travel in a header."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from any_llm.spec.auth import Signer
from any_llm.types.secret import Secret

SCHEMES: Mapping[str, tuple[str, str]] = {
    "bearer": ("Authorization", "Bearer "),
    "token": ("Authorization", "Token "),
    "key": ("Authorization", "Key "),
    "bare": ("Authorization", ""),
    "x-api-key": ("x-api-key", ""),
    "api-key": ("api-key", ""),
    "x-goog-api-key": ("x-goog-api-key", ""),
    "xi-api-key": ("xi-api-key", ""),
    "x-gladia-key": ("x-gladia-key", ""),
    "x-key": ("x-key", ""),
}
"""The header of a key, and what stands before the key in it, by the name that a provider's record uses.

`bearer` is RFC 6750's, `token` Deepgram's, `key` fal's, `bare` AssemblyAI's bare key; the rest are named by
their header.
"""


def _sign(name: str, prefix: str, headers: dict[str, str], key: Secret | None) -> None:
    if key is not None and (value := key.reveal()):
        headers[name] = prefix + value


def unsigned(headers: dict[str, str], key: Secret | None) -> None:
    """Add nothing: the provider takes no key."""


SIGNERS: Mapping[str, Signer] = {
    **{name: partial(_sign, header, prefix) for name, (header, prefix) in SCHEMES.items()},
    "none": unsigned,
}
"""Signers by the name that a provider's record uses."""
