"""An event loop whose clock skips the time that nothing happens in, and a server that takes its time on it."""

from __future__ import annotations

import asyncio
import json
import selectors
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, TypeVar

from typing_extensions import override

import any_llm
from any_llm.exceptions import ConnectionFailedError
from any_llm.testing.bench.load import Ask
from any_llm.types.http import HttpRequest, Timeouts

T = TypeVar("T")

USAGE = {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}


class _Selector(selectors.SelectSelector):
    """Skips what it is asked to wait."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    @override
    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        assert ready or timeout is not None, "nothing will ever happen"
        if not ready:
            self.now += timeout or 0.0
        return ready


class SkippingLoop(asyncio.SelectorEventLoop):
    """Its clock starts at zero."""

    def __init__(self) -> None:
        self._skipping = _Selector()
        super().__init__(self._skipping)

    @override
    def time(self) -> float:
        return self._skipping.now


def skipping(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run something on a loop that skips the time."""
    with asyncio.Runner(loop_factory=SkippingLoop) as runner:
        return runner.run(work())


class Slow:
    """A transport: the answer to the n-th request is `script(n, now)`: waits in seconds, each with what comes after it.

    A status before it makes the answer an error, and a broken connection is `ConnectionFailedError`.
    """

    def __init__(self, script: Callable[[int, float], Sequence[tuple[float, bytes]]], *, status: int = 200) -> None:
        self.script = script
        self.status = status
        self.sent: list[float] = []
        self.open = 0

    async def send(self, request: HttpRequest, timeouts: Timeouts) -> SlowExchange:
        now = asyncio.get_running_loop().time()
        self.sent.append(now)
        assert isinstance(request.body, bytes)
        streamed = bool(json.loads(request.body).get("stream"))
        return SlowExchange(self, self.script(len(self.sent) - 1, now), streamed)

    async def aclose(self) -> None:
        """Nothing is held."""

    def ask(self, **options: object) -> Ask:
        """Ask through this transport."""
        client = any_llm.AnyLLM.create("openai", api_key="sk-test", transport=self)
        messages = [{"role": "user", "content": "hi"}]
        return lambda _number: client.acompletion("m", messages, **options)  # type: ignore[call-overload]  # any of its forms


class SlowExchange:
    """One answer."""

    def __init__(self, server: Slow, pieces: Sequence[tuple[float, bytes]], streamed: bool) -> None:
        self.status = server.status
        self.headers: Mapping[str, str] = {"content-type": "text/event-stream" if streamed else "application/json"}
        self._server = server
        self._pieces = list(pieces)
        self._open = True
        server.open += 1

    async def chunk(self) -> bytes:
        if not self._pieces:
            self.close()
            return b""
        wait, data = self._pieces.pop(0)
        await asyncio.sleep(wait)
        if data == b"BREAK":
            self.close()
            raise ConnectionFailedError("The connection broke")
        return data

    async def read(self) -> bytes:
        pieces: list[bytes] = []
        while piece := await self.chunk():
            pieces.append(piece)
        return b"".join(pieces)

    def close(self) -> None:
        if self._open:
            self._open = False
            self._server.open -= 1


def whole(seconds: float) -> list[tuple[float, bytes]]:
    """Return a whole answer that comes after some seconds."""
    choice = {"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}
    answer = {"id": "c", "object": "chat.completion", "model": "m", "choices": [choice], "usage": USAGE}
    return [(seconds, json.dumps(answer).encode())]


def streamed(first: float, gaps: Sequence[float], *, usage: bool = True) -> list[tuple[float, bytes]]:
    """Return a stream: its head at once, the first text after some seconds, then more text after each gap."""
    texts = [(wait, _event({"content": "word "})) for wait in (first, *gaps)]
    last = _event({}, finish_reason="stop", **({"usage": USAGE} if usage else {}))
    return [(0.0, _event({"role": "assistant"})), *texts, (0.0, last), (0.0, b"data: [DONE]\n\n")]


def _event(delta: Mapping[str, str], finish_reason: str | None = None, **more: object) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    chunk = {"id": "c", "object": "chat.completion.chunk", "model": "m", "choices": [choice], **more}
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"
