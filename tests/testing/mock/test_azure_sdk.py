"""OpenAI's client for Azure works against the mock, unmodified, over a socket."""

from __future__ import annotations

from collections.abc import Iterator

import openai
import pytest
from openai import AsyncAzureOpenAI, AzureOpenAI, OpenAI

from any_llm.testing import Mock
from any_llm.types.json import JSON

HELLO: JSON = [{"role": "user", "content": "hello there"}]
VERSION = "2024-10-21"


@pytest.fixture
def mock() -> Iterator[Mock]:
    with Mock() as running:
        yield running


@pytest.fixture
def client(mock: Mock) -> Iterator[JSON]:
    with AzureOpenAI(azure_endpoint=mock.origin, api_key="k", api_version=VERSION, max_retries=0) as client:
        yield client


def test_a_deployment_answers_with_the_verdicts_of_the_filters(client: JSON, mock: Mock) -> None:
    completion = client.chat.completions.create(model="mine", messages=HELLO)

    assert completion.choices[0].message.content == "hello there"
    assert completion.model_dump()["prompt_filter_results"][0]["content_filter_results"]["hate"]["severity"] == "safe"
    assert completion.choices[0].model_dump()["content_filter_results"]["violence"]["filtered"] is False
    assert mock.last.vendor == "azureopenai"
    assert mock.last.path == "/openai/deployments/mine/chat/completions"
    assert mock.last.query == {"api-version": VERSION}


def test_a_stream_begins_with_the_verdict_on_the_prompt(client: JSON) -> None:
    chunks = list(client.chat.completions.create(model="mine", messages=HELLO, stream=True))

    assert chunks[0].choices == []
    assert chunks[0].model_dump()["prompt_filter_results"]
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks[1:]) == "hello there"


def test_the_other_operations_of_a_deployment_answer_too(client: JSON) -> None:
    vectors = client.embeddings.create(model="mine", input="a", dimensions=3)
    picture = client.images.generate(model="mine", prompt="a circle")
    spoken = client.audio.speech.create(model="mine", voice="alloy", input="Hi", response_format="wav")
    heard = client.audio.transcriptions.create(model="mine", file=("a.wav", spoken.content))
    completed = client.completions.create(model="mine", prompt="Once")

    assert len(vectors.data[0].embedding) == 3
    assert picture.data is not None
    assert picture.data[0].b64_json
    assert heard.text == "This is what a.wav says."
    assert completed.choices[0].text == "Once"


def test_the_deployment_of_the_path_is_the_model_where_the_body_names_none(client: JSON) -> None:
    answer = client.post("/deployments/mine/chat/completions", body={"messages": HELLO}, cast_to=dict[str, object])

    assert answer["model"] == "mine"


def test_responses_and_files_stand_beside_the_deployments(mock: Mock) -> None:
    with AzureOpenAI(azure_endpoint=f"{mock.origin}/azureopenai", api_key="k", api_version="preview") as client:
        response = client.responses.create(model="mine", input="hello there")
        file = client.files.create(file=("a.jsonl", b"{}"), purpose="batch")

    assert response.output_text == "hello there"
    assert response.model_dump()["content_filters"]
    assert file.purpose == "batch"


async def test_a_token_of_entra_is_as_good_as_a_key(mock: Mock) -> None:
    async with AsyncAzureOpenAI(
        azure_endpoint=mock.origin, azure_ad_token_provider=lambda: "token", api_version=VERSION
    ) as client:
        completion = await client.chat.completions.create(model="mine", messages=HELLO)

    assert completion.choices[0].message.content == "hello there"
    assert mock.last.headers["authorization"] == "Bearer token"


def test_the_newer_address_needs_no_version(mock: Mock) -> None:
    with OpenAI(base_url=f"{mock.origin}/azureopenai/openai/v1", api_key="k") as client:
        completion = client.chat.completions.create(model="mine", messages=HELLO)

    assert completion.model_dump()["prompt_filter_results"]
    assert mock.last.vendor == "azureopenai"


def test_neither_key_nor_version_may_be_missing(mock: Mock) -> None:
    with OpenAI(base_url=f"{mock.origin}/openai/deployments/mine", api_key="k", max_retries=0) as client:
        with pytest.raises(openai.NotFoundError, match="Resource not found"):
            client.chat.completions.create(model="mine", messages=HELLO)
        with pytest.raises(openai.AuthenticationError, match="subscription key"):
            client.chat.completions.create(model="mine", messages=HELLO, extra_headers={"Authorization": openai.Omit()})
