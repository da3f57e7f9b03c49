"""The vendors' own SDKs read bridged streams from a socket and add them up to the same answer."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import anthropic
import openai

from any_llm.bridges.messages import bridge_messages
from any_llm.bridges.responses import bridge_responses
from any_llm.types.json import JSON, JSONObject
from tests.bridges.chat import CHAT, call, chunk, folded, streamed

MESSAGES, RESPONSES = bridge_messages(CHAT), bridge_responses(CHAT)
ANNOTATION = {
    "type": "url_citation",
    "url_citation": {"url": "https://e", "title": "T", "start_index": 0, "end_index": 2},
}
CHUNKS: list[JSONObject] = [
    chunk({"role": "assistant", "content": ""}),
    chunk({"reasoning": "Let me "}),
    chunk({"reasoning": "think.", "extra_content": {"vendor": {"token": "T"}}}),
    chunk({"content": "Hé"}),
    chunk({"content": " you.", "annotations": [ANNOTATION]}),
    chunk({"tool_calls": [call(0, call_id="c1", name="now"), call(1, call_id="c2", name="add")]}),
    chunk({"tool_calls": [call(1, '{"a":')]}),
    chunk({"tool_calls": [call(0, '{"zone": "CET"}')]}),
    chunk({"tool_calls": [call(1, "1}")]}),
    chunk({}, "tool_calls"),
    chunk(usage={"prompt_tokens": 9, "completion_tokens": 5, "total_tokens": 14}),
]


@asynccontextmanager
async def serving(events: Iterable[JSON], **dump: bool) -> AsyncIterator[str]:
    """Serve a stream of these events to whoever asks, at the address that is yielded."""
    body = b"".join(f"event: {event.type}\ndata: {event.model_dump_json(**dump)}\n\n".encode() for event in events)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head.lower())
        await reader.readexactly(int(length.group(1)) if length else 0)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n" + body)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_anthropics_sdk_adds_up_the_same_message() -> None:
    events = streamed(MESSAGES, CHUNKS)
    async with (
        serving(events, exclude_none=True) as address,
        anthropic.AsyncAnthropic(base_url=address, api_key="test", max_retries=0) as client,
        client.messages.stream(model="m-1", max_tokens=9, messages=[{"role": "user", "content": "Hello"}]) as stream,
    ):
        texts = [text async for text in stream.text_stream]
        message = await stream.get_final_message()
    whole = folded(MESSAGES, events)
    assert texts == ["Hé", " you."]
    assert [block.model_dump(exclude_none=True) for block in message.content] == [
        block.model_dump(exclude_none=True) for block in whole.content
    ]
    assert message.stop_reason == whole.stop_reason == "tool_use"
    assert (message.usage.input_tokens, message.usage.output_tokens) == (9, 5)
    assert (message.id, message.model) == ("chat-1", "m-1")


async def test_openais_sdk_adds_up_the_same_response() -> None:
    events = streamed(RESPONSES, CHUNKS)
    async with (
        serving(events) as address,
        openai.AsyncOpenAI(base_url=address, api_key="test", max_retries=0) as client,
        client.responses.stream(model="m-1", input="Hello") as stream,
    ):
        deltas = [event.delta async for event in stream if event.type == "response.output_text.delta"]
        response = await stream.get_final_response()
    whole = folded(RESPONSES, events)
    assert deltas == ["Hé", " you."]
    assert response.output_text == whole.output_text == "Hé you."
    kept = {"type", "id", "summary", "encrypted_content", "arguments", "call_id", "name"}
    assert [item.model_dump(include=kept) for item in response.output] == [
        {name: member for name, member in item.model_dump().items() if name in kept} for item in whole.output
    ]
    assert response.usage is not None
    assert response.usage.total_tokens == 14
    assert (response.status, response.id) == ("completed", "chat-1")


def test_events_become_the_sdks_own_classes() -> None:
    """Frameworks tell events apart by their classes."""
    message_classes = {type(event.to_openai()).__name__ for event in streamed(MESSAGES, CHUNKS)}
    assert {"RawMessageStartEvent", "RawContentBlockDeltaEvent", "RawMessageStopEvent"} <= message_classes
    response_classes = {type(event.to_openai()).__name__ for event in streamed(RESPONSES, CHUNKS)}
    assert {"ResponseCreatedEvent", "ResponseTextDeltaEvent", "ResponseCompletedEvent"} <= response_classes
