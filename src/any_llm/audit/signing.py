"""Ed25519 signatures of heads and checkpoints.

https://www.rfc-editor.org/rfc/rfc8032
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from any_llm.exceptions import ConfigurationError, MissingExtraError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


class Signer:
    """Signs with one private key.

    Args:
        private: the key.
    """

    __slots__ = ("_private", "public", "public_id")

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public = private.public_key().public_bytes_raw()
        self.public_id = key_id(self.public)

    def sign(self, text: bytes) -> bytes:
        """Return the signature of a text, 64 bytes."""
        return self._private.sign(text)


def key_id(public: bytes) -> str:
    """Return the 16 digits that tell one public key from others."""
    return hashlib.sha256(public).hexdigest()[:16]


def is_signed(public: bytes, signature: bytes, text: bytes) -> bool:
    """Say whether a signature is that of a text by the owner of a public key."""
    _needed()
    # What signs is loaded with the first audit log.
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415  # as above

    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, text)
    except (InvalidSignature, ValueError):
        return False
    return True


def open_signer(path: Path) -> Signer:
    """Return the signer whose private key a file holds as PEM; one that is not there is made, for its owner alone.

    Raises:
        ConfigurationError: the file holds no Ed25519 key, or cannot be read or written.
        MissingExtraError: the extra `audit` is not installed.
    """
    _needed()
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415  # as above
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415  # as above

    try:
        if not path.exists():
            made = Ed25519PrivateKey.generate().private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            _write_new(path, made)
        text = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"The key of the audit log, {str(path)!r}, cannot be used: {error}") from error
    return _signer_of(text, path)


def _signer_of(text: bytes, path: Path) -> Signer:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415  # as above
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415  # as above

    try:
        key = serialization.load_pem_private_key(text, password=None)
    except (ValueError, TypeError) as error:
        raise ConfigurationError(
            f"The key of the audit log, {str(path)!r}, cannot be used: {error}; make one with "
            "`openssl genpkey -algorithm ed25519`"
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigurationError(f"The key of the audit log, {str(path)!r}, is not for Ed25519")
    return Signer(key)


def next_key_of(path: Path) -> Path:
    """Return the file in which a key waits until it takes over from the one in a file."""
    return path.with_name(f"{path.name}.new")


def find_signer(path: Path, key: str) -> Signer:
    """Return the signer whose private key is in a file now.

    Where that waits beside it which is wanted, as after a hand-over that was cut off or made on another machine, it is
    put into its place.

    Args:
        path: the file.
        key: the digits of the key that is wanted.

    Raises:
        ConfigurationError: the file holds no Ed25519 key, or cannot be read or written.
        MissingExtraError: the extra `audit` is not installed.
    """
    waiting = next_key_of(path)
    try:
        signer = _signer_of(waiting.read_bytes(), waiting)
    except FileNotFoundError:
        # There is none, or another process was the first to do this.
        return open_signer(path)
    except OSError as error:
        raise ConfigurationError(f"The key of the audit log, {str(waiting)!r}, cannot be used: {error}") from error
    if signer.public_id != key:
        return open_signer(path)
    # Another process may be the first, or the folder be one that nobody may write into: the key is good all the same.
    with contextlib.suppress(OSError):
        waiting.replace(path)
    return signer


def _write_new(path: Path, text: bytes) -> None:
    """Write a file that only its owner may read, whole or not at all; who comes second leaves the first one's."""
    path.parent.mkdir(parents=True, exist_ok=True)
    made = path.with_name(f"{path.name}.{os.getpid()}.making")
    with open(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:  # noqa: PTH123  # with its mode
        file.write(text)
    try:
        path.hardlink_to(made)
    except FileExistsError:
        return
    finally:
        made.unlink()


def _needed() -> None:
    try:
        # To say which extra is missing.
        import_module("cryptography")
    except ImportError as error:
        raise MissingExtraError("audit", "cryptography", reason="it signs the audit log") from error


def public_key_of(path: Path) -> bytes:
    """Return the public key that a file holds as PEM, 32 bytes.

    Raises:
        ConfigurationError: the file holds no public key for Ed25519, or cannot be read.
        MissingExtraError: the extra `audit` is not installed.
    """
    _needed()
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415  # as above
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415  # as above

    try:
        key = serialization.load_pem_public_key(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"The public key {str(path)!r} cannot be used: {error}") from error
    if not isinstance(key, Ed25519PublicKey):
        raise ConfigurationError(f"The public key {str(path)!r} is not for Ed25519")
    return key.public_bytes_raw()
