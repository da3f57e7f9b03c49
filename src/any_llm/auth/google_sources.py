"""Where tokens for Google Cloud come from: one kind of source for each `type` of a file of credentials.

https://google.aip.dev/auth/4110
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

import msgspec

from any_llm.auth.endpoints import ask_json, check_endpoint, form_request, json_request, parse_time, text, token_of
from any_llm.auth.jwt import sign_jwt
from any_llm.auth.subject import Subject, subject_of
from any_llm.exceptions import ConfigurationError
from any_llm.spec.auth import Grant, Send
from any_llm.types.http import HttpRequest
from any_llm.types.json import JSONObject, is_mapping
from any_llm.types.secret import Secret

SCOPE: Final = "https://www.googleapis.com/auth/cloud-platform"
"""What the tokens are for: everything that the account may do in Google Cloud."""

TOKEN_URL: Final = "https://oauth2.googleapis.com/token"  # noqa: S105  # an address
"""Google's token endpoint."""

_WHO: Final = "Google's token endpoint"
_HOUR: Final = 3_600
_PATIENCE: Final = 3.0


class ServiceAccount(msgspec.Struct, frozen=True, kw_only=True):
    """A service account, which proves itself with a token that it signs (RFC 7523)."""

    email: str
    private_key: Secret
    key_id: str = ""
    url: str = TOKEN_URL

    @classmethod
    def of(cls, file: JSONObject) -> ServiceAccount:
        """Return what a file of the type `service_account` describes."""
        who = "The service-account file"
        return cls(
            email=text(file, "client_email", who),
            private_key=Secret(text(file, "private_key", who)),
            key_id=str(file.get("private_key_id") or ""),
            url=check_endpoint(str(file.get("token_uri") or TOKEN_URL), "token_uri"),
        )

    async def fetch(self, send: Send, now: float) -> Grant[Secret]:
        """Fetch a token."""
        start = int(now)
        claims = {"iss": self.email, "scope": SCOPE, "aud": self.url, "iat": start, "exp": start + _HOUR}
        assertion = sign_jwt(claims, self.private_key, key_id=self.key_id)
        fields = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion.reveal()}
        answer = await ask_json(send, form_request(self.url, fields), _WHO, assertion, self.private_key)
        return token_of(answer, now, _WHO)


class AuthorizedUser(msgspec.Struct, frozen=True, kw_only=True):
    """A person who has logged in with `gcloud auth application-default login`."""

    client_id: str
    client_secret: Secret
    refresh_token: Secret
    url: str = TOKEN_URL

    @classmethod
    def of(cls, file: JSONObject) -> AuthorizedUser:
        """Return what a file of the type `authorized_user` describes."""
        who = "The file of application default credentials"
        return cls(
            client_id=text(file, "client_id", who),
            client_secret=Secret(text(file, "client_secret", who)),
            refresh_token=Secret(text(file, "refresh_token", who)),
            url=check_endpoint(str(file.get("token_uri") or TOKEN_URL), "token_uri"),
        )

    async def fetch(self, send: Send, now: float) -> Grant[Secret]:
        """Fetch a token."""
        fields = {
            "grant_type": "refresh_token",
            "client_id": self.client_id,
            "client_secret": self.client_secret.reveal(),
            "refresh_token": self.refresh_token.reveal(),
        }
        answer = await ask_json(send, form_request(self.url, fields), _WHO, self.client_secret, self.refresh_token)
        return token_of(answer, now, _WHO)


class ExternalAccount(msgspec.Struct, frozen=True, kw_only=True):
    """A workload outside of Google Cloud, whose own token is exchanged for one of Google's (RFC 8693)."""

    audience: str
    subject_type: str
    subject: Subject
    url: str
    impersonation_url: str = ""
    billed: str = ""

    @classmethod
    def of(cls, file: JSONObject) -> ExternalAccount:
        """Return what a file of the type `external_account` describes."""
        who = "The file of workload identity federation"
        impersonation = str(file.get("service_account_impersonation_url") or "")
        return cls(
            audience=text(file, "audience", who),
            subject_type=text(file, "subject_token_type", who),
            subject=subject_of(file.get("credential_source")),
            url=check_endpoint(text(file, "token_url", who), "token_url"),
            impersonation_url=impersonation and check_endpoint(impersonation, "service_account_impersonation_url"),
            billed=str(file.get("workforce_pool_user_project") or ""),
        )

    async def fetch(self, send: Send, now: float) -> Grant[Secret]:
        """Fetch a token."""
        subject = await self.subject.token(send)
        fields = {
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "audience": self.audience,
            "scope": SCOPE,
            "requested_token_type": "urn:ietf:params:oauth:token-type:access_token",
            "subject_token_type": self.subject_type,
            "subject_token": subject.reveal(),
        }
        if self.billed:
            fields["options"] = msgspec.json.encode({"userProject": self.billed}).decode()
        answer = await ask_json(send, form_request(self.url, fields), "Google's token exchange", subject)
        grant = token_of(answer, now, "Google's token exchange")
        return await _impersonate(self.impersonation_url, grant, send) if self.impersonation_url else grant


