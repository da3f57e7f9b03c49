"""AWS credentials that do not last, against servers that play AWS's, which botocore asks too."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

import msgspec
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as TheirCredentials
from botocore.session import Session

from any_llm.auth.aws import sign_for_aws
from any_llm.auth.aws_chain import Source, find_credentials
from any_llm.auth.aws_roles import AssumedRole, TokenService
from any_llm.auth.aws_sources import Container, Instance, Process
from any_llm.auth.sigv4 import Credentials
from any_llm.exceptions import (
    AnyLLMError,
    AuthenticationError,
    ConfigurationError,
    ConnectionFailedError,
    MalformedResponseError,
    MissingApiKeyError,
    PermissionDeniedError,
)
from any_llm.types.secret import Secret
from tests.auth.conftest import CANARY, NOW, Issue, Issuer, MakeAccess, request, target
from tests.transport.peers import Received

ACCESS, TOKEN = "ASIAFETCHEDFETCHEDFE", "token+/="
ROLE = "arn:aws:iam::123456789012:role/reader"
ENDS = "2099-01-01T00:00:00Z"
KEYS = {"AccessKeyId": ACCESS, "SecretAccessKey": CANARY, "Token": TOKEN, "Expiration": ENDS, "Code": "Success"}
XML = f"""<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
  <AssumedRoleUser><AssumedRoleId>A:s</AssumedRoleId><Arn>arn:aws:sts::1:assumed-role/reader/s</Arn></AssumedRoleUser>
  <Credentials><AccessKeyId>{ACCESS}</AccessKeyId><SecretAccessKey>{CANARY}</SecretAccessKey>
  <SessionToken>{TOKEN}</SessionToken><Expiration>{ENDS}</Expiration></Credentials>
</AssumeRoleResult></AssumeRoleResponse>"""
WEB_XML = XML.replace("AssumeRoleRe", "AssumeRoleWithWebIdentityRe")
WANTED = Credentials(access_key=ACCESS, secret_key=Secret(CANARY), session_token=Secret(TOKEN))
STATIC = "aws_access_key_id = AKIASTATICSTATICSTAT\naws_secret_access_key = static-secret\n"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """Give every test an environment without anybody's AWS settings, and a home of its own."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, "eu-central-1")
    for place in ("credentials.SSOProvider", "tokens.SSOTokenProvider"):
        # They look for the home folder when they are imported.
        monkeypatch.setattr(f"botocore.{place}._SSO_TOKEN_CACHE_DIR", str(tmp_path / ".aws" / "sso" / "cache"))
    (tmp_path / ".aws").mkdir()
    return monkeypatch


def configure(tmp_path: Path, text: str) -> None:
    """Write the file of settings."""
    (tmp_path / ".aws" / "config").write_text(text)


async def found(access: MakeAccess, profile: str = "") -> Credentials:
    """Return the credentials of this process's environment, fetched if need be."""
    source = find_credentials(os.environ, profile)
    assert isinstance(source, Source)
    assert CANARY not in repr(source)
    return await access(os.environ).credential(source)


def theirs() -> Credentials:
    """Return what botocore finds in the same environment."""
    frozen = Session().get_credentials().get_frozen_credentials()
    return Credentials(
        access_key=frozen.access_key,
        secret_key=Secret(frozen.secret_key),
        session_token=Secret(frozen.token) if frozen.token else None,
    )


def sent(issuer: Issuer) -> list[tuple[str, str, dict[str, str]]]:
    """Return method, target and form of the requests heard, without the name of the session."""
    forms = [{name: value for name, value in form.items() if name != "RoleSessionName"} for form in issuer.forms()]
    return [(seen.method, seen.target, form) for seen, form in zip(issuer.heard, forms, strict=True)]


async def agree(access: MakeAccess, issuer: Issuer) -> None:
    """Check that we and botocore find the same, and ask for it in the same way."""
    assert await found(access) == WANTED
    ours = sent(issuer)
    issuer.heard.clear()
    assert theirs() == WANTED
    assert sent(issuer)[: len(ours)] == ours


