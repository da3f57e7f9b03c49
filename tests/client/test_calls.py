"""Calls over real sockets: every function, whole and streamed, async and blocking, on one connection."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import openai.types
import openai.types.chat as sdk
import pytest

import any_llm
from any_llm import AnyLLM, Provider, Settings, Timeouts
from any_llm.exceptions import InvalidRequestError, LengthFinishReasonError, ResponseFormatError
from any_llm.spec.provider import Operation
from any_llm.types.completion import ChatCompletion
from any_llm.types.json import JSON
from any_llm.types.message_blocks import TextBlock
from tests.client.answers import KEY, MESSAGES, answer, completion, say
from tests.client.conftest import Client, client_of
from tests.transport.conftest import Serve
from tests.transport.peers import Peer, Received, whole


@dataclass
class Capital:
    """What an answer shall be parsed into."""

    city: str


async def test_a_thousand_calls_in_turn_use_one_connection(serve: Serve) -> None:
    server = serve(answer)
    for _ in range(1_000):
        await any_llm.acompletion("openai:m", MESSAGES, api_key=KEY, api_base=server.url("/v1"))
    assert (server.accepted, len(server.requests)) == (1, 1_000)


def test_a_thousand_blocking_calls_in_turn_use_one_connection(serve: Serve) -> None:
    server = serve(answer)
    for _ in range(1_000):
        any_llm.completion("openai:m", MESSAGES, api_key=KEY, api_base=server.url("/v1"))
    assert (server.accepted, len(server.requests)) == (1, 1_000)


async def test_calls_at_once_use_at_most_as_many_connections(serve: Serve) -> None:
    server = serve(answer)

    async def call() -> str | None:
        answered = await any_llm.acompletion("openai:m", MESSAGES, api_key=KEY, api_base=server.url("/v1"))
        return answered.choices[0].message.content

    for _ in range(10):
        assert await asyncio.gather(*(call() for _ in range(25))) == ["hello"] * 25
    assert server.accepted <= 25


def test_many_threads_share_the_connections_of_the_background_loop(serve: Serve) -> None:
    server = serve(answer)
    client = client_of(server)

    def call(_: int) -> str:
        text = client.completion("m", MESSAGES).choices[0].message.content or ""
        return text + "".join(
            chunk.choices[0].delta.content or "" for chunk in client.completion("m", MESSAGES, stream=True)
        )

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(call, range(160))) == {"hellohello"}
    assert server.accepted <= 8


async def test_two_keys_travel_on_one_connection(serve: Serve) -> None:
    server = serve(answer)
    for key in ("sk-first-key", "sk-second-key"):
        await any_llm.acompletion("openai:m", MESSAGES, api_key=key, api_base=server.url("/v1"))
    sent = [request.headers["authorization"] for request in server.requests]
    assert sent == ["Bearer sk-first-key", "Bearer sk-second-key"]
    assert server.accepted == 1


async def test_a_whole_answer_knows_how_its_call_went(client: Client) -> None:
    fields = "content-type: application/json\r\nx-request-id: req-7\r\n"
    answered = await client(say(completion(), fields=fields)).acompletion("m", MESSAGES)
    assert answered.choices[0].message.content == "hello"
    assert answered.usage is not None
    assert answered.usage.total_tokens == 5
    report = answered.report
    assert (report.provider, report.model, report.operation, report.status) == ("openai", "m", "completion", 200)
    assert report.request_id == answered.request_id == "req-7"
    assert report.elapsed is not None
    assert json.loads(answered.raw)["id"] == "chatcmpl-1"
    assert len(report.client_request_id or "") == 16


async def test_what_the_caller_says_is_what_is_sent(serve: Serve) -> None:
    server = serve(answer)
    more: JSON = {"new_parameter": [1]}
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
    await client_of(server).acompletion(
        "m",
        MESSAGES,
        temperature=0.5,
        tools=[tool],
        reasoning_effort="auto",
        timeout=5,
        **more,
        extra_body={"top_k": 3},
        extra_headers={"X-Mine": "1", "user-agent": "mine"},
        extra_query={"v": "2"},
    )
    (request,) = server.requests
    assert request.target == "/v1/chat/completions?v=2"
    assert request.headers["x-mine"] == "1"
    assert request.headers["user-agent"] == "mine"
    assert json.loads(request.body) == {
        "model": "m",
        "messages": MESSAGES,
        "temperature": 0.5,
        "tools": [tool],
        "new_parameter": [1],
        "top_k": 3,
    }


async def test_a_callable_is_a_tool(serve: Serve) -> None:
    def weather(city: str) -> str:
        """Tell the weather."""
        return city

    server = serve(answer)
    await client_of(server).acompletion("m", MESSAGES, tools=[weather])
    (tool,) = json.loads(server.requests[0].body)["tools"]
    assert (tool["function"]["name"], tool["function"]["description"]) == ("weather", "Tell the weather.")


async def test_a_session_label_is_dropped_with_a_warning(serve: Serve) -> None:
    server = serve(answer)
    with pytest.warns(DeprecationWarning, match="session_label"):
        await client_of(server).acompletion("m", MESSAGES, session_label="mine")
    assert "session_label" not in json.loads(server.requests[0].body)


async def test_a_type_as_the_format_gives_a_parsed_answer(client: Client) -> None:
    answered = await client(say(completion('{"city": "Paris"}'))).acompletion("m", MESSAGES, response_format=Capital)
    assert answered.parsed == answered.choices[0].message.parsed == Capital("Paris")


async def test_an_answer_that_does_not_fit_its_format_is_an_error_that_knows_the_call(client: Client) -> None:
    with pytest.raises(ResponseFormatError) as caught:
        await client(say(completion('{"town": 1}'))).acompletion("m", MESSAGES, response_format=Capital)
    error = caught.value
    assert (error.provider_name, error.model, error.operation, error.text) == (
        "openai",
        "m",
        "completion",
        '{"town": 1}',
    )


async def test_an_answer_that_was_cut_is_not_parsed(client: Client) -> None:
    choice = {"index": 0, "finish_reason": "length", "message": {"role": "assistant", "content": '{"city'}}
    with pytest.raises(LengthFinishReasonError) as caught:
        await client(say(completion(choices=[choice]))).acompletion("m", MESSAGES, response_format=Capital)
    assert isinstance(caught.value.completion, ChatCompletion)
    assert caught.value.provider_name == "openai"


@pytest.mark.parametrize("sdk_types", [False, True])
async def test_answers_come_in_the_sdks_own_types_if_asked_for(serve: Serve, sdk_types: bool) -> None:
    client = client_of(serve(answer), sdk_types=sdk_types)
    whole_answer: object = await client.acompletion("m", MESSAGES, response_format=None)
    stream = await client.acompletion("m", MESSAGES, stream=True)
    chunks: list[object] = [chunk async for chunk in stream]
    assert isinstance(whole_answer, sdk.ChatCompletion) is sdk_types
    assert {isinstance(chunk, sdk.ChatCompletionChunk) for chunk in chunks} == {sdk_types}
    assert isinstance(stream.response, sdk.ChatCompletion) is sdk_types
    assert stream.usage is not None
    assert stream.usage.total_tokens == 5


async def test_a_parsed_answer_comes_in_the_sdks_own_type_too(client: Client) -> None:
    asked = client(say(completion('{"city": "Paris"}')), sdk_types=True)
    answered: object = await asked.acompletion("m", MESSAGES, response_format=Capital)
    assert isinstance(answered, sdk.ChatCompletion)


async def test_models_come_in_the_sdks_own_type_too(client: Client) -> None:
    models: list[object] = list(await client(say({"data": [{"id": "m"}]}), sdk_types=True).alist_models())
    assert [type(model) for model in models] == [openai.types.Model]


async def script_of_operations(peer: Peer, received: Received) -> None:
    """Answer embeddings, models and chat."""
    path = received.target.rpartition("/")[2]
    bodies = {
        "embeddings": {"data": [{"index": 0, "embedding": [0.5, 1.0]}], "model": "m", "usage": {"prompt_tokens": 1}},
        "models": {"data": [{"id": "m1"}, {"id": "m2"}]},
        "completions": completion(),
    }
    peer.say(whole(json.dumps(bodies[path]).encode(), fields="content-type: application/json\r\n"))


async def test_every_module_function_answers(serve: Serve) -> None:
    base = serve(script_of_operations).url("/v1")
    vectors = await any_llm.aembedding("together:m", "text", api_key=KEY, api_base=base)
    models = await any_llm.alist_models("cerebras", api_key=KEY, api_base=base)
    response = await any_llm.aresponses("cerebras:m", "hi", api_key=KEY, api_base=base)
    message = await any_llm.amessages("cerebras:m", MESSAGES, 10, api_key=KEY, api_base=base)
    assert list(vectors.data[0].embedding) == [0.5, 1.0]
    assert [model.id for model in models] == ["m1", "m2"]
    assert response.output_text == "hello"
    assert isinstance(message.content[0], TextBlock)
    assert message.content[0].text == "hello"


def test_every_blocking_module_function_answers(serve: Serve) -> None:
    base = serve(script_of_operations).url("/v1")
    assert (
        any_llm.completion(model="m", provider="cerebras", messages=MESSAGES, api_key=KEY, api_base=base)
        .choices[0]
        .message.content
        == "hello"
    )
    assert list(any_llm.embedding("together:m", ["text"], api_key=KEY, api_base=base).data[0].embedding) == [0.5, 1.0]
    assert any_llm.embedding("together:m", ["text"], allow_running_loop=True, api_key=KEY, api_base=base).model == "m"
    assert [model.id for model in any_llm.list_models("cerebras", api_key=KEY, api_base=base)] == ["m1", "m2"]
    assert any_llm.responses("cerebras:m", "hi", api_key=KEY, api_base=base).output_text == "hello"
    assert any_llm.messages("cerebras:m", MESSAGES, 10, api_key=KEY, api_base=base).stop_reason == "end_turn"


def test_blocking_methods_answer_too(serve: Serve) -> None:
    client = AnyLLM.create("together", KEY, serve(script_of_operations).url("/v1"))
    with client as same:
        assert same is client
        assert client.responses("m", "hi").output_text == "hello"
        assert client.messages("m", MESSAGES, 10).stop_reason == "end_turn"
        assert client.embedding("m", "text").model == "m"
        assert len(client.list_models()) == 2
    assert client.completion("m", MESSAGES).choices, "a client is usable after `close`, which closes nothing"


async def test_a_client_is_an_async_context_manager_that_closes_nothing(client: Client) -> None:
    async with client(answer) as opened:
        await opened.acompletion("m", MESSAGES)
    await opened.aclose()
    assert (await opened.acompletion("m", MESSAGES)).choices


@pytest.mark.parametrize("timeout", [0, -1, "1", True, float("nan")])
async def test_a_timeout_is_a_positive_number(client: Client, timeout: JSON) -> None:
    with pytest.raises(InvalidRequestError, match=r"timeout is .* it must be a positive number of seconds"):
        await client(answer).acompletion("m", MESSAGES, timeout=timeout)


async def test_timeouts_can_be_said_in_detail(client: Client) -> None:
    assert (await client(answer).acompletion("m", MESSAGES, timeout=Timeouts(total=5))).choices


@pytest.mark.parametrize("headers", [{"X": 1}, "X: 1"])
async def test_a_header_is_a_text(client: Client, headers: JSON) -> None:
    with pytest.raises(InvalidRequestError, match="extra_headers"):
        await client(answer).acompletion("m", MESSAGES, extra_headers=headers)


async def test_no_thread_is_asked_on_the_way(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a thread was asked to do something")

    server = serve(answer)
    monkeypatch.setattr(asyncio, "to_thread", refuse)
    monkeypatch.setattr(asyncio.get_running_loop(), "run_in_executor", refuse)
    client = AnyLLM.create("openai", KEY, server.url("/v1", "localhost"))
    assert (await client.acompletion("m", MESSAGES)).choices
    assert [chunk async for chunk in await client.acompletion("m", MESSAGES, stream=True)]


def test_a_recording_is_sent_under_the_name_and_type_that_the_caller_says(serve: Serve) -> None:
    server = serve(say({"text": "hello"}))
    mine = Provider(name="mine", base_url=server.url("/v1"), operations=frozenset({Operation.TRANSCRIPTION}))
    client = AnyLLM.create("mine", settings=Settings(providers={"mine": mine}))
    told = client.transcription("m", b"\x00\x01", filename="talk.mp3", mime_type="audio/mpeg")
    assert told.text == "hello"
    form = server.requests[0].body
    assert b'name="file"; filename="talk.mp3"\r\nContent-Type: audio/mpeg\r\n\r\n\x00\x01\r\n' in form
    assert b"mime_type" not in form
