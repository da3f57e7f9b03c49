"""The hot paths whose instructions scripts/instructions.py counts, each between two marks that callgrind sees.

Usage: `python scripts/benchmark/hot_paths.py`. It prints one line of JSON: the names of what lay between two marks, in
order, each with how often it was done.
"""

from __future__ import annotations

import os

# A mark is a call of this function of the C library, which nothing else here calls; callgrind writes down what it has
# counted before each. The first lies here, so that the import of the package is counted as a program sees it.
mark = os.getpgrp
mark()
import any_llm  # noqa: E402  # between two marks

mark()

import asyncio  # noqa: E402  # after what is counted
import gc  # noqa: E402  # as above
import json  # noqa: E402  # as above
import sys  # noqa: E402  # as above
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence  # noqa: E402  # as above
from contextlib import asynccontextmanager  # noqa: E402  # as above
from functools import partial  # noqa: E402  # as above
from pathlib import Path  # noqa: E402  # as above

import aiohttp  # noqa: E402  # as above
import msgspec  # noqa: E402  # as above
from typing_extensions import override  # noqa: E402  # as above

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from any_llm.engine.codecs import codec_of  # noqa: E402  # as above
from any_llm.engine.translation import encode  # noqa: E402  # as above
from any_llm.pipeline.call import Call  # noqa: E402  # as above
from any_llm.providers.registry import provider  # noqa: E402  # as above
from any_llm.spec.dialect import Target  # noqa: E402  # as above
from any_llm.spec.provider import Operation  # noqa: E402  # as above
from any_llm.transport.framing import SseFraming  # noqa: E402  # as above
from any_llm.transport.replay import Replay, ReplayedExchange, Scripted  # noqa: E402  # as above
from any_llm.types.http import HttpRequest, Timeouts  # noqa: E402  # as above
from scripts.benchmark.server import CHUNKS, DONE, EVENTS, SMALL_BODY, Answering  # noqa: E402  # as above

KEY = "sk-instructions"
MESSAGES: Sequence[dict[str, str]] = [{"role": "user", "content": "y" * 900}]
TURNS = 100
VECTORS, DIMENSIONS = 32, 256
_PIECE = 1_400
"""Bytes that one packet brings of a stream."""
_LOOP = 2_000

Work = Callable[[], Awaitable[object]]


async def reference() -> None:
    """Do what takes about as long in every version of this library: decode JSON, and run a loop in pure Python."""
    msgspec.json.decode(SMALL_BODY)
    total = 0
    for number in range(_LOOP):
        total += len(str(number)) if number % 3 else number


async def call(client: any_llm.AnyLLM) -> None:
    """Ask for one short answer and read it."""
    answer = await client.acompletion("m", MESSAGES)
    assert answer.choices[0].message.content


async def stream(client: any_llm.AnyLLM) -> None:
    """Read a stream of 200 chunks."""
    count = 0
    async for chunk in await client.acompletion("m", MESSAGES, stream=True):
        count += chunk.choices[0].delta.content is not None
    assert count == CHUNKS, count


async def socket_call(base: str) -> None:
    """Do what `call` does, over a socket, by the module's function."""
    answer = await any_llm.acompletion("openai:m", MESSAGES, api_key=KEY, api_base=base)
    assert answer.choices[0].message.content


async def bare_socket_call(session: aiohttp.ClientSession, base: str) -> None:
    """Do what `socket_call` does with nothing but the HTTP client."""
    payload = {"model": "m", "messages": MESSAGES}
    headers = {"Authorization": f"Bearer {KEY}"}
    async with session.post(f"{base}/chat/completions", json=payload, headers=headers) as response:
        assert json.loads(await response.read())["choices"][0]["message"]["content"]


async def frame(pieces: Sequence[bytes]) -> None:
    """Frame a stream that comes in packets."""
    framing = SseFraming()
    count = sum(len(framing.feed(piece)) for piece in pieces) + len(framing.finish())
    assert count == CHUNKS + 1, count


async def encode_conversation(name: str) -> None:
    """Encode a conversation of 100 turns with tools, for one provider."""
    encoded = encode(codec_of(provider(name), Operation.COMPLETION), _conversation(name))
    assert encoded.body