@pytest.mark.parametrize("token", ["variable", "file", ""])
async def test_a_container_has_a_role(
    issue: Issue, access: MakeAccess, environment: pytest.MonkeyPatch, tmp_path: Path, token: str
) -> None:
    aws = issue(lambda _: KEYS)
    environment.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{aws.origin}/v2/credentials/1")
    (tmp_path / "token").write_text("Basic from-file")
    if token == "variable":
        environment.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "Basic from-variable")
    elif token:
        environment.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", str(tmp_path / "token"))
    assert await found(access) == WANTED
    assert aws.heard[0].headers.get("authorization", "") == (f"Basic from-{token}" if token else "")
    assert theirs() == WANTED


def test_a_task_is_asked_at_its_usual_address() -> None:
    source = Container.of({"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/credentials/1"})
    assert source == Container(url="http://169.254.170.2/v2/credentials/1")
    with pytest.raises(ConfigurationError, match="AWS_CONTAINER_CREDENTIALS_FULL_URI is 'http://e"):
        Container.of({"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://e.example/x"})


def machine(received: Received) -> object:
    """Play EC2's metadata service, second version."""
    if received.method == "PUT":
        assert received.headers["x-aws-ec2-metadata-token-ttl-seconds"] == "21600"
        return b"session-1"
    if received.headers.get("x-aws-ec2-metadata-token") != "session-1":
        return "401 Unauthorized", b""
    return KEYS if received.target.endswith("/reader") else b"reader\n"


async def test_a_machine_has_a_role(issue: Issue, access: MakeAccess, environment: pytest.MonkeyPatch) -> None:
    aws = issue(machine)
    environment.delenv("AWS_EC2_METADATA_DISABLED")
    environment.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", f"{aws.origin}/")
    await agree(access, aws)
    assert Instance.of({}) == Instance(origin="http://169.254.169.254")


async def test_a_machine_without_a_role_is_a_missing_key(
    issue: Issue, access: MakeAccess, environment: pytest.MonkeyPatch
) -> None:
    aws = issue(lambda seen: b"session-1" if seen.method == "PUT" else ("404 Not Found", b""))
    environment.delenv("AWS_EC2_METADATA_DISABLED")
    environment.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", aws.origin)
    with pytest.raises(MissingApiKeyError, match="CLOUD_API_KEY, or AWS_ACCESS_KEY_ID"):
        await sign_for_aws(request(), target("aws"), access(os.environ))


async def test_what_is_fetched_signs(issue: Issue, access: MakeAccess, environment: pytest.MonkeyPatch) -> None:
    aws = issue(lambda _: KEYS)
    environment.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", aws.origin)
    for _ in range(2):
        headers = await sign_for_aws(request(), target("aws"), access(os.environ))
        assert f"Credential={ACCESS}/" in headers["Authorization"]
        assert headers["X-Amz-Security-Token"] == TOKEN
    assert len(aws.heard) == 1


async def test_a_container_that_refuses_is_an_error(
    issue: Issue, access: MakeAccess, environment: pytest.MonkeyPatch
) -> None:
    aws = issue(lambda _: ("403 Forbidden", {"code": "AccessDenied", "message": f"not {CANARY}"}))
    environment.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", aws.origin)
    environment.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", CANARY)
    with pytest.raises(PermissionDeniedError, match="AccessDenied: not") as caught:
        await sign_for_aws(request(), target("aws"), access(os.environ))
    assert CANARY not in str(caught.value)
    environment.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/x")
    with pytest.raises(ConnectionFailedError):
        await sign_for_aws(request(), target("aws"), access(os.environ))


async def test_an_answer_that_lacks_something_is_named(
    issue: Issue, access: MakeAccess, environment: pytest.MonkeyPatch
) -> None:
    aws = issue(lambda _: {"AccessKeyId": ACCESS})
    environment.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", aws.origin)
    with pytest.raises(ConfigurationError, match="credential service has no SecretAccessKey"):
        await found(access)


def command(tmp_path: Path, body: str) -> str:
    """Write a program, and return the command that runs it."""
    file = tmp_path / "give keys.py"
    file.write_text(body)
    return f'{sys.executable} "{file}"'


async def test_a_command_prints_credentials(access: MakeAccess, tmp_path: Path) -> None:
    printed = {"Version": 1, "SessionToken": TOKEN, **{name: KEYS[name] for name in KEYS if name != "Token"}}
    configure(tmp_path, f"[default]\ncredential_process = {command(tmp_path, f'print({json.dumps(printed)!r})')}\n")
    assert await found(access) == WANTED == theirs()


