"""What a middleware promises: it hands on what it is given, and every ending of a reply reaches the caller."""

from __future__ import annotations

from any_llm.exceptions import ProviderError
from any_llm.pipeline.call import Call, Middleware, Reply
from any_llm.pipeline.stream import EventStream, Outcome
from any_llm.spec.provider import Operation, Provider
from any_llm.testing.conformance.dialects import Checks
from any_llm.testing.conformance.finding import BrokenPromiseError, expect
from any_llm.testing.conformance.samples import OPTIONS, target_of
from any_llm.types.completion import ChatCompletion, ChatCompletionChunk
from any_llm.types.completion_fold import CompletionFold
from any_llm.types.json import JSON
from any_llm.types.report import Report

_CHUNKS = 3


class _Chunks:
    """A stream's upstream: some chunks, then an end or a failure."""

    def __init__(self, failure: Exception | None = None) -> None:
        self._left = _CHUNKS
        self._failure = failure
        self.closed = False

    async def pull(self) -> list[ChatCompletionChunk] | None:
        if self._left:
            self._left -= 1
            return [ChatCompletionChunk(id=str(self._left))]
        if self._failure is not None:
            raise self._failure
        return None

    def close(self) -> None:
        self.closed = True


def checks(_name: str, middleware: Middleware) -> Checks:
    """Return the promises of a middleware and how each is checked."""
    yield "it can be called", lambda: expect(callable(middleware), f"it is {middleware!r}")
    yield "a whole answer reaches the caller", lambda: _whole(middleware)
    yield "a failure before the answer reaches the caller", lambda: _fails(middleware)
    yield "every piece of a stream reaches the caller", lambda: _complete(middleware)
    yield "a failure inside a stream reaches the caller", lambda: _breaks(middleware)
    yield "leaving a stream closes it", lambda: _left(middleware)
    yield "a stream that nobody reads is closed", lambda: _unread(middleware)


def _call(*, stream: bool) -> Call:
    options = dict(OPTIONS[Operation.COMPLETION])
    target = target_of(Provider(name="conformance"))
    return Call(
        operation=Operation.COMPLETION, target=target, options={**options, "stream": True} if stream else options
    )


async def _whole(middleware: Middleware) -> None:
    answer = ChatCompletion(id="whole")

    async def handler(_call: Call) -> Reply:
        return Reply(value=answer, report=Report())

    reply: JSON = await middleware(_call(stream=False), handler)
    expect(isinstance(reply, Reply), f"it returns {type(reply).__name__}, not a Reply")
    expect(isinstance(reply.value, ChatCompletion), f"the answer became {type(reply.value).__name__}")


async def _fails(middleware: Middleware) -> None:
    async def handler(_call: Call) -> Reply:
        raise ProviderError("the provider failed")

    try:
        await middleware(_call(stream=False), handler)
    except ProviderError:
        return
    raise BrokenPromiseError("a failing provider looks like success")


async def _opened(middleware: Middleware, upstream: _Chunks) -> EventStream[ChatCompletionChunk]:
    async def handler(_call: Call) -> Reply:
        return Reply(value=EventStream(upstream, fold=CompletionFold, report=Report()), report=Report())

    reply = await middleware(_call(stream=True), handler)
    expect(reply.streamed, f"the stream became {type(reply.value).__name__}")
    stream: EventStream[ChatCompletionChunk] = reply.value
    return stream


async def _complete(middleware: Middleware) -> None:
    endings: list[Outcome] = []
    stream = await _opened(middleware, _Chunks())
    stream.tap(on_end=endings.append)
    received = [chunk async for chunk in stream]
    expect(len(received) == _CHUNKS, f"{len(received)} of {_CHUNKS} pieces arrived")
    expect([outcome.ending for outcome in endings] == ["complete"], f"it ended {endings}")


async def _breaks(middleware: Middleware) -> None:
    stream = await _opened(middleware, _Chunks(ProviderError("it broke off")))
    try:
        async for _ in stream:
            continue
    except ProviderError:
        return
    raise BrokenPromiseError("a stream that broke off looks complete")


async def _left(middleware: Middleware) -> None:
    upstream = _Chunks()
    stream = await _opened(middleware, upstream)
    async with stream:
        await anext(stream)
    expect(upstream.closed, "the connection is still open")


async def _unread(middleware: Middleware) -> None:
    upstream = _Chunks()
    (await _opened(middleware, upstream)).close()
    expect(upstream.closed, "the connection is still open")
