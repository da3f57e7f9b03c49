"""A provider for tests of the cache: it answers when it is told to, whole or in pieces, and counts how often."""

from __future__ import annotations

import asyncio

import msgspec

from any_llm.exceptions import AnyLLMError
from any_llm.middleware.cache import Cache
from any_llm.pipeline.call import Call, Reply
from any_llm.pipeline.stream import EventStream
from any_llm.pipeline.surroundings import Surroundings
from any_llm.spec.dialect import Target
from any_llm.spec.provider import Operation, Provider
from any_llm.types.caching import Cache as Policy
from any_llm.types.caching import CacheControl
from any_llm.types.caller import Caller
from any_llm.types.completion import (
    ChatCompletion,
    ChatCompletionChunk,
    ChatCompletionMessage,
    Choice,
    ChoiceDelta,
    ChunkChoice,
    CompletionUsage,
)
from any_llm.types.completion_fold import CompletionFold
from any_llm.types.json import JSON
from any_llm.types.report import Report

TARGET = Target(provider=Provider(name="openai"), model="gpt-4o", base_url="http://127.0.0.1/v1")
USAGE = CompletionUsage(prompt_tokens=1_000_000, completion_tokens=1_000_000, total_tokens=2_000_000)


def call(text: str = "Say hello.", *, stream: bool = False, tenant: str = "", **options: JSON) -> Call:
    """Return a call; `cache` is what it says about the cache."""
    control = options.pop("cache", None)
    return Call(
        operation=Operation.COMPLETION,
        target=TARGET,
        options={"messages": [{"role": "user", "content": text}], **({"stream": True} if stream else {}), **options},
        caller=Caller(tenant=tenant),
        overrides={} if control is None else {"cache": CacheControl(**control)},
    )


class Answering:
    """A handler. Each turn of an answer waits for `may_go_on`, which is set unless a test clears it."""

    def __init__(self, *texts: str, finish: str = "stop") -> None:
        self.texts = texts or ("hel", "lo")
        self.finish = finish
        self.calls = 0
        self.begun = asyncio.Queue[int]()
        self.cancelled = 0
        self.closed = 0
        self.failure: AnyLLMError | None = None
        self.failure_within: AnyLLMError | None = None
        self.pause = 0.0
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()

    async def __call__(self, asked: Call) -> Reply:
        self.calls += 1
        number = self.calls
        self.begun.put_nowait(number)
        try:
            await self.may_go_on.wait()
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.failure is not None:
            raise self.failure
        report = Report(provider="openai", model="gpt-4o", operation="completion", status=200, request_id=f"r{number}")
        if asked.stream:
            stream = EventStream(_Pieces(self), fold=CompletionFold, report=report)
            await stream.prime()
            return Reply(value=stream, report=report)
        message = ChatCompletionMessage(content="".join(self.texts))
        value = ChatCompletion(
            id=str(number), choices=[Choice(message=message, finish_reason=self.finish)], model="gpt-4o", usage=USAGE
        )
        value.report = report
        return Reply(value=value, report=report)


class _Pieces:
    def __init__(self, answering: Answering) -> None:
        self._answering = answering
        self._left = [*answering.texts]
        self._finished = False

    async def pull(self) -> list[ChatCompletionChunk] | None:
        answering = self._answering
        if len(self._left) < len(answering.texts):
            await answering.may_go_on.wait()
        await asyncio.sleep(answering.pause)
        if self._left:
            return [_chunk(ChunkChoice(delta=ChoiceDelta(content=self._left.pop(0))))]
        if answering.failure_within is not None:
            raise answering.failure_within
        if self._finished:
            return None
        self._finished = True
        last = _chunk(ChunkChoice(finish_reason=answering.finish))
        last.usage = USAGE
        return [last]

    def close(self) -> None:
        self._answering.closed += 1


def _chunk(choice: ChunkChoice) -> ChatCompletionChunk:
    return ChatCompletionChunk(id="s", choices=[choice], model="gpt-4o")


class Cached:
    """A cache around a handler."""

    def __init__(self, answering: Answering, surroundings: Surroundings | None = None, **policy: JSON) -> None:
        self.surroundings = surroundings or Surroundings()
        self.layer = Cache(Policy(**policy), self.surroundings)
        self.answering = answering

    async def reply(self, asked: Call) -> Reply:
        return await self.layer(asked, self.answering)

    async def ask(self, text: str = "Say hello.", **said: JSON) -> JSON:
        """Return an answer: whole, or the stream."""
        return (await self.reply(call(text, **said))).value


def with_store(surroundings: Surroundings, store: object) -> Surroundings:
    """Return surroundings of another process with this store."""
    return msgspec.structs.replace(surroundings, store=store, kept={})


def text_of(pieces: list[ChatCompletionChunk]) -> str:
    """Return the text that pieces add up to."""
    return "".join(choice.delta.content or "" for piece in pieces for choice in piece.choices)


def status(answer: JSON) -> str:
    """Return what the cache says it did."""
    return str(answer.report.cache)