@pytest.mark.parametrize(
    ("body", "kind", "told"),
    [
        ("raise SystemExit(3)", AuthenticationError, "ended with status 3"),
        ("print('no')", MalformedResponseError, "something else than a JSON object"),
        ("print('{\"Version\": 2}')", ConfigurationError, "printed version 2; it must be 1"),
        ("import time; time.sleep(60)", AuthenticationError, "took longer than 0.2 s"),
    ],
)
async def test_a_command_that_prints_none_is_an_error(
    access: MakeAccess, tmp_path: Path, body: str, kind: type[AnyLLMError], told: str
) -> None:
    limit = 0.2 if "sleep" in body else 30.0
    with pytest.raises(kind, match=told):
        await access().credential(Process(command=Secret(command(tmp_path, body)), limit=limit))


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (f"/nowhere/at-all --password {CANARY}", r"cannot be started \(FileNotFoundError\): '/nowhere/at-all'"),
        (f'unclosed "{CANARY}', r"cannot be read as a command \(No closing quotation\)"),
        (" ", "is blank"),
    ],
)
async def test_a_command_that_cannot_be_started_is_named_without_its_arguments(
    access: MakeAccess, wrong: str, told: str
) -> None:
    source = Process(command=Secret(wrong))
    with pytest.raises(ConfigurationError, match=told) as caught:
        await access().credential(source)
    assert CANARY not in f"{caught.value} {source!r}"


