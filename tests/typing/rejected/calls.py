"""Calls that type checkers must refuse, each in the line of its comment."""

from __future__ import annotations

import any_llm
from any_llm import AnyLLM
from any_llm.types.completion import ChatCompletion
from any_llm.types.addressed import ProviderOptions

MESSAGES = [{"role": "user", "content": "hi"}]


async def wrong(client: AnyLLM) -> None:
    """Do everything wrong."""
    any_llm.completion("openai:m", MESSAGES, temprature=1)  # refused: a misspelt parameter
    any_llm.completion("openai:m", MESSAGES, temperature="hot")  # refused: a wrong type
    any_llm.completion(3, MESSAGES)  # refused: a model that is no text
    any_llm.completion("openai:m", "hi")  # refused: messages that are none
    any_llm.completion("openai:m", MESSAGES, openai={"verbosty": "low"})  # refused: OpenAI has no such option
    any_llm.completion("openai:m", MESSAGES, openai={"verbosity": "mid"})  # refused: it has no such value
    any_llm.completion("openai:m", MESSAGES, antropic={"speed": "fast"})  # refused: there is no such provider
    any_llm.completion("m", MESSAGES, gemini={"generationConfig": {"top_k": 3}})  # refused: Gemini says topK
    any_llm.completion("m", MESSAGES, groq="fast")  # refused: options are a dictionary
    any_llm.messages("anthropic:m", MESSAGES)  # refused: max_tokens is missing
    any_llm.embedding("openai:m")  # refused: nothing to embed
    any_llm.list_batches(limit=3)  # refused: no provider
    any_llm.retrieve_batch("openai", "b", model="m")  # refused: a batch is no model's
    client.completion("m", MESSAGES, api_key="k")  # refused: a client has its key
    await client.acompletion("m", MESSAGES, allow_running_loop=True)  # refused: only blocking calls ask that
    any_llm.completion("m", MESSAGES, stream=True).choices  # refused: a stream has no choices
    any_llm.completion("m", MESSAGES).parsed  # refused: nothing was to be parsed
    whole: ChatCompletion = any_llm.completion("m", MESSAGES, stream=True)  # refused: a stream is no answer
    chain: ProviderOptions = {"gorq": {}}  # refused: there is no such provider
    print(whole, chain)
