"""Keys that travel in a header."""

from __future__ import annotations

from collections.abc import Mapping

from any_llm.spec.auth import Signer
from any_llm.types.secret import Secret


def bearer(headers: dict[str, str], key: Secret | None) -> None:
    """Sign with `Authorization: Bearer KEY` (RFC 6750)."""
    if key:
        headers["Authorization"] = f"Bearer {key.reveal()}"


def x_api_key(headers: dict[str, str], key: Secret | None) -> None:
    """Sign with `x-api-key: KEY`, as Anthropic's API asks."""
    if key:
        headers["x-api-key"] = key.reveal()


def api_key(headers: dict[str, str], key: Secret | None) -> None:
    """Sign with `api-key: KEY`, as Azure asks."""
    if key:
        headers["api-key"] = key.reveal()


def x_goog_api_key(headers: dict[str, str], key: Secret | None) -> None:
    """Sign with `x-goog-api-key: KEY`, as Google's Gemini API asks."""
    if key:
        headers["x-goog-api-key"] = key.reveal()


def unsigned(headers: dict[str, str], key: Secret | None) -> None:
    """Add nothing: the provider takes no key."""


SIGNERS: Mapping[str, Signer] = {
    "bearer": bearer,
    "x-api-key": x_api_key,
    "api-key": api_key,
    "x-goog-api-key": x_goog_api_key,
    "none": unsigned,
}
"""Signers by the name that a provider's record uses."""
