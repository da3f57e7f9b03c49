"""Parameters that one provider alone has, in its own words: `completion(…, anthropic={"speed": "fast"})`.

They go into the body of requests to that provider, objects merged member by member, and nowhere else. So a chain of
providers can be told at once what each shall do. Names that stand here are completed and checked by editors; at run
time any other goes along too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, TypedDict

from any_llm.types.json import JSON


class OpenAIOptions(TypedDict, total=False):
    """OpenAI's own parameters: https://platform.openai.com/docs/api-reference/chat/create ."""

    audio: Mapping[str, JSON]
    background: bool
    context_management: Sequence[Mapping[str, JSON]]
    conversation: str | Mapping[str, JSON]
    include: Sequence[str]
    max_tool_calls: int
    metadata: Mapping[str, str]
    modalities: Sequence[str]
    moderation: Mapping[str, JSON]
    prediction: Mapping[str, JSON]
    prompt: Mapping[str, JSON]
    prompt_cache_key: str
    prompt_cache_options: Mapping[str, JSON]
    prompt_cache_retention: str
    safety_identifier: str
    service_tier: str
    store: bool
    stream_options: Mapping[str, JSON]
    truncation: str
    verbosity: Literal["low", "medium", "high"]
    web_search_options: Mapping[str, JSON]


class AnthropicOptions(TypedDict, total=False):
    """Anthropic's own parameters: https://platform.claude.com/docs/en/api/messages/create ."""

    cache_control: Mapping[str, JSON]
    compaction: Mapping[str, JSON]
    container: str | Mapping[str, JSON]
    context_management: Mapping[str, JSON]
    fallbacks: Sequence[Mapping[str, JSON]]
    inference_geo: str
    mcp_servers: Sequence[Mapping[str, JSON]]
    metadata: Mapping[str, JSON]
    output_config: Mapping[str, JSON]
    service_tier: Literal["auto", "standard_only"]
    speed: Literal["standard", "fast"]
    thinking: Mapping[str, JSON]
    top_k: int


class GeminiGenerationConfig(TypedDict, total=False):
    """How Gemini generates: https://ai.google.dev/api/generate-content#generationconfig ."""

    candidateCount: int
    enableEnhancedCivicAnswers: bool
    frequencyPenalty: float
    imageConfig: Mapping[str, JSON]
    logprobs: int
    maxOutputTokens: int
    mediaResolution: str
    presencePenalty: float
    responseLogprobs: bool
    responseModalities: Sequence[str]
    seed: int
    speechConfig: Mapping[str, JSON]
    temperature: float
    thinkingConfig: Mapping[str, JSON]
    topK: int
    topP: float


class GeminiOptions(TypedDict, total=False):
    """Gemini's own parameters: https://ai.google.dev/api/generate-content ."""

    cachedContent: str
    generationConfig: GeminiGenerationConfig
    labels: Mapping[str, str]
    safetySettings: Sequence[Mapping[str, JSON]]
    serviceTier: str
    toolConfig: Mapping[str, JSON]


class BedrockOptions(TypedDict, total=False):
    """Bedrock's own parameters: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html ."""

    additionalModelRequestFields: Mapping[str, JSON]
    additionalModelResponseFieldPaths: Sequence[str]
    guardrailConfig: Mapping[str, JSON]
    inferenceConfig: Mapping[str, JSON]
    outputConfig: Mapping[str, JSON]
    performanceConfig: Mapping[str, JSON]
    promptVariables: Mapping[str, JSON]
    requestMetadata: Mapping[str, str]
    serviceTier: Mapping[str, str]


class MistralOptions(TypedDict, total=False):
    """Mistral's own parameters: https://docs.mistral.ai/api ."""

    guardrails: Sequence[Mapping[str, JSON]]
    min_tokens: int
    prediction: Mapping[str, JSON]
    prompt_mode: Literal["reasoning"]
    random_seed: int
    repetition_penalty: float
    safe_prompt: bool
    top_k: int


class CohereOptions(TypedDict, total=False):
    """Cohere's own parameters: https://docs.cohere.com/reference/chat ."""

    citation_options: Mapping[str, JSON]
    documents: Sequence[str | Mapping[str, JSON]]
    k: int
    p: float
    priority: int
    safety_mode: Literal["CONTEXTUAL", "STRICT", "OFF"]
    strict_tools: bool
    thinking: Mapping[str, JSON]


class OllamaModelOptions(TypedDict, total=False):
    """How Ollama runs a model: https://github.com/ollama/ollama/blob/main/docs/modelfile.mdx ."""

    main_gpu: int
    min_p: float
    mirostat: int
    mirostat_eta: float
    mirostat_tau: float
    num_batch: int
    num_ctx: int
    num_gpu: int
    num_keep: int
    num_predict: int
    num_thread: int
    numa: bool
    penalize_newline: bool
    repeat_last_n: int
    repeat_penalty: float
    tfs_z: float
    top_k: int
    typical_p: float
    use_mmap: bool


