"""Parameters as one object each, for classes that override a provider's methods. A misspelt name is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from any_llm.types.json import JSON, JSONObject


class _Params(msgspec.Struct, kw_only=True):
    def options(self) -> JSONObject:
        """Return what was said, by name."""
        return {name: value for name in self.__struct_fields__ if (value := getattr(self, name)) is not None}

    model_dump = options

    def to_api_kwargs(self) -> JSONObject:
        """Return what was said, but for the model."""
        return {name: value for name, value in self.options().items() if name not in {"model", "model_id"}}


class CompletionParams(_Params, kw_only=True):
    """Parameters of a completion.

    Raises:
        ValueError: there is no message.
    """

    model_id: str
    messages: Sequence[JSON]
    tools: Sequence[JSON] | None = None
    tool_choice: str | Mapping[str, JSON] | None = None
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    response_format: JSON = None
    stream: bool | None = None
    n: int | None = None
    stop: str | Sequence[str] | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    seed: int | None = None
    user: str | None = None
    parallel_tool_calls: bool | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    logit_bias: Mapping[str, float] | None = None
    stream_options: Mapping[str, JSON] | None = None
    max_completion_tokens: int | None = None
    reasoning_effort: str | None = "auto"
    service_tier: str | None = None
    prompt_cache_key: str | None = None
    timeout: float | None = None

    def __post_init__(self) -> None:
        if not self.messages:
            msg = "The `messages` list cannot be empty."
            raise ValueError(msg)


class ResponsesParams(_Params, kw_only=True):
    """Parameters of a response. `input` is a text or a list of items, which are passed on unvalidated."""

    model: str
    input: str | Sequence[JSON]
    tools: Sequence[JSON] | None = None
    tool_choice: str | Mapping[str, JSON] | None = None
    max_output_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    stream: bool | None = None
    instructions: str | None = None
    max_tool_calls: int | None = None
    parallel_tool_calls: bool | None = None
    reasoning: Mapping[str, JSON] | None = None
    text: Mapping[str, JSON] | None = None
    response_format: JSON = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    truncation: str | None = None
    context_management: Sequence[JSON] | None = None
    store: bool | None = None
    service_tier: str | None = None
    user: str | None = None
    metadata: Mapping[str, str] | None = None
    previous_response_id: str | None = None
    include: Sequence[str] | None = None
    background: bool | None = None
    safety_identifier: str | None = None
    prompt_cache_key: str | None = None
    prompt_cache_retention: str | None = None
    conversation: str | Mapping[str, JSON] | None = None
    top_logprobs: int | None = None
    stream_options: Mapping[str, JSON] | None = None
    timeout: float | None = None
    extra_body: Mapping[str, JSON] | None = None


class MessagesParams(_Params, kw_only=True):
    """Parameters of a message."""

    model: str
    messages: Sequence[JSON]
    max_tokens: int
    system: str | Sequence[JSON] | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    stream: bool | None = None
    stop_sequences: Sequence[str] | None = None
    tools: Sequence[JSON] | None = None
    tool_choice: Mapping[str, JSON] | None = None
    metadata: Mapping[str, JSON] | None = None
    thinking: Mapping[str, JSON] | None = None
    cache_control: Mapping[str, JSON] | None = None
    prompt_cache_key: str | None = None
    service_tier: str | None = None
    context_management: Mapping[str, JSON] | None = None
    betas: Sequence[str] | None = None
    container: str | Mapping[str, JSON] | None = None
    output_format: JSON = None
    timeout: float | None = None


class AudioTranscriptionParams(_Params, kw_only=True):
    """Parameters of a transcription."""

    model_id: str
    file: JSON
    language: str | None = None
    prompt: str | None = None
    response_format: str | None = None
    temperature: float | None = None
    timestamp_granularities: Sequence[str] | None = None
    filename: str | None = None
    mime_type: str | None = None


class AudioSpeechParams(_Params, kw_only=True):
    """Parameters of a spoken text."""

    model_id: str
    input: str
    voice: JSON
    instructions: str | None = None
    response_format: str | None = None
    speed: float | None = None


class ImageGenerationParams(_Params, kw_only=True):
    """Parameters of generated images."""

    model_id: str
    prompt: str
    n: int | None = None
    size: str | None = None
    quality: str | None = None
    style: str | None = None
    response_format: str | None = None
    user: str | None = None


class ImageEditParams(_Params, kw_only=True):
    """Parameters of edited images."""

    model_id: str
    image: JSON
    prompt: str
    n: int | None = None
    size: str | None = None
    quality: str | None = None
    response_format: str | None = None
    user: str | None = None
