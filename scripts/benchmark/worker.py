"""One library doing what it is told, in an environment of its own: `worker.py SUBJECT ORIGIN [--once]`.

Each line of standard input is a JSON object, each line of standard output its answer. `{"work": W, "times": N,
"concurrency": C}` does a piece of work so often and answers `{"cpu": microseconds of each}`; `{"memory": true}` answers
`{"memory": bytes held}`; what fails answers `{"error": TEXT}`. Works are `small`, `large`, `upload`, `stream` and
`short`. With `--once` one small call is made and nothing is read. Nothing but the standard library and the subject is
needed.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

Foreign: TypeAlias = Any
"""What comes out of a package that need not be installed."""
Messages: TypeAlias = list[dict[str, Foreign]]

KEY = "sk-benchmark"
MESSAGES: Messages = [{"role": "user", "content": "y" * 900}]
PICTURE = "data:image/png;base64," + "A" * (4 * 2**20)
UPLOAD: Messages = [
    {"role": "user", "content": [{"type": "image_url", "image_url": {"url": PICTURE}}, {"type": "text", "text": "?"}]}
]
CHUNKS, FEW_CHUNKS = 200, 20
"""As in the server."""
_TOLERATED = 2
"""Chunks of a stream, the last among them, that a library may keep to itself or add."""


class Client(NamedTuple):
    """A way to ask a server: for the text of an answer, and for a stream of pieces."""

    ask: Callable[[Messages], Awaitable[object]]
    stream: Callable[[Messages], AsyncIterator[object]]


def any_llm(base: str) -> Client:
    """Return the module's function of this library, or of Mozilla's of the same name."""
    package: Foreign = import_module("any_llm")
    known: dict[str, Foreign] = {"model": "openai:m", "api_key": KEY, "api_base": f"{base}/v1"}

    async def ask(messages: Messages) -> object:
        """Make a call."""
        return (await package.acompletion(messages=messages, **known)).choices[0].message.content

    async def stream(messages: Messages) -> AsyncIterator[object]:
        """Read a stream."""
        async for chunk in await package.acompletion(messages=messages, stream=True, **known):
            yield chunk.choices[0].delta.content

    return Client(ask, stream)


def any_llm_client(base: str) -> Client:
    """Return a client object of Mozilla's library, made once."""
    client: Foreign = import_module("any_llm").AnyLLM.create("openai", api_key=KEY, api_base=f"{base}/v1")

    async def ask(messages: Messages) -> object:
        """Make a call."""
        return (await client.acompletion(model="m", messages=messages)).choices[0].message.content

    async def stream(messages: Messages) -> AsyncIterator[object]:
        """Read a stream."""
        async for chunk in await client.acompletion(model="m", messages=messages, stream=True):
            yield chunk.choices[0].delta.content

    return Client(ask, stream)


def any_llm_messages(base: str) -> Client:
    """Return this library in Anthropic's shape."""
    package: Foreign = import_module("any_llm")
    known: dict[str, Foreign] = {"model": "anthropic:m", "api_key": KEY, "api_base": base, "max_tokens": 500}

    async def ask(messages: Messages) -> object:
        """Make a call."""
        return (await package.amessages(messages=messages, **known)).content[0].text

    async def stream(messages: Messages) -> AsyncIterator[object]:
        """Read a stream."""
        async for event in await package.amessages(messages=messages, stream=True, **known):
            if event.type == "content_block_delta":
                yield event.delta.text

    return Client(ask, stream)


def openai(base: str) -> Client:
    """Return OpenAI's own client."""
    client: Foreign = import_module("openai").AsyncOpenAI(api_key=KEY, base_url=f"{base}/v1", max_retries=0)
    return _like_openai(client.chat.completions.create, "m")


def aisuite(base: str) -> Client:
    """Return aisuite's client; its answers are OpenAI's own."""
    settings = {"openai": {"api_key": KEY, "base_url": f"{base}/v1", "max_retries": 0}}
    return _like_openai(import_module("aisuite").Client(settings).chat.completions.acreate, "openai:m")


def litellm(base: str) -> Client:
    """Return LiteLLM's function."""
    package: Foreign = import_module("litellm")

    async def create(**asked: Foreign) -> Foreign:
        """Make a call."""
        return await package.acompletion(api_key=KEY, api_base=f"{base}/v1", **asked)

    return _like_openai(create, "openai/m")


def _like_openai(create: Callable[..., Awaitable[Foreign]], model: str) -> Client:
    async def ask(messages: Messages) -> object:
        """Make a call."""
        return (await create(model=model, messages=messages)).choices[0].message.content

    async def stream(messages: Messages) -> AsyncIterator[object]:
        """Read a stream."""
        async for chunk in await create(model=model, messages=messages, stream=True):
            yield chunk.choices[0].delta.content

    return Client(ask, stream)


