"""The header fields of an answer as a plain mapping."""

from __future__ import annotations

from collections.abc import Iterable


def join_headers(fields: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the fields by their names in lower case; the values of repeated ones are joined by commas."""
    joined: dict[str, str] = {}
    for name, value in fields:
        key = name.lower()
        joined[key] = f"{joined[key]}, {value}" if key in joined else value
    return joined
