"""Which hosts are one's own, so that they may be told which trace a request belongs to."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from urllib.parse import urlsplit

_PRIVATE = (".local", ".internal", ".localhost", ".lan", ".home.arpa")
"""Ends of names that no public server has."""


@lru_cache(maxsize=1_024)
def is_own(base_url: str, further: tuple[str, ...]) -> bool:
    """Say whether a URL is of this machine, of a private network, or of one of the further hosts."""
    try:
        host = (urlsplit(base_url).hostname or "").lower()
    except ValueError:
        return False
    if not host:
        return False
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "." not in host or host.endswith(_PRIVATE) or any(_fits(host, each.lower()) for each in further)
    return address.is_private or host in further


def _fits(host: str, pattern: str) -> bool:
    return host.endswith(pattern[1:]) if pattern.startswith("*.") else host == pattern
