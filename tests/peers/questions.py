"""What the peers are asked: short questions that a model of half a billion parameters answers rightly."""

from __future__ import annotations

from any_llm.types.json import JSON, JSONObject

KEY = "sk-peer"
MODEL = "local"
CAPITAL = "What is the capital of France? Answer in one short sentence."
WEATHER = "What is the weather in Paris?"


def said(question: str) -> list[JSONObject]:
    """Return a conversation that begins with a question; it is the same in OpenAI's and in Anthropic's shape."""
    return [{"role": "user", "content": question}]


def get_weather(city: str) -> str:
    """Get the current weather in a city."""
    return f"It is sunny in {city}."


def shape(value: JSON) -> JSONObject:
    """Return an answer as plain values without what no two answers share: ids, times and what was in the cache."""
    tree: JSONObject = value.model_dump(exclude_none=True)
    return {name: member for name, member in tree.items() if name not in _OWN}


_OWN = frozenset({"id", "created", "created_at", "completed_at", "timings", "usage"})
