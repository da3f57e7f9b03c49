"""Where tokens of Microsoft Entra come from: a service principal, a workload's identity, a managed identity.

The variables are those of the azure-identity library:
https://learn.microsoft.com/en-us/python/api/overview/azure/identity-readme#environment-variables
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Final, TypeAlias
from urllib.parse import quote, urlencode

import msgspec
from typing_extensions import override

from any_llm.auth.endpoints import ask_json, check_endpoint, form_request, token_of
from any_llm.auth.subject import read_token_file
from any_llm.exceptions import ConfigurationError
from any_llm.spec.auth import Grant, Send
from any_llm.types.http import HttpRequest
from any_llm.types.json import JSON
from any_llm.types.secret import Secret

AUTHORITY: Final = "https://login.microsoftonline.com"
"""Microsoft Entra's public cloud; `AZURE_AUTHORITY_HOST` names another one."""

_WHO: Final = "Microsoft Entra"
_MACHINE: Final = "http://169.254.169.254"
_PATIENCE: Final = 5.0
_ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Credential(msgspec.Struct, frozen=True, kw_only=True):
    """An object with azure-identity's `get_token(scope)`, asynchronous or not; the latter holds up the event loop."""

    object: object
    scope: str

    @override
    def __hash__(self) -> int:
        return hash((id(self.object), self.scope))

    async def fetch(self, send: Send, now: float) -> Grant[Secret]:  # noqa: ARG002  # the object has its own ways
        """Have the object give a token."""
        get: JSON = getattr(self.object, "get_token", None)
        if not callable(get):
            raise ConfigurationError(
                f"credential is a {type(self.object).__name__}; it must have get_token(), as azure-identity's have"
            )
        token: JSON = get(self.scope)
        if inspect.isawaitable(token):
            token = await token
        return Grant(value=Secret(str(token.token)), expires_at=float(token.expires_on))


class ServicePrincipal(msgspec.Struct, frozen=True, kw_only=True):
    """An application that proves itself by a secret, or by the token in a file that its platform renews."""

    tenant: str
    client_id: str
    scope: str
    authority: str = AUTHORITY
    secret: Secret | None = None
    token_file: str = ""

    async def fetch(self, send: Send, now: float) -> Grant[Secret]:
        """Fetch a token (RFC 6749, 4.4)."""
        fields = {"grant_type": "client_credentials", "client_id": self.client_id, "scope": self.scope}
        proof = self.secret or read_token_file(self.token_file, "AZURE_FEDERATED_TOKEN_FILE")
        if self.secret:
            fields["client_secret"] = proof.reveal()
        else:
            fields |= {"client_assertion_type": _ASSERTION, "client_assertion": proof.reveal()}
        url = f"{self.authority}/{quote(self.tenant, safe='')}/oauth2/v2.0/token"
        return token_of(await ask_json(send, form_request(url, fields), _WHO, proof), now, _WHO)


class ManagedIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """The identity of the machine or of the app: a metadata service on its link gives out tokens.

    https://learn.microsoft.com/en-us/entra/identity/managed-identities-azure-resources/how-to-use-vm-token
    https://learn.microsoft.com/en-us/azure/app-service/overview-managed-identity#rest-endpoint-reference
    """

    scope: str
    url: str = f"{_MACHINE}/metadata/identity/oauth2/token"
    client_id: str = ""
    header: Secret | None = None
    certain: bool = False

    async def fetch(self, send: Send, now: float) -> Grant[Secret]:
        """Fetch a token."""
        resource = self.scope.removesuffix("/.default")
        version = "2019-08-01" if self.header else "2018-02-01"
        query = {"api-version": version, "resource": resource} | (
            {"client_id": self.client_id} if self.client_id else {}
        )
        headers = {"X-IDENTITY-HEADER": self.header.reveal()} if self.header else {"Metadata": "true"}
        request = HttpRequest("GET", f"{self.url}?{urlencode(query)}", headers)
        who = "Azure's managed identity"
        return token_of(await ask_json(send, request, who, self.header, patience=_PATIENCE), now, who)


Source: TypeAlias = ServicePrincipal | ManagedIdentity
"""Where a token comes from."""


def find_source(environment: Mapping[str, str], scope: str) -> Source:
    """Return the source that an environment describes; with nothing in it, that is the machine's own identity.

    Raises:
        ConfigurationError: an address in it is one where no secret may go.
    """
    names = ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_FEDERATED_TOKEN_FILE")
    tenant, client_id, secret, token_file = (environment.get(name, "").strip() for name in names)
    if tenant and client_id and (secret or token_file):
        return ServicePrincipal(
            tenant=tenant,
            client_id=client_id,
            scope=scope,
            authority=_authority(environment.get("AZURE_AUTHORITY_HOST") or AUTHORITY),
            secret=Secret(secret) if secret else None,
            token_file=token_file,
        )
    endpoint, header = environment.get("IDENTITY_ENDPOINT", ""), environment.get("IDENTITY_HEADER", "")
    if endpoint and header:
        url = check_endpoint(endpoint, "IDENTITY_ENDPOINT")
        return ManagedIdentity(scope=scope, url=url, client_id=client_id, header=Secret(header), certain=True)
    machine = environment.get("AZURE_POD_IDENTITY_AUTHORITY_HOST", "").rstrip("/")
    url = check_endpoint(f"{machine or _MACHINE}/metadata/identity/oauth2/token", "AZURE_POD_IDENTITY_AUTHORITY_HOST")
    return ManagedIdentity(scope=scope, url=url, client_id=client_id, certain=bool(machine))


def _authority(host: str) -> str:
    url = host if "://" in host else f"https://{host}"
    return check_endpoint(url.rstrip("/"), "AZURE_AUTHORITY_HOST")
