"""Where a key is read: the environment, a file, a command, the system's key ring, a manager of secrets, or a function.

A source is asked again when its time is over, when a file has changed, and when a provider refuses the key it gave.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import shlex
from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias, cast

from any_llm.exceptions import ConfigurationError, MissingExtraError
from any_llm.types.json import JSON, is_mapping
from any_llm.types.keys import MANAGERS, is_managed
from any_llm.types.secret import Secret

if TYPE_CHECKING:
    from any_llm.auth.access import TransportAccess

Callback: TypeAlias = "Callable[[], str | Secret | Awaitable[str | Secret]]"

_SECONDS_FOR_A_COMMAND = 10.0


class Key(NamedTuple):
    """A key as its source gave it.

    Attributes:
        secret: the key.
        lasts: for how many seconds it is good, where its source says so.
    """

    secret: Secret
    lasts: float | None = None


class KeySource(Protocol):
    """Gives a key."""

    @property
    def instant(self) -> bool:
        """Whether it is read without waiting for anybody; what is not is read beside the calls."""
        ...

    @property
    def called(self) -> str:
        """What messages call it; never the key."""
        ...

    async def read(self) -> Key:
        """Return the key as it is now.

        Raises:
            ConfigurationError: there is none; the error names the source.
            AnyLLMError: who keeps it cannot be reached.
        """
        ...

    def mark(self) -> object:
        """Return what changes when the key may have changed, without waiting, such as the time of a file."""
        ...


class _Given:
    """A key that the program says itself."""

    called = "the key that was given"
    instant = True

    def __init__(self, key: Secret) -> None:
        self._key = key

    async def read(self) -> Key:
        return Key(self._key)

    def mark(self) -> object:
        return None


class _Variable:
    instant = True

    def __init__(self, name: str) -> None:
        self.called = f"the environment variable {name}"
        self._name = name

    async def read(self) -> Key:
        return _there(os.environ.get(self._name, ""), self.called)

    def mark(self) -> object:
        return os.environ.get(self._name)


class _File:
    instant = True

    def __init__(self, path: str) -> None:
        self._path = Path(path).expanduser()
        self.called = f"the file {path!r}"

    async def read(self) -> Key:
        try:
            return _there(self._path.read_text("utf-8"), self.called)
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"{self.called} cannot be read for a key: {error}") from error

    def mark(self) -> object:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino, found.st_size


class _Command:
    instant = False

    def __init__(self, words: str) -> None:
        self._words = shlex.split(words)
        self.called = f"the command {self._words[0] if self._words else ''!r}"

    async def read(self) -> Key:
        try:
            process = await asyncio.create_subprocess_exec(
                *self._words, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE
            )
        except (OSError, IndexError, TypeError) as error:
            raise ConfigurationError(f"{self.called} cannot be run for a key: {error}") from error
        try:
            async with asyncio.timeout(_SECONDS_FOR_A_COMMAND):
                out, _ = await process.communicate()
        except TimeoutError as error:
            process.kill()
            await process.wait()
            raise ConfigurationError(f"{self.called} gave no key within {_SECONDS_FOR_A_COMMAND:g} s") from error
        if process.returncode:
            raise ConfigurationError(f"{self.called} ended with {process.returncode} and gave no key")
        return _there(out.decode("utf-8", "replace"), self.called)

    def mark(self) -> object:
        return None


class _KeyRing:
    """The key ring of the system: https://keyring.readthedocs.io."""

    instant = True

    def __init__(self, place: str) -> None:
        self._service, _, self._user = place.partition("/")
        self.called = f"the key ring's entry {place!r}"

    async def read(self) -> Key:
        try:
            library: JSON = import_module("keyring")
        except ImportError as error:
            raise MissingExtraError("keyring", "keyring", reason="a key is in the system's key ring") from error
        try:
            key: str | None = library.get_password(self._service, self._user)
        except library.errors.KeyringError as error:
            raise ConfigurationError(f"{self.called} cannot be read for a key: {error}") from error
        return _there(key or "", self.called)

    def mark(self) -> object:
        return None


class _Function:
    def __init__(self, function: Callback) -> None:
        self._function = function
        self.instant = not inspect.iscoroutinefunction(function)
        self.called = f"the function {getattr(function, '__name__', type(function).__name__)}"

    async def read(self) -> Key:
        found: JSON = self._function()
        if inspect.isawaitable(found):
            found = await found
        if isinstance(found, Secret):
            return Key(checked(found.reveal(), self.called).called(found.alias))
        return _there(str(found or ""), self.called)

    def mark(self) -> object:
        return None


_KINDS: Mapping[str, Callable[[str], KeySource]] = {
    "env": _Variable,
    "file": _File,
    "command": _Command,
    "keyring": _KeyRing,
}


def source_of(said: object, access: TransportAccess | None = None) -> KeySource:
    """Return a source as it is said.

    Args:
        said: `env:NAME`, `file:PATH`, `command:WORDS`, `keyring:SERVICE/USER`, a place in a manager of secrets
            (`vault:PATH#FIELD`, `aws-secret:`, `gcp-secret:`, `azure-secret:`), a table with such a place as `from`
            and more about its manager, a `Secret` or a function.
        access: what managers are asked over.

    Raises:
        ConfigurationError: it is none of these. A bare key is refused, so that no key stands where its place should.
    """
    if isinstance(said, Secret):
        return _Given(said)
    if callable(said):
        return _Function(cast("Callback", said))
    options: Mapping[str, JSON] = said if is_mapping(said) else {}
    place = options.get("from") if options else said
    if is_managed(place) and access is not None:
        # Most keys stand in the environment.
        managed = import_module("any_llm.auth.managed_keys")
        return cast("KeySource", managed.Managed(str(place), options, access))
    kind, _, rest = str(place).partition(":")
    if not isinstance(place, str) or kind not in _KINDS or not rest or options:
        known = ", ".join([*(f"{kind}:…" for kind in _KINDS), *(f"{place}…" for place in MANAGERS)])
        raise ConfigurationError(
            f"a source of keys is none of {known}, a table of the last four, a Secret or a function; "
            "its text is not shown"
        )
    return _KINDS[kind](rest)


def _there(text: str, called: str) -> Key:
    return Key(checked(text, called))


def checked(text: str, called: str) -> Secret:
    """Return a key out of what a source holds.

    Raises:
        ConfigurationError: it holds none, or one that cannot be sent.
    """
    key = text.strip()
    if not key:
        raise ConfigurationError(f"{called} holds no key")
    if not key.isascii() or not key.isprintable():
        raise ConfigurationError(f"the key from {called} has characters that no header may hold")
    return Secret(key)
