"""Roles in AWS of a person who has logged in with `aws sso login`.

https://docs.aws.amazon.com/sdkref/latest/guide/feature-sso-credentials.html
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import msgspec

from any_llm.auth.aws_profiles import home, read_session
from any_llm.auth.endpoints import ask_json, check_endpoint, json_request, parse, parse_time, text, token_of
from any_llm.auth.sigv4 import Credentials
from any_llm.exceptions import AuthenticationError, ConfigurationError
from any_llm.spec.auth import Grant, Send
from any_llm.types.http import HttpRequest
from any_llm.types.json import JSONObject, is_mapping
from any_llm.types.secret import Secret

_WHO: Final = "The AWS access portal"
_LOGIN: Final = "AWS's login service"
_EARLY: Final = 60.0


class SsoRole(msgspec.Struct, frozen=True, kw_only=True):
    """A role in an account, for the person whose login stands in a file."""

    file: str
    account: str
    role: str
    portal: str
    login: str

    @classmethod
    def of(cls, environment: Mapping[str, str], profile: Mapping[str, str]) -> SsoRole | None:
        """Return what a profile describes, if it does.

        Raises:
            ConfigurationError: something is missing.
        """
        session = profile.get("sso_session", "")
        settings = {**profile, **(read_session(environment, session) if session else {})}
        if not session and "sso_start_url" not in profile:
            return None
        who = "The AWS profile with SSO"
        region, start = text(settings, "sso_region", who), text(settings, "sso_start_url", who)
        # The command line names the file so.
        name = hashlib.sha1((session or start).encode(), usedforsecurity=False).hexdigest()
        return cls(
            file=f"{home(environment)}/.aws/sso/cache/{name}.json",
            account=text(settings, "sso_account_id", who),
            role=text(settings, "sso_role_name", who),
            portal=_endpoint(environment, "SSO", f"https://portal.sso.{region}.amazonaws.com"),
            login=_endpoint(environment, "SSO_OIDC", f"https://oidc.{region}.amazonaws.com"),
        )

    async def fetch(self, send: Send, now: float) -> Grant[Credentials]:
        """Fetch the credentials."""
        token = await self._token(send, now)
        query = urlencode({"role_name": self.role, "account_id": self.account})
        headers = {"x-amz-sso_bearer_token": token.reveal()}
        request = HttpRequest("GET", f"{self.portal}/federation/credentials?{query}", headers)
        answer = (await ask_json(send, request, _WHO, token)).get("roleCredentials")
        answer = dict(answer) if is_mapping(answer) else {}
        return Grant(
            value=Credentials(
                access_key=text(answer, "accessKeyId", _WHO),
                secret_key=Secret(text(answer, "secretAccessKey", _WHO)),
                session_token=Secret(text(answer, "sessionToken", _WHO)),
            ),
            expires_at=float(answer.get("expiration") or 0) / 1_000,
        )

    async def _token(self, send: Send, now: float) -> Secret:
        """Return the token of the login, renewed if it has ended and can be."""
        login = self._login()
        if parse_time(text(login, "expiresAt", _LOGIN).replace("UTC", "Z")) - _EARLY > now:
            return Secret(text(login, "accessToken", _LOGIN))
        if not all(login.get(name) for name in ("refreshToken", "clientId", "clientSecret")):
            raise AuthenticationError("The login of this AWS profile has ended: run `aws sso login`")
        names = ("clientId", "clientSecret", "refreshToken")
        asked = {name: text(login, name, _LOGIN) for name in names} | {"grantType": "refresh_token"}
        secrets = (Secret(asked["clientSecret"]), Secret(asked["refreshToken"]))
        answer = await ask_json(send, json_request(f"{self.login}/token", asked), _LOGIN, *secrets)
        grant = token_of({**answer, "expires_in": answer.get("expiresIn")}, now, _LOGIN, name="accessToken")
        self._keep(login, answer, grant)
        return grant.value

    def _login(self) -> JSONObject:
        try:
            return parse(Path(self.file).read_bytes(), _LOGIN)
        except OSError:
            raise ConfigurationError("Nobody has logged in for this AWS profile: run `aws sso login`") from None

    def _keep(self, login: JSONObject, answer: JSONObject, grant: Grant[Secret]) -> None:
        """Write a renewed login back, for the command line: the old one cannot be renewed again."""
        ends = datetime.fromtimestamp(grant.expires_at or 0.0, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        renewed = {**login, "accessToken": grant.value.reveal(), "expiresAt": ends}
        if answer.get("refreshToken"):
            renewed["refreshToken"] = answer["refreshToken"]
        # A folder that cannot be written to holds nobody up: the token itself is good.
        with suppress(OSError):
            handle, name = tempfile.mkstemp(dir=Path(self.file).parent)
            with os.fdopen(handle, "wb") as file:
                file.write(msgspec.json.encode(renewed))
            Path(name).replace(self.file)


def _endpoint(environment: Mapping[str, str], service: str, usual: str) -> str:
    variable = f"AWS_ENDPOINT_URL_{service}"
    own = environment.get(variable) or environment.get("AWS_ENDPOINT_URL")
    return check_endpoint((own or usual).rstrip("/"), variable)
