"""Embeddings of llama.cpp's server."""

from __future__ import annotations

import sys
from urllib.parse import urlsplit

import pytest

import any_llm
from any_llm import AnyLLM
from any_llm.testing.llama_server import LlamaServer
from tests.peers.questions import MODEL

TEXTS = ["food", "a meal at noon"]
SIZE = 576


class Connections:
    """Counts the connections that this process opens to a port; nothing until it has one."""

    def __init__(self) -> None:
        self.port: int | None = None
        self.count = 0
        # A hook stays for the rest of the process.
        sys.addaudithook(self._see)

    def _see(self, event: str, arguments: tuple[object, ...]) -> None:
        if self.port is not None and event == "socket.connect" and isinstance(address := arguments[1], tuple):
            self.count += address[1] == self.port


@pytest.fixture
def embedder(embedding: LlamaServer) -> AnyLLM:
    """A client of the server that embeds."""
    return AnyLLM.create("llamacpp", api_base=embedding.api_base)


def test_each_text_becomes_a_vector_in_its_place(embedder: AnyLLM) -> None:
    both = embedder.embedding(MODEL, TEXTS)
    alone = [embedder.embedding(MODEL, text).data[0].embedding for text in TEXTS]
    assert [row.index for row in both.data] == [0, 1]
    assert [len(row.embedding) for row in both.data] == [SIZE, SIZE]
    for row, vector in zip(both.data, alone, strict=True):
        assert list(row.embedding) == pytest.approx(list(vector), abs=1e-4)
    assert list(alone[0]) != pytest.approx(list(alone[1]), abs=1e-4)


def test_numbers_and_base64_say_the_same(embedder: AnyLLM) -> None:
    numbers, packed = (
        embedder.embedding(MODEL, TEXTS[0], encoding_format=form).data[0].embedding for form in ("float", "base64")
    )
    assert list(packed) == pytest.approx(list(numbers), abs=1e-6)


async def test_embeddings_come_in_async_code_with_their_tokens_counted(embedding: LlamaServer) -> None:
    answer = await any_llm.aembedding(f"llamacpp:{MODEL}", TEXTS, api_base=embedding.api_base)
    assert answer.usage is not None
    assert answer.usage.prompt_tokens == answer.usage.total_tokens > 1
    assert answer.report.provider == "llamacpp"


async def test_calls_one_after_the_other_share_a_connection(embedder: AnyLLM, embedding: LlamaServer) -> None:
    opened = Connections()
    opened.port = urlsplit(embedding.url).port
    for _ in range(50):
        await embedder.aembedding(MODEL, TEXTS[0])
    opened.port = None
    assert opened.count == 1
