"""Ollama's own library works against the mock, unmodified, over a socket; so does OpenAI's on Ollama's face of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from ollama import AsyncClient, Client, ResponseError
from openai import OpenAI

from any_llm.testing import Answer, Failure, Mock, ToolCall, Usage

HELLO = [{"role": "user", "content": "hello there"}]
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS = [{"type": "function", "function": {"name": "weather", "description": "Tells it", "parameters": PARAMETERS}}]
MODEL = "llama3.2"


@pytest.fixture
def mock() -> Iterator[Mock]:
    with Mock() as running:
        yield running


@pytest.fixture
def client(mock: Mock) -> Iterator[Client]:
    with Client(host=mock.url("ollama")) as client:
        yield client


@pytest.fixture
async def later(mock: Mock) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(host=mock.url("ollama")) as client:
        yield client


def test_a_chat_has_all_that_was_answered(client: Client, mock: Mock) -> None:
    mock.reply(
        Answer(
            reasoning="Let me think",
            text="Hi there",
            tool_calls=(ToolCall("weather", {"city": "Rome"}), ToolCall("weather", "{no json")),
            usage=Usage(input=9, output=4),
        )
    )

    answer = client.chat(model=MODEL, messages=HELLO, tools=TOOLS, think=True)

    assert (answer.model, answer.done, answer.done_reason) == (MODEL, True, "stop")
    assert (answer.message.thinking, answer.message.content) == ("Let me think", "Hi there")
    assert [call.function.arguments for call in answer.message.tool_calls] == [{"city": "Rome"}, {}]
    assert (answer.prompt_eval_count, answer.eval_count) == (9, 4)
    durations = answer.load_duration + answer.prompt_eval_duration + answer.eval_duration
    assert answer.total_duration == durations > 0


def test_a_chat_is_streamed(client: Client, mock: Mock) -> None:
    mock.reply(Answer(reasoning="Let me think", text="Hi there", tool_calls=(ToolCall("weather", {"city": "Rome"}),)))

    lines = list(client.chat(model=MODEL, messages=HELLO, stream=True))

    assert "".join(line.message.thinking or "" for line in lines) == "Let me think"
    assert "".join(line.message.content or "" for line in lines) == "Hi there"
    assert [call.function.name for line in lines for call in line.message.tool_calls or ()] == ["weather"]
    assert [line.done for line in lines] == [False] * (len(lines) - 1) + [True]
    assert lines[-1].eval_count == 11


async def test_a_chat_is_streamed_asynchronously(later: AsyncClient) -> None:
    whole = await later.chat(model=MODEL, messages=HELLO)
    lines = [line async for line in await later.chat(model=MODEL, messages=HELLO, stream=True)]

    assert whole.message.content == "hello there"
    assert "".join(line.message.content for line in lines) == "hello there"
    assert lines[-1].eval_count == whole.eval_count


def test_the_settings_of_a_run_are_kept(client: Client, mock: Mock) -> None:
    short = client.chat(model=MODEL, messages=HELLO, options={"num_predict": 1})
    stopped = client.generate(model=MODEL, prompt="one, two", options={"stop": [","]})
    history = [*HELLO, {"role": "tool", "tool_name": "weather", "content": "rain"}]
    told = client.chat(model=MODEL, messages=history, options={"num_predict": -1})

    assert (short.message.content, short.done_reason) == ("hell", "length")
    assert (stopped.response, stopped.done_reason) == ("one", "stop")
    assert told.message.content == "rain"
    assert mock.last.asked.tool_results[0].tool_call_id == "weather"


def test_a_schema_is_fitted(client: Client) -> None:
    fitted = client.chat(model=MODEL, messages=HELLO, format=PARAMETERS).message.content
    loose = client.generate(model=MODEL, prompt="hello", format="json").response

    assert fitted.startswith('{"city":')
    assert loose.startswith("{")
    with pytest.raises(ResponseError, match="invalid format") as caught:
        client._request_raw("POST", "/api/chat", json={"model": MODEL, "messages": HELLO, "format": 3})
    assert caught.value.status_code == 400


def test_likelihoods_are_told(client: Client) -> None:
    answer = client.chat(model=MODEL, messages=HELLO, logprobs=True, top_logprobs=2)
    text = client.generate(model=MODEL, prompt="hello there", logprobs=True)

    assert "".join(each.token for each in answer.logprobs) == "hello there"
    assert len(answer.logprobs[0].top_logprobs) == 1
    assert "".join(each.token for each in text.logprobs) == "hello there"


def test_a_text_goes_on(client: Client, mock: Mock) -> None:
    mock.reply(Answer(reasoning="Hm", text="and so on"))

    whole = client.generate(model=MODEL, prompt="hello", system="Be brief", think=True)
    lines = list(client.generate(model=MODEL, prompt="hello", stream=True))

    assert (whole.response, whole.thinking, whole.done) == ("and so on", "Hm", True)
    assert len(whole.context) == whole.prompt_eval_count + whole.eval_count + 2
    assert "".join(line.response for line in lines) == "and so on"
    assert "".join(line.thinking or "" for line in lines) == "Hm"
    assert lines[-1].context


async def test_a_text_goes_on_asynchronously(later: AsyncClient) -> None:
    lines = [line async for line in await later.generate(model=MODEL, prompt="hello", stream=True)]

    assert "".join(line.response for line in lines) == "hello"


def test_texts_are_embedded(client: Client, mock: Mock) -> None:
    several = client.embed(model=MODEL, input=["a", "b", "a"])
    short = client.embed(model=MODEL, input="a", dimensions=3)
    older = client.embeddings(model=MODEL, prompt="a")
    mock.reply(Answer(embeddings=((0.25, 0.5),)))
    given = client.embed(model=MODEL, input="a")

    assert [len(vector) for vector in several.embeddings] == [768] * 3
    assert several.embeddings[0] == several.embeddings[2] != several.embeddings[1]
    assert several.prompt_eval_count == 3
    assert len(short.embeddings[0]) == 3
    assert older.embedding == several.embeddings[0]
    assert given.embeddings == [[0.25, 0.5]]
    with pytest.raises(ResponseError, match="invalid input type"):
        client.embed(model=MODEL, input=[])


def test_a_model_is_fetched_with_progress(client: Client) -> None:
    lines = list(client.pull("qwen3:4b", stream=True))
    whole = client.pull("qwen3:4b")

    assert lines[0].status == "pulling manifest"
    layers = [line for line in lines if line.total]
    assert [line.completed == line.total for line in layers] == [False, True] * 3
    assert lines[-1].status == whole.status == "success"
    assert "qwen3:4b" in [model.model for model in client.list().models]


async def test_a_model_is_fetched_asynchronously(later: AsyncClient) -> None:
    lines = [line async for line in await later.pull("qwen3", stream=True)]

    assert lines[-1].status == "success"
    assert "qwen3:latest" in [model.model for model in (await later.list()).models]


def test_models_are_made_copied_and_forgotten(client: Client) -> None:
    made = client.create("mine", from_=MODEL, system="Be brief")
    told = list(client.create("mine", from_=MODEL, stream=True))
    client.copy("mine", "yours")
    names = {model.model for model in client.list().models}
    client.delete("mine")
    left = {model.model for model in client.list().models}

    assert made.status == told[-1].status == "success"
    assert names - left == {"mine:latest"}
    assert "yours:latest" in left
    for act in (client.show, client.delete, lambda name: client.create("other", from_=name)):
        with pytest.raises(ResponseError, match="'mine' not found") as caught:
            act("mine")
        assert caught.value.status_code == 404
    with pytest.raises(ResponseError, match="neither 'from' or 'files'"):
        client.create("other")


def test_a_server_tells_of_itself_and_its_models(client: Client, mock: Mock) -> None:
    shown = client.show(MODEL)
    (running,) = client.ps().models

    assert shown.details.family == "llama"
    assert shown.modelinfo["llama.context_length"] == 131_072
    assert running.size_vram == running.size
    assert running.expires_at
    version = client._request_raw("GET", "/api/version")
    assert version.json()["version"].count(".") == 2
    assert client._request_raw("GET", f"{mock.origin}/ollama/").text == "Ollama is running"


def test_errors_have_ollamas_shape(client: Client, mock: Mock) -> None:
    mock.reply(Failure(status=503, message="server busy"))
    with pytest.raises(ResponseError, match="server busy") as caught:
        client.chat(model=MODEL, messages=HELLO)
    mock.reply("hello there")
    mock.fault("error-mid-stream")
    with pytest.raises(ResponseError, match="had an error while"):
        list(client.chat(model=MODEL, messages=HELLO, stream=True))

    assert caught.value.status_code == 503


def test_a_request_without_a_model_is_refused(client: Client) -> None:
    with pytest.raises(ResponseError, match="model is required"):
        client._request_raw("POST", "/api/chat", json={"messages": HELLO})


def test_openais_library_works_on_ollamas_face_of_it(mock: Mock) -> None:
    with OpenAI(base_url=f"{mock.url('ollama')}/v1", api_key="ollama", max_retries=0) as client:
        whole = client.chat.completions.create(model=MODEL, messages=HELLO, reasoning_effort="low")
        pieces = list(client.chat.completions.create(model=MODEL, messages=HELLO, stream=True))
        vector = client.embeddings.create(model=MODEL, input="a", dimensions=3).data[0].embedding
        names = [model.id for model in client.models.list().data]

    assert whole.choices[0].message.content == "hello there"
    assert whole.choices[0].message.model_extra["reasoning"] == "I say what I heard."
    assert whole.system_fingerprint
    assert "".join(piece.choices[0].delta.content or "" for piece in pieces if piece.choices) == "hello there"
    assert len(vector) == 3
    assert names
