"""Real answers of a real model, in OpenAI's format."""

from __future__ import annotations

import asyncio
import base64
import gc
import json
import struct
import sys
import threading
import time
from collections.abc import Awaitable, Callable

import pytest

from any_llm.exceptions import (
    ConnectionFailedError,
    FirstTokenTimeoutError,
    IdleTimeoutError,
    RequestTimeoutError,
    StreamClosedError,
    TotalTimeoutError,
)
from any_llm.local.exchange import Clock, Inbox, RunningExchange
from any_llm.local.process import Event
from any_llm.local.runtime import shared_runtime
from any_llm.local.transport import LocalTransport
from any_llm.types.http import HttpRequest, Timeouts
from any_llm.types.json import JSONObject
from tests.local.conftest import Ask, Post, events

PARIS = "What is the capital of France?"
LONG = [{"role": "user", "content": "Count from 1 to 500."}]
PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
    "additionalProperties": False,
}
FORMAT = {"type": "json_schema", "json_schema": {"name": "person", "schema": PERSON}}
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get the weather of a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


def content(answer: JSONObject) -> str:
    text: str = answer["choices"][0]["message"]["content"]
    return text


async def test_question_is_answered_with_its_usage(chat: Ask) -> None:
    answer = await chat(PARIS)
    assert content(answer) == "The capital of France is Paris."
    assert answer["choices"][0]["finish_reason"] == "stop"
    usage = answer["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"] > 8
    assert (answer["model"], answer["object"]) == ("smollm2", "chat.completion")


async def test_stream_says_the_same_as_the_whole(chat: Ask, post: Post) -> None:
    question = [{"role": "user", "content": PARIS}]
    exchange = await post(
        "chat/completions", messages=question, stream=True, seed=1, stream_options={"include_usage": True}
    )
    assert (exchange.status, exchange.headers["content-type"]) == (200, "text/event-stream")
    *chunks, usage = events(await exchange.read())
    whole = await chat(PARIS, seed=1)
    assert "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks) == content(whole)
    assert chunks[0]["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert chunks[-1]["choices"][0]["finish_reason"] == "stop"
    assert usage["choices"] == []
    assert usage["usage"]["completion_tokens"] == whole["usage"]["completion_tokens"]


async def test_answer_comes_piece_by_piece(post: Post) -> None:
    exchange = await post("chat/completions", messages=LONG, stream=True, max_tokens=30)
    pieces = 0
    while await exchange.chunk():
        pieces += 1
    assert pieces > 5
    assert await exchange.chunk() == b""


async def test_answers_have_ids_of_their_own(chat: Ask) -> None:
    assert (await chat(max_tokens=1))["id"] != (await chat(max_tokens=1))["id"]


async def test_cap_and_stop_end_an_answer(chat: Ask) -> None:
    capped = await chat(PARIS, max_completion_tokens=2)
    assert (content(capped), capped["choices"][0]["finish_reason"]) == ("The capital", "length")
    stopped = await chat(PARIS, stop=[" France"])
    assert (content(stopped), stopped["choices"][0]["finish_reason"]) == ("The capital of", "stop")


async def test_seed_repeats_a_random_answer(chat: Ask) -> None:
    first, again, other = [
        content(await chat("Invent a name.", temperature=1.5, seed=seed, max_tokens=16)) for seed in (7, 7, 8)
    ]
    assert first == again
    assert first != other


async def test_several_choices_come_in_one_answer(chat: Ask) -> None:
    answer = await chat("Invent a name.", n=2, temperature=1.5, seed=7, max_tokens=8)
    first, second = answer["choices"]
    assert (first["index"], second["index"]) == (0, 1)
    assert first["message"]["content"] != second["message"]["content"]


async def test_probabilities_are_told(chat: Ask) -> None:
    answer = await chat(PARIS, logprobs=True, top_logprobs=2, max_tokens=3)
    tokens = answer["choices"][0]["logprobs"]["content"]
    assert [token["token"] for token in tokens] == ["The", " capital", " of"]
    assert all(token["logprob"] <= 0 and len(token["top_logprobs"]) == 2 for token in tokens)


async def test_bias_forbids_a_token(chat: Ask) -> None:
    answer = await chat(PARIS, logprobs=True, max_tokens=1)
    token = str(answer["choices"][0]["logprobs"]["content"][0]["id"])
    assert content(await chat(PARIS, logit_bias={token: -100}, max_tokens=1)) != "The"


async def test_answer_keeps_to_a_schema(chat: Ask) -> None:
    answer = await chat("Alice is 30 years old. Give her name and age.", response_format=FORMAT, max_tokens=64)
    assert json.loads(content(answer)) == {"name": "Alice", "age": 30}


async def test_schema_that_cannot_be_is_refused(chat: Ask) -> None:
    wrong = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "bogus"}}}
    answer = await chat(response_format=wrong)
    assert (answer["status"], answer["error"]["code"]) == (400, "invalid_value")
    assert "unrecognized type bogus" in answer["error"]["message"]


