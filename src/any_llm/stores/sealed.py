"""A store whose values nobody can read, change or swap unnoticed who has not the keys, nor guess what they answer.

Values are encrypted with AES-256-GCM (https://csrc.nist.gov/pubs/sp/800/38/d/final), and bound to their names. The last
part of a name, which is a digest of a request, is replaced by a keyed one (HMAC-SHA-256), so that who reads the store
cannot find out whether a certain request was made. Both keys are derived from one secret by HKDF
(https://www.rfc-editor.org/rfc/rfc5869).
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
from collections.abc import Awaitable, Callable, Sequence
from importlib import import_module

from any_llm.exceptions import ConfigurationError, MissingExtraError
from any_llm.spec.clock import Clock
from any_llm.spec.store import KeyValue
from any_llm.types.json import JSON

_LOG = logging.getLogger("any_llm")

_VERSION = b"\x01"
_ID_BYTES, _NONCE_BYTES = 8, 12
_HEAD = len(_VERSION) + _ID_BYTES + _NONCE_BYTES
_KEYED = "~"
"""What the last part of a name begins with that is a keyed digest already."""

_SHORTEST = 32
"""So many characters a secret must have; what is derived from it is no better than it is."""

_LOOK_EVERY = 1.0
"""How many seconds pass at least until it is looked whether a source has another key."""

Read = Callable[[], Awaitable[str]]
"""Reads a secret."""


class Source:
    """Where a secret is.

    Args:
        called: what messages call it.
        read: reads it.
        mark: returns what changes when the secret may have changed.
    """

    __slots__ = ("called", "mark", "read")

    def __init__(self, called: str, read: Read, mark: Callable[[], object]) -> None:
        self.called = called
        self.read = read
        self.mark = mark


class _Key:
    """What is derived from one secret."""

    __slots__ = ("_names", "cipher", "id")

    def __init__(self, secret: str, library: JSON) -> None:
        self.cipher = library.ciphers.aead.AESGCM(_derived(secret, b"any-llm cache values", library))
        self._names = _derived(secret, b"any-llm cache names", library)
        self.id = hmac.digest(self._names, b"id", hashlib.sha256)[:_ID_BYTES]

    def name(self, name: str) -> str:
        """Return the name under which a value is in the store."""
        place, slash, digest = name.rpartition("/")
        if not slash or digest.startswith(_KEYED):
            # What has no digest is one value with a name of ours, such as what was made invalid.
            return name
        return f"{place}/{_KEYED}{hmac.new(self._names, name.encode(), hashlib.sha256).hexdigest()}"


class SealedStore:
    """Another store, with encrypted values and keyed names.

    Names are listed and claimed in the other store itself.

    Attributes:
        inner: the other one.

    Args:
        inner: the other one.
        sources: where the secrets are; the first encrypts, each decrypts.
        clock: the time.

    Raises:
        MissingExtraError: the package `cryptography` is not installed.
    """

    def __init__(self, inner: KeyValue, sources: Sequence[Source], clock: Clock) -> None:
        self._library = _library()
        self.inner = inner
        self._sources = sources
        self._clock = clock
        self._keys: list[_Key] = []
        self._marks: list[object] = []
        self._looked = float("-inf")

    async def get(self, name: str) -> bytes | None:
        """Return what is kept, by whichever key; `None` where there is nothing, or it is not as it was kept."""
        for named in dict.fromkeys([key.name(name) for key in await self._all()]):
            kept = await self.inner.get(named)
            if kept is not None:
                return self._opened(named, kept)
        return None

    async def set(self, name: str, value: bytes, *, seconds: float | None = None) -> None:
        """Keep a value, for so many seconds or until it is replaced."""
        key = (await self._all())[0]
        named = key.name(name)
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = key.cipher.encrypt(nonce, value, named.encode())
        await self.inner.set(named, b"".join((_VERSION, key.id, nonce, sealed)), seconds=seconds)

    async def delete(self, name: str) -> None:
        """Forget a value, by whichever key it is kept; one that is not there is no error."""
        for named in dict.fromkeys([key.name(name) for key in await self._all()]):
            await self.inner.delete(named)

    async def keyed(self, name: str) -> str:
        """Return the name under which a value is kept now, for what else is to have that name in the other store."""
        return (await self._all())[0].name(name)

    def _opened(self, named: str, kept: bytes) -> bytes | None:
        key_id, nonce = kept[len(_VERSION) : len(_VERSION) + _ID_BYTES], kept[_HEAD - _NONCE_BYTES : _HEAD]
        key = next((key for key in self._keys if key.id == key_id), None)
        if not kept.startswith(_VERSION) or key is None:
            return None
        try:
            return bytes(key.cipher.decrypt(nonce, kept[_HEAD:], named.encode()))
        except (self._library.InvalidTag, ValueError):
            _LOG.warning("The store's value %r is not as it was kept, and counts as absent", named)
            return None

    async def _all(self) -> list[_Key]:
        """Return the keys as they are now."""
        now = self._clock.monotonic()
        if now - self._looked < _LOOK_EVERY:
            return self._keys
        marks = [source.mark() for source in self._sources]
        if marks != self._marks or not self._keys:
            try:
                self._keys = [self._key(source, await source.read()) for source in self._sources]
            except ConfigurationError as error:
                if not self._keys:
                    raise
                _LOG.warning("The cache goes on with the keys that it has: %s", error)
            self._marks = marks
        self._looked = now
        return self._keys

    def _key(self, source: Source, secret: str) -> _Key:
        if len(secret) < _SHORTEST:
            raise ConfigurationError(
                f"{source.called} is too short to encrypt the cache with: it has {len(secret)} characters, and needs "
                f"{_SHORTEST} at random, such as `openssl rand -base64 32` makes"
            )
        return _Key(secret, self._library)


def _derived(secret: str, purpose: bytes, library: JSON) -> bytes:
    derive = library.kdf.hkdf.HKDF(algorithm=library.hashes.SHA256(), length=32, salt=None, info=purpose)
    return bytes(derive.derive(secret.encode()))


class _Library:
    """The parts of the package that are needed here."""

    def __init__(self) -> None:
        home = "cryptography.hazmat.primitives"
        self.ciphers: JSON = import_module(f"{home}.ciphers")
        import_module(f"{home}.ciphers.aead")
        self.hashes: JSON = import_module(f"{home}.hashes")
        self.kdf: JSON = import_module(f"{home}.kdf")
        import_module(f"{home}.kdf.hkdf")
        self.InvalidTag: JSON = import_module("cryptography.exceptions").InvalidTag


def _library() -> JSON:
    try:
        return _Library()
    except ImportError as error:
        raise MissingExtraError("encryption", "cryptography", reason="it encrypts what the cache keeps") from error
