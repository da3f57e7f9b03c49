"""Reading an answer of the Messages API: https://docs.anthropic.com/en/api/messages and its streaming page."""

from __future__ import annotations

from collections.abc import Mapping

from any_llm.testing.reading.errors import failure_of, malformed, truncated
from any_llm.testing.reading.fields import (
    Fields,
    compact,
    distinct,
    fields,
    first_integer,
    integer,
    objects,
    parse,
    text,
)
from any_llm.testing.reading.frames import Event, is_event_stream, read_events
from any_llm.testing.reading.values import Choice, Failure, Reading, ToolCall, Usage

_CHAT_WORDS: Mapping[str, str] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}


def read_messages(status: int, content_type: str, body: bytes) -> Reading:
    """Read the body of a successful answer, whole or streamed."""
    if is_event_stream(content_type, body):
        return _read_stream(status, read_events(body))
    try:
        document = parse(body)
    except ValueError as error:
        return malformed(status, f"not JSON: {error}")
    message = fields(document)
    if message.get("type") == "error" or ("content" not in message and "error" in message):
        return Reading(failure=failure_of(status, document))
    if "content" not in message:
        return malformed(status, f"no content among {sorted(message)}")
    return _reading(message, objects(message["content"]), streamed=False)


def _reading(
    message: Fields,
    blocks: list[Fields],
    *,
    streamed: bool,
    failure: Failure | None = None,
    notes: tuple[str, ...] = (),
) -> Reading:
    stop = text(message.get("stop_reason")) or None
    choice = Choice(
        text="".join(text(block.get("text")) for block in blocks if block.get("type") == "text"),
        reasoning="".join(text(block.get("thinking")) for block in blocks if block.get("type") == "thinking"),
        refusal=text(fields(message.get("stop_details")).get("explanation")),
        tool_calls=tuple(_read_call(block) for block in blocks if block.get("type") == "tool_use"),
        finish_reason=stop,
        chat_finish_reason=_CHAT_WORDS.get(stop or "", stop),
        signatures=distinct(_signature(block) for block in blocks),
    )
    return Reading(
        streamed=streamed,
        ids=distinct([text(message.get("id"))]),
        models=distinct([text(message.get("model"))]),
        choices=(choice,) if message else (),
        usage=_read_usage(fields(message.get("usage"))),
        failure=failure,
        notes=notes,
    )


def _read_call(block: Fields) -> ToolCall:
    arguments = text(block.get("partial_json")) or compact(block.get("input") or {})
    return ToolCall(text(block.get("id")), text(block.get("name")), arguments)


def _signature(block: Fields) -> str:
    return text(block.get("data")) if block.get("type") == "redacted_thinking" else text(block.get("signature"))


def _read_usage(usage: Fields) -> Usage | None:
    """Count as chat completions do: the prompt is what was fresh, what was read from the cache and what was written."""
    if not usage:
        return None
    fresh, output = integer(usage.get("input_tokens")), integer(usage.get("output_tokens"))
    cached = integer(usage.get("cache_read_input_tokens"))
    written = first_integer(
        usage.get("cache_creation_input_tokens"),
        _sum(fields(usage.get("cache_creation"))),
    )
    prompt = None if fresh is None else fresh + (cached or 0) + (written or 0)
    return Usage(
        input=prompt,
        output=output,
        total=None if prompt is None or output is None else prompt + output,
        cached=cached,
        cache_write=written,
        reasoning=integer(fields(usage.get("output_tokens_details")).get("thinking_tokens")),
    )


def _sum(counts: Fields) -> int | None:
    numbers = [number for count in counts.values() if (number := integer(count)) is not None]
    return sum(numbers) if numbers else None


def _read_stream(status: int, events: list[Event]) -> Reading:
    state = _StreamedMessage()
    for position, event in enumerate(events):
        try:
            document = parse(event.data.encode())
        except ValueError as error:
            last = position == len(events) - 1
            failure = truncated(status, "cut in an event") if last else malformed(status, f"not JSON: {error}").failure
            return state.reading(failure)
        data = fields(document)
        if data.get("type") == "error":
            return state.reading(failure_of(status, document))
        if data.get("type") == "message_start" and state.is_another(fields(data.get("message"))):
            return state.reading(truncated(status, "another message starts inside this one"))
        state.add(data)
        if data.get("type") == "message_stop":
            return state.reading(None, rest=len(events) - position - 1)
    return state.reading(truncated(status, "no message_stop"))


class _StreamedMessage:
    """A message put together from its events; what follows `message_stop` is another answer and is not read."""

    def __init__(self) -> None:
        self._message: Fields = {}
        self._blocks: dict[int, _StreamedBlock] = {}

    def is_another(self, message: Fields) -> bool:
        return bool(self._message) and message.get("id") != self._message.get("id")

    def add(self, event: Fields) -> None:
        index = integer(event.get("index")) or 0
        match event.get("type"):
            case "message_start":
                self._start(fields(event.get("message")))
            case "content_block_start":
                self._blocks[index] = _StreamedBlock(fields(event.get("content_block")))
            case "content_block_delta":
                self._blocks.setdefault(index, _StreamedBlock({})).add(fields(event.get("delta")))
            case "message_delta":
                self._finish(event)
            case _:
                # Pings, ends of blocks, and kinds that are not known yet, which the reference says to ignore.
                pass

    def _start(self, message: Fields) -> None:
        if self._message:
            return
        self._message = message
        for index, block in enumerate(objects(message.get("content"))):
            self._blocks[index] = _StreamedBlock(block)

    def _finish(self, event: Fields) -> None:
        counted = {name: count for name, count in fields(event.get("usage")).items() if count is not None}
        usage = {**fields(self._message.get("usage")), **counted}
        self._message = {**self._message, **fields(event.get("delta")), "usage": usage}

    def reading(self, failure: Failure | None, *, rest: int = 0) -> Reading:
        blocks = [block.finish() for _, block in sorted(self._blocks.items())]
        notes = (f"{rest} events follow message_stop",) if rest else ()
        return _reading(self._message, blocks, streamed=True, failure=failure, notes=notes)


class _StreamedBlock:
    def __init__(self, block: Fields) -> None:
        self._block = block
        self._added = dict.fromkeys(("text", "thinking", "signature", "partial_json"), "")

    def add(self, delta: Fields) -> None:
        for name in self._added:
            self._added[name] += text(delta.get(name))

    def finish(self) -> Fields:
        return {**self._block, **{name: text(self._block.get(name)) + added for name, added in self._added.items()}}
