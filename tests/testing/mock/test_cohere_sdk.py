"""Cohere's own library works against the mock, unmodified, over a socket."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator

import cohere
import httpx
import pytest
from cohere.core.api_error import ApiError

from any_llm.testing import Answer, Failure, Mock, ToolCall, Usage

HELLO = [{"role": "user", "content": "hello there"}]
MODEL = "command-a-03-2025"
TOOLS = [{
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}]  # fmt: skip


@pytest.fixture
def mock() -> Iterator[Mock]:
    with Mock() as running:
        yield running


@pytest.fixture
def client(mock: Mock) -> Iterator[cohere.ClientV2]:
    with httpx.Client() as carrier:
        yield cohere.ClientV2(api_key="k", base_url=mock.url("cohere"), httpx_client=carrier)


@pytest.fixture
async def later(mock: Mock) -> AsyncIterator[cohere.AsyncClientV2]:
    async with httpx.AsyncClient() as carrier:
        yield cohere.AsyncClientV2(api_key="k", base_url=mock.url("cohere"), httpx_client=carrier)


def test_a_chat_has_its_text_its_thoughts_and_its_usage(client: cohere.ClientV2, mock: Mock) -> None:
    mock.reply(
        Answer(text="Hi", reasoning="Hm", finish="length", usage=Usage(input=20, output=4, cached=5, reasoning=1))
    )

    told = client.chat(model=MODEL, messages=HELLO)

    assert [(part.type, getattr(part, part.type)) for part in told.message.content] == [
        ("thinking", "Hm"),
        ("text", "Hi"),
    ]
    assert told.finish_reason == "MAX_TOKENS"
    assert (told.usage.tokens.input_tokens, told.usage.tokens.output_tokens, told.usage.cached_tokens) == (20, 4, 5)
    assert told.usage.billed_units.input_tokens == 20


def test_documents_are_cited(client: cohere.ClientV2) -> None:
    told = client.chat(model=MODEL, messages=HELLO, documents=[{"data": {"text": "A fact", "title": "Facts"}}, "Other"])

    (citation,) = told.message.citations
    assert (citation.start, citation.end, citation.text) == (0, 11, "hello there")
    assert citation.sources[0].document == {"id": "doc:0", "text": "A fact", "title": "Facts"}


def test_a_chat_is_streamed_event_by_event(client: cohere.ClientV2, mock: Mock) -> None:
    mock.reply(Answer(text="It is so", reasoning="Hm"))

    events = list(client.chat_stream(model=MODEL, messages=HELLO, documents=["A fact"]))

    contents = [event.delta.message.content for event in events if event.type == "content-delta"]
    assert "".join(content.text or "" for content in contents) == "It is so"
    assert "".join(content.thinking or "" for content in contents) == "Hm"
    assert list(dict.fromkeys(event.type for event in events)) == [
        "message-start", "content-start", "content-delta", "content-end", "citation-start", "citation-end",
        "message-end",
    ]  # fmt: skip
    assert events[-1].delta.finish_reason == "COMPLETE"
    assert events[-1].delta.usage.tokens.output_tokens == 3


@pytest.mark.parametrize("stream", [False, True])
def test_tools_are_called_after_a_plan(client: cohere.ClientV2, mock: Mock, *, stream: bool) -> None:
    mock.reply(Answer(text="I look it up.", tool_calls=(ToolCall("weather", {"city": "Rome"}),)))

    if stream:
        events = list(client.chat_stream(model=MODEL, messages=HELLO, tools=TOOLS))
        plan = "".join(event.delta.message.tool_plan for event in events if event.type == "tool-plan-delta")
        (start,) = [event.delta.message.tool_calls for event in events if event.type == "tool-call-start"]
        deltas = [event.delta.message.tool_calls for event in events if event.type == "tool-call-delta"]
        name, arguments = start.function.name, "".join(delta.function.arguments for delta in deltas)
        finish = events[-1].delta.finish_reason
    else:
        told = client.chat(model=MODEL, messages=HELLO, tools=TOOLS)
        plan, finish, function = told.message.tool_plan, told.finish_reason, told.message.tool_calls[0].function
        name, arguments = function.name, function.arguments

    assert (plan, name, json.loads(arguments)) == ("I look it up.", "weather", {"city": "Rome"})
    assert finish == "TOOL_CALL"


def test_a_demanded_tool_is_called_and_its_result_is_heard(client: cohere.ClientV2) -> None:
    asked = client.chat(model=MODEL, messages=HELLO, tools=TOOLS, tool_choice="REQUIRED")
    call = asked.message.tool_calls[0]
    result = {"role": "tool", "tool_call_id": call.id, "content": [{"type": "document", "document": {"data": "40 C"}}]}

    told = client.chat(model=MODEL, messages=[*HELLO, asked.message, result], tools=TOOLS)

    assert isinstance(json.loads(call.function.arguments)["city"], str)
    assert told.message.content[0].text == "40 C"


def test_an_answer_fits_the_schema_that_was_asked_for(client: cohere.ClientV2) -> None:
    schema = TOOLS[0]["function"]["parameters"]

    told = client.chat(model=MODEL, messages=HELLO, response_format={"type": "json_object", "json_schema": schema})

    assert isinstance(json.loads(told.message.content[0].text)["city"], str)


def test_vectors_come_in_every_kind_of_number(client: cohere.ClientV2) -> None:
    kinds = ["float", "int8", "uint8", "binary", "ubinary"]

    told = client.embed(
        model="embed-v4.0",
        texts=["a", "b"],
        input_type="search_query",
        embedding_types=kinds,
        output_dimension=64,
    )

    found = told.embeddings
    assert [len(vector) for vector in found.float_] == [64, 64]
    assert found.float_[0] != found.float_[1]
    assert all(-128 <= value <= 127 for value in found.int8[0])
    assert [value + 128 for value in found.int8[0]] == found.uint8[0]
    assert [value + 128 for value in found.binary[0]] == found.ubinary[0]
    assert len(found.binary[0]) == 8
    assert told.meta.billed_units.input_tokens == 2


def test_documents_are_ranked(client: cohere.ClientV2) -> None:
    told = client.rerank(model="rerank-v3.5", query="the cat", documents=["a dog", "the cat", "the dog"], top_n=2)

    assert [result.index for result in told.results] == [1, 2]
    assert told.results[0].relevance_score > told.results[1].relevance_score
    assert told.meta.billed_units.search_units == 1


def test_tokens_are_told_and_turned_back_and_models_are_listed(client: cohere.ClientV2) -> None:
    tokens = client.tokenize(text="hello there", model=MODEL, offline=False)

    assert "".join(tokens.token_strings) == "hello there"
    assert client.detokenize(tokens=tokens.tokens, model=MODEL, offline=False).text == "hello there"
    with pytest.raises(ApiError, match="told before"):
        client.detokenize(tokens=[1], model=MODEL, offline=False)
    assert [model.name for model in client.models.list(endpoint="embed").models] == ["embed-v4.0"]
    assert client.models.get(MODEL).context_length == 288_000
    with pytest.raises(cohere.NotFoundError):
        client.models.get("nobody")


def test_the_first_version_is_spoken_too(mock: Mock) -> None:
    mock.reply(Answer(text="Hi", tool_calls=(ToolCall("weather", {"city": "Rome"}),)))
    history = [{"role": "CHATBOT", "message": "Yes?"}]
    documents = [{"title": "t", "snippet": "s"}]

    with httpx.Client() as carrier:
        client = cohere.Client(api_key="k", base_url=mock.url("cohere"), httpx_client=carrier)
        told = client.chat(message="hello", model="command-r", chat_history=history)
        events = list(client.chat_stream(message="hello", model="command-r", documents=documents))

    assert (told.text, told.tool_calls[0].parameters) == ("Hi", {"city": "Rome"})
    assert [turn.role for turn in told.chat_history] == ["CHATBOT", "USER", "CHATBOT"]
    assert [event.event_type for event in events] == [
        "stream-start", "text-generation", "citation-generation", "tool-calls-generation", "stream-end",
    ]  # fmt: skip
    assert events[-1].response.text == "Hi"


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (Failure(status=400), cohere.BadRequestError),
        (Failure(status=401), cohere.UnauthorizedError),
        (Failure(status=404), cohere.NotFoundError),
        (Failure(status=422), cohere.UnprocessableEntityError),
    ],
)
def test_errors_have_the_vendors_shape(
    client: cohere.ClientV2, mock: Mock, failure: Failure, error: type[ApiError]
) -> None:
    mock.reply(failure)

    with pytest.raises(error) as caught:
        client.chat(model=MODEL, messages=HELLO)

    assert caught.value.body["message"] == failure.message
    assert len(caught.value.body["id"]) == 36


def test_a_request_that_lacks_something_is_refused(client: cohere.ClientV2) -> None:
    with pytest.raises(cohere.BadRequestError, match="messages must be"):
        client.chat(model=MODEL, messages=[])
    with pytest.raises(cohere.BadRequestError, match="one of texts"):
        client.embed(model="embed-v4.0", input_type="search_query")
    with pytest.raises(cohere.BadRequestError, match="embedding_types must be"):
        client.embed(model="embed-v4.0", texts=["a"], input_type="search_query", embedding_types=["int4"])


async def test_the_asynchronous_client_reads_both_ways(later: cohere.AsyncClientV2) -> None:
    told = await later.chat(model=MODEL, messages=HELLO)
    events = [event async for event in later.chat_stream(model=MODEL, messages=HELLO)]

    assert told.message.content[0].text == "hello there"
    text = [event.delta.message.content.text for event in events if event.type == "content-delta"]
    assert "".join(text) == "hello there"
