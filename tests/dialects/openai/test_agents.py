"""Chats with agents, whose ids stand where models do."""

from __future__ import annotations

import msgspec

from any_llm.dialects.openai import COMPLETION
from any_llm.providers.catalog import BY_NAME
from any_llm.spec.dialect import Encoded, Target

HELLO = [{"role": "user", "content": "Hello"}]


def ask(provider: str, model: str) -> Encoded:
    record = BY_NAME[provider]
    return COMPLETION.encode(Target(provider=record, model=model, base_url=record.base_url), {"messages": HELLO})


def test_an_agent_of_mistrals_is_asked_where_agents_are() -> None:
    encoded = ask("mistral", "ag_1")
    assert encoded.path == "/agents/completions"
    assert msgspec.json.decode(encoded.body) == {"agent_id": "ag_1", "messages": HELLO}


def test_models_and_other_providers_know_no_agents() -> None:
    for provider, model in (("mistral", "mistral-small-latest"), ("openai", "ag_1")):
        encoded = ask(provider, model)
        assert encoded.path == "/chat/completions"
        assert msgspec.json.decode(encoded.body)["model"] == model
