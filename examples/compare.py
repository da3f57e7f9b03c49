"""Ask two providers at the same time; an error of either has the same classes and attributes."""

from __future__ import annotations

import asyncio

from any_llm import AnyLLMError, acompletion

MODELS = ("openai:gpt-5-mini", "anthropic:claude-haiku-4-5")


async def ask(model: str) -> str:
    """Return the model's answer, or what went wrong."""
    try:
        answer = await acompletion(model, [{"role": "user", "content": "What is the capital of France?"}])
    except AnyLLMError as error:
        return f"{type(error).__name__}: {error}"
    return answer.choices[0].message.content or ""


async def main() -> None:
    """Ask all, print in order."""
    for model, text in zip(MODELS, await asyncio.gather(*map(ask, MODELS)), strict=True):
        print(f"{model}: {text}")


asyncio.run(main())
