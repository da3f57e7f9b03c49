"""Keys in managers of secrets, each played over a real socket by what its vendor documents."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import botocore.session
import pytest
from botocore.config import Config

from any_llm.auth.access import TransportAccess
from any_llm.auth.key_sources import Key, source_of
from any_llm.exceptions import (
    AnyLLMError,
    ConfigurationError,
    ConnectionFailedError,
    MalformedResponseError,
    ProviderError,
    RateLimitError,
)
from any_llm.types.http import HttpRequest
from any_llm.types.json import JSON, JSONObject
from any_llm.types.keys import is_managed
from any_llm.types.secret import Secret
from tests.auth.conftest import CANARY, NOW, Clock, Issue, Issuer, MakeAccess
from tests.transport.peers import Received

TOKEN = "hvs.CAESIJ-canary-token-0123"
AWS = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "wJalr/canary", "AWS_REGION": "eu-west-1"}
ENTRA = {"AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c", "AZURE_CLIENT_SECRET": "canary-azure-secret"}


def kv2(data: object, **metadata: object) -> JSONObject:
    """Return what version 2 of Vault's key-value engine answers."""
    return {
        "request_id": "b4", "lease_id": "", "renewable": False, "lease_duration": 0, "wrap_info": None,
        "warnings": None, "auth": None,
        "data": {"data": data, "metadata": {
            "created_time": "2026-03-22T02:24:06.945319214Z", "custom_metadata": None, "deletion_time": "",
            "destroyed": False, "version": 2, **metadata,
        }},
    }  # fmt: skip


class Vault:
    """Plays Vault: logins by AppRole, and one secret that its tokens may read."""

    def __init__(self, answer: JSON = None, *, tokens: tuple[str, ...] = (TOKEN,)) -> None:
        self.answer: JSON = answer or kv2({"key": CANARY})
        self.tokens = set(tokens)
        self.logins = 0

    def __call__(self, received: Received) -> object:
        if received.target == "/v1/auth/approle/login":
            body = json.loads(received.body)
            if body != {"role_id": "role-1", "secret_id": "canary-secret-id"}:
                return "400 Bad Request", {"errors": ["invalid role or secret ID"]}
            self.logins += 1
            token = f"hvs.login-{self.logins}"
            self.tokens.add(token)
            auth = {"client_token": token, "accessor": "a", "policies": ["default"], "token_policies": ["default"],
                    "metadata": {"role_name": "app"}, "lease_duration": 1_200, "renewable": True, "entity_id": "e",
                    "token_type": "service", "orphan": True}  # fmt: skip
            return {
                "request_id": "1",
                "lease_id": "",
                "renewable": False,
                "lease_duration": 0,
                "data": None,
                "auth": auth,
            }
        if received.headers.get("x-vault-token") not in self.tokens:
            return "403 Forbidden", {"errors": ["1 error occurred:\n\t* permission denied\n\n"]}
        if received.target.partition("?")[0] != "/v1/secret/data/openai":
            return "404 Not Found", {"errors": []}
        return self.answer


async def read(said: object, access: TransportAccess) -> Key:
    return await source_of(said, access).read()


def revealed(key: Key) -> str:
    return key.secret.reveal()


async def refusal(said: object, access: TransportAccess) -> AnyLLMError:
    with pytest.raises(AnyLLMError) as caught:
        await read(said, access)
    return caught.value


def vault_at(issuer: Issuer, **options: JSON) -> dict[str, JSON]:
    return {"from": "vault:secret/data/openai#key", "address": issuer.origin, **options}


async def test_vault_is_asked_with_a_token_as_it_documents(issue: Issue, access: MakeAccess) -> None:
    vault = issue(Vault())
    here = access({"VAULT_ADDR": vault.origin, "VAULT_TOKEN": TOKEN, "VAULT_NAMESPACE": "team/a"})
    assert await read("vault:secret/data/openai#key", here) == Key(Secret(CANARY), None)
    (heard,) = vault.heard
    assert (heard.method, heard.target) == ("GET", "/v1/secret/data/openai")
    headers = {name: heard.headers[name] for name in ("x-vault-token", "x-vault-request", "x-vault-namespace")}
    assert headers == {"x-vault-token": TOKEN, "x-vault-request": "true", "x-vault-namespace": "team/a"}


