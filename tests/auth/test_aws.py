"""Where credentials for AWS come from, and what is signed with them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from botocore.session import Session

from any_llm.auth.aws import find_credentials, find_region, sign_for_aws
from any_llm.exceptions import ConfigurationError, MissingApiKeyError
from any_llm.types.http import HttpRequest
from any_llm.types.secret import Secret

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
sso_session = office
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


def test_an_api_key_is_sent_as_it_is() -> None:
    assert sign_for_aws(REQUEST, Secret("ABSKQmVkcm9jaw==")) == {"Authorization": "Bearer ABSKQmVkcm9jaw=="}


def test_the_api_key_of_the_environment_goes_before_its_credentials(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("AWS_ACCESS_KEY_ID", ACCESS)
    environment.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    assert credential_of(sign_for_aws(REQUEST, None)).startswith(ACCESS)
    environment.setenv("AWS_BEARER_TOKEN_BEDROCK", " bedrock-api-key-x ")
    assert sign_for_aws(REQUEST, None) == {"Authorization": "Bearer bedrock-api-key-x"}


@pytest.mark.parametrize("token", ["", "IQoJb3JpZ2luX2VjEXAMPLE//////////wEaCXVzLWVhc3Q="])
def test_a_pair_of_keys_may_be_given_as_one_text(token: str) -> None:
    headers = sign_for_aws(REQUEST, Secret(f"{ACCESS}:{SECRET}" + (f":{token}" if token else "")))
    assert credential_of(headers).startswith(f"{ACCESS}/")
    assert headers.get("X-Amz-Security-Token", "") == token


def test_a_given_key_goes_before_that_of_the_environment(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("AWS_BEARER_TOKEN_BEDROCK", "other")
    assert credential_of(sign_for_aws(REQUEST, Secret(f"{ACCESS}:{SECRET}"))).startswith(f"{ACCESS}/")


@pytest.mark.parametrize(
    ("host", "region"),
    [
        (HOST, "eu-central-1"),
        ("bedrock-runtime-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
        ("vpce-1.bedrock-runtime.us-east-2.vpce.amazonaws.com", "us-east-2"),
        ("bedrock-runtime.cn-north-1.amazonaws.com.cn", "cn-north-1"),
    ],
)
def test_the_region_is_that_of_the_host(host: str, region: str) -> None:
    request = HttpRequest("POST", f"https://{host}/model/m/converse", {}, b"{}")
    credential = credential_of(sign_for_aws(request, Secret(f"{ACCESS}:{SECRET}")))
    assert credential.endswith(f"/{region}/bedrock/aws4_request")


def test_the_region_of_another_host_is_that_of_the_environment(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("AWS_DEFAULT_REGION", "sa-east-1")
    assert "/sa-east-1/" in credential_of(sign_for_aws(LOCAL, Secret(f"{ACCESS}:{SECRET}")))
    environment.setenv("AWS_REGION", "ca-central-1")
    assert "/ca-central-1/" in credential_of(sign_for_aws(LOCAL, Secret(f"{ACCESS}:{SECRET}")))


def test_without_a_region_the_error_names_the_variable() -> None:
    with pytest.raises(ConfigurationError, match="set AWS_REGION"):
        sign_for_aws(LOCAL, Secret(f"{ACCESS}:{SECRET}"))


def test_without_credentials_the_error_names_the_variables_and_the_page() -> None:
    with pytest.raises(MissingApiKeyError, match=r"AWS_BEARER_TOKEN_BEDROCK.*AWS_ACCESS_KEY_ID.*https://console.aws"):
        sign_for_aws(REQUEST, None)


@pytest.mark.parametrize("profile", ["", "default", "work", "config-only"])
def test_profiles_are_read_as_botocore_reads_them(
    profiles: Path, environment: pytest.MonkeyPatch, profile: str
) -> None:
    if profile:
        environment.setenv("AWS_PROFILE", profile)
    theirs = Session()
    wanted = theirs.get_credentials()
    ours = find_credentials(os.environ)
    assert ours is not None
    token = ours.session_token.reveal() if ours.session_token else None
    assert (ours.access_key, ours.secret_key.reveal(), token) == (wanted.access_key, wanted.secret_key, wanted.token)
    region = theirs.get_config_variable("region")
    assert region is None or find_region(os.environ) == region


def test_the_environment_goes_before_the_profiles(profiles: Path, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("AWS_ACCESS_KEY_ID", "AKIAENVIRONMENT00000")
    environment.setenv("AWS_SECRET_ACCESS_KEY", "s")
    environment.setenv("AWS_SESSION_TOKEN", "t")
    found = find_credentials(os.environ)
    assert found is not None
    assert found.access_key == "AKIAENVIRONMENT00000"
    assert found.session_token == Secret("t")


def test_a_changed_file_is_read_again(profiles: Path) -> None:
    before = find_credentials(os.environ)
    (profiles / "credentials").write_text(CREDENTIALS_FILE.replace(ACCESS, "AKIAANOTHERANOTHER000"))
    after = find_credentials(os.environ)
    assert before is not None
    assert after is not None
    assert (before.access_key, after.access_key) == (ACCESS, "AKIAANOTHERANOTHER000")


def test_files_may_stand_elsewhere(tmp_path: Path, environment: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine").write_text(CREDENTIALS_FILE)
    environment.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "mine"))
    environment.setenv("AWS_PROFILE", "work")
    found = find_credentials(os.environ)
    assert found is not None
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
        ConfigurationError, match=r"'elsewhere' gets its credentials by sso_session.*export-credentials"
    ):
        find_credentials(os.environ)


def test_a_malformed_file_is_named_without_its_secrets(profiles: Path) -> None:
    (profiles / "credentials").write_text("aws_secret_access_key = geheim\n")
    with pytest.raises(ConfigurationError, match="credentials' are malformed") as caught:
        find_credentials(os.environ)
    assert "geheim" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_without_a_home_there_are_no_profiles(environment: pytest.MonkeyPatch) -> None:
    assert find_credentials({}) is None
