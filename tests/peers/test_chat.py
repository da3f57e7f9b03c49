"""Chat completions of llama.cpp's server."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

import pytest

import any_llm
from any_llm import AnyLLM, LengthFinishReasonError
from any_llm.testing.llama_server import LlamaServer
from any_llm.types.completion import ChatCompletionChunk
from tests.peers.questions import CAPITAL, KEY, MODEL, said, shape

ENDLESS = {"ignore_eos": True}


@dataclass
class City:
    name: str
    country: str


def text_of(chunks: list[ChatCompletionChunk], index: int = 0) -> str:
    choices = [choice for chunk in chunks for choice in chunk.choices]
    return "".join(choice.delta.content or "" for choice in choices if choice.index == index)


def test_whole_and_streamed_answers_are_the_same(llama: AnyLLM) -> None:
    whole = llama.completion(MODEL, said(CAPITAL), max_tokens=16, temperature=0)
    with llama.completion(MODEL, said(CAPITAL), stream=True, max_tokens=16, temperature=0) as stream:
        chunks = list(stream)
    assert "Paris" in (whole.choices[0].message.content or "")
    assert text_of(chunks) == whole.choices[0].message.content
    assert shape(stream.response) == shape(whole)


async def test_whole_and_streamed_answers_are_the_same_in_async_code(llama: AnyLLM) -> None:
    whole = await llama.acompletion(MODEL, said(CAPITAL), max_tokens=16, temperature=0)
    async with await llama.acompletion(MODEL, said(CAPITAL), stream=True, max_tokens=16, temperature=0) as stream:
        chunks = [chunk async for chunk in stream]
    assert "Paris" in (whole.choices[0].message.content or "")
    assert text_of(chunks) == whole.choices[0].message.content
    assert shape(stream.response) == shape(whole)


def test_module_functions_reach_a_server_of_ones_own(chatting: LlamaServer) -> None:
    answer = any_llm.completion(
        f"llamacpp:{MODEL}", said(CAPITAL), api_key=KEY, api_base=chatting.api_base, max_tokens=16, temperature=0
    )
    assert "Paris" in (answer.choices[0].message.content or "")
    assert answer.report.provider == "llamacpp"


def test_tokens_are_counted_whole_and_streamed(llama: AnyLLM) -> None:
    whole = llama.completion(MODEL, said(CAPITAL), max_tokens=4, temperature=0).usage
    with llama.completion(MODEL, said(CAPITAL), max_tokens=4, stream=True, temperature=0) as stream:
        chunks = list(stream)
    assert whole is not None
    assert stream.usage is not None
    counted = (stream.usage.prompt_tokens, stream.usage.completion_tokens, stream.usage.total_tokens)
    assert counted == (whole.prompt_tokens, whole.completion_tokens, whole.total_tokens)
    assert (whole.completion_tokens, whole.total_tokens) == (4, whole.prompt_tokens + 4)
    assert [chunk.usage for chunk in chunks if chunk.usage] == [stream.usage]


@pytest.mark.parametrize("stream", [False, True])
def test_a_limit_of_tokens_ends_the_answer_with_length(llama: AnyLLM, stream: bool) -> None:
    answer = llama.completion(MODEL, said(CAPITAL), max_tokens=3, stream=stream, temperature=0)
    if isinstance(answer, any_llm.Stream):
        list(answer)
        answer = answer.response
    assert answer.choices[0].finish_reason == "length"


@pytest.mark.parametrize("stop", ["France", ["Spain", "France"]])
def test_an_answer_ends_before_a_stop(llama: AnyLLM, stop: str | list[str]) -> None:
    choice = llama.completion(MODEL, said(CAPITAL), stop=stop, max_tokens=16, temperature=0).choices[0]
    assert choice.finish_reason == "stop"
    assert choice.message.content
    assert "France" not in choice.message.content


def test_the_same_seed_gives_the_same_text(llama: AnyLLM) -> None:
    llama.completion(MODEL, said(CAPITAL), max_tokens=1)
    first, second = (
        llama.completion(MODEL, said(CAPITAL), temperature=1.5, seed=7, max_tokens=8).choices[0].message.content
        for _ in range(2)
    )
    assert first == second


def test_two_answers_at_once_are_told_apart(llama: AnyLLM) -> None:
    whole = llama.completion(MODEL, said(CAPITAL), n=2, max_tokens=16, temperature=0)
    with llama.completion(MODEL, said(CAPITAL), n=2, stream=True, max_tokens=16, temperature=0) as stream:
        chunks = list(stream)
    texts = [choice.message.content or "" for choice in sorted(whole.choices, key=lambda choice: choice.index)]
    assert [choice.index for choice in stream.response.choices] == [0, 1]
    assert [text_of(chunks, index) for index in (0, 1)] == texts
    assert all("Paris" in text for text in texts)


@pytest.mark.parametrize("stream", [False, True])
def test_log_probabilities_come_with_each_token(llama: AnyLLM, stream: bool) -> None:
    answer = llama.completion(
        MODEL, said(CAPITAL), logprobs=True, top_logprobs=2, max_tokens=2, stream=stream, temperature=0
    )
    if isinstance(answer, any_llm.Stream):
        list(answer)
        answer = answer.response
    choice = answer.choices[0]
    assert choice.logprobs is not None
    tokens = choice.logprobs.content or []
    assert "".join(token["token"] for token in tokens) == choice.message.content
    assert [len(token["top_logprobs"]) for token in tokens] == [2, 2]
    assert all(token["logprob"] <= 0 for token in tokens)


def test_an_answer_fits_the_type_that_was_asked_for(llama: AnyLLM) -> None:
    question = said("Paris is a city in France. Give its name and its country.")
    answer = llama.completion(MODEL, question, response_format=City, max_tokens=40, temperature=0)
    assert answer.parsed == City("Paris", "France")


def test_a_typed_answer_that_was_cut_is_an_error(llama: AnyLLM) -> None:
    with pytest.raises(LengthFinishReasonError):
        llama.completion(MODEL, said(CAPITAL), response_format=City, max_tokens=2, temperature=0)


def test_the_server_tells_its_model(llama: AnyLLM, claude: AnyLLM, configured: AnyLLM) -> None:
    listed = [[model.id for model in client.list_models()] for client in (llama, claude, configured)]
    assert listed == [[MODEL]] * 3


async def test_several_calls_at_once_are_all_answered(llama: AnyLLM) -> None:
    answers = await asyncio.gather(
        *(llama.acompletion(MODEL, said(CAPITAL), max_tokens=16, temperature=0) for _ in range(4))
    )
    assert all("Paris" in (answer.choices[0].message.content or "") for answer in answers)


def test_leaving_a_stream_early_frees_the_server(llama: AnyLLM, chatting: LlamaServer) -> None:
    with llama.completion(MODEL, said(CAPITAL), stream=True, max_tokens=1500, extra_body=ENDLESS) as stream:
        next(stream)
        assert chatting.busy() == 1
    assert is_free_within(1.0, chatting)


async def test_cancelling_a_task_frees_the_server(llama: AnyLLM, chatting: LlamaServer) -> None:
    begun = asyncio.Event()

    async def read() -> None:
        async for _ in await llama.acompletion(MODEL, said(CAPITAL), stream=True, max_tokens=1500, extra_body=ENDLESS):
            begun.set()

    reading = asyncio.create_task(read())
    await begun.wait()
    assert chatting.busy() == 1
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert await asyncio.to_thread(is_free_within, 1.0, chatting)


def is_free_within(seconds: float, server: LlamaServer) -> bool:
    deadline = time.monotonic() + seconds
    while server.busy():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
