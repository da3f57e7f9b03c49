"""Which key and which base URL a provider is called with: argument, then environment, then its record."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import urlsplit

from any_llm.client.placeholders import fill, find_placeholders
from any_llm.exceptions import ConfigurationError, MissingApiKeyError
from any_llm.spec.provider import Provider
from any_llm.types.secret import Secret


def find_key(
    provider: Provider, api_key: str | None, environment: Mapping[str, str], api_base: str | None = None
) -> Secret | None:
    """Return the key of a provider; `None` for one that takes none, or needs none and has none.

    `api_base` is where it is reached, if the caller says so: some need a key at the vendor's own servers only.

    Raises:
        MissingApiKeyError: there is none; the error names the variable and the page where keys are made.
        ConfigurationError: the key cannot be sent in a header.
    """
    if api_key:
        return _checked(api_key.strip(), provider.name)
    if variable := _variable(provider, environment):
        return _checked(environment[variable].strip(), provider.name, f"env:{variable}")
    if provider.auth == "none" or not provider.key or provider.key_optional:
        return None
    if provider.key_optional_elsewhere and find_base_url(provider, api_base, environment) != provider.base_url:
        return None
    raise MissingApiKeyError(provider.name, provider.key, key_page=provider.key_page or provider.docs or None)


def _variable(provider: Provider, environment: Mapping[str, str]) -> str | None:
    for variable in (provider.key, *provider.key_alternatives):
        if variable and environment.get(variable):
            return variable
    return None


@lru_cache(maxsize=1_024)
def _checked(key: str, provider_name: str, alias: str = "") -> Secret:
    if not key.isascii() or not key.isprintable():
        raise ConfigurationError(
            f"The {provider_name} API key has characters that no header may hold; it was perhaps copied badly",
            provider_name=provider_name,
        )
    return Secret(key, alias)


def find_base_url(
    provider: Provider,
    api_base: str | None,
    environment: Mapping[str, str],
    *,
    required: bool = True,
    values: Mapping[str, str] | None = None,
) -> str:
    """Return where a provider's API begins, without a trailing slash; empty if nobody says and it is not `required`.

    `values` are those of its placeholders; without them, they are looked for in the environment.

    Raises:
        ConfigurationError: nobody says where, or what is said is not an HTTP URL; or a placeholder has no value.
    """
    variable = provider.base_url_variable
    given = (api_base or environment.get(variable, "")).strip()
    if not given:
        if required and not provider.base_url:
            remedy = f"pass api_base= or set {variable}" if variable else "pass api_base="
            raise ConfigurationError(f"{provider.name} needs a base URL: {remedy}", provider_name=provider.name)
        url = provider.base_url
        return url if "{" not in url else _filled(url, provider, values, environment)
    if provider.transport != "http":
        return provider.base_url
    url = given if "{" not in given else _filled(given, provider, values, environment)
    return _whole_url(url, provider)


def _filled(url: str, provider: Provider, values: Mapping[str, str] | None, environment: Mapping[str, str]) -> str:
    return fill(url, provider, find_placeholders(provider, {}, environment) if values is None else values)


@lru_cache(maxsize=1_024)
def _whole_url(given: str, provider: Provider) -> str:
    url = given if "://" in given else f"http://{given}"
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ConfigurationError(
            f"The {provider.name} base URL is {given!r}; it must look like https://host/path",
            provider_name=provider.name,
        )
    url = url.rstrip("/").removesuffix(provider.base_strip)
    if provider.base_path and parts.path in {"", "/"}:
        url = url.rstrip("/") + provider.base_path
    return url.rstrip("/")