@pytest.mark.parametrize("choice", ["auto", "required", {"type": "function", "function": {"name": "get_weather"}}])
async def test_tool_is_called(chat: Ask, choice: object) -> None:
    answer = await chat("What is the weather in Paris?", tools=[WEATHER], tool_choice=choice, max_tokens=64)
    assert answer["choices"][0]["finish_reason"] == "tool_calls"
    (call,) = answer["choices"][0]["message"]["tool_calls"]
    assert call["function"]["name"] == "get_weather"
    assert json.loads(call["function"]["arguments"]) == {"city": "Paris"}


async def test_tool_is_not_called_where_none_may_be(chat: Ask) -> None:
    answer = await chat("What is the weather in Paris?", tools=[WEATHER], tool_choice="none")
    assert "tool_calls" not in answer["choices"][0]["message"]


async def test_reply_beside_tools_is_plain_text(chat: Ask) -> None:
    answer = await chat("Say hello to Bob.", tools=[WEATHER])
    assert "Bob" in content(answer)
    assert "{" not in content(answer)


async def test_result_of_a_tool_becomes_an_answer(chat: Ask) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city":"Paris"}'}}
    messages = [
        {"role": "user", "content": "What is the weather in Paris?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "18 degrees, sunny"},
    ]
    answer = await chat(messages=messages, tools=[WEATHER], max_tokens=64)
    assert "18 degrees" in content(answer)


async def test_calls_are_streamed(post: Post) -> None:
    question = [{"role": "user", "content": "What is the weather in Paris?"}]
    exchange = await post("chat/completions", messages=question, tools=[WEATHER], stream=True, max_tokens=64)
    deltas = [chunk["choices"][0]["delta"] for chunk in events(await exchange.read())]
    calls = [call for delta in deltas for call in delta.get("tool_calls", ())]
    assert len(calls) > 3
    assert json.loads("".join(call["function"]["arguments"] for call in calls)) == {"city": "Paris"}


@pytest.mark.parametrize("stream", [False, True])
async def test_prompt_that_does_not_fit_is_refused(post: Post, stream: bool) -> None:
    long = [{"role": "user", "content": "word " * 6000}]
    exchange = await post("chat/completions", messages=long, stream=stream)
    error = json.loads(await exchange.read())["error"]
    assert (exchange.status, error["code"], error["param"]) == (400, "context_length_exceeded", "messages")
    assert "the context has room for 4096" in error["message"]


async def test_inputs_are_embedded(post: Post) -> None:
    texts = ["A cat sits on the mat.", "A kitten sits on a rug.", "Stock markets fell sharply today."]
    answer = json.loads(await (await post("embeddings", input=texts)).read())
    coded = json.loads(await (await post("embeddings", input=texts[0], encoding_format="base64")).read())
    first, near, far = [item["embedding"] for item in answer["data"]]
    assert len(first) == 576
    assert similarity(first, near) > similarity(first, far)
    unpacked = struct.unpack("<576f", base64.b64decode(coded["data"][0]["embedding"]))
    assert similarity(first, list(unpacked)) > 0.999
    assert answer["usage"]["prompt_tokens"] > 15


def similarity(one: list[float], other: list[float]) -> float:
    def dot(left: list[float], right: list[float]) -> float:
        return sum(a * b for a, b in zip(left, right, strict=True))

    return dot(one, other) / (dot(one, one) * dot(other, other)) ** 0.5


async def test_input_that_does_not_fit_is_refused(post: Post) -> None:
    exchange = await post("embeddings", input=["short", "word " * 6000])
    error = json.loads(await exchange.read())["error"]
    assert (exchange.status, error["code"], error["param"]) == (400, "context_length_exceeded", "input")


async def test_models_are_listed(smollm2: str) -> None:
    exchange = await LocalTransport().send(HttpRequest("GET", "local://model/v1/models", {}), Timeouts())
    listed = {model["id"]: model for model in json.loads(await exchange.read())["data"]}
    assert listed[smollm2]["installed"] is True
    assert listed[smollm2]["owned_by"] == "SmolLM2-135M-Instruct, Hugging Face"
    assert {"qwen2.5-coder-0.5b", "qwen2.5-coder-1.5b"} <= listed.keys()


async def test_unknown_model_and_path_are_refused(post: Post) -> None:
    exchange = await post("chat/completions", model="gpt-9", messages=LONG)
    error = json.loads(await exchange.chunk())["error"]
    assert (exchange.status, error["code"]) == (404, "model_not_found")
    assert "smollm2" in error["message"]
    elsewhere = await post("audio/speech")
    assert elsewhere.status == 404
    assert b"POST /v1/chat/completions" in await elsewhere.read()


async def test_malformed_request_is_refused(post: Post) -> None:
    exchange = await post("chat/completions", messages=[])
    assert exchange.status == 400
    assert json.loads(await exchange.read())["error"] == {
        "message": "messages is empty: send at least one message",
        "type": "invalid_request_error",
        "param": "messages",
        "code": "empty_messages",
    }


async def _closed(exchange: RunningExchange) -> None:
    exchange.close()


async def _cancelled(exchange: RunningExchange) -> None:
    task = asyncio.create_task(exchange.read())
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def _timed_out(exchange: RunningExchange) -> None:
    exchange._clock = Clock(Timeouts(total=1e-6))
    with pytest.raises(TotalTimeoutError):
        await exchange.read()


@pytest.mark.parametrize("end", [_closed, _cancelled, _timed_out])
async def test_model_stops_when_nobody_listens(
    post: Post, chat: Ask, end: Callable[[RunningExchange], Awaitable[None]]
) -> None:
    """One answer is worked on at a time, so the next one's start shows that the last one was stopped within 250 ms."""

    async def answered() -> float:
        started = time.monotonic()
        await chat("Hi", max_tokens=1, seed=1)  # a seed keeps the prompt from being remembered
        return time.monotonic() - started

    await answered()
    late: list[float] = []
    for _ in range(3):
        usual = await answered()
        exchange = await post("chat/completions", messages=LONG, stream=True, max_tokens=2000)
        assert isinstance(exchange, RunningExchange)
        await end(exchange)
        late.append(await answered() - usual)
        with pytest.raises((StreamClosedError, TotalTimeoutError)):
            await exchange.chunk()
    assert min(late) < 0.25


async def test_dropped_answer_is_stopped(smollm2: str, chat: Ask) -> None:
    await chat("Hi", max_tokens=1)
    body = {"model": smollm2, "messages": LONG, "stream": True, "max_tokens": 2000}
    request = HttpRequest("POST", "local://model/v1/chat/completions", {}, json.dumps(body).encode())
    exchange = await LocalTransport().send(request, Timeouts())
    # Other tests may have left the process of another model.
    (process,) = [process for process in shared_runtime()._processes.values() if process._mailboxes]
    del exchange
    gc.collect()
    assert not process._mailboxes


async def test_reading_of_a_prompt_is_stopped_too(post: Post, chat: Ask) -> None:
    await chat("Hi", max_tokens=1)
    long = [{"role": "user", "content": "The quick brown fox jumps over the lazy dog. " * 300}]
    task = asyncio.ensure_future(post("chat/completions", messages=long))
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    answer = await chat("Hi", max_tokens=1)
    assert answer["status"] == 200


@pytest.mark.parametrize(
    ("timeouts", "kind"),
    [(Timeouts(first_token=0.01), FirstTokenTimeoutError), (Timeouts(total=0.01), TotalTimeoutError)],
)
async def test_exceeded_limit_is_named(
    post: Post, chat: Ask, timeouts: Timeouts, kind: type[RequestTimeoutError]
) -> None:
    await chat("Hi", max_tokens=1)
    with pytest.raises(kind, match=r"=0\.01 s"):
        await post("chat/completions", timeouts=timeouts, messages=LONG, max_tokens=500)


async def test_stalled_answer_is_an_idle_timeout() -> None:
    inbox, cancelled = Inbox(asyncio.get_running_loop()), list[bool]()
    exchange = RunningExchange(
        inbox, lambda: cancelled.append(True), lambda event: bytes(event.data), Clock(Timeouts(idle=0.05))
    )
    inbox.put(Event("ready"))
    inbox.put(Event("chunk"))
    assert await exchange.chunk() == b"null"
    with pytest.raises(IdleTimeoutError, match=r"idle=0\.05 s"):
        await exchange.chunk()
    assert cancelled == [True]
    with pytest.raises(IdleTimeoutError):
        await exchange.chunk()


async def test_model_that_is_lost_in_an_answer_is_an_error() -> None:
    inbox = Inbox(asyncio.get_running_loop())
    exchange = RunningExchange(inbox, lambda: None, lambda event: b"x", Clock(Timeouts(idle=None)))
    inbox.put(ConnectionFailedError("lost"))
    for _ in range(2):
        with pytest.raises(ConnectionFailedError, match="lost"):
            await exchange.read()


async def test_item_that_comes_too_late_waits_for_the_next_reader() -> None:
    inbox = Inbox(asyncio.get_running_loop())
    with pytest.raises(TimeoutError):
        await inbox.take(0.01)
    inbox.put(Event("ready"))
    await asyncio.sleep(0)
    assert await inbox.take(0.01) == [Event("ready")]


def test_item_for_a_loop_that_has_ended_is_dropped() -> None:
    async def wait() -> Inbox:
        inbox = Inbox(asyncio.get_running_loop())
        with pytest.raises(TimeoutError):
            await inbox.take(0.01)
        return inbox

    inbox = asyncio.run(wait())
    inbox.put(Event("ready"))
    inbox.put(Event("ready"))


async def test_loop_goes_on_while_a_model_is_loaded(smollm2: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The model is loaded afresh, with another context; the loop is never held up for long."""
    shared_runtime().stop()
    shared_runtime()._stopped.clear()
    longest, running = 0.0, True

    async def tick() -> None:
        nonlocal longest
        last = time.perf_counter()
        while running:
            await asyncio.sleep(0.002)
            now = time.perf_counter()
            longest, last = max(longest, now - last), now

    ticking = asyncio.create_task(tick())
    body = {"model": smollm2, "messages": LONG, "max_tokens": 20}
    request = HttpRequest("POST", "local://model/v1/chat/completions", {}, json.dumps(body).encode())
    assert (await LocalTransport().send(request, Timeouts())).status == 200
    running = False
    await ticking
    assert longest < 0.25
    assert "xllamacpp" not in sys.modules


def test_several_threads_and_loops_share_a_model(smollm2: str) -> None:
    answers: list[str] = []

    async def ask() -> None:
        transport = LocalTransport()
        body = {"model": smollm2, "messages": [{"role": "user", "content": PARIS}], "max_tokens": 16}
        request = HttpRequest("POST", "local://model/v1/chat/completions", {}, json.dumps(body).encode())
        exchanges = await asyncio.gather(*(transport.send(request, Timeouts()) for _ in range(2)))
        answers.extend([content(json.loads(await exchange.read())) for exchange in exchanges])

    threads = [threading.Thread(target=asyncio.run, args=(ask(),)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == ["The capital of France is Paris."] * 6
    # Other tests of this process may have asked another model.
    kinds = [kind for file, kind in shared_runtime()._processes if smollm2 in str(file).lower()]
    assert kinds.count("chat") == 1
