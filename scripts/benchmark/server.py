"""A server that costs nearly nothing, so that what is measured is the client: `server.py [PORT]`."""

from __future__ import annotations

import asyncio
import json
import sys

from typing_extensions import override

CHUNKS, FEW_CHUNKS = 200, 20


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


def _messages_body(content: str) -> bytes:
    message = {**_MESSAGE, "content": [{"type": "text", "text": content}], "stop_reason": "end_turn"}
    return json.dumps({**message, "usage": {"input_tokens": 200, "output_tokens": 150}}).encode()


_MESSAGE = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-bench", "stop_sequence": None}


def _named(event: dict[str, object]) -> bytes:
    return f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()


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
_FAILED = _answer(b'{"error": {"message": "out of luck", "type": "server_error"}}').replace(b"200 OK", b"500 No", 1)
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
_PAIR = (_event(" hello", None), _event(" there", None))
EVENTS = (*(_PAIR[number % 2] for number in range(CHUNKS - 1)), _event("", "stop"))
"""The events of a stream, all but its end; there are libraries that take a text which repeats itself for an error."""
DONE = b"data: [DONE]\n\n"
_CHAT = (_HEAD, [_piece(event) for event in _PAIR], _piece(EVENTS[-1]) + _piece(DONE) + b"0\r\n\r\n")

_MESSAGES_SMALL = _answer(_messages_body(_WORDS * 8))
_START: dict[str, object] = {**_MESSAGE, "content": [], "usage": {"input_tokens": 200, "output_tokens": 1}}
_MESSAGES = (
    _HEAD
    + _piece(_named({"type": "message_start", "message": _START}))
    + _piece(_named({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}})),
    [
        _piece(_named({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}))
        for text in (" hello", " there")
    ],
    _piece(_named({"type": "content_block_stop", "index": 0}))
    + _piece(_named({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 150}}))
    + _piece(_named({"type": "message_stop"}))
    + b"0\r\n\r\n",
)
"""The start of a stream, its chunks in turn, and its end, in OpenAI's and in Anthropic's words."""


class Answering(asyncio.Protocol):
    """Answers each request by its path and body; connections stay open.

    `/large/…` is a large answer, `/short/…` a short stream, `/fail/…` an error;
    `/connections` tells how many there were.
    """

    connections = 0

    def __init__(self) -> None:
        self._read = b""
        self._streams: set[asyncio.Task[None]] = set()
        self._transport: asyncio.WriteTransport | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport
        Answering.connections += 1

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
        if b'"stream":true' in body.replace(b" ", b"") and b"/fail/" not in head:
            task = asyncio.get_running_loop().create_task(self._stream(self._transport, head))
            self._streams.add(task)
            task.add_done_callback(self._streams.discard)
        else:
            self._transport.write(self._whole(head))

    def _whole(self, head: bytes) -> bytes:
        if head.startswith(b"get /connections"):
            return _answer(json.dumps(Answering.connections).encode())
        answers = {b"/large/": _LARGE, b"/fail/": _FAILED, b"/messages": _MESSAGES_SMALL}
        return next((answer for part, answer in answers.items() if part in head.split(b" ", 2)[1]), _SMALL)

    async def _stream(self, transport: asyncio.WriteTransport, head: bytes) -> None:
        path = head.split(b" ", 2)[1]
        start, middles, end = _MESSAGES if b"/messages" in path else _CHAT
        transport.write(start)
        for number in range((FEW_CHUNKS if b"/short/" in path else CHUNKS) - 1):
            if transport.is_closing():
                return
            transport.write(middles[number % 2])
            await asyncio.sleep(0)
        transport.write(end)


async def serve(port: int) -> None:
    """Serve until killed."""
    server = await asyncio.get_running_loop().create_server(Answering, "127.0.0.1", port)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]) if len(sys.argv) > 1 else 0))
