"""What the mock sends for OpenAI and those compatible with it has the shape of what was recorded of each."""

from __future__ import annotations

import json

import pytest

from any_llm.testing import Answer, Mock, MockRequest, ToolCall
from any_llm.testing.mock.shapes import Finding, Sample, compare
from tests.testing.mock.recorded_shapes import listed, recorded, sent

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS = [{"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}]
CHAT = {"model": "m", "messages": [{"role": "user", "content": "hello there you"}]}
VENDORS = sorted({row.provider for row in listed().rows if row.api == "openai.chat" and row.kind == "ok"})
RESPONDERS = sorted({row.provider for row in listed().rows if row.api == "openai.responses" and row.kind == "ok"})
FULL = Answer(
    reasoning="Let me think of it",
    text="It is so",
    tool_calls=(
        ToolCall("weather", {"city": "Rome"}),
        ToolCall("web_search", {"query": "weather"}),
        ToolCall("code_interpreter", {"code": "1 + 1"}),
    ),
)
RESPONSE = {
    "model": "m",
    "input": "hello there",
    "reasoning": {"effort": "low", "summary": "auto"},
    "include": ["reasoning.encrypted_content"],
    "tools": [
        {"type": "function", "name": "weather", "parameters": SCHEMA, "description": "The weather", "strict": True},
        {"type": "web_search"},
        {"type": "code_interpreter", "container": {"type": "auto"}},
        {"type": "mcp", "server_label": "docs", "server_url": "https://example.com/mcp"},
    ],
}

CUT = {"model": "m", "input": "a rather long sentence", "max_output_tokens": 1, "stream": True}


def everything(_request: MockRequest) -> Answer:
    """Answer with all that a response can hold."""
    return FULL


def findings(provider: str, api: str, samples: list[Sample]) -> list[Finding]:
    """Return what differs in the units that were recorded of the provider often enough to be listed."""
    units = listed().units(provider, api)
    known = [sample for sample in samples if sample.kind != "ok" or sample.unit in units]
    assert known, f"nothing of {units} was sent"
    return list(compare(recorded(), provider, api, known))


@pytest.mark.parametrize("provider", VENDORS)
def test_chat_completions_agree(provider: str) -> None:
    mock = Mock()
    samples: list[Sample] = []
    for wish in (
        {},
        {"reasoning_effort": "low"},
        {"tools": TOOLS, "tool_choice": "required", "reasoning_effort": "low"},
        {"logprobs": True, "top_logprobs": 2} if provider == "openai" else {"n": 2},
    ):
        for way in ({}, {"stream": True, "stream_options": {"include_usage": True}}):
            samples += sent(mock, f"/{provider}/v1/chat/completions", {**CHAT, **wish, **way})

    assert findings(provider, "openai.chat", samples) == []


@pytest.mark.parametrize("provider", RESPONDERS)
def test_responses_agree(provider: str) -> None:
    samples: list[Sample] = []
    for wish in (RESPONSE, {"model": "m", "input": "hello there"}):
        for way in ({"include": [*RESPONSE["include"], "code_interpreter_call.outputs"]}, {"stream": True}):
            samples += sent(
                Mock(everything) if wish is RESPONSE else Mock(), f"/{provider}/v1/responses", {**wish, **way}
            )
    samples += sent(Mock(), f"/{provider}/v1/responses", CUT)

    assert findings(provider, "openai.responses", samples) == []


def test_every_event_that_was_recorded_of_openai_is_sent() -> None:
    streamed = {**RESPONSE, "stream": True}
    samples = sent(Mock(everything), "/openai/v1/responses", streamed)
    samples += sent(Mock(), "/openai/v1/responses", CUT)

    assert set(listed().units("openai", "openai.responses")) - {sample.unit for sample in samples} == {"body"}


@pytest.mark.parametrize(
    ("provider", "api", "path", "body"),
    [
        ("openai", "openai.completions", "/completions", {"model": "m", "prompt": "hello there"}),
        ("openai", "openai.completions", "/completions", {"model": "m", "prompt": "hello there", "stream": True}),
        ("together", "openai.completions", "/completions", {"model": "m", "prompt": "hello there", "stream": True}),
        ("openai", "openai.embeddings", "/embeddings", {"model": "m", "input": "a", "dimensions": 4}),
        ("openai", "openai.embeddings", "/embeddings",
         {"model": "m", "input": "a", "dimensions": 4, "encoding_format": "base64"}),
        ("azure", "openai.embeddings", "/embeddings", {"model": "m", "input": "a", "dimensions": 4}),
        ("dashscope", "openai.embeddings", "/embeddings", {"model": "m", "input": "a", "dimensions": 4}),
        ("doubleword", "openai.embeddings", "/embeddings", {"model": "m", "input": "a", "dimensions": 4}),
        ("llamacpp", "openai.embeddings", "/embeddings", {"model": "m", "input": "a", "dimensions": 4}),
        ("mistral", "openai.embeddings", "/embeddings", {"model": "m", "input": "a", "dimensions": 4}),
        ("ollama", "openai.embeddings", "/embeddings", {"model": "m", "input": "a", "dimensions": 4}),
        ("openrouter", "openai.embeddings", "/embeddings", {"model": "m", "input": "a", "dimensions": 4}),
        ("venice", "openai.embeddings", "/embeddings", {"model": "m", "input": "a", "dimensions": 4}),
        ("openai", "openai.moderations", "/moderations", {"model": "omni-moderation-latest", "input": "a"}),
        ("openai", "openai.images", "/images/generations", {"model": "gpt-image-1", "prompt": "a"}),
        ("openai", "openai.images", "/images/generations", {"model": "dall-e-3", "prompt": "a"}),
        ("openai", "openai.responses.input_tokens", "/responses/input_tokens", {"model": "m", "input": "a"}),
        ("openai", "openai.responses.compact", "/responses/compact", {"model": "m", "input": "a"}),
        ("mistral", "mistral.fim", "/fim/completions", {"model": "m", "prompt": "a", "stream": True}),
        ("mistral", "mistral.agents", "/agents/completions", {**CHAT, "agent_id": "ag_1"}),
        ("mistral", "mistral.agents", "/agents/completions", {**CHAT, "agent_id": "ag_1", "stream": True}),
        ("mistral", "mistral.agents", "/agents/completions",
         {**CHAT, "agent_id": "ag_1", "tools": TOOLS, "tool_choice": "any"}),
        ("mistral", "mistral.moderations", "/moderations", {"model": "m", "input": "a"}),
        ("mistral", "mistral.moderations", "/chat/moderations",
         {"model": "m", "input": [{"role": "user", "content": "a"}]}),
    ],
    ids=lambda value: json.dumps(value) if isinstance(value, dict) else value,
)  # fmt: skip
def test_the_other_operations_agree(provider: str, api: str, path: str, body: object) -> None:
    assert findings(provider, api, sent(Mock(), f"/{provider}/v1{path}", body)) == []


def _form(**fields: str) -> bytes:
    file = b'--x\r\ncontent-disposition: form-data; name="file"; filename="a.jsonl"\r\n\r\nAAAA\r\n'
    rest = "".join(f'--x\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
                   for name, value in fields.items())  # fmt: skip
    return file + rest.encode() + b"--x--\r\n"


@pytest.mark.parametrize("model", ["whisper-1", "gpt-4o-transcribe"])
@pytest.mark.parametrize("task", ["transcriptions", "translations"])
def test_what_is_written_down_agrees(model: str, task: str) -> None:
    samples = sent(Mock(), f"/openai/v1/audio/{task}", _form(model=model),
                   **{"content-type": "multipart/form-data; boundary=x"})  # fmt: skip

    assert findings("openai", f"openai.audio.{task}", samples) == []


def test_changed_pictures_agree() -> None:
    form = _form(model="gpt-image-1", prompt="red").replace(b'name="file"', b'name="image"')

    samples = sent(Mock(), "/openai/v1/images/edits", form, **{"content-type": "multipart/form-data; boundary=x"})

    assert findings("openai", "openai.images.edit", samples) == []


def test_pictures_like_another_agree() -> None:
    form = _form(model="dall-e-2").replace(b'name="file"', b'name="image"')

    samples = sent(Mock(), "/openai/v1/images/variations", form, **{"content-type": "multipart/form-data; boundary=x"})

    assert findings("openai", "openai.images.variation", samples) == []


def test_batches_agree() -> None:
    mock = Mock()
    lines = (
        b'{"custom_id":"0","method":"POST","url":"/v1/chat/completions","body":' + json.dumps(CHAT).encode() + b"}\n"
    )
    form = _form(purpose="batch").replace(b"AAAA", lines)
    file = sent(mock, "/openai/v1/files", form, **{"content-type": "multipart/form-data; boundary=x"})[0].value
    batch = sent(mock, "/openai/v1/batches", {"input_file_id": file["id"], "endpoint": "/v1/chat/completions",
                                              "completion_window": "24h"})  # fmt: skip
    done = sent(mock, f"/openai/v1/batches/{batch[0].value['id']}", b"", "GET")

    assert done[0].value["status"] == "completed"
    assert findings("openai", "openai.batches", [*batch, *done]) == []


def test_jobs_and_agents_of_mistral_agree() -> None:
    mock = Mock()
    agent = sent(mock, "/mistral/v1/agents", {"model": "m", "name": "a", "instructions": "b"})
    wish = {"endpoint": "/v1/chat/completions", "model": "m", "requests": [{"custom_id": "0", "body": CHAT}]}
    job = sent(mock, "/mistral/v1/batch/jobs", wish)
    done = sent(mock, f"/mistral/v1/batch/jobs/{job[0].value['id']}", b"", "GET")

    # Nobody recorded a job that had its answers.
    differing = findings("mistral", "mistral.other", [*agent, *job, *done])
    assert done[0].value["outputs"]
    assert [finding for finding in differing if not finding.path.startswith(".outputs[]")] == []


ERRORS = sorted({(row.provider, row.api, int(row.kind[3:])) for row in listed().rows
                 if row.kind.startswith("err") and row.api in {"openai.chat", "openai.embeddings", "openai.responses",
                                                               "openai.completions", "openai.images"}})  # fmt: skip
PLACES = {
    "openai.chat": ("/chat/completions", CHAT),
    "openai.completions": ("/completions", {"model": "m", "prompt": "a"}),
    "openai.embeddings": ("/embeddings", {"model": "m", "input": "a"}),
    "openai.images": ("/images/generations", {"model": "m", "prompt": "a"}),
    "openai.responses": ("/responses", {"model": "m", "input": "a"}),
}


@pytest.mark.parametrize(("provider", "api", "status"), ERRORS)
def test_errors_agree(provider: str, api: str, status: int) -> None:
    path, body = PLACES[api]

    # What is wrong with a request is found by sending none.
    samples = sent(Mock(fault="" if status == 400 else f"status={status}"), f"/{provider}/v1{path}",
                   {} if status == 400 else body)  # fmt: skip

    assert list(compare(recorded(), provider, api, samples)) == []
