"""A server that costs nearly nothing, so that what is measured is the client: `server.py [PORT]`."""

from __future__ import annotations

import asyncio
import json
import sys

from typing_extensions import override

CHUNKS = 200


def _body(content: str) -> bytes:
    return json.dumps(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1_790_000_000,
            "model": "gpt-bench",
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": content, "refusal": None, "annotations": []},
                    "logprobs": None,
                    "finish_reason": "stop",
                }
            ],
            "usage": {
                "prompt_tokens": 200,
                "completion_tokens": 150,
                "total_tokens": 350,
                "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
                "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
            },
            "service_tier": "default",
            "system_fingerprint": "fp_bench",
        }
    ).encode()


def _answer(body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _event(content: str, finish: str | None) -> bytes:
    event = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1_790_000_000,
        "model": "gpt-bench",
        "service_tier": "default",
        "system_fingerprint": "fp_bench",
        "choices": [{"index": 0, "delta": {"content": content}, "logprobs": None, "finish_reason": finish}],
        "usage": None,
        "obfuscation": "a1B2c3D4",
    }
    return b"data: " + json.dumps(event).encode() + b"\n\n"


def _piece(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


_WORDS = "The quick brown fox jumps over the lazy dog and runs away. "
SMALL_BODY = _body(_WORDS * 8)
"""A whole answer of about 1 KB."""
_SMALL = _answer(SMALL_BODY)
_LARGE = _answer(_body(_WORDS * (256 * 1024 // len(_WORDS))))
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
EVENTS = (*((_event(" hello", None),) * (CHUNKS - 1)), _event("", "stop"))
"""The events of a stream, all but its end."""
DONE = b"data: [DONE]\n\n"
_MIDDLE, _LAST = _piece(EVENTS[0]), _piece(EVENTS[-1])
_END = _piece(DONE) + b"0\r\n\r\n"


class Answering(asyncio.Protocol):
    """Answers each request by its path and body; connections stay open."""

    def __init__(self) -> None:
        self._read = b""
        self._streams: set[asyncio.Task[None]] = set()
        self._transport: asyncio.WriteTransport | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    @override
    def data_received(self, data: bytes) -> None:
        """Answer every request that is complete."""
        self._read += data
        while (head_end := self._read.find(b"\r\n\r\n")) >= 0:
            head = self._read[:head_end].lower()
            _, found, length = head.partition(b"content-length:")
            end = head_end + 4 + (int(length.split(b"\r\n")[0]) if found else 0)
            if len(self._read) < end:
                return
            body, self._read = self._read[head_end + 4 : end], self._read[end:]
            self._reply(head, body)

    def _reply(self, head: bytes, body: bytes) -> None:
        assert self._transport is not None
        if b'"stream":true' in body.replace(b" ", b""):
            task = asyncio.get_running_loop().create_task(self._stream(self._transport))
            self._streams.add(task)
            task.add_done_callback(self._streams.discard)
        else:
            self._transport.write(_LARGE if b"/large/" in head else _SMALL)

    async def _stream(self, transport: asyncio.WriteTransport) -> None:
        transport.write(_HEAD)
        for _ in range(CHUNKS - 1):
            transport.write(_MIDDLE)
            await asyncio.sleep(0)
        transport.write(_LAST)
        transport.write(_END)


async def serve(port: int) -> None:
    """Serve until killed."""
    server = await asyncio.get_running_loop().create_server(Answering, "127.0.0.1", port)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]) if len(sys.argv) > 1 else 0))
