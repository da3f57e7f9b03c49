"""Where clients find a mock: base URLs by provider, and the environment variables of the vendors' own libraries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from any_llm.providers.registry import provider

SHOWN: Sequence[str] = (
    "openai", "anthropic", "gemini", "vertexai", "bedrock", "azureopenai", "cohere", "mistral", "ollama", "groq",
)  # fmt: skip
"""The providers whose base URLs are shown; every other one has one likewise."""

_KEY = "mock"
_VARIABLES: Mapping[str, tuple[str, str]] = {
    "OPENAI_BASE_URL": ("openai", "/v1"),
    "ANTHROPIC_BASE_URL": ("anthropic", ""),
    "GOOGLE_GEMINI_BASE_URL": ("gemini", ""),
    "GOOGLE_VERTEX_BASE_URL": ("vertexai", ""),
    "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": ("bedrock", ""),
    "AZURE_OPENAI_ENDPOINT": ("azureopenai", ""),
    "CO_API_URL": ("cohere", ""),
    "MISTRAL_API_BASE": ("mistral", "/v1"),
    "OLLAMA_HOST": ("ollama", ""),
}
"""The variables that the vendors' libraries read, with the provider and what follows its name in the URL.

That of Mistral is this library's own: mistralai takes a `server_url` only.
"""

_KEYS: Sequence[str] = (
    "OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "AZURE_OPENAI_API_KEY", "CO_API_KEY", "COHERE_API_KEY",
    "MISTRAL_API_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
)  # fmt: skip


def base_url(origin: str, name: str) -> str:
    """Return the base URL of a provider at a mock, as `api_base=` or the provider's variable takes it.

    Raises:
        UnsupportedProviderError: nobody has this name.
    """
    path = urlsplit(provider(name).base_url).path.partition("{")[0].rstrip("/")
    return f"{origin}/{name}{path}"


def environment(origin: str) -> dict[str, str]:
    """Return the environment variables that send the vendors' libraries, and this one, to a mock."""
    urls = {name: f"{origin}/{vendor}{rest}" for name, (vendor, rest) in _VARIABLES.items()}
    ours = {record.base_url_variable: base_url(origin, record.name) for record in map(provider, SHOWN)}
    ours.pop("", None)
    return {**ours, **urls, **dict.fromkeys(_KEYS, _KEY), "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1"}
