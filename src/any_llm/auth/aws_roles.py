"""Roles in AWS that somebody takes on: with other credentials, or with a token of another identity provider.

https://docs.aws.amazon.com/STS/latest/APIReference/welcome.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from html import unescape
from typing import Final

import msgspec

from any_llm.auth.aws_sources import Container, Instance, Process, credentials_of
from any_llm.auth.aws_sso import SsoRole
from any_llm.auth.endpoints import ask, check_endpoint, form_request
from any_llm.auth.sigv4 import Credentials, Scope, sign
from any_llm.auth.subject import read_token_file
from any_llm.spec.auth import Grant, Send
from any_llm.types.http import HttpRequest, HttpResponse
from any_llm.types.secret import Secret

_VERSION: Final = "2011-06-15"
_WHO: Final = "AWS's token service"
_FIELD: Final = re.compile(rb"<(AccessKeyId|SecretAccessKey|SessionToken|Expiration)>([^<]*)</")
_TOLD: Final = re.compile(rb"<(Code|Message)>([^<]*)</")


class TokenService(msgspec.Struct, frozen=True, kw_only=True):
    """The token service of a region."""

    url: str = "https://sts.amazonaws.com"
    region: str = "us-east-1"

    @classmethod
    def of(cls, environment: Mapping[str, str], region: str | None) -> TokenService:
        """Return the service that an environment names, else that of a region, else the one for all."""
        own = environment.get("AWS_ENDPOINT_URL_STS") or environment.get("AWS_ENDPOINT_URL")
        if own:
            return cls(url=check_endpoint(own.rstrip("/"), "AWS_ENDPOINT_URL_STS"), region=region or "us-east-1")
        if not region:
            return cls()
        return cls(url=f"https://sts.{region}.{aws_domain(region)}", region=region)


class AssumedRole(msgspec.Struct, frozen=True, kw_only=True):
    """A role that other credentials may take on."""

    role: str
    source: Credentials | Container | Instance | Process | SsoRole | WebIdentity | AssumedRole
    service: TokenService
    session: str = ""
    external_id: str = ""
    seconds: str = ""

    async def fetch(self, send: Send, now: float) -> Grant[Credentials]:
        """Fetch the credentials."""
        source = self.source
        own = source if isinstance(source, Credentials) else (await source.fetch(send, now)).value
        fields = _fields("AssumeRole", self.role, self.session, now)
        fields |= {"ExternalId": self.external_id} if self.external_id else {}
        fields |= {"DurationSeconds": self.seconds} if self.seconds else {}
        request = form_request(f"{self.service.url}/", fields)
        scope = Scope(region=self.service.region, service="sts")
        signed = sign(request, own, scope, datetime.fromtimestamp(now, UTC))
        request = msgspec.structs.replace(request, headers={**request.headers, **signed})
        return await _asked(send, request, own.secret_key, own.session_token)


class WebIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """A role that the token of another identity provider may take on, such as that of a Kubernetes cluster."""

    role: str
    token_file: str
    service: TokenService
    session: str = ""

    async def fetch(self, send: Send, now: float) -> Grant[Credentials]:
        """Fetch the credentials; this request is not signed."""
        token = read_token_file(self.token_file, "AWS_WEB_IDENTITY_TOKEN_FILE")
        fields = _fields("AssumeRoleWithWebIdentity", self.role, self.session, now)
        fields |= {"WebIdentityToken": token.reveal()}
        return await _asked(send, form_request(f"{self.service.url}/", fields), token)


def aws_domain(region: str) -> str:
    """Return the domain of AWS's services in a region."""
    return "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"


def _fields(action: str, role: str, session: str, now: float) -> dict[str, str]:
    name = session or f"any-llm-{int(now)}"
    return {"Action": action, "Version": _VERSION, "RoleArn": role, "RoleSessionName": name}


async def _asked(send: Send, request: HttpRequest, *secrets: Secret | None) -> Grant[Credentials]:
    async def send_for_json(request: HttpRequest, *, patience: float = 30.0) -> HttpResponse:
        """Send, and return the error of an answer, which is XML, as the others write theirs."""
        response = await send(request, patience=patience)
        if response.status == 200:
            return response
        told = {name.decode().lower(): _plain(value) for name, value in _TOLD.findall(response.body)}
        return HttpResponse(response.status, response.headers, msgspec.json.encode(told))

    answer = await ask(send_for_json, request, _WHO, *secrets)
    found = {name.decode(): _plain(value) for name, value in _FIELD.findall(answer)}
    return credentials_of(found, _WHO, token="SessionToken")  # noqa: S106  # a name


def _plain(value: bytes) -> str:
    return unescape(value.decode("utf-8", "replace"))
