"""To which providers options can be addressed by name. What each of them takes loads only where it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from any_llm.types.provider_options import (
        AnthropicOptions,
        BedrockOptions,
        CohereOptions,
        DeepSeekOptions,
        FireworksOptions,
        GeminiOptions,
        GroqOptions,
        MistralOptions,
        OllamaOptions,
        OpenAIOptions,
        OpenRouterOptions,
        PerplexityOptions,
        TogetherOptions,
        VllmOptions,
        XAIOptions,
    )


class ProviderOptions(TypedDict, total=False):
    """Parameters addressed to providers by their names; `any_llm.types.provider_options` has them.

    A provider without a name here takes those of the wire format that it speaks.
    """

    anthropic: AnthropicOptions | None
    bedrock: BedrockOptions | None
    cohere: CohereOptions | None
    deepseek: DeepSeekOptions | None
    fireworks: FireworksOptions | None
    gemini: GeminiOptions | None
    groq: GroqOptions | None
    mistral: MistralOptions | None
    ollama: OllamaOptions | None
    openai: OpenAIOptions | None
    openrouter: OpenRouterOptions | None
    perplexity: PerplexityOptions | None
    together: TogetherOptions | None
    vllm: VllmOptions | None
    xai: XAIOptions | None
