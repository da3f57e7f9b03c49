"""This library reads all that the mock sends for Gemini, Vertex AI and Ollama."""

from __future__ import annotations

import asyncio
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from any_llm.exceptions import (
    AnyLLMError,
    AuthenticationError,
    ContentFilterError,
    InvalidRequestError,
    ModelNotFoundError,
    PermissionDeniedError,
    RateLimitError,
)
from any_llm.testing import Answer, Failure, Mock, ToolCall, Usage
from any_llm.testing.mock.answer import Blob
from any_llm.testing.mock.plan import Data, Head
from any_llm.testing.mock.request import request_of
from any_llm.testing.mock.wires.gemini_asked import plain_schema
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
FAMILY = ("gemini", "vertexai")
SPEAKERS = (*FAMILY, "ollama")
GEMINI, KEY = "/gemini/v1beta/models/m:", {"x-goog-api-key": "k"}
CLOUD = {"project": "p", "location": "us-central1"}


def calls_of(message: JSON) -> list[tuple[str, object]]:
    calls = getattr(message, "tool_calls", None) or []
    return [(call.function.name, json.loads(call.function.arguments)) for call in calls]


def get(mock: Mock, method: str, path: str, body: JSON = None, **headers: str) -> tuple[int, JSON]:
    """Return the status and the JSON that the mock answers."""
    content = body if isinstance(body, bytes) else b"" if body is None else msgspec.json.encode(body)
    plan = asyncio.run(mock._responder.respond(request_of(method, path, headers, content)))
    head = next(step for step in plan if isinstance(step, Head))
    data = b"".join(step.data for step in plan if isinstance(step, Data))
    return head.status, msgspec.json.decode(data) if data else None


def refusal(mock: Mock, method: str, path: str, body: JSON = None, **headers: str) -> tuple[int, str]:
    """Return the status and the message with which the mock refuses."""
    status, said = get(mock, method, path, body, **headers)
    return status, said["error"]["message"]


@pytest.mark.parametrize("vendor", SPEAKERS)
def test_a_chat_is_read_whole_and_streamed(vendor: str) -> None:
    client = Mock(lambda _request: FULL).client(vendor)

    whole = client.completion("m", HELLO, tools=TOOLS)
    chunks = list(client.completion("m", HELLO, tools=TOOLS, stream=True))

    message = whole.choices[0].message
    assert message.content == "Hi there"
    assert message.reasoning.content == "Let me think"
    assert calls_of(message) == [("weather", {"city": "Rome"}), ("weather", {"city": "Oslo"})]
    assert whole.choices[0].finish_reason == "tool_calls"
    assert (whole.usage.prompt_tokens, whole.usage.completion_tokens, whole.usage.total_tokens) == (9, 8, 17)
    deltas = [choice.delta for chunk in chunks for choice in chunk.choices]
    assert "".join(delta.content or "" for delta in deltas) == "Hi there"
    assert "".join(delta.reasoning.content for delta in deltas if delta.reasoning) == "Let me think"
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "tool_calls"
    assert [chunk.usage.total_tokens for chunk in chunks if chunk.usage][-1] == 17


@pytest.mark.parametrize("vendor", FAMILY)
def test_tokens_of_a_cache_and_of_thoughts_are_read(vendor: str) -> None:
    whole = Mock(lambda _request: FULL).client(vendor).completion("m", HELLO)

    assert whole.usage.prompt_tokens_details.cached_tokens == 2
    assert whole.usage.completion_tokens_details.reasoning_tokens == 3


@pytest.mark.parametrize("vendor", SPEAKERS)
def test_tool_results_go_back_and_a_schema_is_fitted(vendor: str) -> None:
    client = Mock().client(vendor)
    called = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
    told = [
        *HELLO,
        {"role": "assistant", "tool_calls": [called]},
        {"role": "tool", "tool_call_id": "c1", "content": "rain"},
    ]
    form = {"type": "json_schema", "json_schema": {"name": "place", "schema": SCHEMA}}

    assert client.completion("m", told, tools=TOOLS).choices[0].message.content == "rain"
    fitted = client.completion("m", HELLO, response_format=form).choices[0].message.content
    assert isinstance(json.loads(fitted)["city"], str)


