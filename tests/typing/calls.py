"""Calls as users write them, as the type checkers see them. Checked, never run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_type

import any_llm
from any_llm import AnyLLM, EventStream, LLMProvider, ProviderMetadata, Settings, Stream, Timeouts
from any_llm.types.completion import ChatCompletion, ChatCompletionChunk, CompletionUsage, ParsedChatCompletion
from any_llm.types.embedding import CreateEmbeddingResponse
from any_llm.types.messages import MessageResponse, MessageStreamEvent, ParsedMessage
from any_llm.types.model import Model
from any_llm.types.responses import ParsedResponse, Response, ResponseStreamEvent

MESSAGES = [{"role": "user", "content": "hi"}]


@dataclass
class Person:
    """What an answer is parsed into."""

    name: str


def add(first: int, second: int) -> int:
    """Add two numbers."""
    return first + second


async def complete(client: AnyLLM, wanted: bool | None) -> None:
    """Ask for completions in every way."""
    whole = await any_llm.acompletion("openai:m", MESSAGES, temperature=0.5, tools=[add], timeout=Timeouts(total=5))
    assert_type(whole, ChatCompletion)
    assert_type(whole.choices[0].message.content, str | None)
    assert_type(whole.usage, CompletionUsage | None)
    assert_type(await any_llm.acompletion("openai:m", MESSAGES, stream=False), ChatCompletion)
    stream = await any_llm.acompletion("openai:m", MESSAGES, stream=True)
    assert_type(stream, EventStream[ChatCompletionChunk])
    assert_type(stream.usage, CompletionUsage | None)
    async with stream as same:
        async for chunk in same:
            assert_type(chunk, ChatCompletionChunk)
    parsed = await any_llm.acompletion("openai:m", MESSAGES, response_format=Person)
    assert_type(parsed, ParsedChatCompletion[Person])
    assert_type(parsed.parsed, Person | None)
    assert_type(parsed.choices[0].message.parsed, Person | None)
    assert_type(await any_llm.acompletion("m", MESSAGES, response_format={"type": "json_object"}), ChatCompletion)
    either = await any_llm.acompletion("m", MESSAGES, stream=wanted)
    assert_type(either, ChatCompletion | EventStream[ChatCompletionChunk])
    assert_type(await client.acompletion("m", MESSAGES), ChatCompletion)
    assert_type(
        await client.acompletion("m", [*MESSAGES, whole.choices[0].message], stream=True),
        EventStream[ChatCompletionChunk],
    )
    assert_type(
        await client.acompletion(model="m", messages=MESSAGES, response_format=Person), ParsedChatCompletion[Person]
    )


def complete_blocking(client: AnyLLM, wanted: bool | None) -> None:
    """Ask for completions without a loop."""
    assert_type(any_llm.completion("openai:m", MESSAGES), ChatCompletion)
    assert_type(any_llm.completion("openai:m", MESSAGES, response_format=Person), ParsedChatCompletion[Person])
    assert_type(any_llm.completion("m", MESSAGES, stream=wanted), ChatCompletion | Stream[ChatCompletionChunk])
    with any_llm.completion("openai:m", MESSAGES, stream=True, allow_running_loop=True) as stream:
        assert_type(stream, Stream[ChatCompletionChunk])
        assert_type(stream.usage, CompletionUsage | None)
        for chunk in stream:
            assert_type(chunk, ChatCompletionChunk)
    assert_type(client.completion("m", MESSAGES), ChatCompletion)
    assert_type(client.completion("m", MESSAGES, stream=True), Stream[ChatCompletionChunk])
    assert_type(client.completion("m", MESSAGES, response_format=Person), ParsedChatCompletion[Person])


async def respond(client: AnyLLM) -> None:
    """Ask for responses."""
    assert_type(await any_llm.aresponses("openai:m", "hi"), Response)
    assert_type(await any_llm.aresponses("openai:m", [{"role": "user"}], stream=True), EventStream[ResponseStreamEvent])
    parsed = await any_llm.aresponses("openai:m", "hi", response_format=Person)
    assert_type(parsed, ParsedResponse[Person])
    assert_type(parsed.output_parsed, Person | None)
    assert_type(any_llm.responses("openai:m", "hi"), Response)
    assert_type(any_llm.responses("openai:m", "hi", stream=True), Stream[ResponseStreamEvent])
    assert_type(await client.aresponses("m", "hi", stream=True), EventStream[ResponseStreamEvent])
    assert_type(client.responses("m", "hi", response_format=Person), ParsedResponse[Person])


async def message(client: AnyLLM) -> None:
    """Ask for messages."""
    assert_type(await any_llm.amessages("anthropic:m", MESSAGES, 10), MessageResponse)
    assert_type(await any_llm.amessages("anthropic:m", MESSAGES, 10, stream=True), EventStream[MessageStreamEvent])
    parsed = await any_llm.amessages("anthropic:m", MESSAGES, 10, output_format=Person)
    assert_type(parsed, ParsedMessage[Person])
    assert_type(any_llm.messages("anthropic:m", MESSAGES, max_tokens=10), MessageResponse)
    assert_type(any_llm.messages("anthropic:m", MESSAGES, 10, stream=True), Stream[MessageStreamEvent])
    assert_type(await client.amessages("m", MESSAGES, 10), MessageResponse)
    assert_type(client.messages("m", MESSAGES, 10, stream=True), Stream[MessageStreamEvent])


async def embed_and_list(client: AnyLLM) -> None:
    """Ask for vectors and models."""
    assert_type(await any_llm.aembedding("openai:m", ["a"], dimensions=3), CreateEmbeddingResponse)
    assert_type(any_llm.embedding("openai:m", "a"), CreateEmbeddingResponse)
    assert_type(await client.aembedding("m", "a"), CreateEmbeddingResponse)
    assert_type(await any_llm.alist_models("openai"), Sequence[Model])
    assert_type(any_llm.list_models("openai"), Sequence[Model])
    assert_type(client.list_models(), Sequence[Model])


async def make() -> None:
    """Make clients."""
    client = AnyLLM.create("openai", api_key="k", api_base="https://host", settings=Settings(), timeout=5)
    assert_type(client, AnyLLM)
    assert_type(AnyLLM.create_openai_compatible("mine", "http://host", "k"), AnyLLM)
    assert_type(AnyLLM.split_model_provider("openai:m"), tuple[LLMProvider, str])
    assert_type(AnyLLM.get_provider_metadata("openai"), ProviderMetadata)
    assert_type(AnyLLM.get_all_provider_metadata(), Sequence[ProviderMetadata])
    assert_type(client.settings, Settings)
    with client as opened:
        assert_type(opened, AnyLLM)
    async with client as also:
        assert_type(also, AnyLLM)
