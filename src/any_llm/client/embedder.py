"""Who turns texts into vectors for a semantic cache: any provider, found as for a call of its own."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import msgspec

from any_llm.client.anyllm import AnyLLM
from any_llm.client.arguments import split_reference
from any_llm.exceptions import ConfigurationError
from any_llm.pipeline.similar import with_embedder
from any_llm.spec.provider import Operation

if TYPE_CHECKING:
    from any_llm.engine.settings import Settings
    from any_llm.pipeline.call import Call
    from any_llm.spec.dialect import Target
    from any_llm.types.semantic import Semantic


def embedder_of(call: Call, policy: Semantic, settings: Settings) -> Call:
    """Return a call that brings along the target that the policy names.

    Raises:
        ConfigurationError: it has no embeddings, or is not set up.
        MissingApiKeyError: it has no key.
    """
    provider, _, _ = split_reference(policy.model)
    # What of the settings changes where it is asked, and with which key.
    key = provider.strip().lower()
    name = ("embedder", policy.model, settings.providers.get(key), key in settings.keys)
    return with_embedder(call, settings.surroundings.shared(name, partial(_find, policy.model, settings)))


def _find(reference: str, settings: Settings) -> Target:
    provider, model, _ = split_reference(reference)
    client = AnyLLM.create(provider, settings=settings)
    if Operation.EMBEDDING not in client.PROVIDER.operations:
        raise ConfigurationError(f"semantic.model is {reference!r}, but {provider} turns no texts into vectors")
    # A client of ours.
    return msgspec.structs.replace(client._target, model=model)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
