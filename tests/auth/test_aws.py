"""Where credentials for AWS come from, and what is signed with them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from botocore.session import Session

from any_llm.auth.access import TransportAccess
from any_llm.auth.aws import sign_for_aws
from any_llm.auth.aws_chain import find_credentials, find_region
from any_llm.auth.sigv4 import Credentials
from any_llm.exceptions import ConfigurationError, MissingApiKeyError
from any_llm.transport.replay import Replay, Scripted
from any_llm.types.http import HttpRequest
from any_llm.types.secret import Secret
from tests.auth.conftest import target

HOST = "bedrock-runtime.eu-central-1.amazonaws.com"
REQUEST = HttpRequest("POST", f"https://{HOST}/model/m/converse", {"Content-Type": "application/json"}, b"{}")
LOCAL = HttpRequest("POST", "http://127.0.0.1:8080/model/m/converse", {}, b"{}")
ACCESS, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

CREDENTIALS_FILE = f"""
[default]
aws_access_key_id = {ACCESS}
aws_secret_access_key = {SECRET}

[work]
aws_access_key_id = AKIAWORKWORKWORKWORK
aws_secret_access_key = work%secret
aws_session_token = work-token
"""
CONFIG_FILE = """
[default]
region = us-west-2
s3 =
    max_concurrent_requests = 20

[profile work]
region = ap-south-1

[profile elsewhere]
login_session = office
region = us-east-2

[profile config-only]
aws_access_key_id = AKIACONFIGCONFIGCONF
aws_secret_access_key = config-secret
"""


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """Give every test an environment without anybody's AWS settings, and a home of its own."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return monkeypatch


@pytest.fixture
def profiles(tmp_path: Path) -> Path:
    """Write the two files of profiles, and return their folder."""
    folder = tmp_path / ".aws"
    folder.mkdir()
    (folder / "credentials").write_text(CREDENTIALS_FILE)
    (folder / "config").write_text(CONFIG_FILE)
    return folder


def credential_of(headers: Mapping[str, str]) -> str:
    """Return whose signature it is, for which day, region and service."""
    return headers["Authorization"].partition("Credential=")[2].partition(",")[0]


async def signed(request: HttpRequest, key: str | None, **rest: object) -> Mapping[str, str]:
    """Sign a request in this process's environment, with nobody to ask."""

    def refuse(asked: HttpRequest) -> Scripted:
        raise AssertionError(asked)

    return await sign_for_aws(request, target("aws", key, **rest), TransportAccess(Replay(refuse)))


def static() -> Credentials:
    """Return the credentials that stand in the environment or in the files."""
    found = find_credentials(os.environ)
    assert isinstance(found, Credentials)
    return found


async def test_an_api_key_is_sent_as_it_is() -> None:
    assert await signed(REQUEST, "ABSKQmVkcm9jaw==") == {"Authorization": "Bearer ABSKQmVkcm9jaw=="}


@pytest.mark.parametrize("token", ["", "IQoJb3JpZ2luX2VjEXAMPLE//////////wEaCXVzLWVhc3Q="])
async def test_a_pair_of_keys_may_be_given_as_one_text(token: str) -> None:
    headers = await signed(REQUEST, f"{ACCESS}:{SECRET}" + (f":{token}" if token else ""))
    assert credential_of(headers).startswith(f"{ACCESS}/")
    assert headers.get("X-Amz-Security-Token", "") == token


async def test_arguments_go_before_a_key() -> None:
    given = {"aws_access_key_id": Secret(ACCESS), "aws_secret_access_key": Secret(SECRET)}
    assert credential_of(await signed(REQUEST, "key", credential=given)).startswith(f"{ACCESS}/")
    token = given | {"aws_session_token": Secret("t-1")}
    assert (await signed(REQUEST, None, credential=token))["X-Amz-Security-Token"] == "t-1"


@pytest.mark.parametrize("name", ["aws_access_key_id", "aws_secret_access_key"])
async def test_half_a_pair_of_arguments_is_refused(name: str) -> None:
    with pytest.raises(ConfigurationError, match="must be given both"):
        await signed(REQUEST, None, credential={name: Secret("x")})


