"""Print an answer as it is written, and leave after forty characters: the connection is closed behind us."""

from __future__ import annotations

from any_llm import completion

question = [{"role": "user", "content": "What is the capital of France?"}]
written = 0
with completion("anthropic:claude-haiku-4-5", question, stream=True) as stream:
    for chunk in stream:
        text = chunk.choices[0].delta.content or ""
        print(text, end="", flush=True)
        written += len(text)
        if written > 40:
            break
print()
