"""Answers of chats in the first version of Cohere's format, whole and streamed as lines of JSON.

https://docs.cohere.com/v1/reference/chat and .../chat-stream
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from any_llm.dialects.cohere.errors import error_from
from any_llm.dialects.cohere.wire import annotation, completion_usage, failure_of, finish_reason, text_of, vendor_extra
from any_llm.exceptions import MalformedResponseError, StreamTruncatedError
from any_llm.spec.dialect import Options, Target
from any_llm.types.completion import (
    ChatCompletion,
    ChatCompletionChunk,
    ChatCompletionMessage,
    ChatCompletionMessageToolCall,
    Choice,
    ChoiceDelta,
    ChoiceDeltaToolCall,
    ChoiceDeltaToolCallFunction,
    ChunkChoice,
    CompletionUsage,
    Function,
)
from any_llm.types.http import Frame, HttpResponse
from any_llm.types.json import JSON, JSONObject, is_list, is_object

_READ = frozenset({"text", "generation_id", "citations", "finish_reason", "meta", "tool_calls"})


def decode_v1(target: Target, response: HttpResponse) -> ChatCompletion:
    """Decode a whole answer; its search results, documents and history stay readable on it.

    Raises:
        AnyLLMError: the answer is an error in spite of its HTTP status, or says that it broke off.
        MalformedResponseError: the answer has no text.
    """
    tree: JSON = msgspec.json.decode(response.body)
    answer: JSONObject = tree if is_object(tree) else {}
    if not isinstance(answer.get("text"), str):
        if isinstance(answer.get("message"), str):
            raise error_from(answer, response.status)
        raise MalformedResponseError(f"an answer without a text: it has {sorted(answer) or 'nothing'}")
    _refuse_failure(answer)
    calls = [_function(call) for call in answer.get("tool_calls") or ()]
    reason: JSON = answer.get("finish_reason")
    message = ChatCompletionMessage(
        content=text_of(answer, "text") or None,
        tool_calls=[
            ChatCompletionMessageToolCall(id=_id_of(index), function=function) for index, function in enumerate(calls)
        ]
        or None,
        annotations=_annotations(answer.get("citations")) or None,
        extra_content=vendor_extra("", reason),
    )
    completion = ChatCompletion(
        id=text_of(answer, "generation_id"),
        model=target.model,
        choices=[Choice(finish_reason=_reason(reason, calling=bool(calls)), message=message)],
        usage=_usage(answer),
    )
    vars(completion).update({name: value for name, value in answer.items() if name not in _READ})
    return completion


def _refuse_failure(answer: JSONObject) -> None:
    failure = failure_of(answer.get("finish_reason"), answer.get("error"))
    if failure is not None:
        raise failure


def _reason(reason: JSON, *, calling: bool) -> str:
    """Return how an answer ended; this version calls one complete that calls tools."""
    word = finish_reason(reason, calling=calling)
    return "tool_calls" if calling and word == "stop" else word


def _usage(answer: JSONObject) -> CompletionUsage | None:
    meta: JSON = answer.get("meta")
    if not is_object(meta) or not (meta.get("tokens") or meta.get("billed_units")):
        return None
    return completion_usage({name: value for name, value in meta.items() if name != "api_version"})


def _annotations(citations: JSON) -> list[JSONObject]:
    return [annotation(citation) for citation in citations] if is_list(citations) else []


def _function(call: JSON) -> Function:
    held: JSONObject = call if is_object(call) else {}
    return Function(name=text_of(held, "name"), arguments=msgspec.json.encode(held.get("parameters") or {}).decode())


def _id_of(index: int) -> str:
    """Return the id of a call, which has none in this version."""
    return f"call_{index}"


class V1ChatStream:
    """Turns lines into chunks; a stream is `complete` with its `stream-end`, whose answer tells the rest."""

    def __init__(self, target: Target, _options: Options) -> None:
        self.complete = False
        self._model = target.model
        self._id = ""
        self._calls = 0
        self._cited = False
        self._handlers: Mapping[str, Callable[[JSONObject], Sequence[ChatCompletionChunk]]] = {
            "stream-start": self._begin,
            "text-generation": self._write,
            "citation-generation": self._cite,
            "tool-calls-generation": self._call,
            "stream-end": self._end,
        }

    def feed(self, frame: Frame) -> Sequence[ChatCompletionChunk]:
        """Decode one frame.

        Raises:
            AnyLLMError: the frame is an error, or says that the model broke off its answer.
        """
        event: JSON = msgspec.json.decode(frame.data)
        kind: JSON = event.get("event_type") if is_object(event) else None
        if kind is None:
            raise error_from(event, 200)
        handler = self._handlers.get(kind)
        return handler(event) if handler is not None and not self.complete else ()

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
        self._id = text_of(event, "generation_id")
        return (self._chunk(ChoiceDelta(role="assistant", content="")),)

    def _write(self, event: JSONObject) -> Sequence[ChatCompletionChunk]:
        return (self._chunk(ChoiceDelta(content=text_of(event, "text"))),)

    def _cite(self, event: JSONObject) -> Sequence[ChatCompletionChunk]:
        self._cited = True
        return (self._chunk(ChoiceDelta(annotations=_annotations(event.get("citations")))),)

    def _call(self, event: JSONObject) -> Sequence[ChatCompletionChunk]:
        pieces: list[ChoiceDeltaToolCall] = []
        for call in event.get("tool_calls") or ():
            function, number = _function(call), self._calls
            self._calls += 1
            piece = ChoiceDeltaToolCallFunction(name=function.name, arguments=function.arguments)
            pieces.append(ChoiceDeltaToolCall(index=number, id=_id_of(number), type="function", function=piece))
        return (self._chunk(ChoiceDelta(tool_calls=pieces)),) if pieces else ()

    def _end(self, event: JSONObject) -> Sequence[ChatCompletionChunk]:
        answer: JSONObject = event.get("response") or {}
        reason: JSON = event.get("finish_reason") or answer.get("finish_reason")
        _refuse_failure({**answer, "finish_reason": reason})
        self.complete = True
        unsaid = self._call(answer) if not self._calls else ()
        delta = ChoiceDelta(extra_content=vendor_extra("", reason))
        if not self._cited and answer.get("citations"):
            delta.annotations = _annotations(answer["citations"])
        last = self._chunk(delta, _reason(reason, calling=bool(self._calls)))
        last.usage = _usage(answer)
        return (*unsaid, last)
