"""What llama.cpp's server refuses, and what fails in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import pytest

from any_llm import (
    AnyLLM,
    AuthenticationError,
    ContextLengthExceededError,
    InvalidRequestError,
    ProviderError,
)
from any_llm.exceptions import StreamTruncatedError, UnsupportedOperationError
from any_llm.testing.llama_server import LlamaServer
from any_llm.types.json import JSON, JSONObject
from tests.peers.questions import CAPITAL, KEY, MODEL, WEATHER, said

Ask: TypeAlias = Callable[[AnyLLM, str, JSONObject], JSON]

SHAPES: dict[str, tuple[str, Ask]] = {
    "completion": ("llama", lambda client, text, more: client.completion(MODEL, said(text), max_tokens=32, **more)),
    "responses": ("configured", lambda client, text, more: client.responses(MODEL, text, max_output_tokens=32, **more)),
    "messages": ("claude", lambda client, text, more: client.messages(MODEL, said(text), 32, **more)),
    "chat over messages": (
        "claude",
        lambda client, text, more: client.completion(MODEL, said(text), max_tokens=32, **more),
    ),
}
UNNAMED: JSONObject = {
    "completion": {"type": "function", "function": {"name": "", "parameters": {"type": "object", "properties": {}}}},
    "responses": {"type": "function", "name": "", "parameters": {"type": "object", "properties": {}}},
    "messages": {"name": "", "input_schema": {"type": "object", "properties": {}}},
    "chat over messages": {"name": "", "input_schema": {"type": "object", "properties": {}}},
}
"""A tool without a name, with which llama.cpp fails in the middle of its answer."""


@pytest.fixture(params=SHAPES)
def shape(request: pytest.FixtureRequest) -> str:
    """A way to ask."""
    name: str = request.param
    return name


@pytest.fixture
def ask(shape: str, request: pytest.FixtureRequest) -> Callable[..., JSON]:
    """Ask a question in the shape."""
    fixture, way = SHAPES[shape]
    client: AnyLLM = request.getfixturevalue(fixture)
    return lambda text, **more: way(client, text, more)


@pytest.mark.parametrize("provider", ["llamacpp", "anthropic"])
@pytest.mark.parametrize("stream", [False, True])
def test_a_wrong_key_is_an_error_that_does_not_show_it(chatting: LlamaServer, provider: str, stream: bool) -> None:
    client = AnyLLM.create(provider, api_key="sk-wrong-key", api_base=chatting.api_base)
    with pytest.raises(AuthenticationError) as caught:
        client.completion(MODEL, said(CAPITAL), max_tokens=1, stream=stream)
    error = caught.value
    assert (error.status_code, error.provider, error.retryable) == (401, provider, False)
    assert "sk-wrong-key" not in repr(error.to_dict())


@pytest.mark.parametrize("stream", [False, True])
def test_a_conversation_that_is_too_long_is_an_error(ask: Callable[..., JSON], stream: bool) -> None:
    with pytest.raises(ContextLengthExceededError, match="2048 tokens") as caught:
        ask("word " * 2500, stream=stream)
    assert caught.value.status_code == 400


def test_a_failure_in_the_middle_of_a_stream_is_the_servers_error(ask: Callable[..., JSON], shape: str) -> None:
    with (
        pytest.raises(ProviderError, match="does not match the expected") as caught,
        ask(WEATHER, stream=True, extra_body={"tools": [UNNAMED[shape]]}, temperature=0) as stream,
    ):
        list(stream)
    assert not isinstance(caught.value, StreamTruncatedError)
    assert caught.value.error_type == "server_error"


def test_a_schema_that_is_none_is_the_callers_error(llama: AnyLLM) -> None:
    form: JSONObject = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "invented"}}}
    with pytest.raises(InvalidRequestError) as caught:
        llama.completion(MODEL, said(CAPITAL), max_tokens=1, extra_body={"response_format": form})
    assert caught.value.status_code == 400
    assert KEY not in repr(caught.value.to_dict())


def test_embeddings_of_a_server_that_only_chats_are_its_refusal(llama: AnyLLM) -> None:
    with pytest.raises(UnsupportedOperationError, match="does not support embeddings") as caught:
        llama.embedding(MODEL, "food")
    assert (caught.value.status_code, caught.value.error_type) == (501, "not_supported_error")
