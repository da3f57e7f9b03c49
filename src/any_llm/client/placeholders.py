"""The `{names}` in a provider's base URL: regions, projects, accounts; argument, then environment, then files."""

from __future__ import annotations

import re
from collections.abc import Mapping

from any_llm.exceptions import ConfigurationError
from any_llm.spec.provider import Placeholder, Provider

_NAME = re.compile(r"\{(\w+)\}")
_FIT = re.compile(r"[A-Za-z0-9._~:-]+")
"""What may go into a URL; nothing that would end its host, or begin another one."""


def arguments(provider: Provider) -> Mapping[str, str]:
    """Return the arguments that give values to a provider's placeholders, each with the name it gives a value to."""
    told = {name: place for name, place in provider.placeholders.items() if not place.of}
    return {argument: name for name, place in told.items() for argument in (*place.aliases, name)}


def find_placeholders(
    provider: Provider,
    given: Mapping[str, str],
    environment: Mapping[str, str],
    credential: Mapping[str, object] | None = None,
) -> Mapping[str, str]:
    """Return the values of a provider's placeholders, as far as they are known.

    Args:
        provider: the record that declares them.
        given: what the program says, by their names.
        environment: where their variables are.
        credential: what the program gave for its signer, which may say where else to look.
    """
    values: dict[str, str] = {}
    for name, place in provider.placeholders.items():
        found = (
            values.get(place.of, "")
            if place.of
            else given.get(name) or _from_environment(place, environment, credential or {})
        )
        value = place.spelled.get(found, "") if place.of else found
        value = value or (_known(place.default, values) if found or not place.of else "")
        if value:
            values[name] = value
    return values


def fill(url: str, provider: Provider, values: Mapping[str, str]) -> str:
    """Return a URL with values in place of its names.

    Raises:
        ConfigurationError: a value is missing, or holds what no such part of a URL may hold.
    """

    def value_of(found: re.Match[str]) -> str:
        name = found[1]
        value = values.get(name)
        if value is None:
            raise ConfigurationError(_missing(name, provider), provider_name=provider.name)
        if not _FIT.fullmatch(value):
            raise ConfigurationError(
                f"{name} is {value!r}; it must be letters, digits, dots and hyphens", provider_name=provider.name
            )
        return value

    return _NAME.sub(value_of, url)


def _missing(name: str, provider: Provider) -> str:
    place = provider.placeholders.get(name, Placeholder())
    root = place.of or name
    place = provider.placeholders.get(root, place)
    by_variable = f" or set {' or '.join(place.variables)}" if place.variables else ""
    return f"{provider.name} needs a {root}: pass {root}={by_variable}, or pass api_base= with the whole URL"


def _from_environment(place: Placeholder, environment: Mapping[str, str], credential: Mapping[str, object]) -> str:
    found = next((value for name in place.variables if (value := environment.get(name, "").strip())), "")
    if found or not place.finder:
        return found
    from any_llm.auth.finders import find  # noqa: PLC0415  # reads files, for the few providers that have some

    return find(place.finder, environment, credential) or ""


def _known(default: str, values: Mapping[str, str]) -> str:
    """Return a default with the values that it holds; empty when one of them is not known."""
    if "{" not in default:
        return default
    names = _NAME.findall(default)
    return _NAME.sub(lambda found: values[found[1]], default) if all(name in values for name in names) else ""
