"""Who is measured: the bare HTTP client, this library, and OpenAI's SDK, all doing the same."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import aiohttp
import openai
from openai.types.chat import ChatCompletionUserMessageParam

import any_llm
from any_llm.types.completion import ChatCompletion
from scripts.benchmark.server import CHUNKS

KEY = "sk-benchmark"
MESSAGES: list[dict[str, str]] = [{"role": "user", "content": "y" * 900}]

Work = Callable[[], Awaitable[object]]


@dataclass(frozen=True)
class Subject:
    """Somebody's way to make one small call, one large one, unread and read, and to read one stream."""

    name: str
    small: Work
    large: Work
    large_read: Work
    stream: Work


@contextlib.asynccontextmanager
async def subjects(origin: str) -> AsyncIterator[list[Subject]]:
    """Open every subject for a server at `origin`; the bare client, the measure of all others, comes first."""
    connector = aiohttp.TCPConnector(limit=1_000)
    async with (
        aiohttp.ClientSession(connector=connector) as session,
        openai.AsyncOpenAI(api_key=KEY, base_url=f"{origin}/v1", max_retries=0) as client,
        openai.AsyncOpenAI(api_key=KEY, base_url=f"{origin}/large/v1", max_retries=0) as large_client,
    ):
        yield [
            _bare(session, origin),
            _ours(origin),
            Subject(
                "openai SDK",
                lambda: client.chat.completions.create(model="m", messages=MESSAGES),  # type: ignore[arg-type]  # plain dictionaries
                lambda: large_client.chat.completions.create(model="m", messages=MESSAGES),  # type: ignore[arg-type]  # as above
                lambda: large_client.chat.completions.create(model="m", messages=MESSAGES),  # type: ignore[arg-type]  # as above
                lambda: _openai_stream(client),
            ),
        ]


def _bare(session: aiohttp.ClientSession, origin: str) -> Subject:
    headers = {"Authorization": f"Bearer {KEY}"}

    async def post(path: str) -> object:
        payload = {"model": "m", "messages": MESSAGES}
        async with session.post(origin + path, json=payload, headers=headers) as response:
            return json.loads(await response.read())["choices"][0]["message"]["content"]

    async def stream() -> None:
        payload = {"model": "m", "messages": MESSAGES, "stream": True}
        count = 0
        async with session.post(f"{origin}/v1/chat/completions", json=payload, headers=headers) as response:
            async for line in response.content:
                if line.startswith(b"data: {"):
                    count += json.loads(line[6:])["choices"][0]["delta"]["content"] is not None
        _expect(count)

    return Subject(
        "aiohttp",
        lambda: post("/v1/chat/completions"),
        lambda: post("/large/v1/chat/completions"),
        lambda: post("/large/v1/chat/completions"),
        stream,
    )


def _ours(origin: str) -> Subject:
    async def ask(path: str) -> ChatCompletion:
        return await any_llm.acompletion("openai:m", MESSAGES, api_key=KEY, api_base=origin + path)

    async def call(path: str) -> object:
        answer = await ask(path)
        return answer.choices[0].message.content

    async def stream() -> None:
        count = 0
        base = f"{origin}/v1"
        async for chunk in await any_llm.acompletion("openai:m", MESSAGES, api_key=KEY, api_base=base, stream=True):
            count += chunk.choices[0].delta.content is not None
        _expect(count)

    return Subject("any-llm", lambda: call("/v1"), lambda: ask("/large/v1"), lambda: call("/large/v1"), stream)


async def _openai_stream(client: openai.AsyncOpenAI) -> None:
    count = 0
    messages: list[ChatCompletionUserMessageParam] = [{"role": "user", "content": MESSAGES[0]["content"]}]
    answer = await client.chat.completions.create(model="m", messages=messages, stream=True)
    async for chunk in answer:
        count += chunk.choices[0].delta.content is not None
    _expect(count)


def _expect(count: int) -> None:
    if count != CHUNKS:
        raise RuntimeError(f"a stream of {CHUNKS} chunks gave {count}")