async def embed(client: any_llm.AnyLLM) -> None:
    """Ask for vectors and read them."""
    answer = await client.aembedding("m", ["text"] * VECTORS)
    assert len(answer.data[-1].embedding) == DIMENSIONS


def _conversation(name: str) -> Call:
    turns: list[dict[str, object]] = [{"role": "system", "content": "Be brief."}]
    for number in range(TURNS // 4):
        function = {"name": "weather", "arguments": '{"city": "Paris", "days": 3}'}
        turns += [
            {"role": "user", "content": [{"type": "text", "text": "What is the weather? " * 8}]},
            {"role": "assistant", "tool_calls": [{"id": f"call_{number}", "type": "function", "function": function}]},
            {"role": "tool", "tool_call_id": f"call_{number}", "content": "18 degrees and a little rain"},
            {"role": "assistant", "content": "It is mild and it rains a little. " * 8},
        ]
    schema = {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}}
    tool = {"type": "function", "function": {"name": "weather", "description": "Say it", "parameters": schema}}
    record = provider(name)
    target = Target(provider=record, model="m", base_url=record.base_url)
    options = {"messages": turns, "tools": [tool], "max_tokens": 200, "temperature": 0.2}
    return Call(operation=Operation.COMPLETION, target=target, options=options)


def _replaying(content_type: str, chunks: Sequence[bytes]) -> any_llm.AnyLLM:
    scripted = Scripted(headers={"Content-Type": content_type}, chunks=chunks)
    transport = _Forgetful(lambda _: scripted)
    return any_llm.AnyLLM.create("openai", api_key=KEY, transport=transport)


class _Forgetful(Replay):
    """A replay that keeps no requests, so that memory does not grow with the repetitions."""

    @override
    async def send(self, request: HttpRequest, timeouts: Timeouts) -> ReplayedExchange:
        """Answer, and forget what was asked."""
        exchange = await super().send(request, timeouts)
        self.requests.clear()
        self.timeouts.clear()
        return exchange


def _vectors() -> bytes:
    vector = [round(0.001 * number - 0.1, 6) for number in range(DIMENSIONS)]
    data = [{"object": "embedding", "index": index, "embedding": vector} for index in range(VECTORS)]
    usage = {"prompt_tokens": VECTORS, "total_tokens": VECTORS}
    return json.dumps({"object": "list", "data": data, "model": "m", "usage": usage}).encode()


@asynccontextmanager
async def works() -> AsyncIterator[Mapping[str, tuple[Work, int]]]:
    """Prepare everything that is counted, by name, each with how often it is done."""
    body = b"".join((*EVENTS, DONE))
    pieces = [body[start : start + _PIECE] for start in range(0, len(body), _PIECE)]
    answering = _replaying("application/json", [SMALL_BODY])
    streaming = _replaying("text/event-stream", pieces)
    embedding = _replaying("application/json", [_vectors()])
    server = await asyncio.get_running_loop().create_server(Answering, "127.0.0.1", 0)
    base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    async with aiohttp.ClientSession() as session:
        yield {
            "reference": (reference, 20),
            "call": (partial(call, answering), 40),
            "call over a socket": (partial(socket_call, base), 40),
            "aiohttp over a socket": (partial(bare_socket_call, session, base), 40),
            "stream of 200 chunks": (partial(stream, streaming), 5),
            "framing of 200 events": (partial(frame, pieces), 20),
            "encoding 100 turns for openai": (partial(encode_conversation, "openai"), 10),
            "encoding 100 turns for anthropic": (partial(encode_conversation, "anthropic"), 10),
            "decoding 32 embeddings": (partial(embed, embedding), 10),
        }
    server.close()


async def main() -> None:
    """Do each piece of work a few times, so that everything is loaded and cached, then between two marks."""
    done: list[tuple[str, int]] = [("import any_llm", 1)]
    async with works() as prepared:
        for name, (work, times) in prepared.items():
            for _ in range(3):
                await work()
            gc.collect()
            gc.freeze()
            mark()
            for _ in range(times):
                await work()
            mark()
            done.append((name, times))
    print(json.dumps(done))


if __name__ == "__main__":
    asyncio.run(main())