@pytest.mark.parametrize("vendor", FAMILY)
def test_googles_media_are_read(vendor: str) -> None:
    mock = Mock()
    client = mock.client(vendor)
    picture = {"url": "data:image/png;base64,iVBORw0KGgo="}

    drawn = client.image_generation("imagen-4.0-generate-001", "red", n=2).data
    shown = client.image_generation("gemini-2.5-flash-image", "red").data
    changed = client.image_edit("gemini-2.5-flash-image", picture["url"], "blue").data
    spoken = client.speech("gemini-tts", "hello", voice="Kore", response_format="wav")
    pieces = list(client.speech("gemini-tts", "hello", voice="Kore", stream=True))
    written = client.transcription("m", ("a.wav", b"RIFF"))

    assert len({image.b64_json for image in drawn}) == 2
    assert [image.b64_json[:5] for image in (*shown, *changed)] == ["iVBOR"] * 2
    assert spoken.startswith(b"RIFF")
    assert len(spoken) - 44 == len(b"".join(pieces)) == 4800
    assert written.text.startswith("Write down word for word")
    mock.reply(Answer(refusal="No"))
    with pytest.raises(ContentFilterError, match="filtered out 1 generated images"):
        client.image_generation("imagen-4.0-generate-001", "red", n=1)
    with pytest.raises(ContentFilterError):
        client.completion("m", HELLO)


@pytest.mark.parametrize("vendor", FAMILY)
def test_a_video_is_made(vendor: str) -> None:
    mock = Mock()
    client = mock.client(vendor)
    mock.reply(Answer(media=(Blob("video/mp4", b"film"),)))

    begun = client.video_generation("veo-3.1-generate-preview", "the sea")
    seen = client.retrieve_video(begun.id)
    mock.reply(Answer(refusal="Too rude"))
    refused = client.retrieve_video(client.video_generation("veo-3.1-generate-preview", "the sea").id)

    assert (begun.status, seen.status) == ("in_progress", "completed")
    assert client.download_video(begun.id) == b"film"
    assert (refused.status, refused.error["message"]) == ("failed", "Too rude")
    with pytest.raises(AnyLLMError, match="not found"):
        client.retrieve_video("models/veo/operations/none")


@pytest.mark.parametrize("vendor", FAMILY)
def test_googles_vectors_counts_and_models_are_read(vendor: str) -> None:
    client = Mock().client(vendor)

    vectors = client.embedding("gemini-embedding-001", ["a", "b"], dimensions=4).data
    alone = client.embedding("gemini-embedding-2", "a", dimensions=4).data

    assert [len(each.embedding) for each in (*vectors, *alone)] == [4, 4, 4]
    assert client.count_tokens("m", HELLO).input_tokens == 7
    assert client.count_tokens("m", HELLO, system="Be brief").input_tokens == 13
    assert "gemini-2.5-flash" in [model.id for model in client.list_models()]
    assert client.retrieve_model("gemini-2.5-flash").id == "gemini-2.5-flash"


def test_files_are_read() -> None:
    mock = Mock()
    client = mock.client("gemini")

    files = [client.upload_file((name, b"hello")) for name in ("a.txt", "b.txt", "c.txt")]
    first = client.list_files(limit=2)
    rest = client.list_files(limit=2, after=first.last_id)

    assert [file.id for file in (*first.data, *rest.data)] == [file.id for file in files]
    assert (first.has_more, rest.has_more) == (True, False)
    assert client.retrieve_file(files[0].id).filename == "a.txt"
    assert client.download_file(files[0].id).read() == b"hello"
    assert list(client.download_file(files[0].id, chunk_size=2)) == [b"he", b"ll", b"o"]
    assert client.delete_file(files[0].id).deleted
    with pytest.raises(PermissionDeniedError, match="it may not exist"):
        client.retrieve_file(files[0].id)