class OllamaOptions(TypedDict, total=False):
    """Ollama's own parameters: https://docs.ollama.com/api/chat ."""

    format: str | Mapping[str, JSON]
    keep_alive: str | float
    options: OllamaModelOptions
    think: bool | str
    truncate: bool


class GroqOptions(TypedDict, total=False):
    """Groq's own parameters: https://console.groq.com/docs/api-reference#chat-create ."""

    citation_options: Literal["enabled", "disabled"]
    compound_custom: Mapping[str, JSON]
    disable_tool_validation: bool
    documents: Sequence[Mapping[str, JSON]]
    include_reasoning: bool
    reasoning_format: Literal["hidden", "raw", "parsed"]
    search_settings: Mapping[str, JSON]
    service_tier: Literal["auto", "on_demand", "flex", "performance"]


class OpenRouterRouting(TypedDict, total=False):
    """To whom OpenRouter goes: https://openrouter.ai/docs/features/provider-routing ."""

    allow_fallbacks: bool
    data_collection: Literal["allow", "deny"]
    enforce_distillable_text: bool
    ignore: Sequence[str]
    max_price: Mapping[str, JSON]
    only: Sequence[str]
    order: Sequence[str]
    preferred_max_latency: float | Mapping[str, JSON]
    preferred_min_throughput: float | Mapping[str, JSON]
    quantizations: Sequence[str]
    require_parameters: bool
    sort: str | Mapping[str, JSON]
    zdr: bool


class OpenRouterOptions(TypedDict, total=False):
    """OpenRouter's own parameters: https://openrouter.ai/docs/api-reference/parameters ."""

    min_p: float
    models: Sequence[str]
    plugins: Sequence[Mapping[str, JSON]]
    preset: str
    provider: OpenRouterRouting
    reasoning: Mapping[str, JSON]
    repetition_penalty: float
    session_id: str
    top_a: float
    top_k: int
    transforms: Sequence[str]
    usage: Mapping[str, JSON]


class XAIOptions(TypedDict, total=False):
    """xAI's own parameters: https://docs.x.ai/docs/api-reference#chat-completions ."""

    deferred: bool
    search_parameters: Mapping[str, JSON]


class DeepSeekOptions(TypedDict, total=False):
    """DeepSeek's own parameters: https://api-docs.deepseek.com/guides/thinking_mode ."""

    thinking: Mapping[str, JSON]


class PerplexityOptions(TypedDict, total=False):
    """Perplexity's own parameters: https://docs.perplexity.ai/api-reference/chat-completions-post ."""

    disable_search: bool
    enable_search_classifier: bool
    last_updated_after_filter: str
    last_updated_before_filter: str
    media_response: Mapping[str, JSON]
    return_images: bool
    return_related_questions: bool
    search_after_date_filter: str
    search_before_date_filter: str
    search_domain_filter: Sequence[str]
    search_mode: str
    search_recency_filter: str
    web_search_options: Mapping[str, JSON]


class FireworksOptions(TypedDict, total=False):
    """Fireworks' own parameters: https://docs.fireworks.ai/api-reference/post-chatcompletions ."""

    context_length_exceeded_behavior: Literal["truncate", "error"]
    ignore_eos: bool
    min_p: float
    mirostat_lr: float
    mirostat_target: float
    perf_metrics_in_response: bool
    prompt_cache_isolation_key: str
    prompt_truncate_len: int
    repetition_penalty: float
    top_k: int
    typical_p: float


class TogetherOptions(TypedDict, total=False):
    """Together's own parameters: https://docs.together.ai/reference/chat-completions-1 ."""

    context_length_exceeded_behavior: Literal["truncate", "error"]
    echo: bool
    min_p: float
    repetition_penalty: float
    safety_model: str
    top_k: int


class VllmOptions(TypedDict, total=False):
    """What vLLM takes beyond OpenAI's format: https://docs.vllm.ai/en/stable/serving/openai_compatible_server/ ."""

    add_generation_prompt: bool
    bad_words: Sequence[str]
    chat_template: str
    chat_template_kwargs: Mapping[str, JSON]
    continue_final_message: bool
    ignore_eos: bool
    include_stop_str_in_output: bool
    length_penalty: float
    min_p: float
    min_tokens: int
    mm_processor_kwargs: Mapping[str, JSON]
    priority: int
    prompt_logprobs: int
    repetition_penalty: float
    skip_special_tokens: bool
    spaces_between_special_tokens: bool
    stop_token_ids: Sequence[int]
    structured_outputs: Mapping[str, JSON]
    top_k: int
    truncate_prompt_tokens: int
    use_beam_search: bool
