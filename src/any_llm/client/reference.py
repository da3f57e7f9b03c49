"""From `provider:model` to a client and the model's own name."""

from __future__ import annotations

import warnings

from any_llm.client.anyllm import AnyLLM
from any_llm.client.arguments import split_reference
from any_llm.engine.settings_file import default_settings
from any_llm.exceptions import ConfigurationError
from any_llm.types.json import JSON


def client_for(model: str | None, options: JSON) -> tuple[JSON, str]:
    """Make the client that a module function calls; what only says how to reach it is taken out of `options`.

    Both are untyped here, because the functions' overloads have said what goes in and what comes out.

    Raises:
        UnsupportedProviderError: there is no such provider.
        MissingApiKeyError: it needs a key and there is none.
        ConfigurationError: the model is not of the form `provider:model`, or a provider is given and no model.
    """
    provider = options.pop("provider", None)
    if provider is None:
        provider, name, delimiter = split_reference(model or default_settings().default_model)
        if delimiter == "/":
            message = f"Model format 'provider/model' is deprecated, write '{provider}:{name}'"
            warnings.warn(message, DeprecationWarning, stacklevel=3)
    elif model:
        name = model
    else:
        raise ConfigurationError(f"provider is {provider!r}, but no model is given: pass model=")
    return client_of(provider, options), name


def client_of(provider: str, options: JSON) -> JSON:
    """Make the client of a provider; what only says how to reach it is taken out of `options`.

    Raises:
        UnsupportedProviderError: there is no such provider.
        MissingApiKeyError: it needs a key and there is none.
    """
    return AnyLLM.create(
        AnyLLM.resolve_provider_key(provider),
        api_key=options.pop("api_key", None),
        api_base=options.pop("api_base", None),
        **(options.pop("client_args", None) or {}),
    )


def private_form(client: JSON, name: str) -> JSON:
    """Return a blocking method by its private name: programs that replace the client in their tests look for it."""
    return getattr(client, f"_{name}")
