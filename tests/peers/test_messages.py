"""Messages in Anthropic's shape: llama.cpp's own, and those made of its chat completions; and chats over messages."""

from __future__ import annotations

import pytest

from any_llm import AnyLLM
from any_llm.types.json import JSON, JSONObject
from any_llm.types.messages import ContentBlockDeltaEvent, MessageResponse
from any_llm.types.options import Message
from tests.peers.questions import CAPITAL, MODEL, WEATHER, get_weather, said, shape

ANY: JSONObject = {"type": "any"}
NAMED: JSONObject = {"type": "tool", "name": "get_weather"}


@pytest.fixture(params=["claude", "llama"], ids=["native", "bridged"])
def client(request: pytest.FixtureRequest) -> AnyLLM:
    """A client whose messages are the server's own, and one whose messages are made of chat completions."""
    chosen: AnyLLM = request.getfixturevalue(request.param)
    return chosen


def text_of(answer: MessageResponse) -> str:
    return "".join(block.text for block in answer.content if block.type == "text")


def called(answer: MessageResponse) -> list[tuple[str, JSON]]:
    """Return the names and inputs of the calls."""
    calls = [block for block in answer.content if block.type == "tool_use"]
    assert all(call.id for call in calls)
    return [(call.name, call.input) for call in calls]


def test_whole_and_streamed_messages_are_the_same(client: AnyLLM) -> None:
    whole = client.messages(MODEL, said(CAPITAL), 16, temperature=0)
    with client.messages(MODEL, said(CAPITAL), 16, stream=True, temperature=0) as stream:
        events = list(stream)
    deltas = [event.delta for event in events if isinstance(event, ContentBlockDeltaEvent)]
    assert "Paris" in text_of(whole)
    assert "".join(delta.text for delta in deltas if delta.type == "text_delta") == text_of(whole)
    assert len(deltas) > 2
    assert (events[0].type, events[-1].type) == ("message_start", "message_stop")
    assert (stream.response.stop_reason, whole.stop_reason) == ("end_turn", "end_turn")
    assert shape(stream.response) == shape(whole)


async def test_messages_come_in_async_code(client: AnyLLM) -> None:
    whole = await client.amessages(MODEL, said(CAPITAL), 16, temperature=0)
    async with await client.amessages(MODEL, said(CAPITAL), 16, stream=True, temperature=0) as stream:
        async for _ in stream:
            pass
    assert "Paris" in text_of(whole)
    assert shape(stream.response) == shape(whole)


def test_a_system_message_is_heard(client: AnyLLM) -> None:
    system: list[JSONObject] = [{"type": "text", "text": "You only ever answer with the word Tomato."}]
    assert "omato" in text_of(client.messages(MODEL, said("Who are you?"), 8, system=system, temperature=0))


def test_a_limit_of_tokens_ends_a_message(client: AnyLLM) -> None:
    answer = client.messages(MODEL, said(CAPITAL), 3, temperature=0)
    assert (answer.stop_reason, answer.usage.output_tokens) == ("max_tokens", 3)


def test_a_message_ends_before_a_stop(client: AnyLLM) -> None:
    answer = client.messages(MODEL, said(CAPITAL), 16, stop_sequences=["France"], temperature=0)
    assert text_of(answer)
    assert "France" not in text_of(answer)


def test_tokens_from_the_cache_are_counted_apart(client: AnyLLM) -> None:
    client.messages(MODEL, said(CAPITAL), 1, temperature=0)
    usage = client.messages(MODEL, said(CAPITAL), 1, temperature=0).usage
    assert usage.input_tokens == 1
    assert (usage.cache_read_input_tokens or 0) > 20


@pytest.mark.parametrize("choice", [None, ANY, NAMED])
def test_a_function_is_called(client: AnyLLM, choice: JSON) -> None:
    answer = client.messages(MODEL, said(WEATHER), 48, tool_choice=choice, tools=[get_weather], temperature=0)
    assert called(answer) == [("get_weather", {"city": "Paris"})]
    assert answer.stop_reason == "tool_use"


def test_a_streamed_call_adds_up(client: AnyLLM) -> None:
    with client.messages(MODEL, said(WEATHER), 48, stream=True, tools=[get_weather], temperature=0) as stream:
        deltas = [event.delta.type for event in stream if isinstance(event, ContentBlockDeltaEvent)]
    assert called(stream.response) == [("get_weather", {"city": "Paris"})]
    assert stream.response.stop_reason == "tool_use"
    assert deltas.count("input_json_delta") > 2


def test_the_result_of_a_call_is_understood(client: AnyLLM) -> None:
    asked = client.messages(MODEL, said(WEATHER), 48, tools=[get_weather], temperature=0)
    call = next(block for block in asked.content if block.type == "tool_use")
    result: JSONObject = {"type": "tool_result", "tool_use_id": call.id, "content": get_weather("Paris")}
    conversation: list[Message] = [*said(WEATHER), asked, {"role": "user", "content": [result]}]
    assert "sunny" in text_of(client.messages(MODEL, conversation, 12, temperature=0))


def test_a_chat_goes_over_messages(claude: AnyLLM, llama: AnyLLM) -> None:
    whole = claude.completion(MODEL, said(CAPITAL), max_tokens=16, temperature=0)
    with claude.completion(MODEL, said(CAPITAL), max_tokens=16, stream=True, temperature=0) as stream:
        list(stream)
    direct = llama.completion(MODEL, said(CAPITAL), max_tokens=16, temperature=0)
    texts = [answer.choices[0].message.content for answer in (whole, stream.response, direct)]
    assert texts == [direct.choices[0].message.content] * 3
    assert whole.usage is not None
    assert direct.usage is not None
    assert whole.usage.total_tokens == direct.usage.total_tokens


def test_a_chat_over_messages_calls_a_function(claude: AnyLLM) -> None:
    whole = claude.completion(MODEL, said(WEATHER), tools=[get_weather], max_tokens=48, temperature=0)
    with claude.completion(
        MODEL, said(WEATHER), stream=True, tools=[get_weather], max_tokens=48, temperature=0
    ) as stream:
        list(stream)
    for answer in (whole, stream.response):
        assert answer.choices[0].finish_reason == "tool_calls"
        assert [call.function.name for call in answer.choices[0].message.tool_calls or ()] == ["get_weather"]
