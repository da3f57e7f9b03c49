"""The profiles in `~/.aws`: what stands in them, and whose they are.

https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
"""

from __future__ import annotations

import configparser
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from any_llm.auth.sigv4 import Credentials
from any_llm.exceptions import ConfigurationError
from any_llm.types.secret import Secret


def profile_name(environment: Mapping[str, str]) -> str:
    """Return which profile an environment chooses."""
    return environment.get("AWS_PROFILE") or environment.get("AWS_DEFAULT_PROFILE") or "default"


def read_profile(environment: Mapping[str, str], name: str) -> Mapping[str, str]:
    """Return the settings of a profile; the file of credentials goes before that of settings.

    Raises:
        ConfigurationError: there is no such profile, or a file cannot be read.
    """
    credentials = _sections(environment.get("AWS_SHARED_CREDENTIALS_FILE") or f"{home(environment)}/.aws/credentials")
    settings = _settings(environment)
    found = (settings.get(name if name == "default" else f"profile {name}"), credentials.get(name))
    if found == (None, None) and name != "default":
        raise ConfigurationError(
            f"There is no AWS profile {name!r}; `aws configure list-profiles` lists those there are"
        )
    return {**(found[0] or {}), **(found[1] or {})}


def read_session(environment: Mapping[str, str], name: str) -> Mapping[str, str]:
    """Return the settings of an SSO session.

    Raises:
        ConfigurationError: there is none of this name.
    """
    found = _settings(environment).get(f"sso-session {name}")
    if found is None:
        raise ConfigurationError(f"There is no [sso-session {name}] in the AWS settings; `aws configure sso` makes one")
    return found


def profile_region(environment: Mapping[str, str], credential: Mapping[str, object]) -> str | None:
    """Return the region of the profile that the program names, else of that which the environment chooses.

    Raises:
        ConfigurationError: the profile does not exist, or cannot be read.
    """
    named = credential.get("profile_name")
    name = named.reveal() if isinstance(named, Secret) else profile_name(environment)
    return read_profile(environment, name).get("region")


def static_credentials(access: str | None, secret: str | None, token: str | None) -> Credentials | None:
    """Return an access key, its secret and its session token as credentials, if they are there."""
    if not access or not secret:
        return None
    return Credentials(access_key=access, secret_key=Secret(secret), session_token=Secret(token) if token else None)


def home(environment: Mapping[str, str]) -> str:
    """Return the home folder."""
    return environment.get("HOME") or environment.get("USERPROFILE") or ""


def _settings(environment: Mapping[str, str]) -> Mapping[str, Mapping[str, str]]:
    return _sections(environment.get("AWS_CONFIG_FILE") or f"{home(environment)}/.aws/config")


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
