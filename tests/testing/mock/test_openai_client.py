"""This library reads all that the mock sends for OpenAI and those compatible with it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from any_llm.exceptions import AnyLLMError, RateLimitError
from any_llm.testing import Answer, Failure, Mock, ToolCall, Usage
from any_llm.testing.mock.request import request_of
from any_llm.testing.mock.responder import Behaviour, Responder
from any_llm.testing.mock.wires.registry import wires
from any_llm.testing.mock.wires.vendors import MANNERS
from any_llm.types.completion import ChatCompletion, ChatCompletionChunk
from any_llm.types.json import JSON

HELLO = [{"role": "user", "content": "hello there"}]
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS = [{"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}]
FULL = Answer(
    text="Hi there",
    reasoning="Let me think",
    tool_calls=(ToolCall("weather", {"city": "Rome"}), ToolCall("weather", {"city": "Oslo"})),
    usage=Usage(input=9, output=8, cached=2, reasoning=3),
)
NATIVE = {"gemini", "ollama"}
"""The vendors to which this library speaks another format than OpenAI's, which is another wire's test."""

VENDORS = sorted(set(MANNERS) - NATIVE - {"cloudflare", "databricks", "snowflake"} | {"openai", "lmstudio"})


def calls_of(message: JSON) -> list[tuple[str, object]]:
    calls = getattr(message, "tool_calls", None) or []
    return [(call.function.name, json.loads(call.function.arguments)) for call in calls]


def client_of(mock: Mock, vendor: str) -> JSON:
    return mock.client(vendor, api_base=f"http://mock.invalid/{vendor}/v1")


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_chat_of_each_vendor_is_read_whole_and_streamed(vendor: str) -> None:
    mock = Mock(lambda _request: FULL)
    client = client_of(mock, vendor)

    whole = client.completion("m", HELLO, tools=TOOLS)
    chunks = list(client.completion("m", HELLO, tools=TOOLS, stream=True, stream_options={"include_usage": True}))

    assert isinstance(whole, ChatCompletion)
    assert whole.usage is not None
    message = whole.choices[0].message
    assert message.content == "Hi there"
    assert calls_of(message) == [("weather", {"city": "Rome"}), ("weather", {"city": "Oslo"})]
    assert whole.choices[0].finish_reason == "tool_calls"
    assert (whole.usage.prompt_tokens, whole.usage.completion_tokens) == (9, 8)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == "Hi there"
    assert [chunk.usage.total_tokens for chunk in chunks if chunk.usage][-1:] == [17]
    manner = MANNERS.get(vendor)
    if manner is not None and (manner.reasoning or manner.thinking_parts):
        assert message.reasoning is not None
        assert message.reasoning.content == "Let me think"
        thought = [chunk.choices[0].delta.reasoning for chunk in chunks if chunk.choices]
        assert "".join(each.content for each in thought if each) == "Let me think"


@pytest.mark.parametrize("vendor", VENDORS)
def test_an_error_of_each_vendor_is_read_whole_and_within_a_stream(vendor: str) -> None:
    mock = Mock(lambda _request: Failure(status=429, message="Slow down, please"))
    client = client_of(mock, vendor)

    for way in ({}, {"stream": True}):
        with pytest.raises(RateLimitError, match="Slow down, please"):
            client.completion("m", HELLO, max_retries=0, **way)


def test_responses_are_read_whole_streamed_and_kept() -> None:
    mock = Mock(lambda _request: FULL)
    client: JSON = mock.client()
    wish = {"tools": [{"type": "function", "name": "weather", "parameters": SCHEMA}],
            "reasoning": {"effort": "low", "summary": "auto"}}  # fmt: skip

    whole = client.responses("gpt-5", "hello there", **wish)
    events = list(client.responses("gpt-5", "hello there", stream=True, **wish))
    again = client.retrieve_response(whole.id)
    compacted = client.compact_response("gpt-5", "hello there", previous_response_id=whole.id)
    background = client.responses("gpt-5", "x", background=True)
    cancelled = client.cancel_response(background.id)
    client.delete_response(whole.id)

    assert whole.output_text == "Hi there"
    assert [item.type for item in whole.output] == ["reasoning", "function_call", "function_call", "message"]
    assert events[-1].type == "response.completed"
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == "Hi there"
    assert again.output_text == "Hi there"
    assert compacted.output[-1].type == "compaction"
    assert cancelled.status == "cancelled"
    with pytest.raises(AnyLLMError, match="No such response"):
        client.retrieve_response(whole.id)


@pytest.mark.parametrize("vendor", ["openai", "mistral", "together", "openrouter", "lmstudio"])
def test_vectors_are_read(vendor: str) -> None:
    vectors = client_of(Mock(), vendor).embedding("m", ["a", "b"])

    assert [item.index for item in vectors.data] == [0, 1]
    assert len(vectors.data[0].embedding) == 1536


@pytest.mark.parametrize("vendor", ["openai", "mistral", "together"])
def test_a_text_is_completed(vendor: str) -> None:
    client = client_of(Mock(), vendor)

    whole = client.text_completion("m", "Once upon")
    chunks = list(client.text_completion("m", "Once upon", stream=True))

    assert whole.choices[0].text == "Once upon"
    assert "".join(chunk.choices[0].text for chunk in chunks if chunk.choices) == "Once upon"


def test_media_are_read() -> None:
    mock = Mock()
    client: JSON = mock.client()

    pictures = client.image_generation("gpt-image-1", "a circle")
    events = list(client.image_generation("gpt-image-1", "a circle", stream=True, partial_images=1))
    changed = client.image_edit("gpt-image-1", b"\x89PNG\r\n\x1a\n", "red")
    varied = client.image_variation("dall-e-2", b"\x89PNG\r\n\x1a\n")
    spoken = client.speech("gpt-4o-mini-tts", "Hi", "alloy", response_format="wav")
    pieces = b"".join(client.speech("gpt-4o-mini-tts", "Hi", "alloy", response_format="wav", stream=True))
    heard = client.transcription("gpt-4o-transcribe", spoken.content)
    told = list(client.transcription("gpt-4o-transcribe", spoken.content, stream=True))
    english = client.translation("whisper-1", spoken.content)
    video = client.wait_video(client.video_generation("sora-2", "a cat"), poll_interval=0.001)

    assert pictures.data[0].b64_json
    assert [event.type for event in events][-1] == "image_generation.completed"
    assert changed.data[0].b64_json
    assert varied.data[0].url.startswith("https://")
    assert pieces == spoken.content
    assert heard.text.startswith("This is what")
    assert told[-1].text == heard.text
    assert english.text.startswith("This is what")
    assert video.status == "completed"
    assert client.download_video(video.id).content[4:8] == b"ftyp"


@pytest.mark.parametrize("vendor", ["openai", "mistral"])
def test_texts_are_judged(vendor: str) -> None:
    mock = Mock(lambda _request: Answer(scores=(0.9,)))

    judged = client_of(mock, vendor).moderation("omni-moderation-latest", "a")

    assert judged.results[0].flagged


def test_documents_are_read() -> None:
    client: JSON = Mock(lambda _request: "# Title").client("mistral")
    found = client.ocr("mistral-ocr", "https://example.com/a.pdf")

    assert [page.markdown for page in found.pages] == ["# Title"]


@pytest.mark.parametrize("vendor", ["openai", "mistral"])
def test_files_and_batches_are_read(vendor: str) -> None:
    client = client_of(Mock(), vendor)

    file = client.upload_file(b'{"a": 1}\n', purpose="batch", filename="a.jsonl")
    batch = client.create_batch(
        endpoint="/v1/chat/completions",
        model="m",
        requests=[{"custom_id": "r0", "body": {"model": "m", "messages": HELLO}}],
    )
    done = client.retrieve_batch(batch.id)
    results = client.retrieve_batch_results(batch.id)

    assert file.id in [each.id for each in client.list_files().data]
    assert client.retrieve_file(file.id).filename == "a.jsonl"
    assert client.download_file(file.id).read() == b'{"a": 1}\n'
    assert client.delete_file(file.id).deleted
    assert done.status == "completed"
    assert [each.custom_id for each in results.results] == ["r0"]
    assert results.results[0].result.choices[0].message.content == "hello there"
    assert batch.id in [each.id for each in client.list_batches()]


def test_models_are_read() -> None:
    client: JSON = Mock().client()

    assert "gpt-5-mini" in [model.id for model in client.list_models()]
    assert client.retrieve_model("gpt-5-mini").id == "gpt-5-mini"


texts = st.text(max_size=40)
answers = st.builds(
    Answer,
    text=texts.filter(bool),
    reasoning=texts,
    tool_calls=st.lists(
        st.builds(ToolCall, name=st.just("weather"), arguments=st.fixed_dictionaries({"city": texts})), max_size=2
    ).map(tuple),
    finish=st.sampled_from(["", "length", "content_filter"]),
)


@given(seed=st.integers(0, 9999), answer=answers, vendor=st.sampled_from(VENDORS), count=st.integers(1, 2))
def test_whatever_is_sent_is_read_with_any_seed(seed: int, answer: Answer, vendor: str, count: int) -> None:
    client = client_of(Mock(lambda _request: answer, seed=seed), vendor)

    whole = client.completion("m", HELLO, tools=TOOLS, n=count)
    text = ""
    for chunk in client.completion("m", HELLO, tools=TOOLS, stream=True):
        assert isinstance(chunk, ChatCompletionChunk)
        text += chunk.choices[0].delta.content or "" if chunk.choices else ""

    expected = [(call.name, call.arguments) for call in answer.tool_calls]
    assert len(whole.choices) == count
    assert calls_of(whole.choices[0].message) == expected
    assert whole.choices[0].message.content == text == answer.text


@given(seed=st.integers(0, 9999), answer=answers)
def test_whatever_a_response_says_is_read_with_any_seed(seed: int, answer: Answer) -> None:
    client: JSON = Mock(lambda _request: answer, seed=seed).client()

    whole = client.responses("m", "hello there", tools=[{"type": "function", "name": "weather", "parameters": SCHEMA}])
    events = list(client.responses("m", "hello there", stream=True))

    assert whole.output_text == answer.text == events[-1].response.output_text
    assert whole.status == events[-1].response.status


@pytest.mark.parametrize(
    ("path", "body", "missing"),
    [
        ("/fim/completions", {"model": "m"}, "prompt"),
        ("/agents/completions", {"messages": HELLO}, "agent_id"),
        ("/agents", {"model": "m"}, "name"),
        ("/moderations", {"model": "m"}, "input"),
        ("/chat/moderations", {"model": "m", "input": []}, "input"),
        ("/ocr", {"model": "m"}, "document"),
        ("/batch/jobs", {}, "endpoint"),
    ],
)
def test_mistral_names_what_is_missing(path: str, body: JSON, missing: str) -> None:
    with pytest.raises(AnyLLMError, match=f"'{missing}'"):
        Mock().client("mistral").request("POST", path, body=body)


def test_a_batch_may_ask_for_what_is_no_json() -> None:
    client: JSON = Mock().client()
    line = {"custom_id": "r0", "url": "/v1/audio/speech", "body": {"model": "m", "voice": "alloy", "input": "Hi"}}
    file = client.upload_file(json.dumps(line).encode(), purpose="batch", filename="a.jsonl")
    batch = client.create_batch(input_file_id=file.id, endpoint="/v1/audio/speech")

    done = client.retrieve_batch(batch.id)

    assert done.request_counts.completed == 1


def test_an_error_within_a_stream_is_said_in_the_words_of_the_operation() -> None:
    responder = Responder(Behaviour())
    failure = Failure(status=500, message="Broken")

    def told(path: str, name: str) -> bytes:
        wire = next(wire for wire in wires() if wire.name == name)
        context = responder.context(request_of("POST", path, {}, b"{}"), wire)
        return wire.failure_pieces(failure, context)[0].data

    assert b'data: {"error":{"message":"Broken"' in told("/v1/chat/completions", "openai.chat")
    assert b'event: error\ndata: {"type":"error","code":' in told("/v1/responses", "openai.responses")


def test_a_broken_request_is_an_error_of_the_family() -> None:
    with pytest.raises(AnyLLMError, match="messages"):
        Mock().client().request("POST", "/chat/completions", body={"model": "m"})