async def test_a_profile_takes_on_a_role(
    issue: Issue, access: MakeAccess, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    aws = issue(lambda _: XML.encode())
    environment.setenv("AWS_ENDPOINT_URL_STS", aws.origin)
    configure(
        tmp_path,
        f"[profile static]\n{STATIC}[default]\nrole_arn = {ROLE}\nsource_profile = static\n"
        "external_id = x-1\nduration_seconds = 900\nrole_session_name = me\n",
    )
    await agree(access, aws)


async def test_the_request_for_a_role_is_signed_as_botocore_signs(
    issue: Issue, access: MakeAccess, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    aws = issue(lambda _: XML.encode())
    environment.setenv("AWS_ENDPOINT_URL_STS", aws.origin)
    configure(tmp_path, f"[default]\n{STATIC}role_arn = {ROLE}\nsource_profile = default\n")
    assert await found(access) == WANTED
    seen = aws.heard[0]
    assert aws.forms()[0]["RoleSessionName"] == f"any-llm-{NOW:.0f}"
    kept = {name: seen.headers[name] for name in ("content-type", "x-amz-date")}
    mine = AWSRequest("POST", f"{aws.origin}/", data=seen.body, headers=kept)
    with patch("botocore.auth.get_current_datetime", return_value=datetime.fromtimestamp(NOW, UTC)):
        SigV4Auth(TheirCredentials("AKIASTATICSTATICSTAT", "static-secret"), "sts", "eu-central-1").add_auth(mine)
    assert seen.headers["authorization"] == mine.headers["Authorization"]


async def test_roles_may_follow_each_other(
    issue: Issue, access: MakeAccess, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    aws = issue(lambda _: XML.encode())
    environment.setenv("AWS_ENDPOINT_URL_STS", aws.origin)
    configure(
        tmp_path,
        f"[profile static]\n{STATIC}[profile middle]\nrole_arn = {ROLE}-1\nsource_profile = static\n"
        f"[default]\nrole_arn = {ROLE}\nsource_profile = middle\n",
    )
    await agree(access, aws)


@pytest.mark.parametrize("kind", ["Environment", "EcsContainer", "Ec2InstanceMetadata"])
async def test_a_role_may_be_taken_on_by_what_the_place_has(
    issue: Issue, access: MakeAccess, environment: pytest.MonkeyPatch, tmp_path: Path, kind: str
) -> None:
    aws = issue(lambda seen: XML.encode() if seen.target == "/" else machine(seen))
    environment.setenv("AWS_ENDPOINT_URL_STS", aws.origin)
    configure(tmp_path, f"[default]\nrole_arn = {ROLE}\ncredential_source = {kind}\n")
    container = issue(lambda _: KEYS)
    settings: Mapping[str, Mapping[str, str]] = {
        "Environment": {"AWS_ACCESS_KEY_ID": "AKIAENV", "AWS_SECRET_ACCESS_KEY": "s"},
        "EcsContainer": {"AWS_CONTAINER_CREDENTIALS_FULL_URI": container.origin},
        "Ec2InstanceMetadata": {"AWS_EC2_METADATA_DISABLED": "", "AWS_EC2_METADATA_SERVICE_ENDPOINT": aws.origin},
    }
    for name, value in settings[kind].items():
        environment.setenv(name, value)
    environment.setenv("AWS_PROFILE", "default")
    # With keys in the environment itself, only a profile that is named takes on its role.
    assert await found(access, "default") == WANTED
    signer = "AKIAENV" if kind == "Environment" else ACCESS
    assert f"Credential={signer}/" in aws.heard[-1].headers["authorization"]


@pytest.mark.parametrize("place", ["environment", "profile"])
async def test_a_cluster_has_a_web_identity(
    issue: Issue, access: MakeAccess, environment: pytest.MonkeyPatch, tmp_path: Path, place: str
) -> None:
    aws = issue(lambda _: WEB_XML.encode())
    (tmp_path / "token").write_text("own.jwt.token\n")
    environment.setenv("AWS_ENDPOINT_URL_STS", aws.origin)
    if place == "profile":
        configure(tmp_path, f"[default]\nrole_arn = {ROLE}\nweb_identity_token_file = {tmp_path}/token\n")
    else:
        environment.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(tmp_path / "token"))
        environment.setenv("AWS_ROLE_ARN", ROLE)
        environment.setenv("AWS_ROLE_SESSION_NAME", "me")
    assert await found(access) == WANTED
    form = aws.forms()[0]
    assert form["WebIdentityToken"] == "own.jwt.token"
    assert (form["Action"], form["RoleArn"]) == ("AssumeRoleWithWebIdentity", ROLE)
    assert "authorization" not in aws.heard[0].headers
    assert theirs() == WANTED


async def test_a_refused_role_is_an_error_that_tells_why(
    issue: Issue, access: MakeAccess, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    body = b"<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>You &amp; I</Message></Error>"
    aws = issue(lambda _: ("403 Forbidden", body))
    environment.setenv("AWS_ENDPOINT_URL", aws.origin)
    configure(tmp_path, f"[default]\n{STATIC}role_arn = {ROLE}\nsource_profile = default\n")
    with pytest.raises(PermissionDeniedError, match="AWS's token service refused with HTTP 403: AccessDenied: You & I"):
        await found(access)


@pytest.mark.parametrize(
    ("region", "url"),
    [
        ("eu-west-1", "https://sts.eu-west-1.amazonaws.com"),
        ("cn-north-1", "https://sts.cn-north-1.amazonaws.com.cn"),
        (None, "https://sts.amazonaws.com"),
    ],
)
def test_the_token_service_is_that_of_the_region(region: str | None, url: str) -> None:
    assert TokenService.of({}, region) == TokenService(url=url, region=region or "us-east-1")


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (f"role_arn = {ROLE}", "without source_profile or credential_source"),
        (f"role_arn = {ROLE}\ncredential_source = Magic", "credential_source 'Magic', which gives none; it may be Env"),
        (f"role_arn = {ROLE}\ncredential_source = EcsContainer", "'EcsContainer', which gives none"),
        (f"role_arn = {ROLE}\nsource_profile = empty\n[profile empty]\nx = 1", "'empty', which 'default' names"),
        (f"role_arn = {ROLE}\nsource_profile = nobody", "There is no AWS profile 'nobody'"),
        (f"role_arn = {ROLE}\nsource_profile = default\nmfa_serial = arn:mfa", "asks for a code of 'arn:mfa'"),
        (
            f"role_arn = {ROLE}\nsource_profile = b\n[profile b]\nrole_arn = {ROLE}\nsource_profile = default",
            "'b' comes back to itself by its source_profile 'default'",
        ),
        ("sso_session = office", r"There is no \[sso-session office\]"),
        ("sso_start_url = https://x\nsso_region = r", "The AWS profile with SSO has no sso_account_id"),
    ],
)
def test_what_is_wrong_in_a_profile_is_named(tmp_path: Path, settings: str, told: str) -> None:
    configure(tmp_path, f"[default]\n{settings}\n")
    with pytest.raises(ConfigurationError, match=told):
        find_credentials(os.environ)


SSO = """[default]
sso_session = office
sso_account_id = 123456789012
sso_role_name = Reader
[sso-session office]
sso_region = eu-west-1
sso_start_url = https://office.awsapps.com/start
"""
LEGACY = """[default]
sso_start_url = https://office.awsapps.com/start
sso_region = eu-west-1
sso_account_id = 123456789012
sso_role_name = Reader
"""
PORTAL = {
    "roleCredentials": {
        "accessKeyId": ACCESS,
        "secretAccessKey": CANARY,
        "sessionToken": TOKEN,
        "expiration": 4_070_908_800_000,
    }
}


def log_in(tmp_path: Path, session: str, **content: str) -> Path:
    """Write the login as `aws sso login` does."""
    folder = tmp_path / ".aws" / "sso" / "cache"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{hashlib.sha1(session.encode(), usedforsecurity=False).hexdigest()}.json"
    file.write_text(json.dumps({"accessToken": "login-1", "expiresAt": ENDS, **content}))
    return file


@pytest.mark.parametrize("settings", [SSO, LEGACY], ids=["session", "legacy"])
async def test_a_person_who_has_logged_in_has_a_role(
    issue: Issue, access: MakeAccess, environment: pytest.MonkeyPatch, tmp_path: Path, settings: str
) -> None:
    aws = issue(lambda _: PORTAL)
    environment.setenv("AWS_ENDPOINT_URL_SSO", aws.origin)
    configure(tmp_path, settings)
    log_in(tmp_path, "office" if settings is SSO else "https://office.awsapps.com/start")
    await agree(access, aws)
    assert aws.heard[0].headers["x-amz-sso_bearer_token"] == "login-1"


RENEWABLE = {
    "expiresAt": "2020-01-01T00:00:00UTC",
    "refreshToken": f"refresh-{CANARY}",
    "clientId": "client-1",
    "clientSecret": f"secret-{CANARY}",
}


async def test_a_login_that_has_ended_is_renewed_and_kept(
    issue: Issue, access: MakeAccess, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    renewed = {"accessToken": "login-2", "expiresIn": 3_600, "refreshToken": "refresh-2"}
    aws = issue(lambda seen: renewed if seen.target == "/token" else PORTAL)
    environment.setenv("AWS_ENDPOINT_URL", aws.origin)
    configure(tmp_path, SSO)
    file = log_in(tmp_path, "office", **RENEWABLE)
    assert await found(access) == WANTED
    assert msgspec.json.decode(aws.heard[0].body) == {
        "clientId": "client-1",
        "clientSecret": RENEWABLE["clientSecret"],
        "refreshToken": RENEWABLE["refreshToken"],
        "grantType": "refresh_token",
    }
    kept = json.loads(file.read_bytes())
    ends = datetime.fromtimestamp(NOW + 3_600, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert kept == RENEWABLE | {"accessToken": "login-2", "refreshToken": "refresh-2", "expiresAt": ends}
    assert file.stat().st_mode & 0o777 == 0o600


async def test_a_login_that_cannot_be_renewed_says_what_to_do(access: MakeAccess, tmp_path: Path) -> None:
    configure(tmp_path, SSO)
    with pytest.raises(ConfigurationError, match="run `aws sso login`"):
        await found(access)
    log_in(tmp_path, "office", expiresAt="2020-01-01T00:00:00Z")
    with pytest.raises(AuthenticationError, match="has ended: run `aws sso login`"):
        await found(access)


async def test_a_refused_renewal_is_an_error_without_secrets(
    issue: Issue, access: MakeAccess, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    aws = issue(lambda seen: ("400 Bad", {"error": "invalid_grant", "error_description": seen.body.decode()}))
    environment.setenv("AWS_ENDPOINT_URL_SSO_OIDC", aws.origin)
    configure(tmp_path, SSO)
    log_in(tmp_path, "office", **RENEWABLE)
    with pytest.raises(AuthenticationError, match="AWS's login service refused") as caught:
        await found(access)
    assert CANARY not in f"{caught.value!r} {caught.value.to_dict()}"


def test_roles_are_values(tmp_path: Path) -> None:
    configure(tmp_path, f"[default]\n{STATIC}role_arn = {ROLE}\nsource_profile = default\n")
    first, second = find_credentials(os.environ), find_credentials(os.environ)
    assert isinstance(first, AssumedRole)
    assert first == second
    assert hash(first) == hash(second)
    assert "static-secret" not in repr(first)
