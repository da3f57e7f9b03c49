"""Responses: llama.cpp's own, and those made of its chat completions."""

from __future__ import annotations

import json

import pytest

import any_llm
from any_llm import AnyLLM, InvalidRequestError
from any_llm.types.json import JSON
from any_llm.types.responses import (
    Response,
    ResponseFunctionToolCall,
    ResponseOutputItemAddedEvent,
    ResponseTextDeltaEvent,
)
from tests.peers.questions import CAPITAL, MODEL, WEATHER, get_weather, said


@pytest.fixture(params=["configured", "llama"], ids=["native", "bridged"])
def client(request: pytest.FixtureRequest) -> AnyLLM:
    """A client whose responses are the server's own, and one whose responses are made of chat completions."""
    chosen: AnyLLM = request.getfixturevalue(request.param)
    return chosen


def called(answer: Response) -> list[tuple[str, JSON]]:
    """Return the names and arguments of the calls."""
    calls = [item for item in answer.output if isinstance(item, ResponseFunctionToolCall)]
    assert all(call.call_id for call in calls)
    return [(call.name, json.loads(call.arguments)) for call in calls]


def test_whole_and_streamed_responses_are_the_same(client: AnyLLM) -> None:
    whole = client.responses(MODEL, CAPITAL, max_output_tokens=16, temperature=0)
    with client.responses(MODEL, CAPITAL, stream=True, max_output_tokens=16, temperature=0) as stream:
        events = list(stream)
    pieces = [event.delta for event in events if isinstance(event, ResponseTextDeltaEvent)]
    assert "Paris" in whole.output_text
    assert "".join(pieces) == stream.response.output_text == whole.output_text
    assert len(pieces) > 2
    assert (whole.status, stream.response.status) == ("completed", "completed")


async def test_responses_come_in_async_code(client: AnyLLM) -> None:
    whole = await client.aresponses(MODEL, CAPITAL, max_output_tokens=16, temperature=0)
    async with await client.aresponses(MODEL, CAPITAL, stream=True, max_output_tokens=16, temperature=0) as stream:
        kinds = [event.type async for event in stream]
    assert "Paris" in whole.output_text
    assert stream.response.output_text == whole.output_text
    assert (kinds[0], kinds[-1]) == ("response.created", "response.completed")


def test_events_are_numbered_and_say_their_item_though_the_server_does_not(client: AnyLLM) -> None:
    with client.responses(MODEL, CAPITAL, stream=True, max_output_tokens=16, temperature=0) as stream:
        events = list(stream)
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert {event.output_index for event in events if hasattr(event, "output_index")} == {0}


def test_tokens_are_counted(client: AnyLLM) -> None:
    usage = client.responses(MODEL, CAPITAL, max_output_tokens=4, temperature=0).usage
    assert usage is not None
    assert usage.output_tokens == 4
    assert usage.total_tokens == usage.input_tokens + 4
    assert 0 <= usage.input_tokens_details.cached_tokens < usage.input_tokens


def test_a_function_is_called(client: AnyLLM) -> None:
    assert called(client.responses(MODEL, WEATHER, tools=[get_weather], max_output_tokens=48, temperature=0)) == [
        ("get_weather", {"city": "Paris"})
    ]


def test_a_streamed_call_adds_up(client: AnyLLM) -> None:
    with client.responses(
        MODEL, WEATHER, stream=True, tools=[get_weather], max_output_tokens=48, temperature=0
    ) as stream:
        events = list(stream)
    added = [event.item.type for event in events if isinstance(event, ResponseOutputItemAddedEvent)]
    pieces = [event for event in events if event.type == "response.function_call_arguments.delta"]
    assert called(stream.response) == [("get_weather", {"city": "Paris"})]
    assert added == ["function_call"]
    assert len(pieces) > 2


def test_the_result_of_a_call_is_understood(client: AnyLLM) -> None:
    asked = client.responses(MODEL, WEATHER, tools=[get_weather], max_output_tokens=48, temperature=0).output
    call = next(item for item in asked if isinstance(item, ResponseFunctionToolCall))
    result = {"type": "function_call_output", "call_id": call.call_id, "output": get_weather("Paris")}
    conversation = [*said(WEATHER), *asked, result]
    assert "sunny" in client.responses(MODEL, conversation, max_output_tokens=12, temperature=0).output_text


def test_module_functions_reach_a_configured_server(configured: AnyLLM) -> None:
    answer = any_llm.responses(f"peer:{MODEL}", CAPITAL, max_output_tokens=16, temperature=0)
    assert "Paris" in answer.output_text
    assert answer.report.provider == "peer"


def test_what_the_server_does_not_offer_is_its_refusal(configured: AnyLLM) -> None:
    with pytest.raises(InvalidRequestError, match="previous_response_id"):
        configured.responses(MODEL, CAPITAL, previous_response_id="resp_1")
