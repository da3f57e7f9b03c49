"""Who signs a request to Snowflake: a token, or a pair of keys.

https://docs.snowflake.com/en/developer-guide/snowflake-rest-api/authentication
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from any_llm.auth.jwt import fingerprint, is_jwt, sign_jwt
from any_llm.auth.subject import read_token_file
from any_llm.exceptions import ConfigurationError, MissingApiKeyError
from any_llm.spec.auth import Access, Grant, Send
from any_llm.spec.dialect import Target
from any_llm.types.http import HttpRequest
from any_llm.types.secret import Secret

_KIND: Final = "X-Snowflake-Authorization-Token-Type"
_HOUR: Final = 3_600
_FILES: Final = ("SNOWFLAKE_PRIVATE_KEY_FILE", "SNOWFLAKE_PRIVATE_KEY_PATH")


class KeyPair(msgspec.Struct, frozen=True, kw_only=True):
    """A user's private key, which signs tokens of an hour; the account knows the public one."""

    account: str
    user: str
    private_key: Secret
    passphrase: Secret | None = None

    async def fetch(self, send: Send, now: float) -> Grant[Secret]:  # noqa: ARG002  # nobody is asked
        """Make a token."""
        # An account's locator may carry its region, which is no part of its name.
        name = f"{self.account.partition('.')[0]}.{self.user}".upper()
        start = int(now)
        issuer = f"{name}.{fingerprint(self.private_key, self.passphrase)}"
        claims = {"iss": issuer, "sub": name, "iat": start, "exp": start + _HOUR}
        token = sign_jwt(claims, self.private_key, passphrase=self.passphrase)
        return Grant(value=token, expires_at=float(start + _HOUR))


async def sign_for_snowflake(_request: HttpRequest, target: Target, access: Access) -> Mapping[str, str]:
    """Return the headers that sign a request, and say what with.

    With, in this order: a programmatic access token, or a token of another kind, given as the key; the private key in
    the file that `SNOWFLAKE_PRIVATE_KEY_FILE` names, for `SNOWFLAKE_USER`.

    Raises:
        MissingApiKeyError: there is neither.
        ConfigurationError: the private key is not one, or nobody says whose it is.
    """
    key = target.key
    if key:
        # A JSON Web Token is that of a pair of keys, or OAuth's: the server finds out which.
        kind = {} if is_jwt(key) else {_KIND: "PROGRAMMATIC_ACCESS_TOKEN"}
        return {"Authorization": f"Bearer {key.reveal()}"} | kind
    token = await access.credential(_key_pair(target, access.environment))
    return {"Authorization": f"Bearer {token.reveal()}", _KIND: "KEYPAIR_JWT"}


def _key_pair(target: Target, environment: Mapping[str, str]) -> KeyPair:
    provider = target.provider
    named = next((name for name in _FILES if environment.get(name)), None)
    if named is None:
        variables = f"{provider.key}, or {_FILES[0]} and SNOWFLAKE_USER"
        raise MissingApiKeyError(provider.name, variables, key_page=provider.key_page or None)
    account = target.placeholders.get("account") or environment.get("SNOWFLAKE_ACCOUNT", "")
    user = environment.get("SNOWFLAKE_USER", "")
    if not account or not user:
        raise ConfigurationError(f"{named} is set: set SNOWFLAKE_ACCOUNT and SNOWFLAKE_USER too")
    phrase = environment.get("SNOWFLAKE_PRIVATE_KEY_PASSPHRASE") or environment.get("PRIVATE_KEY_PASSPHRASE")
    return KeyPair(
        account=account,
        user=user,
        private_key=read_token_file(environment[named], named),
        passphrase=Secret(phrase) if phrase else None,
    )
