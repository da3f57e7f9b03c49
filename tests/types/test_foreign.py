"""Thoughts that a bridge has wrapped for one provider are not sent to another one's own API."""

from __future__ import annotations

import json

from any_llm.dialects.anthropic import DIALECT as ANTHROPIC
from any_llm.dialects.openai import DIALECT as OPENAI
from any_llm.providers.catalog import BY_NAME
from any_llm.spec.dialect import Target
from any_llm.spec.provider import Operation
from any_llm.types.foreign import FOREIGN_SIGNATURE
from any_llm.types.json import JSONObject

WRAPPED = FOREIGN_SIGNATURE + "e30="


def target(name: str) -> Target:
    """Return a target at a provider."""
    return Target(provider=BY_NAME[name], model="m", base_url=BY_NAME[name].base_url)


def test_messages_leave_out_blocks_that_another_provider_signed() -> None:
    text = {"type": "text", "text": "Paris."}
    own = {"type": "thinking", "thinking": "mine", "signature": "EqQB"}
    foreign = {"type": "thinking", "thinking": "theirs", "signature": WRAPPED}
    question: JSONObject = {"role": "user", "content": "Hi"}
    messages = [question, {"role": "assistant", "content": [own, foreign, text]}]
    encoded = ANTHROPIC.operations[Operation.MESSAGES].encode(
        target("anthropic"), {"messages": messages, "max_tokens": 9}
    )
    assert json.loads(encoded.body)["messages"] == [messages[0], {"role": "assistant", "content": [own, text]}]
    assert [(warning.kind, warning.parameter) for warning in encoded.warnings] == [
        ("dropped", "messages[1].content[1]")
    ]
    assert len(messages[1]["content"]) == 3


def test_responses_leave_out_items_that_another_provider_encrypted() -> None:
    own = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA"}
    foreign = {"type": "reasoning", "id": "rs_2", "summary": [], "encrypted_content": WRAPPED}
    encoded = OPENAI.operations[Operation.RESPONSES].encode(
        target("openai"), {"input_data": [own, foreign, {"role": "user", "content": "Hi"}]}
    )
    assert json.loads(encoded.body)["input"] == [own, {"role": "user", "content": "Hi"}]
    assert [(warning.kind, warning.parameter) for warning in encoded.warnings] == [("dropped", "input_data[1]")]


def test_a_text_as_input_is_left_alone() -> None:
    encoded = OPENAI.operations[Operation.RESPONSES].encode(target("openai"), {"input_data": WRAPPED})
    assert json.loads(encoded.body)["input"] == WRAPPED
    assert encoded.warnings == ()
