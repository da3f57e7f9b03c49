"""Tools on llama.cpp's server, which reads their calls out of the model's text and enforces them when it must."""

from __future__ import annotations

import json

import pytest

from any_llm import AnyLLM
from any_llm.types.completion import ChatCompletion
from any_llm.types.json import JSON
from tests.peers.questions import MODEL, WEATHER, get_weather, said

NAMED = {"type": "function", "function": {"name": "get_weather"}}


def called(answer: ChatCompletion) -> list[tuple[str, JSON]]:
    """Return the names and arguments of the calls."""
    calls = answer.choices[0].message.tool_calls or []
    assert all(call.id for call in calls)
    return [(call.function.name, json.loads(call.function.arguments)) for call in calls]


@pytest.mark.parametrize("choice", [None, "auto", "required", NAMED])
def test_a_python_function_is_called(llama: AnyLLM, choice: JSON) -> None:
    answer = llama.completion(
        MODEL, said(WEATHER), tool_choice=choice, tools=[get_weather], max_tokens=48, temperature=0
    )
    assert called(answer) == [("get_weather", {"city": "Paris"})]
    assert answer.choices[0].finish_reason == "tool_calls"


@pytest.mark.parametrize("choice", ["auto", "required", NAMED])
def test_a_streamed_call_comes_in_pieces_and_adds_up(llama: AnyLLM, choice: JSON) -> None:
    with llama.completion(
        MODEL, said(WEATHER), tool_choice=choice, stream=True, tools=[get_weather], max_tokens=48, temperature=0
    ) as stream:
        pieces = [call for chunk in stream for part in chunk.choices for call in part.delta.tool_calls or ()]
    assert called(stream.response) == [("get_weather", {"city": "Paris"})]
    assert stream.response.choices[0].finish_reason == "tool_calls"
    assert [piece.function.name for piece in pieces if piece.function and piece.function.name] == ["get_weather"]
    assert len(pieces) > 2


async def test_a_call_in_async_code_comes_whole_and_streamed(llama: AnyLLM) -> None:
    whole = await llama.acompletion(MODEL, said(WEATHER), tools=[get_weather], max_tokens=48, temperature=0)
    async with await llama.acompletion(
        MODEL, said(WEATHER), stream=True, tools=[get_weather], max_tokens=48, temperature=0
    ) as stream:
        async for _ in stream:
            pass
    assert called(whole) == called(stream.response) == [("get_weather", {"city": "Paris"})]


def test_the_result_of_a_call_is_understood(llama: AnyLLM) -> None:
    asked = llama.completion(MODEL, said(WEATHER), tools=[get_weather], max_tokens=48, temperature=0).choices[0].message
    assert asked.tool_calls is not None
    result = {"role": "tool", "tool_call_id": asked.tool_calls[0].id, "content": get_weather("Paris")}
    answer = llama.completion(MODEL, [*said(WEATHER), asked, result], max_tokens=12, temperature=0)
    assert "sunny" in (answer.choices[0].message.content or "")