def test_an_upload_goes_step_by_step() -> None:
    mock = Mock()
    begin = {**KEY, "x-goog-upload-command": "start"}
    plan = asyncio.run(mock._responder.respond(request_of("POST", "/upload/v1beta/files", begin, b"{}")))
    place = plan[0].headers["x-goog-upload-url"]

    def step(command: str, body: bytes = b"", **headers: str) -> tuple[int, JSON]:
        return get(mock, "POST", place, body, **{"x-goog-upload-command": command, **headers})

    assert step("upload", b"hel") == (200, None)
    assert step("query") == (200, None)
    status, said = step("upload", b"xyz")
    assert (status, said["error"]["message"]) == (400, "Invalid offset 0: 3 bytes were received.")
    status, said = step("upload, finalize", b"lo", **{"x-goog-upload-offset": "3"})
    assert (status, said["file"]["sizeBytes"], said["file"]["mimeType"]) == (200, "5", "application/octet-stream")
    assert step("query")[0] == 404
    plan = asyncio.run(mock._responder.respond(request_of("POST", "/upload/v1beta/files", begin, b"{}")))
    place = plan[0].headers["x-goog-upload-url"]
    assert step("cancel") == (200, None)
    assert step("upload", b"a")[0] == 404
    assert refusal(mock, "POST", "/upload/v1beta/files", {}, **KEY)[0] == 400


def test_batches_are_read() -> None:
    mock = Mock()
    client = mock.client("gemini")
    lines = [{"custom_id": name, "body": {"model": "m", "messages": HELLO}} for name in ("one", "two")]

    begun = client.create_batch(requests=lines, endpoint="/v1/chat/completions")
    done = client.retrieve_batch(begun.id)
    results = client.retrieve_batch_results(begun.id).results
    vectors = client.create_batch(
        requests=[{"custom_id": "1", "body": {"model": "e", "input": "a"}}], endpoint="/v1/embeddings"
    )
    client.retrieve_batch(vectors.id)
    stopped = client.create_batch(requests=lines, endpoint="/v1/chat/completions")

    assert (begun.status, done.status) == ("validating", "completed")
    assert (done.request_counts.total, done.request_counts.completed) == (2, 2)
    assert [(item.custom_id, item.result.choices[0].message.content) for item in results] == [
        ("one", "hello there"),
        ("two", "hello there"),
    ]
    assert len(client.retrieve_batch_results(vectors.id).results[0].result.data[0].embedding) == 3072
    assert client.cancel_batch(stopped.id).status == "cancelled"
    assert client.cancel_batch(stopped.id).status == "cancelled"
    assert [batch.id for batch in client.list_batches(limit=2)] == [begun.id, vectors.id]


@pytest.mark.parametrize(
    ("batch", "status", "why"),
    [
        ({}, 400, "the batch has no requests"),
        ({"inputConfig": {"fileName": "files/none"}}, 404, "File files/none not found."),
        ({"inputConfig": {"fileName": "files/bad"}}, 400, "File files/bad is no file of JSON lines"),
    ],
)
def test_a_batch_that_cannot_be_is_refused(batch: JSON, status: int, why: str) -> None:
    mock = Mock()
    begin = {**KEY, "x-goog-upload-command": "start"}
    named = request_of("POST", "/upload/v1beta/files", begin, b'{"file": {"name": "files/bad"}}')
    place = asyncio.run(mock._responder.respond(named))[0].headers["x-goog-upload-url"]
    get(mock, "PUT", place, b"{no json", **{"x-goog-upload-command": "upload, finalize"})

    found, said = refusal(mock, "POST", f"{GEMINI}batchGenerateContent", {"batch": batch}, **KEY)

    assert found == status
    assert why in said
    assert refusal(mock, "GET", "/gemini/v1beta/batches/none", **KEY) == (404, "Batch batches/none not found.")


