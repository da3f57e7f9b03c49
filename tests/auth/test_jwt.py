"""JSON Web Tokens: what they say, and that their signature holds."""

from __future__ import annotations

import base64
import hashlib
import json
import sys

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from any_llm.auth.jwt import fingerprint, is_jwt, sign_jwt
from any_llm.exceptions import ConfigurationError, MissingExtraError
from any_llm.types.secret import Secret


def decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def opened(token: str, key: RSAPublicKey) -> tuple[dict[str, object], dict[str, object]]:
    """Return the head and the claims of a token whose signature holds."""
    head, claims, signature = token.split(".")
    key.verify(decoded(signature), f"{head}.{claims}".encode(), PKCS1v15(), SHA256())
    return json.loads(decoded(head)), json.loads(decoded(claims))


def test_a_token_says_what_was_signed(rsa_key: RSAPrivateKey, pem: str) -> None:
    token = sign_jwt({"iss": "me", "exp": 3}, Secret(pem), key_id="k-1")
    assert opened(token.reveal(), rsa_key.public_key()) == (
        {"alg": "RS256", "typ": "JWT", "kid": "k-1"},
        {"iss": "me", "exp": 3},
    )
    assert is_jwt(token)


def test_a_key_may_be_encrypted(rsa_key: RSAPrivateKey) -> None:
    locked = Secret(rsa_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"open")).decode())
    head, _ = opened(sign_jwt({}, locked, passphrase=Secret("open")).reveal(), rsa_key.public_key())
    assert head == {"alg": "RS256", "typ": "JWT"}
    for wrong in (None, Secret("shut")):
        with pytest.raises(ConfigurationError, match="cannot be read as PEM"):
            sign_jwt({}, locked, passphrase=wrong)


def test_the_fingerprint_is_that_of_the_public_key(rsa_key: RSAPrivateKey, pem: str) -> None:
    public = rsa_key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert fingerprint(Secret(pem)) == f"SHA256:{base64.b64encode(hashlib.sha256(public).digest()).decode()}"


def test_what_is_no_rsa_key_is_refused_and_not_shown() -> None:
    with pytest.raises(ConfigurationError, match="cannot be read as PEM") as caught:
        sign_jwt({}, Secret("-----BEGIN PRIVATE KEY-----\ngeheim\n-----END PRIVATE KEY-----\n"))
    assert "geheim" not in str(caught.value)
    assert caught.value.__cause__ is None
    other = ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(ConfigurationError, match="it must be an RSA key"):
        sign_jwt({}, Secret(other.decode()))


def test_the_extra_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, pem: str) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.serialization", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'any-llm\[google\]'"):
        sign_jwt({}, Secret(pem))


@pytest.mark.parametrize("key", ["sk-123", "eyJhbGciOiJSUzI1NiJ9", "a.b.c", "", "eyJ.b.c d"])
def test_other_keys_are_no_tokens(key: str) -> None:
    assert not is_jwt(Secret(key))
