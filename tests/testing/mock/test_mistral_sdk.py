"""Mistral's own library works against the mock, unmodified, over a socket."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from mistralai.client import Mistral
from mistralai.client.errors import SDKError

from any_llm.testing import Answer, Mock
from any_llm.types.json import JSON

HELLO = [{"role": "user", "content": "hello there"}]
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS = [{"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}]


@pytest.fixture
def mock() -> Iterator[Mock]:
    with Mock() as running:
        yield running


@pytest.fixture
def client(mock: Mock) -> Iterator[JSON]:
    with Mistral(api_key="k", server_url=f"{mock.origin}/mistral") as client:
        yield client


def test_a_chat_calls_a_tool_in_mistrals_manner(client: JSON) -> None:
    answer = client.chat.complete(model="mistral-small", messages=HELLO, tools=TOOLS, tool_choice="any")

    call = answer.choices[0].message.tool_calls[0]
    assert len(call.id) == 9
    assert set(json.loads(call.function.arguments)) == {"city"}
    assert answer.choices[0].message.content == ""
    assert answer.choices[0].finish_reason == "tool_calls"
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


def test_a_chat_shows_its_thoughts_as_parts_of_the_content(client: JSON, mock: Mock) -> None:
    mock.reply(Answer(reasoning="Let me think", text="Hi"))

    whole = client.chat.complete(model="magistral", messages=HELLO)
    events = [event.data for event in client.chat.stream(model="magistral", messages=HELLO)]

    parts = whole.choices[0].message.content
    assert [part.type for part in parts] == ["thinking", "text"]
    assert parts[0].thinking[0].text == "Let me think"
    deltas = [event.choices[0].delta.content for event in events]
    assert "".join(part.thinking[0].text for delta in deltas if isinstance(delta, list) for part in delta) == (
        "Let me think"
    )
    assert "".join(delta for delta in deltas if isinstance(delta, str)) == "Hi"
    assert events[-1].usage.completion_tokens > 0


async def test_the_asynchronous_client_streams(client: JSON) -> None:
    async with client:
        stream = await client.chat.stream_async(model="mistral-small", messages=HELLO)
        text = "".join([event.data.choices[0].delta.content or "" async for event in stream])

    assert text == "hello there"


def test_a_middle_is_filled_in(client: JSON) -> None:
    whole = client.fim.complete(model="codestral", prompt="def f(", suffix="return 1")
    streamed = client.fim.stream(model="codestral", prompt="def f(")

    assert whole.choices[0].message.content == "def f("
    assert "".join(event.data.choices[0].delta.content or "" for event in streamed) == "def f("


def test_agents_are_made_and_answer(client: JSON) -> None:
    agent = client.beta.agents.create(model="mistral-small", name="mine", instructions="Be short.")
    again = client.beta.agents.get(agent_id=agent.id)
    answer = client.agents.complete(agent_id=agent.id, messages=HELLO)

    assert again.name == "mine"
    assert answer.choices[0].message.content == "hello there"
    with pytest.raises(SDKError):
        client.beta.agents.get(agent_id="ag_none")


def test_texts_are_embedded_and_judged(client: JSON, mock: Mock) -> None:
    vectors = client.embeddings.create(model="mistral-embed", inputs=["a", "b"])
    mock.reply(Answer(scores=(0.9,)))
    judged = client.classifiers.moderate(model="mistral-moderation", inputs=["a"])
    talked = client.classifiers.moderate_chat(
        model="mistral-moderation", inputs=[[{"role": "user", "content": "a"}], [{"role": "user", "content": "b"}]]
    )

    assert [item.index for item in vectors.data] == [0, 1]
    assert judged.results[0].categories["criminal"] is True
    assert judged.results[0].categories["pii"] is False
    assert len(talked.results) == 2


def test_documents_are_read(client: JSON, mock: Mock) -> None:
    mock.reply("# Title")

    found = client.ocr.process(
        model="mistral-ocr",
        document={"type": "document_url", "document_url": "https://example.com/a.pdf"},
        pages=[0, 1],
    )

    assert [page.markdown for page in found.pages] == ["# Title", "# Title"]
    assert found.usage_info.pages_processed == 2


def test_a_recording_is_written_down(client: JSON, mock: Mock) -> None:
    mock.reply("A word or two")
    file = {"file_name": "a.mp3", "content": b"ID3"}

    whole = client.audio.transcriptions.complete(model="voxtral", file=file, language="en")
    events = [event.data for event in client.audio.transcriptions.stream(model="voxtral", file=file)]

    assert whole.text == "A word or two"
    assert whole.language == "en"
    assert "".join(event.text for event in events[:-1]) == events[-1].text == "A word or two"


def test_files_are_kept_and_removed(client: JSON) -> None:
    file = client.files.upload(file={"file_name": "a.jsonl", "content": b"{}\n{}"}, purpose="batch")
    listed = client.files.list(purpose="batch")
    read = client.files.download(file_id=file.id).read()
    gone = client.files.delete(file_id=file.id)

    assert file.num_lines == 2
    assert [each.id for each in listed.data] == [file.id]
    assert read == b"{}\n{}"
    assert gone.deleted
    with pytest.raises(SDKError):
        client.files.retrieve(file_id=file.id)


def test_a_job_is_run_from_a_file(client: JSON) -> None:
    lines = b"".join(
        json.dumps({"custom_id": str(n), "body": {"messages": messages}}).encode() + b"\n"
        for n, messages in enumerate((HELLO, []))
    )
    file = client.files.upload(file={"file_name": "a.jsonl", "content": lines}, purpose="batch")

    job = client.batch.jobs.create(input_files=[file.id], endpoint="/v1/chat/completions", model="mistral-small")
    done = client.batch.jobs.get(job_id=job.id)
    written = json.loads(client.files.download(file_id=done.output_file).read())
    failed = json.loads(client.files.download(file_id=done.error_file).read())

    assert (job.status, done.status) == ("QUEUED", "SUCCESS")
    assert (done.succeeded_requests, done.failed_requests) == (1, 1)
    assert written["response"]["body"]["choices"][0]["message"]["content"] == "hello there"
    assert failed["custom_id"] == "1"
    assert client.files.retrieve(file_id=done.output_file).source == "mistral"


def test_a_job_can_hold_its_requests_and_be_cancelled(client: JSON) -> None:
    wish = {
        "endpoint": "/v1/chat/completions",
        "model": "mistral-small",
        "requests": [{"custom_id": "0", "body": {"messages": HELLO}}],
    }
    kept, dropped = (client.batch.jobs.create(**wish) for _ in range(2))

    done = client.batch.jobs.get(job_id=kept.id)
    cancelled = client.batch.jobs.cancel(job_id=dropped.id)

    assert done.outputs[0]["response"]["body"]["choices"][0]["message"]["content"] == "hello there"
    assert cancelled.status == "CANCELLATION_REQUESTED"
    assert client.batch.jobs.get(job_id=dropped.id).status == "CANCELLED"
    assert client.batch.jobs.list().total == 2
    for job in (kept.id, "none"):
        with pytest.raises(SDKError):
            client.batch.jobs.cancel(job_id=job)
    with pytest.raises(SDKError):
        client.batch.jobs.create(**{**wish, "requests": None, "input_files": ["none"]})
    with pytest.raises(SDKError):
        client.batch.jobs.create(**{**wish, "requests": []})


def test_an_error_is_said_in_mistrals_words(client: JSON) -> None:
    with pytest.raises(SDKError) as caught:
        client.chat.complete(model="m", messages=[])

    assert json.loads(caught.value.body)["raw_status_code"] == 400
