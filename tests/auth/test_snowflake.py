"""Who signs for Snowflake: tokens, and pairs of keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from any_llm.auth.jwt import fingerprint
from any_llm.auth.snowflake import sign_for_snowflake
from any_llm.exceptions import ConfigurationError, MissingApiKeyError
from any_llm.types.secret import Secret
from tests.auth.conftest import NOW, MakeAccess, request, target
from tests.auth.test_jwt import opened

JWT = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJtZSJ9.c2ln"
KIND = "X-Snowflake-Authorization-Token-Type"


ACCOUNTS = {"myorg-mine": "MYORG-MINE", "xy12345.eu-central-1": "XY12345"}


@pytest.fixture
def key_file(tmp_path: Path, pem: str) -> Path:
    """Write a private key into a file."""
    file = tmp_path / "key.p8"
    file.write_text(pem)
    return file


async def test_a_programmatic_access_token_says_that_it_is_one(access: MakeAccess) -> None:
    signed = await sign_for_snowflake(request(), target("snowflake", "pat-1"), access())
    assert signed == {"Authorization": "Bearer pat-1", KIND: "PROGRAMMATIC_ACCESS_TOKEN"}


async def test_the_server_finds_out_what_other_tokens_are(access: MakeAccess) -> None:
    signed = await sign_for_snowflake(request(), target("snowflake", JWT), access())
    assert signed == {"Authorization": f"Bearer {JWT}"}


@pytest.mark.parametrize("variable", ["SNOWFLAKE_PRIVATE_KEY_FILE", "SNOWFLAKE_PRIVATE_KEY_PATH"])
@pytest.mark.parametrize("account", ACCOUNTS)
async def test_a_private_key_signs_tokens_of_an_hour(
    access: MakeAccess, key_file: Path, rsa_key: RSAPrivateKey, pem: str, variable: str, account: str
) -> None:
    name = ACCOUNTS[account]
    environment = {variable: str(key_file), "SNOWFLAKE_USER": "me"}
    asked = target("snowflake", placeholders={"account": account})
    signed = await sign_for_snowflake(request(), asked, access(environment))
    assert signed[KIND] == "KEYPAIR_JWT"
    _, claims = opened(signed["Authorization"].removeprefix("Bearer "), rsa_key.public_key())
    assert claims == {
        "iss": f"{name}.ME.{fingerprint(Secret(pem))}",
        "sub": f"{name}.ME",
        "iat": NOW,
        "exp": NOW + 3_600,
    }
    assert await sign_for_snowflake(request(), asked, access(environment)) == signed


async def test_a_private_key_belongs_to_somebody(access: MakeAccess, tmp_path: Path, pem: str) -> None:
    (tmp_path / "key.p8").write_text(pem)
    environment = {"SNOWFLAKE_PRIVATE_KEY_FILE": str(tmp_path / "key.p8"), "SNOWFLAKE_ACCOUNT": "a"}
    with pytest.raises(ConfigurationError, match="set SNOWFLAKE_ACCOUNT and SNOWFLAKE_USER too"):
        await sign_for_snowflake(request(), target("snowflake"), access(environment))


async def test_a_passphrase_opens_a_key_that_needs_one(access: MakeAccess, tmp_path: Path, pem: str) -> None:
    (tmp_path / "key.p8").write_text(pem)
    environment = {
        "SNOWFLAKE_PRIVATE_KEY_FILE": str(tmp_path / "key.p8"),
        "SNOWFLAKE_ACCOUNT": "a",
        "SNOWFLAKE_USER": "me",
        "SNOWFLAKE_PRIVATE_KEY_PASSPHRASE": "not needed",
    }
    with pytest.raises(ConfigurationError, match="cannot be read as PEM"):
        await sign_for_snowflake(request(), target("snowflake"), access(environment))


async def test_without_credentials_the_error_says_what_to_set(access: MakeAccess) -> None:
    with pytest.raises(MissingApiKeyError, match="CLOUD_API_KEY, or SNOWFLAKE_PRIVATE_KEY_FILE and SNOWFLAKE_USER"):
        await sign_for_snowflake(request(), target("snowflake"), access())
