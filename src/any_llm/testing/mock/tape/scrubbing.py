"""Removing secrets from what is recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from any_llm.types.secret import Secret, redact, redact_headers

REDACTED = "<redacted>"
_STARS = "********"
_DROPPED = frozenset({"cookie", "set-cookie", "openai-organization", "openai-project", "x-amz-security-token"})
"""Headers that only tell whose account it is."""

_KEPT_OUT = frozenset(
    {"key", "api_key", "apikey", "access_token", "token", "sig", "x-amz-signature", "x-amz-credential"}
)
"""Parameters of URLs that are secrets."""


def scrub_headers(headers: Mapping[str, str], secrets: Sequence[Secret]) -> dict[str, str]:
    """Return headers in lower case, credentials replaced so that only their scheme is seen, and cookies left out."""
    kept = {name.lower(): value for name, value in headers.items() if name.lower() not in _DROPPED}
    clean = redact_headers(kept, *secrets)
    return {name: _with_scheme(kept[name]) if value == _STARS else _plain(value) for name, value in clean.items()}


def scrub_url(url: str, secrets: Sequence[Secret]) -> str:
    """Return a URL without a user, a password and the secrets among its parameters."""
    parts = urlsplit(url)
    query = [
        (name, REDACTED if name.lower() in _KEPT_OUT else value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
    ]
    clean = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, urlencode(query, safe="<>"), ""))
    return scrub_text(clean, secrets)


def scrub_text(text: str, secrets: Sequence[Secret]) -> str:
    """Return a text without the given secrets and without what looks like a key."""
    return _plain(redact(text, *secrets))


def query_secrets(url: str) -> tuple[Secret, ...]:
    """Return the secrets among the parameters of a URL."""
    return tuple(Secret(value) for name, value in parse_qsl(urlsplit(url).query) if name.lower() in _KEPT_OUT)


def _plain(text: str) -> str:
    return text.replace(_STARS, REDACTED)


def _with_scheme(value: str) -> str:
    scheme, found, _ = value.partition(" ")
    return f"{scheme} {REDACTED}" if found else REDACTED
