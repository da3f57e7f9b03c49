"""Keys in HashiCorp Vault: version 1 and 2 of its key-value engine, and engines that make keys.

https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

import msgspec

from any_llm.auth.endpoints import ask_json, json_request, parse_time
from any_llm.auth.managed_keys import PATIENCE, Content, Place, check_origin, path_of, secret_option
from any_llm.exceptions import ConfigurationError, MalformedResponseError, PermissionDeniedError
from any_llm.spec.auth import Grant, Send
from any_llm.types.http import HttpRequest, is_number
from any_llm.types.json import JSON, JSONObject, is_mapping
from any_llm.types.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from any_llm.auth.access import TransportAccess

_WHO: Final = "HashiCorp Vault"
_USUAL: Final = "https://127.0.0.1:8200"


class AppRole(msgspec.Struct, frozen=True, kw_only=True):
    """An application that logs in with the id of its role and a secret; its tokens end, and it logs in anew.

    https://developer.hashicorp.com/vault/api-docs/auth/approle#login-with-approle
    """

    origin: str
    mount: str
    role_id: str
    secret_id: Secret | None
    namespace: str

    async def fetch(self, send: Send, now: float) -> Grant[Secret]:
        """Log in."""
        fields = {"role_id": self.role_id}
        if self.secret_id:
            fields["secret_id"] = self.secret_id.reveal()
        url = f"{self.origin}/v1/auth/{self.mount}/login"
        request = json_request(url, fields, _headers(self.namespace))
        answer = await ask_json(send, request, _WHO, self.secret_id, Secret(self.role_id), patience=PATIENCE)
        auth = answer.get("auth")
        token = auth.get("client_token") if is_mapping(auth) else None
        if not is_mapping(auth) or not isinstance(token, str) or not token:
            raise MalformedResponseError(f"{_WHO} answered a login without auth.client_token")
        lasts = _seconds(auth)
        return Grant(value=Secret(token), expires_at=None if lasts is None else now + lasts)


async def read_secret(place: Place, access: TransportAccess) -> Content:
    """Return what stands at a path, such as `secret/data/openai`.

    With the token of `token=` or `VAULT_TOKEN`; else that which an AppRole is given for `role_id=` and `secret_id=`, or
    `VAULT_ROLE_ID` and `VAULT_SECRET_ID`; else the one that `vault login` left in `~/.vault-token`.

    Raises:
        ConfigurationError: the address is none where a token may go, or there is no token.
        AnyLLMError: Vault refuses, or cannot be reached.
    """
    environment = access.environment
    named = "address" if place.option("address") else "VAULT_ADDR"
    origin = check_origin(place.option("address") or environment.get("VAULT_ADDR") or _USUAL, named)
    namespace = place.option("namespace") or environment.get("VAULT_NAMESPACE", "")
    url = f"{origin}/v1/{path_of(place.name, place.called)}"
    if version := place.option("version"):
        url += f"?{urlencode({'version': version})}"
    headers = _headers(namespace)
    token, role = await _token(place, environment), None
    if token is None:
        role = await _role(place, environment, origin, namespace)
        token = await access.credential(role) if role else _logged_in(environment)
    try:
        return _content(await _ask(access, url, headers, token), access.now)
    except PermissionDeniedError:
        if role is None:
            raise
        # A token can be revoked before its end.
        access.forget(role)
        return _content(await _ask(access, url, headers, await access.credential(role)), access.now)


async def _ask(access: TransportAccess, url: str, headers: Mapping[str, str], token: Secret) -> JSONObject:
    request = HttpRequest("GET", url, {**headers, "X-Vault-Token": token.reveal()})
    return await ask_json(access.send, request, _WHO, token, patience=PATIENCE)


def _headers(namespace: str) -> dict[str, str]:
    """Return what every request has; Vault's agents want the first, as a proof that no browser was tricked into it."""
    return {"X-Vault-Request": "true"} | ({"X-Vault-Namespace": namespace} if namespace else {})


async def _token(place: Place, environment: Mapping[str, str]) -> Secret | None:
    token = await secret_option(place, "token")
    found = environment.get("VAULT_TOKEN", "").strip()
    if token is not None or place.options.get("role_id") or not found:
        return token
    return Secret(found)


async def _role(place: Place, environment: Mapping[str, str], origin: str, namespace: str) -> AppRole | None:
    role_id = place.option("role_id") or environment.get("VAULT_ROLE_ID", "")
    if not role_id:
        return None
    secret = await secret_option(place, "secret_id")
    found = environment.get("VAULT_SECRET_ID", "").strip()
    return AppRole(
        origin=origin,
        mount=path_of(place.option("mount") or "approle", place.called),
        role_id=role_id,
        secret_id=secret or (Secret(found) if found else None),
        namespace=namespace,
    )


def _logged_in(environment: Mapping[str, str]) -> Secret:
    home = environment.get("HOME") or environment.get("USERPROFILE") or ""
    try:
        token = Path(home, ".vault-token").read_text("utf-8").strip() if home else ""
    except (OSError, UnicodeDecodeError):
        token = ""
    if token:
        return Secret(token)
    raise ConfigurationError(
        "there is no token; set VAULT_TOKEN, or VAULT_ROLE_ID and VAULT_SECRET_ID, or run `vault login`"
    )


def _content(answer: JSONObject, now: float) -> Content:
    data = answer.get("data")
    if not is_mapping(data):
        raise MalformedResponseError(f"{_WHO} answered without data")
    inner, metadata = data.get("data"), data.get("metadata")
    if not (is_mapping(metadata) and "version" in metadata):
        return Content(data, _seconds(answer))
    ends = metadata.get("deletion_time")
    return Content(inner or {}, max(0.0, parse_time(ends) - now) if isinstance(ends, str) and ends else None)


def _seconds(answer: Mapping[str, JSON]) -> float | None:
    lasts = answer.get("lease_duration")
    return float(lasts) if is_number(lasts) and lasts > 0 else None
