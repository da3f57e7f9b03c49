"""Who signs for Google Cloud: keys, tokens, and each kind of file, against a server that plays Google's."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from any_llm.auth.google import sign_for_google
from any_llm.auth.google_files import find_project
from any_llm.auth.google_sources import SCOPE, Metadata, ServiceAccount, source_of
from any_llm.exceptions import AuthenticationError, ConfigurationError, ConnectionFailedError, MissingApiKeyError
from any_llm.types.json import JSONObject
from any_llm.types.secret import Secret
from tests.auth.conftest import CANARY, NOW, Clock, Issue, MakeAccess, request, settled, target
from tests.auth.test_jwt import opened
from tests.transport.peers import Received

TOKEN = {"access_token": "ya29.fetched", "expires_in": 3_599, "token_type": "Bearer"}
FETCHED = {"Authorization": "Bearer ya29.fetched"}
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJtZSJ9.c2ln"
TARGET = target("google")
REQUEST = request()


def written(folder: Path, content: object, name: str = "credentials.json") -> dict[str, str]:
    """Write a file of credentials, and return the environment that names it."""
    file = folder / name
    file.write_text(json.dumps(content), "utf-8")
    return {"GOOGLE_APPLICATION_CREDENTIALS": str(file)}


def service_account(pem: str, origin: str) -> JSONObject:
    return {
        "type": "service_account",
        "project_id": "p-1",
        "private_key_id": "k-1",
        "private_key": pem,
        "client_email": "robot@p-1.iam.gserviceaccount.com",
        "token_uri": f"{origin}/token",
    }


USER = {"type": "authorized_user", "client_id": "c", "client_secret": "d-" + CANARY, "refresh_token": "1//" + CANARY}


async def test_an_api_key_goes_in_googles_own_header(access: MakeAccess) -> None:
    assert await sign_for_google(REQUEST, target("google", "AIza-1"), access()) == {"x-goog-api-key": "AIza-1"}


@pytest.mark.parametrize("token", ["ya29.a0Af", JWT])
async def test_a_token_in_place_of_a_key_is_a_bearer_token(access: MakeAccess, token: str) -> None:
    assert await sign_for_google(REQUEST, target("google", token), access()) == {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize("variable", ["GOOGLE_OAUTH_ACCESS_TOKEN", "CLOUDSDK_AUTH_ACCESS_TOKEN"])
async def test_the_environment_may_hold_a_token(access: MakeAccess, variable: str) -> None:
    assert await sign_for_google(REQUEST, TARGET, access({variable: "t-1"})) == {"Authorization": "Bearer t-1"}


async def test_the_program_may_give_tokens(access: MakeAccess) -> None:
    async def later() -> str:
        await asyncio.sleep(0)
        return "t-3"

    for given, token in ((Secret("t-1"), "t-1"), (lambda: "t-2", "t-2"), (later, "t-3")):
        asked = target("google", "AIza-1", credential={"access_token": given})
        assert await sign_for_google(REQUEST, asked, access()) == {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize("given", [3, b"t", "", None])
async def test_what_gives_no_token_is_refused(access: MakeAccess, given: object) -> None:
    function = target("google", credential={"access_token": lambda: given})
    with pytest.raises(ConfigurationError, match="access_token gives a"):
        await sign_for_google(REQUEST, function, access())


@pytest.mark.parametrize("given", [3, b"t"])
async def test_what_is_no_token_is_refused(access: MakeAccess, given: object) -> None:
    with pytest.raises(ConfigurationError, match=r"access_token gives a .*; it must be a text"):
        await sign_for_google(REQUEST, target("google", credential={"access_token": given}), access())


async def test_a_service_account_signs_for_a_token(
    issue: Issue, access: MakeAccess, tmp_path: Path, rsa_key: RSAPrivateKey, pem: str
) -> None:
    google = issue(lambda _: TOKEN)
    environment = written(tmp_path, service_account(pem, google.origin))
    assert await sign_for_google(REQUEST, TARGET, access(environment)) == FETCHED
    form = google.forms()[0]
    assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    head, claims = opened(form["assertion"], rsa_key.public_key())
    assert head == {"alg": "RS256", "typ": "JWT", "kid": "k-1"}
    assert claims == {
        "iss": "robot@p-1.iam.gserviceaccount.com",
        "scope": SCOPE,
        "aud": f"{google.origin}/token",
        "iat": NOW,
        "exp": NOW + 3_600,
    }


async def test_a_hundred_calls_fetch_one_token_which_is_renewed_before_it_ends(
    issue: Issue, access: MakeAccess, clock: Clock, tmp_path: Path, pem: str
) -> None:
    google = issue(lambda _: {"access_token": f"ya29.{clock.now:.0f}", "expires_in": 3_600})
    environment = written(tmp_path, service_account(pem, google.origin))
    calls = (sign_for_google(REQUEST, TARGET, access(environment)) for _ in range(100))
    signed = await asyncio.gather(*calls)
    first = {"Authorization": f"Bearer ya29.{NOW:.0f}"}
    assert signed == [first] * 100
    assert len(google.heard) == 1
    clock.now = NOW + 3_301
    assert await sign_for_google(REQUEST, TARGET, access(environment)) == first
    await settled(access())
    assert len(google.heard) == 2
    second = {"Authorization": f"Bearer ya29.{clock.now:.0f}"}
    assert await sign_for_google(REQUEST, TARGET, access(environment)) == second


async def test_a_person_who_has_logged_in_refreshes(issue: Issue, access: MakeAccess, tmp_path: Path) -> None:
    google = issue(lambda _: TOKEN)
    content = {**USER, "token_uri": f"{google.origin}/token", "quota_project_id": "billed"}
    written(tmp_path, content, "application_default_credentials.json")
    environment = {"CLOUDSDK_CONFIG": str(tmp_path)}
    assert await sign_for_google(REQUEST, TARGET, access(environment)) == FETCHED | {"x-goog-user-project": "billed"}
    assert google.forms()[0] == {
        "grant_type": "refresh_token",
        "client_id": "c",
        "client_secret": USER["client_secret"],
        "refresh_token": USER["refresh_token"],
    }
    assert CANARY not in repr(source_of(content))


async def test_the_environment_says_who_pays(issue: Issue, access: MakeAccess, tmp_path: Path) -> None:
    google = issue(lambda _: TOKEN)
    environment = written(tmp_path, {**USER, "token_uri": google.origin}) | {"GOOGLE_CLOUD_QUOTA_PROJECT": "mine"}
    signed = await sign_for_google(REQUEST, TARGET, access(environment))
    assert signed["x-goog-user-project"] == "mine"


@pytest.mark.parametrize("folder", ["HOME/.config/gcloud", "APPDATA/gcloud"])
def test_the_file_of_gcloud_is_where_gcloud_puts_it(tmp_path: Path, folder: str) -> None:
    variable, _, rest = folder.partition("/")
    (tmp_path / rest).mkdir(parents=True)
    written(tmp_path / rest, USER | {"quota_project_id": "p-2"}, "application_default_credentials.json")
    assert find_project({variable: str(tmp_path)}, {}) == "p-2"
    assert find_project({variable: str(tmp_path / "nowhere")}, {}) is None


async def test_a_refused_token_is_an_error_without_secrets(issue: Issue, access: MakeAccess, tmp_path: Path) -> None:
    google = issue(lambda seen: ("400 Bad Request", {"error": "invalid_grant", "error_description": str(seen.body)}))
    environment = written(tmp_path, {**USER, "token_uri": google.origin})
    with pytest.raises(AuthenticationError, match=r"Google's token endpoint refused.*invalid_grant") as caught:
        await sign_for_google(REQUEST, TARGET, access(environment))
    assert CANARY not in f"{caught.value!r} {caught.value.to_dict()}"


def federated(origin: str, source: JSONObject) -> JSONObject:
    return {
        "type": "external_account",
        "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": f"{origin}/sts",
        "credential_source": source,
    }


@pytest.mark.parametrize("form", [None, {"type": "text"}, {"type": "json", "subject_token_field_name": "id_token"}])
@pytest.mark.parametrize("kind", ["file", "url"])
async def test_a_workload_elsewhere_exchanges_its_own_token(
    issue: Issue, access: MakeAccess, tmp_path: Path, form: JSONObject | None, kind: str
) -> None:
    own = json.dumps({"id_token": "own-1"}) if form and form["type"] == "json" else "own-1\n"
    google = issue(lambda seen: own.encode() if seen.target == "/own" else TOKEN)
    (tmp_path / "own").write_text(own)
    source: JSONObject = {"file": str(tmp_path / "own")}
    if kind == "url":
        source = {"url": f"{google.origin}/own", "headers": {"X-Who": CANARY}}
    content = federated(google.origin, source | ({"format": form} if form else {}))
    content["workforce_pool_user_project"] = "p-9"
    assert await sign_for_google(REQUEST, TARGET, access(written(tmp_path, content))) == FETCHED
    assert google.forms()[-1] == {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "audience": content["audience"],
        "scope": SCOPE,
        "requested_token_type": "urn:ietf:params:oauth:token-type:access_token",
        "subject_token_type": content["subject_token_type"],
        "subject_token": "own-1",
        "options": '{"userProject":"p-9"}',
    }
    assert [seen.headers.get("x-who") for seen in google.heard[:-1]] == ([CANARY] if kind == "url" else [])
    assert CANARY not in repr(source_of(content))


def impersonating(seen: Received) -> JSONObject:
    if seen.target.endswith(":generateAccessToken"):
        return {"accessToken": "ya29.fetched", "expireTime": "2026-10-01T00:00:00Z"}
    return {"access_token": "ya29.first", "expires_in": 3_599}


async def test_a_workload_may_act_for_a_service_account(issue: Issue, access: MakeAccess, tmp_path: Path) -> None:
    google = issue(impersonating)
    (tmp_path / "own").write_text("own-1")
    content = federated(google.origin, {"file": str(tmp_path / "own")})
    content["service_account_impersonation_url"] = f"{google.origin}/v1/robot:generateAccessToken"
    assert await sign_for_google(REQUEST, TARGET, access(written(tmp_path, content))) == FETCHED
    last = google.heard[-1]
    assert last.headers["authorization"] == "Bearer ya29.first"
    assert json.loads(last.body) == {"scope": [SCOPE], "lifetime": "3600s"}


async def test_a_person_may_act_for_a_service_account(issue: Issue, access: MakeAccess, tmp_path: Path) -> None:
    google = issue(impersonating)
    content = {
        "type": "impersonated_service_account",
        "service_account_impersonation_url": f"{google.origin}/v1/robot:generateAccessToken",
        "delegates": ["a"],
        "source_credentials": {**USER, "token_uri": google.origin},
    }
    assert await sign_for_google(REQUEST, TARGET, access(written(tmp_path, content))) == FETCHED
    assert json.loads(google.heard[-1].body)["delegates"] == ["a"]


async def test_a_machine_of_googles_has_an_account(issue: Issue, access: MakeAccess, tmp_path: Path) -> None:
    google = issue(lambda _: TOKEN)
    environment = {"GCE_METADATA_HOST": google.origin.removeprefix("http://"), "HOME": str(tmp_path)}
    assert await sign_for_google(REQUEST, TARGET, access(environment)) == FETCHED
    assert google.heard[0].target == "/computeMetadata/v1/instance/service-accounts/default/token"
    assert google.heard[0].headers["metadata-flavor"] == "Google"


async def test_a_metadata_service_that_is_named_must_answer(access: MakeAccess, tmp_path: Path) -> None:
    with pytest.raises(ConnectionFailedError):
        await sign_for_google(REQUEST, TARGET, access({"GCE_METADATA_HOST": "127.0.0.1:1", "HOME": str(tmp_path)}))


async def test_an_endpoint_that_nobody_answers_at_is_an_error(access: MakeAccess, tmp_path: Path) -> None:
    with pytest.raises(ConnectionFailedError, match=r"127\.0\.0\.1:1"):
        await sign_for_google(REQUEST, TARGET, access(written(tmp_path, {**USER, "token_uri": "http://127.0.0.1:1"})))


async def test_without_a_machine_of_googles_the_error_says_what_to_set(access: MakeAccess, tmp_path: Path) -> None:
    # The tests' own rule, that nobody talks to another machine, stands in for a machine without a metadata service.
    with pytest.raises(MissingApiKeyError, match="GOOGLE_APPLICATION_CREDENTIALS"):
        await sign_for_google(REQUEST, TARGET, access({"HOME": str(tmp_path)}))


def test_a_machine_is_asked_at_its_usual_address_unless_that_is_forbidden() -> None:
    assert Metadata.of({}) == Metadata(host="169.254.169.254", certain=False)
    assert Metadata.of({"NO_GCE_CHECK": "True"}) is None


async def test_without_credentials_the_error_says_what_to_set(access: MakeAccess, tmp_path: Path) -> None:
    environment = {"NO_GCE_CHECK": "true", "HOME": str(tmp_path)}
    wanted = r"CLOUD_API_KEY or GOOGLE_APPLICATION_CREDENTIALS .*https://docs.cloud.google.com"
    with pytest.raises(MissingApiKeyError, match=wanted):
        await sign_for_google(REQUEST, TARGET, access(environment))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({"type": "magic"}, "has the type 'magic'; it must be one of service_account"),
        ([1], "are not a JSON object"),
        ({"type": "service_account", "client_email": "r"}, "The service-account file has no private_key"),
        ({**USER, "token_uri": "http://evil.example/token"}, "token_uri is 'http://evil.example/token'"),
        (federated("https://sts.example", {"executable": {}}), "credential_source must name a file or a url"),
        (federated("https://sts.example", {"url": "http://evil.example"}), "credential_source.url is"),
        ({"type": "impersonated_service_account", "source_credentials": 3}, "has no source_credentials of a kind"),
    ],
)
async def test_what_is_wrong_in_a_file_is_named(access: MakeAccess, tmp_path: Path, content: object, told: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        await sign_for_google(REQUEST, TARGET, access(written(tmp_path, content)))
    assert told in str(caught.value)


async def test_a_file_that_is_not_there_or_no_json_is_named(access: MakeAccess, tmp_path: Path) -> None:
    environment = {"GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "x.json")}
    with pytest.raises(ConfigurationError, match=r"x.json', which is not a file"):
        await sign_for_google(REQUEST, TARGET, access(environment))
    (tmp_path / "x.json").write_text('{"private_key": "geheim')
    with pytest.raises(ConfigurationError, match=r"x.json' cannot be read \(DecodeError\)") as caught:
        await sign_for_google(REQUEST, TARGET, access(environment))
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize("content", [None, "", "   \n"])
async def test_a_token_file_without_a_token_is_named(access: MakeAccess, tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "own"
    if content is not None:
        file.write_text(content)
    described = federated("https://sts.example", {"file": str(file)})
    with pytest.raises(ConfigurationError, match=r"credential_source.file is .*own', which"):
        await sign_for_google(REQUEST, TARGET, access(written(tmp_path, described)))


def test_the_project_is_that_of_the_file(tmp_path: Path, pem: str) -> None:
    assert find_project(written(tmp_path, service_account(pem, "https://oauth2.googleapis.com")), {}) == "p-1"


def test_no_private_key_is_shown(pem: str) -> None:
    source = source_of(service_account(pem, "https://oauth2.googleapis.com"))
    assert isinstance(source, ServiceAccount)
    assert pem.splitlines()[1] not in repr(source)
