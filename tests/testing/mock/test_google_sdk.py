"""Google's own library works against the mock, unmodified, over a socket, with the Gemini API and with Vertex AI."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from google import genai
from google.genai import errors, types
from google.oauth2.credentials import Credentials
from pydantic import BaseModel

from any_llm.testing import Answer, Failure, Mock, ToolCall, Usage
from any_llm.testing.mock.answer import Blob

# The library subclasses aiohttp's session, which aiohttp discourages.
pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession")

MODEL = "gemini-2.5-flash"
WEATHER = types.Tool(
    function_declarations=[
        types.FunctionDeclaration(
            name="weather",
            description="Tells the weather",
            parameters=types.Schema(
                type=types.Type.OBJECT,
                properties={"city": types.Schema(type=types.Type.STRING)},
                required=["city"],
            ),
        )
    ]
)


class Place(BaseModel):
    city: str
    people: int


@pytest.fixture
def mock() -> Iterator[Mock]:
    with Mock() as running:
        yield running


def connect(mock: Mock, kind: str) -> genai.Client:
    """Return a client of the Gemini API, or of Vertex AI with a token."""
    options = types.HttpOptions(base_url=f"{mock.origin}/{kind}")
    if kind == "gemini":
        return genai.Client(api_key="k", http_options=options)
    return genai.Client(
        vertexai=True, project="p", location="us-central1", credentials=Credentials(token="t"), http_options=options
    )


@pytest.fixture(params=["gemini", "vertexai"])
def client(mock: Mock, request: pytest.FixtureRequest) -> Iterator[genai.Client]:
    with connect(mock, request.param) as client:
        yield client


@pytest.fixture
def gemini(mock: Mock) -> Iterator[genai.Client]:
    with connect(mock, "gemini") as client:
        yield client


@pytest.fixture
def vertex(mock: Mock) -> Iterator[genai.Client]:
    with connect(mock, "vertexai") as client:
        yield client


@pytest.fixture(params=["gemini", "vertexai"])
async def later(mock: Mock, request: pytest.FixtureRequest) -> AsyncIterator[genai.Client]:
    client = connect(mock, request.param)
    yield client
    await client.aio.aclose()
    client.close()


def test_content_has_all_that_was_answered(client: genai.Client, mock: Mock) -> None:
    usage = Usage(input=9, output=7, cached=2, reasoning=3)
    mock.reply(Answer(reasoning="Let me think", text="Hi there", usage=usage))

    answer = client.models.generate_content(
        model=MODEL,
        contents="hello",
        config=types.GenerateContentConfig(
            candidate_count=2,
            system_instruction="Be brief",
            thinking_config=types.ThinkingConfig(include_thoughts=True),
        ),
    )

    assert answer.model_version == MODEL
    assert answer.response_id
    candidates = answer.candidates or []
    assert len(candidates) == 2
    thought, said = candidates[1].content.parts
    assert (thought.text, thought.thought) == ("Let me think", True)
    assert (said.text, bool(said.thought_signature)) == ("Hi there", True)
    assert candidates[0].finish_reason == types.FinishReason.STOP
    counted = answer.usage_metadata
    assert (counted.prompt_token_count, counted.candidates_token_count, counted.total_token_count) == (9, 4, 16)
    assert (counted.thoughts_token_count, counted.cached_content_token_count) == (3, 2)
    assert mock.last.asked.turns[0].text == "Be brief"


async def test_content_comes_in_pieces(later: genai.Client, mock: Mock) -> None:
    mock.reply(
        Answer(reasoning="Let me think", text="It is a fine day", tool_calls=(ToolCall("weather", {"city": "Rome"}),))
    )

    pieces = [
        piece
        async for piece in await later.aio.models.generate_content_stream(
            model=MODEL,
            contents="hello",
            config=types.GenerateContentConfig(tools=[WEATHER], automatic_function_calling={"disable": True}),
        )
    ]

    parts = [part for piece in pieces for part in piece.candidates[0].content.parts]
    assert "".join(part.text or "" for part in parts if part.thought) == "Let me think"
    assert "".join(part.text or "" for part in parts if not part.thought) == "It is a fine day"
    calls = [part.function_call for part in parts if part.function_call]
    assert [(call.name, call.args) for call in calls] == [("weather", {"city": "Rome"})]
    assert pieces[-1].candidates[0].finish_reason == types.FinishReason.STOP
    counted = pieces[-1].usage_metadata
    assert counted.total_token_count == (
        counted.prompt_token_count + counted.candidates_token_count + counted.thoughts_token_count
    )
    assert len({piece.response_id for piece in pieces}) == 1


def test_a_stream_is_read_by_a_blocking_client(client: genai.Client) -> None:
    pieces = list(client.models.generate_content_stream(model=MODEL, contents="hello there"))

    assert "".join(piece.text or "" for piece in pieces) == "hello there"
    assert len(pieces) == 4


def test_functions_are_called_until_there_is_an_answer(client: genai.Client, mock: Mock) -> None:
    asked: list[str] = []

    def weather(city: str) -> str:
        """Tell the weather."""
        asked.append(city)
        return f"It rains in {city}"

    mock.reply(Answer(tool_calls=(ToolCall("weather", {"city": "Rome"}),)), Answer(text="Take an umbrella"))

    answer = client.models.generate_content(
        model=MODEL, contents="hello", config=types.GenerateContentConfig(tools=[weather])
    )

    assert answer.text == "Take an umbrella"
    assert asked == ["Rome"]
    assert mock.last.asked.tool_results[0].text == "It rains in Rome"


def test_a_function_that_must_be_called_is_called(client: genai.Client) -> None:
    choice = types.ToolConfig(
        function_calling_config=types.FunctionCallingConfig(
            mode=types.FunctionCallingConfigMode.ANY, allowed_function_names=["weather"]
        )
    )

    answer = client.models.generate_content(
        model=MODEL, contents="hello", config=types.GenerateContentConfig(tools=[WEATHER], tool_config=choice)
    )

    (call,) = answer.function_calls
    assert call.name == "weather"
    assert isinstance(call.args["city"], str)


def test_a_schema_is_fitted(client: genai.Client) -> None:
    config = types.GenerateContentConfig(response_mime_type="application/json", response_schema=Place)

    answer = client.models.generate_content(model=MODEL, contents="hello", config=config)

    assert isinstance(answer.parsed, Place)


async def test_content_is_asked_for_asynchronously(later: genai.Client) -> None:
    answer = await later.aio.models.generate_content(model=MODEL, contents="hello there")

    assert answer.text == "hello there"


def test_a_chat_remembers_what_was_said(client: genai.Client, mock: Mock) -> None:
    chat = client.chats.create(model=MODEL)

    assert chat.send_message("one").text == "one"
    assert chat.send_message("two").text == "two"
    assert [turn.text for turn in mock.last.asked.turns] == ["one", "one", "two"]


def test_an_answer_says_why_it_ended(client: genai.Client, mock: Mock) -> None:
    config = types.GenerateContentConfig(max_output_tokens=1)
    short = client.models.generate_content(model=MODEL, contents="hello there", config=config)
    mock.reply(Answer(text="I would rather not", finish="content_filter"))
    filtered = client.models.generate_content(model=MODEL, contents="hello there")
    mock.reply(Answer(tool_calls=(ToolCall("weather", "{no json"),)))
    malformed = client.models.generate_content(model=MODEL, contents="hello there")

    reasons = [answer.candidates[0].finish_reason for answer in (short, filtered, malformed)]
    assert reasons == [
        types.FinishReason.MAX_TOKENS,
        types.FinishReason.SAFETY,
        types.FinishReason.MALFORMED_FUNCTION_CALL,
    ]


def test_vertex_says_which_call_was_malformed(vertex: genai.Client, mock: Mock) -> None:
    mock.reply(Answer(tool_calls=(ToolCall("weather", "{no json"),)))

    (candidate,) = vertex.models.generate_content(model=MODEL, contents="hello there").candidates

    assert candidate.finish_message == "Malformed function call: {no json"


def test_a_refused_prompt_has_no_candidate(client: genai.Client, mock: Mock) -> None:
    mock.reply(Answer(refusal="No"))

    answer = client.models.generate_content(model=MODEL, contents="hello there")
    (piece,) = client.models.generate_content_stream(model=MODEL, contents="hello there")

    assert answer.candidates is None
    assert answer.prompt_feedback.block_reason == types.BlockedReason.PROHIBITED_CONTENT
    assert piece.prompt_feedback.block_reason == types.BlockedReason.PROHIBITED_CONTENT


def test_an_answer_tells_what_it_was_found_on(client: genai.Client) -> None:
    config = types.GenerateContentConfig(tools=[types.Tool(google_search=types.GoogleSearch())])

    candidate = client.models.generate_content(model=MODEL, contents="hello there", config=config).candidates[0]

    found = candidate.grounding_metadata
    assert found.web_search_queries == ["hello there"]
    assert found.grounding_chunks[0].web.title == "example.com"
    assert found.grounding_supports[0].segment.text == "hello there"


def test_pictures_and_sound_are_parts_of_an_answer(client: genai.Client, mock: Mock) -> None:
    drawing = types.GenerateContentConfig(response_modalities=["TEXT", "IMAGE"])
    speaking = types.GenerateContentConfig(
        response_modalities=["AUDIO"],
        speech_config=types.SpeechConfig(
            voice_config=types.VoiceConfig(prebuilt_voice_config=types.PrebuiltVoiceConfig(voice_name="Kore"))
        ),
    )

    drawn = client.models.generate_content(model=MODEL, contents="a cat", config=drawing)
    spoken = client.models.generate_content(model=MODEL, contents="hello", config=speaking)
    (*_, last) = client.models.generate_content_stream(model=MODEL, contents="hello", config=speaking)
    mock.reply(Answer(media=(Blob("image/webp", b"RIFF"),)))
    given = client.models.generate_content(model=MODEL, contents="a cat", config=drawing)

    text, picture = drawn.candidates[0].content.parts
    assert text.text == "a cat"
    assert picture.inline_data.mime_type == "image/png"
    assert picture.inline_data.data.startswith(b"\x89PNG")
    assert drawn.usage_metadata.candidates_tokens_details[0].modality == types.MediaModality.IMAGE
    (sound,) = spoken.candidates[0].content.parts
    assert sound.inline_data.mime_type == "audio/L16;codec=pcm;rate=24000"
    assert last.candidates[0].finish_reason == types.FinishReason.STOP
    assert given.candidates[0].content.parts[0].inline_data.data == b"RIFF"


def test_likelihoods_are_told_by_vertex(vertex: genai.Client) -> None:
    config = types.GenerateContentConfig(response_logprobs=True, logprobs=1)

    candidate = vertex.models.generate_content(model=MODEL, contents="hello there", config=config).candidates[0]

    assert candidate.avg_logprobs == -0.01
    assert "".join(each.token for each in candidate.logprobs_result.chosen_candidates) == "hello there"
    assert len(candidate.logprobs_result.top_candidates) == 3


async def test_tokens_are_counted(later: genai.Client) -> None:
    counted = await later.aio.models.count_tokens(model=MODEL, contents="hello there")

    assert counted.total_tokens == 7


def test_texts_are_embedded(client: genai.Client, mock: Mock) -> None:
    model = "gemini-embedding-001" if client.vertexai else "text-embedding-004"
    config = types.EmbedContentConfig(output_dimensionality=3)

    long = client.models.embed_content(model=model, contents=["a", "b", "a"]).embeddings
    short = client.models.embed_content(model=model, contents="a", config=config).embeddings
    mock.reply(Answer(embeddings=((0.25, 0.5),)))
    given = client.models.embed_content(model=model, contents="a").embeddings

    assert [len(each.values) for each in long] == [3072 if client.vertexai else 768] * 3
    assert long[0].values == long[2].values != long[1].values
    assert [len(each.values) for each in short] == [3]
    assert given[0].values == [0.25, 0.5]


def test_vertex_embeds_by_both_of_its_methods(vertex: genai.Client) -> None:
    older = vertex.models.embed_content(model="text-embedding-005", contents=["a b", "c"])
    newer = vertex.models.embed_content(model="gemini-embedding-2", contents="a b")

    assert [len(each.values) for each in older.embeddings] == [768, 768]
    assert older.embeddings[0].statistics.token_count == 1.0
    assert older.metadata.billable_character_count == 3
    assert len(newer.embeddings[0].values) == 3072


@pytest.mark.filterwarnings("ignore:The generate_images method")
def test_vertex_draws_with_imagen(vertex: genai.Client, mock: Mock) -> None:
    model, config = "imagen-4.0-generate-001", types.GenerateImagesConfig(number_of_images=2)

    drawn = vertex.models.generate_images(model=model, prompt="red", config=config).generated_images
    stored = vertex.models.generate_images(
        model=model, prompt="red", config=types.GenerateImagesConfig(output_gcs_uri="gs://mine")
    ).generated_images
    mock.reply(Answer(refusal="No"))
    refused = vertex.models.generate_images(
        model=model, prompt="red", config=types.GenerateImagesConfig(include_rai_reason=True)
    ).generated_images

    assert [each.image.image_bytes[:4] for each in drawn] == [b"\x89PNG"] * 2
    assert drawn[0].image.image_bytes != drawn[1].image.image_bytes
    assert stored[0].image.gcs_uri == "gs://mine/sample_0.png"
    assert "filtered out" in refused[0].rai_filtered_reason


def test_vertex_makes_a_video(vertex: genai.Client, mock: Mock) -> None:
    model = "veo-3.1-generate-preview"

    begun = vertex.models.generate_videos(model=model, source=types.GenerateVideosSource(prompt="the sea"))
    done = vertex.operations.get(begun)
    mock.reply(Answer(refusal="No"))
    refused = vertex.operations.get(
        vertex.models.generate_videos(model=model, source=types.GenerateVideosSource(prompt="the sea"))
    )

    assert not begun.done
    assert begun.name.startswith(f"projects/p/locations/us-central1/publishers/google/models/{model}/operations/")
    assert done.done
    assert done.response.generated_videos[0].video.mime_type == "video/mp4"
    assert b"ftypmp42" in done.response.generated_videos[0].video.video_bytes
    assert refused.response.rai_media_filtered_reasons == ["No"]


def test_a_file_is_kept(gemini: genai.Client, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"hello file")

    uploaded = gemini.files.upload(file=path, config=types.UploadFileConfig(display_name="A file"))
    seen = gemini.files.get(name=uploaded.name)
    listed = list(gemini.files.list(config=types.ListFilesConfig(page_size=1)))
    gemini.files.delete(name=uploaded.name)

    assert (uploaded.display_name, uploaded.size_bytes, uploaded.mime_type) == ("A file", 10, "text/plain")
    assert uploaded.state == types.FileState.ACTIVE
    assert uploaded.uri.endswith(uploaded.name)
    assert [seen, *listed] == [seen, seen]
    assert list(gemini.files.list()) == []
    with pytest.raises(errors.ClientError, match="it may not exist"):
        gemini.files.get(name=uploaded.name)


def test_a_large_file_is_sent_in_chunks(gemini: genai.Client, mock: Mock, tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(bytes(9_000_000))

    uploaded = gemini.files.upload(file=path)

    assert (uploaded.size_bytes, uploaded.mime_type) == (9_000_000, "video/mp4")
    assert [call.headers["x-goog-upload-command"] for call in mock.calls] == ["start", "upload", "upload, finalize"]


async def test_a_file_is_uploaded_asynchronously(mock: Mock, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"hello file")
    async with connect(mock, "gemini").aio as client:
        uploaded = await client.files.upload(file=path)
        listed = [file.name async for file in await client.files.list()]

    assert uploaded.size_bytes == 10
    assert listed == [uploaded.name]


def test_contents_are_cached(client: genai.Client) -> None:
    config = types.CreateCachedContentConfig(contents=["x" * 400], system_instruction="Be brief", ttl="60s")
    made = client.caches.create(model=MODEL, config=config)
    changed = client.caches.update(name=made.name, config=types.UpdateCachedContentConfig(ttl="600s"))
    answer = client.models.generate_content(
        model=MODEL, contents="hi", config=types.GenerateContentConfig(cached_content=made.name)
    )
    listed = [each.name for each in client.caches.list()]
    client.caches.delete(name=made.name)

    assert made.usage_metadata.total_token_count == 110
    assert answer.usage_metadata.cached_content_token_count == 110
    assert answer.usage_metadata.prompt_token_count == 115
    assert changed.expire_time > made.expire_time
    assert listed == [made.name]
    with pytest.raises(errors.ClientError, match="CachedContent not found"):
        client.caches.get(name=made.name)


def test_a_batch_is_answered(gemini: genai.Client, mock: Mock) -> None:
    questions = [
        {"contents": [{"role": "user", "parts": [{"text": text}]}], "metadata": {"key": text}}
        for text in ("one", "two")
    ]
    mock.reply(Answer(text="1"), Failure(status=429, message="Slow down"))

    begun = gemini.batches.create(model=MODEL, src=questions, config={"display_name": "numbers"})
    done = gemini.batches.get(name=begun.name)
    listed = [each.name for each in gemini.batches.list()]
    gemini.batches.delete(name=begun.name)

    assert begun.state == types.JobState.JOB_STATE_PENDING
    assert (done.state, done.display_name) == (types.JobState.JOB_STATE_SUCCEEDED, "numbers")
    first, second = done.dest.inlined_responses
    assert first.response.text == "1"
    assert second.error.message == "Slow down"
    assert listed == [begun.name]
    assert list(gemini.batches.list()) == []


def test_a_batch_comes_in_a_file_and_goes_into_one(gemini: genai.Client, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"key": "1", "request": {"contents": [{"role": "user", "parts": [{"text": "one"}]}]}}\n')
    file = gemini.files.upload(file=path, config=types.UploadFileConfig(mime_type="application/jsonl"))

    begun = gemini.batches.create(model=MODEL, src=file.name)
    done = gemini.batches.get(name=begun.name)
    answers = gemini.files.download(file=done.dest.file_name)

    assert b'"key":"1"' in answers
    assert b'"text":"one"' in answers


def test_a_batch_is_stopped(gemini: genai.Client) -> None:
    questions = [{"contents": [{"role": "user", "parts": [{"text": "one"}]}]}]
    begun = gemini.batches.create(model=MODEL, src=questions)

    gemini.batches.cancel(name=begun.name)

    assert gemini.batches.get(name=begun.name).state == types.JobState.JOB_STATE_CANCELLED


def test_models_are_listed(gemini: genai.Client, vertex: genai.Client) -> None:
    names = [model.name for model in gemini.models.list(config={"page_size": 3})]
    published = [model.name for model in vertex.models.list(config={"query_base": True})]

    assert f"models/{MODEL}" in names
    assert [f"publishers/google/{name}" for name in names] == published
    assert gemini.models.get(model=MODEL).display_name == "Gemini 2.5 Flash"
    assert vertex.models.get(model=MODEL).name == f"publishers/google/models/{MODEL}"


def test_an_interaction_goes_on_from_another(gemini: genai.Client, mock: Mock) -> None:
    first = gemini.interactions.create(model=MODEL, input="My name is Ada")
    second = gemini.interactions.create(model=MODEL, input="Who am I", previous_interaction_id=first.id)
    seen = gemini.interactions.get(first.id)

    assert (first.status, first.model) == ("completed", MODEL)
    assert [step.type for step in first.steps] == ["thought", "model_output"]
    assert first.steps[1].content[0].text == "My name is Ada"
    assert second.usage.total_input_tokens > first.usage.total_input_tokens
    assert seen.steps[1].content[0].text == "My name is Ada"
    gemini.interactions.delete(first.id)
    assert mock.last.operation == "delete_response"


async def test_an_interaction_comes_in_events(mock: Mock) -> None:
    mock.reply(Answer(reasoning="Let me think", text="It is", tool_calls=(ToolCall("weather", {"city": "Rome"}),)))
    async with connect(mock, "gemini").aio as client:
        events = [event async for event in await client.interactions.create(model=MODEL, input="hello", stream=True)]

    kinds = [event.event_type for event in events]
    assert kinds[:2] == ["interaction.created", "interaction.status_update"]
    assert kinds[-1] == "interaction.completed"
    deltas = [event.delta for event in events if event.event_type == "step.delta"]
    assert "".join(delta.text for delta in deltas if delta.type == "text") == "It is"
    assert "".join(delta.arguments for delta in deltas if delta.type == "arguments_delta") == '{"city":"Rome"}'
    assert events[-1].interaction.status == "requires_action"


def test_errors_have_googles_shape(client: genai.Client, mock: Mock) -> None:
    mock.reply(Failure(status=429, message="Slow down", headers={"retry-after": "7"}))
    with pytest.raises(errors.ClientError) as caught:
        client.models.generate_content(model=MODEL, contents="hello")
    mock.reply(Failure(status=503, message="Overloaded"))
    with pytest.raises(errors.ServerError) as broken:
        list(client.models.generate_content_stream(model=MODEL, contents="hello"))

    assert (caught.value.code, caught.value.status, caught.value.message) == (429, "RESOURCE_EXHAUSTED", "Slow down")
    assert caught.value.details["error"]["details"][1]["retryDelay"] == "7s"
    assert (broken.value.code, broken.value.status) == (503, "UNAVAILABLE")


def test_a_role_that_there_is_not_is_refused(client: genai.Client) -> None:
    nobody = types.Content(role="nobody", parts=[types.Part(text="hello")])

    with pytest.raises(errors.ClientError, match="Please use a valid role") as caught:
        client.models.generate_content(model=MODEL, contents=nobody)

    assert caught.value.status == "INVALID_ARGUMENT"
