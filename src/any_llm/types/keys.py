"""Several keys of one provider, and where each is read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeAlias, cast

import msgspec
from typing_extensions import override

from any_llm.exceptions import ConfigurationError
from any_llm.types.http import is_number
from any_llm.types.json import is_mapping
from any_llm.types.secret import redact

MANAGERS: tuple[str, ...] = ("vault:", "aws-secret:", "gcp-secret:", "azure-secret:")
"""How places in managers of secrets begin."""

_PLACES = ("env:", "file:", "keyring:", *MANAGERS)
"""How the places begin that hold no secret themselves."""

_COMMAND = "command:"

KeyState: TypeAlias = Literal["active", "cooling", "draining", "dead", "trial"]
"""`cooling` was told to wait (429), `draining` was replaced and is still in use, `dead` was refused (401), `trial` is
new and makes one call before it takes the place of the one in use."""


class KeyEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened to a key.

    Attributes:
        provider: whose key it is.
        source: where it was read, in words; never the key.
        fingerprint: what tells it from others.
        state: what it is now.
        reason: why.
    """

    provider: str
    source: str
    fingerprint: str
    state: KeyState
    reason: str = ""


class Keys(msgspec.Struct, frozen=True, kw_only=True):
    """The keys of one provider.

    Attributes:
        sources: where each is read: `env:NAME`, `file:PATH` (watched), `command:WORDS`, `keyring:SERVICE/USER`,
            `vault:PATH#FIELD`, `aws-secret:NAME#FIELD`, `gcp-secret:NAME#FIELD`, `azure-secret:VAULT/NAME#FIELD`, a
            table with one of the last four as `from` and more about its manager, a `Secret`, or a function that
            returns a key, also an asynchronous one.
        weights: how often each is used against the others; without them all alike.
        names: what logs and reports call each; without them, by where it is read.
        ttl: after how many seconds a source is asked again, at the latest; files are looked at all the time. What must
            be waited for is asked beside the calls when four fifths of that are over, or of what the source says that
            its key lasts. As long as a source cannot be read, the key that it gave stays in use.
        cool: how many seconds a key rests after a 429 that does not say how long.
        before: is told of a new key before it is used, and may refuse it by raising: it stays unused then.
        canary: whether a new key makes one call before it takes the place of the one in use, and is dropped if the
            provider refuses it.
        on_event: is told of every `KeyEvent`.
    """

    sources: tuple[Any, ...]
    weights: Sequence[float] = ()
    names: Sequence[str] = ()
    ttl: float = 300.0
    cool: float = 10.0
    before: Callable[[KeyEvent], None] | None = None
    canary: bool = False
    on_event: Callable[[KeyEvent], None] | None = None

    def __post_init__(self) -> None:
        """Check what is said.

        Raises:
            ConfigurationError: a value cannot be; the error names it.
        """
        if isinstance(cast("object", self.sources), str) or not self.sources:
            raise ConfigurationError("sources needs at least one place, such as ('env:OPENAI_API_KEY',)")
        if any(isinstance(source, str) and not source.startswith((*_PLACES, _COMMAND)) for source in self.sources):
            known = ", ".join(f"{place}…" for place in (*_PLACES, _COMMAND))
            raise ConfigurationError(
                f"sources holds a text that is no place; it may begin with {known}; it is not shown"
            )
        if self.weights and (len(self.weights) != len(self.sources) or min(self.weights) <= 0):
            raise ConfigurationError(f"weights is {self.weights!r}; give a positive number for each source")
        if self.names and (isinstance(self.names, str) or len(self.names) != len(self.sources)):
            raise ConfigurationError(f"names is {self.names!r}; give a name for each source")
        for name in ("ttl", "cool"):
            value: object = getattr(self, name)
            if not is_number(value) or value <= 0:
                raise ConfigurationError(f"{name} is {value!r}; give a positive number of seconds")

    @override
    def __repr__(self) -> str:
        places = ", ".join(map(shown_source, self.sources))
        return f"Keys(sources=({places}), weights={self.weights!r}, ttl={self.ttl!r}, canary={self.canary!r})"


def is_managed(text: object) -> bool:
    """Say whether a text is a place in a manager of secrets, which no vendor's key looks like."""
    return isinstance(text, str) and text.startswith(MANAGERS) and not text.endswith(":")


def alias_of(source: object) -> str:
    """Return where a key is read, as a name for it; empty for what is no place, or may hold a secret itself."""
    place = source.get("from") if is_mapping(source) else source
    return redact(place) if isinstance(place, str) and place.startswith(_PLACES) else ""


def shown_source(source: object) -> str:
    """Return a source as a text may show it: by mistake it may be a key, and a command may hold a token."""
    if is_mapping(source):
        return shown_source(source.get("from"))
    place = isinstance(source, str) and source.startswith(_PLACES)
    return redact(repr(source)) if place else f"<a {type(source).__name__}>"
