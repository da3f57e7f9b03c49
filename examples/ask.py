"""Ask one question: the answer, and the tokens it took."""

from __future__ import annotations

from any_llm import completion

answer = completion("openai:gpt-5-mini", [{"role": "user", "content": "What is the capital of France?"}])
print(answer.choices[0].message.content)
if answer.usage:
    print(f"{answer.usage.prompt_tokens} tokens in, {answer.usage.completion_tokens} tokens out")
