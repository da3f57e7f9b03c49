"""Who signs for Azure: keys, tokens, service principals and managed identities, against a server that plays Entra."""

from __future__ import annotations

import ast
import asyncio
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from any_llm.auth.azure import SCOPE, sign_for_azure
from any_llm.auth.azure_cli import MachineOrPerson
from any_llm.auth.azure_sources import Credential, ManagedIdentity, find_source
from any_llm.exceptions import AuthenticationError, ConfigurationError, ConnectionFailedError, MissingApiKeyError
from any_llm.types.secret import Secret
from tests.auth.conftest import CANARY, NOW, Clock, Issue, MakeAccess, request, target

JWT = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJtZSJ9.c2ln"
TOKEN = {"access_token": JWT, "expires_in": 3_599, "token_type": "Bearer"}
FETCHED = {"Authorization": f"Bearer {JWT}"}
FOUNDRY = "https://ai.azure.com/.default"
TARGET = target("azure")
REQUEST = request()
APPLICATION = {"AZURE_TENANT_ID": "tenant/1", "AZURE_CLIENT_ID": "app-1"}


@dataclass(eq=True)
class Token:
    """What azure-identity's objects return."""

    token: str
    expires_on: int


@dataclass(eq=True)
class TokenCredential:
    """An object like azure-identity's; it cannot be a key of a dictionary."""

    asked: list[str]

    def get_token(self, *scopes: str) -> Token:
        self.asked += scopes
        return Token(f"t-{len(self.asked)}", int(NOW) + 3_600)


@dataclass(eq=True)
class AsyncTokenCredential:
    """An object like those of azure-identity's aio."""

    asked: list[str]

    async def get_token(self, *scopes: str) -> Token:
        await asyncio.sleep(0)
        return TokenCredential(self.asked).get_token(*scopes)


async def test_an_api_key_goes_in_azures_header(access: MakeAccess) -> None:
    assert await sign_for_azure(REQUEST, target("azure", "k-1"), access()) == {"api-key": "k-1"}
    other = target("azure", "k-1", auth_options={"header": "x-api-key"})
    assert await sign_for_azure(REQUEST, other, access()) == {"x-api-key": "k-1"}


async def test_a_token_in_place_of_a_key_is_a_bearer_token(access: MakeAccess) -> None:
    assert await sign_for_azure(REQUEST, target("azure", JWT), access()) == FETCHED


async def test_the_environment_may_hold_a_token(access: MakeAccess) -> None:
    environment = {"AZURE_OPENAI_AD_TOKEN": " t-1 ", **APPLICATION, "AZURE_CLIENT_SECRET": "s"}
    assert await sign_for_azure(REQUEST, TARGET, access(environment)) == {"Authorization": "Bearer t-1"}


async def test_the_program_may_give_tokens(access: MakeAccess) -> None:
    async def later() -> str:
        return "t-2"

    for name, given in (("azure_ad_token", Secret("t-2")), ("azure_ad_token_provider", later)):
        asked = target("azure", "k-1", credential={name: given})
        assert await sign_for_azure(REQUEST, asked, access()) == {"Authorization": "Bearer t-2"}


@pytest.mark.parametrize("kind", [TokenCredential, AsyncTokenCredential])
async def test_an_object_of_azure_identitys_is_asked_when_its_token_ends(
    access: MakeAccess, clock: Clock, kind: type[TokenCredential | AsyncTokenCredential]
) -> None:
    credential = kind([])
    asked = target("azure", credential={"credential": credential})
    for _ in range(3):
        assert await sign_for_azure(REQUEST, asked, access()) == {"Authorization": "Bearer t-1"}
    assert credential.asked == [SCOPE]
    clock.now = NOW + 3_600
    assert await sign_for_azure(REQUEST, asked, access()) == {"Authorization": "Bearer t-2"}


