"""llama.cpp's own server, spoken to with the standard library alone."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Generator
from http.client import HTTPResponse
from pathlib import Path

import pytest

from any_llm.exceptions import ConfigurationError
from any_llm.testing.llama_server import LlamaServer
from any_llm.types.json import JSONObject


@pytest.fixture(scope="module")
def server() -> Generator[LlamaServer]:
    """A running server that asks for a key."""
    with LlamaServer("smollm2", api_key="sk-local") as running:
        yield running


def ask(asked: urllib.request.Request) -> HTTPResponse:
    answer: HTTPResponse = urllib.request.urlopen(asked, timeout=60)  # noqa: S310  # the server's own address
    return answer


def request(server: LlamaServer, path: str, body: JSONObject, key: str = "sk-local") -> urllib.request.Request:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    content = json.dumps(body).encode()
    return urllib.request.Request(server.url + path, content, headers)  # noqa: S310  # the server's own address


def question(**more: object) -> JSONObject:
    messages = [
        {"role": "system", "content": "You are a helpful assistant."},
        {"role": "user", "content": "What is the capital of France?"},
    ]
    return {"messages": messages, "temperature": 0, "max_tokens": 16} | more


def test_server_answers_chat(server: LlamaServer) -> None:
    with ask(request(server, "/v1/chat/completions", question())) as answer:
        tree = json.loads(answer.read())
    assert tree["choices"][0]["message"]["content"] == "The capital of France is Paris."
    assert server.api_base == f"{server.url}/v1"


def test_server_asks_for_its_key(server: LlamaServer) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        ask(request(server, "/v1/chat/completions", question(), key="wrong"))
    with caught.value as refused:
        assert refused.code == 401


def test_closed_connection_frees_the_server(server: LlamaServer) -> None:
    asked = request(server, "/v1/chat/completions", question(stream=True, max_tokens=4000, ignore_eos=True))
    with ask(asked) as answer:
        answer.readline()
        assert server.busy() == 1
    deadline = time.monotonic() + 10
    while server.busy() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert server.busy() == 0


def test_server_embeds() -> None:
    with LlamaServer("smollm2", embedding=True) as server:
        with ask(request(server, "/v1/embeddings", {"input": "food"})) as answer:
            tree = json.loads(answer.read())
        again = request(server, "/v1/embeddings", {"input": "food"})
    assert len(tree["data"][0]["embedding"]) == 576
    with pytest.raises(urllib.error.URLError):
        ask(again)


def test_server_writes_the_conversation_with_the_template_given() -> None:
    with (
        LlamaServer("smollm2", template="{% for message in messages %}<{{ message.content }}>{% endfor %}") as server,
        ask(request(server, "/apply-template", {"messages": [{"role": "user", "content": "Hi"}]})) as answer,
    ):
        assert json.loads(answer.read()) == {"prompt": "<Hi>"}


def test_file_that_is_no_model_is_an_error(tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF nonsense")
    with pytest.raises(ConfigurationError, match="does not start with the model"), LlamaServer(str(broken)):
        pytest.fail("it started")


def test_server_that_does_not_answer_is_an_error() -> None:
    server = LlamaServer("smollm2")
    server._url = "http://127.0.0.1:9"
    with pytest.raises(ConfigurationError, match=r"127\.0\.0\.1:9 is not ready after 0\.1 s"):
        server._wait(0.1)
