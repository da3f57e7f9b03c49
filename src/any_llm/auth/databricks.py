"""Who signs a request to Databricks: a personal access token, or a service principal of the workspace.

https://docs.databricks.com/aws/en/dev-tools/auth/oauth-m2m
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, urlsplit

import msgspec

from any_llm.auth.endpoints import ask_json, check_endpoint, form_request, token_of
from any_llm.exceptions import MissingApiKeyError
from any_llm.spec.auth import Access, Grant, Send
from any_llm.spec.dialect import Target
from any_llm.types.http import HttpRequest
from any_llm.types.secret import Secret

_WHO: Final = "The Databricks workspace"


class ServicePrincipal(msgspec.Struct, frozen=True, kw_only=True):
    """An application with a secret, known to a workspace, which itself gives out the tokens."""

    origin: str
    client_id: str
    secret: Secret

    async def fetch(self, send: Send, now: float) -> Grant[Secret]:
        """Fetch a token (RFC 6749, 4.4)."""
        pair = f"{quote(self.client_id, safe='')}:{quote(self.secret.reveal(), safe='')}"
        proof = Secret(base64.b64encode(pair.encode()).decode())
        fields = {"grant_type": "client_credentials", "scope": "all-apis"}
        headers = {"Authorization": f"Basic {proof.reveal()}"}
        request = form_request(f"{self.origin}/oidc/v1/token", fields, headers)
        return token_of(await ask_json(send, request, _WHO, self.secret, proof), now, _WHO)


async def sign_for_databricks(request: HttpRequest, target: Target, access: Access) -> Mapping[str, str]:
    """Return the header that signs a request: with the key, else with a token for `DATABRICKS_CLIENT_ID`.

    Raises:
        MissingApiKeyError: there is neither.
        AnyLLMError: the credentials are wrong, or a token cannot be fetched.
    """
    key, provider = target.key, target.provider
    if key is None:
        names = ("DATABRICKS_CLIENT_ID", "DATABRICKS_CLIENT_SECRET")
        client_id, secret = (access.environment.get(name, "").strip() for name in names)
        if not client_id or not secret:
            raise MissingApiKeyError(
                provider.name, f"{provider.key}, or {' and '.join(names)}", key_page=provider.key_page or None
            )
        parts = urlsplit(request.url)
        origin = check_endpoint(f"{parts.scheme}://{parts.netloc}", "The workspace")
        key = await access.credential(ServicePrincipal(origin=origin, client_id=client_id, secret=Secret(secret)))
    return {"Authorization": f"Bearer {key.reveal()}"}