async def test_a_profile_may_be_an_argument(profiles: Path, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("AWS_ACCESS_KEY_ID", ACCESS)
    environment.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    headers = await signed(REQUEST, "key", credential={"profile_name": Secret("work")})
    assert credential_of(headers).startswith("AKIAWORKWORKWORKWORK/")


async def test_the_service_is_that_of_the_record() -> None:
    request = HttpRequest(
        "POST", "https://runtime.sagemaker.us-east-2.amazonaws.com/endpoints/e/invocations", {}, b"{}"
    )
    headers = await signed(request, f"{ACCESS}:{SECRET}", auth_options={"service": "sagemaker"})
    assert credential_of(headers).endswith("/us-east-2/sagemaker/aws4_request")


@pytest.mark.parametrize(
    ("host", "region"),
    [
        (HOST, "eu-central-1"),
        ("bedrock-runtime-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
        ("vpce-1.bedrock-runtime.us-east-2.vpce.amazonaws.com", "us-east-2"),
        ("bedrock-runtime.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        ("bedrock-runtime.us-west-2.api.aws", "us-west-2"),
    ],
)
async def test_the_region_is_that_of_the_host(host: str, region: str) -> None:
    request = HttpRequest("POST", f"https://{host}/model/m/converse", {}, b"{}")
    credential = credential_of(await signed(request, f"{ACCESS}:{SECRET}", placeholders={"region": "elsewhere"}))
    assert credential.endswith(f"/{region}/bedrock/aws4_request")


async def test_the_region_of_another_host_is_the_clients_or_that_of_the_environment(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setenv("AWS_DEFAULT_REGION", "sa-east-1")
    assert "/sa-east-1/" in credential_of(await signed(LOCAL, f"{ACCESS}:{SECRET}"))
    environment.setenv("AWS_REGION", "ca-central-1")
    assert "/ca-central-1/" in credential_of(await signed(LOCAL, f"{ACCESS}:{SECRET}"))
    mine = await signed(LOCAL, f"{ACCESS}:{SECRET}", placeholders={"region": "eu-west-3"})
    assert "/eu-west-3/" in credential_of(mine)


async def test_without_a_region_the_error_names_the_variable() -> None:
    with pytest.raises(ConfigurationError, match="set AWS_REGION"):
        await signed(LOCAL, f"{ACCESS}:{SECRET}")


async def test_without_credentials_the_error_names_the_variables_and_the_page() -> None:
    with pytest.raises(MissingApiKeyError, match=r"CLOUD_API_KEY.*AWS_ACCESS_KEY_ID.*https://console.aws"):
        await signed(REQUEST, None)


@pytest.mark.parametrize("profile", ["", "default", "work", "config-only"])
def test_profiles_are_read_as_botocore_reads_them(
    profiles: Path, environment: pytest.MonkeyPatch, profile: str
) -> None:
    if profile:
        environment.setenv("AWS_PROFILE", profile)
    theirs = Session()
    wanted = theirs.get_credentials()
    ours = static()
    token = ours.session_token.reveal() if ours.session_token else None
    assert (ours.access_key, ours.secret_key.reveal(), token) == (wanted.access_key, wanted.secret_key, wanted.token)
    region = theirs.get_config_variable("region")
    assert region is None or find_region(os.environ) == region


def test_the_environment_goes_before_the_profiles(profiles: Path, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("AWS_ACCESS_KEY_ID", "AKIAENVIRONMENT00000")
    environment.setenv("AWS_SECRET_ACCESS_KEY", "s")
    environment.setenv("AWS_SESSION_TOKEN", "t")
    found = static()
    assert found.access_key == "AKIAENVIRONMENT00000"
    assert found.session_token == Secret("t")


def test_a_changed_file_is_read_again(profiles: Path) -> None:
    before = static()
    (profiles / "credentials").write_text(CREDENTIALS_FILE.replace(ACCESS, "AKIAANOTHERANOTHER000"))
    after = static()
    assert (before.access_key, after.access_key) == (ACCESS, "AKIAANOTHERANOTHER000")


def test_files_may_stand_elsewhere(tmp_path: Path, environment: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine").write_text(CREDENTIALS_FILE)
    environment.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "mine"))
    environment.setenv("AWS_PROFILE", "work")
    found = static()
    assert found.access_key == "AKIAWORKWORKWORKWORK"


def test_an_unknown_profile_is_named(profiles: Path, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("AWS_PROFILE", "play")
    with pytest.raises(ConfigurationError, match="no AWS profile 'play'"):
        find_credentials(os.environ)


def test_a_profile_that_gets_its_credentials_elsewhere_says_how(
    profiles: Path, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("AWS_PROFILE", "elsewhere")
    with pytest.raises(
        ConfigurationError, match=r"'elsewhere' gets its credentials by login_session.*export-credentials"
    ):
        find_credentials(os.environ)


def test_a_malformed_file_is_named_without_its_secrets(profiles: Path) -> None:
    (profiles / "credentials").write_text("aws_secret_access_key = geheim\n")
    with pytest.raises(ConfigurationError, match="credentials' are malformed") as caught:
        find_credentials(os.environ)
    assert "geheim" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_without_a_home_there_are_no_profiles(environment: pytest.MonkeyPatch) -> None:
    assert find_credentials({"AWS_EC2_METADATA_DISABLED": "TRUE"}) is None
