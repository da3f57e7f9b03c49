"""This library against aimock, a server of others that plays many vendors: https://aimock.copilotkit.dev.

Where aimock does what its vendor does not, the test says what, and what this library makes of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from any_llm import AnyLLM
from any_llm.exceptions import MalformedResponseError, ModelNotFoundError, ProviderError, RateLimitError
from any_llm.types.json import JSON

CAPITAL = "Paris is the capital of France, héhé 🙂."
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS = [{"type": "function", "function": {"name": "get_weather", "description": "Tells", "parameters": PARAMETERS}}]
WAYS: Mapping[str, tuple[str, str, Mapping[str, JSON]]] = {
    "openai": ("/v1", "gpt-4o", {}),
    "azureopenai": ("/openai/deployments/gpt-4o", "gpt-4o", {}),
    "anthropic": ("", "claude-sonnet-4-5", {}),
    "gemini": ("/v1beta", "gemini-2.5-flash", {}),
    "vertexai": ("/v1", "gemini-2.5-flash", {"project": "p", "location": "us-central1", "api_key": "ya29.token"}),
    "bedrock": ("", "anthropic.claude-sonnet-4-5-20250929-v1:0", {"region": "us-east-1"}),
    "cohere": ("", "command-a-03-2025", {}),
    "ollama": ("", "llama3.2", {}),
    "openrouter": ("/api/v1", "openai/gpt-4o", {}),
    "mistral": ("/v1", "mistral-large-latest", {}),
    "groq": ("/v1", "openai/gpt-oss-120b", {}),
}
"""For each provider the path at aimock, a model, and what a client needs besides."""

LIKE_OPENAI = ("openai", "azureopenai", "openrouter", "groq")
CALLING = {"gemini": "FUNCTION_CALL", "vertexai": "FUNCTION_CALL"}
"""aimock's own word for an answer that calls a function: Gemini says STOP. A word nobody knows is handed on."""


@pytest.fixture(params=WAYS)
def vendor(request: pytest.FixtureRequest) -> str:
    """The name of a provider that aimock plays."""
    name: str = request.param
    return name


def client_of(url: str, vendor: str) -> JSON:
    """Return a client that takes aimock for a provider, and asks once only."""
    path, _, more = WAYS[vendor]
    return AnyLLM.create(vendor, **{"api_key": "k", "api_base": f"{url}{path}", "retry": None, **more})


def said(question: str) -> list[JSON]:
    """Return a conversation of one question."""
    return [{"role": "user", "content": question}]


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Amazon's signer find keys."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("OPENAI_API_VERSION", "2024-10-21")


def test_a_chat_is_understood_whole_and_streamed(aimock: str, vendor: str) -> None:
    client, model = client_of(aimock, vendor), WAYS[vendor][1]

    whole = client.completion(model, said("capital"))
    with client.completion(model, said("capital"), stream=True) as stream:
        chunks = list(stream)

    assert whole.choices[0].message.content == CAPITAL
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == CAPITAL
    assert whole.choices[0].finish_reason == stream.response.choices[0].finish_reason == "stop"


def test_a_tool_is_called_and_its_result_goes_back(aimock: str, vendor: str) -> None:
    client, model = client_of(aimock, vendor), WAYS[vendor][1]

    first = client.completion(model, said("weather"), tools=TOOLS).choices[0]
    (call,) = first.message.tool_calls
    result = {"role": "tool", "tool_call_id": call.id, "content": "sunny"}
    last = client.completion(model, [*said("weather"), first.message, result], tools=TOOLS)
    with client.completion(model, said("weather"), tools=TOOLS, stream=True) as stream:
        list(stream)

    (streamed,) = stream.response.choices[0].message.tool_calls
    for each in (call, streamed):
        assert (each.function.name, json.loads(each.function.arguments)) == ("get_weather", {"city": "Paris"})
    assert first.finish_reason == CALLING.get(vendor, "tool_calls")
    assert last.choices[0].message.content == "It is sunny in Paris."


@pytest.mark.parametrize("vendor", [name for name in WAYS if name not in {"cohere", "ollama"}])
def test_thoughts_are_told_from_the_answer(aimock: str, vendor: str) -> None:
    client, model = client_of(aimock, vendor), WAYS[vendor][1]

    whole = client.completion(model, said("think")).choices[0].message
    with client.completion(model, said("think"), stream=True) as stream:
        list(stream)

    for message in (whole, stream.response.choices[0].message):
        assert (message.content, message.reasoning.content) == ("It is four.", "Two and two")


def test_thoughts_that_cohere_would_mark_come_unmarked(aimock: str) -> None:
    """Cohere sends thoughts as parts of the type `thinking`; aimock sends them as texts, which nothing tells apart."""
    answer = client_of(aimock, "cohere").completion("command-a-03-2025", said("think"))

    assert answer.choices[0].message.content == "Two and twoIt is four."


