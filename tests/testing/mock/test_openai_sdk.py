"""OpenAI's own library works against the mock, unmodified, over a socket."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import AsyncIterator, Iterator

import openai
import pytest
from openai import AsyncOpenAI, OpenAI
from openai.types.responses import ResponseFunctionToolCall
from pydantic import BaseModel

from any_llm.testing import Answer, Failure, Mock, ToolCall, Usage
from any_llm.types.json import JSON

HELLO = [{"role": "user", "content": "hello there"}]
WEATHER = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"],
           "additionalProperties": False}  # fmt: skip
TOOLS = [{"type": "function", "function": {"name": "weather", "parameters": WEATHER}}]
RESPONSE_TOOLS = [{"type": "function", "name": "weather", "parameters": WEATHER, "strict": True}]


class Place(BaseModel):
    city: str


@pytest.fixture
def mock() -> Iterator[Mock]:
    with Mock() as running:
        yield running


@pytest.fixture
def client(mock: Mock) -> Iterator[JSON]:
    with OpenAI(base_url=mock.url(), api_key="k", max_retries=0) as client:
        yield client


@pytest.fixture
async def later(mock: Mock) -> AsyncIterator[JSON]:
    async with AsyncOpenAI(base_url=mock.url(), api_key="k", max_retries=0) as client:
        yield client


def test_a_chat_completion_has_all_that_is_asked_for(client: JSON, mock: Mock) -> None:
    mock.reply(Answer(text="Hi there", usage=Usage(input=9, output=4, cached=2, reasoning=1)))

    completion = client.chat.completions.create(
        model="gpt-5", messages=HELLO, n=2, logprobs=True, top_logprobs=2, service_tier="flex"
    )

    assert completion.id.startswith("chatcmpl-")
    assert completion.service_tier == "flex"
    assert [choice.message.content for choice in completion.choices] == ["Hi there", "Hi there"]
    assert completion.choices[0].finish_reason == "stop"
    logprobs = completion.choices[0].logprobs
    assert logprobs is not None
    assert "".join(each.token for each in logprobs.content or ()) == "Hi there"
    assert [len(each.top_logprobs) for each in logprobs.content or ()] == [2, 2]
    assert completion.usage is not None
    assert completion.usage.total_tokens == 13
    assert completion.usage.prompt_tokens_details.cached_tokens == 2
    assert completion.usage.completion_tokens_details.reasoning_tokens == 1
    assert completion._request_id


def test_a_chat_streams_tools_in_parallel_and_its_usage(client: JSON, mock: Mock) -> None:
    mock.reply(Answer(tool_calls=(ToolCall("weather", {"city": "Rome"}), ToolCall("weather", {"city": "Oslo"}))))

    with client.chat.completions.stream(
        model="gpt-5", messages=HELLO, tools=TOOLS, stream_options={"include_usage": True}
    ) as stream:
        completion = stream.get_final_completion()

    calls = completion.choices[0].message.tool_calls or []
    assert [json.loads(call.function.arguments) for call in calls] == [{"city": "Rome"}, {"city": "Oslo"}]
    assert len({call.id for call in calls}) == 2
    assert completion.choices[0].finish_reason == "tool_calls"
    assert completion.usage is not None
    assert completion.usage.completion_tokens > 0


def test_a_chat_speaks_and_refuses_and_fits_a_schema(client: JSON, mock: Mock) -> None:
    parsed = client.chat.completions.parse(model="gpt-5", messages=HELLO, response_format=Place)
    spoken = client.chat.completions.create(
        model="gpt-audio", messages=HELLO, modalities=["text", "audio"], audio={"voice": "alloy", "format": "wav"}
    )
    mock.reply(Answer(refusal="I cannot."))
    refused = client.chat.completions.create(model="gpt-5", messages=HELLO)

    assert isinstance(parsed.choices[0].message.parsed, Place)
    assert spoken.choices[0].message.content is None
    assert spoken.choices[0].message.audio is not None
    assert spoken.choices[0].message.audio.transcript == "hello there"
    assert base64.b64decode(spoken.choices[0].message.audio.data).startswith(b"RIFF")
    assert refused.choices[0].message.refusal == "I cannot."


async def test_the_asynchronous_client_streams_too(later: JSON) -> None:
    stream = await later.chat.completions.create(model="gpt-5", messages=HELLO, stream=True)
    text = "".join([chunk.choices[0].delta.content or "" async for chunk in stream])
    spoken = await later.chat.completions.create(
        model="gpt-audio", messages=HELLO, modalities=["text", "audio"], audio={"voice": "alloy", "format": "mp3"},
        stream=True,
    )  # fmt: skip
    heard = [chunk.choices[0].delta.model_dump().get("audio") or {} async for chunk in spoken]

    assert text == "hello there"
    assert "".join(each.get("transcript") or "" for each in heard) == "hello there"
    assert any(each.get("data") for each in heard)


def test_a_text_is_completed_whole_and_streamed(client: JSON) -> None:
    whole = client.completions.create(model="davinci", prompt=["One", "Two"], echo=True, logprobs=1)
    chunks = list(
        client.completions.create(
            model="davinci", prompt="a longer text", stream=True, stream_options={"include_usage": True}
        )
    )

    assert [choice.text for choice in whole.choices] == ["OneOne", "TwoOne"]
    assert whole.choices[0].logprobs is not None
    assert "".join(whole.choices[0].logprobs.tokens or ()) == "OneOne"
    assert "".join(chunk.choices[0].text for chunk in chunks if chunk.choices) == "a longer text"
    assert chunks[-1].usage is not None


def test_responses_are_told_whole_and_as_events(client: JSON, mock: Mock) -> None:
    whole = client.responses.create(model="gpt-5", input="hello there", metadata={"a": "b"})
    mock.reply(Answer(reasoning="Let me think", text="Hi", tool_calls=(ToolCall("weather", {"city": "Rome"}),)))
    with client.responses.stream(
        model="gpt-5", input=HELLO, tools=RESPONSE_TOOLS, reasoning={"effort": "low", "summary": "auto"},
        include=["reasoning.encrypted_content"],
    ) as stream:  # fmt: skip
        events = [event.type for event in stream]
        final = stream.get_final_response()

    assert whole.output_text == "hello there"
    assert whole.metadata == {"a": "b"}
    assert whole.usage is not None
    assert whole.usage.total_tokens == whole.usage.input_tokens + whole.usage.output_tokens
    assert [item.type for item in final.output] == ["reasoning", "function_call", "message"]
    assert final.output_text == "Hi"
    assert events[:3] == ["response.created", "response.in_progress", "response.output_item.added"]
    assert events[-1] == "response.completed"
    assert {"response.reasoning_summary_text.delta", "response.function_call_arguments.delta"} <= set(events)
    call = final.output[1]
    assert isinstance(call, ResponseFunctionToolCall)
    assert json.loads(call.arguments) == {"city": "Rome"}


def test_responses_call_what_the_vendor_runs(client: JSON, mock: Mock) -> None:
    mock.reply(
        Answer(
            text="It is so.",
            tool_calls=(ToolCall("web_search", {"query": "is it"}), ToolCall("code_interpreter", {"code": "1+1"}),
                        ToolCall("shout", "AH")),
        )
    )  # fmt: skip
    tools = [
        {"type": "web_search"},
        {"type": "code_interpreter", "container": {"type": "auto"}},
        {"type": "custom", "name": "shout"},
        {"type": "mcp", "server_label": "docs", "server_url": "https://example.com/mcp"},
    ]

    events = list(client.responses.create(model="gpt-5", input="is it so?", tools=tools, stream=True))

    done = events[-1].response
    assert [item.type for item in done.output] == [
        "mcp_list_tools", "web_search_call", "code_interpreter_call", "custom_tool_call", "message",
    ]  # fmt: skip
    assert done.output[-1].content[0].annotations[0].type == "url_citation"
    assert {
        "response.web_search_call.searching", "response.code_interpreter_call_code.done",
        "response.mcp_list_tools.completed", "response.custom_tool_call_input.done",
        "response.output_text.annotation.added",
    } <= {event.type for event in events}  # fmt: skip


def test_a_response_refuses_is_cut_and_fits_a_schema(client: JSON, mock: Mock) -> None:
    parsed = client.responses.parse(model="gpt-5", input="where", text_format=Place)
    cut = client.responses.create(model="gpt-5", input="a rather long sentence to say", max_output_tokens=2)
    mock.reply(Answer(refusal="No."))
    refused = list(client.responses.create(model="gpt-5", input="x", stream=True))[-1].response

    assert isinstance(parsed.output_parsed, Place)
    assert cut.status == "incomplete"
    assert cut.incomplete_details is not None
    assert cut.incomplete_details.reason == "max_output_tokens"
    assert refused.output[0].content[0].to_dict() == {"type": "refusal", "refusal": "No."}


def test_responses_are_kept_and_built_upon(client: JSON) -> None:
    first = client.responses.create(model="gpt-5", input="hello there")
    second = client.responses.create(model="gpt-5", input="and you?", previous_response_id=first.id)
    again = client.responses.retrieve(first.id)
    told = list(client.responses.retrieve(first.id, stream=True, starting_after=0))
    items = client.responses.input_items.list(second.id)
    counted = client.responses.input_tokens.count(model="gpt-5", input="hello there")
    compacted = client.responses.compact(model="gpt-5", previous_response_id=first.id, input="more")
    client.responses.delete(first.id)

    assert again == first
    assert told[0].type == "response.in_progress"
    assert told[-1].response.output_text == "hello there"
    assert second.previous_response_id == first.id
    assert second.usage.input_tokens > first.usage.input_tokens
    assert items.data[0].content[0].text == "and you?"
    assert counted.input_tokens == first.usage.input_tokens
    assert [item.type for item in compacted.output] == ["message", "message", "compaction"]
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(first.id)
    with pytest.raises(openai.BadRequestError, match="Previous response"):
        client.responses.create(model="gpt-5", input="x", previous_response_id=first.id)
    with pytest.raises(openai.BadRequestError, match="Previous response"):
        client.responses.compact(model="gpt-5", previous_response_id=first.id)


def test_a_response_in_the_background_can_be_cancelled_or_waited_for(client: JSON) -> None:
    cancelled = client.responses.create(model="gpt-5", input="a", background=True)
    waited = client.responses.create(model="gpt-5", input="b", background=True)

    assert (cancelled.status, waited.status, waited.output) == ("queued", "queued", [])
    assert client.responses.cancel(cancelled.id).status == "cancelled"
    assert client.responses.retrieve(cancelled.id).status == "cancelled"
    assert client.responses.retrieve(waited.id).output_text == "b"
    with pytest.raises(openai.BadRequestError, match="synchronous"):
        client.responses.cancel(client.responses.create(model="gpt-5", input="c").id)


# OpenAI's library opens the WebSocket in the manner of an older version of its own dependency.
@pytest.mark.filterwarnings("ignore:connect:DeprecationWarning")
def test_responses_come_over_a_websocket_one_upon_the_other(client: JSON, mock: Mock) -> None:
    def ask(connection: JSON, **wish: object) -> list[JSON]:
        connection.response.create(model="gpt-5", store=False, **wish)
        events = [connection.recv()]
        while events[-1].type not in {"response.completed", "error"}:
            events.append(connection.recv())
        return events

    with client.responses.connect() as connection:
        first = ask(connection, input="hello there")
        second = ask(connection, input="and you?", previous_response_id=first[-1].response.id)
        wrong = ask(connection, input="x", previous_response_id="resp_none")
        warm = ask(connection, input="x", generate=False)
        connection.send_raw('{"type": "response.dance"}')
        unknown = connection.recv()

    assert first[0].type == "response.created"
    assert first[-1].response.output_text == "hello there"
    assert second[-1].response.output_text == "and you?"
    assert [event.type for event in wrong] == ["error"]
    assert wrong[0].error.code == "previous_response_not_found"
    assert warm[-1].response.output == []
    assert unknown.type == "error"
    assert [call.operation for call in mock.calls] == ["responses_socket", *["responses"] * 4]


async def test_the_asynchronous_client_has_the_websocket_too(later: JSON) -> None:
    async with later.responses.connect() as connection:
        await connection.response.create(model="gpt-5", input="hello there")
        types = [(await connection.recv()).type for _ in range(3)]

    assert types == ["response.created", "response.in_progress", "response.output_item.added"]


def test_embeddings_come_as_numbers_and_as_bytes(client: JSON) -> None:
    numbers = client.embeddings.create(
        model="text-embedding-3-small", input=["a", "b"], dimensions=8, encoding_format="float"
    )
    packed = client.embeddings.create(model="text-embedding-3-small", input=["a", "b"], dimensions=8)
    large = client.embeddings.create(model="text-embedding-3-large", input=[1, 2, 3])

    assert [len(item.embedding) for item in numbers.data] == [8, 8]
    assert packed.data[0].embedding == pytest.approx(numbers.data[0].embedding)
    assert numbers.data[0].embedding != numbers.data[1].embedding
    assert len(large.data[0].embedding) == 3072
    assert numbers.usage.prompt_tokens == 2


def test_pictures_are_made_changed_and_streamed(client: JSON) -> None:
    made = client.images.generate(model="gpt-image-1", prompt="a circle", n=2)
    old = client.images.generate(model="dall-e-3", prompt="a circle")
    changed = client.images.edit(model="gpt-image-1", image=io.BytesIO(b"\x89PNG"), prompt="red")
    events = list(client.images.generate(model="gpt-image-1", prompt="x", stream=True, partial_images=2))
    edits = list(
        client.images.edit(model="gpt-image-1", image=[io.BytesIO(b"a")], prompt="x", stream=True, partial_images=1)
    )

    assert base64.b64decode(made.data[1].b64_json).startswith(b"\x89PNG")
    assert made.data[0].b64_json != made.data[1].b64_json
    assert made.usage.output_tokens == 2 * 272
    assert old.data[0].url.startswith("https://")
    assert old.data[0].revised_prompt == "a circle"
    assert changed.usage.input_tokens_details.image_tokens == 272
    assert [event.type for event in events] == [
        "image_generation.partial_image", "image_generation.partial_image", "image_generation.completed",
    ]  # fmt: skip
    assert [event.type for event in edits] == ["image_edit.partial_image", "image_edit.completed"]


def test_speech_is_made_and_written_down(client: JSON, mock: Mock) -> None:
    wave = client.audio.speech.create(model="gpt-4o-mini-tts", voice="alloy", input="Hi", response_format="wav")
    with client.audio.speech.with_streaming_response.create(
        model="gpt-4o-mini-tts", voice="alloy", input="Hi", stream_format="sse"
    ) as told:
        lines = [line for line in told.iter_lines() if line.startswith("data: ")]
    mock.reply("A word or two")
    sound = ("a.wav", wave.content)
    plain = client.audio.transcriptions.create(model="gpt-4o-transcribe", file=sound, include=["logprobs"])
    verbose = client.audio.transcriptions.create(
        model="whisper-1", file=sound, response_format="verbose_json", timestamp_granularities=["word"]
    )
    texts = [
        client.audio.transcriptions.create(model="whisper-1", file=sound, response_format=form)
        for form in ("text", "srt", "vtt")
    ]
    events = list(client.audio.transcriptions.create(model="gpt-4o-transcribe", file=sound, stream=True))
    speakers = client.audio.transcriptions.create(
        model="gpt-4o-transcribe-diarize", file=sound, response_format="diarized_json"
    )

    assert wave.content.startswith(b"RIFF")
    assert json.loads(lines[-1][6:])["type"] == "speech.audio.done"
    assert plain.text == "A word or two"
    assert "".join(each.token for each in plain.logprobs or ()) == "A word or two"
    assert [word.word for word in verbose.words or ()] == ["A", "word", "or", "two"]
    assert texts[0] == "A word or two\n"
    assert "-->" in texts[1]
    assert texts[2].startswith("WEBVTT")
    assert "".join(event.delta for event in events[:-1]) == events[-1].text == "A word or two"
    assert speakers.segments[0].speaker == "A"


# OpenAI's library calls the whole operation deprecated, which its service still has.
@pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")
def test_speech_is_translated(client: JSON, mock: Mock) -> None:
    mock.reply("A word or two")
    sound = ("a.wav", b"RIFF")

    english = client.audio.translations.create(model="whisper-1", file=sound)
    subtitles = client.audio.translations.create(model="whisper-1", file=sound, response_format="srt")
    detailed = client.audio.translations.create(model="whisper-1", file=sound, response_format="verbose_json")

    assert english.text == "A word or two"
    assert "-->" in subtitles
    assert detailed.segments[0].text == "A word or two"


def test_texts_are_judged(client: JSON, mock: Mock) -> None:
    harmless = client.moderations.create(model="omni-moderation-latest", input=["a", "b"])
    mock.reply(Answer(scores=(0.9,)))
    harmful = client.moderations.create(
        model="omni-moderation-latest",
        input=[{"type": "text", "text": "x"}, {"type": "image_url", "image_url": {"url": "https://example.com/x.png"}}],
    )

    assert [result.flagged for result in harmless.results] == [False, False]
    assert harmful.results[0].flagged
    assert harmful.results[0].categories.harassment
    assert harmful.results[0].category_applied_input_types.violence == ["text", "image"]


def test_files_are_kept_listed_read_and_removed(client: JSON) -> None:
    kept = [client.files.create(file=(f"{n}.jsonl", b"{}\n"), purpose="user_data") for n in range(3)]
    other = client.files.create(file=("x.jsonl", b"{}"), purpose="batch")

    listed = list(client.files.list(limit=2, purpose="user_data", order="asc"))
    read = client.files.content(kept[0].id).read()
    gone = client.files.delete(kept[0].id)

    assert [file.id for file in listed] == [file.id for file in kept]
    assert read == b"{}\n"
    assert gone.deleted
    assert client.files.retrieve(other.id).expires_at is not None
    with pytest.raises(openai.NotFoundError):
        client.files.retrieve(kept[0].id)


def _lines(*bodies: object) -> bytes:
    return b"".join(
        json.dumps({"custom_id": f"r{n}", "method": "POST", "url": "/v1/chat/completions", "body": body}).encode()
        + b"\n"
        for n, body in enumerate(bodies)
    )


def test_a_batch_is_run_and_its_answers_are_in_files(client: JSON) -> None:
    content = _lines({"model": "gpt-5", "messages": HELLO}, {"model": "gpt-5", "messages": []})
    file = client.files.create(file=("in.jsonl", content), purpose="batch")

    batch = client.batches.create(
        input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h", metadata={"a": "b"}
    )
    done = client.batches.retrieve(batch.id)

    assert (batch.status, done.status) == ("validating", "completed")
    assert done.request_counts.model_dump() == {"total": 2, "completed": 1, "failed": 1}
    good = json.loads(client.files.content(done.output_file_id).text)
    bad = json.loads(client.files.content(done.error_file_id).text)
    assert good["custom_id"] == "r0"
    assert good["response"]["body"]["choices"][0]["message"]["content"] == "hello there"
    assert bad["response"]["status_code"] == 400
    assert done.usage.total_tokens == good["response"]["body"]["usage"]["total_tokens"]
    assert [each.id for each in client.batches.list()] == [batch.id]
    with pytest.raises(openai.BadRequestError, match="completed"):
        client.batches.cancel(batch.id)


def test_a_batch_can_be_cancelled_and_a_broken_one_fails(client: JSON) -> None:
    good = client.files.create(file=("in.jsonl", _lines({"model": "m", "messages": HELLO})), purpose="batch")
    broken = client.files.create(file=("in.jsonl", b"not json\n"), purpose="batch")
    empty = client.files.create(file=("in.jsonl", b"\n"), purpose="batch")

    def start(file: str) -> str:
        return client.batches.create(input_file_id=file, endpoint="/v1/chat/completions", completion_window="24h").id

    batch = start(good.id)
    assert client.batches.cancel(batch).status == "cancelling"
    assert client.batches.retrieve(batch).status == "cancelled"
    failed = client.batches.retrieve(start(broken.id))
    assert failed.status == "failed"
    assert failed.errors.data[0].line == 1
    assert client.batches.retrieve(start(empty.id)).errors.data[0].code == "empty_file"
    with pytest.raises(openai.NotFoundError):
        start("file-none")
    with pytest.raises(openai.NotFoundError):
        client.batches.retrieve("batch_none")


# OpenAI says when it will end this operation; other vendors have it too.
@pytest.mark.filterwarnings("ignore:The Sora API:DeprecationWarning")
def test_videos_are_made_looked_at_and_removed(client: JSON) -> None:
    video = client.videos.create(model="sora-2", prompt="a cat", seconds="8")
    done = client.videos.retrieve(video.id)
    content = client.videos.download_content(video.id).read()

    assert (video.status, done.status, done.progress, done.seconds) == ("queued", "completed", 100, "8")
    assert content[4:8] == b"ftyp"
    assert [each.id for each in client.videos.list()] == [video.id]
    assert client.videos.delete(video.id).deleted
    with pytest.raises(openai.NotFoundError):
        client.videos.retrieve(video.id)


def test_the_results_of_tools_are_what_a_response_is_about(client: JSON, mock: Mock) -> None:
    items = [
        {"role": "developer", "content": [{"type": "input_text", "text": "Be short."}]},
        {"role": "user", "content": "What is the weather?"},
        {"role": "assistant", "content": "I look."},
        {"type": "function_call", "call_id": "call_1", "name": "weather", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "call_1", "output": "It rains."},
    ]

    response = client.responses.create(
        model="gpt-5", input=items, instructions="Help.", tools=RESPONSE_TOOLS,
        tool_choice={"type": "function", "name": "weather"}, text={"format": {"type": "text"}},
    )  # fmt: skip
    kept = client.responses.input_items.list(response.id, order="asc")
    forced = client.responses.create(
        model="gpt-5", input="x", tools=RESPONSE_TOOLS, tool_choice={"type": "function", "name": "weather"}
    )

    assert response.output_text == "It rains."
    assert [item.type for item in kept.data] == [
        "message", "message", "message", "function_call", "function_call_output",
    ]  # fmt: skip
    asked = mock.calls[0].asked
    assert asked is not None
    assert [turn.role for turn in asked.turns] == ["system", "system", "user", "assistant", "assistant", "tool"]
    assert forced.output[0].name == "weather"


def test_log_probabilities_and_outputs_come_where_they_are_included(client: JSON, mock: Mock) -> None:
    mock.reply(Answer(text="It is 2", tool_calls=(ToolCall("code_interpreter", {"code": "1+1"}),)))
    wish = {"include": ["message.output_text.logprobs", "code_interpreter_call.outputs"], "top_logprobs": 2}

    events = list(
        client.responses.create(
            model="gpt-5", input="1+1?", stream=True, stream_options={"include_obfuscation": False},
            tools=[{"type": "code_interpreter", "container": {"type": "auto"}}], **wish,
        )
    )  # fmt: skip

    deltas = [event for event in events if event.type == "response.output_text.delta"]
    assert [event.logprobs[0].token for event in deltas] == ["It i", "s 2"]
    assert all(event.to_dict().get("obfuscation") is None for event in deltas)
    assert events[-1].response.output[0].outputs[0].logs == "None"


def test_legacy_choices_and_formats_are_understood(client: JSON) -> None:
    called = client.chat.completions.create(
        model="gpt-5", messages=HELLO, tools=TOOLS, tool_choice={"type": "function", "function": {"name": "weather"}}
    )
    custom = client.chat.completions.create(model="gpt-5", messages=HELLO, tools=[{"type": "custom"}], stop="there")
    parts = client.chat.completions.create(
        model="gpt-5", messages=[{"role": "user", "content": [{"type": "text", "text": "a"}]}],
        response_format={"type": "json_object"},
    )  # fmt: skip
    tokens = client.embeddings.create(model="m", input=[[1, 2], [3]], dimensions=2)

    assert called.choices[0].message.tool_calls[0].function.name == "weather"
    assert custom.choices[0].message.content == "hello "
    assert isinstance(json.loads(parts.choices[0].message.content), dict)
    assert len(tokens.data) == 2


def test_a_file_needs_a_purpose(client: JSON) -> None:
    with pytest.raises(openai.BadRequestError, match="purpose"):
        client.files.create(file=("a", b"b"), purpose="")


def test_a_page_behind_what_is_not_there_is_empty(client: JSON) -> None:
    client.files.create(file=("a", b"b"), purpose="batch")

    assert client.files.list(after="file-none").data == []


def test_models_are_listed(client: JSON) -> None:
    assert "gpt-5-mini" in [model.id for model in client.models.list()]
    assert client.models.retrieve("gpt-5-mini").object == "model"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, openai.BadRequestError), (401, openai.AuthenticationError), (403, openai.PermissionDeniedError),
        (404, openai.NotFoundError), (409, openai.ConflictError), (422, openai.UnprocessableEntityError),
        (429, openai.RateLimitError), (500, openai.InternalServerError),
    ],
)  # fmt: skip
def test_errors_are_those_of_the_library(
    client: JSON, mock: Mock, status: int, kind: type[openai.APIStatusError]
) -> None:
    mock.reply(Failure(status=status, message="Because"))

    with pytest.raises(kind, match="Because") as caught:
        client.chat.completions.create(model="gpt-5", messages=HELLO)

    assert caught.value.request_id
    assert caught.value.type


@pytest.mark.parametrize(
    ("path", "body", "param"),
    [
        ("/chat/completions", {"model": "m", "messages": []}, "messages"),
        ("/chat/completions", {"messages": HELLO}, "model"),
        ("/embeddings", {"model": "m", "input": []}, "input"),
        ("/moderations", {"input": []}, "input"),
        ("/images/generations", {}, "prompt"),
        ("/images/edits", {"prompt": "x"}, "image"),
        ("/audio/speech", {"model": "m", "voice": "alloy"}, "input"),
        ("/audio/speech", {"model": "m", "input": "x"}, "voice"),
        ("/audio/transcriptions", {}, "file"),
        ("/files", {}, "file"),
        ("/batches", {}, "input_file_id"),
        ("/responses", {"model": "m"}, "input"),
        ("/completions", {"model": "m", "prompt": []}, "prompt"),
    ],
)
def test_what_is_missing_is_named(client: JSON, path: str, body: object, param: str) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.post(path, body=body, cast_to=object)

    assert caught.value.param == param
