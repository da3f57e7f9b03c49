"""Anthropic's own library works against the mock, unmodified, over a socket."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator

import anthropic
import pytest
from anthropic import Anthropic, AsyncAnthropic

from any_llm.testing import Answer, Failure, Mock, ToolCall, Usage
from any_llm.types.http import HttpRequest, Timeouts

HELLO = [{"role": "user", "content": "hello there"}]
TOOLS = [{
    "name": "weather",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}]  # fmt: skip
CITED = {
    "type": "web_search_result_location",
    "cited_text": "Rome is big",
    "url": "https://example.com",
    "title": "Rome",
    "encrypted_index": "Eo8B",
}
HOSTED = [
    {"type": "redacted_thinking", "data": "EmwKAhgB"},
    {"type": "server_tool_use", "id": "srvtoolu_01", "name": "web_search", "input": {"query": "Rome"}},
    {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_01", "content": []},
    {"type": "text", "text": "Rome is big.", "citations": [CITED]},
]


@pytest.fixture
def mock() -> Iterator[Mock]:
    with Mock() as running:
        yield running


@pytest.fixture
def client(mock: Mock) -> Iterator[Anthropic]:
    with Anthropic(base_url=mock.url("anthropic"), api_key="k", max_retries=0) as client:
        yield client


@pytest.fixture
async def later(mock: Mock) -> AsyncIterator[AsyncAnthropic]:
    async with AsyncAnthropic(base_url=mock.url("anthropic"), api_key="k", max_retries=0) as client:
        yield client


def test_a_message_has_its_text_its_stop_and_its_usage(client: Anthropic, mock: Mock) -> None:
    mock.reply(Answer(text="Hi", finish="length", usage=Usage(input=20, output=4, cached=5, cache_written=2)))

    message = client.messages.create(model="claude-x", max_tokens=9, system="Be terse", messages=HELLO)

    assert (message.content[0].text, message.stop_reason, message.model) == ("Hi", "max_tokens", "claude-x")
    assert message.id.startswith("msg_01")
    assert str(message._request_id).startswith("req_")
    usage = message.usage
    assert (usage.input_tokens, usage.output_tokens) == (13, 4)
    assert (usage.cache_read_input_tokens, usage.cache_creation_input_tokens) == (5, 2)
    assert [turn.role for turn in mock.last.asked.turns] == ["system", "user"]


def test_a_stream_is_put_together_to_the_same_message(client: Anthropic, mock: Mock) -> None:
    mock.reply(Answer(text="It is so", reasoning="Let me think", tool_calls=(ToolCall("weather", {"city": "Rome"}),)))

    with client.messages.stream(model="claude-x", max_tokens=99, messages=HELLO, tools=TOOLS) as stream:
        message = stream.get_final_message()

    thought, text, call = message.content
    assert thought.thinking == "Let me think"
    assert thought.signature.endswith("==")
    assert text.text == "It is so"
    assert (call.name, call.input, call.id[:8]) == ("weather", {"city": "Rome"}, "toolu_01")
    assert message.stop_reason == "tool_use"
    assert message.usage.output_tokens == 11


@pytest.mark.parametrize("stream", [False, True])
def test_blocks_of_the_vendors_own_tools_come_as_they_were_given(
    client: Anthropic, mock: Mock, *, stream: bool
) -> None:
    mock.reply(Answer(value={"content": HOSTED, "stop_reason": "pause_turn"}))

    if stream:
        with client.messages.stream(model="claude-x", max_tokens=99, messages=HELLO) as running:
            message = running.get_final_message()
    else:
        message = client.messages.create(model="claude-x", max_tokens=99, messages=HELLO)

    redacted, used, found, text = message.content
    assert redacted.data == "EmwKAhgB"
    assert (used.name, used.input) == ("web_search", {"query": "Rome"})
    assert found.tool_use_id == "srvtoolu_01"
    assert (text.text, text.citations[0].cited_text) == ("Rome is big.", "Rome is big")
    assert message.stop_reason == "pause_turn"


def test_a_demanded_tool_is_called_and_its_result_is_heard(client: Anthropic) -> None:
    choice = {"type": "tool", "name": "weather"}
    asked = client.messages.create(model="claude-x", max_tokens=99, messages=HELLO, tools=TOOLS, tool_choice=choice)
    call = asked.content[0]
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "40 C"}
    turns = [*HELLO, {"role": "assistant", "content": asked.content}, {"role": "user", "content": [result]}]

    told = client.messages.create(model="claude-x", max_tokens=99, messages=turns, tools=TOOLS)

    assert isinstance(call.input["city"], str)
    assert told.content[0].text == "40 C"


def test_tokens_are_counted_as_a_message_reports_them(client: Anthropic) -> None:
    counted = client.messages.count_tokens(model="claude-x", messages=HELLO, system="Be terse")

    message = client.messages.create(model="claude-x", max_tokens=9, messages=HELLO, system="Be terse")

    assert counted.input_tokens == message.usage.input_tokens == 13


def test_a_batch_is_run_listed_read_and_deleted(client: Anthropic, mock: Mock) -> None:
    mock.reply(Answer(text="one"), Failure(status=529, message="Overloaded"))
    params = {"model": "claude-x", "max_tokens": 9, "messages": HELLO}
    requests = [{"custom_id": name, "params": params} for name in ("a", "b")]

    batch = client.messages.batches.create(requests=requests)
    ended = client.messages.batches.retrieve(batch.id)
    first, second = client.messages.batches.results(batch.id)
    listed = [each.id for each in client.messages.batches.list()]
    deleted = client.messages.batches.delete(batch.id)

    assert (batch.processing_status, batch.request_counts.processing) == ("in_progress", 2)
    assert (ended.processing_status, ended.request_counts.succeeded, ended.request_counts.errored) == ("ended", 1, 1)
    assert (first.custom_id, first.result.message.content[0].text) == ("a", "one")
    assert (second.result.type, second.result.error.error.type) == ("errored", "overloaded_error")
    assert listed == [deleted.id] == [batch.id]
    with pytest.raises(anthropic.NotFoundError):
        client.messages.batches.retrieve(batch.id)


def test_a_batch_that_is_cancelled_in_time_answers_nothing(client: Anthropic) -> None:
    params = {"model": "claude-x", "max_tokens": 9, "messages": HELLO}
    batch = client.messages.batches.create(requests=[{"custom_id": "a", "params": params}])

    with pytest.raises(anthropic.BadRequestError, match="before it has ended"):
        client.messages.batches.delete(batch.id)
    stopping = client.messages.batches.cancel(batch.id)
    ended = client.messages.batches.retrieve(batch.id)

    assert stopping.processing_status == "canceling"
    assert ended.request_counts.canceled == 1
    assert [each.result.type for each in client.messages.batches.results(batch.id)] == ["canceled"]
    with pytest.raises(anthropic.BadRequestError, match="already ended"):
        client.messages.batches.cancel(batch.id)


def test_files_are_kept_listed_and_forgotten(client: Anthropic) -> None:
    files = [client.beta.files.upload(file=(f"{name}.txt", b"hello", "text/plain")) for name in "abc"]

    page = client.beta.files.list(limit=2)
    known = client.beta.files.retrieve_metadata(files[0].id)
    with pytest.raises(anthropic.BadRequestError, match="not downloadable"):
        client.beta.files.download(files[0].id)
    client.beta.files.delete(files[0].id)

    assert [file.filename for file in page.data] == ["c.txt", "b.txt"]
    assert page.has_more
    assert (known.filename, known.size_bytes, known.mime_type) == ("a.txt", 5, "text/plain")
    assert [file.id for file in client.beta.files.list()] == [files[2].id, files[1].id]
    with pytest.raises(anthropic.NotFoundError, match="File not found"):
        client.beta.files.retrieve_metadata(files[0].id)


def test_models_are_listed_and_told(client: Anthropic) -> None:
    names = [model.id for model in client.models.list(limit=1)]

    assert names == ["echo", "claude-opus-4-7", "claude-haiku-4-5-20251001"]
    assert client.models.retrieve("claude-opus-4-7").display_name == "Claude Opus 4.7"


@pytest.mark.parametrize(
    ("failure", "error", "kind"),
    [
        (Failure(status=400), anthropic.BadRequestError, "invalid_request_error"),
        (Failure(status=401), anthropic.AuthenticationError, "authentication_error"),
        (Failure(status=403), anthropic.PermissionDeniedError, "permission_error"),
        (Failure(status=404), anthropic.NotFoundError, "not_found_error"),
        (Failure(status=413), anthropic.RequestTooLargeError, "request_too_large"),
        (Failure(status=429, headers={"retry-after": "7"}), anthropic.RateLimitError, "rate_limit_error"),
        (Failure(status=500), anthropic.InternalServerError, "api_error"),
        (Failure(status=529), anthropic.OverloadedError, "overloaded_error"),
    ],
)
def test_errors_have_the_vendors_shape(
    client: Anthropic, mock: Mock, failure: Failure, error: type[anthropic.APIStatusError], kind: str
) -> None:
    mock.reply(failure)

    with pytest.raises(error) as caught:
        client.messages.create(model="claude-x", max_tokens=9, messages=HELLO)

    body = caught.value.body
    assert body["error"] == {"type": kind, "message": failure.message}
    assert body["request_id"] == caught.value.request_id
    assert caught.value.response.headers.get("retry-after") == failure.headers.get("retry-after")


def test_a_request_that_lacks_something_is_refused(client: Anthropic, mock: Mock) -> None:
    with pytest.raises(anthropic.BadRequestError, match="at least one message"):
        client.messages.create(model="claude-x", max_tokens=9, messages=[])
    with pytest.raises(anthropic.BadRequestError, match="anthropic-version: header is required"):
        client.with_options(default_headers={"anthropic-version": ""}).messages.create(
            model="claude-x", max_tokens=9, messages=HELLO
        )
    assert [call.asked for call in mock.calls] == [None, None]


async def test_a_request_without_a_key_is_refused(mock: Mock) -> None:
    request = HttpRequest("POST", "https://api.anthropic.com/v1/messages", {"anthropic-version": "2023-06-01"}, b"{}")

    answer = await mock.transport.send(request, Timeouts())

    body = json.loads(await answer.read())
    assert (answer.status, body["error"]["type"]) == (401, "authentication_error")
    assert body["error"]["message"] == "x-api-key header is required"


async def test_the_asynchronous_client_reads_both_ways(later: AsyncAnthropic) -> None:
    message = await later.messages.create(model="claude-x", max_tokens=9, messages=HELLO)
    async with later.messages.stream(
        model="claude-x", max_tokens=2000, messages=HELLO, thinking={"type": "enabled", "budget_tokens": 1024}
    ) as stream:
        streamed = await stream.get_final_message()

    assert message.content[0].text == "hello there"
    assert [block.type for block in streamed.content] == ["thinking", "text"]
    assert streamed.usage.output_tokens_details.thinking_tokens == 5


def test_vertex_has_the_messages_behind_the_name_of_the_model(mock: Mock) -> None:
    with anthropic.AnthropicVertex(
        base_url=f"{mock.origin}/v1", region="us-east5", project_id="p", access_token="t", max_retries=0
    ) as client:
        message = client.messages.create(model="claude-sonnet-4-5@20250929", max_tokens=9, messages=HELLO)
        with client.messages.stream(model="claude-sonnet-4-5@20250929", max_tokens=9, messages=HELLO) as stream:
            text = stream.get_final_text()
        counted = client.messages.count_tokens(model="claude-sonnet-4-5@20250929", messages=HELLO)

    assert (message.content[0].text, message.id[:9]) == ("hello there", "msg_vrtx_")
    assert text == "hello there"
    assert counted.input_tokens == message.usage.input_tokens
    assert mock.last.wire == "anthropic.messages"


def test_azure_has_the_messages_below_its_own_path(mock: Mock) -> None:
    with anthropic.AnthropicFoundry(
        base_url=f"{mock.origin}/azureanthropic/anthropic/", api_key="k", max_retries=0
    ) as client:
        message = client.messages.create(model="claude-x", max_tokens=9, messages=HELLO)

    assert message.content[0].text == "hello there"
    assert (mock.last.vendor, mock.last.path) == ("azureanthropic", "/azureanthropic/anthropic/v1/messages")


def test_bedrock_has_the_messages_behind_invoke_model(mock: Mock) -> None:
    with anthropic.AnthropicBedrock(
        base_url=mock.url("bedrock"),
        aws_region="us-east-1",
        aws_access_key="mock",
        aws_secret_key="mock",
        max_retries=0,
    ) as client:
        message = client.messages.create(model="us.anthropic.claude-sonnet-4-6", max_tokens=9, messages=HELLO)
        with client.messages.stream(model="us.anthropic.claude-sonnet-4-6", max_tokens=9, messages=HELLO) as stream:
            text = stream.get_final_text()

    assert (message.content[0].text, message.id[:9], text) == ("hello there", "msg_bdrk_", "hello there")
