"""Reading an answer of the Responses API: https://platform.openai.com/docs/api-reference/responses."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from any_llm.testing.reading.errors import failure_of, malformed, truncated
from any_llm.testing.reading.fields import Fields, distinct, fields, first_integer, integer, objects, parse, text
from any_llm.testing.reading.frames import Event, is_event_stream, read_events
from any_llm.testing.reading.values import Choice, Failure, Reading, ToolCall, Usage

_DONE = "[DONE]"
_CHAT_WORDS: Mapping[str, str] = {"max_output_tokens": "length", "content_filter": "content_filter"}
_FINAL = ("response.completed", "response.incomplete", "response.failed", "response.cancelled")
# Where an item's calls keep what the model wrote: functions as JSON, custom tools as free text.
_CALL_INPUTS: Mapping[str, str] = {"function_call": "arguments", "custom_tool_call": "input"}


def read_responses(status: int, content_type: str, body: bytes) -> Reading:
    """Read the body of a successful answer, whole or streamed."""
    if is_event_stream(content_type, body):
        return _read_stream(status, read_events(body))
    try:
        document = parse(body)
    except ValueError as error:
        return malformed(status, f"not JSON: {error}")
    response = fields(document)
    if response.get("error"):
        return _reading(response, streamed=False, failure=failure_of(status, document))
    if "output" not in response:
        return malformed(status, f"no output among {sorted(response)}")
    return _reading(response, streamed=False)


def _reading(response: Fields, *, streamed: bool, failure: Failure | None = None) -> Reading:
    outputs = objects(response.get("output"))
    parts = [part for item in outputs if item.get("type") == "message" for part in objects(item.get("content"))]
    calls = tuple(_read_call(item) for item in outputs if item.get("type") in _CALL_INPUTS)
    stop = text(fields(response.get("incomplete_details")).get("reason")) or text(response.get("status")) or None
    choice = Choice(
        text="".join(text(part.get("text")) for part in parts if part.get("type") == "output_text"),
        reasoning="".join(_read_thoughts(item) for item in outputs if item.get("type") == "reasoning"),
        refusal="".join(text(part.get("refusal")) for part in parts if part.get("type") == "refusal"),
        tool_calls=calls,
        finish_reason=stop,
        chat_finish_reason=_chat_finish_reason(stop, calls=bool(calls)),
        signatures=distinct(text(item.get("encrypted_content")) for item in outputs),
    )
    return Reading(
        streamed=streamed,
        ids=distinct([text(response.get("id"))]),
        models=distinct([text(response.get("model"))]),
        choices=(choice,) if response else (),
        usage=_read_usage(fields(response.get("usage"))),
        failure=failure,
    )


def _chat_finish_reason(stop: str | None, *, calls: bool) -> str | None:
    if stop == "completed":
        return "tool_calls" if calls else "stop"
    return _CHAT_WORDS.get(stop or "")


def _read_call(item: Fields) -> ToolCall:
    written = text(item.get(_CALL_INPUTS[text(item.get("type"))]))
    return ToolCall(text(item.get("call_id")), text(item.get("name")), written)


def _read_thoughts(item: Fields) -> str:
    pieces = objects(item.get("content")) or objects(item.get("summary"))
    return "".join(text(piece.get("text")) for piece in pieces)


def _read_usage(usage: Fields) -> Usage | None:
    if not usage:
        return None
    received, sent = fields(usage.get("input_tokens_details")), fields(usage.get("output_tokens_details"))
    return Usage(
        input=integer(usage.get("input_tokens")),
        output=integer(usage.get("output_tokens")),
        total=integer(usage.get("total_tokens")),
        cached=integer(received.get("cached_tokens")),
        cache_write=first_integer(received.get("cache_write_tokens")),
        reasoning=integer(sent.get("reasoning_tokens")),
    )


def _read_stream(status: int, events: list[Event]) -> Reading:
    state = _StreamedResponse()
    for position, event in enumerate(events):
        if event.data.strip() == _DONE:
            break
        try:
            document = parse(event.data.encode())
        except ValueError as error:
            last = position == len(events) - 1
            failure = truncated(status, "cut in an event") if last else malformed(status, f"not JSON: {error}").failure
            return state.reading(failure)
        data = fields(document)
        kind = text(data.get("type"))
        if kind == "error":
            return state.reading(failure_of(status, document))
        state.add(data)
        if kind in _FINAL:
            response = fields(data.get("response"))
            failure = failure_of(status, response) if response.get("error") else None
            rest = sum(event.data.strip() != _DONE for event in events[position + 1 :])
            return state.reading(failure, rest=rest)
    return state.reading(truncated(status, "no event that completes the response"))


class _StreamedResponse:
    """A response put together from its events.

    The last event holds the whole response; the items that were sent before it stand in where it has none (a stream
    that was cut, a server that leaves them out). What the deltas amount to is compared with it. What follows that
    event is another answer and is not read.
    """

    def __init__(self) -> None:
        self._response: Fields = {}
        self._items: dict[int, Fields] = {}
        self._deltas: dict[str, list[str]] = {"response.output_text.delta": [], "response.refusal.delta": []}
        self._arguments: list[str] = []

    def add(self, event: Fields) -> None:
        kind = text(event.get("type"))
        if event.get("response"):
            self._response = fields(event["response"])
        elif kind in ("response.output_item.added", "response.output_item.done"):
            self._items[integer(event.get("output_index")) or 0] = fields(event.get("item"))
        elif kind in self._deltas:
            self._deltas[kind].append(text(event.get("delta")))
        elif kind in ("response.function_call_arguments.delta", "response.custom_tool_call_input.delta"):
            self._arguments.append(text(event.get("delta")))

    def reading(self, failure: Failure | None, *, rest: int = 0) -> Reading:
        response = self._response
        if not objects(response.get("output")) and self._items:
            response = {**response, "output": [dict(item) for _, item in sorted(self._items.items())]}
        read = _reading(response, streamed=True, failure=failure)
        followed = (f"{rest} events follow the response",) if rest else ()
        return read if failure else msgspec.structs.replace(read, notes=self._differences(read.first) + followed)

    def _differences(self, whole: Choice) -> tuple[str, ...]:
        sent = {name: "".join(pieces) for name, pieces in self._deltas.items()}
        written = "".join(call.arguments for call in whole.tool_calls)
        differences = {
            "the text": sent["response.output_text.delta"] != whole.text,
            "the refusal": sent["response.refusal.delta"] != whole.refusal,
            "the tool calls": sorted("".join(self._arguments)) != sorted(written),
        }
        return tuple(
            f"{name} of the deltas is not that of the response" for name, differs in differences.items() if differs
        )
