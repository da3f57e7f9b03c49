"""This library reads all that the mock sends for Anthropic, Bedrock, Vertex AI, Azure and Cohere."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from any_llm import AnyLLM
from any_llm.exceptions import (
    AuthenticationError,
    InvalidRequestError,
    ModelNotFoundError,
    OverloadedError,
    PermissionDeniedError,
    ProviderError,
    QuotaExhaustedError,
    RateLimitError,
)
from any_llm.testing import Answer, Failure, Mock, ToolCall, Usage

HELLO = [{"role": "user", "content": "hello there"}]
TOOLS = [{
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}]  # fmt: skip
BASES = {
    "anthropic": "/anthropic",
    "azureanthropic": "/azureanthropic/anthropic",
    "vertexaianthropic": "/v1/projects/p/locations/l/publishers/anthropic",
    "bedrock": "/bedrock",
    "cohere": "/cohere",
}
CHATS = [
    ("anthropic", "claude-haiku-4-5"),
    ("azureanthropic", "claude-haiku-4-5"),
    ("vertexaianthropic", "claude-sonnet-4-5@20250929"),
    ("bedrock", "us.amazon.nova-lite-v1:0"),
    ("bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0"),
    ("cohere", "command-a-03-2025"),
]


@pytest.fixture
def mock() -> Iterator[Mock]:
    with Mock() as running:
        yield running


@pytest.fixture
async def clients(mock: Mock) -> AsyncIterator[dict[str, AnyLLM]]:
    made = {name: AnyLLM.create(name, api_key="k", api_base=mock.origin + base) for name, base in BASES.items()}
    yield made
    for client in made.values():
        await client.aclose()


@pytest.mark.parametrize(("name", "model"), CHATS)
async def test_a_chat_is_the_same_whole_and_streamed(
    clients: dict[str, AnyLLM], mock: Mock, name: str, model: str
) -> None:
    usage = Usage(input=20, output=4)
    mock.reply(Answer(text="It is so", tool_calls=(ToolCall("weather", {"city": "Rome"}),), usage=usage))

    whole = await clients[name].acompletion(model=model, messages=HELLO, tools=TOOLS)
    stream = await clients[name].acompletion(
        model=model, messages=HELLO, tools=TOOLS, stream=True, stream_options={"include_usage": True}
    )
    chunks = [chunk async for chunk in stream]

    message = whole.choices[0].message
    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    called = [call for delta in deltas for call in delta.tool_calls or ()]
    # Cohere says beside a call what it plans, which is no content.
    assert (message.content or "").strip() == "".join(delta.content or "" for delta in deltas).strip()
    assert message.content == ("It is so" if name != "cohere" else message.content)
    assert message.tool_calls[0].function.name == called[0].function.name == "weather"
    assert json.loads(message.tool_calls[0].function.arguments) == {"city": "Rome"}
    assert json.loads("".join(call.function.arguments or "" for call in called)) == {"city": "Rome"}
    assert whole.choices[0].finish_reason == chunks[-1].choices[0].finish_reason if chunks[-1].choices else True
    assert (whole.usage.prompt_tokens, whole.usage.completion_tokens) == (20, 4)
    assert [chunk.usage.completion_tokens for chunk in chunks if chunk.usage][-1] == 4


@pytest.mark.parametrize(("name", "model"), [*CHATS[:3], CHATS[4]])
async def test_messages_are_the_same_whole_and_streamed(
    clients: dict[str, AnyLLM], mock: Mock, name: str, model: str
) -> None:
    mock.reply(Answer(text="It is so", reasoning="Hm", usage=Usage(input=20, output=4, cached=5)))

    whole = await clients[name].amessages(model=model, messages=HELLO, max_tokens=99)
    stream = await clients[name].amessages(model=model, messages=HELLO, max_tokens=99, stream=True)
    events = [event async for event in stream]

    assert [block.type for block in whole.content] == ["thinking", "text"]
    assert whole.usage.cache_read_input_tokens == 5
    text = [
        event.delta.text for event in events if event.type == "content_block_delta" and event.delta.type == "text_delta"
    ]
    assert "".join(text) == whole.content[1].text == "It is so"
    assert events[-1].type == "message_stop"


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("anthropic", "claude-2.1"),
        ("cohere", "command"),
        ("bedrock", "meta.llama3-70b-instruct-v1:0"),
        ("bedrock", "mistral.mistral-7b-instruct-v0:2"),
        ("bedrock", "cohere.command-text-v14"),
        ("bedrock", "cohere.command-r-v1:0"),
        ("bedrock", "anthropic.claude-v2"),
        ("bedrock", "anthropic.claude-3-haiku-20240307-v1:0"),
        ("bedrock", "amazon.titan-text-express-v1"),
        ("bedrock", "amazon.nova-micro-v1:0"),
        ("bedrock", "ai21.jamba-1-5-mini-v1:0"),
    ],
)
async def test_text_goes_on_the_same_whole_and_streamed(
    clients: dict[str, AnyLLM], mock: Mock, name: str, model: str
) -> None:
    mock.reply("It is so")

    whole = await clients[name].atext_completion(model=model, prompt="hello there", max_tokens=9)
    stream = await clients[name].atext_completion(model=model, prompt="hello there", max_tokens=9, stream=True)
    pieces = [piece async for piece in stream]

    said = "".join(choice.text for piece in pieces for choice in piece.choices)
    assert whole.choices[0].text.strip() == said.strip() == "It is so"
    assert whole.choices[0].finish_reason == "stop"
    assert [choice.finish_reason for piece in pieces for choice in piece.choices if choice.finish_reason] == ["stop"]


@pytest.mark.parametrize(
    ("name", "model", "length"),
    [
        ("cohere", "embed-v4.0", 1536),
        ("bedrock", "amazon.titan-embed-text-v2:0", 1024),
        ("bedrock", "amazon.titan-embed-image-v1", 1024),
        ("bedrock", "cohere.embed-v4:0", 1536),
        ("bedrock", "amazon.nova-2-multimodal-embeddings-v1:0", 1024),
    ],
)
async def test_vectors_are_read(clients: dict[str, AnyLLM], name: str, model: str, length: int) -> None:
    told = await clients[name].aembedding(model=model, inputs=["hello there"])

    assert len(told.data[0].embedding) == length
    assert told.usage.prompt_tokens == 3


@pytest.mark.parametrize(
    ("name", "model"),
    [("cohere", "rerank-v3.5"), ("bedrock", "cohere.rerank-v3-5:0"), ("bedrock", "amazon.rerank-v1:0")],
)
async def test_rankings_are_read(clients: dict[str, AnyLLM], name: str, model: str) -> None:
    told = await clients[name].arerank(model=model, query="the cat", documents=["a dog", "the cat"], top_n=1)

    assert [result.index for result in told.results] == [1]


@pytest.mark.parametrize(("name", "model"), CHATS)
async def test_tokens_are_counted(clients: dict[str, AnyLLM], name: str, model: str) -> None:
    counted = await clients[name].acount_tokens(model=model, messages=HELLO)

    assert counted.input_tokens == (3 if name == "cohere" else 7)


@pytest.mark.parametrize("name", ["anthropic", "bedrock", "cohere"])
async def test_models_are_listed_and_told(clients: dict[str, AnyLLM], name: str) -> None:
    models = await clients[name].alist_models()
    model = await clients[name].aretrieve_model(models[-1].id)

    assert model.id == models[-1].id


@pytest.mark.parametrize(
    "model", ["amazon.nova-canvas-v1:0", "stability.sd3-5-large-v1:0", "stability.stable-diffusion-xl-v1"]
)
async def test_images_are_made(clients: dict[str, AnyLLM], model: str) -> None:
    made = await clients["bedrock"].aimage_generation(model=model, prompt="a cat")

    assert made.data[0].b64_json.startswith("iVBORw0KGgo")


async def test_files_and_batches_of_anthropic_are_kept(clients: dict[str, AnyLLM]) -> None:
    client = clients["anthropic"]
    file = await client.aupload_file(b"hello", filename="a.txt")
    listed = await client.alist_files()
    known = await client.aretrieve_file(file.id)
    with pytest.raises(InvalidRequestError, match="not downloadable"):
        await client.adownload_file(file.id)
    gone = await client.adelete_file(file.id)
    requests = [{"custom_id": "a", "body": {"model": "claude-haiku-4-5", "messages": HELLO, "max_tokens": 9}}]
    batch = await client.acreate_batch(requests=requests)
    ended = await client.aretrieve_batch(batch.id)
    results = await client.aretrieve_batch_results(batch.id)
    other = await client.acreate_batch(requests=requests)
    stopping = await client.acancel_batch(other.id)

    assert [each.id for each in listed.data] == [file.id]
    assert (known.filename, known.bytes, gone.deleted) == ("a.txt", 5, True)
    assert (batch.status, ended.status, stopping.status) == ("in_progress", "completed", "cancelling")
    assert results.results[0].result.choices[0].message.content == "hello there"
    assert [each.id for each in await client.alist_batches()] == [other.id, batch.id]


@pytest.mark.parametrize(("name", "model"), CHATS)
@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (Failure(status=400), InvalidRequestError),
        (Failure(status=401), AuthenticationError),
        (Failure(status=403), PermissionDeniedError),
        (Failure(status=404), ModelNotFoundError),
        (Failure(status=429), RateLimitError),
        (Failure(status=500), ProviderError),
    ],
)
async def test_errors_mean_what_was_meant(
    clients: dict[str, AnyLLM], mock: Mock, name: str, model: str, failure: Failure, error: type[Exception]
) -> None:
    mock.reply(failure)

    with pytest.raises(error, match="The mock was told to fail"):
        await clients[name].acompletion(model=model, messages=HELLO)


@pytest.mark.parametrize(
    ("failure", "error"),
    [(Failure(status=529), OverloadedError), (Failure(status=429, kind="quota"), QuotaExhaustedError)],
)
async def test_anthropic_says_more_than_a_status(
    clients: dict[str, AnyLLM], mock: Mock, failure: Failure, error: type[Exception]
) -> None:
    mock.reply(failure)

    with pytest.raises(error):
        await clients["anthropic"].acompletion(model="claude-haiku-4-5", messages=HELLO)


async def test_a_request_of_bedrock_is_signed_with_the_right_secret(
    mock: Mock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_BEARER_TOKEN_BEDROCK", raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "mock")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    for secret in ("mock", "nope"):
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)
        async with AnyLLM.create("bedrock", api_base=mock.url("bedrock")) as client:
            if secret == "mock":
                told = await client.acompletion(model="amazon.nova-lite-v1:0", messages=HELLO)
                assert told.choices[0].message.content == "hello there"
                continue
            with pytest.raises((AuthenticationError, PermissionDeniedError), match="does not match the signature"):
                await client.acompletion(model="amazon.nova-lite-v1:0", messages=HELLO)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
answers = st.builds(
    Answer,
    text=texts,
    reasoning=texts,
    tool_calls=st.lists(
        st.builds(ToolCall, st.just("weather"), st.dictionaries(texts, texts | st.integers() | st.none(), max_size=3)),
        max_size=2,
    ).map(tuple),
    finish=st.sampled_from(["", "length"]),
)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(), answer=answers, chat=st.sampled_from(CHATS), stream=st.booleans())
def test_whatever_is_answered_is_read_as_it_was_meant(
    seed: int,
    answer: Answer,
    chat: tuple[str, str],
    stream: bool,
) -> None:
    name, model = chat

    async def ask() -> tuple[str, list[tuple[str, object]], str | None]:
        mock = Mock(lambda _request: answer, seed=seed)
        async with mock.client(name, api_base=f"https://mock.example{BASES[name]}") as client:
            told = await client.acompletion(model=model, messages=HELLO, tools=TOOLS, stream=stream)
            if stream:
                async for _chunk in told:
                    pass
            choice = (told.response if stream else told).choices[0]
            calls = [call.function for call in choice.message.tool_calls or ()]
            said = choice.message.content or ""
            return said, [(call.name, json.loads(call.arguments)) for call in calls], choice.finish_reason

    said, calls, finish = asyncio.run(ask())

    assert calls == [(call.name, call.arguments) for call in answer.tool_calls]
    # Cohere says beside a call what it plans, which is no content.
    assert said == answer.text or (name == "cohere" and bool(answer.tool_calls))
    assert finish == answer.finish_reason
