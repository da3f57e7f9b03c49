"""In which order AWS credentials are looked for: the environment, the profile, the container, the machine.

The order is botocore's: https://docs.aws.amazon.com/boto3/latest/guide/credentials.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from any_llm.auth.aws_profiles import profile_name, read_profile, static_credentials
from any_llm.auth.aws_roles import AssumedRole, TokenService, WebIdentity
from any_llm.auth.aws_sources import Container, Instance, Process
from any_llm.auth.aws_sso import SsoRole
from any_llm.auth.sigv4 import Credentials
from any_llm.exceptions import ConfigurationError
from any_llm.types.secret import Secret

Source: TypeAlias = Container | Instance | Process | SsoRole | WebIdentity | AssumedRole
"""Where credentials come from that do not last."""

_OF_PROFILE: Final = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
_ELSEWHERE: Final = ("login_session",)


def find_credentials(environment: Mapping[str, str], profile: str = "") -> Credentials | Source | None:
    """Return the credentials of an environment, or where they come from; `None` if they can come from nowhere.

    Args:
        environment: the variables, which also say where the files of profiles are.
        profile: a profile that goes before what the environment says.

    Raises:
        ConfigurationError: the profile does not exist, or something about it is wrong.
    """
    if not profile and (found := _of_environment(environment)):
        return found
    name = profile or profile_name(environment)
    settings = read_profile(environment, name)
    return (
        _role(environment, name, settings, ())
        or (None if profile else _web_identity(environment, environment, settings.get("region")))
        or _plain(environment, name, settings)
        or Container.of(environment)
        or Instance.of(environment)
    )


def find_region(environment: Mapping[str, str]) -> str | None:
    """Return the region of an environment, else that of its profile.

    Raises:
        ConfigurationError: the profile does not exist, or cannot be read.
    """
    return _region(environment, read_profile(environment, profile_name(environment)))


def _of_environment(environment: Mapping[str, str]) -> Credentials | None:
    return static_credentials(
        environment.get("AWS_ACCESS_KEY_ID"),
        environment.get("AWS_SECRET_ACCESS_KEY"),
        environment.get("AWS_SESSION_TOKEN") or environment.get("AWS_SECURITY_TOKEN"),
    )


def _plain(environment: Mapping[str, str], name: str, settings: Mapping[str, str]) -> Credentials | Source | None:
    """Return what a profile holds without taking on a role."""
    command = settings.get("credential_process")
    found: Credentials | Source | None
    own = (settings.get(name) for name in _OF_PROFILE)
    found = SsoRole.of(environment, settings) or static_credentials(*own)
    found = found or (Process(command=Secret(command)) if command else None)
    elsewhere = next((setting for setting in _ELSEWHERE if setting in settings), None)
    if found is None and elsewhere:
        raise ConfigurationError(
            f"The AWS profile {name!r} gets its credentials by {elsewhere}; export them first: "
            f'eval "$(aws configure export-credentials --format env)"'
        )
    return found


def _role(
    environment: Mapping[str, str], name: str, settings: Mapping[str, str], before: tuple[str, ...]
) -> Source | None:
    """Return the role that a profile takes on; `before` are the profiles that come to it."""
    role = settings.get("role_arn")
    if not role:
        return None
    region = _region(environment, settings)
    if settings.get("web_identity_token_file"):
        return WebIdentity(
            role=role,
            token_file=settings["web_identity_token_file"],
            service=TokenService.of(environment, region),
            session=settings.get("role_session_name", ""),
        )
    if settings.get("mfa_serial"):
        raise ConfigurationError(
            f"The AWS profile {name!r} asks for a code of {settings['mfa_serial']!r}, which nobody can be asked for "
            f'here; export its credentials first: eval "$(aws configure export-credentials --format env)"'
        )
    return AssumedRole(
        role=role,
        source=_behind(environment, name, settings, before),
        service=TokenService.of(environment, region),
        session=settings.get("role_session_name", ""),
        external_id=settings.get("external_id", ""),
        seconds=settings.get("duration_seconds", ""),
    )


def _behind(
    environment: Mapping[str, str], name: str, settings: Mapping[str, str], before: tuple[str, ...]
) -> Credentials | Source:
    """Return who takes on a profile's role."""
    kind, other = settings.get("credential_source"), settings.get("source_profile")
    if kind:
        make = _BY_KIND.get(kind)
        found = make(environment) if make else None
        if found is None:
            raise ConfigurationError(
                f"The AWS profile {name!r} has the credential_source {kind!r}, which gives none; "
                f"it may be {', '.join(_BY_KIND)}"
            )
        return found
    if not other:
        raise ConfigurationError(f"The AWS profile {name!r} has a role_arn without source_profile or credential_source")
    if other in before:
        raise ConfigurationError(f"The AWS profile {name!r} comes back to itself by its source_profile {other!r}")
    behind = read_profile(environment, other)
    # A profile that names itself takes on its role with its own keys.
    further = None if other == name else _role(environment, other, behind, (*before, name))
    source = further or _plain(environment, other, behind)
    if source is None:
        raise ConfigurationError(f"The AWS profile {other!r}, which {name!r} names as its source, has no credentials")
    return source


_BY_KIND: Mapping[str, Callable[[Mapping[str, str]], Credentials | Source | None]] = {
    "Environment": _of_environment,
    "EcsContainer": Container.of,
    "Ec2InstanceMetadata": Instance.of,
}


def _web_identity(
    environment: Mapping[str, str], settings: Mapping[str, str], region: str | None
) -> WebIdentity | None:
    file, role = settings.get("AWS_WEB_IDENTITY_TOKEN_FILE"), settings.get("AWS_ROLE_ARN")
    if not file or not role:
        return None
    return WebIdentity(
        role=role,
        token_file=file,
        service=TokenService.of(environment, _region(environment, {"region": region or ""})),
        session=settings.get("AWS_ROLE_SESSION_NAME", ""),
    )


def _region(environment: Mapping[str, str], settings: Mapping[str, str]) -> str | None:
    named = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")
    return named or settings.get("region") or None
