"""The URLs of requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from any_llm.engine.hosts import is_own

if TYPE_CHECKING:
    from any_llm.spec.dialect import Target


def place_of(target: Target, path: str) -> tuple[str, bool]:
    """Return the URL of a request, and whether it is the provider's own, so that the key may go there."""
    if path.startswith(("https://", "http://")):
        return path, is_own(target, path)
    if "?" not in target.base_url:
        return target.base_url + path, True
    base, _, query = target.base_url.partition("?")
    return f"{base}{path}{'&' if '?' in path else '?'}{query}", True


def with_query(url: str, query: Mapping[str, str]) -> str:
    """Return a URL with members of a query added; those of its own that have the same names are replaced."""
    place, _, own = url.partition("?")
    kept = [(name, value) for name, value in parse_qsl(own, keep_blank_values=True) if name not in query]
    return f"{place}?{urlencode([*kept, *query.items()], doseq=True)}"