async def test_an_object_of_another_kind_is_refused(access: MakeAccess) -> None:
    with pytest.raises(ConfigurationError, match=r"credential is a int; it must have get_token\(\)"):
        await sign_for_azure(REQUEST, target("azure", credential={"credential": 3}), access())
    assert hash(Credential(object=[], scope="s"))


@pytest.mark.parametrize("scope", [SCOPE, FOUNDRY])
async def test_a_service_principal_has_a_secret(issue: Issue, access: MakeAccess, scope: str) -> None:
    entra = issue(lambda _: TOKEN)
    environment = {**APPLICATION, "AZURE_CLIENT_SECRET": CANARY, "AZURE_AUTHORITY_HOST": f"{entra.origin}/"}
    asked = target("azure", auth_options={} if scope == SCOPE else {"scope": scope})
    assert await sign_for_azure(REQUEST, asked, access(environment)) == FETCHED
    assert await sign_for_azure(REQUEST, asked, access(environment)) == FETCHED
    assert [seen.target for seen in entra.heard] == ["/tenant%2F1/oauth2/v2.0/token"]
    assert entra.forms()[0] == {
        "grant_type": "client_credentials",
        "client_id": "app-1",
        "client_secret": CANARY,
        "scope": scope,
    }
    assert CANARY not in repr(find_source(environment, scope))


