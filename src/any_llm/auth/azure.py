"""Who signs a request to Azure: an API key, else a token of Microsoft Entra's.

https://learn.microsoft.com/en-us/azure/ai-foundry/openai/how-to/managed-identity
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from any_llm.auth.azure_cli import MachineOrPerson
from any_llm.auth.azure_sources import Credential, ManagedIdentity, find_source
from any_llm.auth.jwt import is_jwt
from any_llm.auth.tokens import provided
from any_llm.exceptions import ConnectionFailedError, MissingApiKeyError, RequestTimeoutError
from any_llm.spec.auth import Access
from any_llm.spec.dialect import Target
from any_llm.types.http import HttpRequest
from any_llm.types.secret import Secret

SCOPE: Final = "https://cognitiveservices.azure.com/.default"
"""What tokens are for, unless the provider's `auth_options` name another `scope`."""

TOKEN_VARIABLE: Final = "AZURE_OPENAI_AD_TOKEN"  # noqa: S105  # a name
"""The environment variable of a token that somebody else has fetched."""

_PROVIDERS: Final = ("azure_ad_token_provider", "azure_ad_token")
_SERVICES: Final = "AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET"
_KEY_PAGE: Final = "https://ai.azure.com"


async def sign_for_azure(_request: HttpRequest, target: Target, access: Access) -> Mapping[str, str]:
    """Return the headers that sign a request to Azure.

    With, in this order: the arguments `azure_ad_token_provider`, `azure_ad_token` and `credential` (an object of
    azure-identity's); an API key, in the header that the provider's `auth_options` name as `header`, or a token in its
    place; a token in the environment; a service principal; a workload's or the machine's own identity; whoever has
    logged in with `az login`.

    Raises:
        MissingApiKeyError: there are no credentials anywhere.
        AnyLLMError: the credentials are wrong, or a token cannot be fetched.
    """
    given = target.credential
    options = target.provider.auth_options
    scope = options.get("scope", SCOPE)
    for name in _PROVIDERS:
        if name in given:
            return _bearer(await provided(given[name], name))
    if "credential" in given:
        return _bearer(await access.credential(Credential(object=given["credential"], scope=scope)))
    key = target.key
    if key and not is_jwt(key):
        return {options.get("header", "api-key"): key.reveal()}
    ready = access.environment.get(TOKEN_VARIABLE, "").strip()
    if key or ready:
        return _bearer(key or Secret(ready))
    return _bearer(await fetch_token(target, access, scope))


async def fetch_token(target: Target, access: Access, scope: str) -> Secret:
    """Return a token for a scope: a service principal's, a workload's or the machine's own, or whoever has logged in.

    Raises:
        MissingApiKeyError: there are no credentials anywhere.
        AnyLLMError: the credentials are wrong, or a token cannot be fetched.
    """
    found = find_source(access.environment, scope)
    source = MachineOrPerson.of(found, access.environment) if isinstance(found, ManagedIdentity) else found
    try:
        return await access.credential(source)
    except (ConnectionFailedError, RequestTimeoutError) as error:
        if not isinstance(source, ManagedIdentity) or source.certain:
            raise
        # A token that somebody else has fetched is for models, and a key of its own has not everything of Azure's.
        own = (target.provider.key, TOKEN_VARIABLE) if target.provider.key else ()
        variables = ", or ".join((*own, _SERVICES))
        raise MissingApiKeyError(target.provider.name, variables, key_page=_KEY_PAGE) from error


def _bearer(token: Secret) -> dict[str, str]:
    return {"Authorization": f"Bearer {token.reveal()}"}
