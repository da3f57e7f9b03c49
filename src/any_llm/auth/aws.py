"""Who signs a request to AWS, and where: an API key of Bedrock's, else credentials for Signature Version 4.

Sources, in this order: what the program gives; the environment; the profiles in `~/.aws`.
https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
"""

from __future__ import annotations

import configparser
import os
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from any_llm.auth.sigv4 import Credentials, Scope, sign
from any_llm.exceptions import ConfigurationError, MissingApiKeyError
from any_llm.types.http import HttpRequest
from any_llm.types.secret import Secret

SERVICE = "bedrock"
"""The signing name of Bedrock, its runtime included."""

KEY_VARIABLE = "AWS_BEARER_TOKEN_BEDROCK"
"""The environment variable of a Bedrock API key: https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys.html."""

_PAIR = re.compile(r"(?P<access>A[A-Z0-9]{15,127}):(?P<secret>[^:\s]+)(?::(?P<token>\S+))?")
_REGION_IN_HOST = re.compile(r"(?:^|\.)bedrock(?:-[a-z]+)*\.(?P<region>[a-z]{2,}(?:-[a-z]+)+-\d+)\.")
_ELSEWHERE = ("sso_session", "sso_start_url", "role_arn", "credential_process", "login_session")
"""Settings of a profile whose credentials are to be had from somewhere else."""


def sign_for_aws(request: HttpRequest, key: Secret | None) -> Mapping[str, str]:
    """Return the headers that sign a request to Bedrock.

    Args:
        request: what will be sent.
        key: a Bedrock API key; or `ACCESS_KEY_ID:SECRET_ACCESS_KEY`, with `:SESSION_TOKEN` for temporary credentials;
            or `None` for those of the environment and of the profiles.

    Raises:
        MissingApiKeyError: there are no credentials anywhere.
        ConfigurationError: no region is known, or a profile cannot be read.
    """
    key = key or _bearer_key(os.environ)
    credentials = _explicit(key) if key else find_credentials(os.environ)
    if key and credentials is None:
        return {"Authorization": f"Bearer {key.reveal()}"}
    if credentials is None:
        raise MissingApiKeyError(
            SERVICE,
            f"{KEY_VARIABLE}, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE",
            key_page="https://console.aws.amazon.com/bedrock/home#/api-keys",
        )
    region = _region_of(request.url) or find_region(os.environ)
    return sign(request, credentials, Scope(region=region, service=SERVICE), datetime.now(UTC))


def _bearer_key(environment: Mapping[str, str]) -> Secret | None:
    key = environment.get(KEY_VARIABLE, "").strip()
    return Secret(key) if key else None


def _explicit(key: Secret) -> Credentials | None:
    pair = _PAIR.fullmatch(key.reveal())
    return _credentials(pair["access"], pair["secret"], pair["token"]) if pair else None


def _credentials(access: str | None, secret: str | None, token: str | None) -> Credentials | None:
    if not access or not secret:
        return None
    return Credentials(access_key=access, secret_key=Secret(secret), session_token=Secret(token) if token else None)


def find_credentials(environment: Mapping[str, str]) -> Credentials | None:
    """Return the credentials of the environment, else those of the profile that `AWS_PROFILE` names.

    Raises:
        ConfigurationError: the profile does not exist, or its credentials are to be had from somewhere else.
    """
    found = _credentials(
        environment.get("AWS_ACCESS_KEY_ID"),
        environment.get("AWS_SECRET_ACCESS_KEY"),
        environment.get("AWS_SESSION_TOKEN") or environment.get("AWS_SECURITY_TOKEN"),
    )
    return found or _of_profile(environment)


def find_region(environment: Mapping[str, str]) -> str:
    """Return the region of the environment, else that of the profile.

    Raises:
        ConfigurationError: nobody says which.
    """
    region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")
    region = region or _profile(environment).get("region")
    if not region:
        raise ConfigurationError(
            "No AWS region: set AWS_REGION, or pass api_base= such as 'https://bedrock-runtime.us-east-1.amazonaws.com'"
        )
    return region


def profile_region(environment: Mapping[str, str]) -> str | None:
    """Return the region of the profile.

    Raises:
        ConfigurationError: the profile does not exist, or cannot be read.
    """
    return _profile(environment).get("region")


def _region_of(url: str) -> str | None:
    found = _REGION_IN_HOST.search(urlsplit(url).hostname or "")
    return found["region"] if found else None


def _of_profile(environment: Mapping[str, str]) -> Credentials | None:
    profile = _profile(environment)
    found = _credentials(
        profile.get("aws_access_key_id"), profile.get("aws_secret_access_key"), profile.get("aws_session_token")
    )
    elsewhere = next((name for name in _ELSEWHERE if name in profile), None)
    if found is None and elsewhere:
        raise ConfigurationError(
            f"The AWS profile {_profile_name(environment)!r} gets its credentials by {elsewhere}; export them first: "
            f'eval "$(aws configure export-credentials --format env)", or set {KEY_VARIABLE}'
        )
    return found


def _profile_name(environment: Mapping[str, str]) -> str:
    return environment.get("AWS_PROFILE") or environment.get("AWS_DEFAULT_PROFILE") or "default"


def _profile(environment: Mapping[str, str]) -> Mapping[str, str]:
    """Return the settings of the profile; the file of credentials goes before that of settings."""
    name = _profile_name(environment)
    home = environment.get("HOME") or environment.get("USERPROFILE") or ""
    credentials = _sections(environment.get("AWS_SHARED_CREDENTIALS_FILE") or f"{home}/.aws/credentials")
    settings = _sections(environment.get("AWS_CONFIG_FILE") or f"{home}/.aws/config")
    found = (settings.get(name if name == "default" else f"profile {name}"), credentials.get(name))
    if found == (None, None) and name != "default":
        raise ConfigurationError(
            f"There is no AWS profile {name!r}; `aws configure list-profiles` lists those there are"
        )
    return {**(found[0] or {}), **(found[1] or {})}


def _sections(path: str) -> Mapping[str, Mapping[str, str]]:
    file = Path(path).expanduser()
    try:
        facts = file.stat()
    except OSError:
        return {}
    return _read(file, facts.st_mtime_ns, facts.st_size)


@lru_cache(maxsize=8)
def _read(file: Path, _modified: int, _size: int) -> Mapping[str, Mapping[str, str]]:
    """Return the sections of a file, which is read again when it changes."""
    parser = configparser.RawConfigParser(default_section="", strict=False)
    try:
        parser.read_string(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, configparser.Error) as error:
        # What is wrong may be a line that holds a secret.
        raise ConfigurationError(f"The AWS settings in {str(file)!r} are malformed ({type(error).__name__})") from None
    return {name: dict(parser[name]) for name in parser.sections()}
