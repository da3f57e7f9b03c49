"""The model that answers when none is named."""

from __future__ import annotations

import json

from tests.local.conftest import Ask


async def test_default_model_knows_a_capital(chat: Ask, qwen: str) -> None:
    answer = await chat("What is the capital of France?", model="")
    assert "Paris" in answer["choices"][0]["message"]["content"]
    assert answer["model"] == qwen


async def test_default_model_calls_a_tool(chat: Ask, qwen: str) -> None:
    parameters = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    tool = {"type": "function", "function": {"name": "get_weather", "description": "Weather", "parameters": parameters}}
    answer = await chat("What is the weather in Paris?", model=qwen, tools=[tool], max_tokens=64)
    (call,) = answer["choices"][0]["message"]["tool_calls"]
    assert (call["function"]["name"], json.loads(call["function"]["arguments"])) == ("get_weather", {"city": "Paris"})
