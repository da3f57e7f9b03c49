"""One look-up for providers and dialects: built in, configured, or plugged in.

The only place that imports by name: a dialect is loaded on its first use, and so is a transport that stands in a layer
above the one that plays it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import import_module
from importlib.util import find_spec

from any_llm.exceptions import ConfigurationError, UnsupportedProviderError
from any_llm.providers.catalog import BY_NAME
from any_llm.spec.dialect import Dialect
from any_llm.spec.provider import Provider
from any_llm.spec.transport import Transport

_CLOSEST = 3
_TRANSPORTS: Mapping[str, str] = {"mock": "any_llm.testing.mock.shared"}
"""Modules with a function `transport()`, by the transport's name in a provider's record."""


def provider_names(more: Iterable[str] = ()) -> list[str]:
    """Return the names of the providers, sorted; `more` are those from configuration or plug-ins."""
    return sorted({*BY_NAME, *more})


def provider(name: str, more: Mapping[str, Provider] | None = None) -> Provider:
    """Return the record of a provider; one of `more` goes before a built-in one of the same name.

    Raises:
        UnsupportedProviderError: nobody has this name, and the error names the closest ones.
    """
    key = name.strip().lower()
    found = (more or {}).get(key) or BY_NAME.get(key)
    if found is None:
        raise unsupported(key, provider_names(more or ()))
    return found


def unsupported(key: str, names: Sequence[str]) -> UnsupportedProviderError:
    """Return the error for a name that none of `names` is."""
    return UnsupportedProviderError(key, names, closest=difflib.get_close_matches(key, names, _CLOSEST))


@cache
def named_transport(name: str) -> Transport | None:
    """Return a transport that a module of its own makes, importing it on its first use; `None` for any other name."""
    module = _TRANSPORTS.get(name)
    return import_module(module).transport() if module else None


@cache
def builtin_dialect(name: str) -> Dialect | None:
    """Return a built-in wire format, importing it on its first use; `None` when there is none of this name."""
    module = f"any_llm.dialects.{name}"
    if not name.isidentifier() or find_spec(module) is None:
        return None
    dialect = import_module(module).DIALECT
    if not isinstance(dialect, Dialect):
        raise ConfigurationError(f"{module}.DIALECT is {dialect!r}, not a Dialect")
    return dialect
