"""Answers by the small model on this machine."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import cast

from any_llm.client.anyllm import AnyLLM
from any_llm.testing.mock.answer import Answer, ToolCall, Usage
from any_llm.testing.mock.asked import Asked
from any_llm.testing.mock.request import MockRequest
from any_llm.types.completion import ChatCompletion
from any_llm.types.json import JSON, JSONObject


class LocalModel:
    """An answerer that asks a local model, with the tools and the schema of the request.

    Args:
        model: the local model's name; by default the one that `local` stands for.
    """

    def __init__(self, model: str = "qwen2.5-coder-0.5b") -> None:
        self._model = model

    async def __call__(self, request: MockRequest) -> Answer | None:
        """Return what the model says, or `None` where no conversation is asked for.

        Raises:
            MissingExtraError: llama.cpp is not installed.
        """
        asked = request.asked
        if asked is None or not asked.turns:
            return None
        options = _options(asked)
        client = AnyLLM.create("local")
        completion = await cast("Awaitable[object]", client.acompletion(self._model, _messages(asked), **options))
        assert isinstance(completion, ChatCompletion)
        return _answer(completion)


def _messages(asked: Asked) -> list[JSONObject]:
    # The model sees a tool's result as something it is told: it does not need to see its own calls again.
    roles = {"tool": "user"}
    return [{"role": roles.get(turn.role, turn.role), "content": turn.text} for turn in asked.turns if turn.text]


def _options(asked: Asked) -> JSONObject:
    options: dict[str, JSON] = {"max_tokens": asked.max_tokens, "stop": list(asked.stop) or None}
    if asked.tools and asked.tool_choice != "none" and not asked.tool_results:
        options["tools"] = [
            {"type": "function", "function": {"name": tool.name, "parameters": tool.schema or {"type": "object"}}}
            for tool in asked.tools
        ]
        if asked.tool_choice != "auto":
            options["tool_choice"] = "required"
    if asked.schema is not None:
        schema = {"name": "answer", "schema": asked.schema or {"type": "object"}}
        options["response_format"] = {"type": "json_schema", "json_schema": schema}
    return {name: value for name, value in options.items() if value is not None}


def _answer(completion: ChatCompletion) -> Answer:
    choice = completion.choices[0]
    spent = completion.usage
    calls = tuple(ToolCall(call.function.name, call.function.arguments) for call in choice.message.tool_calls or ())
    return Answer(
        text=choice.message.content or "",
        tool_calls=calls,
        finish=choice.finish_reason or "",
        usage=Usage(input=spent.prompt_tokens, output=spent.completion_tokens) if spent else None,
    )