def test_a_batch_is_asked_with_the_key_of_its_address() -> None:
    mock = Mock()
    wish = {"batch": {"inputConfig": {"requests": {"requests": [
        {"request": {"contents": [{"parts": [{"text": "one"}]}]}, "metadata": {"key": "1"}},
    ]}}}}  # fmt: skip
    _, begun = get(mock, "POST", f"{GEMINI}batchGenerateContent?key=k", wish)
    _, done = get(mock, "GET", f"/gemini/v1beta/{begun['name']}?key=k")

    (answer,) = done["response"]["inlinedResponses"]["inlinedResponses"]
    assert answer["response"]["candidates"][0]["content"]["parts"] == [{"text": "one"}]
    assert answer["metadata"] == {"key": "1"}


def test_responses_are_read_whole_and_streamed() -> None:
    mock = Mock(lambda _request: FULL)
    client = mock.client("gemini")

    whole = client.responses("m", "hello", reasoning={"effort": "low", "summary": "auto"})
    events = list(client.responses("m", "hello", stream=True))

    kinds = ["reasoning", "message", "function_call", "function_call"]
    assert [item.type for item in whole.output] == kinds
    assert whole.output[0].summary[0].text == "Let me think"
    assert (whole.usage.input_tokens, whole.usage.output_tokens, whole.usage.total_tokens) == (9, 8, 17)
    assert events[-1].type == "response.completed"
    assert [item.type for item in events[-1].response.output] == kinds
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == "Hi there"
    assert client.retrieve_response(whole.id).id == whole.id
    assert client.cancel_response(whole.id).status == "cancelled"
    client.delete_response(whole.id)
    with pytest.raises(AnyLLMError, match="not found"):
        client.retrieve_response(whole.id)


def test_a_response_may_be_short_or_done_later() -> None:
    mock = Mock()
    client = mock.client("gemini")

    short = client.responses("m", "hello there", max_output_tokens=1)
    later = client.responses("m", "hello there", background=True)
    fitted = client.responses("m", "hello", text={"format": {"type": "json_schema", "name": "a", "schema": SCHEMA}})

    assert short.status == "incomplete"
    assert later.status == "in_progress"
    assert client.retrieve_response(later.id).status == "completed"
    assert isinstance(json.loads(fitted.output[1].content[0].text)["city"], str)


@pytest.mark.parametrize(
    ("given", "turns"),
    [
        ("hello", ["hello"]),
        ({"type": "text", "text": "hello"}, ["hello"]),
        ([{"type": "text", "text": "hel"}, {"type": "text", "text": "lo"}], ["hello"]),
        ([{"type": "user_input", "content": "a"}, {"type": "model_output", "content": [{"type": "text", "text": "b"}]},
          {"type": "thought", "signature": "x"}], ["a", "b"]),
        ([{"type": "user_input", "content": {"type": "text", "text": "a"}},
          {"type": "function_result", "call_id": "1", "result": {"sky": "blue"}}], ["a", '{"sky":"blue"}']),
        ([{"type": "function_result", "call_id": "1", "result": [{"type": "text", "text": "rain"}]}], ["rain"]),
    ],
)  # fmt: skip
def test_the_input_of_an_interaction_has_many_forms(given: JSON, turns: list[str]) -> None:
    mock = Mock()
    get(mock, "POST", "/gemini/v1beta/interactions", {"model": "m", "input": given}, **KEY)

    assert [turn.text for turn in mock.last.asked.turns] == turns


@pytest.mark.parametrize(
    ("choice", "found"),
    [("auto", "auto"), ("any", "required"), ("none", "none"),
     ({"allowed_tools": {"mode": "any", "tools": ["b"]}}, "b"), ({"allowed_tools": {"mode": "auto"}}, "auto")],
)  # fmt: skip
def test_an_interaction_chooses_its_tools(choice: JSON, found: str) -> None:
    mock = Mock()
    tools = [{"type": "function", "name": name, "parameters": SCHEMA} for name in "ab"]
    config = {"tool_choice": choice}
    wish = {"model": "m", "input": "hello", "tools": tools, "generation_config": config}
    get(mock, "POST", "/gemini/v1beta/interactions", wish, **KEY)

    assert mock.last.asked.tool_choice == found


