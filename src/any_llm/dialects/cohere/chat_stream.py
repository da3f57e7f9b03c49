"""A streamed answer of the Chat API as the chunks of a chat completion: https://docs.cohere.com/docs/streaming."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from any_llm.dialects.cohere.errors import error_from
from any_llm.dialects.cohere.v1_chat_response import V1ChatStream
from any_llm.dialects.cohere.wire import (
    annotation,
    choice_logprobs,
    completion_usage,
    failure_of,
    finish_reason,
    speaks_v1,
    text_of,
    vendor_extra,
)
from any_llm.exceptions import StreamTruncatedError
from any_llm.schemas.shapes import is_mapping
from any_llm.spec.dialect import Options, StreamDecoder, Target
from any_llm.types.completion import (
    ChatCompletionChunk,
    ChoiceDelta,
    ChoiceDeltaToolCall,
    ChoiceDeltaToolCallFunction,
    ChunkChoice,
    Reasoning,
)
from any_llm.types.http import Frame
from any_llm.types.json import JSON, JSONObject

_DONE = b"[DONE]"


def open_stream(target: Target, options: Options) -> StreamDecoder[ChatCompletionChunk]:
    """Return the decoder of a stream in the version that is spoken."""
    return V1ChatStream(target, options) if speaks_v1(target) else ChatStream(target, options)


class ChatStream:
    """Turns frames into chunks.

    Texts, thoughts, plans and arguments come as they are written; the finish reason, the usage and the plan as a later
    turn needs it in the last chunk.
    """

    def __init__(self, target: Target, options: Options) -> None:
        asked = options.get("stream_options")
        self._usage_apart = is_mapping(asked) and bool(asked.get("include_usage"))
        self._model = target.model
        self._id = ""
        self._plan: list[str] = []
        self._calls = 0
        self._numbers: dict[int, int] = {}
        self._unwritten: set[int] = set()
        self.complete = False
        self._handlers: Mapping[str, Callable[[JSONObject], Sequence[ChatCompletionChunk]]] = {
            "message-start": self._begin,
            "content-start": self._write,
            "content-delta": self._write,
            "tool-plan-delta": self._write_plan,
            "tool-call-start": self._begin_call,
            "tool-call-delta": self._write_arguments,
            "tool-call-end": self._end_call,
            "citation-start": self._cite,
            "message-end": self._end,
        }

    def feed(self, frame: Frame) -> Sequence[ChatCompletionChunk]:
        """Decode one frame.

        Raises:
            AnyLLMError: the frame is an error, or says that the model broke off its answer.
        """
        if self.complete or frame.data.startswith(_DONE):
            return ()
        event: JSONObject = msgspec.json.decode(frame.data)
        kind = event.get("type")
        if kind is None:
            raise error_from(event, 200)
        handler = self._handlers.get(kind)
        return handler(event) if handler is not None else ()

    def finish(self) -> Sequence[ChatCompletionChunk]:
        """Return nothing more.

        Raises:
            StreamTruncatedError: the vendor had not said that the answer was complete.
        """
        if not self.complete:
            raise StreamTruncatedError("the stream ended before the answer was complete")
        return ()

    def _chunk(self, delta: ChoiceDelta, reason: str | None = None) -> ChatCompletionChunk:
        return ChatCompletionChunk(
            id=self._id, model=self._model, choices=[ChunkChoice(delta=delta, finish_reason=reason)]
        )

    def _begin(self, event: JSONObject) -> Sequence[ChatCompletionChunk]:
        self._id = text_of(event, "id")
        return (self._chunk(ChoiceDelta(role="assistant", content="")),)

    def _write(self, event: JSONObject) -> Sequence[ChatCompletionChunk]:
        block: JSONObject = _message(event).get("content") or {}
        text, thought = text_of(block, "text"), text_of(block, "thinking")
        if thought:
            return (self._chunk(ChoiceDelta(reasoning=Reasoning(thought))),)
        if not text:
            return ()
        chunk = self._chunk(ChoiceDelta(content=text))
        probabilities = event.get("logprobs")
        if probabilities:
            chunk.choices[0].logprobs = choice_logprobs([probabilities])
        return (chunk,)

    def _write_plan(self, event: JSONObject) -> Sequence[ChatCompletionChunk]:
        piece = text_of(_message(event), "tool_plan")
        self._plan.append(piece)
        return (self._chunk(ChoiceDelta(content=piece)),) if piece else ()

    def _begin_call(self, event: JSONObject) -> Sequence[ChatCompletionChunk]:
        number = self._numbers[_index(event)] = self._calls
        self._calls += 1
        call: JSONObject = _message(event).get("tool_calls") or {}
        function: JSONObject = call.get("function") or {}
        arguments = text_of(function, "arguments")
        if not arguments:
            self._unwritten.add(number)
        piece = ChoiceDeltaToolCall(
            index=number,
            id=text_of(call, "id"),
            type="function",
            function=ChoiceDeltaToolCallFunction(name=text_of(function, "name"), arguments=arguments),
        )
        return (self._chunk(ChoiceDelta(tool_calls=[piece])),)

    def _write_arguments(self, event: JSONObject) -> Sequence[ChatCompletionChunk]:
        call: JSONObject = _message(event).get("tool_calls") or {}
        function: JSONObject = call.get("function") or {}
        piece = text_of(function, "arguments")
        return (self._arguments(self._numbers[_index(event)], piece),) if piece else ()

    def _end_call(self, event: JSONObject) -> Sequence[ChatCompletionChunk]:
        number = self._numbers[_index(event)]
        # A call without arguments has no text at all for them, which no JSON parser takes.
        return (self._arguments(number, "{}"),) if number in self._unwritten else ()

    def _arguments(self, number: int, piece: str) -> ChatCompletionChunk:
        self._unwritten.discard(number)
        function = ChoiceDeltaToolCallFunction(arguments=piece)
        return self._chunk(ChoiceDelta(tool_calls=[ChoiceDeltaToolCall(index=number, function=function)]))

    def _cite(self, event: JSONObject) -> Sequence[ChatCompletionChunk]:
        return (self._chunk(ChoiceDelta(annotations=[annotation(_message(event).get("citations"))])),)

    def _end(self, event: JSONObject) -> Sequence[ChatCompletionChunk]:
        delta: JSONObject = event.get("delta") or {}
        reason: JSON = delta.get("finish_reason")
        failure = failure_of(reason, delta.get("error"))
        if failure is not None:
            raise failure
        self.complete = True
        extra = vendor_extra("".join(self._plan), reason)
        last = self._chunk(ChoiceDelta(extra_content=extra), finish_reason(reason, calling=bool(self._calls)))
        usage = completion_usage(delta.get("usage"))
        if self._usage_apart and usage is not None:
            return last, ChatCompletionChunk(id=self._id, model=self._model, usage=usage)
        last.usage = usage
        return (last,)


def _message(event: JSONObject) -> JSONObject:
    """Return what an event adds to the message."""
    delta: JSONObject = event.get("delta") or {}
    return delta.get("message") or {}


def _index(event: JSONObject) -> int:
    return int(event.get("index") or 0)