async def test_a_workload_has_a_file_that_its_cluster_renews(
    issue: Issue, access: MakeAccess, clock: Clock, tmp_path: Path
) -> None:
    entra = issue(lambda _: TOKEN)
    file = tmp_path / "token"
    environment = {
        **APPLICATION,
        "AZURE_FEDERATED_TOKEN_FILE": str(file),
        "AZURE_AUTHORITY_HOST": entra.origin,
    }
    for number in (1, 2):
        file.write_text(f"own-{number}\n")
        assert await sign_for_azure(REQUEST, TARGET, access(environment)) == FETCHED
        clock.now += 3_600
    assert [form["client_assertion"] for form in entra.forms()] == ["own-1", "own-2"]
    assert entra.forms()[0]["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


async def test_a_refused_secret_is_an_error_without_it(issue: Issue, access: MakeAccess) -> None:
    entra = issue(lambda seen: ("401 No", {"error": "invalid_client", "error_description": f"AADSTS7000215 {CANARY}"}))
    environment = {**APPLICATION, "AZURE_CLIENT_SECRET": CANARY, "AZURE_AUTHORITY_HOST": entra.origin}
    with pytest.raises(AuthenticationError, match=r"Microsoft Entra refused.*invalid_client: AADSTS7000215") as caught:
        await sign_for_azure(REQUEST, TARGET, access(environment))
    assert CANARY not in f"{caught.value!r} {caught.value.to_dict()}"


async def test_an_app_has_an_identity_of_its_own(issue: Issue, access: MakeAccess) -> None:
    platform = issue(lambda _: {"access_token": JWT, "expires_on": str(int(NOW) + 3_600)})
    environment = {
        "IDENTITY_ENDPOINT": f"{platform.origin}/msi/token",
        "IDENTITY_HEADER": CANARY,
        "AZURE_CLIENT_ID": "user-assigned",
    }
    assert await sign_for_azure(REQUEST, TARGET, access(environment)) == FETCHED
    where = urlsplit(platform.heard[0].target)
    assert where.path == "/msi/token"
    assert parse_qs(where.query) == {
        "api-version": ["2019-08-01"],
        "resource": ["https://cognitiveservices.azure.com"],
        "client_id": ["user-assigned"],
    }
    assert platform.heard[0].headers["x-identity-header"] == CANARY
    assert CANARY not in repr(find_source(environment, SCOPE))


async def test_a_machine_has_an_identity_of_its_own(issue: Issue, access: MakeAccess) -> None:
    machine = issue(lambda _: TOKEN | {"expires_in": "3599"})
    environment = {"AZURE_POD_IDENTITY_AUTHORITY_HOST": machine.origin}
    assert await sign_for_azure(REQUEST, TARGET, access(environment)) == FETCHED
    assert machine.heard[0].target == (
        "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fcognitiveservices.azure.com"
    )
    assert machine.heard[0].headers["metadata"] == "true"


def test_a_machine_is_asked_at_its_usual_address() -> None:
    source = find_source({}, SCOPE)
    assert source == ManagedIdentity(scope=SCOPE, url="http://169.254.169.254/metadata/identity/oauth2/token")


async def test_on_other_machines_the_command_line_is_asked_once(access: MakeAccess, tmp_path: Path) -> None:
    printed = json.dumps({"accessToken": "t-1", "expires_on": int(NOW) + 3_600, "tenant": "t"})
    program = tmp_path / "az"
    program.write_text(
        f"#!{sys.executable}\nimport sys; open({str(tmp_path / 'asked')!r}, 'a').write(f'{{sys.argv[1:]}}')\n"
        f"print({printed!r})\n"
    )
    program.chmod(0o755)
    for _ in range(2):
        signed = await sign_for_azure(REQUEST, TARGET, access({"PATH": str(tmp_path)}))
        assert signed == {"Authorization": "Bearer t-1"}
    wanted = ["account", "get-access-token", "--output", "json", "--scope", SCOPE]
    assert ast.literal_eval((tmp_path / "asked").read_text()) == wanted


async def test_a_machine_that_has_an_identity_asks_nobody_else(
    issue: Issue, access: MakeAccess, tmp_path: Path
) -> None:
    machine = issue(lambda _: TOKEN)
    (tmp_path / "az").write_text("#!/bin/false")
    (tmp_path / "az").chmod(0o755)
    environment = {"PATH": str(tmp_path), "AZURE_POD_IDENTITY_AUTHORITY_HOST": machine.origin}
    assert await sign_for_azure(REQUEST, TARGET, access(environment)) == FETCHED
    unnamed = ManagedIdentity(scope=SCOPE, url=f"{machine.origin}/metadata/identity/oauth2/token")
    source = MachineOrPerson.of(unnamed, environment)
    assert await access().credential(source) == Secret(JWT)


async def test_a_machine_that_is_named_must_answer(access: MakeAccess) -> None:
    with pytest.raises(ConnectionFailedError):
        await sign_for_azure(REQUEST, TARGET, access({"AZURE_POD_IDENTITY_AUTHORITY_HOST": "http://127.0.0.1:1"}))


async def test_without_credentials_the_error_says_what_to_set(access: MakeAccess) -> None:
    # The tests' own rule, that nobody talks to another machine, stands in for a machine without a metadata service.
    with pytest.raises(MissingApiKeyError, match=r"CLOUD_API_KEY, or AZURE_OPENAI_AD_TOKEN, or AZURE_TENANT_ID"):
        await sign_for_azure(REQUEST, TARGET, access())


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({**APPLICATION, "AZURE_CLIENT_SECRET": "s", "AZURE_AUTHORITY_HOST": "http://e.example"}, "AUTHORITY_HOST"),
        ({"IDENTITY_ENDPOINT": "http://e.example", "IDENTITY_HEADER": "h"}, "IDENTITY_ENDPOINT"),
    ],
)
async def test_no_secret_goes_to_an_address_without_encryption(
    access: MakeAccess, environment: dict[str, str], named: str
) -> None:
    with pytest.raises(ConfigurationError, match=f"{named} is 'http://e.example'"):
        await sign_for_azure(REQUEST, TARGET, access(environment))


def test_an_authority_may_be_named_without_its_scheme() -> None:
    environment = {**APPLICATION, "AZURE_CLIENT_SECRET": "s", "AZURE_AUTHORITY_HOST": "login.microsoftonline.us"}
    assert "authority='https://login.microsoftonline.us'" in repr(find_source(environment, SCOPE))
