"""Constants under the names that Mozilla's `any_llm` gives them."""

from __future__ import annotations

import sys

from any_llm.dialects.openai.wire import REASONING_FIELDS
from any_llm.providers.catalog import CATALOG
from any_llm.providers.names import LLMProvider
from any_llm.providers.registry import provider
from any_llm.types.provider import ProviderTier

__all__ = [
    "INSIDE_NOTEBOOK",
    "REASONING_FIELD_NAMES",
    "VERIFIED_LOCAL_PROVIDERS",
    "VERIFIED_PROVIDERS",
    "LLMProvider",
    "ProviderTier",
    "get_provider_tier",
]

INSIDE_NOTEBOOK = "IPython" in sys.modules
"""Whether IPython was loaded before this module."""

REASONING_FIELD_NAMES = (*REASONING_FIELDS, "reasoning")
"""The fields in which vendors send what a model thought."""


VERIFIED_PROVIDERS = frozenset(entry.name for entry in CATALOG if entry.tier == ProviderTier.VERIFIED)
"""The providers of the verified tier."""

VERIFIED_LOCAL_PROVIDERS = frozenset(
    entry.name for entry in CATALOG if entry.tier == ProviderTier.VERIFIED and (entry.key_optional or not entry.key)
)
"""Those of them that run on one's own machine."""


def get_provider_tier(name: str) -> ProviderTier:
    """Return the tier of a provider.

    Raises:
        UnsupportedProviderError: there is no such provider.
    """
    return ProviderTier(provider(name).tier)
