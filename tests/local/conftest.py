"""A transport with real models behind it, and ways to ask it."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import TypeAlias

import pytest

from any_llm.local.fetch import pull
from any_llm.local.transport import LocalTransport
from any_llm.spec.transport import Exchange
from any_llm.types.http import HttpRequest, Timeouts
from any_llm.types.json import JSONObject

Post: TypeAlias = Callable[..., Awaitable[Exchange]]
Ask: TypeAlias = Callable[..., Awaitable[JSONObject]]


@pytest.fixture(scope="session")
def smollm2() -> str:
    """The tiny model's name, its file fetched; the cache's own lock lets parallel workers fetch it once."""
    pull("smollm2")
    return "smollm2"


@pytest.fixture(scope="session")
def qwen() -> str:
    """The default model's name, its file fetched."""
    pull()
    return "qwen2.5-coder-0.5b"


@pytest.fixture
async def post(smollm2: str) -> AsyncGenerator[Post]:
    """Post a body to a path, to SmolLM2 unless it names a model; exchanges are closed at the end."""
    transport = LocalTransport()
    opened: list[Exchange] = []

    async def post(path: str, timeouts: Timeouts | None = None, **body: object) -> Exchange:
        content = json.dumps({"model": smollm2} | body).encode()
        request = HttpRequest("POST", f"local://model/v1/{path}", {}, content)
        exchange = await transport.send(request, timeouts or Timeouts())
        opened.append(exchange)
        return exchange

    yield post
    for exchange in opened:
        exchange.close()
    await transport.aclose()


@pytest.fixture
def chat(post: Post) -> Ask:
    """Ask SmolLM2 one question, or with `messages`, and return the whole answer, or the error."""

    async def chat(question: str = "Hi", **body: object) -> JSONObject:
        messages = [{"role": "user", "content": question}]
        exchange = await post("chat/completions", **({"messages": messages, "max_tokens": 32} | body))
        tree: JSONObject = json.loads(await exchange.read())
        return tree | {"status": exchange.status}

    return chat


def events(body: bytes) -> list[JSONObject]:
    """Return the chunks of a stream that ended properly."""
    *frames, done, rest = body.decode().split("\n\n")
    assert (done, rest) == ("data: [DONE]", "")
    return [json.loads(frame.removeprefix("data: ")) for frame in frames]
