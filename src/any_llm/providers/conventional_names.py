"""What OpenTelemetry's conventions call the providers of the catalogue.

https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/
"""

from __future__ import annotations

from collections.abc import Mapping

CONVENTIONAL: Mapping[str, str] = {
    "azure": "azure.ai.inference",
    "azureopenai": "azure.ai.openai",
    "azureanthropic": "azure.ai.inference",
    "bedrock": "aws.bedrock",
    "bedrock-mantle": "aws.bedrock",
    "gemini": "gcp.gemini",
    "vertexai": "gcp.vertex_ai",
    "vertexaianthropic": "gcp.vertex_ai",
    "vertexaillama": "gcp.vertex_ai",
    "vertexaimistral": "gcp.vertex_ai",
    "mistral": "mistral_ai",
    "xai": "x_ai",
    "moonshot": "moonshot_ai",
    "watsonx": "ibm.watsonx.ai",
}
"""The conventions' names where they differ from ours; all others are called as here."""


WITH_OPENAIS: frozenset[str] = frozenset({"openai"})
"""The providers of which the conventions tell OpenAI's own attributes, too.

https://opentelemetry.io/docs/specs/semconv/gen-ai/openai/
"""


def conventional_name(provider: str) -> str:
    """Return what the conventions call a provider."""
    return CONVENTIONAL.get(provider, provider)
