"""Who signs a request to IBM Cloud: a token that an API key is exchanged for.

https://cloud.ibm.com/docs/account?topic=account-iamtoken_from_apikey
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from any_llm.auth.endpoints import ask_json, check_endpoint, form_request, token_of
from any_llm.auth.jwt import is_jwt
from any_llm.exceptions import MissingApiKeyError
from any_llm.spec.auth import Access, Grant, Send
from any_llm.spec.dialect import Target
from any_llm.types.http import HttpRequest
from any_llm.types.secret import Secret

TOKEN_URL: Final = "https://iam.cloud.ibm.com/identity/token"  # noqa: S105  # an address
"""IBM Cloud's token endpoint, unless the provider's `auth_options` name another `token_url`."""

_WHO: Final = "IBM Cloud's token endpoint"
_GRANT: Final = "urn:ibm:params:oauth:grant-type:apikey"


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """An API key of IBM Cloud, which is exchanged for tokens of an hour."""

    key: Secret
    url: str = TOKEN_URL

    async def fetch(self, send: Send, now: float) -> Grant[Secret]:
        """Fetch a token."""
        request = form_request(self.url, {"grant_type": _GRANT, "apikey": self.key.reveal()})
        return token_of(await ask_json(send, request, _WHO, self.key), now, _WHO)


async def sign_for_ibm(_request: HttpRequest, target: Target, access: Access) -> Mapping[str, str]:
    """Return the header that signs a request: with a token that is given as the key, else with one that is fetched.

    Raises:
        MissingApiKeyError: there is no key.
        AnyLLMError: the key is wrong, or a token cannot be fetched.
    """
    key, provider = target.key, target.provider
    if key is None:
        raise MissingApiKeyError(provider.name, provider.key, key_page=provider.key_page or None)
    if not is_jwt(key):
        url = check_endpoint(provider.auth_options.get("token_url", TOKEN_URL), "token_url")
        key = await access.credential(ApiKey(key=key, url=url))
    return {"Authorization": f"Bearer {key.reveal()}"}
