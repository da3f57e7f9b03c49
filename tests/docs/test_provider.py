"""The provider of the snippets is understood by the vendors' own libraries."""

from __future__ import annotations

import anthropic
import openai
import pytest

from tests.docs.operations import ANSWER

SCHEMA: dict[str, object] = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
}


def test_openai_sdk_reads_every_answer(origin: str) -> None:
    with openai.OpenAI(api_key="sk-test", base_url=f"{origin}/v1") as client:
        question: list[openai.types.chat.ChatCompletionMessageParam] = [{"role": "user", "content": "?"}]
        whole = client.chat.completions.create(model="m", messages=question)
        assert whole.choices[0].message.content == ANSWER
        with client.chat.completions.create(model="m", messages=question, stream=True) as chunks:
            assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == ANSWER
        assert client.responses.create(model="m", input="?").output_text == ANSWER
        with client.responses.create(model="m", input="?", stream=True) as events:
            assert [event.response.output_text for event in events if event.type == "response.completed"] == [ANSWER]
        vectors = client.embeddings.create(model="m", input=["a", "bb"]).data
        assert [round(vector.embedding[0], 2) for vector in vectors] == [0.01, 0.02]
        assert [model.id for model in client.models.list()] == ["gpt-test"]


def test_openai_sdk_reads_tool_calls_and_structured_answers(origin: str) -> None:
    with openai.OpenAI(api_key="sk-test", base_url=f"{origin}/v1") as client:
        called = client.chat.completions.create(
            model="m",
            messages=[{"role": "user", "content": "?"}],
            tools=[{"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}],
        )
        calls = called.choices[0].message.tool_calls or []
        assert [call.to_dict()["function"] for call in calls] == [
            {"name": "weather", "arguments": '{"city": "Paris", "days": 42}'}
        ]
        shaped = client.chat.completions.create(
            model="m",
            messages=[{"role": "user", "content": "?"}],
            response_format={"type": "json_schema", "json_schema": {"name": "trip", "schema": SCHEMA}},
        )
        assert shaped.choices[0].message.content == '{"city": "Paris", "days": 42}'


def test_anthropic_sdk_reads_every_answer(origin: str) -> None:
    with anthropic.Anthropic(api_key="sk-test", base_url=origin) as client:
        question: list[anthropic.types.MessageParam] = [{"role": "user", "content": "?"}]
        whole = client.messages.create(model="m", max_tokens=9, messages=question)
        assert [block.to_dict() for block in whole.content] == [{"type": "text", "text": ANSWER}]
        with client.messages.stream(model="m", max_tokens=9, messages=question) as stream:
            assert stream.get_final_text() == ANSWER
        assert [model.id for model in client.models.list()] == ["claude-test"]


def test_a_missing_key_is_refused(origin: str) -> None:
    with openai.OpenAI(api_key="sk-test", base_url=f"{origin}/v1", max_retries=0) as client:
        with pytest.raises(openai.AuthenticationError):
            client.embeddings.create(model="m", input="?", extra_headers={"authorization": openai.Omit()})
        with pytest.raises(openai.NotFoundError):
            client.fine_tuning.jobs.list()
