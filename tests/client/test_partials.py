"""The values that a streamed JSON answer passes through, over real sockets."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from any_llm.client.blocking import Stream
from any_llm.exceptions import ResponseFormatError
from any_llm.pipeline.partials import text_in
from any_llm.pipeline.stream import EventStream
from any_llm.types.completion import ChatCompletionChunk, ParsedChatCompletion
from any_llm.types.json import JSON
from any_llm.types.responses_events import ResponseCompletedEvent, ResponseTextDeltaEvent
from tests.client.answers import MESSAGES, streamed
from tests.client.conftest import Client
from tests.transport.peers import END, HEAD, Peer, Received, Script


@dataclass
class City:
    """What the answers hold."""

    name: str
    size: int


def telling(*texts: str) -> Script:
    async def script(peer: Peer, received: Received) -> None:
        peer.say(HEAD + streamed(*texts) + END)

    return script


PIECES = ('{"name": "Pa', 'ris", "si', 'ze": 2', "1}")


async def test_values_grow_until_the_answer_is_whole(client: Client) -> None:
    stream = await client(telling(*PIECES)).acompletion("m", MESSAGES, stream=True, response_format=City)

    values = [value async for value in stream.partials()]

    assert values == [{"name": "Pa"}, {"name": "Paris"}, {"name": "Paris", "size": 21}]
    assert stream.response.parsed == City("Paris", 21)


def test_blocking_code_sees_the_same(client: Client) -> None:
    stream = client(telling(*PIECES)).completion("m", MESSAGES, stream=True, response_format=City)

    assert list(stream.partials())[-1] == {"name": "Paris", "size": 21}
    assert isinstance(stream.response, ParsedChatCompletion)


async def test_what_was_put_around_a_list_is_taken_off(client: Client) -> None:
    pieces = ('{"value": [{"name": "Paris", "size": 1}', ', {"name": "Ro', 'me", "size": 2}]}')
    stream = await client(telling(*pieces)).acompletion("m", MESSAGES, stream=True, response_format=list[City])

    values = [value async for value in stream.partials()]

    assert [len(value) for value in values] == [1, 2, 2]
    assert stream.response.parsed == [City("Paris", 1), City("Rome", 2)]


async def test_a_stream_without_a_form_has_values_too(client: Client) -> None:
    stream = await client(telling('{"a": 1', ', "b": 2}')).acompletion("m", MESSAGES, stream=True)

    assert [value async for value in stream.partials()] == [{}, {"a": 1, "b": 2}]


async def test_an_answer_that_is_no_json_is_told(client: Client) -> None:
    stream = await client(telling('{"a" "b", ', "x")).acompletion("m", MESSAGES, stream=True, response_format=City)

    with pytest.raises(ResponseFormatError, match="no JSON"):
        [value async for value in stream.partials()]


async def test_leaving_early_closes_the_stream(client: Client) -> None:
    stream = await client(telling(*PIECES)).acompletion("m", MESSAGES, stream=True)

    async with stream.partials() as values:
        await anext(values)

    assert stream.closed


def test_closing_blocking_values_closes_the_stream(client: Client) -> None:
    stream = client(telling(*PIECES)).completion("m", MESSAGES, stream=True)
    with stream.partials() as values:
        next(values)

    assert stream.closed


async def test_responses_and_messages_have_values_too(client: Client) -> None:
    asked = client(telling(*PIECES))
    events = await asked.amessages("m", MESSAGES, 100, stream=True, output_format=City)

    assert [value async for value in events.partials()][-1] == {"name": "Paris", "size": 21}


@pytest.mark.parametrize(
    ("item", "text"),
    [
        (ChatCompletionChunk(), ""),
        (ResponseTextDeltaEvent(delta="Pa"), "Pa"),
        (ResponseCompletedEvent(), ""),
    ],
)
def test_only_text_of_the_answer_counts(item: JSON, text: str) -> None:
    assert text_in(item) == text


def test_blocking_and_async_streams_offer_the_same() -> None:
    assert {"partials", "response", "usage", "close"} <= set(dir(Stream)) & set(dir(EventStream))
