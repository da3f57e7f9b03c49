"""The arguments of a client that only some providers have: where in their cloud, and on whose behalf."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from any_llm.auth.signers import ARGUMENTS
from any_llm.client.placeholders import arguments
from any_llm.exceptions import ConfigurationError
from any_llm.spec.provider import Provider
from any_llm.types.json import JSON
from any_llm.types.secret import Secret


class Given(NamedTuple):
    """What a program said: values of placeholders by their names, and what its signer takes by the arguments' names."""

    placeholders: Mapping[str, str]
    credential: Mapping[str, object]


NOTHING = Given({}, {})
"""What a program says that leaves everything to the environment."""


def given_arguments(provider: Provider) -> frozenset[str]:
    """Return the names of the arguments that this provider has beyond the usual ones."""
    return frozenset(arguments(provider)) | ARGUMENTS.get(provider.auth, frozenset())


def take_given(provider: Provider, client_args: dict[str, JSON]) -> Given:
    """Return what is said in a provider's own arguments, which are taken out of `client_args`.

    Raises:
        ConfigurationError: the value of a placeholder is not a text.
    """
    names = arguments(provider)
    placeholders: dict[str, str] = {}
    for argument in [name for name in names if name in client_args]:
        value = client_args.pop(argument)
        if value is None:
            continue
        if not isinstance(value, str) or not value.strip():
            raise ConfigurationError(
                f"{argument} is {value!r}; it must be a text that is not blank", provider_name=provider.name
            )
        placeholders[names[argument]] = value.strip()
    signing = ARGUMENTS.get(provider.auth, frozenset()) & client_args.keys()
    given = {argument: client_args.pop(argument) for argument in signing}
    credential = {
        argument: Secret(value) if isinstance(value, str) else value
        for argument, value in given.items()
        if value is not None
    }
    return Given(placeholders, credential)