def anthropic(base: str) -> Client:
    """Return Anthropic's own client."""
    client: Foreign = import_module("anthropic").AsyncAnthropic(api_key=KEY, base_url=base, max_retries=0)

    async def ask(messages: Messages) -> object:
        """Make a call."""
        return (await client.messages.create(model="m", max_tokens=500, messages=messages)).content[0].text

    async def stream(messages: Messages) -> AsyncIterator[object]:
        """Read a stream."""
        async for event in await client.messages.create(model="m", max_tokens=500, messages=messages, stream=True):
            if event.type == "content_block_delta":
                yield event.delta.text

    return Client(ask, stream)


def pydantic_ai(base: str) -> Client:
    """Return pydantic-ai's direct requests, without an agent."""
    direct: Foreign = import_module("pydantic_ai.direct")
    said: Foreign = import_module("pydantic_ai.messages")
    provider: Foreign = import_module("pydantic_ai.providers.openai").OpenAIProvider(base_url=f"{base}/v1", api_key=KEY)
    model: Foreign = import_module("pydantic_ai.models.openai").OpenAIChatModel("m", provider=provider)

    def request(messages: Messages) -> list[Foreign]:
        """Return a request in its words."""
        content = messages[0]["content"]
        if not isinstance(content, str):
            content = [said.ImageUrl(url=content[0]["image_url"]["url"]), content[1]["text"]]
        return [said.ModelRequest(parts=[said.UserPromptPart(content)])]

    async def ask(messages: Messages) -> object:
        """Make a call."""
        return (await direct.model_request(model, request(messages))).parts[0].content

    async def stream(messages: Messages) -> AsyncIterator[object]:
        """Read a stream."""
        async with direct.model_request_stream(model, request(messages)) as events:
            async for event in events:
                yield event

    return Client(ask, stream)


def langchain_openai(base: str) -> Client:
    """Return LangChain's model for OpenAI."""
    model: Foreign = import_module("langchain_openai").ChatOpenAI(
        model="m", api_key=KEY, base_url=f"{base}/v1", max_retries=0
    )

    async def ask(messages: Messages) -> object:
        """Make a call."""
        return (await model.ainvoke(messages)).content

    async def stream(messages: Messages) -> AsyncIterator[object]:
        """Read a stream."""
        async for chunk in model.astream(messages):
            yield chunk.content

    return Client(ask, stream)


SUBJECTS: Mapping[str, Callable[[str], Client]] = {
    "any_llm": any_llm,
    "any_llm_client": any_llm_client,
    "any_llm_messages": any_llm_messages,
    "aisuite": aisuite,
    "anthropic": anthropic,
    "langchain_openai": langchain_openai,
    "litellm": litellm,
    "openai": openai,
    "pydantic_ai": pydantic_ai,
}


def works(subject: str, origin: str) -> Mapping[str, Callable[[], Awaitable[None]]]:
    """Return every piece of work of a subject, by name."""
    client = cache(SUBJECTS[subject])

    async def ask(base: str, messages: Messages) -> None:
        """Make a call and look at its answer."""
        if not await client(base).ask(messages):
            raise RuntimeError("an answer without text")

    async def stream(base: str, chunks: int) -> None:
        """Read a stream and count its pieces."""
        count = 0
        async for _ in client(base).stream(MESSAGES):
            count += 1
        if abs(count - chunks) > _TOLERATED:
            raise RuntimeError(f"a stream of {chunks} chunks gave {count}")

    return {
        "small": lambda: ask(origin, MESSAGES),
        "large": lambda: ask(f"{origin}/large", MESSAGES),
        "upload": lambda: ask(origin, UPLOAD),
        "stream": lambda: stream(origin, CHUNKS),
        "short": lambda: stream(f"{origin}/short", FEW_CHUNKS),
    }


async def cpu(work: Callable[[], Awaitable[None]], times: int, concurrency: int) -> float:
    """Return the microseconds of CPU time, of all threads, that one piece of work takes."""

    async def caller() -> None:
        """Do one caller's share."""
        for _ in range(times // concurrency):
            await work()

    started = time.process_time()
    await asyncio.gather(*(caller() for _ in range(concurrency)))
    return (time.process_time() - started) / (times // concurrency * concurrency) * 1e6


def memory() -> int:
    """Return the bytes of memory that this process holds."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def serve(subject: str, origin: str) -> None:
    """Do what comes in until nothing more does."""
    known = works(subject, origin)
    while line := await asyncio.to_thread(sys.stdin.readline):
        command = json.loads(line)
        try:
            if command.get("memory"):
                answer: dict[str, object] = {"memory": memory()}
            else:
                answer = {"cpu": await cpu(known[command["work"]], command["times"], command["concurrency"])}
        except Exception as error:  # noqa: BLE001  # whatever a foreign library raises is told
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


def main(arguments: list[str]) -> None:
    """Serve, or make one call."""
    subject, origin, *flags = arguments
    if "--once" in flags:
        asyncio.run(cpu(works(subject, origin)["small"], 1, 1))
        print(json.dumps({"cpu": time.process_time() * 1e6, "memory": memory()}))
    else:
        asyncio.run(serve(subject, origin))


if __name__ == "__main__":
    main(sys.argv[1:])
