"""Which provider here is which provider of each source."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Place(NamedTuple):
    """A provider's names in the sources: in models.dev, in LiteLLM (several), in genai-prices.

    `only` is what the names of its models contain, where a source lists others under the same name.
    """

    models_dev: str = ""
    litellm: tuple[str, ...] = ()
    genai_prices: str = ""
    only: str = ""


def _place(models_dev: str = "", litellm: str = "", genai_prices: str = "", only: str = "") -> Place:
    return Place(models_dev, tuple(litellm.split()), genai_prices, only)


PLACES: Mapping[str, Place] = {
    "anthropic": _place("anthropic", "anthropic", "anthropic"),
    "azure": _place("azure-cognitive-services", "azure_ai", "azure"),
    "azureanthropic": _place("azure", "azure_ai", "azure", "claude"),
    "azureopenai": _place("azure", "azure azure_text", "azure"),
    "bedrock": _place("amazon-bedrock", "bedrock bedrock_converse amazon_nova", "aws"),
    "cloudflare": _place("cloudflare-workers-ai", "cloudflare", "cloudflare"),
    "cohere": _place("cohere", "cohere cohere_chat", "cohere"),
    "dashscope": _place("alibaba-cn", "dashscope", ""),
    "elevenlabs": _place("", "elevenlabs", "elevenlabs"),
    "fal": _place("", "fal_ai", ""),
    "fireworks": _place("fireworks-ai", "fireworks_ai fireworks_ai-embedding-models", "fireworks"),
    "friendli": _place("friendli", "friendliai", ""),
    "gemini": _place("google", "gemini", "google"),
    "gmi": _place("gmicloud", "gmi", ""),
    "jina": _place("", "jina_ai", ""),
    "llama": _place("llama", "meta_llama", ""),
    "mistral": _place("mistral", "mistral codestral", "mistral"),
    "moonshot": _place("moonshotai", "moonshot", "moonshotai"),
    "novita": _place("novita-ai", "novita", "novita"),
    "nvidia": _place("nvidia", "nvidia_nim", ""),
    "openai": _place("openai", "openai text-completion-openai", "openai"),
    "qiniu": _place("qiniu-ai", "", ""),
    "snowflake": _place("snowflake-cortex", "snowflake", ""),
    "together": _place("togetherai", "together_ai", "together"),
    "vertexai": _place(
        "google-vertex",
        "vertex_ai vertex_ai-language-models vertex_ai-mistral_models vertex_ai-llama_models vertex_ai-embedding-models"
        " vertex_ai-video-models vertex_ai-deepseek_models vertex_ai-qwen_models vertex_ai-text-models",
        "google",
    ),
    "vertexaianthropic": _place("google-vertex-anthropic", "vertex_ai-anthropic_models", "google"),
    "voyage": _place("", "voyage", "voyageai"),
    "xai": _place("xai", "xai", "x-ai"),
}
"""The providers whose names differ between the sources; any other has the same name in all of them."""

LEFT_OUT = ("-plan", "-plan-", "sample", "one of ")
"""Parts of the names of what is no provider of models: subscriptions sold beside an API, and LiteLLM's example."""


def places(models_dev: set[str], litellm: set[str], genai_prices: set[str]) -> dict[str, Place]:
    """Return every provider with its names in the sources, sorted."""
    taken = {
        name for place in PLACES.values() for name in (place.models_dev, *place.litellm, place.genai_prices) if name
    }
    same: dict[str, Place] = {}
    for name in sorted((models_dev | litellm | genai_prices) - taken - PLACES.keys()):
        if name and not any(part in name for part in LEFT_OUT):
            key = name.replace("_", "-")
            place = same.get(key, Place())
            same[key] = Place(
                name if name in models_dev else place.models_dev,
                (*place.litellm, name) if name in litellm else place.litellm,
                name if name in genai_prices else place.genai_prices,
            )
    return dict(sorted({**PLACES, **same}.items()))