def test_interactions_say_errors_in_words_of_their_own() -> None:
    mock = Mock()
    place = "/gemini/v1beta/interactions"

    assert get(mock, "POST", place, {"input": "a"}, **KEY)[1]["error"]["code"] == "invalid_request"
    assert get(mock, "POST", place, {"model": "m"}, **KEY)[1]["error"]["message"] == "'input' must be specified."
    lost = {"model": "m", "input": "a", "previous_interaction_id": "v1_none"}
    assert get(mock, "POST", place, lost, **KEY) == (
        404, {"error": {"message": "Interaction 'v1_none' not found.", "code": "not_found"}},
    )  # fmt: skip
    mock.fault("error-mid-stream")
    with pytest.raises(AnyLLMError, match="had an error"):
        list(mock.client("gemini").responses("m", "hello there", stream=True))


@pytest.mark.parametrize("vendor", ["vertexaillama", "vertexaimistral"])
def test_models_of_others_on_vertex_are_read(vendor: str) -> None:
    mock = Mock()
    client = mock.client(vendor, **CLOUD)

    whole = client.completion("m", HELLO, tools=TOOLS, tool_choice="required")
    chunks = list(client.completion("m", HELLO, stream=True))

    assert calls_of(whole.choices[0].message)[0][0] == "weather"
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == "hello there"
    assert mock.last.vendor == vendor


def test_raw_predictions_need_a_token() -> None:
    place = "/v1/projects/p/locations/l/publishers/mistralai/models/m:rawPredict"

    assert refusal(Mock(), "POST", place, {"model": "m", "messages": HELLO})[0] == 401
    place = "/v1/projects/p/locations/l/endpoints/openapi/chat/completions"
    assert refusal(Mock(), "POST", place, {"model": "m", "messages": HELLO})[0] == 401


def test_what_ollama_does_besides_is_read() -> None:
    mock = Mock()
    client = mock.client("ollama")

    whole = client.text_completion("m", "hello")
    pieces = list(client.text_completion("m", "hello", stream=True))

    assert whole.choices[0].text == "".join(piece.choices[0].text for piece in pieces) == "hello"
    assert whole.usage.total_tokens == pieces[-1].usage.total_tokens == 8
    assert [len(each.embedding) for each in client.embedding("m", ["a", "b"], dimensions=4).data] == [4, 4]
    assert [step.status for step in client.pull_model("new")][-1] == "success"
    assert "new:latest" in [model.id for model in client.list_models()]
    assert client.retrieve_model("new").details["family"] == "llama"


@pytest.mark.parametrize("vendor", SPEAKERS)
def test_an_errors_meaning_is_read(vendor: str) -> None:
    mock = Mock()
    client = mock.client(vendor)
    kinds = {400: InvalidRequestError, 401: AuthenticationError, 404: ModelNotFoundError, 429: RateLimitError}

    for status, kind in kinds.items():
        mock.reply(Failure(status=status, message="It went wrong"))
        with pytest.raises(kind, match="It went wrong"):
            client.completion("m", HELLO)
    mock.reply("hello there")
    mock.fault("error-mid-stream")
    with pytest.raises(AnyLLMError, match="had an error"):
        list(client.completion("m", HELLO, stream=True))


@pytest.mark.parametrize("vendor", FAMILY)
def test_how_long_to_wait_is_read_from_the_details(vendor: str) -> None:
    mock = Mock(lambda _request: Failure(status=429, message="Slow down", headers={"retry-after": "7"}))

    with pytest.raises(RateLimitError) as caught:
        mock.client(vendor).completion("m", HELLO)

    assert caught.value.retry_after == 7.0


