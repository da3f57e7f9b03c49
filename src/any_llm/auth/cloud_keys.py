"""Keys in the clouds' managers of secrets, asked with the credentials that calls to these clouds are signed with."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import msgspec

from any_llm.auth.aws import sign_for_aws
from any_llm.auth.aws_profiles import profile_region
from any_llm.auth.azure import fetch_token
from any_llm.auth.endpoints import ask_json
from any_llm.auth.google import sign_for_google
from any_llm.auth.google_files import find_project
from any_llm.auth.managed_keys import PATIENCE, Content, Place, check_origin, path_of
from any_llm.exceptions import ConfigurationError, MalformedResponseError
from any_llm.spec.dialect import Target
from any_llm.spec.provider import Provider
from any_llm.types.http import HttpRequest, is_number
from any_llm.types.json import JSON, JSONObject, is_mapping
from any_llm.types.secret import Secret, secrets_of

if TYPE_CHECKING:
    from any_llm.auth.access import TransportAccess

_AWS: Final = "AWS Secrets Manager"
_GOOGLE: Final = "Google Secret Manager"
_AZURE: Final = "Azure Key Vault"
_ARN: Final = re.compile(r"arn:[a-z0-9-]+:secretsmanager:(?P<region>[a-z0-9-]+):.+")
_REGION: Final = re.compile(r"[a-z]{2,}(?:-[a-z0-9]+)+")
_FULL: Final = re.compile(
    r"projects/(?P<project>[^/]+)(?:/locations/(?P<location>[^/]+))?/secrets/(?P<secret>[^/]+)"
    r"(?:/versions/(?P<version>[^/]+))?"
)
_VAULT_HOSTS: Final = ("vault.azure.net", "vault.azure.cn", "vault.usgovcloudapi.net")
"""Where Azure's public, Chinese and American government clouds keep secrets."""

_VAULT: Final = re.compile(r"[A-Za-z0-9-]{3,24}")
_AZURE_VERSION: Final = "7.4"


async def read_aws(place: Place, access: TransportAccess) -> Content:
    """Return a secret by its name or ARN.

    https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html

    Raises:
        ConfigurationError: no region is known, or there are no credentials.
        AnyLLMError: AWS refuses, or cannot be reached.
    """
    profile = place.option("profile")
    credential = {"profile_name": Secret(profile)} if profile else {}
    region = _aws_region(place, access.environment, credential)
    origin = _aws_origin(place, access.environment, region)
    asked = {"SecretId": place.name}
    for option, member in (("version_id", "VersionId"), ("version_stage", "VersionStage")):
        if said := place.option(option):
            asked[member] = said
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "secretsmanager.GetSecretValue"}
    request = HttpRequest("POST", f"{origin}/", headers, msgspec.json.encode(asked))
    record = Provider(name=_AWS, base_url=origin, key="", auth="aws", auth_options={"service": "secretsmanager"})
    target = Target(provider=record, model="", base_url=origin, placeholders={"region": region}, credential=credential)
    answer = await _answer(access, request, await sign_for_aws(request, target, access), _AWS)
    text, binary = answer.get("SecretString"), answer.get("SecretBinary")
    if isinstance(text, str):
        return Content(text)
    return Content(_decoded(binary, "SecretBinary", _AWS))


def _aws_region(place: Place, environment: Mapping[str, str], credential: Mapping[str, object]) -> str:
    named = _ARN.fullmatch(place.name)
    region: str = named["region"] if named else place.option("region")
    region = region or environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or ""
    region = region or profile_region(environment, credential) or ""
    if not region:
        raise ConfigurationError("no AWS region is known; say region=, set AWS_REGION, or name the secret by its ARN")
    if not _REGION.fullmatch(region):
        raise ConfigurationError(f"the region is {region!r}; it must look like us-east-1")
    return region


def _aws_origin(place: Place, environment: Mapping[str, str], region: str) -> str:
    if said := place.option("endpoint"):
        return check_origin(said, "endpoint")
    for variable in ("AWS_ENDPOINT_URL_SECRETS_MANAGER", "AWS_ENDPOINT_URL"):
        if set_to := environment.get(variable):
            return check_origin(set_to, variable)
    return f"https://secretsmanager.{region}.amazonaws.com" + (".cn" if region.startswith("cn-") else "")


