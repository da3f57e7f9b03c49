"""Counting tokens: chats in either shape, and what is left out because it takes none."""

from __future__ import annotations

import pytest

from any_llm.dialects.anthropic.count_tokens import COUNT_TOKENS
from any_llm.exceptions import MalformedResponseError, ModelNotFoundError
from any_llm.spec.dialect import Encoded
from any_llm.types.json import JSON
from tests.dialects.anthropic.calls import HELLO, MODEL, body_of, respond, target, warned

TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}


def count(*messages: JSON, **options: JSON) -> Encoded:
    return COUNT_TOKENS.encode(target(), {"messages": list(messages), **options})


def test_a_chat_is_counted_as_it_would_be_asked_without_a_limit() -> None:
    encoded = count({"role": "system", "content": "Be brief"}, HELLO)
    assert encoded.path == "/v1/messages/count_tokens"
    assert body_of(encoded) == {"model": MODEL, "system": "Be brief", "messages": [HELLO]}
    assert warned(encoded) == []


def test_tools_and_effort_in_openais_words_are_translated() -> None:
    encoded = count(HELLO, tools=[TOOL], tool_choice="required", reasoning_effort="none")
    assert body_of(encoded)["tool_choice"] == {"type": "any"}
    assert body_of(encoded)["tools"][0]["name"] == "look"
    thinking = body_of(count(HELLO, reasoning_effort="low"))["thinking"]
    assert thinking == {"type": "enabled", "budget_tokens": 2_048}


@pytest.mark.parametrize(
    "message",
    [
        {"role": "user", "content": [{"type": "text", "text": "hi", "cache_control": {"type": "ephemeral"}}]},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "look", "input": {}}]},
        {"role": "user", "content": [{"type": "image", "source": {"type": "url", "url": "https://h/i.png"}}]},
    ],
)
def test_content_in_anthropics_shape_is_sent_as_it_is(message: JSON) -> None:
    own = {"name": "look", "input_schema": {"type": "object"}}
    encoded = count(HELLO, message, system=[{"type": "text", "text": "Be brief"}], tools=[own], thinking={"type": "x"})
    assert body_of(encoded) == {
        "model": MODEL,
        "messages": [HELLO, message],
        "system": [{"type": "text", "text": "Be brief"}],
        "tools": [own],
        "thinking": {"type": "x"},
    }


@pytest.mark.parametrize(
    "message",
    [
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://h/i.png"}}]},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": ""}}]},
    ],
)
def test_content_in_openais_shape_is_translated(message: JSON) -> None:
    (turn,) = body_of(count(message))["messages"]
    assert turn["content"][0]["type"] in {"image", "tool_use"}


def test_the_count_is_read_and_so_is_an_error() -> None:
    answer = COUNT_TOKENS.decode(target(), respond({"input_tokens": 12, "more": 1}))
    assert (answer.input_tokens, answer.model_extra) == (12, {"more": 1})
    with pytest.raises(MalformedResponseError, match="input_tokens"):
        COUNT_TOKENS.decode(target(), respond({"tokens": 3}))
    with pytest.raises(ModelNotFoundError):
        COUNT_TOKENS.decode(target(), respond({"error": {"type": "not_found_error", "message": "gone"}}))