def test_a_key_is_needed() -> None:
    mock = Mock()
    body = {"contents": [{"parts": [{"text": "hello"}]}]}
    vertex = "/v1/projects/p/locations/l/publishers/google/models/m:generateContent"

    assert refusal(mock, "POST", f"{GEMINI}generateContent", body)[0] == 403
    assert refusal(mock, "GET", "/gemini/v1beta/models")[0] == 403
    assert refusal(mock, "POST", vertex, body)[0] == 401
    assert get(mock, "POST", f"{GEMINI}generateContent?key=k", body)[0] == 200
    assert get(mock, "POST", vertex, body, authorization="Bearer t")[0] == 200
    assert get(mock, "POST", "/v1/models/m:generateContent", body, **KEY)[0] == 200


@pytest.mark.parametrize(
    ("verb", "body", "why"),
    [
        ("generateContent", {}, "contents is not specified"),
        ("embedContent", {}, "contents is not specified"),
        ("batchEmbedContents", {}, "at least one request is required"),
        ("predict", {}, "Empty instances."),
        ("predictLongRunning", {}, "Empty instances."),
        ("countTokens", {}, "contents is not specified"),
        ("generateContent", {"contents": [{"parts": [{"text": "a"}]}], "cachedContent": "cachedContents/none"},
         "CachedContent not found"),
    ],
)  # fmt: skip
def test_a_request_that_lacks_something_is_refused(verb: str, body: JSON, why: str) -> None:
    status, said = refusal(Mock(), "POST", f"{GEMINI}{verb}", body, **KEY)

    assert status in {400, 403}
    assert why in said


@pytest.mark.parametrize(
    ("body", "why"),
    [({}, "model is not specified"), ({"model": "models/m", "ttl": "long"}, "Invalid value at 'cached_content.ttl'")],
)
def test_a_cache_that_cannot_be_is_refused(body: JSON, why: str) -> None:
    assert why in refusal(Mock(), "POST", "/gemini/v1beta/cachedContents", body, **KEY)[1]


def test_a_cache_lasts_until_it_was_told() -> None:
    until = "2030-01-01T00:00:00Z"
    body = {"model": "models/m", "expireTime": until, "contents": [{"parts": [{"text": "a"}]}]}

    assert get(Mock(), "POST", "/gemini/v1beta/cachedContents", body, **KEY)[1]["expireTime"] == until


def test_instances_are_counted_on_vertex() -> None:
    place = "/v1/projects/p/locations/l/publishers/google/models/m:countTokens"

    counted = get(Mock(), "POST", place, {"instances": [{"content": "hello there"}]}, **KEY)[1]

    assert (counted["totalTokens"], counted["totalBillableCharacters"]) == (3, 10)


def test_a_request_is_read_in_either_spelling() -> None:
    mock = Mock()
    body = {
        "contents": [{"role": "user", "parts": [{"text": "hi"}]},
                     {"role": "model", "parts": [{"text": "hm", "thought": True}, {"text": "yes"}]},
                     {"role": "function", "parts": [{"function_response": {"name": "f", "response": {"a": 1,
                                                                                                "b": 2}}}]}],
        "system_instruction": {"parts": {"text": "Be brief"}},
        "generation_config": {"max_output_tokens": 5, "stop_sequences": ["x"],
                              "response_mime_type": "application/json"},
        "tool_config": {"function_calling_config": {"mode": "NONE"}},
        "tools": [{"function_declarations": {"name": "f", "parameters_json_schema": SCHEMA}}],
    }  # fmt: skip
    get(mock, "POST", f"{GEMINI}generateContent", body, **KEY)

    asked = mock.last.asked
    assert [(turn.role, turn.text) for turn in asked.turns] == [
        ("system", "Be brief"), ("user", "hi"), ("assistant", "yes"), ("tool", '{"a":1,"b":2}'),
    ]  # fmt: skip
    assert (asked.max_tokens, asked.stop, asked.schema, asked.tool_choice) == (5, ("x",), {}, "none")
    assert asked.tools[0].schema == SCHEMA