class Impersonated(msgspec.Struct, frozen=True, kw_only=True):
    """A service account on whose behalf another identity acts."""

    url: str
    source: ServiceAccount | AuthorizedUser | ExternalAccount
    delegates: tuple[str, ...] = ()

    @classmethod
    def of(cls, file: JSONObject) -> Impersonated:
        """Return what a file of the type `impersonated_service_account` describes."""
        who = "The file of an impersonated service account"
        inner = file.get("source_credentials")
        source = source_of(dict(inner)) if is_mapping(inner) else None
        if source is None or isinstance(source, Impersonated):
            raise ConfigurationError(f"{who} has no source_credentials of a kind that can act for it")
        url = check_endpoint(text(file, "service_account_impersonation_url", who), "service_account_impersonation_url")
        return cls(url=url, source=source, delegates=tuple(map(str, file.get("delegates") or ())))

    async def fetch(self, send: Send, now: float) -> Grant[Secret]:
        """Fetch a token."""
        return await _impersonate(self.url, await self.source.fetch(send, now), send, self.delegates)


class Metadata(msgspec.Struct, frozen=True, kw_only=True):
    """The service account of the machine or container: Compute Engine, Cloud Run, Kubernetes Engine.

    https://docs.cloud.google.com/compute/docs/access/authenticate-workloads
    """

    host: str = "169.254.169.254"
    certain: bool = False

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Metadata | None:
        """Return the metadata service of an environment; `None` if it must not be asked."""
        if environment.get("NO_GCE_CHECK", "").lower() == "true":
            return None
        host = environment.get("GCE_METADATA_HOST") or environment.get("GCE_METADATA_ROOT") or ""
        return cls(host=host, certain=True) if host else cls()

    async def fetch(self, send: Send, now: float) -> Grant[Secret]:
        """Fetch a token."""
        url = f"http://{self.host}/computeMetadata/v1/instance/service-accounts/default/token"
        request = HttpRequest("GET", check_endpoint(url, "GCE_METADATA_HOST"), {"Metadata-Flavor": "Google"})
        answer = await ask_json(send, request, "Google's metadata service", patience=_PATIENCE)
        return token_of(answer, now, "Google's metadata service")


Source: TypeAlias = ServiceAccount | AuthorizedUser | ExternalAccount | Impersonated | Metadata
"""Where a token comes from."""

_BY_TYPE: Mapping[str, Callable[[JSONObject], ServiceAccount | AuthorizedUser | ExternalAccount | Impersonated]] = {
    "service_account": ServiceAccount.of,
    "authorized_user": AuthorizedUser.of,
    "external_account": ExternalAccount.of,
    "impersonated_service_account": Impersonated.of,
}


def source_of(file: JSONObject) -> ServiceAccount | AuthorizedUser | ExternalAccount | Impersonated:
    """Return the source that a file of credentials describes.

    Raises:
        ConfigurationError: it is of another kind, or something is missing.
    """
    make = _BY_TYPE.get(str(file.get("type")))
    if make is None:
        raise ConfigurationError(
            f"The file of Google credentials has the type {file.get('type')!r}; it must be one of {', '.join(_BY_TYPE)}"
        )
    return make(file)


async def _impersonate(url: str, grant: Grant[Secret], send: Send, delegates: tuple[str, ...] = ()) -> Grant[Secret]:
    """Exchange an identity's token for one of the service account that it may act for."""
    who = "Google's service of service-account credentials"
    asked = {"scope": [SCOPE], "lifetime": f"{_HOUR}s"} | ({"delegates": list(delegates)} if delegates else {})
    headers = {"Authorization": f"Bearer {grant.value.reveal()}"}
    answer = await ask_json(send, json_request(url, asked, headers), who, grant.value)
    token, ends = text(answer, "accessToken", who), text(answer, "expireTime", who)
    return Grant(value=Secret(token), expires_at=parse_time(ends))
