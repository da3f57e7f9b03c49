"""Each operation's parameters, stated once. What is `None` counts as not said."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias, TypedDict

from any_llm.types.addressed import ProviderOptions
from any_llm.types.completion import ReasoningEffort
from any_llm.types.guards import Guards
from any_llm.types.http import Timeouts
from any_llm.types.json import JSON
from any_llm.types.value import Value

Message: TypeAlias = "Mapping[str, JSON] | Value"
"""A message as a dictionary, or one that an earlier answer contained."""

Tool: TypeAlias = "Mapping[str, JSON] | Callable[..., object]"
"""A tool as a dictionary, or a Python function whose hints and docstring describe it."""


class CallOptions(TypedDict, total=False):
    """What every operation takes beside its own parameters.

    `timeout` is seconds: a number limits a whole call, and in a stream the wait for each piece; `Timeouts` says it in
    detail. `deadline` is seconds too: all that a call may take, further attempts, waits and the end of a stream
    included. `max_retries` is how often it is made again where that may help. `tenant`, `project`, `tags` and
    `priority` say on whose behalf it is made, for limits, budgets, ledgers and caches; they are not sent. `guards` says
    what is looked at in this call, instead of what is looked at in all: `True` for the usual, `False` for nothing.
    `extra_body` goes into the JSON body as it is; `extra_headers` and `extra_query` are added to the request.
    """

    timeout: float | Timeouts | None
    deadline: float | None
    max_retries: int | None
    tenant: str | None
    project: str | None
    tags: Sequence[str] | None
    priority: int | None
    cache: str | Mapping[str, JSON] | None
    guards: Guards | bool | None
    extra_headers: Mapping[str, str] | None
    extra_query: Mapping[str, str] | None
    extra_body: Mapping[str, JSON] | None


class CompletionOptions(CallOptions, ProviderOptions, total=False):
    """Parameters of `completion`.

    `cache="auto"` has the provider keep the beginning of the conversation, in its own way.
    https://platform.openai.com/docs/api-reference/chat/create
    """

    tools: Sequence[Tool] | None
    tool_choice: str | Mapping[str, JSON] | None
    temperature: float | None
    top_p: float | None
    max_tokens: int | None
    n: int | None
    stop: str | Sequence[str] | None
    presence_penalty: float | None
    frequency_penalty: float | None
    seed: int | None
    user: str | None
    session_label: str | None
    parallel_tool_calls: bool | None
    logprobs: bool | None
    top_logprobs: int | None
    logit_bias: Mapping[str, float] | None
    stream_options: Mapping[str, JSON] | None
    max_completion_tokens: int | None
    reasoning_effort: ReasoningEffort | None
    service_tier: str | None
    prompt_cache_key: str | None
    metadata: Mapping[str, str] | None
    modalities: Sequence[str] | None
    audio: Mapping[str, JSON] | None
    prediction: Mapping[str, JSON] | None
    store: bool | None
    verbosity: str | None
    web_search_options: Mapping[str, JSON] | None
    safety_identifier: str | None
    prompt_cache_retention: str | None


class ResponsesOptions(CallOptions, ProviderOptions, total=False):
    """Parameters of `responses`.

    https://platform.openai.com/docs/api-reference/responses/create
    """

    tools: Sequence[Tool] | None
    tool_choice: str | Mapping[str, JSON] | None
    max_output_tokens: int | None
    temperature: float | None
    top_p: float | None
    instructions: str | None
    max_tool_calls: int | None
    parallel_tool_calls: bool | None
    reasoning: Mapping[str, JSON] | None
    text: Mapping[str, JSON] | None
    presence_penalty: float | None
    frequency_penalty: float | None
    truncation: str | None
    context_management: Sequence[Mapping[str, JSON]] | None
    store: bool | None
    service_tier: str | None
    user: str | None
    metadata: Mapping[str, str] | None
    previous_response_id: str | None
    include: Sequence[str] | None
    background: bool | None
    safety_identifier: str | None
    prompt_cache_key: str | None
    prompt_cache_retention: str | None
    conversation: str | Mapping[str, JSON] | None
    top_logprobs: int | None
    stream_options: Mapping[str, JSON] | None
    prompt: Mapping[str, JSON] | None


class MessagesOptions(CallOptions, ProviderOptions, total=False):
    """Parameters of `messages`.

    https://platform.claude.com/docs/en/api/messages
    """

    system: str | Sequence[Mapping[str, JSON]] | None
    temperature: float | None
    top_p: float | None
    top_k: int | None
    stop_sequences: Sequence[str] | None
    tools: Sequence[Tool] | None
    tool_choice: Mapping[str, JSON] | None
    metadata: Mapping[str, JSON] | None
    thinking: Mapping[str, JSON] | None
    cache_control: Mapping[str, JSON] | None
    prompt_cache_key: str | None
    service_tier: str | None
    context_management: Mapping[str, JSON] | None
    betas: Sequence[str] | None
    container: str | Mapping[str, JSON] | None
    output_config: Mapping[str, JSON] | None


class EmbeddingOptions(CallOptions, ProviderOptions, total=False):
    """Parameters of `embedding`.

    https://platform.openai.com/docs/api-reference/embeddings/create
    """

    dimensions: int | None
    encoding_format: str | None
    user: str | None


class ListModelsOptions(CallOptions, total=False):
    """Parameters of `list_models`: none but those of every operation."""


class ClientOptions(TypedDict, total=False):
    """What the module functions take to reach a provider.

    `client_args` are further arguments of `AnyLLM.create`.
    """

    provider: str | None
    api_key: str | None
    api_base: str | None
    client_args: Mapping[str, JSON] | None


class ReachOptions(TypedDict, total=False):
    """What the module functions that name a provider first take to reach it; see `ClientOptions`."""

    api_key: str | None
    api_base: str | None
    client_args: Mapping[str, JSON] | None
