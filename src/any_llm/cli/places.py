"""Places of stores that are only looked at: a file that is not there is a mistake, and is not made."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

from any_llm.exceptions import ConfigurationError

_SERVERS = frozenset({"memory", "postgres", "postgresql", "redis", "rediss", "valkey", "valkeys"})
_KIND = re.compile(r"([a-z][a-z0-9+.-]+):")


def look_at(store: str, what: str) -> str:
    """Return the place of a store, if there is something to look at.

    Args:
        store: as `--store` says it: a path, `sqlite:PATH`, or the URL of a server.
        what: what is kept there, for the error.

    Raises:
        ConfigurationError: it is a file that is not there, or no place of a store.
    """
    kind = found[1] if (found := _KIND.match(store)) else "sqlite"
    if kind in _SERVERS:
        return store
    if kind != "sqlite":
        raise ConfigurationError(f"--store is {store!r}; give a path, as in sqlite:PATH, or the URL of a server")
    path = unquote(store.removeprefix("sqlite:").removeprefix("//"))
    if not Path(path).expanduser().is_file():
        raise ConfigurationError(f"There is no {what} at {path!r}; name its file, as in --store sqlite:PATH")
    return store
