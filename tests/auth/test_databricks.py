"""Who signs for Databricks: a personal access token, or a service principal of the workspace."""

from __future__ import annotations

import base64

import pytest

from any_llm.auth.databricks import sign_for_databricks
from any_llm.exceptions import AuthenticationError, ConfigurationError, MissingApiKeyError
from tests.auth.conftest import CANARY, Issue, MakeAccess, request, target

ENVIRONMENT = {"DATABRICKS_CLIENT_ID": "app-1", "DATABRICKS_CLIENT_SECRET": CANARY}


async def test_a_personal_token_is_sent_as_it_is(access: MakeAccess) -> None:
    signed = await sign_for_databricks(request(), target("databricks", "dapi-1"), access(ENVIRONMENT))
    assert signed == {"Authorization": "Bearer dapi-1"}


async def test_the_workspace_itself_gives_out_the_tokens(issue: Issue, access: MakeAccess) -> None:
    workspace = issue(lambda _: {"access_token": "t-1", "expires_in": 3_600})
    asked = request(f"{workspace.origin}/serving-endpoints/m/invocations")
    for _ in range(2):
        signed = await sign_for_databricks(asked, target("databricks"), access(ENVIRONMENT))
        assert signed == {"Authorization": "Bearer t-1"}
    assert [seen.target for seen in workspace.heard] == ["/oidc/v1/token"]
    assert workspace.forms() == [{"grant_type": "client_credentials", "scope": "all-apis"}]
    proof = base64.b64decode(workspace.heard[0].headers["authorization"].removeprefix("Basic "))
    assert proof.decode() == f"app-1:{CANARY}"


async def test_a_refused_secret_is_an_error_without_it(issue: Issue, access: MakeAccess) -> None:
    workspace = issue(lambda seen: ("401 No", {"error": "invalid_client", "message": seen.headers["authorization"]}))
    with pytest.raises(AuthenticationError, match="The Databricks workspace refused") as caught:
        await sign_for_databricks(request(workspace.origin), target("databricks"), access(ENVIRONMENT))
    proof = base64.b64encode(f"app-1:{CANARY}".encode()).decode()
    assert proof not in str(caught.value)


async def test_without_credentials_the_error_says_what_to_set(access: MakeAccess) -> None:
    with pytest.raises(MissingApiKeyError, match="CLOUD_API_KEY, or DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET"):
        await sign_for_databricks(request(), target("databricks"), access({"DATABRICKS_CLIENT_ID": "app-1"}))


async def test_no_secret_goes_to_a_workspace_without_encryption(access: MakeAccess) -> None:
    with pytest.raises(ConfigurationError, match=r"The workspace is 'http://e.example'"):
        await sign_for_databricks(request("http://e.example/x"), target("databricks"), access(ENVIRONMENT))
