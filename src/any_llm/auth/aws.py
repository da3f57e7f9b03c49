"""Who signs a request to AWS, and where: an API key of Bedrock's, else credentials for Signature Version 4.

https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from any_llm.auth.aws_chain import find_credentials, find_region
from any_llm.auth.aws_sources import Instance
from any_llm.auth.sigv4 import Credentials, Scope, sign
from any_llm.exceptions import (
    AnyLLMError,
    AuthenticationError,
    ConfigurationError,
    ConnectionFailedError,
    MissingApiKeyError,
    RequestTimeoutError,
)
from any_llm.spec.auth import Access
from any_llm.spec.dialect import Target
from any_llm.types.http import HttpRequest
from any_llm.types.secret import Secret

SERVICE: Final = "bedrock"
"""The service that is signed for, unless the provider's `auth_options` name another one."""

_PAIR: Final = re.compile(r"(?P<access>A[A-Z0-9]{15,127}):(?P<secret>[^:\s]+)(?::(?P<token>\S+))?")
_REGION_IN_HOST: Final = re.compile(r"\.(?P<region>[a-z]{2,}(?:-[a-z]+)+-\d+)\.(?:vpce\.)?(?:amazonaws\.com|api\.aws)")
_KEY_PAGE: Final = "https://console.aws.amazon.com/bedrock/home#/api-keys"
_ARGUMENTS: Final = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")


async def sign_for_aws(request: HttpRequest, target: Target, access: Access) -> Mapping[str, str]:
    """Return the headers that sign a request.

    With, in this order: the arguments `aws_access_key_id`, `aws_secret_access_key` and `aws_session_token`, or
    `profile_name`; a key `ACCESS_KEY_ID:SECRET_ACCESS_KEY`, with `:SESSION_TOKEN` for temporary ones; any other key, as
    an API key of Bedrock's; what the environment, the profile, the container and the machine have.

    Raises:
        MissingApiKeyError: there are no credentials anywhere.
        ConfigurationError: no region is known, or a profile cannot be read.
        AnyLLMError: who gives out credentials refuses, or cannot be reached.
    """
    credentials = _given(target.credential)
    profile = target.credential.get("profile_name")
    if credentials is None and profile is None and target.key:
        credentials = _pair(target.key)
        if credentials is None:
            return {"Authorization": f"Bearer {target.key.reveal()}"}
    if credentials is None:
        name = profile.reveal() if isinstance(profile, Secret) else ""
        credentials = await _found(target, access, name)
    service = target.provider.auth_options.get("service", SERVICE)
    scope = Scope(region=_region(request, target, access), service=service)
    return sign(request, credentials, scope, datetime.fromtimestamp(access.now, UTC))


def _given(credential: Mapping[str, object]) -> Credentials | None:
    access, secret, token = (credential.get(name) for name in _ARGUMENTS)
    if access is None and secret is None:
        return None
    if not isinstance(access, Secret) or not isinstance(secret, Secret):
        raise ConfigurationError("aws_access_key_id and aws_secret_access_key must be given both, as texts")
    return Credentials(
        access_key=access.reveal(), secret_key=secret, session_token=token if isinstance(token, Secret) else None
    )


def _pair(key: Secret) -> Credentials | None:
    pair = _PAIR.fullmatch(key.reveal())
    if pair is None:
        return None
    token = Secret(pair["token"]) if pair["token"] else None
    return Credentials(access_key=pair["access"], secret_key=Secret(pair["secret"]), session_token=token)


async def _found(target: Target, access: Access, profile: str) -> Credentials:
    found = find_credentials(access.environment, profile)
    reason: AnyLLMError | None = None
    if isinstance(found, Credentials):
        return found
    if found is not None:
        try:
            return await access.credential(found)
        except (ConnectionFailedError, RequestTimeoutError, AuthenticationError) as error:
            # Most machines are not EC2's, or have no role.
            if not isinstance(found, Instance):
                raise
            reason = error
    variables = ("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY", "AWS_PROFILE")
    named = ", or ".join(filter(None, (target.provider.key, *variables)))
    raise MissingApiKeyError(target.provider.name, named, key_page=target.provider.key_page or _KEY_PAGE) from reason


def _region(request: HttpRequest, target: Target, access: Access) -> str:
    found = _REGION_IN_HOST.search(urlsplit(request.url).hostname or "")
    region = found["region"] if found else target.placeholders.get("region") or find_region(access.environment)
    if not region:
        raise ConfigurationError(
            "No AWS region: pass region= or set AWS_REGION, or pass api_base= such as "
            "'https://bedrock-runtime.us-east-1.amazonaws.com'"
        )
    return region
