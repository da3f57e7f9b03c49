"""JSON Web Tokens signed with RSA (RFC 7519, RFC 7518 3.3), and how they are told from other keys."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING

import msgspec

from any_llm.exceptions import ConfigurationError, MissingExtraError
from any_llm.types.json import JSONObject
from any_llm.types.secret import Secret

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

_JWT = re.compile(r"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")


def is_jwt(key: Secret) -> bool:
    """Say whether a key is a JSON Web Token, which goes as a bearer token where a plain key goes in a header."""
    return _JWT.fullmatch(key.reveal()) is not None


def sign_jwt(claims: JSONObject, pem: Secret, *, key_id: str = "", passphrase: Secret | None = None) -> Secret:
    """Return claims as a token signed by RS256.

    Args:
        claims: what the token says.
        pem: the RSA private key, in PEM.
        key_id: which key it is, for who checks the signature.
        passphrase: what the private key is encrypted with.

    Raises:
        MissingExtraError: `cryptography` is not installed.
        ConfigurationError: it is no such key.
    """
    key = _load(pem, passphrase)
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15  # noqa: PLC0415  # an extra
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415  # an extra

    head = {"alg": "RS256", "typ": "JWT"} | ({"kid": key_id} if key_id else {})
    said = f"{_encoded(msgspec.json.encode(head))}.{_encoded(msgspec.json.encode(claims))}"
    return Secret(f"{said}.{_encoded(key.sign(said.encode(), PKCS1v15(), SHA256()))}")


def fingerprint(pem: Secret, passphrase: Secret | None = None) -> str:
    """Return the SHA-256 fingerprint of a private key's public half, as Snowflake writes it.

    Raises:
        MissingExtraError: `cryptography` is not installed.
        ConfigurationError: it is no such key.
    """
    key = _load(pem, passphrase)
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # noqa: PLC0415  # an extra

    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return f"SHA256:{base64.b64encode(hashlib.sha256(public).digest()).decode()}"


def _load(pem: Secret, passphrase: Secret | None) -> RSAPrivateKey:
    try:
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey  # noqa: PLC0415  # an extra
        from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415  # an extra
    except ImportError as error:
        raise MissingExtraError("google", "cryptography", reason="it signs with RSA keys") from error
    try:
        key = load_pem_private_key(pem.reveal().encode(), passphrase.reveal().encode() if passphrase else None)
    except (TypeError, ValueError) as error:
        # What is wrong may hold a part of the key.
        raise ConfigurationError(f"The private key cannot be read as PEM ({type(error).__name__})") from None
    if not isinstance(key, RSAPrivateKey):
        raise ConfigurationError(f"The private key is of the kind {type(key).__name__!r}; it must be an RSA key")
    return key


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