async def read_google(place: Place, access: TransportAccess) -> Content:
    """Return a version of a secret, the latest unless another is said.

    A place is `NAME`, `PROJECT/NAME`, or all of `projects/…/secrets/…/versions/…`.
    https://docs.cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets.versions/access

    Raises:
        ConfigurationError: no project is known, or there are no credentials.
        AnyLLMError: Google refuses, or cannot be reached.
    """
    path, location = _google_path(place, access.environment)
    host = f"secretmanager.{location}.rep.googleapis.com" if location else "secretmanager.googleapis.com"
    said = place.option("endpoint")
    origin = check_origin(said, "endpoint") if said else f"https://{host}"
    request = HttpRequest("GET", f"{origin}/v1/{path}:access", {"Accept": "application/json"})
    target = Target(provider=Provider(name=_GOOGLE, base_url=origin, key="", auth="google"), model="", base_url=origin)
    answer = await _answer(access, request, await sign_for_google(request, target, access), _GOOGLE)
    payload = answer.get("payload")
    return Content(_decoded(payload.get("data") if is_mapping(payload) else None, "payload.data", _GOOGLE))


def _google_path(place: Place, environment: Mapping[str, str]) -> tuple[str, str]:
    """Return the path of a secret's version, and the location it is kept in, if it is in a single one."""
    full = _FULL.fullmatch(place.name)
    if full:
        project, location, name, version = full["project"], full["location"], full["secret"], full["version"]
    else:
        project, _, name = place.name.rpartition("/")
        location = version = ""
    project = project or place.option("project") or environment.get("GOOGLE_CLOUD_PROJECT") or ""
    project = project or find_project(environment, {}) or ""
    if not project:
        raise ConfigurationError("no Google Cloud project is known; say project=, or set GOOGLE_CLOUD_PROJECT")
    location, version = location or place.option("location"), version or place.option("version") or "latest"
    if location and not _REGION.fullmatch(location):
        raise ConfigurationError(f"the location is {location!r}; it must look like europe-west1")
    within = f"locations/{location}/" if location else ""
    return path_of(f"projects/{project}/{within}secrets/{name}/versions/{version}", place.called), location


async def read_azure(place: Place, access: TransportAccess) -> Content:
    """Return a secret of a vault, its latest version unless another is said.

    A place is `VAULT/NAME`, with a version after that if one is wanted, or the whole identifier of a secret.
    https://learn.microsoft.com/en-us/rest/api/keyvault/secrets/get-secret/get-secret

    Raises:
        ConfigurationError: it is no place in a vault, or there are no credentials.
        AnyLLMError: Azure refuses, or cannot be reached.
    """
    origin, scope, path = _azure_place(place)
    target = Target(provider=Provider(name=_AZURE, base_url=origin, key="", auth="azure"), model="", base_url=origin)
    token = await fetch_token(target, access, scope)
    request = HttpRequest("GET", f"{origin}/secrets/{path}?api-version={_AZURE_VERSION}", {})
    answer = await _answer(access, request, {"Authorization": f"Bearer {token.reveal()}"}, _AZURE)
    value, attributes = answer.get("value"), answer.get("attributes")
    if not isinstance(value, str):
        raise MalformedResponseError(f"{_AZURE} answered without value")
    ends = attributes.get("exp") if is_mapping(attributes) else None
    return Content(value, max(0.0, ends - access.now) if is_number(ends) else None)


def _azure_place(place: Place) -> tuple[str, str, str]:
    """Return where a vault is, what its tokens are for, and the path of a secret in it."""
    said = place.option("endpoint")
    if "://" in place.name:
        parts = urlsplit(place.name)
        vault, rest = parts.netloc, parts.path.strip("/").removeprefix("secrets/")
    else:
        vault, _, rest = place.name.strip("/").partition("/")
    name, _, cloud = vault.partition(".")
    cloud = cloud or _VAULT_HOSTS[0]
    if not _VAULT.fullmatch(name) or cloud not in _VAULT_HOSTS or not rest:
        raise ConfigurationError(
            f"{vault!r} is no vault; say azure-secret:VAULT/NAME, or the host of a vault in {', '.join(_VAULT_HOSTS)}"
        )
    if (version := place.option("version")) and "/" not in rest:
        rest = f"{rest}/{version}"
    origin = check_origin(said, "endpoint") if said else f"https://{name}.{cloud}"
    return origin, f"https://{cloud}/.default", path_of(rest, place.called)


async def _answer(access: TransportAccess, request: HttpRequest, proof: Mapping[str, str], who: str) -> JSONObject:
    headers = {**request.headers, **proof}
    signed = HttpRequest(request.method, request.url, headers, request.body)
    return await ask_json(access.send, signed, who, *secrets_of(headers), patience=PATIENCE)


def _decoded(value: JSON, name: str, who: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode()
    except (TypeError, binascii.Error, UnicodeDecodeError):
        # What is wrong may be the secret.
        raise MalformedResponseError(f"{who} answered without a text in {name}") from None
