"""A conversation with calls of tools that began at one vendor goes on at any other: results still refer to calls."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from any_llm.dialects.anthropic import DIALECT as ANTHROPIC
from any_llm.dialects.bedrock import DIALECT as BEDROCK
from any_llm.dialects.cohere import DIALECT as COHERE
from any_llm.dialects.dashscope import DIALECT as DASHSCOPE
from any_llm.dialects.gemini import DIALECT as GEMINI
from any_llm.dialects.ollama import DIALECT as OLLAMA
from any_llm.dialects.openai import DIALECT as OPENAI
from any_llm.spec.dialect import Target
from any_llm.spec.provider import Operation
from any_llm.types.http import HttpRequest
from any_llm.types.json import JSON, JSONObject
from tests.dialects.vendors import CITIES, QUESTION, TOOL, VENDORS, body_of

NAMES = sorted(VENDORS)
DIALECTS = {dialect.name: dialect for dialect in (ANTHROPIC, BEDROCK, COHERE, DASHSCOPE, GEMINI, OLLAMA, OPENAI)}
TAKEN: Mapping[str, str] = {
    "anthropic": r"[A-Za-z0-9_-]+",
    "bedrock": r"[A-Za-z0-9_.:-]{1,64}",
    "mistral": r"[A-Za-z0-9]{9}",
    "openai": r"[\s\S]{1,40}",
}
"""Which ids an API takes, where that is told."""


def referred(name: str, body: JSONObject) -> tuple[list[JSON], list[JSON]]:
    """Return the ids of calls that a request has, and those that its results name, in their order."""
    match VENDORS[name].record.dialect:
        case "anthropic":
            blocks = [block for turn in body["messages"][1:] for block in turn["content"]]
            return _named(blocks, "id"), _named(blocks, "tool_use_id")
        case "bedrock":
            blocks = [block for turn in body["messages"] for block in turn["content"]]
            held = [block[kind] for kind in ("toolUse", "toolResult") for block in blocks if kind in block]
            return [one["toolUseId"] for one in held[:2]], [one["toolUseId"] for one in held[2:]]
        case "gemini":
            parts = [part for content in body["contents"] for part in content["parts"]]
            calls = [part["functionCall"] for part in parts if "functionCall" in part]
            results = [part["functionResponse"] for part in parts if "functionResponse" in part]
            return [(one["name"], one.get("id")) for one in calls], [(one["name"], one.get("id")) for one in results]
        case _:
            turns = body.get("messages") or body["input"]["messages"]
            calls = [call for turn in turns for call in turn.get("tool_calls") or ()]
            return _named(calls, "id"), _named(turns, "tool_call_id")


def _named(holders: list[JSONObject], name: str) -> list[JSON]:
    return [holder[name] for holder in holders if name in holder]


def check(name: str, body: JSONObject) -> None:
    """Check that a request has two calls, that both results refer to them in order, and that the API takes the ids."""
    calls, results = referred(name, body)
    assert len(calls) == len(CITIES)
    assert results == calls
    if name != "gemini":
        assert len(set(calls)) == len(CITIES)
    if name in TAKEN:
        assert [call for call in calls if not re.fullmatch(TAKEN[name], str(call))] == []


@pytest.mark.parametrize(("first", "second"), [*itertools.product(NAMES, NAMES)])
async def test_results_refer_to_calls_whoever_made_them(first: str, second: str) -> None:
    asked, _ = VENDORS[first].connect()
    answer: JSON = await asked.acompletion(VENDORS[first].model, [QUESTION], tools=[TOOL])
    message = answer.choices[0].message
    results = [{"role": "tool", "tool_call_id": call.id, "content": "sunny"} for call in message.tool_calls]
    told, noted = VENDORS[second].connect()
    await told.acompletion(VENDORS[second].model, [QUESTION, message, *results], tools=[TOOL])
    check(second, body_of(noted.requests[-1]))


@pytest.mark.parametrize("name", NAMES)
@given(ids=st.lists(st.text(min_size=1, max_size=90), min_size=2, max_size=2, unique=True))
def test_results_refer_to_calls_whatever_their_ids(name: str, ids: list[str]) -> None:
    vendor = VENDORS[name]
    calls = [
        {"id": ids[n], "type": "function", "function": {"name": "weather", "arguments": f'{{"city": "{city}"}}'}}
        for n, city in enumerate(CITIES)
    ]
    results = [{"role": "tool", "tool_call_id": call_id, "content": "sunny"} for call_id in ids]
    messages = [QUESTION, {"role": "assistant", "content": "I ask.", "tool_calls": calls}, *results]
    target = Target(provider=vendor.record, model=vendor.model, base_url="https://vendor.invalid")
    encoded = (
        DIALECTS[vendor.record.dialect]
        .operations[Operation.COMPLETION]
        .encode(target, {"messages": messages, "tools": [TOOL]})
    )
    check(name, body_of(HttpRequest("POST", "https://vendor.invalid", {}, encoded.body)))