def test_googles_schemas_become_those_of_others() -> None:
    given_ = {
        "type": "OBJECT",
        "properties": {"type": {"type": "STRING", "nullable": True, "enum": ["A"]},
                       "any": {"anyOf": [{"type": "INTEGER"}, {"type": "ARRAY", "items": {"type": "NUMBER"}}]}},
        "required": ["type"],
    }  # fmt: skip

    assert plain_schema(given_) == {
        "type": "object",
        "properties": {"type": {"type": ["string", "null"], "enum": ["A"]},
                       "any": {"anyOf": [{"type": "integer"}, {"type": "array", "items": {"type": "number"}}]}},
        "required": ["type"],
    }  # fmt: skip


TEXTS = st.text(st.characters(codec="utf-8"), max_size=30)
VALUES = st.dictionaries(TEXTS, st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS, max_size=3)
ANSWERS = st.builds(
    Answer,
    text=TEXTS,
    reasoning=TEXTS,
    tool_calls=st.lists(st.builds(ToolCall, st.just("weather"), VALUES), max_size=2).map(tuple),
    finish=st.sampled_from(["", "length"]),
    usage=st.none()
    | st.builds(Usage, input=st.integers(0, 99), output=st.integers(50, 99), reasoning=st.integers(0, 50)),
)


@pytest.mark.parametrize("vendor", SPEAKERS)
@given(seed=st.integers(0, 2**32), answer=ANSWERS)
def test_whatever_is_answered_is_read_alike_whole_and_streamed(vendor: str, seed: int, answer: Answer) -> None:
    client = Mock(lambda _request: answer, seed=seed).client(vendor)

    message = client.completion("m", HELLO, tools=TOOLS).choices[0].message
    stream = client.completion("m", HELLO, tools=TOOLS, stream=True)
    deltas = [choice.delta for chunk in stream for choice in chunk.choices]

    assert (message.content or "") == answer.text
    assert "".join(delta.content or "" for delta in deltas) == answer.text
    assert (message.reasoning.content if message.reasoning else "") == answer.reasoning
    assert "".join(delta.reasoning.content for delta in deltas if delta.reasoning) == answer.reasoning
    assert calls_of(message) == [(call.name, call.arguments) for call in answer.tool_calls]


@given(seed=st.integers(0, 2**32), answer=ANSWERS)
def test_whatever_an_interaction_answers_is_read_alike_whole_and_streamed(seed: int, answer: Answer) -> None:
    client = Mock(lambda _request: answer, seed=seed).client("gemini")

    whole = client.responses("m", "hello")
    events = list(client.responses("m", "hello", stream=True))

    assert [item.type for item in events[-1].response.output] == [item.type for item in whole.output]
    assert events[-1].response.output_text == whole.output_text == answer.text


def test_a_stream_without_sse_is_one_array_also_when_it_breaks() -> None:
    mock = Mock(fault="error-second")
    place = f"{GEMINI}streamGenerateContent"

    _, said = get(mock, "POST", place, {"contents": [{"parts": [{"text": "hello there"}]}]}, **KEY)

    assert said[0]["candidates"][0]["content"]["parts"] == [{"text": "hell"}]
    assert said[1]["error"]["status"] == "INTERNAL"


def test_the_vendors_own_reasons_and_calls_without_an_object_are_said() -> None:
    body = {"contents": [{"parts": [{"text": "hello"}]}]}
    reasons: list[str] = []
    for answer in (Answer(text="a", finish="RECITATION"), Answer(tool_calls=(ToolCall("weather", "[1]"),))):
        mock = Mock(lambda _request, answer=answer: answer)
        reasons.append(get(mock, "POST", f"{GEMINI}generateContent", body, **KEY)[1]["candidates"][0]["finishReason"])

    assert reasons == ["RECITATION", "MALFORMED_FUNCTION_CALL"]