async def test_an_older_version_can_be_asked_of_vault(issue: Issue, access: MakeAccess) -> None:
    vault = issue(Vault())
    await read(vault_at(vault, version="2"), access({"VAULT_TOKEN": TOKEN}))
    assert vault.heard[0].target == "/v1/secret/data/openai?version=2"


async def test_the_token_of_vault_login_is_used(issue: Issue, access: MakeAccess, tmp_path: Path) -> None:
    vault = issue(Vault())
    (tmp_path / ".vault-token").write_text(f"{TOKEN}\n")
    assert revealed(await read(vault_at(vault), access({"HOME": str(tmp_path)}))) == CANARY


async def test_a_token_is_said_by_its_place_and_never_itself(issue: Issue, access: MakeAccess, tmp_path: Path) -> None:
    vault = issue(Vault())
    (tmp_path / "token").write_text(TOKEN)
    for said in (f"file:{tmp_path / 'token'}", Secret(TOKEN)):
        assert revealed(await read(vault_at(vault, token=said), access({"VAULT_TOKEN": "another"}))) == CANARY
    error = await refusal(vault_at(vault, token=TOKEN), access())
    assert TOKEN not in str(error)


async def test_an_application_logs_in_with_its_role_once_and_again_before_its_token_ends(
    issue: Issue, access: MakeAccess, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_SECRET_ID", "canary-secret-id")
    played = Vault()
    vault, here = issue(played), access()
    said = vault_at(vault, role_id="role-1", secret_id="env:SOME_SECRET_ID")
    for _ in range(2):
        assert revealed(await read(said, here)) == CANARY
    assert played.logins == 1
    clock.now += 1_195
    await read(said, here)
    assert played.logins == 2


async def test_a_token_of_a_role_that_was_revoked_is_replaced(issue: Issue, access: MakeAccess) -> None:
    played = Vault()
    vault = issue(played)
    here = access({"VAULT_ADDR": vault.origin, "VAULT_ROLE_ID": "role-1", "VAULT_SECRET_ID": "canary-secret-id"})
    await read("vault:secret/data/openai#key", here)
    played.tokens.clear()
    assert revealed(await read("vault:secret/data/openai#key", here)) == CANARY
    assert played.logins == 2


async def test_what_an_engine_leases_is_good_as_long_as_its_lease(issue: Issue, access: MakeAccess) -> None:
    leased = {"lease_id": "openai/creds/app/1", "lease_duration": 600, "renewable": True, "data": {"api_key": CANARY}}
    vault = issue(Vault(leased))
    key = await read({**vault_at(vault), "from": "vault:secret/data/openai"}, access({"VAULT_TOKEN": TOKEN}))
    assert key == Key(Secret(CANARY), 600)


async def test_a_version_that_will_be_deleted_is_good_until_then(issue: Issue, access: MakeAccess) -> None:
    # NOW is 2026-09-21T14:13:20Z.
    vault = issue(Vault(kv2({"key": CANARY}, deletion_time="2026-09-21T14:15:00Z")))
    assert (await read(vault_at(vault), access({"VAULT_TOKEN": TOKEN}))).lasts == pytest.approx(100)


@pytest.mark.parametrize(
    ("data", "field", "told"),
    [
        ({"a": "1", "b": "2"}, "", "holds several members; say which, as #NAME: there are 'a', 'b'"),
        ({"a": CANARY}, "#key", "has no text called 'key'; there are 'a'"),
        ({"key": {"deep": CANARY}}, "#key", "has no text called 'key'"),
        ({"key": 5}, "#key", "has no text called 'key'"),
        ({"key": " "}, "#key", "holds no key"),
        ({"key": "k\u00e9" + CANARY}, "#key", "characters that no header may hold"),
        (None, "#key", "there are none"),
    ],
)
async def test_a_field_that_is_not_there_is_named_without_a_value(
    issue: Issue, access: MakeAccess, data: JSON, field: str, told: str
) -> None:
    vault = issue(Vault(kv2(data)))
    said = {**vault_at(vault), "from": f"vault:secret/data/openai{field}"}
    error = await refusal(said, access({"VAULT_TOKEN": TOKEN}))
    assert isinstance(error, ConfigurationError)
    assert told in str(error)
    assert CANARY not in str(error)


async def test_a_field_below_another_is_picked_with_a_dot(issue: Issue, access: MakeAccess) -> None:
    vault = issue(Vault(kv2({"keys": {"openai": CANARY}})))
    said = {**vault_at(vault), "from": "vault:secret/data/openai#keys.openai"}
    assert revealed(await read(said, access({"VAULT_TOKEN": TOKEN}))) == CANARY


@pytest.mark.parametrize(
    ("status", "body", "kind", "told"),
    [
        (
            "403 Forbidden",
            {"errors": ["permission denied"]},
            ConfigurationError,
            "permission denied; `vault read PATH`",
        ),
        ("404 Not Found", {"errors": []}, ConfigurationError, "refused with HTTP 404; `vault read PATH` shows"),
        ("307 Temporary Redirect", {}, ConfigurationError, "refused with HTTP 307"),
        ("503 Service Unavailable", {"errors": ["Vault is sealed"]}, ProviderError, "Vault is sealed"),
        ("429 Too Many Requests", {"errors": []}, RateLimitError, "refused with HTTP 429"),
        ("200 OK", {"data": None}, MalformedResponseError, "answered without data"),
        ("200 OK", b"<html>", MalformedResponseError, "something else than a JSON object"),
    ],
)
async def test_a_refusal_names_the_secret_its_manager_and_what_to_do(
    issue: Issue, access: MakeAccess, status: str, body: object, kind: type[AnyLLMError], told: str
) -> None:
    error = await refusal(vault_at(issue(lambda _: (status, body))), access({"VAULT_TOKEN": TOKEN}))
    assert type(error) is kind
    assert "the secret 'secret/data/openai#key' in HashiCorp Vault cannot be read for a key" in str(error)
    assert told in str(error)
    assert TOKEN not in str(error.to_dict())


async def test_what_a_manager_echoes_is_not_shown(issue: Issue, access: MakeAccess) -> None:
    def echo(received: Received) -> object:
        return "403 Forbidden", {"errors": [f"{received.headers.get('x-vault-token')} {received.body.decode()}"]}

    vault = issue(echo)
    error = await refusal(vault_at(vault), access({"VAULT_TOKEN": "canary-token"}))
    again = await refusal(vault_at(vault), access({"VAULT_ROLE_ID": "r-1234", "VAULT_SECRET_ID": "canary-secret"}))
    for each in (error, again, error.__cause__, again.__cause__):
        assert "canary" not in f"{each!s} {each!r}"


async def test_a_login_without_a_token_and_no_token_at_all_are_told(
    issue: Issue, access: MakeAccess, tmp_path: Path
) -> None:
    vault = issue(lambda _: {"auth": None})
    error = await refusal(vault_at(vault, role_id="role-1"), access())
    assert "answered a login without auth.client_token" in str(error)
    for home in ({"HOME": str(tmp_path)}, {}):
        assert "there is no token; set VAULT_TOKEN" in str(await refusal(vault_at(vault), access(home)))


async def test_a_manager_that_nobody_answers_for_can_be_asked_again_later(access: MakeAccess) -> None:
    error = await refusal({"from": "vault:a/b", "address": "http://127.0.0.1:9"}, access({"VAULT_TOKEN": TOKEN}))
    assert isinstance(error, ConnectionFailedError)
    assert error.retryable
    assert "in HashiCorp Vault cannot be read for a key" in str(error)


@pytest.mark.parametrize(
    ("address", "path", "told"),
    [
        ("http://vault.internal:8200", "a/b", "credentials go over https:// only"),
        ("http://169.254.169.254", "a/b", "no address of a cloud's metadata service"),
        ("http://metadata.google.internal", "a/b", "no address of a cloud's metadata service"),
        ("https://me:canary@vault.internal", "a/b", "without a user or a query"),
        ("https://vault.internal/?x=1", "a/b", "without a user or a query"),
        ("ftp://vault.internal", "a/b", "credentials go over https:// only"),
        ("https://vault.internal", "../sys/seal", "a path that is not plain"),
        ("https://vault.internal", "a//b", "a path that is not plain"),
    ],
)
async def test_a_token_goes_to_no_other_place(access: MakeAccess, address: str, path: str, told: str) -> None:
    error = await refusal({"from": f"vault:{path}", "address": address}, access({"VAULT_TOKEN": TOKEN}))
    assert told in str(error)
    assert "canary" not in str(error)


async def test_a_path_cannot_leave_its_place_by_its_signs(issue: Issue, access: MakeAccess) -> None:
    vault = issue(Vault())
    await refusal({**vault_at(vault), "from": "vault:secret/a?list=true%2f..\n b"}, access({"VAULT_TOKEN": TOKEN}))
    assert vault.heard[0].target == "/v1/secret/a%3Flist%3Dtrue%252f..%0A%20b"


async def test_redirects_are_not_followed(issue: Issue, access: MakeAccess) -> None:
    other = issue(lambda _: kv2({"key": "stolen"}))
    vault = issue(lambda _: ("307 Temporary Redirect\r\nlocation: " + other.origin, {}))
    error = await refusal(vault_at(vault), access({"VAULT_TOKEN": TOKEN}))
    assert "HTTP 307" in str(error)
    assert other.heard == []


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"from": "vault:a/b", "adress": "x"}, "unknown options adress; it may have address, mount, namespace"),
        ({"from": "env:A", "address": "x"}, "its text is not shown"),
        ({"adress": "x"}, "its text is not shown"),
        ("vault:", "its text is not shown"),
    ],
)
def test_a_wrong_place_is_refused_at_once(access: MakeAccess, said: object, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        source_of(said, access())


async def test_an_option_of_another_type_is_named(access: MakeAccess) -> None:
    assert "address is a int" in str(await refusal({"from": "vault:a/b", "address": 5}, access()))


@pytest.mark.parametrize(("text", "managed"), [("vault:a", True), ("gcp-secret:a", True), ("vault:", False),
                                               ("AKIA:b", False), ("sk-1", False), (None, False)])  # fmt: skip
def test_a_place_is_told_from_a_key(text: object, managed: bool) -> None:
    assert is_managed(text) is managed


# AWS


class Aws:
    """Plays AWS Secrets Manager."""

    def __init__(self, **answer: object) -> None:
        self.answer = answer or {"SecretString": json.dumps({"openai": CANARY, "other": "x"})}

    def __call__(self, received: Received) -> object:
        asked = json.loads(received.body)
        if asked["SecretId"] == "gone":
            told = {
                "__type": "ResourceNotFoundException",
                "Message": "Secrets Manager can't find the specified secret.",
            }
            return "400 Bad Request", told
        arn = f"arn:aws:secretsmanager:eu-west-1:123456789012:secret:{asked['SecretId']}-a1b2c3"
        return {"ARN": arn, "CreatedDate": 1.523477145713e9, "Name": asked["SecretId"], "VersionId": "EXAMPLE1",
                "VersionStages": ["AWSCURRENT"], **self.answer}  # fmt: skip


def credentials_of(received: Received) -> str:
    return received.headers["authorization"].partition("Credential=")[2].partition(",")[0]


async def test_aws_is_asked_as_its_own_client_asks(issue: Issue, access: MakeAccess) -> None:
    aws = issue(Aws())
    here = access({**AWS, "AWS_ENDPOINT_URL_SECRETS_MANAGER": aws.origin})
    assert revealed(await read("aws-secret:prod/keys#openai", here)) == CANARY
    session = botocore.session.Session()
    session.set_credentials(AWS["AWS_ACCESS_KEY_ID"], AWS["AWS_SECRET_ACCESS_KEY"])
    theirs = session.create_client(
        "secretsmanager",
        region_name="eu-west-1",
        endpoint_url=aws.origin,
        config=Config(retries={"total_max_attempts": 1}),
    )
    answer = await asyncio.to_thread(theirs.get_secret_value, SecretId="prod/keys")
    assert json.loads(answer["SecretString"])["openai"] == CANARY
    ours, reference = aws.heard
    for name in ("content-type", "x-amz-target"):
        assert ours.headers[name] == reference.headers[name]
    assert (ours.method, ours.target, json.loads(ours.body)) == ("POST", "/", json.loads(reference.body))
    assert credentials_of(ours).split("/")[2:] == credentials_of(reference).split("/")[2:]
    assert credentials_of(ours).startswith("AKIAIOSFODNN7EXAMPLE/")


@pytest.mark.parametrize(
    ("options", "asked"),
    [
        ({"version_stage": "AWSPREVIOUS"}, {"VersionStage": "AWSPREVIOUS"}),
        ({"version_id": "EXAMPLE1"}, {"VersionId": "EXAMPLE1"}),
    ],
)
async def test_a_version_can_be_asked_of_aws(
    issue: Issue, access: MakeAccess, options: Mapping[str, str], asked: Mapping[str, str]
) -> None:
    aws = issue(Aws(SecretBinary=base64.b64encode(CANARY.encode()).decode()))
    key = await read({"from": "aws-secret:k", "endpoint": aws.origin, **options}, access(AWS))
    assert revealed(key) == CANARY
    assert json.loads(aws.heard[0].body) == {"SecretId": "k", **asked}


class Elsewhere:
    """Stands for the transport where a test wants to see which host would be asked."""

    def __init__(self) -> None:
        self.urls: list[str] = []

    async def send(self, request: HttpRequest, timeouts: object) -> object:
        self.urls.append(request.url)
        raise ConnectionFailedError("nobody is there")

    async def aclose(self) -> None:
        """Close nothing."""


@pytest.mark.parametrize(
    ("said", "environment", "url"),
    [
        ("aws-secret:k", AWS, "https://secretsmanager.eu-west-1.amazonaws.com/"),
        ({"from": "aws-secret:k", "region": "cn-north-1"}, AWS, "https://secretsmanager.cn-north-1.amazonaws.com.cn/"),
        (
            "aws-secret:arn:aws:secretsmanager:us-east-2:123456789012:secret:k-a1b2c3",
            AWS,
            "https://secretsmanager.us-east-2.amazonaws.com/",
        ),
        (
            "gcp-secret:k",
            {"GOOGLE_OAUTH_ACCESS_TOKEN": "ya29.x", "GOOGLE_CLOUD_PROJECT": "p"},
            "https://secretmanager.googleapis.com/v1/projects/p/secrets/k/versions/latest:access",
        ),
        (
            "gcp-secret:projects/q/locations/eu-west1/secrets/k/versions/3",
            {"GOOGLE_OAUTH_ACCESS_TOKEN": "ya29.x"},
            "https://secretmanager.eu-west1.rep.googleapis.com/v1/projects/q/locations/eu-west1/secrets/k/versions/3:access",
        ),
    ],
)
async def test_a_clouds_own_host_is_asked(said: object, environment: Mapping[str, str], url: str) -> None:
    elsewhere = Elsewhere()
    access = TransportAccess(elsewhere, environment=environment)  # type: ignore[arg-type]  # it never answers
    assert isinstance(await refusal(said, access), ConnectionFailedError)
    assert elsewhere.urls == [url]


@pytest.mark.parametrize(
    ("said", "environment", "told"),
    [
        ("aws-secret:k", {}, "no AWS region is known; say region="),
        ({"from": "aws-secret:k", "region": "evil.example/"}, AWS, "must look like us-east-1"),
        ({"from": "aws-secret:k", "region": "eu-west-1", "profile": "none"}, {}, "no AWS profile 'none'"),
        (
            "aws-secret:k",
            {"AWS_REGION": "eu-west-1", "AWS_EC2_METADATA_DISABLED": "true"},
            "there are no credentials for it; set AWS_ACCESS_KEY_ID and",
        ),
        ("gcp-secret:k", {}, "no Google Cloud project is known"),
        ("gcp-secret:projects/p/locations/a.b/secrets/k", {}, "must look like europe-west1"),
        ("azure-secret:only-a-vault", {}, "'only-a-vault' is no vault"),
        ("azure-secret:v/k", {}, "'v' is no vault"),
        ("azure-secret:https://team.vault.azure.net.evil.example/secrets/k", ENTRA, "is no vault"),
        ("azure-secret:team.evil.example/k", ENTRA, "is no vault"),
    ],
)
async def test_a_place_in_a_cloud_that_cannot_be_asked_is_named(
    access: MakeAccess, said: object, environment: Mapping[str, str], told: str
) -> None:
    error = await refusal(said, access(environment))
    assert isinstance(error, ConfigurationError)
    assert told in str(error)


async def test_an_unknown_secret_is_told_with_what_the_cloud_says(issue: Issue, access: MakeAccess) -> None:
    aws = issue(Aws())
    error = await refusal({"from": "aws-secret:gone", "endpoint": aws.origin}, access(AWS))
    assert "the secret 'gone' in AWS Secrets Manager" in str(error)
    assert "ResourceNotFoundException: Secrets Manager can't find the specified secret.; `aws secrets" in str(error)
    assert error.code == "ResourceNotFoundException"


# Google Cloud and Azure


async def test_google_is_asked_as_it_documents(issue: Issue, access: MakeAccess) -> None:
    data = base64.b64encode(json.dumps({"key": CANARY}).encode()).decode()
    answer = {"name": "projects/7/secrets/openai/versions/1", "payload": {"data": data, "dataCrc32c": "1"}}
    google = issue(lambda _: answer)
    said = {"from": "gcp-secret:p-1/openai#key", "endpoint": google.origin, "version": "1"}
    assert revealed(await read(said, access({"GOOGLE_OAUTH_ACCESS_TOKEN": "ya29.canary"}))) == CANARY
    (heard,) = google.heard
    assert (heard.method, heard.target) == ("GET", "/v1/projects/p-1/secrets/openai/versions/1:access")
    assert heard.headers["authorization"] == "Bearer ya29.canary"


async def test_a_refusal_of_googles_is_told(issue: Issue, access: MakeAccess) -> None:
    told = {
        "error": {
            "code": 403,
            "message": "Permission 'secretmanager.versions.access' denied",
            "status": "PERMISSION_DENIED",
        }
    }
    google = issue(lambda _: ("403 Forbidden", told))
    here = access({"GOOGLE_OAUTH_ACCESS_TOKEN": "ya29.canary"})
    error = await refusal({"from": "gcp-secret:p-1/openai", "endpoint": google.origin}, here)
    assert "PERMISSION_DENIED: Permission 'secretmanager.versions.access' denied; `gcloud secrets" in str(error)


@pytest.mark.parametrize("payload", [None, {"data": "!"}, {"data": base64.b64encode(b"\xff").decode()}, {"data": 5}])
async def test_an_answer_that_holds_no_text_is_malformed(issue: Issue, access: MakeAccess, payload: object) -> None:
    google = issue(lambda _: {"payload": payload})
    said = {"from": "gcp-secret:p-1/openai", "endpoint": google.origin}
    error = await refusal(said, access({"GOOGLE_OAUTH_ACCESS_TOKEN": "ya29.x"}))
    assert "answered without a text in payload.data" in str(error)


class Azure:
    """Plays Microsoft Entra and a vault of Azure's."""

    def __init__(self, **more: object) -> None:
        self.more = more

    def __call__(self, received: Received) -> object:
        if received.target == "/t/oauth2/v2.0/token":
            return {"token_type": "Bearer", "expires_in": 3_599, "access_token": "entra-canary"}
        identifier = "https://team.vault.azure.net/secrets/openai/4387e9f3"
        attributes = {
            "enabled": True,
            "created": 1_493_938_410,
            "updated": 1_493_938_410,
            "recoveryLevel": "Recoverable",
        }
        return {"value": CANARY, "id": identifier, "attributes": {**attributes, **self.more}}


@pytest.mark.parametrize(
    ("place", "path"),
    [
        ("team/openai", "/secrets/openai"),
        ("team/openai/4387e9f3", "/secrets/openai/4387e9f3"),
        ("https://team.vault.azure.net/secrets/openai/4387e9f3", "/secrets/openai/4387e9f3"),
    ],
)
async def test_azure_is_asked_as_it_documents(
    issue: Issue, access: MakeAccess, monkeypatch: pytest.MonkeyPatch, place: str, path: str
) -> None:
    azure = issue(Azure(exp=NOW + 60))
    here = access({**ENTRA, "AZURE_AUTHORITY_HOST": azure.origin, "AZURE_OPENAI_AD_TOKEN": "for something else"})
    assert await read({"from": f"azure-secret:{place}", "endpoint": azure.origin}, here) == Key(Secret(CANARY), 60)
    assert azure.forms()[0]["scope"] == "https://vault.azure.net/.default"
    heard = azure.heard[1]
    assert (heard.method, heard.target) == ("GET", f"{path}?api-version=7.4")
    assert heard.headers["authorization"] == "Bearer entra-canary"


async def test_without_credentials_for_azure_it_is_said_which_there_could_be() -> None:
    access = TransportAccess(Elsewhere(), environment={"PATH": ""})  # type: ignore[arg-type]  # it never answers
    error = await refusal("azure-secret:team/openai", access)
    assert "there are no credentials for it; set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET" in str(error)


async def test_another_cloud_of_azures_has_tokens_of_its_own(issue: Issue, access: MakeAccess) -> None:
    azure = issue(Azure())
    here = access({**ENTRA, "AZURE_AUTHORITY_HOST": azure.origin})
    said = {"from": "azure-secret:team.vault.azure.cn/openai", "endpoint": azure.origin, "version": "7"}
    assert await read(said, here) == Key(Secret(CANARY), None)
    assert azure.forms()[0]["scope"] == "https://vault.azure.cn/.default"
    assert azure.heard[1].target == "/secrets/openai/7?api-version=7.4"


async def test_an_answer_of_azures_without_a_value_is_malformed(issue: Issue, access: MakeAccess) -> None:
    answers: Callable[[Received], object] = lambda received: {"access_token": "t"} if "token" in received.target else {}  # noqa: E731  # short
    azure = issue(answers)
    here = access({**ENTRA, "AZURE_AUTHORITY_HOST": azure.origin})
    error = await refusal({"from": "azure-secret:team/openai", "endpoint": azure.origin}, here)
    assert "answered without value" in str(error)


async def test_a_text_that_is_no_object_has_no_fields(issue: Issue, access: MakeAccess) -> None:
    for text in (CANARY, "{not JSON"):
        aws = issue(Aws(SecretString=text))
        said = {"from": "aws-secret:k#openai", "endpoint": aws.origin}
        assert "holds no JSON object, so that #openai cannot be picked" in str(await refusal(said, access(AWS)))
        assert revealed(await read({**said, "from": "aws-secret:k"}, access(AWS))) == text
