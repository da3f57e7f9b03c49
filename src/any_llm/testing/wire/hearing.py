"""Making one replayed call through a public method, and noting what came of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import msgspec
from typing_extensions import TypeIs

from any_llm.client.anyllm import AnyLLM
from any_llm.exceptions import AnyLLMError
from any_llm.pipeline.stream import EventStream
from any_llm.spec.provider import Operation, Provider
from any_llm.testing.reading.values import Reading
from any_llm.testing.recordings import RecordedResponse
from any_llm.testing.wire.destination import client_of
from any_llm.testing.wire.observing import observe, observe_failure
from any_llm.transport.replay import Replay, Scripted
from any_llm.types.completion import ChatCompletionChunk, ChunkChoice
from any_llm.types.downloads import AsyncFileDownload
from any_llm.types.http import HttpRequest
from any_llm.types.json import JSON, JSONObject
from any_llm.types.messages import (
    ContentBlockDeltaEvent,
    ContentBlockStartEvent,
    MessageStartEvent,
    TextBlock,
    TextDelta,
)
from any_llm.types.responses import ResponseTextDeltaEvent
from any_llm.types.text_completion import TextCompletion, TextCompletionChoice


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a call: the request it sent, if it came that far, and what the answer or the exception says.

    `texts` are the texts of a stream's pieces, added up by the number of their choice. `partial` is what the pieces
    that came before an exception amount to. `left_open` tells that the answer's connection was not released.
    """

    request: HttpRequest | None
    said: Reading
    texts: dict[int, str] = {}
    partial: Reading | None = None
    left_open: bool = False


class Line(msgspec.Struct, frozen=True):
    """Where a call goes: to whom, below which URL, and what is answered `earlier` where it takes several requests."""

    provider: Provider
    base_url: str
    earlier: tuple[bytes, ...] = ()


async def hear(line: Line, operation: Operation, arguments: JSONObject, *answers: Scripted, asked: int = -1) -> Heard:
    """Make a call that is answered with `answers`, of which the last may be given again.

    Errors of this library are heard, others are raised. `asked` is which of its requests is wanted.
    """
    coming = [*map(_json, line.earlier), *answers]
    replay = Replay(lambda _request: coming.pop(0) if len(coming) > 1 else coming[0])
    client = client_of(line.provider, line.base_url, replay)
    texts: dict[int, str] = {}
    partial = None
    try:
        value = await _ask(client, operation, arguments)
        if _is_stream(value):
            try:
                texts = await _read(value)
            except AnyLLMError:
                partial = observe(value.response)
                raise
            value = value.response
        if isinstance(value, AsyncFileDownload):
            value = await value.read()
        said = observe(value)
    except AnyLLMError as error:
        said = observe_failure(error)
    request = replay.requests[asked] if replay.requests else None
    return Heard(request=request, said=said, texts=texts, partial=partial, left_open=replay.open > 0)


def _json(body: bytes) -> Scripted:
    return Scripted(headers={"content-type": "application/json"}, chunks=(body,))


def script(response: RecordedResponse, pieces: Sequence[bytes] | None = None, *, broken: bool = False) -> Scripted:
    """Return a recorded answer as one to play, whole or in `pieces`, and perhaps with a connection that breaks."""
    chunks = (response.body,) if pieces is None else pieces
    return Scripted(status=response.status, headers=response.headers, chunks=chunks, truncate=broken)


def _ask(client: AnyLLM, operation: Operation, arguments: JSONObject) -> JSON:
    return getattr(client, f"a{operation}")(**arguments)


def _is_stream(value: JSON) -> TypeIs[EventStream[JSON]]:
    return isinstance(value, EventStream)


async def _read(stream: EventStream[JSON]) -> dict[int, str]:
    """Read a stream to its end and return the texts of its pieces."""
    texts: defaultdict[int, list[str]] = defaultdict(list)
    async for item in stream:
        for index, text in _texts_of(item):
            texts[index].append(text)
    return {index: "".join(pieces) for index, pieces in texts.items()}


def _text_of(choice: ChunkChoice | TextCompletionChoice) -> str:
    return choice.text if isinstance(choice, TextCompletionChoice) else choice.delta.content or ""


def _texts_of(item: JSON) -> list[tuple[int, str]]:
    match item:
        case ChatCompletionChunk() | TextCompletion():
            return [(choice.index, _text_of(choice)) for choice in item.choices]
        case (
            ResponseTextDeltaEvent(delta=text)
            | ContentBlockDeltaEvent(delta=TextDelta(text=text))
            | ContentBlockStartEvent(content_block=TextBlock(text=text))
        ):
            return [(0, text)]
        case MessageStartEvent():
            return [(0, block.text) for block in item.message.content if isinstance(block, TextBlock)]
        case _:
            return []
