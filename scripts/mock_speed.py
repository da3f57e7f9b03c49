"""Measure how many plain replies a second the mock gives over the loopback interface.

Usage: `python scripts/mock_speed.py [SECONDS]` starts `any-llm mock` and puts it under load from this process, which
writes bytes and counts answers and does nothing else, so that it is the server that is measured.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time

from typing_extensions import override

BODY = json.dumps({"model": "echo", "messages": [{"role": "user", "content": "Say hello."}]}).encode()
REQUEST = (
    b"POST /v1/chat/completions HTTP/1.1\r\nhost: mock\r\ncontent-type: application/json\r\n"
    b"authorization: Bearer key\r\ncontent-length: %d\r\n\r\n" % len(BODY)
) + BODY
CONNECTIONS = 32


class Caller(asyncio.Protocol):
    """One connection that asks again as soon as it has an answer."""

    def __init__(self) -> None:
        self.answers = 0
        self._left = b""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the first time."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(REQUEST)

    @override
    def data_received(self, data: bytes) -> None:
        """Ask again when the answer is whole."""
        self._left += data
        head, found, body = self._left.partition(b"\r\n\r\n")
        if not found:
            return
        assert head.startswith(b"HTTP/1.1 200"), head
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        if len(body) >= length:
            self.answers += 1
            self._left = b""
            self._transport.write(REQUEST)


async def load(port: int, seconds: float) -> float:
    """Return the answers per second, after a second of warming up."""
    loop = asyncio.get_running_loop()
    callers = [(await loop.create_connection(Caller, "127.0.0.1", port))[1] for _ in range(CONNECTIONS)]
    await asyncio.sleep(1)
    before, started = sum(caller.answers for caller in callers), time.perf_counter()
    await asyncio.sleep(seconds)
    return (sum(caller.answers for caller in callers) - before) / (time.perf_counter() - started)


def main(arguments: list[str]) -> None:
    """Measure, and print one JSON object."""
    seconds = float(arguments[0]) if arguments else 5.0
    command = [sys.executable, "-m", "any_llm", "mock", "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        try:
            port = json.loads(server.stdout.readline())["port"]
            rate = asyncio.run(load(port, seconds))
        finally:
            server.terminate()
    print(json.dumps({"replies_per_second": round(rate), "connections": CONNECTIONS}))


if __name__ == "__main__":
    main(sys.argv[1:])
