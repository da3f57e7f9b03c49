"""Models by name and options addressed to providers, as type checkers see them. Checked, never run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_type

import any_llm
from any_llm import AnyLLM, EventStream, Stream
from any_llm.types.addressed import ProviderOptions
from any_llm.types.completion import ChatCompletion, ChatCompletionChunk, ParsedChatCompletion
from any_llm.types.embedding import CreateEmbeddingResponse
from any_llm.types.messages import MessageResponse, MessageStreamEvent, ParsedMessage
from any_llm.types.provider_options import AnthropicOptions, GeminiOptions
from any_llm.types.responses import Response, ResponseStreamEvent

MESSAGES = [{"role": "user", "content": "hi"}]
FAST: AnthropicOptions = {"speed": "fast", "thinking": {"type": "adaptive"}}
CHAIN: ProviderOptions = {"anthropic": FAST, "gemini": {"generationConfig": {"topK": 3}}, "openai": {"store": False}}


class City:
    """What an answer is parsed into."""

    name: str


def any_name_is_a_model(name: str, names: Sequence[str]) -> None:
    """Take well-known names, any other, and none."""
    assert_type(any_llm.completion("openai:gpt-5", MESSAGES), ChatCompletion)
    assert_type(any_llm.completion("mine:whatever", MESSAGES), ChatCompletion)
    assert_type(any_llm.completion(name, MESSAGES), ChatCompletion)
    assert_type(any_llm.completion(messages=MESSAGES), ChatCompletion)
    assert_type(any_llm.completion("gpt-5", MESSAGES, provider="openai"), ChatCompletion)
    assert_type(any_llm.responses(input_data="hi"), Response)
    assert_type([any_llm.embedding(each, "text") for each in names], list[CreateEmbeddingResponse])


async def options_are_addressed(client: AnyLLM, gemini: GeminiOptions) -> None:
    """Say what single providers shall do, in every form of a call."""
    assert_type(any_llm.completion("openai:m", MESSAGES, openai={"verbosity": "low"}, anthropic=FAST), ChatCompletion)
    assert_type(any_llm.completion("openai:m", MESSAGES, **CHAIN), ChatCompletion)
    assert_type(any_llm.completion("m", MESSAGES, stream=True, gemini=gemini), Stream[ChatCompletionChunk])
    parsed = await any_llm.acompletion("m", MESSAGES, response_format=City, groq={"reasoning_format": "hidden"})
    assert_type(parsed, ParsedChatCompletion[City])
    assert_type(parsed.parsed, City | None)
    stream = await client.acompletion("m", MESSAGES, stream=True, openrouter={"provider": {"zdr": True}})
    assert_type(stream, EventStream[ChatCompletionChunk])
    assert_type(any_llm.responses("openai:m", "hi", openai={"truncation": "auto"}), Response)
    assert_type(await client.aresponses("m", "hi", stream=True, xai=None), EventStream[ResponseStreamEvent])
    assert_type(any_llm.messages("anthropic:m", MESSAGES, 10, anthropic=FAST), MessageResponse)
    assert_type(client.messages("m", MESSAGES, 10, stream=True, anthropic=FAST), Stream[MessageStreamEvent])
    assert_type(client.messages("m", MESSAGES, 10, output_format=City, bedrock={}), ParsedMessage[City])
    assert_type(await any_llm.aembedding("ollama:m", "text", ollama={"keep_alive": "5m"}), CreateEmbeddingResponse)