def test_thoughts_that_ollama_would_call_thinking_have_another_name(aimock: str) -> None:
    """Ollama's member is called `thinking`; aimock's is `reasoning_content`, which no version of Ollama sends."""
    message = client_of(aimock, "ollama").completion("llama3.2", said("think")).choices[0].message

    assert (message.content, message.reasoning) == ("It is four.", None)


def test_errors_are_what_they_mean(aimock: str, vendor: str) -> None:
    client, model = client_of(aimock, vendor), WAYS[vendor][1]

    with pytest.raises(RateLimitError, match="Rate limited") as limited:
        client.completion(model, said("too often"))
    with pytest.raises(ProviderError, match="It broke"):
        client.completion(model, said("broken"))
    with pytest.raises(ProviderError, match="It broke"):
        list(client.completion(model, said("broken"), stream=True))
    with pytest.raises(ModelNotFoundError, match="No fixture matched"):
        client.completion(model, said("something else"))

    assert limited.value.retry_after == 1.0


@pytest.mark.parametrize("vendor", LIKE_OPENAI)
def test_tokens_are_counted_alike_whole_and_streamed(aimock: str, vendor: str) -> None:
    client, model = client_of(aimock, vendor), WAYS[vendor][1]

    whole = client.completion(model, said("capital")).usage
    with client.completion(model, said("capital"), stream=True) as stream:
        list(stream)

    assert whole.total_tokens == whole.prompt_tokens + whole.completion_tokens > 0
    assert stream.response.usage == whole


def test_other_shapes_of_an_answer_are_understood(aimock: str, vendor: str) -> None:
    client, model = client_of(aimock, vendor), WAYS[vendor][1]

    message = client.messages(model, said("capital"), 64)
    events = list(client.responses(model, "capital", stream=True))

    assert message.content[0].text == CAPITAL
    assert events[-1].type == "response.completed"
    assert events[-1].response.output_text == CAPITAL


def test_interactions_that_google_would_answer_whole_are_streamed(aimock: str) -> None:
    """Google streams an interaction when asked to; aimock does when not asked not to."""
    with pytest.raises(MalformedResponseError, match="text/event-stream"):
        client_of(aimock, "gemini").responses("gemini-2.5-flash", "capital")


@pytest.mark.parametrize("vendor", ["openai", "azureopenai", "openrouter", "mistral", "cohere"])
def test_texts_are_embedded(aimock: str, vendor: str) -> None:
    vectors = client_of(aimock, vendor).embedding(WAYS[vendor][1], ["a", "b"]).data

    assert len(vectors) == 2
    assert vectors[0].embedding != vectors[1].embedding


def test_gemini_embeds_one_text(aimock: str) -> None:
    """There is no `batchEmbedContents` in aimock, so that a list of texts is not found."""
    client = client_of(aimock, "gemini")

    assert client.embedding("gemini-embedding-001", "a").data[0].embedding
    with pytest.raises(ModelNotFoundError):
        client.embedding("gemini-embedding-001", ["a", "b"])


def test_ollama_embeds_one_text(aimock: str) -> None:
    """Its answer is in the format before `/api/embed`, with one vector however many texts are sent."""
    assert len(client_of(aimock, "ollama").embedding("nomic-embed-text", ["a", "b"]).data) == 1


@pytest.mark.parametrize("vendor", ["openai", "azureopenai", "groq"])
def test_media_are_understood(aimock: str, vendor: str) -> None:
    client, model = client_of(aimock, vendor), WAYS[vendor][1]

    assert client.speech(model, "hello", voice="alloy") == b"ID3"
    assert client.transcription(model, ("a.wav", b"RIFF")).text == "Hello world"


def test_pictures_are_understood(aimock: str) -> None:
    for vendor, model in (("openai", "gpt-image-1"), ("azureopenai", "gpt-image-1"), ("gemini", "imagen-4.0")):
        assert client_of(aimock, vendor).image_generation(model, "a cat").data[0].b64_json == "iVBORw0KGgo="


def test_videos_are_understood(aimock: str) -> None:
    openai, gemini = client_of(aimock, "openai"), client_of(aimock, "gemini")

    made = openai.video_generation("sora-2", "the sea")
    begun = gemini.video_generation("veo-3.1-generate-preview", "the sea")

    assert (made.id, made.status) == ("vid-1", "completed")
    assert begun.status == "in_progress"
    assert gemini.retrieve_video(begun.id).id == begun.id


def test_files_models_and_moderations_are_understood(aimock: str) -> None:
    client = client_of(aimock, "openai")

    file = client.upload_file(("a.jsonl", b"{}"), purpose="batch")

    assert client.retrieve_file(file.id).filename == "a.jsonl"
    assert client.download_file(file.id).read() == b"{}"
    assert client.delete_file(file.id).deleted
    assert "gpt-4o" in [model.id for model in client.list_models()]
    assert client.moderation("omni-moderation-latest", "hello").results[0].flagged is False
