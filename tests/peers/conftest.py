"""llama.cpp's own server with a model that chats and with one that embeds, and clients of them."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from any_llm import AnyLLM
from any_llm.engine.build import forget_defaults
from any_llm.testing.llama_server import LlamaServer
from tests.peers.questions import KEY

TEMPLATE = Path(__file__).with_name("chatml.jinja")
CONFIGURATION = """
[providers.peer]
base_url = "{api_base}"
key = "PEER_API_KEY"
operations = ["completion", "responses", "embedding", "list_models"]
"""


@pytest.fixture(scope="session")
def chatting() -> Generator[LlamaServer]:
    """A server that chats, calls tools and asks for its key."""
    with LlamaServer("qwen2.5-coder-0.5b", api_key=KEY, context=2048, template=TEMPLATE.read_text("utf-8")) as server:
        yield server


@pytest.fixture(scope="session")
def embedding() -> Generator[LlamaServer]:
    """A server that embeds, and asks for no key."""
    with LlamaServer("smollm2", embedding=True) as server:
        yield server


@pytest.fixture
def llama(chatting: LlamaServer) -> AnyLLM:
    """The server as the catalogue knows it: chat completions, with the other shapes over them."""
    return AnyLLM.create("llamacpp", api_key=KEY, api_base=chatting.api_base)


@pytest.fixture
def claude(chatting: LlamaServer) -> AnyLLM:
    """The server as one that speaks Anthropic's messages."""
    return AnyLLM.create("anthropic", api_key=KEY, api_base=chatting.url)


@pytest.fixture
def configured(chatting: LlamaServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[AnyLLM]:
    """The server as a configuration file describes it: with responses of its own."""
    file = tmp_path / "any-llm.toml"
    file.write_text(CONFIGURATION.format(api_base=chatting.api_base), "utf-8")
    monkeypatch.setenv("ANY_LLM_CONFIG", str(file))
    monkeypatch.setenv("PEER_API_KEY", KEY)
    forget_defaults()
    yield AnyLLM.create("peer")
    monkeypatch.undo()
    forget_defaults()
