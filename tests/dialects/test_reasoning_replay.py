"""What a vendor signed goes back to it byte for byte, and to no other vendor: for every two of them, in every shape."""

from __future__ import annotations

import itertools

import pytest

from any_llm.types.json import JSON
from any_llm.types.report import Warning as CallWarning
from tests.dialects.vendors import CITIES, QUESTION, RESPONSES, TOOL, VENDORS, Vendor

NAMES = sorted(VENDORS)
SIGNERS = [name for name in NAMES if VENDORS[name].signatures]


async def replay_chat(first: Vendor, second: Vendor) -> tuple[str, tuple[CallWarning, ...]]:
    """Ask the first vendor, give its tools' results to the second, and return what the second was sent."""
    asked, _ = first.connect()
    answer: JSON = await asked.acompletion(first.model, [QUESTION], tools=[TOOL])
    message = answer.choices[0].message
    results = [
        {"role": "tool", "tool_call_id": call.id, "content": f"sunny in {city}"}
        for call, city in zip(message.tool_calls, CITIES, strict=True)
    ]
    told, noted = second.connect()
    then: JSON = await told.acompletion(second.model, [QUESTION, message, *results], tools=[TOOL])
    return _text(noted.requests[-1].body), then.warnings


async def replay_messages(first: Vendor, second: Vendor) -> tuple[str, tuple[CallWarning, ...]]:
    """Do the same in the shape of Anthropic's Messages."""
    tool = {"name": "weather", "input_schema": TOOL["function"]["parameters"]}  # type: ignore[index]  # plain JSON
    asked, _ = first.connect()
    answer: JSON = await asked.amessages(first.model, [QUESTION], max_tokens=9_000, tools=[tool])
    calls = [block.id for block in answer.content if block.type == "tool_use"]
    results = [{"type": "tool_result", "tool_use_id": call, "content": "sunny"} for call in calls]
    conversation = [
        QUESTION,
        {"role": "assistant", "content": answer.content},
        {"role": "user", "content": results},
    ]
    told, noted = second.connect()
    then: JSON = await told.amessages(second.model, conversation, max_tokens=9_000, tools=[tool])
    return _text(noted.requests[-1].body), then.warnings


async def replay_items(first: Vendor, second: Vendor) -> tuple[str, tuple[CallWarning, ...]]:
    """Do the same in the shape of OpenAI's Responses."""
    tool = {"type": "function", **TOOL["function"]}  # type: ignore[dict-item]  # plain JSON
    asked, _ = first.connect()
    answer: JSON = await asked.aresponses(first.model, [QUESTION], tools=[tool])
    calls = [item.call_id for item in answer.output if item.type == "function_call"]
    results = [{"type": "function_call_output", "call_id": call, "output": "sunny"} for call in calls]
    told, noted = second.connect()
    then: JSON = await told.aresponses(second.model, [QUESTION, *answer.output, *results], tools=[tool])
    return _text(noted.requests[-1].body), then.warnings


def _text(body: object) -> str:
    assert isinstance(body, bytes)
    return body.decode()


def lost(warnings: tuple[CallWarning, ...]) -> list[str]:
    return [warning.parameter for warning in warnings if warning.kind == "dropped" and "[1]" in warning.parameter]


@pytest.mark.parametrize("name", SIGNERS)
async def test_what_a_vendor_signed_comes_back_to_it_as_it_was(name: str) -> None:
    vendor = VENDORS[name]
    for replay in (replay_chat, replay_messages, replay_items):
        sent, warnings = await replay(vendor, vendor)
        assert [signature for signature in vendor.signatures if f'"{signature}"' not in sent] == []
        assert lost(warnings) == []


@pytest.mark.parametrize(("first", "second"), [*itertools.permutations(NAMES, 2)])
async def test_what_a_vendor_signed_is_dropped_with_a_warning_before_another_one(first: str, second: str) -> None:
    one, other = VENDORS[first], VENDORS[second]
    sent, warnings = await replay_chat(one, other)
    found = [signature for signature in one.signatures if f'"{signature}"' in sent]
    if first in other.reads:
        assert found == list(one.signatures)
    else:
        assert found == []
        assert bool(lost(warnings)) >= bool(one.signatures)


@pytest.mark.parametrize(("first", "second"), [*itertools.permutations(SIGNERS, 2)])
@pytest.mark.parametrize("replay", [replay_messages, replay_items], ids=["messages", "responses"])
async def test_neither_does_it_reach_another_one_in_other_shapes(first: str, second: str, replay: JSON) -> None:
    one, other = VENDORS[first], VENDORS[second]
    sent, warnings = await replay(one, other)
    found = [signature for signature in one.signatures if f'"{signature}"' in sent]
    assert "any-llm:" not in sent
    if not found:
        assert warnings
    else:
        assert first in other.reads


async def test_encrypted_reasoning_comes_back_to_responses_as_it_was() -> None:
    sent, warnings = await replay_items(RESPONSES, RESPONSES)
    assert '"encrypted_content":"UmVzcG9uc2Vz/+=="' in sent
    assert warnings == ()


@pytest.mark.parametrize("name", NAMES)
async def test_encrypted_reasoning_stays_between_responses_and_its_vendor(name: str) -> None:
    sent, warnings = await replay_items(RESPONSES, VENDORS[name])
    assert "UmVzcG9uc2Vz" not in sent
    assert lost(warnings)
    vendor = VENDORS[name]
    sent, warnings = await replay_items(vendor, RESPONSES)
    assert [signature for signature in vendor.signatures if signature in sent] == []
    assert "any-llm:" not in sent
    assert bool(warnings) >= bool(vendor.signatures)
